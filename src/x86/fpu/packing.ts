// Between the bit patterns in registers and memory and unpacked numbers.
//
// Unpacking never raises an exception. Packing expects a number that was already rounded to the format.
// Sources: Intel SDM volume 1, 4.2.2, 4.8.3 and table 8-3 (unsupported double extended-precision encodings).

import {
  DENORMAL,
  INFINITY,
  NORMAL,
  QUIET_NAN,
  SIGNALLING_NAN,
  setDenormal,
  setZero,
  UNSUPPORTED,
  type Unpacked,
  ZERO,
} from './unpacked.ts';

/** An 80-bit register or m80 image. */
export interface RawExtended {
  /** Bit 15 sign, bits 0..14 biased exponent. */
  signExponent: number;
  /** Bits 63..32 of the significand, unsigned; bit 31 is the integer bit. */
  high: number;
  /** Bits 31..0 of the significand, unsigned. */
  low: number;
}

/** A 64-bit image in two unsigned halves. */
export interface RawPair {
  high: number;
  low: number;
}

/** The 32 bits of a binary32 (any 32-bit integer, signed or not). */
export function unpackBinary32(bits: number, out: Unpacked): void {
  const sign = bits >>> 31;
  const biased = (bits >>> 23) & 0xff;
  const fraction = (bits << 9) >>> 0;
  if (biased === 0) {
    if (fraction === 0) setZero(out, sign);
    else setDenormal(out, sign, -127, fraction, 0);
    return;
  }
  out.sign = sign;
  out.high = (0x80000000 | (fraction >>> 1)) >>> 0;
  out.low = 0;
  out.exponent = biased - 127;
  if (biased !== 0xff) out.kind = NORMAL;
  else out.kind = fraction === 0 ? INFINITY : fraction >= 0x80000000 ? QUIET_NAN : SIGNALLING_NAN;
}

/** The 64 bits of a binary64, in halves. */
export function unpackBinary64(high: number, low: number, out: Unpacked): void {
  const sign = high >>> 31;
  const biased = (high >>> 20) & 0x7ff;
  const fractionHigh = ((high << 11) | (low >>> 21)) & 0x7fffffff;
  const fractionLow = (low << 11) >>> 0;
  if (biased === 0) {
    if (fractionHigh === 0 && fractionLow === 0) setZero(out, sign);
    else setDenormal(out, sign, -1022, fractionHigh, fractionLow);
    return;
  }
  out.sign = sign;
  out.high = (0x80000000 | fractionHigh) >>> 0;
  out.low = fractionLow;
  out.exponent = biased - 1023;
  if (biased !== 0x7ff) out.kind = NORMAL;
  else if (fractionHigh === 0 && fractionLow === 0) out.kind = INFINITY;
  else out.kind = fractionHigh >= 0x40000000 ? QUIET_NAN : SIGNALLING_NAN;
}

/** The 80 bits of an extended number. */
export function unpackExtended(signExponent: number, high: number, low: number, out: Unpacked): void {
  const sign = (signExponent >>> 15) & 1;
  const biased = signExponent & 0x7fff;
  high = high >>> 0;
  low = low >>> 0;
  if (biased === 0) {
    if (high === 0 && low === 0) setZero(out, sign);
    else setDenormal(out, sign, -16382, high, low);
    return;
  }
  out.sign = sign;
  out.high = high;
  out.low = low;
  out.exponent = biased - 16383;
  if (high < 0x80000000) out.kind = UNSUPPORTED;
  else if (biased !== 0x7fff) out.kind = NORMAL;
  else if (high === 0x80000000 && low === 0) out.kind = INFINITY;
  else out.kind = high >= 0xc0000000 ? QUIET_NAN : SIGNALLING_NAN;
}

/** The 32 bits of a number that fits binary32, as an unsigned integer. */
export function packBinary32(value: Unpacked): number {
  const sign = (value.sign << 31) >>> 0;
  switch (value.kind) {
    case ZERO:
      return sign;
    case NORMAL:
    case DENORMAL: {
      const exponent = value.exponent;
      if (exponent >= -126) return (sign | ((exponent + 127) << 23) | ((value.high >>> 8) & 0x7fffff)) >>> 0;
      return (sign | (value.high >>> (8 - 126 - exponent))) >>> 0;
    }
    case INFINITY:
      return (sign | 0x7f800000) >>> 0;
    default:
      return (sign | 0x7f800000 | ((value.high >>> 8) & 0x7fffff)) >>> 0;
  }
}

/** The 64 bits of a number that fits binary64. */
export function packBinary64(value: Unpacked, out: RawPair): void {
  const sign = value.sign << 31;
  if (value.kind === ZERO) {
    out.high = sign >>> 0;
    out.low = 0;
    return;
  }
  const exponent = value.exponent;
  if (value.kind <= DENORMAL && exponent < -1022) {
    const shift = 11 - 1022 - exponent;
    if (shift >= 32) {
      out.high = sign >>> 0;
      out.low = shift === 32 ? value.high : value.high >>> (shift - 32);
    } else {
      out.high = (sign | (value.high >>> shift)) >>> 0;
      out.low = ((value.high << (32 - shift)) | (value.low >>> shift)) >>> 0;
    }
    return;
  }
  const biased = value.kind <= DENORMAL ? exponent + 1023 : 0x7ff;
  out.high = (sign | (biased << 20) | ((value.high >>> 11) & 0xfffff)) >>> 0;
  out.low = ((value.high << 21) | (value.low >>> 11)) >>> 0;
}

/** The 80 bits of a number that fits the extended format. */
export function packExtended(value: Unpacked, out: RawExtended): void {
  const sign = value.sign << 15;
  if (value.kind === ZERO) {
    out.signExponent = sign;
    out.high = 0;
    out.low = 0;
    return;
  }
  const exponent = value.exponent;
  if (value.kind > DENORMAL) {
    out.signExponent = sign | 0x7fff;
  } else if (exponent >= -16382) {
    out.signExponent = sign | (exponent + 16383);
  } else {
    const shift = -16382 - exponent;
    out.signExponent = sign;
    if (shift >= 32) {
      out.high = 0;
      out.low = shift === 32 ? value.high : value.high >>> (shift - 32);
    } else {
      out.high = value.high >>> shift;
      out.low = ((value.high << (32 - shift)) | (value.low >>> shift)) >>> 0;
    }
    return;
  }
  out.high = value.high;
  out.low = value.low;
}
