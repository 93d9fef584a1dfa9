// Debug exceptions through whole engines: single step, instruction, data and I/O breakpoints, in real
// mode, where a handler for vector 1 needs no more than an entry in the interrupt vector table.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../memory/guest-memory.ts';
import * as L from '../x86/state/layout.ts';
import { InterpVcpu } from './interp/interp-vcpu.ts';
import { ReferenceVcpu } from './reference/reference-vcpu.ts';
import { bareWires } from './testing.ts';
import type { Vcpu } from './vcpu.ts';

const HANDLER = 0x2000;
const engines: [string, (memory: GuestMemory) => Vcpu][] = [
  ['interpreter', (memory) => new InterpVcpu(bareWires(memory))],
  ['reference', (memory) => new ReferenceVcpu(bareWires(memory))],
];

// 1000: mov ax, 1; 1003: mov [0x3000], ax; 1006: out 0x40, al; 1008: inc ax; 1009: jmp $
const CODE = [0xb8, 1, 0, 0xa3, 0, 0x30, 0xe6, 0x40, 0x40, 0xeb, 0xfe];

function run(make: (memory: GuestMemory) => Vcpu, prepare: (vcpu: Vcpu) => void) {
  const memory = new GuestMemory(1 << 20);
  memory.u8.set(CODE, 0x1000);
  memory.view.setUint32(4, HANDLER, true);
  memory.u8[HANDLER] = 0xf4; // HLT
  const vcpu = make(memory);
  const { state } = vcpu;
  const cs = state.segments[L.CS]!;
  cs.selector = 0;
  cs.base = 0;
  state.rip = 0x1000;
  state.setGpr32(L.RSP, 0x800);
  prepare(vcpu);
  vcpu.stateChanged();
  const exit = vcpu.run(20);
  return { exit, pushed: memory.view.getUint16(0x7fa, true), dr6: state.get32(L.DR + 6 * 8) & 0xe00f };
}

/** Enables breakpoint 0 with the R/W field, one byte long. */
function arm(vcpu: Vcpu, address: number, kind: number): void {
  vcpu.state.setNumber(L.DR, address);
  vcpu.state.set32(L.DR + 7 * 8, 0x401 | (kind << 16));
  vcpu.state.cr4 = 1 << 3;
}

for (const [name, make] of engines) {
  test(`${name}: TF traps after the next instruction`, () => {
    const { exit, pushed, dr6 } = run(make, (vcpu) => {
      vcpu.state.rflags = 0x102;
    });
    assert.deepEqual(exit, { reason: 'Hlt' });
    assert.deepEqual([pushed, dr6], [0x1003, 0x4000]);
  });
  test(`${name}: a single-stepped HLT does not halt`, () => {
    const { exit, pushed, dr6 } = run(make, (vcpu) => {
      vcpu.state.rflags = 0x102;
      vcpu.state.rip = HANDLER;
    });
    assert.deepEqual(exit, { reason: 'Hlt' });
    assert.deepEqual([pushed, dr6], [HANDLER + 1, 0x4000]);
  });
  test(`${name}: an instruction breakpoint faults before its instruction`, () => {
    const { exit, pushed, dr6 } = run(make, (vcpu) => arm(vcpu, 0x1006, 0));
    assert.deepEqual(exit, { reason: 'Hlt' });
    assert.deepEqual([pushed, dr6], [0x1006, 1]);
  });
  test(`${name}: a data breakpoint traps after the write`, () => {
    const { exit, pushed, dr6 } = run(make, (vcpu) => arm(vcpu, 0x3001, 1));
    assert.deepEqual(exit, { reason: 'Hlt' });
    assert.deepEqual([pushed, dr6], [0x1006, 1]);
  });
  test(`${name}: an I/O breakpoint traps after OUT`, () => {
    const { exit, pushed, dr6 } = run(make, (vcpu) => arm(vcpu, 0x40, 2));
    assert.deepEqual(exit, { reason: 'Hlt' });
    assert.deepEqual([pushed, dr6], [0x1008, 1]);
  });
}
