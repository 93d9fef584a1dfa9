// Flat segments in micro-operations, for the transfers between rings that nearly every system makes with flat
// segments only (SYSCALL, IRET, segment loads): their descriptors are recognised by their eight bytes, and their
// registers, derived state included, are written as constants. Everything else goes to the helpers.
//
//   descriptor   63..56 base  55..52 G D/B L AVL  51..48 limit  47 P 46..45 DPL 44 S 43..40 type  39..16 base  15..0 limit
import { MODE_PROTECTED } from '../../decode/mode.ts';
import * as C from '../../state/control-bits.ts';
import { FLAG_AC } from '../../state/cpu-state.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64 } from '../../uops/ir.ts';

/** Access rights of flat segments that are present and accessed, without their DPL. */
export const CODE_64 = 0xa09b;
export const CODE_32 = 0xc09b;
export const DATA_32 = 0xc093;
/** Their descriptors. */
export const CODE_64_DESCRIPTOR = 0x00af_9b00_0000_ffffn;
export const CODE_32_DESCRIPTOR = 0x00cf_9b00_0000_ffffn;
export const DATA_32_DESCRIPTOR = 0x00cf_9300_0000_ffffn;
/** Place of DPL in a descriptor. */
const DESCRIPTOR_DPL = 45;
const TABLE_INDICATOR = 4;
const BREAKPOINTS_ENABLED = 0xff;

const fieldOf = (segment: number, field: number): number => S.SEGMENT + segment * S.SEGMENT_SIZE + field;

/** The bits of a mode key that a 32-bit code segment and a 32-bit stack give. */
export const MODE_32_BITS = 1 | (1 << 2) | MODE_PROTECTED;

export function attributesOf(b: Builder, segment: number): I32 {
  return b.get(32, fieldOf(segment, S.SEGMENT_ATTRIBUTES));
}

/** Fills a segment register: base 0, limit 4 GiB - 1. `fast` is its SEGMENT_FAST. */
function setFlat(b: Builder, segment: number, selector: I32, attributes: I32, fast: number): void {
  b.set(32, fieldOf(segment, S.SEGMENT_SELECTOR), selector);
  b.set(32, fieldOf(segment, S.SEGMENT_ATTRIBUTES), attributes);
  b.set(32, fieldOf(segment, S.SEGMENT_LIMIT), b.i32(-1));
  b.set(32, fieldOf(segment, S.SEGMENT_FAST), b.i32(fast));
  b.set(64, fieldOf(segment, S.SEGMENT_BASE), b.i64(0));
}

/** CS becomes a flat, readable code segment of these rights. */
export function setFlatCode(b: Builder, selector: I32, attributes: I32): void {
  setFlat(b, S.CS, selector, attributes, S.SEGMENT_FAST_READ);
}
/** A data segment register becomes a flat, writable one. */
export function setFlatData(b: Builder, segment: number, selector: I32, attributes: I32): void {
  setFlat(b, segment, selector, attributes, S.SEGMENT_FAST_READ | S.SEGMENT_FAST_WRITE);
}
/** A null selector in a data segment register; `attributes` are SEGMENT_UNUSABLE and, for SS, DPL. */
export function setUnusable(b: Builder, segment: number, selector: I32, attributes: I32): void {
  b.set(32, fieldOf(segment, S.SEGMENT_SELECTOR), selector);
  b.set(32, fieldOf(segment, S.SEGMENT_ATTRIBUTES), attributes);
  b.set(32, fieldOf(segment, S.SEGMENT_LIMIT), b.i32(0));
  b.set(32, fieldOf(segment, S.SEGMENT_FAST), b.i32(0));
  b.set(64, fieldOf(segment, S.SEGMENT_BASE), b.i64(0));
}

/**
 * Whether an ordinary access of the running code does to a descriptor table what the processor's own would: CPL 0,
 * no data breakpoints, and SMAP not suspended by EFLAGS.AC.
 */
export function readsTablesAsProcessor(b: Builder): I32 {
  const breakpoints = b.and(b.get(32, S.DR + 7 * 8), BREAKPOINTS_ENABLED);
  const suspended = b.and(b.get(32, S.FLAGS), FLAG_AC);
  return b.eqz(b.or(b.or(b.get(32, S.CPL), breakpoints), suspended));
}

/** Whether a selector names a descriptor inside the GDT other than the null one. */
export function inGlobalTable(b: Builder, selector: I32): I32 {
  const inside = b.leU(b.or(selector, 7), b.get(32, S.GDTR_LIMIT));
  const named = b.ne(b.and(selector, 0xfff8), 0);
  return b.and(b.and(inside, named), b.eqz(b.and(selector, TABLE_INDICATOR)));
}

/** The descriptor in the GDT that a selector names; only where readsTablesAsProcessor and inGlobalTable hold. */
export function loadDescriptor(b: Builder, selector: I32): I64 {
  const address = b.add(b.get(64, S.GDTR_BASE), b.extendU(b.and(selector, 0xfff8)));
  return b.loadLinear(64, b.form.mode.bits === 64 ? address : b.truncate(32, address)) as I64;
}

/** Whether a descriptor is the given flat one with this DPL. */
export function isFlat(b: Builder, descriptor: I64, pattern: bigint, dpl: I32): I32 {
  return b.eq(descriptor, b.or(b.i64(pattern), b.shl(b.extendU(dpl), DESCRIPTOR_DPL)));
}

/** Whether code at an outer level may keep a data segment register as it is: it is null or of DPL 3. */
export function mayStay(b: Builder, segment: number): I32 {
  const attributes = attributesOf(b, segment);
  const unusable = b.and(attributes, C.SEGMENT_UNUSABLE);
  return b.or(b.ne(unusable, 0), b.eq(b.and(attributes, C.SEGMENT_DPL), C.SEGMENT_DPL));
}
