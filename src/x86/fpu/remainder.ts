// Partial remainders of the x87: FPREM (truncating) and FPREM1 (IEEE 754).
//
// Exact, whatever the precision control says. When the exponents differ by 64 or more, one execution only
// reduces the exponent by at least 32 (here: by 32 to 63) and says so with `incomplete` (C2).
//
// Source: Intel SDM volume 2, FPREM and FPREM1 (the tables of special operands and the reduction algorithm).

import type { FloatEnvironment } from './environment.ts';
import { EXTENDED } from './format.ts';
import { denormalsStop, invalid, propagateNans } from './operands.ts';
import { roundBigint, roundInto, significand } from './round.ts';
import { copy, INFINITY, QUIET_NAN, setZero, type Unpacked, ZERO } from './unpacked.ts';

/** What a partial remainder reports beside its result; only meaningful if no exception stopped it. */
export const remainderReport = {
  /** C2: the reduction is not complete. */
  incomplete: false,
  /** The three lowest bits of the quotient (C0 = bit 2, C3 = bit 1, C1 = bit 0). */
  quotient: 0,
};

/** out = remainder of a / b; `nearest` selects FPREM1. */
export function partialRemainder(
  env: FloatEnvironment,
  a: Unpacked,
  b: Unpacked,
  nearest: boolean,
  out: Unpacked,
): void {
  remainderReport.incomplete = false;
  remainderReport.quotient = 0;
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if (a.kind === INFINITY || b.kind === ZERO) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  if (a.kind === ZERO) {
    copy(out, a);
    return;
  }
  const format = env.format;
  env.format = EXTENDED;
  if (b.kind === INFINITY) roundInto(env, out, a.sign, a.exponent, a.high, a.low, 0);
  else reduce(env, a, b, nearest, out);
  env.format = format;
}

function reduce(env: FloatEnvironment, a: Unpacked, b: Unpacked, nearest: boolean, out: Unpacked): void {
  const difference = a.exponent - b.exponent;
  const divisor = significand(b);
  const dividend = significand(a);
  if (difference >= 64) {
    // Subtract b * 2^(difference - n) as often as it fits: the quotient has n or n + 1 bits.
    const n = (difference & 31) | 32;
    remainderReport.incomplete = true;
    deliver(env, a.sign, (dividend << BigInt(n)) % divisor, b.exponent - 63 + difference - n, out);
    return;
  }
  if (difference < -1 || (difference < 0 && !nearest)) {
    roundInto(env, out, a.sign, a.exponent, a.high, a.low, 0);
    return;
  }
  // Difference -1 happens for FPREM1 only: then both are taken in units of the last bit of a.
  const up = difference < 0 ? 0n : BigInt(difference);
  const unit = difference < 0 ? divisor << 1n : divisor;
  const scale = difference < 0 ? a.exponent - 63 : b.exponent - 63;
  const numerator = dividend << up;
  let quotient = numerator / unit;
  let rest = numerator - quotient * unit;
  let sign = a.sign;
  if (nearest) {
    const twice = rest << 1n;
    if (twice > unit || (twice === unit && (quotient & 1n) === 1n)) {
      quotient += 1n;
      rest = unit - rest;
      sign ^= 1;
    }
  }
  remainderReport.quotient = Number(quotient & 7n);
  // A zero has the sign of the dividend.
  deliver(env, rest === 0n ? a.sign : sign, rest, scale, out);
}

function deliver(env: FloatEnvironment, sign: number, magnitude: bigint, scale: number, out: Unpacked): void {
  if (magnitude === 0n) setZero(out, sign);
  else roundBigint(env, out, sign, magnitude, scale, false);
}
