// What RETF and IRET have in common (SDM 2A "RET", "IRET"): checks of the code and stack segments that
// come from the stack, and the data segments that an outer level may not keep.
import { GP, generalProtection, NP, SS } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { isLongMode } from '../state/predicates.ts';
import {
  descriptorDpl,
  isCode,
  isNull,
  newDescriptor,
  requireDescriptor,
  selectorFault,
  setNullSegment,
} from './descriptor.ts';

/** The code segment that checkReturnCode found. */
export const returnCode = newDescriptor();
/** The stack segment that checkReturnStack found; attributes 0 for an allowed null selector. */
export const returnStack = newDescriptor();

/** A code segment to return to, at the level of the selector's RPL, which may not be an inner one. */
export function checkReturnCode(cpu: Cpu, selector: number): void {
  if (isNull(selector)) generalProtection();
  requireDescriptor(cpu, selector, returnCode);
  const { attributes } = returnCode;
  const rpl = selector & 3;
  const dpl = descriptorDpl(attributes);
  if (!isCode(attributes) || rpl < cpu.state.cpl) selectorFault(GP, selector);
  if ((attributes & C.SEGMENT_CONFORMING) !== 0 ? dpl > rpl : dpl !== rpl) selectorFault(GP, selector);
  if (isLongMode(cpu.state)) {
    const both = C.SEGMENT_LONG | C.SEGMENT_BIG;
    if ((attributes & both) === both) selectorFault(GP, selector);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
}

/** The stack segment of the level returned to; null only for 64-bit code at CPL 0 to 2. */
export function checkReturnStack(cpu: Cpu, selector: number, newCpl: number, to64: boolean): void {
  if (isNull(selector)) {
    if (!to64 || newCpl === 3 || (selector & 3) !== newCpl) generalProtection();
    returnStack.attributes = 0;
    return;
  }
  requireDescriptor(cpu, selector, returnStack);
  const { attributes } = returnStack;
  const writable = C.SEGMENT_S | C.SEGMENT_WRITABLE;
  if (
    (selector & 3) !== newCpl ||
    (attributes & (writable | C.SEGMENT_CODE)) !== writable ||
    descriptorDpl(attributes) !== newCpl
  ) {
    selectorFault(GP, selector);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(SS, selector);
}

const DATA = [L.ES, L.FS, L.GS, L.DS] as const;

/** Nulls the data segments that CPL (already the outer one) may not use. */
export function dropInaccessibleSegments(state: CpuState): void {
  const cpl = state.cpl;
  for (let i = 0; i < DATA.length; i++) {
    const segment = state.segments[DATA[i]!]!;
    const attributes = segment.attributes;
    if ((attributes & C.SEGMENT_UNUSABLE) !== 0) continue;
    const conforming = C.SEGMENT_CODE | C.SEGMENT_CONFORMING;
    if ((attributes & conforming) === conforming) continue;
    if (descriptorDpl(attributes) < cpl) setNullSegment(state, segment.number, 0);
  }
}
