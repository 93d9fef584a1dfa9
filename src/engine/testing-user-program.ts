// For tests of engines: a bare user program in long mode. CPL 3, 64-bit or compatibility mode, with page
// tables, GDT, IDT and TSS, and a kernel that consists of one HLT for each exception vector, so that every
// exception ends the run and is read from the frame on the kernel's stack. Selectors and control registers
// are those that 64-bit Linux uses.
//
// The first 2 MiB of RAM belong to the kernel, which sees them at KERNEL:
//
//   01000 PML4     02000 PDPT of the kernel   03000 its directory    10000 GDT   10800 TSS   11000 IDT
//   12000 HLT of vector n at + 16 n           14000 stack, downwards
//   20000 and on: the tables of the user pages
import type { GuestMemory } from '../memory/guest-memory.ts';
import * as C from '../x86/state/control-bits.ts';
import { ACTIVITY_RUNNING, type CpuState } from '../x86/state/cpu-state.ts';
import * as L from '../x86/state/layout.ts';

/** Linear address of the kernel's 2 MiB: ffffffff_80000000h. */
export const KERNEL = -0x8000_0000;
const PML4 = 0x1000;
const KERNEL_PDPT = 0x2000;
const KERNEL_DIRECTORY = 0x3000;
export const GDT = 0x10000;
const TSS = 0x10800;
const IDT = 0x11000;
const HANDLERS = 0x12000;
const STACK = 0x14000;
const USER_TABLES = 0x20000;
/** Physical addresses from here on are free for the program's pages. */
export const USER_PAGES = 0x20_0000;

const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const LARGE = 0x80n;
const NO_EXECUTE = 1n << 63n;

export interface UserPage {
  /** Page-aligned, in the lower half. */
  readonly linear: number;
  /** Page-aligned, USER_PAGES or more. */
  readonly physical: number;
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Vectors that user programs may raise with INT n, as under Linux: INT3 and INTO. */
const OPEN_GATES = [3, 4];
export const KERNEL_CS = 0x10;
export const KERNEL_SS = 0x18;
export const USER_CS_32 = 0x23;
export const USER_SS = 0x2b;
export const USER_CS_64 = 0x33;
const TSS_SELECTOR = 0x40;
const WITH_ERROR_CODE = [8, 10, 11, 12, 13, 14, 17];

/** Writes the kernel and the page tables into RAM (at least 2 MiB and the pages). */
export function buildUserSpace(memory: GuestMemory, pages: readonly UserPage[]): void {
  const { view } = memory;
  const set = (at: number, value: bigint) => view.setBigUint64(at, value, true);
  set(PML4 + 8 * 511, BigInt(KERNEL_PDPT) | PRESENT | WRITABLE);
  set(KERNEL_PDPT + 8 * 510, BigInt(KERNEL_DIRECTORY) | PRESENT | WRITABLE);
  set(KERNEL_DIRECTORY, PRESENT | WRITABLE | LARGE);
  let next = USER_TABLES;
  const table = (at: number): number => {
    if (view.getBigUint64(at, true) === 0n) {
      set(at, BigInt(next) | PRESENT | WRITABLE | USER);
      next += 0x1000;
    }
    return Number(view.getBigUint64(at, true) & 0xf_ffff_f000n);
  };
  for (const page of pages) {
    const index = (shift: number) => 8 * (Math.floor(page.linear / 2 ** shift) & 511);
    const entry = table(table(table(PML4 + index(39)) + index(30)) + index(21)) + index(12);
    const rights = (page.writable ? WRITABLE : 0n) | (page.executable ? 0n : NO_EXECUTE);
    set(entry, BigInt(page.physical) | PRESENT | USER | rights);
  }
  buildDescriptors(memory);
}

function buildDescriptors(memory: GuestMemory): void {
  const { view } = memory;
  const set = (at: number, value: bigint) => view.setBigUint64(at, value, true);
  const linear = (physical: number) => BigInt.asUintN(64, BigInt(KERNEL + physical));
  set(GDT + KERNEL_CS, 0x00af_9b00_0000_ffffn);
  set(GDT + KERNEL_SS, 0x00cf_9300_0000_ffffn);
  set(GDT + (USER_CS_32 & ~7), 0x00cf_fb00_0000_ffffn);
  set(GDT + (USER_SS & ~7), 0x00cf_f300_0000_ffffn);
  set(GDT + (USER_CS_64 & ~7), 0x00af_fb00_0000_ffffn);
  const tss = linear(TSS);
  set(
    GDT + TSS_SELECTOR,
    0x0000_8b00_0000_0067n | ((tss & 0xff_ffffn) << 16n) | (((tss >> 24n) & 0xffn) << 56n),
  );
  set(GDT + TSS_SELECTOR + 8, tss >> 32n);
  set(TSS + 4, linear(STACK));
  view.setUint16(TSS + 102, 104, true);
  for (let vector = 0; vector < 32; vector++) {
    const handler = linear(HANDLERS + 16 * vector);
    const dpl = OPEN_GATES.includes(vector) ? 3n : 0n;
    const low = (handler & 0xffffn) | (BigInt(KERNEL_CS) << 16n) | ((0x8en | (dpl << 5n)) << 40n);
    set(IDT + 16 * vector, low | (((handler >> 16n) & 0xffffn) << 48n));
    set(IDT + 16 * vector + 8, handler >> 32n);
    memory.u8[HANDLERS + 16 * vector] = 0xf4;
  }
}

/**
 * Puts the processor into user mode with flat segments. General registers, RIP, RFLAGS, x87 and SSE state,
 * FS and GS base are the caller's, who calls stateChanged() of the engine after that.
 */
export function enterUserMode(state: CpuState, bits: 32 | 64): void {
  state.cr0 = (C.CR0_PE | C.CR0_MP | C.CR0_ET | C.CR0_NE | C.CR0_WP | C.CR0_AM | C.CR0_PG) >>> 0;
  state.cr2 = 0;
  state.setNumber(L.CR3, PML4);
  state.cr4 = C.CR4_PAE | C.CR4_PGE | C.CR4_OSFXSR | C.CR4_OSXMMEXCPT | C.CR4_FSGSBASE;
  state.efer = C.EFER_SCE | C.EFER_LME | C.EFER_LMA | C.EFER_NXE;
  state.cpl = 3;
  for (const field of [L.SHADOW, L.NMI_BLOCKED, L.DEBUG_PENDING]) state.set32(field, 0);
  state.set32(L.ACTIVITY, ACTIVITY_RUNNING);
  state.set64(L.DR + 6 * 8, 0xffff_0ff0n);
  state.setNumber(L.GDTR_BASE, KERNEL + GDT);
  state.set32(L.GDTR_LIMIT, 0x4f);
  state.setNumber(L.IDTR_BASE, KERNEL + IDT);
  state.set32(L.IDTR_LIMIT, 32 * 16 - 1);
  const load = (number: number, selector: number, attributes: number, limit = 0xffff_ffff, base = 0) => {
    const segment = state.segments[number]!;
    segment.selector = selector;
    segment.attributes = attributes;
    segment.limit = limit;
    segment.base = base;
  };
  load(L.CS, bits === 64 ? USER_CS_64 : USER_CS_32, bits === 64 ? 0xa0fb : 0xc0fb);
  load(L.SS, USER_SS, 0xc0f3);
  for (const number of [L.DS, L.ES]) {
    if (bits === 64) load(number, 0, C.SEGMENT_UNUSABLE, 0);
    else load(number, USER_SS, 0xc0f3);
  }
  for (const number of [L.FS, L.GS, L.LDTR]) load(number, 0, C.SEGMENT_UNUSABLE, 0);
  load(L.TR, TSS_SELECTOR, 0x8b, 0x67, KERNEL + TSS);
}

/** What the kernel finds on its stack when an exception has stopped the program. */
export interface ExceptionTaken {
  readonly vector: number;
  /** 0 where the vector has none. */
  readonly error: bigint;
  readonly rip: bigint;
  readonly cs: number;
  readonly rflags: bigint;
  readonly rsp: bigint;
  readonly ss: number;
}

/** The exception that led to HLT; null when the processor is not in a handler of the kernel. */
export function exceptionTaken(state: CpuState, memory: GuestMemory): ExceptionTaken | null {
  const at = state.rip - 1 - KERNEL - HANDLERS;
  if (state.cpl !== 0 || at < 0 || at >= 32 * 16 || at % 16 !== 0) return null;
  const vector = at / 16;
  const frame = state.gprNumber(L.RSP) - KERNEL;
  const word = (index: number) => memory.view.getBigUint64(frame + 8 * index, true);
  const skip = WITH_ERROR_CODE.includes(vector) ? 1 : 0;
  return {
    vector,
    error: skip ? word(0) : 0n,
    rip: word(skip),
    cs: Number(word(skip + 1)),
    rflags: word(skip + 2),
    rsp: word(skip + 3),
    ss: Number(word(skip + 4)),
  };
}
