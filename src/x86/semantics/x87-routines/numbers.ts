// Numbers in routines: operands of memory as extended numbers, and rounding to nearest.
//
// Sources: Intel SDM volume 1, 4.2.2, 4.8.4.
import type { I32, I64 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { BIAS, type Extended, INTEGER_BIT } from './unit.ts';

/** An operand, and whether it is one for the short way (i32, 0 or 1). */
export interface Operand extends Extended {
  readonly fits: I32;
}

function orZero(b: OperationBuilder, zero: I32, sign: I32, exponent: I32, significand: I64): Extended {
  return {
    signExponent: b.or(sign, b.select(zero, b.i32(0), exponent)),
    significand: b.select(zero, b.i64(0), significand),
  };
}

/** The bits of a binary32; denormals, infinities and NaNs do not fit. */
export function fromReal32(b: OperationBuilder, bits: I32): Operand {
  const biased = b.and(b.shrU(bits, 23), 0xff);
  const zero = b.eqz(b.shl(bits, 1));
  const sign = b.and(b.shrU(bits, 16), 0x8000);
  const significand = b.or(b.shl(b.extendU(bits), 40), INTEGER_BIT);
  return {
    ...orZero(b, zero, sign, b.add(biased, BIAS - 127), significand),
    fits: b.or(zero, b.ltU(b.sub(biased, 1), 0xfe)),
  };
}

/** The bits of a binary64. */
export function fromReal64(b: OperationBuilder, bits: I64): Operand {
  const biased = b.and(b.wrap(b.shrU(bits, 52)), 0x7ff);
  const zero = b.eqz(b.shl(bits, 1));
  const sign = b.and(b.wrap(b.shrU(bits, 48)), 0x8000);
  const significand = b.or(b.shl(bits, 11), INTEGER_BIT);
  return {
    ...orZero(b, zero, sign, b.add(biased, BIAS - 1023), significand),
    fits: b.or(zero, b.ltU(b.sub(biased, 1), 0x7fe)),
  };
}

/** A signed integer; always fits. */
export function fromInteger(b: OperationBuilder, value: I64): Operand {
  const negative = b.shrS(value, 63);
  const magnitude = b.sub(b.xor(value, negative), negative);
  const shift = b.clz(magnitude);
  const sign = b.and(b.wrap(negative), 0x8000);
  const exponent = b.sub(b.i32(BIAS + 63), b.wrap(shift));
  return {
    ...orZero(b, b.eqz(value), sign, exponent, b.shl(magnitude, shift)),
    fits: b.i32(1),
  };
}

/** mulhi_u in place: a call would cost more. */
export function productHigh(b: OperationBuilder, a: I64, c: I64): I64 {
  const low = (value: I64): I64 => b.and(value, 0xffffffffn);
  const high = (value: I64): I64 => b.shrU(value, 32);
  const [aLow, aHigh, cLow, cHigh] = [low(a), high(a), low(c), high(c)];
  const middle = b.add(b.mul(aHigh, cLow), high(b.mul(aLow, cLow)));
  const second = b.add(b.mul(aLow, cHigh), low(middle));
  return b.add(b.add(b.mul(aHigh, cHigh), high(middle)), high(second));
}

/** A significand and the 64 bits below it; the lowest of them stands for everything further down. */
export interface Wide {
  readonly high: I64;
  readonly low: I64;
}

/** The significand shifted right. `distance` is unsigned; beyond 68 it makes no difference any more. */
export function shiftRight(b: OperationBuilder, significand: I64, distance: I32): Wide {
  const places = b.extendU(distance);
  const high = b.variable(b.shrU(significand, places));
  const low = b.variable(b.shl(b.shl(significand, 1), b.xor(places, 63)));
  // A branch that is nearly always foretold: a choice by `select` would be waited for.
  b.if(b.geU(distance, 64), () => {
    const further = b.extendU(b.select(b.ltU(distance, 68), b.sub(distance, 64), b.i32(4)));
    const lost = b.shl(b.shl(significand, 1), b.xor(further, 63));
    b.assign(high, b.i64(0));
    b.assign(low, b.or(b.shrU(significand, further), b.extendU(b.ne(lost, 0))));
  });
  return { high: b.current(high), low: b.current(low) };
}

/** The wide number shifted left by 0 to 63. */
export function shiftLeft(b: OperationBuilder, { high, low }: Wide, distance: I64): Wide {
  const across = b.shrU(b.shrU(low, 1), b.sub(b.i64(63), distance));
  return { high: b.or(b.shl(high, distance), across), low: b.shl(low, distance) };
}

/** 1 where rounding to nearest (even) goes up; likewise whether anything is lost. */
export function roundNearest(b: OperationBuilder, { high, low }: Wide): { up: I32; inexact: I32 } {
  const rest = b.or(b.ne(b.shl(low, 1), 0), b.wrap(high));
  return { up: b.and(b.wrap(b.shrU(low, 63)), rest), inexact: b.ne(low, 0) };
}
