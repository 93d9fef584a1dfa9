import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyMarked, byteMarks, clearBytes, markBytes, noneMarked } from './byte-marks.ts';

test('marks against an array of booleans', () => {
  const edges = [0, 1, 31, 32, 33, 63, 64, 100, 4064, 4095, 4096];
  for (const first of edges) {
    for (const end of edges) {
      const marks = byteMarks();
      markBytes(marks, first, end);
      for (let byte = 0; byte < 4096; byte++) {
        const marked = byte >= first && byte < end;
        if (anyMarked(marks, byte, byte + 1) !== marked) assert.fail(`${first} to ${end}: ${byte}`);
      }
      for (const from of edges) {
        for (const to of edges) {
          const overlap = from < to && first < end && from < end && first < to;
          assert.equal(anyMarked(marks, from, to), overlap, `${first} to ${end}: ${from} to ${to}`);
        }
      }
    }
  }
});

test('marks add up', () => {
  const marks = byteMarks();
  markBytes(marks, 10, 20);
  markBytes(marks, 40, 41);
  assert.ok(anyMarked(marks, 19, 40) && anyMarked(marks, 20, 41));
  assert.ok(!anyMarked(marks, 20, 40));
});

test('marks are taken away, and those beside them stay', () => {
  for (const [first, end] of [
    [100, 101],
    [96, 128],
    [90, 200],
    [0, 4096],
  ] as const) {
    const marks = byteMarks();
    markBytes(marks, 0, 4096);
    clearBytes(marks, first, end);
    assert.ok(!anyMarked(marks, first, end));
    for (const byte of [first - 1, end]) {
      if (byte >= 0 && byte < 4096) assert.ok(anyMarked(marks, byte, byte + 1), `${byte}`);
    }
    assert.equal(noneMarked(marks), end - first === 4096);
  }
});
