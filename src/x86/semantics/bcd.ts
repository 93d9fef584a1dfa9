// Decimal arithmetic (SDM 1, 5.1.3): DAA DAS, AAA AAS, AAM AAD. Not in 64-bit mode.
//
// Undefined flags: OF after DAA and DAS is cleared; AAA and AAS change AF and CF only; AAM and AAD
// set the flags of a logical result.
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_AF, FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF, type I32 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';

const DE = 0;

/** Whether the low digit needs adjustment: above 9, or AF. */
function lowDigitAdjusts(b: Builder, al: I32): I32 {
  const auxiliary = b.and(b.shrU(b.flagsGet(FLAG_AF), 4), 1);
  return b.or(b.gtU(b.and(al, 15), 9), auxiliary);
}

/** DAA and DAS: both digits, each by 6 where needed. */
function decimalAdjust(b: Builder, direction: 1 | -1): void {
  const al = b.gpr(8, S.RAX) as I32;
  const low = lowDigitAdjusts(b, al);
  const high = b.or(b.gtU(al, 0x99), b.carry());
  const correction = b.add(b.mul(low, 6), b.mul(high, 0x60));
  const result = direction === 1 ? b.add(al, correction) : b.sub(al, correction);
  // A borrow of the low digit's correction is a carry even where the high digit needs none.
  const borrow = direction === 1 ? b.i32(0) : b.and(low, b.ltU(al, 6));
  b.setGpr(8, S.RAX, result);
  b.flagsLogic(8, result);
  b.flagsSet(FLAG_CF | FLAG_AF, b.or(b.or(high, borrow), b.shl(low, 4)));
}

/** AAA and AAS: one digit, with the carry into AH; AX moves by 106h as on every processor since the 80286. */
function asciiAdjust(b: Builder, direction: 1 | -1): void {
  const ax = b.gpr(16, S.RAX) as I32;
  const adjusts = lowDigitAdjusts(b, b.and(ax, 0xff));
  const correction = b.mul(adjusts, 0x106);
  const sum = direction === 1 ? b.add(ax, correction) : b.sub(ax, correction);
  b.setGpr(16, S.RAX, b.and(sum, 0xff0f));
  b.flagsSet(FLAG_CF | FLAG_AF, b.mul(adjusts, FLAG_CF | FLAG_AF));
}

function asciiAdjustAfterMultiply(b: Builder): void {
  const base = b.and(b.wrap(b.immediate()), 0xff);
  b.faultIf(b.eqz(base), DE);
  const al = b.gpr(8, S.RAX) as I32;
  const quotient = b.divU(al, base);
  const remainder = b.sub(al, b.mul(quotient, base));
  b.setGpr(16, S.RAX, b.or(b.shl(quotient, 8), remainder));
  b.flagsLogic(8, remainder);
}

function asciiAdjustBeforeDivision(b: Builder): void {
  const base = b.wrap(b.immediate());
  const ax = b.gpr(16, S.RAX) as I32;
  const product = b.mul(b.shrU(ax, 8), base);
  const sum = b.and(b.add(ax, product), 0xff);
  b.setGpr(16, S.RAX, sum);
  b.flagsLogic(8, sum);
}

const UNDEFINED_OF_ASCII = FLAG_OF | FLAG_SF | FLAG_ZF | FLAG_PF;
const UNDEFINED_OF_BASE = FLAG_OF | FLAG_AF | FLAG_CF;

export const bcdMeanings: readonly Meaning[] = [
  { mnemonic: 'DAA', reads: FLAG_CF | FLAG_AF, undefined: FLAG_OF, build: (b) => decimalAdjust(b, 1) },
  { mnemonic: 'DAS', reads: FLAG_CF | FLAG_AF, undefined: FLAG_OF, build: (b) => decimalAdjust(b, -1) },
  { mnemonic: 'AAA', reads: FLAG_AF, undefined: UNDEFINED_OF_ASCII, build: (b) => asciiAdjust(b, 1) },
  { mnemonic: 'AAS', reads: FLAG_AF, undefined: UNDEFINED_OF_ASCII, build: (b) => asciiAdjust(b, -1) },
  { mnemonic: 'AAM', undefined: UNDEFINED_OF_BASE, build: asciiAdjustAfterMultiply },
  { mnemonic: 'AAD', undefined: UNDEFINED_OF_BASE, build: asciiAdjustBeforeDivision },
];
