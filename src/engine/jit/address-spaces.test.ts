// Code at one linear address in two address spaces that are switched all the time, and that comes to lie elsewhere in one of
// them: what the jump cache and regions know of pages holds for the page tables that are in force.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { CR0_PG } from '../../x86/state/control-bits.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { JitVcpu } from './jit-vcpu.ts';

const CODE = 0x1000;
const CALLED = 0x5000;
/** Page directories of the two spaces; a page table behind each. */
const SPACES = [0x1_0000, 0x1_2000] as const;
const PRESENT = 0x63;

// loop: mov cr3, eax; call esi; mov cr3, ebx; call esi; dec ecx; jnz loop
const LOOP = [0x0f, 0x22, 0xd8, 0xff, 0xd6, 0x0f, 0x22, 0xdb, 0xff, 0xd6, 0x49, 0x75, 0xf3];
const FRAMES: Readonly<Record<number, readonly number[]>> = {
  // add edx, 1; ret
  20480: [0x83, 0xc2, 0x01, 0xc3],
  // add edx, 100h; call 7000h; ret
  24576: [0x81, 0xc2, 0, 1, 0, 0, 0xe8, 0xf5, 0x1f, 0, 0, 0xc3],
  // add edx, 10000h; ret
  32768: [0x81, 0xc2, 0, 0, 1, 0, 0xc3],
  // add edx, 1000000h; ret
  36864: [0x81, 0xc2, 0, 0, 0, 1, 0xc3],
};
const INSTRUCTIONS = 13;

function start(translated: boolean): { vcpu: InterpVcpu; memory: GuestMemory } {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(LOOP, CODE);
  for (const [frame, bytes] of Object.entries(FRAMES)) memory.u8.set(bytes, Number(frame));
  for (const directory of SPACES) {
    memory.view.setUint32(directory, (directory + 0x1000) | PRESENT, true);
    for (let page = 0; page < 32; page++) map(memory, directory, page << 12, page << 12);
  }
  map(memory, SPACES[1], CALLED, 0x6000);
  map(memory, SPACES[1], 0x7000, 0x8000);
  const wires = bareWires(memory);
  const vcpu = translated ? new JitVcpu(wires, { eager: true }) : new InterpVcpu(wires);
  const { state } = vcpu;
  enterFlat32(state, CODE);
  state.cr0 |= CR0_PG;
  state.setNumber(L.CR3, SPACES[0]);
  state.setGpr32(L.RAX, SPACES[0]);
  state.setGpr32(L.RBX, SPACES[1]);
  state.setGpr32(L.RSI, CALLED);
  state.setGpr32(L.RCX, 1 << 30);
  state.setGpr32(L.RDX, 0);
  state.setGpr32(L.RSP, 0xf000);
  vcpu.stateChanged();
  return { vcpu, memory };
}

function map(memory: GuestMemory, directory: number, linear: number, frame: number): void {
  memory.view.setUint32(directory + 0x1000 + (linear >>> 10), frame | PRESENT, true);
}

for (const translated of [false, true]) {
  test(`two address spaces in turn: ${translated ? 'translator' : 'interpreter'}`, () => {
    const { vcpu, memory } = start(translated);
    let expected = 0;
    const rounds = (count: number, added: number) => {
      vcpu.run(count * INSTRUCTIONS);
      expected = (expected + count * added) >>> 0;
      assert.equal(vcpu.state.gpr32(L.RDX), expected);
      assert.equal(vcpu.state.rip, CODE);
    };
    rounds(1, 0x1_0101);
    rounds(5000, 0x1_0101);
    // What the next MOV to CR3 makes known.
    map(memory, SPACES[0], CALLED, 0x9000);
    rounds(3000, 0x101_0100);
    map(memory, SPACES[0], CALLED, 0x5000);
    rounds(3000, 0x1_0101);
    // The second page of what the other space runs.
    map(memory, SPACES[1], 0x7000, 0x9000);
    rounds(3000, 0x100_0101);
    map(memory, SPACES[1], 0x7000, 0x8000);
    rounds(3000, 0x1_0101);
    // Until all keys of the jump cache have been given out, and are given out again.
    for (let i = 0; i < 8; i++) {
      rounds(5000, 0x1_0101);
      map(memory, SPACES[0], CALLED, 0x9000);
      rounds(5, 0x101_0100);
      map(memory, SPACES[0], CALLED, 0x5000);
    }
  });
}
