// REP MOVS and REP STOS a page at a time. The architecture moves one element an iteration; where the
// next iterations are plain copies from page to page of RAM, upwards, and the TLB knows both pages,
// they are done at once. The count of retired instructions moves as if they had been done singly,
// and at least one iteration is left to the ordinary handler, which sees to every other case.
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { type CpuState, FLAG_DF } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';

/** Which instruction: log2 of the element's bytes in bits 1:0, then these. */
export const BULK_STORE = 4;
export const BULK_ADDRESS_32 = 8;
/** Fewer iterations than this are not worth the call. */
export const BULK_MINIMUM = 8;

/** Single iterations to do before asking again, where nothing could be done at once. */
const PATIENCE = 16;

/** Does as many iterations at once as it can; returns how many single ones should follow before the next call. */
export function bulkString(state: CpuState, memory: GuestMemory, kind: number): number {
  const { u32, i32 } = state;
  if ((u32[L.FLAGS >> 2]! & FLAG_DF) !== 0) return PATIENCE;
  const shift = kind & 3;
  const narrow = (kind & BULK_ADDRESS_32) !== 0;
  const address = (register: number) => (narrow ? state.gpr32(register) : state.gprNumber(register));
  const destination = address(L.RDI);
  const to = ramOffset(state, destination, E.TLB_WRITES);
  if (to < 0) return 0;
  const count = narrow ? state.gpr32(L.RCX) : state.gprNumber(L.RCX);
  // A count with bit 63 set reads as negative: it is simply large.
  let n = Math.min(
    count < 0 ? 4096 : count - 1,
    i32[E.BUDGET >> 2]!,
    (4096 - (destination & 0xfff)) >> shift,
  );
  let source = 0;
  if ((kind & BULK_STORE) === 0) {
    source = address(L.RSI);
    const from = ramOffset(state, source, 0);
    if (from < 0) return 0;
    n = Math.min(n, (4096 - (source & 0xfff)) >> shift);
    // An upward copy onto its own continuation repeats what lies between: no further than that at once.
    if (to > from) n = Math.min(n, (to - from) >> shift);
    if (n <= 0) return PATIENCE;
    memory.u8.copyWithin(to, from, from + (n << shift));
  } else {
    if (n <= 0) return PATIENCE;
    fill(state, memory, to, n, shift);
  }
  const bytes = n << shift;
  advance(state, L.RDI, destination + bytes, narrow);
  if ((kind & BULK_STORE) === 0) advance(state, L.RSI, source + bytes, narrow);
  if (narrow) state.setGpr32(L.RCX, count - n);
  else state.setGpr(L.RCX, state.gpr(L.RCX) - BigInt(n));
  i32[E.BUDGET >> 2]! -= n;
  return 0;
}

function advance(state: CpuState, register: number, value: number, narrow: boolean): void {
  if (narrow) state.setGpr32(register, value);
  else state.setGprNumber(register, value);
}

/** Offset in RAM of a linear address that an array (reads or writes) of the current TLB table knows, or -1. */
function ramOffset(state: CpuState, linear: number, array: number): number {
  const { u32, i32 } = state;
  const slot = ((linear >>> 12) & (E.TLB_ENTRIES - 1)) << E.TLB_ENTRY_SHIFT;
  const at = (u32[E.TLB_TABLE >> 2]! + array + slot) >> 2;
  const page = linear - (linear & 0xfff);
  if (u32[at] !== page >>> 0 || i32[at + 1] !== Math.floor(page / 0x1_0000_0000)) return -1;
  return (linear + i32[at + (E.TLB_ADDEND >> 2)]!) >>> 0;
}

/** Stores the accumulator's element n times: once by itself, then by copies of what is there. */
function fill(state: CpuState, memory: GuestMemory, to: number, n: number, shift: number): void {
  const ram = memory.u8;
  const total = n << shift;
  ram.set(state.u8.subarray(L.GPR, L.GPR + (1 << shift)), to);
  for (let done = 1 << shift; done < total; done *= 2) {
    ram.copyWithin(to + done, to, to + Math.min(done, total - done));
  }
}
