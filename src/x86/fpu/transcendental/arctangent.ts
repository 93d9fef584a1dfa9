// FPATAN: the angle of the point (x, y), correctly rounded to 64 bits, whatever the precision control says.
//
// Source: Intel SDM volume 2, FPATAN (table of special operands).

import type { FloatEnvironment } from '../environment.ts';
import { EXTENDED } from '../format.ts';
import { denormalsStop, propagateNans } from '../operands.ts';
import { roundBigint, significand } from '../round.ts';
import { INFINITY, QUIET_NAN, setZero, type Unpacked, ZERO } from '../unpacked.ts';
import { arctangent as arctangentSeries, pi } from './series.ts';

/** Beyond this difference of exponents the angle is that of an axis, or the quotient, to working precision. */
const FAR = 160;
const BITS = 200 + FAR;

/** out = atan2(y, x), in (-pi, pi]. */
export function arctangent(env: FloatEnvironment, y: Unpacked, x: Unpacked, out: Unpacked): void {
  if (x.kind >= QUIET_NAN || y.kind >= QUIET_NAN) {
    propagateNans(env, x, y, out);
    return;
  }
  if (denormalsStop(env, x, y)) return;
  const format = env.format;
  env.format = EXTENDED;
  angle(env, y, x, out);
  env.format = format;
}

function angle(env: FloatEnvironment, y: Unpacked, x: Unpacked, out: Unpacked): void {
  const yHuge = y.kind === INFINITY;
  const xHuge = x.kind === INFINITY;
  if (yHuge && xHuge) multipleOfPi(env, y.sign, x.sign ? 3n : 1n, out);
  else if (yHuge) multipleOfPi(env, y.sign, 2n, out);
  else if (xHuge || y.kind === ZERO) {
    if (x.sign) multipleOfPi(env, y.sign, 4n, out);
    else setZero(out, y.sign);
  } else if (x.kind === ZERO) multipleOfPi(env, y.sign, 2n, out);
  else finite(env, y, x, out);
}

/** A number of quarters of pi. */
function multipleOfPi(env: FloatEnvironment, sign: number, quarters: bigint, out: Unpacked): void {
  roundBigint(env, out, sign, pi(BITS) * quarters, -BITS - 2, true);
}

function finite(env: FloatEnvironment, y: Unpacked, x: Unpacked, out: Unpacked): void {
  const difference = y.exponent - x.exponent;
  if (difference < -FAR && x.sign === 0) {
    // atan(q) is a little less than q.
    const quotient = (significand(y) << 192n) / significand(x);
    roundBigint(env, out, y.sign, quotient - 1n, difference - 192, true);
    return;
  }
  const whole = pi(BITS);
  let result: bigint;
  if (difference < -FAR) result = whole - 1n;
  else if (difference > FAR) result = (whole >> 1n) + (x.sign ? 1n : -1n);
  else {
    result = firstQuadrant(significand(y), significand(x), difference);
    if (x.sign) result = whole - result;
  }
  roundBigint(env, out, y.sign, result, -BITS, true);
}

/** atan(y / x * 2^difference), all positive. */
function firstQuadrant(y: bigint, x: bigint, difference: number): bigint {
  const numerator = difference > 0 ? y << BigInt(difference) : y;
  const denominator = difference < 0 ? x << BigInt(-difference) : x;
  if (numerator <= denominator) {
    return arctangentSeries((numerator << BigInt(BITS)) / denominator, BITS);
  }
  return (pi(BITS) >> 1n) - arctangentSeries((denominator << BigInt(BITS)) / numerator, BITS);
}
