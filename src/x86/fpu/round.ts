// Rounding an exact (or sticky-extended) result to a format, with overflow and underflow.
//
// An intermediate result has 96 bits: high:low:extra, normalised (bit 31 of `high` set). The lowest bit of
// `extra` stands for everything below it ("sticky"). Tininess is detected after rounding, as the x86 does.
//
// Sources: Intel SDM volume 1, 4.8.4 (rounding), 4.9.1.4 to 4.9.1.6 (overflow, underflow, inexact), 8.5.4,
// 8.5.5 (x87 responses), 10.2.3.3 (flush to zero).

import { BIAS_ADJUST, type FloatEnvironment } from './environment.ts';
import { FLAG_OE, FLAG_PE, FLAG_UE, type Format, ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from './format.ts';
import { NORMAL, setDenormal, setInfinity, setZero, type Unpacked } from './unpacked.ts';

/** What roundSignificand leaves behind. */
const rounded = { high: 0xffffffff, low: 0xffffffff, carry: false, inexact: false, up: false };

/** Rounds the 96-bit significand to `precision` bits (24, 53 or 64; any in 2..31 and 33..64 works). */
function roundSignificand(
  precision: number,
  rounding: number,
  sign: number,
  high: number,
  low: number,
  extra: number,
): void {
  let half: boolean;
  let rest: boolean;
  let odd: boolean;
  let unit = 1;
  if (precision === 64) {
    half = extra >>> 0 >= 0x80000000;
    rest = extra << 1 !== 0;
    odd = (low & 1) !== 0;
  } else if (precision > 32) {
    unit = 1 << (64 - precision);
    const cut = low & (unit - 1);
    half = (cut & (unit >>> 1)) !== 0;
    rest = (cut & ((unit >>> 1) - 1)) !== 0 || extra !== 0;
    odd = (low & unit) !== 0;
    low = (low & -unit) >>> 0;
  } else {
    unit = 1 << (32 - precision);
    const cut = high & (unit - 1);
    half = (cut & (unit >>> 1)) !== 0;
    rest = (cut & ((unit >>> 1) - 1)) !== 0 || low !== 0 || extra !== 0;
    odd = (high & unit) !== 0;
    high = (high & -unit) >>> 0;
    low = 0;
  }
  const inexact = half || rest;
  let up = false;
  if (inexact) {
    if (rounding === ROUND_NEAREST) up = half && (rest || odd);
    else if (rounding === ROUND_DOWN) up = sign === 1;
    else if (rounding === ROUND_UP) up = sign === 0;
  }
  let carry = false;
  if (up) {
    if (precision > 32) {
      low = (low + unit) >>> 0;
      if (low === 0) {
        high = (high + 1) >>> 0;
        carry = high === 0;
      }
    } else {
      high = (high + unit) >>> 0;
      carry = high === 0;
    }
    if (carry) high = 0x80000000;
  }
  rounded.high = high;
  rounded.low = low;
  rounded.carry = carry;
  rounded.inexact = inexact;
  rounded.up = up;
}

/**
 * Rounds (-1)^sign * (high:low:extra / 2^95) * 2^exponent into `out` and raises OE, UE and PE.
 * `high` has bit 31 set; all three are unsigned 32-bit numbers.
 */
export function roundInto(
  env: FloatEnvironment,
  out: Unpacked,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
): void {
  const format = env.format;
  roundSignificand(format.precision, env.rounding, sign, high, low, extra);
  const result = rounded.carry ? exponent + 1 : exponent;
  if (result < format.minExponent) {
    if (env.masks & FLAG_UE) roundTiny(env, out, sign, exponent, high, low, extra);
    else underflowUnmasked(env, out, sign, result);
    return;
  }
  if (result > format.maxExponent) {
    overflow(env, out, sign, result);
    return;
  }
  if (exponent < format.minExponent) {
    // Not tiny, because rounding carried it to the smallest normal number; but the bits that are lost, and
    // so the inexact flag and the direction, are those of the denormal format.
    roundDenormal(env, out, sign, exponent, high, low, extra);
    return;
  }
  deliver(env, out, sign, result);
}

function deliver(env: FloatEnvironment, out: Unpacked, sign: number, exponent: number): void {
  out.kind = NORMAL;
  out.sign = sign;
  out.exponent = exponent;
  out.high = rounded.high;
  out.low = rounded.low;
  env.roundedUp = rounded.up;
  if (rounded.inexact) env.flags |= FLAG_PE;
}

/** Masked underflow: denormalise, then round; the exception is raised only if that loses something. */
function roundTiny(
  env: FloatEnvironment,
  out: Unpacked,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
): void {
  if (env.flushToZero) {
    setZero(out, sign);
    env.roundedUp = false;
    env.flags |= FLAG_UE | FLAG_PE;
    return;
  }
  if (roundDenormal(env, out, sign, exponent, high, low, extra)) env.flags |= FLAG_UE;
}

/** Rounds at the fixed position of the format's denormals; returns whether bits were lost. */
function roundDenormal(
  env: FloatEnvironment,
  out: Unpacked,
  sign: number,
  exponent: number,
  high: number,
  low: number,
  extra: number,
): boolean {
  const format = env.format;
  let shift = format.minExponent - exponent;
  if (shift > 96) shift = 96;
  for (; shift >= 32; shift -= 32) {
    extra = (low | (extra !== 0 ? 1 : 0)) >>> 0;
    low = high;
    high = 0;
  }
  if (shift > 0) {
    const lost = (extra << (32 - shift)) >>> 0;
    extra = ((low << (32 - shift)) | (extra >>> shift) | (lost !== 0 ? 1 : 0)) >>> 0;
    low = ((high << (32 - shift)) | (low >>> shift)) >>> 0;
    high >>>= shift;
  }
  roundSignificand(format.precision, env.rounding, sign, high, low, extra);
  env.roundedUp = rounded.up;
  if (rounded.inexact) env.flags |= FLAG_PE;
  if (rounded.high === 0 && rounded.low === 0) setZero(out, sign);
  else {
    setDenormal(out, sign, format.minExponent, rounded.high, rounded.low);
    if (out.exponent >= format.minExponent) out.kind = NORMAL;
  }
  return rounded.inexact;
}

/** Unmasked underflow: UE even when exact; the x87 delivers the number with a larger exponent. */
function underflowUnmasked(env: FloatEnvironment, out: Unpacked, sign: number, exponent: number): void {
  env.flags |= FLAG_UE;
  const adjusted = exponent + BIAS_ADJUST;
  if (env.adjustBias && adjusted < env.format.minExponent) {
    setZero(out, sign); // "massive" underflow, possible with FSCALE only
    env.roundedUp = false;
    env.flags |= FLAG_PE;
    return;
  }
  deliver(env, out, sign, env.adjustBias ? adjusted : exponent);
}

function overflow(env: FloatEnvironment, out: Unpacked, sign: number, exponent: number): void {
  env.flags |= FLAG_OE;
  const format = env.format;
  if (env.masks & FLAG_OE) {
    env.flags |= FLAG_PE;
    overflowValue(env, out, sign, format);
    return;
  }
  const adjusted = exponent - BIAS_ADJUST;
  if (env.adjustBias && adjusted > format.maxExponent) {
    setInfinity(out, sign); // "massive" overflow, possible with FSCALE only
    env.roundedUp = true;
    env.flags |= FLAG_PE;
    return;
  }
  deliver(env, out, sign, env.adjustBias ? adjusted : exponent);
}

/** The masked response to overflow: infinity, or the largest finite number, by rounding direction. */
function overflowValue(env: FloatEnvironment, out: Unpacked, sign: number, format: Format): void {
  const toInfinity = env.rounding === ROUND_NEAREST || env.rounding === (sign === 1 ? ROUND_DOWN : ROUND_UP);
  env.roundedUp = toInfinity;
  if (toInfinity) {
    setInfinity(out, sign);
    return;
  }
  out.kind = NORMAL;
  out.sign = sign;
  out.exponent = format.maxExponent;
  const precision = format.precision;
  out.high = precision >= 32 ? 0xffffffff : (-1 << (32 - precision)) >>> 0;
  out.low = precision >= 64 ? 0xffffffff : precision > 32 ? (-1 << (64 - precision)) >>> 0 : 0;
}

const MASK_32 = 0xffffffffn;

/**
 * Rounds (-1)^sign * magnitude * 2^scale, magnitude > 0; `sticky` says that the exact value is a little
 * larger in magnitude than that (by less than one unit of `magnitude`, which then must have 66 bits or more).
 */
export function roundBigint(
  env: FloatEnvironment,
  out: Unpacked,
  sign: number,
  magnitude: bigint,
  scale: number,
  sticky: boolean,
): void {
  const length = bitLength(magnitude);
  const shift = length - 96;
  let top: bigint;
  let lost = sticky;
  if (shift > 0) {
    top = magnitude >> BigInt(shift);
    lost ||= top << BigInt(shift) !== magnitude;
  } else {
    top = magnitude << BigInt(-shift);
  }
  const extra = (Number(top & MASK_32) | (lost ? 1 : 0)) >>> 0;
  roundInto(env, out, sign, scale + length - 1, Number(top >> 64n), Number((top >> 32n) & MASK_32), extra);
}

/** Number of bits of a positive bigint. */
export function bitLength(value: bigint): number {
  const text = value.toString(16);
  return text.length * 4 - (Math.clz32(Number.parseInt(text[0], 16)) - 28);
}

/** The significand of an unpacked number as a bigint of 64 bits. */
export function significand(value: Unpacked): bigint {
  return (BigInt(value.high) << 32n) | BigInt(value.low);
}
