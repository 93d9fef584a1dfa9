// LAR, LSL, VERR and VERW (SDM 2A, 2B): what a program may learn about a descriptor. They never fault
// for a bad selector, they say so in ZF.
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { isLongMode } from '../state/predicates.ts';
import { descriptorDpl, isCode, isNull, newDescriptor, readDescriptor, systemType } from './descriptor.ts';

const descriptor = newDescriptor();

/** System types, as bits, that LAR and LSL accept outside and inside long mode. */
const LAR_TYPES = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 9) | (1 << 11) | (1 << 12);
const LAR_TYPES_LONG = (1 << 2) | (1 << 9) | (1 << 11) | (1 << 12);
const LSL_TYPES = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 9) | (1 << 11);
const LSL_TYPES_LONG = (1 << 2) | (1 << 9) | (1 << 11);

/** Reads the descriptor; true when its type is acceptable and CPL and RPL may see it. */
function visible(cpu: Cpu, selector: number, types: number): boolean {
  if (isNull(selector) || !readDescriptor(cpu, selector, descriptor)) return false;
  const { attributes } = descriptor;
  const type = systemType(attributes);
  if (type >= 0 && ((types >>> type) & 1) === 0) return false;
  const conforming = C.SEGMENT_CONFORMING;
  if (isCode(attributes) && (attributes & conforming) !== 0) return true;
  const dpl = descriptorDpl(attributes);
  return dpl >= cpu.state.cpl && dpl >= (selector & 3);
}

/** The access-rights doubleword (masked with 00F0FF00h, and G D L AVL), or -1 when ZF is to be clear. */
export function accessRights(cpu: Cpu, selector: number): number {
  if (!visible(cpu, selector, isLongMode(cpu.state) ? LAR_TYPES_LONG : LAR_TYPES)) return -1;
  return descriptor.high & 0x00f0_ff00;
}

/** The limit in bytes, 0..2^32-1, or -1. */
export function segmentLimit(cpu: Cpu, selector: number): number {
  if (!visible(cpu, selector, isLongMode(cpu.state) ? LSL_TYPES_LONG : LSL_TYPES)) return -1;
  return descriptor.limit;
}

/** VERR, VERW: whether the segment can be read or written. */
export function verifySegment(cpu: Cpu, selector: number, access: 'read' | 'write'): boolean {
  if (!visible(cpu, selector, 0)) return false;
  const { attributes } = descriptor;
  if (isCode(attributes)) return access === 'read' && (attributes & C.SEGMENT_READABLE) !== 0;
  return access === 'read' || (attributes & C.SEGMENT_WRITABLE) !== 0;
}
