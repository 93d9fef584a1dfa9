// F2XM1, FYL2X, FYL2XP1: correctly rounded to 64 bits, whatever the precision control says.
//
// Outside the ranges that the manual gives (F2XM1: |x| <= 1; FYL2XP1: |x| < 1 - sqrt(1/2)) results are undefined
// there. Here, as on AMD processors, F2XM1 returns its operand, and FYL2XP1 the true value where there is one
// and its operand where there is none; and PE is raised even where the result is exact (2^1 - 1, log2(2^n)).
//
// Sources: Intel SDM volume 1, 8.3.9; volume 2, F2XM1, FYL2X, FYL2XP1 (tables of special operands).

import type { FloatEnvironment } from '../environment.ts';
import { EXTENDED, FLAG_PE, FLAG_ZE } from '../format.ts';
import { denormalStops, denormalsStop, invalid, propagateNan, propagateNans } from '../operands.ts';
import { roundBigint, significand } from '../round.ts';
import {
  copy,
  INFINITY,
  QUIET_NAN,
  setFinite,
  setInfinity,
  setZero,
  type Unpacked,
  ZERO,
} from '../unpacked.ts';
import { areaTangent, exponentialMinusOne, ln2, log2e } from './series.ts';

/** Below this exponent a series is its first term to within the working precision. */
const TINY = -160;
const WORKING_BITS = 200;

function round(env: FloatEnvironment, out: Unpacked, value: bigint, scale: number, exact: boolean): void {
  const sign = value < 0n ? 1 : 0;
  const format = env.format;
  env.format = EXTENDED;
  roundBigint(env, out, sign, sign ? -value : value, scale, !exact);
  env.format = format;
}

function signed(a: Unpacked): bigint {
  return a.sign ? -significand(a) : significand(a);
}

/** out = 2^a - 1. */
export function exponential(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN) {
    propagateNan(env, a, out);
    return;
  }
  if (denormalStops(env, a)) return;
  const { exponent } = a;
  const isOne = exponent === 0 && a.high === 0x80000000 && a.low === 0;
  if (a.kind === ZERO) copy(out, a);
  else if (a.kind === INFINITY) {
    if (a.sign) setFinite(out, 1, 0, 0x80000000, 0);
    else setInfinity(out, 0);
  } else if (exponent >= 0) {
    env.flags |= FLAG_PE;
    if (isOne && a.sign) setFinite(out, 1, -1, 0x80000000, 0);
    else copy(out, a);
  } else if (exponent < TINY) round(env, out, signed(a) * ln2(256), exponent - 63 - 256, false);
  else {
    const bits = WORKING_BITS - exponent;
    const product = signed(a) * ln2(bits); // in units of 2^-(63 - exponent + bits)
    round(env, out, exponentialMinusOne(product >> BigInt(63 - exponent), bits), -bits, false);
  }
}

/** log2(m) in units of 2^-bits, for numerator/denominator = (m - 1) / (m + 1). */
function logarithm(numerator: bigint, denominator: bigint, bits: number): bigint {
  const z = (numerator << BigInt(bits)) / denominator;
  return (2n * areaTangent(z, bits) * log2e(bits)) >> BigInt(bits);
}

const SQUARE_ROOT_OF_2 = 0xb504f333f9de6484n;

/** out = b * log2(a). */
export function logarithmTimes(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if (a.kind === ZERO) {
    if (b.kind === ZERO) invalid(env, out);
    else if (b.kind === INFINITY) setInfinity(out, b.sign ^ 1);
    else {
      env.flags |= FLAG_ZE;
      setInfinity(out, b.sign ^ 1);
    }
    return;
  }
  const isOne = a.kind < INFINITY && a.exponent === 0 && a.high === 0x80000000 && a.low === 0;
  if (a.sign === 1 || (a.kind === INFINITY && b.kind === ZERO) || (isOne && b.kind === INFINITY)) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  const negative = a.kind < INFINITY && a.exponent < 0 ? 1 : 0;
  if (a.kind === INFINITY || b.kind === INFINITY) setInfinity(out, b.sign ^ negative);
  else if (b.kind === ZERO || isOne) setZero(out, b.sign ^ negative);
  else {
    const fraction = significand(a);
    const one = 1n << 63n;
    if (fraction === one) {
      env.flags |= FLAG_PE;
      round(env, out, signed(b) * BigInt(a.exponent), b.exponent - 63, true);
      return;
    }
    // m in [sqrt(1/2), sqrt(2)), so that log2(m) cannot cancel the exponent.
    const large = fraction > SQUARE_ROOT_OF_2;
    const unit = large ? one << 1n : one;
    const bits = WORKING_BITS + 64;
    const log = logarithm(fraction - unit, fraction + unit, bits);
    const whole = BigInt(a.exponent + (large ? 1 : 0)) << BigInt(bits);
    round(env, out, signed(b) * (whole + log), b.exponent - 63 - bits, false);
  }
}

/** out = b * log2(a + 1). */
export function logarithmPlusOneTimes(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  const { exponent } = a;
  const belowRange = a.sign === 1 && a.kind === INFINITY;
  if (belowRange || (a.kind === ZERO && b.kind === INFINITY) || (a.kind === INFINITY && b.kind === ZERO)) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  const sign = a.sign ^ b.sign;
  if (a.kind === INFINITY || b.kind === INFINITY) setInfinity(out, sign);
  else if (a.kind === ZERO || b.kind === ZERO) setZero(out, sign);
  else if (a.sign === 1 && exponent >= 0) {
    env.flags |= FLAG_PE;
    copy(out, a);
  } else if (exponent < TINY) {
    round(env, out, signed(a) * signed(b) * log2e(256), exponent + b.exponent - 126 - 256, false);
  } else {
    // (m - 1) / (m + 1) with m = 1 + a is a / (2 + a).
    const down = Math.max(0, 63 - exponent);
    const value = signed(a) << BigInt(Math.max(0, exponent - 63));
    const bits = WORKING_BITS + Math.max(0, -exponent);
    let log: bigint;
    if (exponent < -2) log = logarithm(value, (2n << BigInt(down)) + value, bits);
    else log = wideLogarithm(value + (1n << BigInt(down)), down, bits);
    round(env, out, signed(b) * log, b.exponent - 63 - bits, false);
  }
}

/** log2(value / 2^scale) for a quotient not close to 1. */
function wideLogarithm(value: bigint, scale: number, bits: number): bigint {
  const length = value.toString(2).length;
  const unit = 1n << BigInt(length - 1);
  const whole = BigInt(length - 1 - scale) << BigInt(bits);
  return whole + logarithm(value - unit, value + unit, bits);
}
