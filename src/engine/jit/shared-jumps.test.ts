// Programs whose loops go through computed jumps: recursion and a threaded interpreter. In regions their
// jumps share predictions; they must run as they do in the interpreter, stay in regions, and keep budgets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { JitVcpu } from './jit-vcpu.ts';
import { assemble } from './testing-code.ts';

const CODE = 0x1000;
const TABLE = 0x8000;
const PROGRAM = 0x8100;

/** Fibonacci numbers by definition: ECX -> EAX. */
const RECURSION = [
  'bc 00 90 00 00', // mov esp, 0x9000
  'b9 11 00 00 00', // mov ecx, 17
  'e8 >>fib', 'done:', 'eb >done',
  'fib:', '83 f9 02', '7c >small', // cmp ecx, 2
  '51', '49', 'e8 >>fib', // push ecx; dec ecx
  '59', '50', '83 e9 02', 'e8 >>fib', // pop ecx; push eax; sub ecx, 2
  '5a', '01 d0', 'c3', // pop edx; add eax, edx
  'small:', '89 c8', 'c3',
]; // biome-ignore format: a program

/** movzx edx, byte [esi]; inc esi; jmp [edx * 4 + TABLE] */
const NEXT = '0f b6 16 46 ff 24 95 00 80 00 00';
const THREADED = [
  'b9 d0 07 00 00', // mov ecx, 2000
  'restart:', 'be 00 81 00 00', NEXT, // mov esi, PROGRAM
  'increment:', '40', NEXT, // inc eax
  'double:', '01 c0', NEXT, // add eax, eax
  'again:', '49', '75 >restart', 'done:', 'eb >done', // dec ecx
]; // biome-ignore format: a program
const HANDLERS = ['increment', 'double', 'again'];

function memoryOf(lines: readonly string[]): GuestMemory {
  const { bytes, labels } = assemble(lines, CODE);
  const memory = new GuestMemory(1 << 20);
  memory.u8.set(bytes, CODE);
  HANDLERS.forEach((label, i) => {
    memory.view.setUint32(TABLE + 4 * i, labels.get(label) ?? 0, true);
  });
  memory.u8.set([0, 1, 0, 0, 1, 2], PROGRAM);
  return memory;
}

function registers({ state }: InterpVcpu): (number | bigint)[] {
  return [...Array(8).keys()].map((r) => state.gpr(r) as number | bigint).concat(state.rip, state.rflags);
}

for (const [name, lines, total] of [
  ['recursion', RECURSION, 60_000],
  ['a threaded interpreter', THREADED, 60_000],
] as const) {
  test(`${name}: in regions as in the interpreter, whatever the budget`, () => {
    const plain = new InterpVcpu(bareWires(memoryOf(lines)));
    enterFlat32(plain.state, CODE);
    plain.stateChanged();
    for (const piece of [total, 4999, 333, 64]) {
      const vcpu = new JitVcpu(bareWires(memoryOf(lines)), { hotSamples: 1, sampleInterval: 200, batch: 1 });
      enterFlat32(vcpu.state, CODE);
      vcpu.stateChanged();
      while (vcpu.retired < total) vcpu.run(Math.min(piece, total - vcpu.retired));
      if (plain.retired < total) plain.run(total);
      assert.equal(vcpu.retired, total);
      assert.deepEqual(registers(vcpu), registers(plain), `pieces of ${piece}`);
      if (piece === total)
        assert.ok(vcpu.statistics().get('exits for a block look-up')! < 1000, 'leaves its regions');
    }
    assert.notEqual(plain.state.gpr(L.RAX), 0);
  });
}
