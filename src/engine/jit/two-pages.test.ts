// Accesses of regions that lie in two pages: against the interpreter, with pages that are not side by side in memory, and
// with one that may not be written; and whether the vCPU is told of each of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires } from '../testing.ts';
import { buildUserSpace, enterUserMode, exceptionTaken, USER_PAGES } from '../testing-user-program.ts';
import { type JitTuning, JitVcpu } from './jit-vcpu.ts';
import { assemble } from './testing-code.ts';

const CODE = 0x40_0000;
const DATA = 0x50_0000;
const STACK = 0x60_0000;
const TURNS = 300;

interface Machine {
  readonly vcpu: InterpVcpu;
  readonly memory: GuestMemory;
}

function start(lines: readonly string[], translator: JitTuning | null, secondWritable = true): Machine {
  const memory = new GuestMemory(4 << 20);
  const page = (linear: number, index: number, writable: boolean, executable = false) => ({
    linear,
    physical: USER_PAGES + 0x1000 * index,
    writable,
    executable,
  });
  buildUserSpace(memory, [
    page(CODE, 0, false, true),
    page(DATA, 3, true),
    page(DATA + 0x1000, 1, secondWritable),
    page(STACK, 5, true),
  ]);
  memory.u8.set(assemble(lines).bytes, USER_PAGES);
  const wires = bareWires(memory);
  const vcpu = translator ? new JitVcpu(wires, translator) : new InterpVcpu(wires);
  const { state } = vcpu;
  enterUserMode(state, 64);
  state.rflags = 2;
  state.setNumber(L.RIP, CODE);
  state.setGprNumber(L.RSP, STACK + 0x800);
  state.setGprNumber(L.RSI, DATA + 0x1000);
  state.setGprNumber(L.RCX, TURNS);
  vcpu.stateChanged();
  return { vcpu, memory };
}

function summary({ vcpu: { state, retired }, memory }: Machine): unknown {
  const registers = Array.from({ length: 16 }, (_, i) => state.gpr(i));
  const data = [1, 3].map((index) => {
    const at = USER_PAGES + 0x1000 * index;
    return [memory.u8.slice(at, at + 32), memory.u8.slice(at + 0xfe0, at + 0x1000)];
  });
  return [retired, state.rip, state.rflags, state.cr2, registers, data, exceptionTaken(state, memory)];
}

/** Runs the interpreter and the translator in pieces, and compares; the latter's machine. */
function compare(lines: readonly string[], translator: JitTuning, secondWritable = true): Machine {
  const [plain, translated] = [null, translator].map((one) => start(lines, one, secondWritable));
  for (let piece = 0; piece < 40; piece++) {
    for (const { vcpu } of [plain!, translated!]) vcpu.run(99_991);
    assert.deepEqual(summary(translated!), summary(plain!), `piece ${piece}`);
  }
  assert.ok(translated!.vcpu.statistics().get('regions compiled')! > 0, 'no region');
  return translated!;
}

const ACCESSES = [
  '48 89 46 fd', // mov [rsi-3], rax
  '48 03 5e ff', // add rbx, [rsi-1]
  '01 56 fe', // add [rsi-2], edx
  '66 ff 46 ff', // inc word [rsi-1]
  '0f 10 46 f8', // movups xmm0, [rsi-8]
  '0f 11 46 f1', // movups [rsi-15], xmm0
];
/** So many accesses are few in so many instructions. */
const loop = (accesses: readonly string[], delay: number) => [
  'turn:',
  ...accesses,
  `bf ${[delay & 255, delay >> 8, 0, 0].map((byte) => byte.toString(16)).join(' ')}`, // mov edi, delay
  'wait:',
  'ff cf 75 >wait', // dec edi; jnz wait
  '48 05 67 45 23 01', // add rax, 1234567h
  'ff c2', // inc edx
  'ff c9 75 >turn', // dec ecx; jnz turn
  'f4',
];
const TUNINGS: readonly (readonly [string, JitTuning])[] = [
  ['soon hot', { hotSamples: 1, hotRuns: 20, sampleInterval: 200, batch: 1 }],
  ['eager', { eager: true }],
];

for (const [name, tuning] of TUNINGS) {
  test(`what regions access in two pages now and then is done without the vCPU (${name})`, () => {
    const { vcpu } = compare(loop(ACCESSES, 6000), tuning);
    const told = vcpu.statistics().get('exits from regions for the interpreter')!;
    assert.ok(told < TURNS, `${told} times`);
  });
  test(`and where it comes often it is left to the interpreter (${name})`, () => {
    compare(loop(ACCESSES, 40), tuning);
  });
  test(`a page fault of the second page leaves the first as it was (${name})`, () => {
    const { vcpu, memory } = compare(
      // cmp ecx, 7; jne +3; then the store
      loop(['48 03 5e ff', '83 f9 07', '75 03', '89 46 fe'], 6000),
      tuning,
      false,
    );
    assert.equal(vcpu.state.cr2, DATA + 0x1000);
    assert.equal(exceptionTaken(vcpu.state, memory)?.error, 7n);
    assert.deepEqual([...memory.u8.subarray(USER_PAGES + 0x3ffe, USER_PAGES + 0x4000)], [0, 0]);
  });
}
