// A capture in a file: what it holds is what passed, in the format that other programs read.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loopbackNetwork } from '../../backend/net/loopback.ts';
import { capturePcapFile } from './pcap-file.ts';

test('a capture of a loopback: each frame when it is sent and when the card takes it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-pcap-'));
  try {
    const path = join(folder, 'x.pcap');
    const capture = capturePcapFile({
      path,
      network: loopbackNetwork(),
      report: assert.fail,
      wallClock: { nowMilliseconds: () => 1_700_000_000_123.5 },
    });
    let room = false;
    const taken: number[] = [];
    capture.network.connect({
      linkChanged() {},
      receive(frame) {
        if (room) taken.push(frame.length);
        return room;
      },
    });
    capture.network.send(new Uint8Array(60).fill(7));
    room = true;
    capture.network.onRoom();
    capture.close();
    capture.network.send(new Uint8Array(70));
    assert.deepEqual(taken, [60, 70]);
    const bytes = readFileSync(path);
    assert.equal(bytes.readUInt32LE(0), 0xa1b2_c3d4);
    assert.deepEqual([bytes.readUInt16LE(4), bytes.readUInt16LE(6), bytes.readUInt32LE(20)], [2, 4, 1]);
    assert.equal(bytes.length, 24 + 2 * (16 + 60));
    assert.deepEqual([bytes.readUInt32LE(24), bytes.readUInt32LE(28)], [1_700_000_000, 123_500]);
    assert.deepEqual([bytes.readUInt32LE(32), bytes.readUInt32LE(36), bytes[40]], [60, 60, 7]);
    assert.throws(
      () => capturePcapFile({ path: folder, network: loopbackNetwork(), report() {} }),
      /cannot be written/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
