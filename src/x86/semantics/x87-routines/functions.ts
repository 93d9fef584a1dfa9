// FSQRT and FRNDINT of normal numbers and zeros, as routines.
//
// Sources: Intel SDM volume 2, FSQRT, FRNDINT; volume 1, 4.8.4.
import * as L from '../../state/layout.ts';
import type { F64, I32, I64, Value } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { productHigh, roundNearest, shiftRight } from './numbers.ts';
import { roundingControl, roundsUp } from './store.ts';
import {
  attempt,
  BIAS,
  type Demand,
  EXPONENT,
  type Extended,
  isNormal,
  isZero,
  newStatus,
  physical,
  present,
  type Rounded,
  readRegister,
  SIGN,
  writeRegister,
} from './unit.ts';

type Deliver = (result: Rounded) => void;

/** ST(0) = work(ST(0)) where that is normal; zeros stay, exactly. */
function unary(
  name: string,
  demand: Demand,
  work: (b: OperationBuilder, value: Extended, deliver: Deliver) => void,
) {
  return attempt(name, [], demand, (b, unit, done) => {
    const top = physical(b, unit, 0);
    b.if(b.and(present(b, unit, top), 1), () => {
      const value = readRegister(b, top);
      const deliver: Deliver = (result) => {
        writeRegister(b, top, result);
        b.set(32, L.FSW, newStatus(b, unit, result));
        done();
      };
      b.if(
        isNormal(b, value),
        () => work(b, value, deliver),
        () => b.if(isZero(b, value), () => deliver({ ...value, up: b.i32(0), inexact: b.i32(0) })),
      );
    });
  });
}

/** A number of 128 bits. */
interface Double {
  readonly high: I64;
  readonly low: I64;
}

function subtract(b: OperationBuilder, a: Double, c: Double): Double {
  const borrow = b.extendU(b.ltU(a.low, c.low));
  return { high: b.sub(b.sub(a.high, c.high), borrow), low: b.sub(a.low, c.low) };
}

function square(b: OperationBuilder, value: I64): Double {
  return { high: productHigh(b, value, value), low: b.mul(value, value) };
}

const float = (b: OperationBuilder, value: I64): Value => b.unary('f64_from_i64_s', value);
const whole = (b: OperationBuilder, value: Value): I64 => b.unary('i64_from_f64_s', value) as I64;

/**
 * Floor of the root of a number from 2^126 on, from the root of a double (good to some 2^12) and a step of
 * Newton's iteration, whose quotient a double gives to less than one.
 */
function estimateRoot(b: OperationBuilder, radicand: Double): I64 {
  const quarter = b.unary('fsqrt', float(b, b.shrU(radicand.high, 2))) as F64;
  const first = b.shl(whole(b, b.binary('fmul', quarter, b.f64(2 ** 32))), 1);
  const rest = subtract(b, radicand, square(b, first));
  const scaled = b.or(b.shl(rest.high, 48), b.shrU(rest.low, 16));
  const divisor = float(b, b.shrU(first, 15));
  return b.add(first, whole(b, b.binary('fdiv', float(b, scaled), divisor)));
}

const twice = (b: OperationBuilder, value: I64): Double => ({
  high: b.shrU(value, 63),
  low: b.shl(value, 1),
});

/** Moves an estimated root by one where what is left of the radicand is negative or more than twice the root. */
function correct(b: OperationBuilder, estimate: I64, radicand: Double): { root: I64; rest: Double } {
  const first = subtract(b, radicand, square(b, estimate));
  const root = b.variable(estimate);
  const high = b.variable(first.high);
  const low = b.variable(first.low);
  const move = (by: 1 | -1): void => {
    const moved = b.add(estimate, by);
    // The difference of the squares is twice the smaller root, and one.
    const { high: upper, low: even } = twice(b, by > 0 ? estimate : moved);
    const odd: Double = { high: upper, low: b.or(even, 1) };
    const rest =
      by > 0
        ? subtract(b, first, odd)
        : subtract(b, first, subtract(b, { high: b.i64(0), low: b.i64(0) }, odd));
    b.assign(root, moved);
    b.assign(high, rest.high);
    b.assign(low, rest.low);
  };
  b.if(
    b.ltS(first.high, 0),
    () => move(-1),
    () => b.if(b.ltS(subtract(b, twice(b, estimate), first).high, 0), () => move(1)),
  );
  return { root: b.current(root), rest: { high: b.current(high), low: b.current(low) } };
}

/** FSQRT. A root that is off by more than one after the estimate, which does not happen, is left to the helper. */
export const squareRoot = unary('x87SquareRootFast', 'precision', (b, value, deliver) => {
  b.if(b.eqz(b.and(value.signExponent, SIGN)), () => {
    const exponent = b.sub(value.signExponent, BIAS);
    const odd = b.extendU(b.and(exponent, 1));
    const even = b.xor(odd, 1);
    const radicand = {
      high: b.shrU(value.significand, even),
      low: b.shl(b.and(value.significand, even), 63),
    };
    const { root, rest } = correct(b, estimateRoot(b, radicand), radicand);
    const right = b.and(b.geS(rest.high, 0), b.geS(subtract(b, twice(b, root), rest).high, 0));
    b.if(b.and(right, b.ltS(root, 0)), () => {
      // The root and a half is exceeded by a rest larger than the root; half exactly cannot be.
      const up = b.or(b.ne(rest.high, 0), b.gtU(rest.low, root));
      deliver({
        signExponent: b.add(b.shrS(exponent, 1), BIAS),
        significand: b.add(root, b.extendU(up)),
        up,
        inexact: b.ne(b.or(rest.high, rest.low), 0),
      });
    });
  });
});

/** FRNDINT. */
export const roundToInteger = unary('x87RoundToIntegerFast', 'masks', (b, value, deliver) => {
  const distance = b.sub(b.i32(BIAS + 63), b.and(value.signExponent, EXPONENT));
  b.if(
    b.gtS(distance, 0),
    () => {
      const wide = shiftRight(b, value.significand, distance);
      const negative = b.shrU(value.signExponent, 15);
      const nearest = roundNearest(b, wide);
      const up = roundsUp(b, roundingControl(b), negative, nearest);
      const magnitude = b.add(wide.high, b.extendU(up));
      const shift = b.clz(magnitude);
      const exponent: I32 = b.sub(b.i32(BIAS + 63), b.wrap(shift));
      const sign = b.and(value.signExponent, SIGN);
      deliver({
        signExponent: b.or(sign, b.select(b.eqz(magnitude), b.i32(0), exponent)),
        significand: b.shl(magnitude, shift),
        up,
        inexact: nearest.inexact,
      });
    },
    () => deliver({ ...value, up: b.i32(0), inexact: b.i32(0) }),
  );
});
