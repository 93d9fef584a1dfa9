// What regions say that they hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachHeldByteRun, heldCode, holds, mayHoldBytes } from './held-code.ts';
import { regionOf } from './testing-code.ts';

test('a region holds its instructions, in the frames of its pages, and nothing else', () => {
  const start = 4096 - 8;
  // Across the end of the first page; the callee is in the second.
  const lines = ['entry:', 'e8 >>f', 'back:', '48 01 c8', '75 >entry', 'c3', 'f:', '90', 'c3'];
  const region = regionOf({ lines, start })!;
  const code = heldCode(region);
  const all = region.blocks.flatMap(({ instructions }) => instructions.map(({ offset }) => offset));
  assert.deepEqual(
    [...code.offsets],
    all.toSorted((a, b) => a - b),
  );
  assert.deepEqual(region.pages.map(({ frame }) => frame).sort(), [0x100, 0x101]);
  for (let at = start - 20; at < start + 40; at++) {
    const frame = 0x100 + Math.floor(at / 4096);
    assert.equal(holds(code, frame, at & 0xfff), all.includes(at), `${at}`);
    assert.equal(holds(code, frame + 2, at & 0xfff), false);
  }
});

test('the bytes of an instruction across the end of a page are in both', () => {
  // The ADD has its first byte in the page of the entry.
  const region = regionOf({ lines: ['entry:', '90', '48 01 c8', 'c3'], start: 4094 })!;
  const runs: number[][] = [];
  eachHeldByteRun(region, (...run) => runs.push(run));
  assert.deepEqual(runs, [
    [0x100, 4094, 4095],
    [0x100, 4095, 4096],
    [0x101, 0, 2],
    [0x101, 2, 3],
  ]);
});

test('whether a region may hold bytes: all of its own, and at most those shortly behind', () => {
  const lines = ['entry:', 'e9 >>far', ...Array(40).fill('cc'), 'far:', '48 01 c8', 'c3'];
  const region = regionOf({ lines, start: 64 })!;
  const code = heldCode(region);
  const own = new Set<number>();
  eachHeldByteRun(region, (page, first, end) => {
    for (let at = first; at < end; at++) own.add(4096 * page + at);
  });
  for (let at = 0; at < 200; at++) {
    const held = own.has(0x10_0000 + at);
    const near = [...own].some((byte) => byte <= 0x10_0000 + at && byte > 0x10_0000 + at - 15);
    const may = mayHoldBytes(code, 0x100, at, at);
    if (held) assert.ok(may, `${at}`);
    else if (!near) assert.ok(!may, `${at}`);
  }
  assert.ok(mayHoldBytes(code, 0x100, 0, 4095));
  assert.ok(!mayHoldBytes(code, 0x101, 0, 4095));
});
