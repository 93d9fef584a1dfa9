// FADD, FSUB(R), FMUL, FDIV(R) of normal numbers and zeros, as routines: 64-bit significands, to nearest.
//
// Sources: Intel SDM volume 1, 4.8.4, 8.3.3; volume 2, FADD, FSUB, FMUL, FDIV (results with zeros).

import * as L from '../../state/layout.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import type { Routine } from '../../uops/routine.ts';
import {
  fromInteger,
  fromReal32,
  fromReal64,
  type Operand,
  productHigh,
  roundNearest,
  shiftLeft,
  shiftRight,
  type Wide,
} from './numbers.ts';
import {
  areNormal,
  attempt,
  BIAS,
  EXPONENT,
  type Extended,
  INTEGER_BIT,
  isNormal,
  isZero,
  newStatus,
  physical,
  pop,
  present,
  type Rounded,
  readRegister,
  SIGN,
  type Unit,
  writeRegister,
} from './unit.ts';

/** Called where there is a result for the short way. */
type Deliver = (result: Rounded) => void;
/** What distinguishes ADD, SUB, SUBR (or DIV, DIVR): an i32 parameter of the routine. */
type Operation = (b: OperationBuilder, a: Extended, c: Extended, variant: I32, deliver: Deliver) => void;

/** Rounds to nearest and delivers where the exponent (i32, may be out of range) is that of a normal number. */
function roundAndDeliver(b: OperationBuilder, sign: I32, exponent: I32, wide: Wide, deliver: Deliver): void {
  const { up, inexact } = roundNearest(b, wide);
  const significand = b.variable(b.add(wide.high, b.extendU(up)));
  const final = b.variable(exponent);
  b.if(b.eqz(b.current(significand)), () => {
    b.assign(significand, b.i64(INTEGER_BIT));
    b.assign(final, b.add(exponent, 1));
  });
  b.if(b.ltU(b.sub(b.current(final), 1), EXPONENT - 1), () => {
    deliver({
      signExponent: b.or(sign, b.current(final)),
      significand: b.current(significand),
      up,
      inexact,
    });
  });
}

/** Runs `normal` where both are normal, otherwise `zeros` where each is normal or zero. */
function byClass(
  b: OperationBuilder,
  a: Extended,
  c: Extended,
  normal: () => void,
  zeros: (aZero: I32, cZero: I32, aNormal: I32, cNormal: I32) => void,
): void {
  b.if(areNormal(b, a, c), normal, () => {
    zeros(isZero(b, a), isZero(b, c), isNormal(b, a), isNormal(b, c));
  });
}

/** ADD 0, SUB 1, SUBR 2. */
const add: Operation = (b, first, second, variant, deliver) => {
  const flip = (value: Extended, which: number): Extended => ({
    signExponent: b.xor(value.signExponent, b.shl(b.and(b.shrU(variant, which), 1), 15)),
    significand: value.significand,
  });
  const a = flip(first, 1);
  const c = flip(second, 0);
  byClass(
    b,
    a,
    c,
    () => {
      const aExponent = b.and(a.signExponent, EXPONENT);
      const cExponent = b.and(c.signExponent, EXPONENT);
      const swap = b.or(
        b.ltU(aExponent, cExponent),
        b.and(b.eq(aExponent, cExponent), b.ltU(a.significand, c.significand)),
      );
      const large = b.select(swap, c.significand, a.significand);
      const small = b.select(swap, a.significand, c.significand);
      const sign = b.and(b.select(swap, c.signExponent, a.signExponent), SIGN);
      const exponent = b.select(swap, cExponent, aExponent);
      const distance = b.sub(exponent, b.select(swap, aExponent, cExponent));
      const differ = b.and(b.shrU(b.xor(a.signExponent, c.signExponent), 15), 1);
      sumMagnitudes(b, sign, exponent, large, shiftRight(b, small, b.add(distance, 1)), differ, deliver);
    },
    (aZero, cZero, aNormal, cNormal) => {
      b.if(b.and(b.or(aZero, aNormal), b.or(cZero, cNormal)), () => {
        // Zeros of different signs add up to +0.
        const other = b.select(cZero, a.signExponent, b.i32(0));
        const nonzero = b.select(aZero, c.signExponent, other);
        deliver({
          signExponent: b.select(b.and(aZero, cZero), b.and(a.signExponent, c.signExponent), nonzero),
          significand: b.or(a.significand, c.significand),
          up: b.i32(0),
          inexact: b.i32(0),
        });
      });
    },
  );
};

/**
 * large / 2 + small, or minus it where the signs differ (i32, 0 or 1); large has the larger magnitude, or the same.
 * Halved, so that nothing is carried out. Signs are hard to foretell, so there is one way for both.
 */
function sumMagnitudes(
  b: OperationBuilder,
  sign: I32,
  exponent: I32,
  large: I64,
  small: Wide,
  differ: I32,
  deliver: Deliver,
): void {
  const one = b.extendU(differ);
  const mask = b.neg(one);
  const low = b.add(b.xor(small.low, mask), one);
  const borrowed = b.and(one, b.extendU(b.eqz(small.low)));
  const odd = b.shl(large, 63);
  const sumLow = b.add(low, odd);
  const carried = b.extendU(b.ltU(sumLow, odd));
  const high = b.add(b.add(b.shrU(large, 1), b.xor(small.high, mask)), b.add(borrowed, carried));
  b.if(
    b.eqz(high),
    () => deliverCancelled(b, sign, exponent, sumLow, deliver),
    () => {
      const shift = b.clz(high);
      const wide = shiftLeft(b, { high, low: sumLow }, shift);
      roundAndDeliver(b, sign, b.sub(b.add(exponent, 1), b.wrap(shift)), wide, deliver);
    },
  );
}

/** Of a difference only the 64 bits below the significand are left; the exponents differed by one at most, so it is exact. */
function deliverCancelled(b: OperationBuilder, sign: I32, exponent: I32, low: I64, deliver: Deliver): void {
  const lost = b.clz(low);
  const zero = b.eqz(low);
  const result = b.sub(b.sub(exponent, 63), b.wrap(lost));
  b.if(b.or(zero, b.ltU(b.sub(result, 1), EXPONENT - 1)), () => {
    deliver({
      signExponent: b.select(zero, b.i32(0), b.or(sign, result)),
      significand: b.shl(low, lost),
      up: b.i32(0),
      inexact: b.i32(0),
    });
  });
}

const multiply: Operation = (b, a, c, _variant, deliver) => {
  const sign = b.and(b.xor(a.signExponent, c.signExponent), SIGN);
  byClass(
    b,
    a,
    c,
    () => {
      const high = productHigh(b, a.significand, c.significand);
      const low = b.mul(a.significand, c.significand);
      const larger = b.ltS(high, 0);
      const wide = {
        high: b.select(larger, high, b.or(b.shl(high, 1), b.shrU(low, 63))),
        low: b.select(larger, low, b.shl(low, 1)),
      };
      const sum = b.add(b.and(a.signExponent, EXPONENT), b.and(c.signExponent, EXPONENT));
      roundAndDeliver(b, sign, b.add(b.sub(sum, BIAS), larger), wide, deliver);
    },
    (aZero, cZero, aNormal, cNormal) => {
      b.if(b.and(b.or(aZero, aNormal), b.or(cZero, cNormal)), () => {
        deliver({ signExponent: sign, significand: b.i64(0), up: b.i32(0), inexact: b.i32(0) });
      });
    },
  );
};

/** DIV 0, DIVR 1. */
const divide: Operation = (b, first, second, variant, deliver) => {
  const a: Extended = {
    signExponent: b.select(variant, second.signExponent, first.signExponent),
    significand: b.select(variant, second.significand, first.significand),
  };
  const c: Extended = {
    signExponent: b.select(variant, first.signExponent, second.signExponent),
    significand: b.select(variant, first.significand, second.significand),
  };
  const sign = b.and(b.xor(a.signExponent, c.signExponent), SIGN);
  byClass(
    b,
    a,
    c,
    () => {
      // A quotient of 64 bits: half the dividend where it is not the smaller one.
      const smaller = b.ltU(a.significand, c.significand);
      const halved = b.extendU(b.eqz(smaller));
      const high = b.shrU(a.significand, halved);
      const low = b.shl(b.and(a.significand, halved), 63);
      const { quotient, remainder } = divideWide(b, high, low, c.significand);
      // Twice the remainder against the divisor tells whether half or more is lost; half exactly cannot be.
      const up = b.gtU(remainder, b.sub(c.significand, remainder));
      const wide = {
        high: quotient,
        low: b.or(b.shl(b.extendU(up), 63), b.extendU(b.ne(remainder, 0))),
      };
      const difference = b.sub(b.and(a.signExponent, EXPONENT), b.and(c.signExponent, EXPONENT));
      roundAndDeliver(b, sign, b.sub(b.add(difference, BIAS), smaller), wide, deliver);
    },
    (aZero, _cZero, _aNormal, cNormal) => {
      b.if(b.and(aZero, cNormal), () => {
        deliver({ signExponent: sign, significand: b.i64(0), up: b.i32(0), inexact: b.i32(0) });
      });
    },
  );
};

/** high:low / divisor, where the divisor's top bit is set and high < divisor; two digits of 32 bits. */
function divideWide(
  b: OperationBuilder,
  high: I64,
  low: I64,
  divisor: I64,
): { quotient: I64; remainder: I64 } {
  const upper = divideDigit(b, high, b.shrU(low, 32), divisor);
  const lower = divideDigit(b, upper.remainder, b.and(low, 0xffffffffn), divisor);
  return { quotient: b.or(b.shl(upper.digit, 32), lower.digit), remainder: lower.remainder };
}

/** One digit of (high:next 32 bits) / divisor, high < divisor: estimated from the upper half, at most 2 too large. */
function divideDigit(
  b: OperationBuilder,
  high: I64,
  next: I64,
  divisor: I64,
): { digit: I64; remainder: I64 } {
  const top = b.shrU(divisor, 32);
  const bottom = b.and(divisor, 0xffffffffn);
  const estimate = b.divU(high, top);
  const rest = b.sub(high, b.mul(estimate, top));
  const digit = b.variable(estimate);
  // estimate * divisor > high:next, told by the parts that do not cancel (`rest` fits 32 bits).
  const have = b.or(b.shl(rest, 32), next);
  const need = b.mul(estimate, bottom);
  b.if(b.gtU(need, have), () => {
    const twice = b.gtU(b.sub(need, have), divisor);
    b.assign(digit, b.sub(b.sub(estimate, 1), b.extendU(twice)));
  });
  const final = b.current(digit);
  return { digit: final, remainder: b.sub(b.or(b.shl(high, 32), next), b.mul(final, divisor)) };
}

/** ST(destination) = ST(destination) op operand, then pops. */
function compute(
  b: OperationBuilder,
  unit: Unit,
  operation: Operation,
  variant: I32,
  destination: I32 | number,
  operand: Extended & { fits: I32 },
  pops: I32 | null,
  done: () => void,
): void {
  const register = physical(b, unit, destination);
  b.if(b.and(b.and(present(b, unit, register), operand.fits), 1), () => {
    operation(b, readRegister(b, register), operand, variant, (result) => {
      writeRegister(b, register, result);
      const fsw = newStatus(b, unit, result);
      if (pops) pop(b, unit, fsw, unit.ftw, pops);
      else b.set(32, L.FSW, fsw);
      done();
    });
  });
}

/** The routines of one operation, by where its other operand comes from. */
export interface ArithmeticRoutines {
  /** (variant, destination, source, pops): stack indices. */
  readonly register: Routine;
  /** (variant, bits): ST(0) = ST(0) op memory. */
  readonly real32: Routine;
  readonly real64: Routine;
  /** (variant, value sign-extended to 64 bits). */
  readonly integer: Routine;
}

function routinesOf(name: string, operation: Operation): ArithmeticRoutines {
  const memory = <T extends 'i32' | 'i64'>(
    kind: string,
    type: T,
    from: (b: OperationBuilder, value: T extends 'i64' ? I64 : I32) => Operand,
  ): Routine =>
    attempt(`x87${name}${kind}`, ['i32', type], 'precision', (b, unit, done, variant, value) => {
      const operand = from(b, value as never);
      compute(b, unit, operation, variant, 0, operand, null, done);
    });
  return {
    register: attempt(
      `x87${name}Register`,
      ['i32', 'i32', 'i32', 'i32'],
      'precision',
      (b, unit, done, variant, destination, source, pops) => {
        const register = physical(b, unit, source);
        const operand = { ...readRegister(b, register), fits: present(b, unit, register) };
        compute(b, unit, operation, variant, destination, operand, pops, done);
      },
    ),
    real32: memory('Real32', 'i32', fromReal32),
    real64: memory('Real64', 'i64', fromReal64),
    integer: memory('Integer', 'i64', fromInteger),
  };
}

export const addRoutines = routinesOf('Add', add);
export const multiplyRoutines = routinesOf('Multiply', multiply);
export const divideRoutines = routinesOf('Divide', divide);
