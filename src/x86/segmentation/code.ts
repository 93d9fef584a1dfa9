// The target of a far JMP or CALL (SDM 3A 5.8.1 to 5.8.4): a code segment, conforming or not, checked
// against the current level, and the commit to CS:RIP.
import { GP, generalProtection, NP } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isCanonical, isLongMode } from '../state/predicates.ts';
import { type Descriptor, descriptorDpl, selectorFault, setSegment } from './descriptor.ts';

/** Privilege, presence and L/D of a code segment that is reached directly. */
export function checkDirectCode(cpu: Cpu, selector: number, code: Descriptor): void {
  const { attributes } = code;
  const dpl = descriptorDpl(attributes);
  const cpl = cpu.state.cpl;
  if ((attributes & C.SEGMENT_CONFORMING) !== 0) {
    if (dpl > cpl) selectorFault(GP, selector);
  } else if ((selector & 3) > cpl || dpl !== cpl) {
    selectorFault(GP, selector);
  }
  const both = C.SEGMENT_LONG | C.SEGMENT_BIG;
  if (isLongMode(cpu.state) && (attributes & both) === both) selectorFault(GP, selector);
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
}

/** True when the descriptor's code runs in 64-bit mode. */
export function isCode64(cpu: Cpu, attributes: number): boolean {
  return isLongMode(cpu.state) && (attributes & C.SEGMENT_LONG) !== 0;
}

/** #GP(0) unless the offset lies in the code segment (or is canonical, for 64-bit code). */
export function checkCodeOffset(cpu: Cpu, code: Descriptor, offset: number): void {
  if (isCode64(cpu, code.attributes) ? !isCanonical(offset) : offset > code.limit || offset < 0)
    generalProtection();
}

/** CS:RIP and CPL take their new values; the selector's RPL becomes CPL. */
export function commitCode(cpu: Cpu, selector: number, code: Descriptor, offset: number, cpl: number): void {
  const state = cpu.state;
  setSegment(state, L.CS, (selector & ~3) | cpl, code);
  state.rip = offset;
  state.cpl = cpl;
  updateDerivedState(state);
}
