// The worlds that random bytes run in: RAM with descriptor tables, page tables and handlers of exceptions, one for
// each mode. Long mode has those of testing-user-program.ts; the others, from physical address 0:
//
//   0000 interrupt vectors   0600 handlers of real mode   2000 TSS   3000 GDT   4000 IDT   5000 handlers
//   6000 page directory   7000 pointers and a000 directory for PAE   8000 stack   10000 code   20000 data
import { buildUserSpace, enterUserMode, USER_PAGES } from '../../../src/engine/testing-user-program.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import * as C from '../../../src/x86/state/control-bits.ts';
import type { CpuState } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';

export const GARBAGE_MODES = [
  'real', 'v86', 'protected16', 'protected32', 'paged32', 'user32', 'pae32', 'compatibility', 'long', 'longUser',
] as const; // biome-ignore format: a list
export type GarbageMode = (typeof GARBAGE_MODES)[number];

/** The kernel of user programs takes 2 MiB, their pages 160 KiB. */
export const RAM_SIZE = 0x23_0000;
export const IVT_HANDLERS = 0x600;
const TSS = 0x2000;
const GDT = 0x3000;
const IDT = 0x4000;
export const HANDLERS = 0x5000;
/** Bytes from one vector's handler to the next: an HLT, or more random bytes. */
export const HANDLER_SIZE = 16;
/** Where testing-user-program.ts has its handlers, of the same size. */
export const LONG_HANDLERS = 0x12000;
const PAGE_DIRECTORY = 0x6000;
const PAE_POINTERS = 0x7000;
const PAE_DIRECTORY = 0xa000;
const STACKS = 0x8000;
export const CODE = 0x1_0000;
export const CODE_BYTES = 0x400;
/** Where pointers point, and segments of 16-bit modes begin. */
export const DATA = 0x2_0000;

/** Descriptors of the GDT by index, from 1 on: access rights as in the manual's bits 40 to 55. */
const DESCRIPTORS: readonly (readonly [base: number, limit: number, rights: number])[] = [
  [0, 0xf_ffff, 0xc09b], // 08 code, 32 bits, flat
  [0, 0xf_ffff, 0xc093], // 10 data, flat
  [0, 0xf_ffff, 0xc0fb], // 18 code of ring 3
  [0, 0xf_ffff, 0xc0f3], // 20 data of ring 3
  [CODE, 0xffff, 0x009b], // 28 code, 16 bits
  [DATA, 0xffff, 0x0093], // 30 data, 16 bits
  [CODE, 0xffff, 0x00fb], // 38 code, 16 bits, ring 3
  [DATA, 0xffff, 0x00f3], // 40 data, 16 bits, ring 3
  [DATA, 0x0fff, 0x4097], // 48 data, expand-down
  [DATA, 0x0fff, 0x0091], // 50 data, read-only
  [CODE, 0xffff, 0x409f], // 58 code, conforming
  [CODE, 0xffff, 0x4099], // 60 code, execute-only
  [TSS, 0x67, 0x008b], // 68 TSS, busy
  [GDT, 0xff, 0x0082], // 70 LDT
  [DATA, 0xffff, 0x4013], // 78 data, not present
  [0, 0, 0], // 80 call gate, below
]; // biome-ignore format: a table
const TSS_SELECTOR = 0x68;
const CALL_GATE = 0x80;

function writeDescriptor(view: DataView, at: number, base: number, limit: number, rights: number): void {
  view.setUint16(at, limit & 0xffff, true);
  view.setUint32(at + 2, (base & 0xff_ffff) | ((rights & 0xff) << 24), true);
  view.setUint8(at + 6, ((rights >> 8) & 0xf0) | (limit >> 16));
  view.setUint8(at + 7, base >>> 24);
}

function buildTables(memory: GuestMemory): void {
  const { view, u8 } = memory;
  for (let i = 0; i < 256; i++) {
    view.setUint32(4 * i, IVT_HANDLERS + HANDLER_SIZE * (i & 31), true);
    // Interrupt gates of 32 bits; INT3 and INTO for everybody.
    view.setUint32(IDT + 8 * i, (0x08 << 16) | (HANDLERS + HANDLER_SIZE * (i & 31)), true);
    view.setUint32(IDT + 8 * i + 4, i === 3 || i === 4 ? 0xee00 : 0x8e00, true);
  }
  for (let i = 0; i < 32; i++) {
    u8[IVT_HANDLERS + HANDLER_SIZE * i] = 0xf4;
    u8[HANDLERS + HANDLER_SIZE * i] = 0xf4;
  }
  DESCRIPTORS.forEach(([base, limit, rights], i) => {
    writeDescriptor(view, GDT + 8 * (i + 1), base, limit, rights);
  });
  view.setUint32(GDT + CALL_GATE, (0x08 << 16) | HANDLERS, true);
  view.setUint32(GDT + CALL_GATE + 4, 0xec02, true);
  view.setUint32(TSS + 4, STACKS + 0x1000, true);
  view.setUint16(TSS + 8, 0x10, true);
  view.setUint16(TSS + 0x66, 0x68, true);
  // One page of 4 MiB for everybody, one that only the supervisor may touch.
  view.setUint32(PAGE_DIRECTORY, 0x87, true);
  view.setUint32(PAGE_DIRECTORY + 4, 0x83, true);
  // With PAE: the first entry of the pointer table, and two pages of 2 MiB, of which the second holds no code.
  view.setUint32(PAE_POINTERS, PAE_DIRECTORY | 1, true);
  view.setUint32(PAE_DIRECTORY, 0x87, true);
  view.setUint32(PAE_DIRECTORY + 8, 0x20_0087, true);
  view.setUint32(PAE_DIRECTORY + 12, 0x8000_0000, true);
}

const bases = new Map<GarbageMode, Uint8Array>();

/** RAM without the program. */
export function baseRam(mode: GarbageMode): Uint8Array {
  let found = bases.get(mode);
  if (!found) {
    const memory = new GuestMemory(RAM_SIZE);
    if (isLong(mode)) {
      const page = (i: number) => ({
        linear: CODE + 0x1000 * i,
        physical: USER_PAGES + 0x1000 * i,
        writable: i !== 5,
        executable: i < 8,
      });
      buildUserSpace(
        memory,
        Array.from({ length: 40 }, (_, i) => page(i)),
      );
    } else buildTables(memory);
    found = memory.ram.slice();
    bases.set(mode, found);
  }
  return found;
}

export const isLong = (mode: GarbageMode) =>
  mode === 'compatibility' || mode === 'long' || mode === 'longUser';

export function enterLong(state: CpuState, mode: GarbageMode): void {
  enterUserMode(state, mode === 'compatibility' ? 32 : 64);
  if (mode !== 'long') return;
  state.cpl = 0;
  const set = (number: number, selector: number, attributes: number) => {
    state.segments[number]!.selector = selector;
    state.segments[number]!.attributes = attributes;
  };
  set(L.CS, 0x10, 0xa09b);
  set(L.SS, 0x18, 0xc093);
}

export function enterLegacy(state: CpuState, mode: GarbageMode, vme: boolean): void {
  state.cr0 = mode === 'real' ? 0x10 : 0x31;
  state.cr4 = C.CR4_PSE | C.CR4_OSFXSR | C.CR4_OSXMMEXCPT | (vme ? C.CR4_VME | C.CR4_PVI : 0);
  if (mode === 'paged32' || mode === 'user32') {
    state.setNumber(L.CR3, PAGE_DIRECTORY);
    state.cr0 = 0x8001_0031;
  }
  if (mode === 'pae32') {
    state.setNumber(L.CR3, PAE_POINTERS);
    state.set64(L.PDPTE, BigInt(PAE_DIRECTORY | 1));
    state.cr4 |= C.CR4_PAE;
    state.efer = C.EFER_NXE;
    state.cr0 = 0x8001_0031;
  }
  state.setNumber(L.GDTR_BASE, GDT);
  state.set32(L.GDTR_LIMIT, 8 * (DESCRIPTORS.length + 1) - 1);
  state.setNumber(L.IDTR_BASE, mode === 'real' ? 0 : IDT);
  state.set32(L.IDTR_LIMIT, mode === 'real' ? 0x3ff : 0x7ff);
  state.cpl = mode === 'v86' || mode === 'user32' ? 3 : 0;
  const load = (number: number, selector: number, base: number, limit: number, attributes: number) => {
    const segment = state.segments[number]!;
    segment.selector = selector;
    segment.base = base;
    segment.limit = limit;
    segment.attributes = attributes;
  };
  for (let number = L.ES; number <= L.GS; number++) {
    const code = number === L.CS;
    if (mode === 'real')
      load(number, (code ? CODE : DATA) >> 4, code ? CODE : DATA, 0xffff, code ? 0x9b : 0x93);
    else if (mode === 'v86') load(number, (code ? CODE : DATA) >> 4, code ? CODE : DATA, 0xffff, 0xf3);
    else if (mode === 'protected16')
      load(number, code ? 0x28 : 0x30, code ? CODE : DATA, 0xffff, code ? 0x9b : 0x93);
    else if (mode === 'user32') load(number, code ? 0x1b : 0x23, 0, 0xffff_ffff, code ? 0xc0fb : 0xc0f3);
    else load(number, code ? 0x08 : 0x10, 0, 0xffff_ffff, code ? 0xc09b : 0xc093);
  }
  load(L.LDTR, 0x70, GDT, 0xff, 0x82);
  load(L.TR, TSS_SELECTOR, TSS, 0x67, 0x8b);
}

/** Physical ranges of page tables, by mode. */
export function tableRanges(mode: GarbageMode): readonly (readonly [number, number])[] {
  if (isLong(mode))
    return [
      [0x1000, 0x4000],
      [0x2_0000, 0x2_8000],
    ];
  if (mode === 'pae32')
    return [
      [PAE_POINTERS, PAE_POINTERS + 0x20],
      [PAE_DIRECTORY, PAE_DIRECTORY + 0x1000],
    ];
  return mode === 'paged32' || mode === 'user32' ? [[PAGE_DIRECTORY, PAGE_DIRECTORY + 0x1000]] : [];
}
