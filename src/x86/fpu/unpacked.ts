// An unpacked floating-point number: what the arithmetic of this folder works on.
//
// The significand is 64 bits in two unsigned halves, normalised: bit 31 of `high` is the integer bit and is
// set in every finite number but zero, denormals included (their exponent is then below the format's
// minimum). A NaN carries its payload in the same place, aligned to the left: bit 31 of `high` set, bit 30
// the quiet bit; so a NaN changes format by plain truncation or extension, as the processor does it.
//
// Sources: Intel SDM volume 1, 4.8.3 (numbers and NaNs), 8.2.2 (unsupported encodings).

/** Kinds of number, ordered so that `kind >= QUIET_NAN` finds all that is not a number. */
export const ZERO = 0;
export const NORMAL = 1;
/** A denormal (or pseudo-denormal) operand; its significand is normalised all the same. */
export const DENORMAL = 2;
export const INFINITY = 3;
export const QUIET_NAN = 4;
export const SIGNALLING_NAN = 5;
/** Pseudo-NaN, pseudo-infinity and unnormal of the extended format: an invalid operand since the 387. */
export const UNSUPPORTED = 6;

/** A mutable unpacked number; callers keep a few and reuse them. */
export interface Unpacked {
  kind: number;
  /** 0 or 1. */
  sign: number;
  /** Unbiased: the value is (high:low / 2^63) * 2^exponent. Meaningless unless NORMAL or DENORMAL. */
  exponent: number;
  /** Upper 32 bits of the significand, unsigned. */
  high: number;
  /** Lower 32 bits of the significand, unsigned. */
  low: number;
}

/** A new unpacked number, +0. */
export function unpacked(): Unpacked {
  // Fields start as values that make V8 choose the double representation, so that storing never allocates.
  const value = { kind: 0, sign: 0, exponent: 0, high: 0xffffffff, low: 0xffffffff };
  value.high = 0;
  value.low = 0;
  return value;
}

export function setZero(out: Unpacked, sign: number): void {
  out.kind = ZERO;
  out.sign = sign;
  out.exponent = 0;
  out.high = 0;
  out.low = 0;
}

export function setInfinity(out: Unpacked, sign: number): void {
  out.kind = INFINITY;
  out.sign = sign;
  out.exponent = 0;
  out.high = 0x80000000;
  out.low = 0;
}

/** The default NaN, "QNaN floating-point indefinite": negative, quiet, payload 0. */
export function setDefaultNan(out: Unpacked): void {
  out.kind = QUIET_NAN;
  out.sign = 1;
  out.exponent = 0;
  out.high = 0xc0000000;
  out.low = 0;
}

export function setFinite(out: Unpacked, sign: number, exponent: number, high: number, low: number): void {
  out.kind = NORMAL;
  out.sign = sign;
  out.exponent = exponent;
  out.high = high;
  out.low = low;
}

export function copy(out: Unpacked, from: Unpacked): void {
  out.kind = from.kind;
  out.sign = from.sign;
  out.exponent = from.exponent;
  out.high = from.high;
  out.low = from.low;
}

/** Writes a denormal whose significand is not normalised yet; `exponent` is that of bit 31 of `high`. */
export function setDenormal(out: Unpacked, sign: number, exponent: number, high: number, low: number): void {
  out.kind = DENORMAL;
  out.sign = sign;
  let shift: number;
  if (high === 0) {
    shift = 32 + Math.clz32(low);
    out.high = (low << (shift & 31)) >>> 0;
    out.low = 0;
  } else {
    shift = Math.clz32(high);
    out.high = shift === 0 ? high : ((high << shift) | (low >>> (32 - shift))) >>> 0;
    out.low = (low << shift) >>> 0;
  }
  out.exponent = exponent - shift;
}
