// The registers of region torture programs. Kept are: SP; BP, which points into the data; one with a small index (R12, or
// BX in 32-bit code); R13 to R15, which count loops in 64-bit code. Everything else changes all the time.
import { DATA } from './world.ts';

export type Bits = 32 | 64;

export const BASE = 5;
/** Where BP points. */
export const BASE_VALUE = DATA + 0x1040;
export const indexRegister = (bits: Bits): number => (bits === 64 ? 12 : 3);
export const INDEX_VALUE = 3;

/** Registers that instructions may change. */
export function freeRegisters(bits: Bits): readonly number[] {
  return bits === 64 ? [0, 1, 2, 3, 6, 7, 8, 9, 10, 11] : [0, 1, 2, 6, 7];
}
