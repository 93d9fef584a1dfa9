// Bytes of instructions with ModRM, SIB and REX, from their parts: for the region torture, which chooses them at random
// (SDM 2, chapter 2).
import type { Bits } from './registers.ts';

/** An instruction in pieces: what is needed to put REX where it belongs. */
export interface Encoding {
  /** Before REX. */
  readonly prefixes: readonly number[];
  readonly wide: boolean;
  readonly opcode: readonly number[];
  /** The register or the opcode's extension in ModRM. */
  readonly reg: number;
  readonly rm: Operand;
  readonly immediate?: readonly number[];
}
export type Operand =
  | { readonly register: number }
  | { readonly base: number; readonly index: number; readonly scale: number; readonly displacement: number }
  | { readonly absolute: number };

/** Four bytes, the lowest first. */
export const dword = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  value >>> 24,
];

/** Bytes of an instruction with ModRM. `low` 8-bit registers 4 to 7 are AH, CH, DH, BH where no REX is needed. */
export function encode(bits: Bits, e: Encoding): number[] {
  const { rm } = e;
  let modrm: number[];
  let rex = e.wide ? 8 : 0;
  if (e.reg >= 8) rex |= 4;
  const reg = (e.reg & 7) << 3;
  if ('register' in rm) {
    if (rm.register >= 8) rex |= 1;
    modrm = [0xc0 | reg | (rm.register & 7)];
  } else if ('absolute' in rm) {
    modrm = bits === 64 ? [reg | 4, 0x25, ...dword(rm.absolute)] : [reg | 5, ...dword(rm.absolute)];
  } else {
    if (rm.base >= 8) rex |= 1;
    if (rm.index >= 8) rex |= 2;
    const short = rm.displacement >= -128 && rm.displacement < 128;
    const displacement = short ? [rm.displacement & 255] : dword(rm.displacement);
    const mod = short ? 0x40 : 0x80;
    if (rm.index < 0 && (rm.base & 7) !== 4) modrm = [mod | reg | (rm.base & 7), ...displacement];
    else {
      const index = rm.index < 0 ? 4 : rm.index & 7;
      modrm = [mod | reg | 4, (rm.scale << 6) | (index << 3) | (rm.base & 7), ...displacement];
    }
  }
  const rexBytes = rex !== 0 ? [0x40 | rex] : [];
  return [...e.prefixes, ...rexBytes, ...e.opcode, ...modrm, ...(e.immediate ?? [])];
}
