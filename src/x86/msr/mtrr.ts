// Memory type range registers (SDM 3A 11.11): kept and given back, without effect, since memory here
// has no caches to control. Eight variable ranges, the fixed ones, write-combining allowed.
import { generalProtection } from '../exceptions/fault.ts';
import { PHYSICAL_BITS } from '../paging/walk.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';

/** IA32_MTRRCAP: 8 variable ranges, fixed ranges, write-combining. */
export const MTRR_CAPABILITIES = 0x508n;

const HIGH_RESERVED = ~((1 << (PHYSICAL_BITS - 32)) - 1);

/** Offset in the state, or -1 when the index names no MTRR. */
export function mtrrOffset(index: number): number {
  if (index >= 0x200 && index <= 0x20f) return L.MTRR_VARIABLE + 8 * (index - 0x200);
  if (index === 0x250) return L.MTRR_FIXED;
  if (index === 0x258 || index === 0x259) return L.MTRR_FIXED + 8 * (index - 0x257);
  if (index >= 0x268 && index <= 0x26f) return L.MTRR_FIXED + 8 * (index - 0x268 + 3);
  return index === 0x2ff ? L.MTRR_DEF_TYPE : -1;
}

/** Stores an MTRR; false when the index names none. Raises #GP(0) for reserved bits and memory types. */
export function writeMtrr(state: CpuState, index: number, low: number, high: number): boolean {
  const offset = mtrrOffset(index);
  if (offset < 0) return false;
  if (index === 0x2ff) {
    if (high !== 0 || (low & ~0xcff) !== 0 || !isMemoryType(low & 0xff)) generalProtection();
  } else if (index <= 0x20f) {
    if ((high & HIGH_RESERVED) !== 0) generalProtection();
    if ((index & 1) === 0 ? (low & 0xf00) !== 0 || !isMemoryType(low & 0xff) : (low & 0x7ff) !== 0)
      generalProtection();
  } else {
    for (const half of [low, high]) {
      for (let shift = 0; shift < 32; shift += 8)
        if (!isMemoryType((half >>> shift) & 0xff)) generalProtection();
    }
  }
  state.u32[offset >> 2] = low;
  state.u32[(offset >> 2) + 1] = high;
  return true;
}

/** UC, WC, WT, WP, WB. */
function isMemoryType(type: number): boolean {
  return type === 0 || type === 1 || type === 4 || type === 5 || type === 6;
}
