// The check of a segmented access, in full (SDM 3A 5.3 to 5.5; 2A "#GP" and "#SS" of every
// instruction with a memory operand): the meaning of the micro-operation `linear`, the long way of
// the engines that have a short one, and the fetch check against CS.
//
// Real and virtual-8086 mode do not check the type of a segment, but honour hidden limits. In
// 64-bit mode nobody comes here: segments are flat or have a base only.
import type { Linear } from '../../base/addresses.ts';
import { GP, GuestFault, SS } from '../exceptions/fault.ts';
import {
  CR0_PE,
  SEGMENT_BIG,
  SEGMENT_CODE,
  SEGMENT_EXPAND_DOWN,
  SEGMENT_PRESENT,
  SEGMENT_READABLE,
  SEGMENT_S,
  SEGMENT_UNUSABLE,
  SEGMENT_WRITABLE,
} from '../state/control-bits.ts';
import { type CpuState, FLAG_VM } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';

export type SegmentAccess = 'read' | 'write' | 'execute';

/**
 * Linear address (0..2^32-1) of `bytes` bytes at an offset (0..2^32-1) of the segment whose record
 * lies at the byte offset `record` of the state. Throws #GP(0), or #SS(0) where `stack` is true.
 */
export function segmentLinear(
  state: CpuState,
  record: number,
  offset: number,
  bytes: number,
  access: SegmentAccess,
  stack: boolean,
): Linear {
  const u32 = state.u32;
  const attributes = u32[(record + L.SEGMENT_ATTRIBUTES) >> 2]!;
  const vector = stack ? SS : GP;
  const typed = (u32[L.CR0 >> 2]! & CR0_PE) !== 0 && (u32[L.FLAGS >> 2]! & FLAG_VM) === 0;
  if (typed && !typeAllows(attributes, access)) throw new GuestFault(vector, 0);
  const limit = u32[(record + L.SEGMENT_LIMIT) >> 2]!;
  const last = offset + bytes - 1;
  if ((attributes & (SEGMENT_CODE | SEGMENT_EXPAND_DOWN)) === SEGMENT_EXPAND_DOWN) {
    // Valid offsets lie above the limit.
    const top = attributes & SEGMENT_BIG ? 0xffff_ffff : 0xffff;
    if (offset <= limit || last > top) throw new GuestFault(vector, 0);
  } else if (last > limit) {
    throw new GuestFault(vector, 0);
  }
  return (u32[(record + L.SEGMENT_BASE) >> 2]! + offset) >>> 0;
}

function typeAllows(attributes: number, access: SegmentAccess): boolean {
  const usable = SEGMENT_UNUSABLE | SEGMENT_PRESENT | SEGMENT_S;
  if ((attributes & usable) !== (SEGMENT_PRESENT | SEGMENT_S)) return false;
  const code = (attributes & SEGMENT_CODE) !== 0;
  if (access === 'execute') return code;
  if (access === 'read') return !code || (attributes & SEGMENT_READABLE) !== 0;
  return !code && (attributes & SEGMENT_WRITABLE) !== 0;
}
