// The task-state segment as a source of stacks (SDM 3A 8.2.1, 8.7 and figure 8-11). Task switching is
// in switch.ts.
//
//   32-bit TSS   04 ESP0  08 SS0  0C ESP1  10 SS1  14 ESP2  18 SS2
//   16-bit TSS   02 SP0   04 SS0  06 SP1   08 SS1  0A SP2   0C SS2
//   64-bit TSS   04 RSP0  0C RSP1  14 RSP2  24 IST1 ... 54 IST7
import { SS, TS } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import {
  type Descriptor,
  descriptorDpl,
  isNull,
  requireDescriptor,
  selectorFault,
} from '../segmentation/descriptor.ts';
import * as C from '../state/control-bits.ts';
import * as L from '../state/layout.ts';

const TWO32 = 0x1_0000_0000;

/** The stack pointer that `innerStack` found, beside the descriptor it filled. */
export const innerStackPointer = { value: 0 };

/** True when TR holds a 32-bit (or 64-bit) TSS. */
export function isWideTss(attributes: number): boolean {
  return (attributes & 8) !== 0;
}

/**
 * Reads SS:ESP of a privilege level from a legacy TSS, fills `stack` with the descriptor and leaves the
 * pointer in innerStackPointer. Raises #TS or #SS with `ext` in the error code.
 */
export function innerStack(cpu: Cpu, level: number, stack: Descriptor, ext: number): void {
  const tr = cpu.state.segments[L.TR]!;
  const wide = isWideTss(tr.attributes);
  const offset = wide ? 4 + 8 * level : 2 + 4 * level;
  if (offset + (wide ? 5 : 3) > tr.limit) selectorFault(TS, tr.selector, ext);
  const linear = tr.base + offset;
  innerStackPointer.value = wide
    ? cpu.memory.read32(linear, 'supervisor')
    : cpu.memory.read16(linear, 'supervisor');
  const selector = cpu.memory.read16(linear + (wide ? 4 : 2), 'supervisor');
  checkInnerStack(cpu, selector, level, stack, ext);
}

function checkInnerStack(cpu: Cpu, selector: number, level: number, stack: Descriptor, ext: number): void {
  if (isNull(selector)) selectorFault(TS, 0, ext);
  requireDescriptor(cpu, selector, stack, TS, ext);
  const attributes = stack.attributes;
  const writable = C.SEGMENT_S | C.SEGMENT_WRITABLE;
  if (
    (selector & 3) !== level ||
    descriptorDpl(attributes) !== level ||
    (attributes & (writable | C.SEGMENT_CODE)) !== writable
  ) {
    selectorFault(TS, selector, ext);
  }
  if ((attributes & C.SEGMENT_PRESENT) === 0) selectorFault(SS, selector, ext);
}

/** Reads a stack pointer from the 64-bit TSS: `ist` 1..7, or 0 for RSP of `level`. */
export function longModeStack(cpu: Cpu, level: number, ist: number, ext: number): number {
  const tr = cpu.state.segments[L.TR]!;
  const offset = ist !== 0 ? 0x1c + 8 * ist : 4 + 8 * level;
  if (offset + 7 > tr.limit) selectorFault(TS, tr.selector, ext);
  const linear = tr.base + offset;
  const low = cpu.memory.readPair(linear, 'supervisor');
  return (cpu.memory.pairHigh | 0) * TWO32 + low;
}
