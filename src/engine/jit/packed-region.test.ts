// A region that was packed and unpacked compiles to the same module.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { MODE_KEY_32, modeFromKey } from '../../x86/decode/mode.ts';
import { regionCompiler } from './compile.ts';
import { compileRequest } from './compile-request.ts';
import { packRegion, unpackRegion } from './packed-region.ts';
import { assemble, type Program, regionOf } from './testing-code.ts';

const PROGRAMS: Readonly<Record<string, Program>> = {
  // A loop with a branch out of it that was never taken, and a call that is followed, twice.
  'a loop with calls': {
    lines: [
      ...['entry:', '48 01 c8', 'e8 >>f', '75 >cold', 'e8 >>f', 'back:', 'ff c9', '75 >entry', 'c3'],
      ...['cold:', '0f 0b', 'f:', '66 0f fe c1', 'f2 0f 58 d3', 'back2:', 'c3'],
    ],
    ran: ['entry', 'f', 'back'],
  },
  // The callee lies in the page before; the last instruction crosses into the page after.
  'three pages': {
    lines: ['f:', '48 ff c0', 'c3', ...Array<string>(4088).fill('90'), 'entry:', 'e8 >>f', 'eb >entry'],
    start: -4,
  },
  'what regions leave to the interpreter': {
    lines: ['entry:', '48 ff c3', 'f3 a4', 'eb >entry'],
  },
  '32-bit code': {
    lines: ['entry:', '8b 04 8d 00 80 00 00', '83 c0 07', '49', '75 >entry', 'ff e0'],
    mode: modeFromKey(MODE_KEY_32),
  },
};
const OPTIONS = { statePages: 64, ramPages: 64, tableSize: 16384, countsInstructions: false };
const JOB = { slot: 17_000, plain: 9, id: 5, cells: 0x1000, linear: 0x40_0000 };

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`packed and unpacked: ${name}`, () => {
    const region = { ...regionOf(program)!, apart: [0, 7], scattered: [0] };
    const { bytes } = assemble(program.lines, program.start);
    const packed = packRegion(region, (offset) => bytes[offset - (program.start ?? 0)]!);
    const again = unpackRegion(packed, ALL_FEATURES);
    assert.deepEqual(again.pages, region.pages);
    assert.deepEqual(again.apart, region.apart);
    assert.deepEqual(again.scattered, region.scattered);
    assert.deepEqual(
      again.blocks.map(({ end }) => end),
      region.blocks.map(({ end }) => end),
    );
    const sent = compileRequest(
      { ticket: 1, jobs: [{ ...JOB, ...structuredClone(packed) }], options: OPTIONS },
      ALL_FEATURES,
    );
    assert.deepEqual(sent, regionCompiler.compileRegions([{ region, ...JOB }], OPTIONS));
  });
}

test('bytes that are not those of the region are noticed', () => {
  const { lines } = PROGRAMS['32-bit code']!;
  const region = regionOf(PROGRAMS['32-bit code']!)!;
  const { bytes } = assemble(lines);
  const packed = packRegion(region, (offset) => bytes[offset]!);
  assert.throws(
    () => unpackRegion({ ...packed, code: packed.code.subarray(2) }, ALL_FEATURES),
    /packed region/,
  );
});
