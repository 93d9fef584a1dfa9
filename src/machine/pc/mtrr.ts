// The memory types that firmware leaves in the MTRRs (SDM 3A 12.11): RAM is write-back, video memory
// and the PCI hole are uncached. Doppel has no caches to control; operating systems want to read it.
import { PHYSICAL_BITS } from '../../x86/paging/walk.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import { PCI_HOLE, PCI_HOLE_END } from '../layout/memory.ts';

const WRITE_BACK = 6n;
/** IA32_MTRR_DEF_TYPE: MTRRs on, fixed ranges on. */
const ENABLE = (1n << 11n) | (1n << 10n);
const VALID = 1n << 11n;
/** A type in each of the eight ranges of a fixed-range MTRR. */
const eightTimes = (type: bigint) => type * 0x0101_0101_0101_0101n;
/** Index of IA32_MTRR_FIX16K_A0000 among the fixed ones. */
const FIX16K_A0000 = 2;
const FIXED = 11;

/** Sets the MTRRs as the board's firmware does. */
export function programMtrrs(state: CpuState): void {
  for (let i = 0; i < FIXED; i++) {
    state.set64(L.MTRR_FIXED + 8 * i, i === FIX16K_A0000 ? 0n : eightTimes(WRITE_BACK));
  }
  const size = BigInt(PCI_HOLE_END - PCI_HOLE);
  const mask = ((1n << BigInt(PHYSICAL_BITS)) - 1n) & ~(size - 1n);
  state.set64(L.MTRR_VARIABLE, BigInt(PCI_HOLE));
  state.set64(L.MTRR_VARIABLE + 8, mask | VALID);
  state.set64(L.MTRR_DEF_TYPE, ENABLE | WRITE_BACK);
}
