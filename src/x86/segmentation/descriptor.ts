// Segment descriptors as the processor reads them from the GDT and the LDT (SDM 3A 3.4.5 and 3.5).
//
//   high dword   31..24    23 22 21  20   19..16   15 14..13 12 11..8   7..0
//                base31:24  G D/B L AVL  limit19:16  P   DPL   S  type  base23:16
//   low dword    31..16 base15:0                    15..0 limit15:0
//
// Descriptors are read by an implicit supervisor access; their faults carry the selector as the
// error code, with `ext` (0 or 1) in bit 0 when an event outside the program caused the access.
// Records are reused by their owners, so that a far transfer allocates nothing.
import { GP, GuestFault } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';

/** System descriptor types (SDM 3A table 3-2), as type bits 3:0 with S clear. */
export const TYPE_TSS_16 = 1;
export const TYPE_LDT = 2;
export const TYPE_TSS_16_BUSY = 3;
export const TYPE_CALL_GATE_16 = 4;
export const TYPE_TASK_GATE = 5;
export const TYPE_INTERRUPT_GATE_16 = 6;
export const TYPE_TRAP_GATE_16 = 7;
export const TYPE_TSS_32 = 9;
export const TYPE_TSS_32_BUSY = 11;
export const TYPE_CALL_GATE_32 = 12;
export const TYPE_INTERRUPT_GATE_32 = 14;
export const TYPE_TRAP_GATE_32 = 15;

const TABLE_INDICATOR = 4;

/** A descriptor that was read: `attributes`, `base` and `limit` mean nothing for gates but P, DPL, S and type. */
export interface Descriptor {
  selector: number;
  /** Linear address of the descriptor itself. */
  address: number;
  low: number;
  high: number;
  /** Format of layout.ts, SEGMENT_ATTRIBUTES. */
  attributes: number;
  base: number;
  limit: number;
}

export function newDescriptor(): Descriptor {
  return { selector: 0, address: 0, low: 0, high: 0, attributes: 0, base: 0, limit: 0 };
}

export function isNull(selector: number): boolean {
  return (selector & 0xfffc) === 0;
}

/** Raises the exception with a selector error code (SDM 3A 6.13). */
export function selectorFault(vector: number, selector: number, ext = 0): never {
  throw new GuestFault(vector, (selector & 0xfffc) | ext);
}

/**
 * Reads the descriptor that a selector names. False when it lies outside its table. `bytes` is 16 for
 * system descriptors in long mode, whose whole extent must lie inside.
 */
export function readDescriptor(cpu: Cpu, selector: number, descriptor: Descriptor, bytes = 8): boolean {
  const state = cpu.state;
  const offset = selector & 0xfff8;
  let address: number;
  if ((selector & TABLE_INDICATOR) !== 0) {
    const ldtr = state.segments[L.LDTR]!;
    if ((ldtr.attributes & C.SEGMENT_UNUSABLE) !== 0 || isNull(ldtr.selector)) return false;
    if (offset + bytes - 1 > ldtr.limit) return false;
    address = ldtr.base + offset;
  } else {
    if (offset + bytes - 1 > state.u32[L.GDTR_LIMIT >> 2]!) return false;
    address = state.getNumber(L.GDTR_BASE) + offset;
  }
  descriptor.selector = selector;
  descriptor.address = address;
  descriptor.low = cpu.memory.readPair(address, 'supervisor');
  descriptor.high = cpu.memory.pairHigh;
  parse(descriptor);
  return true;
}

/** As readDescriptor, but raises the exception (usually #GP) with the selector when there is none. */
export function requireDescriptor(
  cpu: Cpu,
  selector: number,
  descriptor: Descriptor,
  vector = GP,
  ext = 0,
): void {
  if (!readDescriptor(cpu, selector, descriptor)) selectorFault(vector, selector, ext);
}

function parse(descriptor: Descriptor): void {
  const { low, high } = descriptor;
  descriptor.attributes = (high >>> 8) & 0xf0ff;
  descriptor.base = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0;
  const limit = (low & 0xffff) | (high & 0xf_0000);
  descriptor.limit = (high & (1 << 23)) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit;
}

export function descriptorDpl(attributes: number): number {
  return (attributes >> C.SEGMENT_DPL_SHIFT) & 3;
}

/** True for a code segment descriptor. */
export function isCode(attributes: number): boolean {
  return (attributes & (C.SEGMENT_S | C.SEGMENT_CODE)) === (C.SEGMENT_S | C.SEGMENT_CODE);
}

/** Type 0..15 of a system descriptor, -1 for code and data. */
export function systemType(attributes: number): number {
  return (attributes & C.SEGMENT_S) !== 0 ? -1 : attributes & 15;
}

/** Sets the accessed flag in the table and in the record. */
export function markAccessed(cpu: Cpu, descriptor: Descriptor): void {
  if ((descriptor.attributes & C.SEGMENT_ACCESSED) !== 0) return;
  descriptor.attributes |= C.SEGMENT_ACCESSED;
  descriptor.high |= 1 << 8;
  cpu.memory.write8(descriptor.address + 5, (descriptor.high >>> 8) & 0xff, 'supervisor');
}

/** Fills a segment register from a descriptor. The caller updates derived state. */
export function setSegment(state: CpuState, number: number, selector: number, descriptor: Descriptor): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.attributes = descriptor.attributes;
  segment.limit = descriptor.limit;
  segment.base = descriptor.base;
}

/** Fills a segment register with flat values, as SYSCALL and its relatives do. */
export function setFlatSegment(state: CpuState, number: number, selector: number, attributes: number): void {
  const at = (L.SEGMENT + number * L.SEGMENT_SIZE) >> 2;
  state.u32[at + (L.SEGMENT_SELECTOR >> 2)] = selector;
  state.u32[at + (L.SEGMENT_ATTRIBUTES >> 2)] = attributes;
  state.u32[at + (L.SEGMENT_LIMIT >> 2)] = 0xffff_ffff;
  state.u32[at + (L.SEGMENT_BASE >> 2)] = 0;
  state.u32[at + (L.SEGMENT_BASE >> 2) + 1] = 0;
}

/** A null selector in a segment register: unusable, base and limit 0. `dpl` is kept for SS. */
export function setNullSegment(state: CpuState, number: number, selector: number, dpl = 0): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.attributes = C.SEGMENT_UNUSABLE | (dpl << C.SEGMENT_DPL_SHIFT);
  segment.limit = 0;
  segment.base = 0;
}

/** A selector loaded in real or virtual-8086 mode: base selector * 16, limit and rights as they were. */
export function setRealModeSegment(state: CpuState, number: number, selector: number): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.base = (selector & 0xffff) << 4;
}

/** A segment register as virtual-8086 mode has it. */
export function setVirtual8086Segment(state: CpuState, number: number, selector: number): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.base = (selector & 0xffff) << 4;
  segment.limit = 0xffff;
  segment.attributes = number === L.CS ? 0xfb : 0xf3;
}
