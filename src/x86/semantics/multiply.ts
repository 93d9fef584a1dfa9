// Multiplication and division (SDM 2: MUL, IMUL, DIV, IDIV). Products go to AX, rDX:rAX or a
// register; dividends come from there. #DE is raised before anything is written.
//
// Undefined flags: SF ZF PF of a product are those of its lower half, AF is cleared. A division keeps them all.
import { divideSigned, divideUnsigned } from '../helpers/divide.ts';
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import {
  FLAG_AF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
  FLAGS_STATUS,
  type FlagOrigin,
  type I32,
  type I64,
  type Int,
} from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { countLike, type IntBits, source } from './operands.ts';

const DE = 0;
const MIN64 = -(2n ** 63n);

/** CF = OF = whether the product needs more than its lower half (i32, 0 or 1); a carry out of the top bit alone. */
function productFlags(b: Builder, bits: IntBits, more: I32, low: Int, origin: FlagOrigin): void {
  const carries = b.shl(countLike(b, low, more), bits - 1);
  b.flagsCarries(bits, carries, low, origin);
}

/** Both halves of a product of two `bits`-wide operands; `high` has no defined bits above its width for 8..32. */
function fullProduct(
  b: Builder,
  bits: IntBits,
  signed: boolean,
  x: Int,
  y: Int,
): { low: Int; high: Int; wide: Int } {
  if (bits === 64) {
    const low = b.mul(x, y);
    const high = b.binary(signed ? 'mulhi_s' : 'mulhi_u', x, y) as I64;
    return { low, high, wide: low };
  }
  if (bits === 32) {
    const extend = (v: Int): I64 => (signed ? b.extendS(v as I32) : b.extendU(v as I32));
    const wide = b.mul(extend(x), extend(y));
    return { low: b.wrap(wide), high: b.wrap(b.shrU(wide, 32)), wide };
  }
  const extend = (v: Int): I32 => (signed ? b.signExtend(bits, v as I32) : (v as I32));
  const wide = b.mul(extend(x), extend(y));
  return { low: wide, high: b.shrU(wide, bits), wide };
}

/** The one-operand forms: rDX:rAX (AX for bytes) = rAX * operand. */
function multiply(b: Builder, signed: boolean): void {
  const bits = b.bits(0);
  const x = b.gpr(bits, S.RAX);
  const y = b.readInt(0);
  const { low, high, wide } = fullProduct(b, bits, signed, x, y);
  if (bits === 8) {
    b.setGpr(16, S.RAX, wide);
  } else {
    b.setGpr(bits, S.RAX, low);
    b.setGpr(bits, S.RDX, high);
  }
  const more = signed ? doesNotFit(b, bits, { low, high, wide }) : b.ne(b.truncate(bits, high), 0);
  productFlags(b, bits, more, low, { operation: signed ? 'imul' : 'mul', a: x, b: y });
}

/** Whether a signed product is more than its low `bits` sign-extended. */
function doesNotFit(b: Builder, bits: IntBits, product: { low: Int; high: Int; wide: Int }): I32 {
  if (bits === 64) return b.ne(product.high, b.shrS(product.low, 63));
  return b.ne(b.signExtend(bits, product.wide), product.wide);
}

/** The forms with two and three operands: register = source * source, truncated. */
function multiplySigned(b: Builder): void {
  const count = b.form.operands.length;
  if (count === 1) {
    multiply(b, true);
    return;
  }
  const bits = b.bits(0);
  const x = b.readInt(1);
  const y = count === 2 ? b.readInt(0) : source(b, 2, bits);
  const product = fullProduct(b, bits, true, x, y);
  b.write(0, product.low);
  const more = doesNotFit(b, bits, product);
  productFlags(b, bits, more, product.low, { operation: 'imul', a: x, b: y });
}

/** Writes quotient and remainder where a division of this width leaves them. */
function writeDivision(b: Builder, bits: IntBits, quotient: Int, remainder: Int): void {
  if (bits === 8) {
    b.setGpr(16, S.RAX, b.or(b.truncate(8, quotient), b.shl(remainder, 8)));
  } else {
    b.setGpr(bits, S.RAX, quotient);
    b.setGpr(bits, S.RDX, remainder);
  }
}

/** The 16- or 32-bit dividend of a division by 8 or 16 bits, zero-extended. */
function narrowDividend(b: Builder, bits: 8 | 16): I32 {
  if (bits === 8) return b.gpr(16, S.RAX) as I32;
  return b.or(b.shl(b.gpr(16, S.RDX) as I32, 16), b.gpr(16, S.RAX) as I32);
}
/** EDX:EAX. */
function dividend64(b: Builder): I64 {
  return b.or(b.shl(b.toI64(b.gpr(32, S.RDX)), 32), b.toI64(b.gpr(32, S.RAX)));
}

function divideUnsignedBy(b: Builder): void {
  const bits = b.bits(0);
  const divisor = b.readInt(0);
  if (bits === 64) {
    divideUnsigned128(b, divisor as I64);
    return;
  }
  // The quotient fits exactly when the upper half of the dividend is below the divisor; that excludes zero too.
  const upper = bits === 8 ? b.shrU(b.gpr(16, S.RAX), 8) : b.gpr(bits, S.RDX);
  b.faultIf(b.geU(upper, divisor), DE);
  const dividend: Int = bits === 32 ? dividend64(b) : narrowDividend(b, bits);
  const by: Int = bits === 32 ? b.toI64(divisor) : divisor;
  const quotient = b.divU(dividend, by);
  const remainder = b.sub(dividend, b.mul(quotient, by));
  writeDivision(b, bits, b.toI32(quotient), b.toI32(remainder));
}

function divideUnsigned128(b: Builder, divisor: I64): void {
  const high = b.gpr(64, S.RDX) as I64;
  const low = b.gpr(64, S.RAX) as I64;
  b.faultIf(b.geU(high, divisor), DE);
  const quotient = b.variable(b.i64(0));
  b.if(
    b.eqz(high),
    () => b.assign(quotient, b.divU(low, divisor)),
    () => b.assign(quotient, b.call(divideUnsigned, high, low, divisor) as I64),
  );
  const result = b.current(quotient) as I64;
  writeDivision(b, 64, result, b.sub(low, b.mul(result, divisor)));
}

function divideSignedBy(b: Builder): void {
  const bits = b.bits(0);
  const divisor = b.readInt(0);
  b.faultIf(b.eqz(divisor), DE);
  if (bits === 64) {
    divideSigned128(b, divisor as I64);
    return;
  }
  if (bits === 8) {
    const dividend = b.signExtend(16, narrowDividend(b, 8));
    const by = b.signExtend(8, divisor as I32);
    const quotient = b.divS(dividend, by);
    b.faultIf(b.ne(b.signExtend(8, quotient), quotient), DE);
    writeDivision(b, 8, quotient, b.sub(dividend, b.mul(quotient, by)));
    return;
  }
  const dividend = bits === 16 ? b.extendS(narrowDividend(b, 16)) : dividend64(b);
  const by = b.extendS(b.signExtend(bits, divisor as I32));
  if (bits === 32) b.faultIf(b.and(b.eq(dividend, MIN64), b.eq(by, -1)), DE);
  const quotient = b.divS(dividend, by);
  b.faultIf(b.ne(b.signExtend(bits, quotient), quotient), DE);
  writeDivision(b, bits, b.wrap(quotient), b.wrap(b.sub(dividend, b.mul(quotient, by))));
}

function divideSigned128(b: Builder, divisor: I64): void {
  const high = b.gpr(64, S.RDX) as I64;
  const low = b.gpr(64, S.RAX) as I64;
  const quotient = b.variable(b.i64(0));
  b.if(
    b.eq(high, b.shrS(low, 63)),
    () => {
      b.faultIf(b.and(b.eq(low, MIN64), b.eq(divisor, -1)), DE);
      b.assign(quotient, b.divS(low, divisor));
    },
    () => b.assign(quotient, b.call(divideSigned, high, low, divisor) as I64),
  );
  const result = b.current(quotient) as I64;
  writeDivision(b, 64, result, b.sub(low, b.mul(result, divisor)));
}

const UNDEFINED_OF_PRODUCT = FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF;

export const multiplyMeanings: readonly Meaning[] = [
  { mnemonic: 'MUL', undefined: UNDEFINED_OF_PRODUCT, build: (b) => multiply(b, false) },
  { mnemonic: 'IMUL', undefined: UNDEFINED_OF_PRODUCT, build: multiplySigned },
  { mnemonic: 'DIV', undefined: FLAGS_STATUS, build: divideUnsignedBy },
  { mnemonic: 'IDIV', undefined: FLAGS_STATUS, build: divideSignedBy },
];
