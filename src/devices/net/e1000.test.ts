// The 82540EM's offloads as drivers use them: TCP segmentation and checksums, by descriptors in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onesComplementSum } from '../../backend/net/ethernet.ts';
import { TestMemory } from '../storage/testing.ts';
import { FakeClock, LineProbe } from '../testing.ts';
import { E1000 } from './e1000.ts';

function build() {
  const sent: Uint8Array[] = [];
  const network = { linkUp: true, send: (frame: Uint8Array) => void sent.push(frame.slice()), onRoom() {} };
  const memory = new TestMemory(1 << 20);
  const irq = new LineProbe();
  const chip = new E1000({ mac: [2, 0, 0, 0, 0, 1], network, memory, irq, clock: new FakeClock() });
  const registers = chip.regions[0]!;
  const out = (offset: number, value: number) => registers.write(offset, 4, value >>> 0);
  return { chip, sent, memory, irq, registers, out, view: new DataView(memory.bytes.buffer) };
}

test('TCP segmentation: headers and checksums of each segment', () => {
  const { sent, memory, irq, registers, out, view } = build();
  const header = 54;
  const payload = 2500;
  const mss = 1000;
  const data = memory.bytes.subarray(0x1_0000);
  data.set([
    2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10,
    0, 0, 2,
  ]);
  data.set([0, 80, 4, 0, 0, 0, 0, 100, 0, 0, 0, 1, 0x50, 0x19, 16, 0], 34);
  for (let i = 0; i < payload; i++) data[header + i] = i * 7;
  // Software's part of the sum: the pseudo header without the length.
  const pseudo = onesComplementSum(data, 26, 34, 6);
  data[50] = pseudo >> 8;
  data[51] = pseudo;
  view.setUint32(0x1000, 14 | (24 << 8) | (33 << 16), true);
  view.setUint32(0x1004, 34 | (50 << 8), true);
  view.setUint32(0x1008, payload | (0x27 << 24), true);
  view.setUint32(0x100c, (header << 8) | (mss << 16), true);
  view.setUint32(0x1010, 0x1_0000, true);
  view.setUint32(0x1018, (header + payload) | (1 << 20) | (0x2d << 24), true);
  view.setUint32(0x101c, 3 << 8, true);
  out(0x3800, 0x1000);
  out(0x3808, 128);
  out(0xd0, 1);
  out(0x400, 0xa);
  out(0x3818, 2);
  assert.deepEqual(
    sent.map((frame) => frame.length - header),
    [1000, 1000, 500],
  );
  sent.forEach((frame, i) => {
    const fields = new DataView(frame.buffer);
    assert.equal(fields.getUint16(16), frame.length - 14);
    assert.equal(fields.getUint16(18), 0x1234 + i);
    assert.equal(fields.getUint32(38), 100 + i * mss);
    assert.equal(frame[47], i === 2 ? 0x19 : 0x10, 'FIN and PSH in the last one');
    assert.equal(onesComplementSum(frame, 14, 34), 0xffff);
    const sum = onesComplementSum(frame, 26, 34, 6 + frame.length - 34);
    assert.equal(onesComplementSum(frame, 34, frame.length, sum), 0xffff);
  });
  assert.equal(memory.bytes[0x101c]! & 1, 1, 'DD');
  assert.equal(irq.level, true);
  assert.equal(registers.read(0xc0, 4) & 1, 1);
  assert.equal(irq.level, false);
  assert.equal(registers.read(0x3810, 4), 2);
});

test('receiving: what the checksums say, and a full ring', () => {
  const { chip, memory, registers, out, view } = build();
  for (let i = 0; i < 8; i++) view.setUint32(0x2000 + 16 * i, 0x2_0000 + 0x800 * i, true);
  out(0x2800, 0x2000);
  out(0x2808, 128);
  out(0x5000, 0x300);
  out(0x100, 0x8002);
  const frame = new Uint8Array(60);
  frame.set([
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0,
    2,
  ]);
  assert.equal(chip.receive(frame), false, 'no descriptor is free');
  out(0x2818, 7);
  assert.equal(chip.receive(frame), true);
  assert.equal(memory.bytes[0x200c], 0x43, 'IPCS, EOP, DD; UDP without a checksum');
  assert.equal(memory.bytes[0x200d], 0x40, 'a wrong sum');
  assert.equal(view.getUint16(0x2008, true), 64);
  frame[0] = 4;
  assert.equal(chip.receive(frame), true, 'for somebody else');
  assert.equal(registers.read(0x2810, 4), 1);
});

test('the EEPROM adds up', () => {
  const { chip } = build();
  assert.equal(
    chip.words.reduce((sum, word) => (sum + word) & 0xffff, 0),
    0xbaba,
  );
});
