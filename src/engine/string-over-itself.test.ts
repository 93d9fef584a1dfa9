// A repeated string instruction that writes over itself: its next iteration is that of the instruction that stands there then,
// on every engine, however the run is cut into pieces.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../memory/guest-memory.ts';
import { FLAG_DF } from '../x86/state/cpu-state.ts';
import * as L from '../x86/state/layout.ts';
import { type InterpOptions, InterpVcpu } from './interp/interp-vcpu.ts';
import { JitVcpu } from './jit/jit-vcpu.ts';
import { ReferenceVcpu } from './reference/reference-vcpu.ts';
import { bareWires, enterFlat32 } from './testing.ts';
import type { Vcpu } from './vcpu.ts';

const ENGINES: [string, (wires: InterpOptions) => Vcpu][] = [
  ['reference', (wires) => new ReferenceVcpu(wires)],
  ['interpreter', (wires) => new InterpVcpu(wires)],
  ['translator', (wires) => new JitVcpu(wires, { eager: true })],
];
const CODE = 0x1800;

/** Registers after 400 instructions: REP STOSD of INC EDX from 200 elements before the instruction on, or from behind it down. */
function run(make: (wires: InterpOptions) => Vcpu, down: boolean, piece: number): unknown[] {
  const memory = new GuestMemory(1 << 20);
  // rep stosd; jmp $
  memory.u8.set([0xf3, 0xab, 0xeb, 0xfe], CODE);
  const vcpu = make(bareWires(memory));
  const { state } = vcpu;
  enterFlat32(state, CODE);
  for (let r = 0; r < 8; r++) state.setGpr32(r, 0);
  state.setGpr32(L.RAX, 0x4242_4242);
  state.setGpr32(L.RCX, 0x300);
  state.setGpr32(L.RDI, down ? CODE + 800 : CODE - 800);
  state.rflags = down ? 2 | FLAG_DF : 2;
  vcpu.stateChanged();
  for (let left = 400; left > 0; left -= piece) vcpu.run(Math.min(piece, left));
  return [vcpu.retired, state.rip, ...Array.from({ length: 8 }, (_, r) => state.gpr32(r))];
}

for (const down of [false, true]) {
  test(`a string instruction that writes over itself, ${down ? 'downwards' : 'upwards'}`, () => {
    const expected = run(ENGINES[0]![1], down, 400);
    assert.equal(expected[2 + L.RDI], down ? CODE - 4 : CODE + 4);
    for (const [engine, make] of ENGINES) {
      for (const piece of [400, 100, 33, 1]) {
        assert.deepEqual(run(make, down, piece), expected, `${engine}, pieces of ${piece}`);
      }
    }
  });
}
