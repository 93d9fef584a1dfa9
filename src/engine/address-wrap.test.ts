// Flat 32-bit code and data at the end of the 4 GiB, where EIP and addresses begin again at 0: the same on every engine, the
// translator with everything in regions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../memory/guest-memory.ts';
import * as L from '../x86/state/layout.ts';
import type { InterpOptions } from './interp/interp-vcpu.ts';
import { InterpVcpu } from './interp/interp-vcpu.ts';
import { JitVcpu } from './jit/jit-vcpu.ts';
import { ReferenceVcpu } from './reference/reference-vcpu.ts';
import { bareWires, enterFlat32 } from './testing.ts';
import type { Vcpu } from './vcpu.ts';

const ENGINES: [string, (wires: InterpOptions) => Vcpu][] = [
  ['interpreter', (wires) => new InterpVcpu(wires)],
  ['reference', (wires) => new ReferenceVcpu(wires)],
  ['translator', (wires) => new JitVcpu(wires, { eager: true })],
];

const DIRECTORY = 0x1_0000;
const FIRST_TABLE = 0x1_1000;
const LAST_TABLE = 0x1_2000;
/** Frame of the last page of the 4 GiB; the first one lies at 0. */
const LAST_FRAME = 0x2_0000;
const IDT = 0x1_4000;
const PRESENT = 0x63;
const STEPS = 600;

interface Program {
  /** From `start` on, the last page's offset. */
  readonly start: number;
  readonly last: readonly number[];
  /** From address 0 on. */
  readonly first: readonly number[];
}

/** The state after some pieces, exceptions included: their handler of vector n is n bytes into a page of INC EDX, then HLT. */
function run(
  make: (wires: InterpOptions) => Vcpu,
  { start, last, first }: Program,
  piece: number,
): unknown[] {
  const memory = new GuestMemory(1 << 20);
  const { view, u8 } = memory;
  view.setUint32(DIRECTORY, FIRST_TABLE | PRESENT, true);
  view.setUint32(DIRECTORY + 4 * 1023, LAST_TABLE | PRESENT, true);
  for (let page = 0; page < 256; page++) view.setUint32(FIRST_TABLE + 4 * page, (page << 12) | PRESENT, true);
  view.setUint32(LAST_TABLE + 4 * 1023, LAST_FRAME | PRESENT, true);
  u8.set(last, LAST_FRAME + start);
  u8.set(first, 0);
  for (let vector = 0; vector < 32; vector++) {
    view.setUint32(IDT + 8 * vector, (8 << 16) | (0x5000 + vector), true);
    view.setUint32(IDT + 8 * vector + 4, 0x8e00, true);
  }
  u8.fill(0x42, 0x5000, 0x5020);
  u8[0x5020] = 0xf4;
  view.setBigUint64(0x6008, 0x00cf_9b00_0000_ffffn, true);
  view.setBigUint64(0x6010, 0x00cf_9300_0000_ffffn, true);
  const vcpu = make(bareWires(memory));
  const { state } = vcpu;
  enterFlat32(state, 0xffff_f000 + start);
  state.setNumber(L.CR3, DIRECTORY);
  state.cr0 = 0x8000_0011 | 0;
  state.setNumber(L.GDTR_BASE, 0x6000);
  state.set32(L.GDTR_LIMIT, 0x17);
  state.setNumber(L.IDTR_BASE, IDT);
  state.set32(L.IDTR_LIMIT, 0xff);
  for (let r = 0; r < 8; r++) state.setGpr32(r, 0);
  state.setGpr32(L.RCX, 1000);
  state.setGpr32(L.RSP, 0x9000);
  vcpu.stateChanged();
  let exit = 'Interrupted';
  for (let left = STEPS; left > 0 && exit === 'Interrupted'; left -= piece)
    exit = vcpu.run(Math.min(piece, left)).reason;
  const registers = Array.from({ length: 8 }, (_, r) => state.gpr32(r));
  const stack = Buffer.from(u8.slice(0x8fe0, 0x9000)).toString('hex');
  const edges = [u8.slice(LAST_FRAME + 0xff0, LAST_FRAME + 0x1000), u8.slice(0x40, 0x50)].map((bytes) =>
    Buffer.from(bytes).toString('hex'),
  );
  return [exit, vcpu.retired, state.rip, state.rflags, ...registers, stack, ...edges];
}

// inc eax; jmp first;  first: inc ebx; dec ecx; jnz last; hlt
const JUMPS: Program = {
  start: 0xff0,
  last: [0x40, 0xe9, 0x0a, 0, 0, 0],
  first: [0x43, 0x49, 0x0f, 0x85, 0xe8, 0xff, 0xff, 0xff, 0xf4],
};
// The last instruction ends with the last byte: inc eax; nop...; first: as above
const FALLS: Program = {
  start: 0xff0,
  last: [0x40, ...Array.from({ length: 15 }, () => 0x90)],
  first: JUMPS.first,
};
// inc eax; mov eax, imm32 over the end
const STRADDLES: Program = { start: 0xffc, last: [0x40, 0xb8, 1, 2], first: [3, 4, 0xf4] };
// A conditional branch, a call and a return over the end.
// inc eax; call first; dec ecx; jnz $-8; hlt;  first: inc ebx; ret
const CALLS: Program = {
  start: 0xfe0,
  last: [0x40, 0xe8, 0x1a, 0, 0, 0, 0x49, 0x75, 0xf7, 0xf4],
  first: [0x43, 0xc3],
};
/** mov esi, address; loop: access; dec ecx; jnz loop; hlt */
function accesses(address: number, access: readonly number[]): Program {
  const bytes = [0, 8, 16, 24].map((shift) => (address >>> shift) & 255);
  const back = 256 - (access.length + 3);
  return { start: 0x800, last: [0xbe, ...bytes, ...access, 0x49, 0x75, back, 0xf4], first: [1, 2, 3, 4, 5] };
}

const PROGRAMS: Record<string, Program> = {
  'a jump over the end': JUMPS,
  'control that falls over the end': FALLS,
  'an instruction over the end': STRADDLES,
  'calls over the end': CALLS,
  // add [esi+14h], ecx
  'a displacement over the end': accesses(0xffff_fff0, [0x01, 0x4e, 0x54]),
  // inc dword [esi]; inc dword [esi+50h]
  'a window over the end': accesses(0xffff_fff4, [0xff, 0x06, 0xff, 0x46, 0x50]),
  // inc dword [esi+50h]; inc dword [esi-4]
  'a window from behind the end': accesses(0xffff_fff4, [0xff, 0x46, 0x50, 0xff, 0x46, 0xfc]),
  // add ebx, [esi]: two bytes of each page
  'a load over the end': accesses(0xffff_fffe, [0x03, 0x1e]),
  // mov [esi], cx: a byte of each
  'a store over the end': accesses(0xffff_ffff, [0x66, 0x89, 0x0e]),
};

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`${name} is the same on all engines`, () => {
    const [, expected] = ENGINES.map(([, make]) => run(make, program, 5000));
    for (const [engine, make] of ENGINES) {
      for (const piece of [5000, 64, 7]) {
        assert.deepEqual(run(make, program, piece), expected, `${engine}, pieces of ${piece}`);
      }
    }
  });
}
