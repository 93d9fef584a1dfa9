// The memory operand of ModRM and SIB: Intel SDM volume 2A, tables 2-1 to 2-3 and section 2.2.1.6
// (RIP-relative addresses); AMD64 APM volume 3, section 1.4.
import * as S from '../state/layout.ts';
import { byte, type Cursor, dword, signedByte, word } from './cursor.ts';
import { RM_BASE, RM_BASE_INDEX, RM_NONE, RM_RIP } from './forms.ts';

/** A decoded address: fields as in Fields, and what its form needs. */
export interface Address {
  /** RM_NONE, RM_BASE, RM_BASE_INDEX or RM_RIP. */
  shape: number;
  base: number;
  index: number;
  scale: number;
  disp: number;
  /** The base is rSP or rBP: the segment is SS by default. */
  stackBase: boolean;
}

const gpr = (number: number) => S.GPR + 8 * number;
const BASE_16 = [S.RBX, S.RBX, S.RBP, S.RBP, S.RSI, S.RDI, S.RBP, S.RBX].map(gpr);
const INDEX_16 = [gpr(S.RSI), gpr(S.RDI), gpr(S.RSI), gpr(S.RDI), S.ZERO, S.ZERO, S.ZERO, S.ZERO];

/** Reads the rest of a memory operand's address, 16-bit addressing. */
export function address16(cursor: Cursor, modRm: number, out: Address): void {
  const mod = modRm >> 6;
  const rm = modRm & 7;
  out.scale = 0;
  if (mod === 0 && rm === 6) {
    out.shape = RM_NONE;
    out.base = S.ZERO;
    out.index = S.ZERO;
    out.stackBase = false;
    out.disp = word(cursor);
    return;
  }
  out.shape = rm < 4 ? RM_BASE_INDEX : RM_BASE;
  out.base = BASE_16[rm]!;
  out.index = INDEX_16[rm]!;
  out.stackBase = rm === 2 || rm === 3 || rm === 6;
  out.disp = mod === 0 ? 0 : mod === 1 ? signedByte(cursor) : (word(cursor) << 16) >> 16;
}

/** Likewise, 32- and 64-bit addressing. `rex` is the REX prefix or 0; `is64` whether code is 64-bit. */
export function address32(cursor: Cursor, modRm: number, rex: number, is64: boolean, out: Address): void {
  const mod = modRm >> 6;
  let rm = modRm & 7;
  out.index = S.ZERO;
  out.scale = 0;
  out.shape = RM_BASE;
  if (rm === 4) {
    const sib = byte(cursor);
    const index = ((sib >> 3) & 7) | ((rex & 2) << 2);
    rm = sib & 7;
    if (index !== 4) {
      out.shape = RM_BASE_INDEX;
      out.index = gpr(index);
      out.scale = sib >> 6;
    }
    if (rm === 5 && mod === 0) {
      if (out.shape === RM_BASE) out.shape = RM_NONE;
      out.base = S.ZERO;
      out.stackBase = false;
      out.disp = dword(cursor);
      return;
    }
  } else if (rm === 5 && mod === 0) {
    out.shape = is64 ? RM_RIP : RM_NONE;
    out.base = S.ZERO;
    out.stackBase = false;
    out.disp = dword(cursor);
    return;
  }
  const base = rm | ((rex & 1) << 3);
  out.base = gpr(base);
  out.stackBase = base === S.RSP || base === S.RBP;
  out.disp = mod === 0 ? 0 : mod === 1 ? signedByte(cursor) : dword(cursor);
}
