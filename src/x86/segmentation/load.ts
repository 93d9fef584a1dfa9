// Loading ES, SS, DS, FS and GS with a selector (SDM 2B "MOV", "POP", 2A "LDS/LES/LFS/LGS/LSS"; 3A 5.7
// and 5.8.5) in every mode, and LLDT and LTR.
//
// A null selector clears the base of FS and GS (as Intel's processors and late AMD ones do).
import { GP, generalProtection, NP, SS, undefinedOpcode } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { is64Bit, isCanonical, isLongMode, isProtected } from '../state/predicates.ts';
import {
  descriptorDpl,
  isCode,
  isNull,
  markAccessed,
  newDescriptor,
  requireDescriptor,
  selectorFault,
  setNullSegment,
  setRealModeSegment,
  setSegment,
  systemType,
  TYPE_LDT,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from './descriptor.ts';

const descriptor = newDescriptor();
const TWO32 = 0x1_0000_0000;

/** Loads a segment register other than CS (#UD for CS), and updates derived state. */
export function loadSegment(cpu: Cpu, number: number, selector: number): void {
  const state = cpu.state;
  if (number === L.CS) undefinedOpcode();
  if (!isProtected(state)) setRealModeSegment(state, number, selector & 0xffff);
  else if (number === L.SS) loadStackSegment(cpu, selector & 0xffff);
  else loadDataSegment(cpu, number, selector & 0xffff);
  updateDerivedState(state);
}

function loadStackSegment(cpu: Cpu, selector: number): void {
  const state = cpu.state;
  const cpl = state.cpl;
  if (isNull(selector)) {
    if (!is64Bit(state) || cpl === 3 || (selector & 3) !== cpl) generalProtection();
    setNullSegment(state, L.SS, selector, cpl);
    return;
  }
  requireDescriptor(cpu, selector, descriptor);
  const { attributes } = descriptor;
  const writable = C.SEGMENT_S | C.SEGMENT_WRITABLE;
  if (
    (selector & 3) !== cpl ||
    descriptorDpl(attributes) !== cpl ||
    (attributes & (writable | C.SEGMENT_CODE)) !== writable
  ) {
    selectorFault(GP, selector);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(SS, selector);
  markAccessed(cpu, descriptor);
  setSegment(state, L.SS, selector, descriptor);
}

function loadDataSegment(cpu: Cpu, number: number, selector: number): void {
  const state = cpu.state;
  if (isNull(selector)) {
    setNullSegment(state, number, selector);
    return;
  }
  requireDescriptor(cpu, selector, descriptor);
  const { attributes } = descriptor;
  const code = isCode(attributes);
  if ((attributes & C.SEGMENT_S) === 0 || (code && (attributes & C.SEGMENT_READABLE) === 0)) {
    selectorFault(GP, selector);
  }
  if (!code || (attributes & C.SEGMENT_CONFORMING) === 0) {
    const dpl = descriptorDpl(attributes);
    if (dpl < state.cpl || dpl < (selector & 3)) selectorFault(GP, selector);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
  markAccessed(cpu, descriptor);
  setSegment(state, number, selector, descriptor);
}

/** LLDT. Protected mode and CPL 0 have been checked. */
export function loadLocalTable(cpu: Cpu, selector: number): void {
  const state = cpu.state;
  if (isNull(selector)) {
    setNullSegment(state, L.LDTR, selector);
    return;
  }
  readSystemDescriptor(cpu, selector);
  if (systemType(descriptor.attributes) !== TYPE_LDT) selectorFault(GP, selector);
  if ((descriptor.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
  setSegment(state, L.LDTR, selector, descriptor);
}

/** LTR. Marks the TSS busy. Protected mode and CPL 0 have been checked. */
export function loadTaskRegister(cpu: Cpu, selector: number): void {
  if (isNull(selector)) generalProtection();
  readSystemDescriptor(cpu, selector);
  const type = systemType(descriptor.attributes);
  if (type !== TYPE_TSS_32 && (type !== TYPE_TSS_16 || isLongMode(cpu.state))) selectorFault(GP, selector);
  if ((descriptor.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector);
  descriptor.attributes |= 2;
  cpu.memory.write8(descriptor.address + 5, descriptor.attributes & 0xff, 'supervisor');
  setSegment(cpu.state, L.TR, selector, descriptor);
}

/** A GDT system descriptor: 16 bytes with a 64-bit base in long mode. */
function readSystemDescriptor(cpu: Cpu, selector: number): void {
  const long = isLongMode(cpu.state);
  if ((selector & 4) !== 0) selectorFault(GP, selector);
  requireDescriptor(cpu, selector, descriptor, GP, 0);
  if (!long) return;
  requireWhole(cpu, selector);
  const upper = cpu.memory.read32(descriptor.address + 8, 'supervisor');
  const base = (upper | 0) * TWO32 + descriptor.base;
  if ((cpu.memory.read32(descriptor.address + 12, 'supervisor') & 0x1f00) !== 0 || !isCanonical(base)) {
    selectorFault(GP, selector);
  }
  descriptor.base = base;
}

function requireWhole(cpu: Cpu, selector: number): void {
  if ((selector & 0xfff8) + 15 > cpu.state.get32(L.GDTR_LIMIT)) selectorFault(GP, selector);
}
