// Between numbers and integers: FILD, FIST, FISTTP, FRNDINT, CVTxx, ROUNDxx.
//
// An integer result is 64 bits in two unsigned halves, sign-extended from its width.
//
// Sources: Intel SDM volume 1, 4.8.4.2, 8.5.1.3 and table 8-10 (integer indefinite), 11.5.2.1; volume 2, FIST,
// FISTTP, FRNDINT, CVTSD2SI, ROUNDSD.

import type { FloatEnvironment } from './environment.ts';
import { FLAG_IE, FLAG_PE, ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from './format.ts';
import { denormalStops, propagateNan } from './operands.ts';
import type { RawPair } from './packing.ts';
import { roundInto } from './round.ts';
import { copy, INFINITY, QUIET_NAN, setFinite, setZero, type Unpacked, ZERO } from './unpacked.ts';

/** The magnitude of a number rounded to an integer: filled by roundMagnitude. */
const magnitude = { high: 0xffffffff, low: 0xffffffff, inexact: false, up: false };

/**
 * Rounds |a| to an integer below 2^64 in `magnitude`. False if the exponent is 64 or more; an integer part that
 * rounds to 2^64 cannot come up, since a number with exponent 63 has no fraction.
 */
function roundMagnitude(a: Unpacked, rounding: number): boolean {
  magnitude.inexact = false;
  magnitude.up = false;
  magnitude.high = 0;
  magnitude.low = 0;
  if (a.kind === ZERO) return true;
  const exponent = a.exponent;
  if (exponent > 63) return false;
  let high = 0;
  let low = 0;
  let half = false;
  let rest = true;
  if (exponent >= 32) {
    const shift = 63 - exponent; // 0..31
    high = a.high >>> shift;
    low = shift === 0 ? a.low : ((a.high << (32 - shift)) | (a.low >>> shift)) >>> 0;
    const cut = shift === 0 ? 0 : (a.low << (32 - shift)) >>> 0;
    half = cut >= 0x80000000;
    rest = cut << 1 !== 0;
  } else if (exponent >= 0) {
    const shift = 31 - exponent; // 0..31
    low = a.high >>> shift;
    const cut = shift === 0 ? a.low : ((a.high << (32 - shift)) | (a.low >>> shift)) >>> 0;
    half = cut >= 0x80000000;
    rest = cut << 1 !== 0 || (shift > 0 && a.low << (32 - shift) !== 0);
  } else if (exponent === -1) {
    half = true;
    rest = a.high !== 0x80000000 || a.low !== 0;
  }
  if (half || rest) {
    magnitude.inexact = true;
    let up = false;
    if (rounding === ROUND_NEAREST) up = half && (rest || (low & 1) !== 0);
    else if (rounding === ROUND_DOWN) up = a.sign === 1;
    else if (rounding === ROUND_UP) up = a.sign === 0;
    magnitude.up = up;
    if (up) {
      low = (low + 1) >>> 0;
      if (low === 0) high += 1;
    }
  }
  magnitude.high = high;
  magnitude.low = low;
  return true;
}

/**
 * out = a as a signed integer of `width` bits (16, 32 or 64), rounded as `rounding` says (ROUND_ZERO to
 * truncate). Out of range, infinities, NaNs and unsupported operands raise IE and give the integer indefinite,
 * 2^(width-1). Denormal operands do not raise DE.
 */
export function toInteger(
  env: FloatEnvironment,
  a: Unpacked,
  width: number,
  rounding: number,
  out: RawPair,
): void {
  if (a.kind < INFINITY && roundMagnitude(a, rounding)) {
    let high = magnitude.high;
    let low = magnitude.low;
    const limit = width === 64 ? 0x80000000 : 0;
    const limitLow = width === 64 ? 0 : width === 32 ? 0x80000000 : 0x8000;
    const beyond = high > limit || (high === limit && low > limitLow);
    const atLimit = high === limit && low === limitLow;
    if (!beyond && !(atLimit && a.sign === 0)) {
      if (a.sign === 1) {
        low = -low >>> 0;
        high = (~high + (low === 0 ? 1 : 0)) >>> 0;
      }
      out.high = high;
      out.low = low;
      env.roundedUp = magnitude.up;
      if (magnitude.inexact) env.flags |= FLAG_PE;
      return;
    }
  }
  env.flags |= FLAG_IE;
  env.roundedUp = false;
  out.high = width === 64 ? 0x80000000 : 0xffffffff;
  out.low = width === 64 ? 0 : width === 32 ? 0x80000000 : 0xffff8000;
}

/** out = the signed 64-bit integer high:low, rounded to the environment's format. */
export function fromInteger64(env: FloatEnvironment, high: number, low: number, out: Unpacked): void {
  const sign = high >>> 31;
  if (sign === 1) {
    low = -low >>> 0;
    high = (~high + (low === 0 ? 1 : 0)) >>> 0;
  }
  high = high >>> 0;
  low = low >>> 0;
  if (high === 0 && low === 0) {
    setZero(out, 0);
    return;
  }
  let exponent = 63;
  if (high === 0) {
    high = low;
    low = 0;
    exponent = 31;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    low = (low << shift) >>> 0;
    exponent -= shift;
  }
  roundInto(env, out, sign, exponent, high, low, 0);
}

/** out = the signed 32-bit integer, rounded to the environment's format. */
export function fromInteger32(env: FloatEnvironment, value: number, out: Unpacked): void {
  value |= 0;
  fromInteger64(env, value >> 31, value, out);
}

/**
 * out = a rounded to an integer in floating point. `denormals` says whether a denormal operand raises DE
 * (FRNDINT does, ROUNDxx does not); `inexact` whether PE is raised (ROUNDxx can suppress it).
 */
export function roundToIntegral(
  env: FloatEnvironment,
  a: Unpacked,
  rounding: number,
  denormals: boolean,
  inexact: boolean,
  out: Unpacked,
): void {
  if (a.kind >= QUIET_NAN) {
    propagateNan(env, a, out);
    return;
  }
  if (denormals && denormalStops(env, a)) return;
  if (a.kind === ZERO || a.kind === INFINITY || a.exponent >= 63) {
    copy(out, a);
    return;
  }
  roundMagnitude(a, rounding);
  const sign = a.sign;
  env.roundedUp = magnitude.up;
  if (magnitude.inexact && inexact) env.flags |= FLAG_PE;
  let { high, low } = magnitude;
  if (high === 0 && low === 0) {
    setZero(out, sign);
    return;
  }
  let exponent = 63;
  if (high === 0) {
    high = low;
    low = 0;
    exponent = 31;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    low = (low << shift) >>> 0;
  }
  setFinite(out, sign, exponent - shift, high, low);
}
