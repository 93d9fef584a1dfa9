// The registers that regions keep in locals: the general registers and the XMM registers, numbered
// 0..15 and 16..31, so that a set of them is the 32 bits of a number.
import * as S from '../../x86/state/layout.ts';

export const GENERAL_REGISTERS = 16;
export const REGISTERS = 32;

/** Number of the register in which a state offset lies, or -1. */
export function registerAt(offset: number): number {
  if (offset >= S.GPR && offset < S.GPR + 8 * 16) return (offset - S.GPR) >> 3;
  if (offset >= S.XMM && offset < S.XMM + 16 * 16) return 16 + ((offset - S.XMM) >> 4);
  return -1;
}
/** State offset of a register. */
export function registerOffset(register: number): number {
  return register < 16 ? S.GPR + 8 * register : S.XMM + 16 * (register - 16);
}
/** Calls back for every register of a set, in order. */
export function forEachRegister(set: number, callback: (register: number) => void): void {
  for (let rest = set >>> 0; rest !== 0; ) {
    const register = 31 - Math.clz32(rest & -rest);
    callback(register);
    rest = (rest & (rest - 1)) >>> 0;
  }
}
