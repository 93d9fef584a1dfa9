// Accesses that go to another page each time are found, and looked up in the TLB by the region that is formed anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import * as E from '../soft/engine-state.ts';
import { missCounter, missKey } from '../soft/miss-counters.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { regionCompiler } from './compile.ts';
import { JitVcpu } from './jit-vcpu.ts';
import type { Region } from './region.ts';
import { clearMisses, scatteredIn } from './scattered.ts';

const CODE = 0x1000;
/** Offsets in the loop. */
const LOAD = 2;
const STORE = 4;
const STAYS = 7;
// loop: add ebx, edx; add eax, [ebx]; mov [ebx+4], eax; add [8000h], eax; and ebx, 7fffffh; dec ecx; jnz loop; hlt
const LOOP = [
  ...[0x01, 0xd3, 0x03, 0x03, 0x89, 0x43, 0x04, 0x01, 0x05, 0x00, 0x80, 0, 0],
  ...[0x81, 0xe3, 0xff, 0xff, 0x7f, 0, 0x49, 0x75, 0xea, 0xf4],
];

/** Runs the loop with a stride; answers what it computed, and the regions in the order in which they were compiled. */
function run(stride: number, translated: boolean) {
  const memory = new GuestMemory(16 << 20);
  memory.u8.set(LOOP, CODE);
  const wires = bareWires(memory);
  const regions: Region[] = [];
  const compiler: typeof regionCompiler = {
    ...regionCompiler,
    compileRegions: (jobs, options) => {
      for (const { region } of jobs) regions.push(region);
      return regionCompiler.compileRegions(jobs, options);
    },
  };
  const vcpu = translated
    ? new JitVcpu(wires, { hotSamples: 1, sampleInterval: 200, longestInterval: 400, batch: 1, compiler })
    : new InterpVcpu(wires);
  enterFlat32(vcpu.state, CODE);
  vcpu.state.setGpr32(L.RCX, 40_000);
  vcpu.state.setGpr32(L.RBX, 0x10_0000);
  vcpu.state.setGpr32(L.RDX, stride);
  vcpu.stateChanged();
  // 7 instructions; the one that halts is another one.
  vcpu.run(7 * 40_000);
  const hash = memory.u8.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, 0);
  return { results: [vcpu.state.gpr32(L.RAX), vcpu.state.gpr32(L.RBX), vcpu.retired, hash], regions };
}

test('a loop whose accesses go to another page each time', () => {
  const { results, regions } = run(0x5008, true);
  assert.deepEqual(results, run(0x5008, false).results);
  assert.deepEqual(regions[0]!.scattered, []);
  const scattered = regions.at(-1)!.scattered!.map((offset) => offset & 0xff);
  assert.ok(scattered.includes(LOAD) || scattered.includes(STORE));
  assert.ok(!scattered.includes(STAYS));
});

test('a loop that goes through its pages slowly', () => {
  const { results, regions } = run(4, true);
  assert.deepEqual(results, run(4, false).results);
  for (const { scattered } of regions) assert.deepEqual(scattered, []);
});

test('counters are told apart by region, page and offset', () => {
  const u32 = new Uint32Array((E.MISS_COUNTS >> 2) + (1 << E.MISS_COUNT_BITS));
  const region = {
    pages: [
      { index: 0, frame: 7 },
      { index: -1, frame: 3 },
    ],
    offsets: Int32Array.of(-4000, 96, 96, 100),
    missKey: missKey(9),
  };
  const counter = missCounter(missKey(9), 1, 96);
  u32[counter] = 100;
  assert.deepEqual(scatteredIn(region, u32, 3_000), [-4000]);
  assert.deepEqual(scatteredIn(region, u32, 1_000_000), []);
  assert.deepEqual(scatteredIn({ ...region, missKey: missKey(10) }, u32, 3_000), []);
  clearMisses(region, u32);
  assert.equal(u32[counter], 0);
});
