// Call gates (SDM 3A 5.8.3 and 5.8.4): 16 and 32 bits, and the 16-byte gates of long mode. The gate's own
// checks, and the code segment behind it.
import { GP, generalProtection, NP } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { isLongMode } from '../state/predicates.ts';
import {
  type Descriptor,
  descriptorDpl,
  isCode,
  isNull,
  newDescriptor,
  readDescriptor,
  requireDescriptor,
  selectorFault,
  systemType,
  TYPE_CALL_GATE_16,
} from './descriptor.ts';

const TWO32 = 0x1_0000_0000;

/** The gate that openCallGate read. */
export const gate = {
  code: newDescriptor(),
  selector: 0,
  offset: 0,
  /** Operand size of the pushes. */
  bits: 32 as 16 | 32 | 64,
  /** Parameters to copy, in units of the operand size. */
  parameters: 0,
};

/** RPL and CPL against the DPL of a call or task gate or a TSS, then presence. */
export function checkGatePrivilege(cpu: Cpu, selector: number, descriptor: Descriptor): void {
  const dpl = descriptorDpl(descriptor.attributes);
  if (dpl < cpu.state.cpl || dpl < (selector & 3)) selectorFault(GP, selector);
  if ((descriptor.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
}

/** Reads the gate in `descriptor` and its code segment into `gate`. Code and presence are checked, privilege by the caller. */
export function openCallGate(cpu: Cpu, selector: number, descriptor: Descriptor): void {
  checkGatePrivilege(cpu, selector, descriptor);
  const { low, high } = descriptor;
  const long = isLongMode(cpu.state);
  const wide = systemType(descriptor.attributes) !== TYPE_CALL_GATE_16;
  gate.bits = long ? 64 : wide ? 32 : 16;
  gate.parameters = long ? 0 : high & 31;
  gate.selector = low >>> 16;
  gate.offset = ((low & 0xffff) | (wide ? high & 0xffff_0000 : 0)) >>> 0;
  if (long) {
    if (!readDescriptor(cpu, selector, descriptor, 16)) selectorFault(GP, selector);
    const upper = cpu.memory.read32(descriptor.address + 8, 'supervisor');
    if ((cpu.memory.read32(descriptor.address + 12, 'supervisor') & 0x1f00) !== 0)
      selectorFault(GP, selector);
    gate.offset += (upper | 0) * TWO32;
  }
  if (isNull(gate.selector)) generalProtection();
  requireDescriptor(cpu, gate.selector, gate.code);
  const { attributes } = gate.code;
  if (!isCode(attributes) || descriptorDpl(attributes) > cpu.state.cpl) selectorFault(GP, gate.selector);
  const size = attributes & (C.SEGMENT_LONG | C.SEGMENT_BIG);
  if (long && size !== C.SEGMENT_LONG) selectorFault(GP, gate.selector);
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, gate.selector);
}
