import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEdid } from './edid.ts';

test('an EDID block has its header, its checksum and the preferred mode', () => {
  for (const mode of [
    { width: 1024, height: 768 },
    { width: 1920, height: 1200 },
  ]) {
    const edid = buildEdid(mode);
    assert.equal(edid.length, 128);
    assert.deepEqual([...edid.subarray(0, 8)], [0, 255, 255, 255, 255, 255, 255, 0]);
    assert.equal(edid.reduce((sum, byte) => sum + byte, 0) & 0xff, 0);
    const timing = edid.subarray(54, 72);
    assert.equal(timing[2]! | ((timing[4]! & 0xf0) << 4), mode.width);
    assert.equal(timing[5]! | ((timing[7]! & 0xf0) << 4), mode.height);
    const clock = (timing[0]! | (timing[1]! << 8)) * 10_000;
    const total = (mode.width + 160) * (mode.height + (timing[6]! | ((timing[7]! & 15) << 8)));
    assert.ok(Math.abs(clock / total - 60) < 0.1);
  }
});
