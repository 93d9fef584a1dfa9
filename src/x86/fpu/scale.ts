// FSCALE and FXTRACT.
//
// Source: Intel SDM volume 2, FSCALE (table 3-36) and FXTRACT.

import type { FloatEnvironment } from './environment.ts';
import { EXTENDED, FLAG_ZE, ROUND_ZERO } from './format.ts';
import { fromInteger32, toInteger } from './integer.ts';
import { denormalStops, denormalsStop, invalid, propagateNan, propagateNans } from './operands.ts';
import { roundInto } from './round.ts';
import {
  copy,
  INFINITY,
  QUIET_NAN,
  setFinite,
  setInfinity,
  setZero,
  type Unpacked,
  ZERO,
} from './unpacked.ts';

const steps = { high: 0, low: 0 };

/** out = a * 2^trunc(b), rounded to 64 bits whatever the precision control says. */
export function scale(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if (b.kind === INFINITY && (b.sign === 0 ? a.kind === ZERO : a.kind === INFINITY)) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  if (b.kind === INFINITY) {
    if (b.sign === 0) setInfinity(out, a.sign);
    else setZero(out, a.sign);
    return;
  }
  if (a.kind === ZERO || a.kind === INFINITY) {
    copy(out, a);
    return;
  }
  // A step count beyond 2^16 overflows or underflows in any case.
  let count: number;
  if (b.kind === ZERO || b.exponent < 0) count = 0;
  else if (b.exponent > 16) count = b.sign === 1 ? -0x20000 : 0x20000;
  else {
    const { flags, roundedUp } = env;
    toInteger(env, b, 32, ROUND_ZERO, steps);
    env.flags = flags;
    env.roundedUp = roundedUp;
    count = steps.low | 0;
  }
  const format = env.format;
  env.format = EXTENDED;
  roundInto(env, out, a.sign, a.exponent + count, a.high, a.low, 0);
  env.format = format;
}

/**
 * Splits a into its exponent, as a number, and its significand, with the sign and an exponent of 0.
 * Zero gives -infinity with ZE; infinity gives +infinity. `exponent` and `fraction` must be two records.
 */
export function extract(env: FloatEnvironment, a: Unpacked, exponent: Unpacked, fraction: Unpacked): void {
  if (a.kind >= QUIET_NAN) {
    propagateNan(env, a, fraction);
    copy(exponent, fraction);
    return;
  }
  if (a.kind === ZERO) {
    env.flags |= FLAG_ZE;
    setInfinity(exponent, 1);
    copy(fraction, a);
    return;
  }
  if (denormalStops(env, a)) return;
  if (a.kind === INFINITY) {
    setInfinity(exponent, 0);
    copy(fraction, a);
    return;
  }
  const format = env.format;
  env.format = EXTENDED;
  const value = a.exponent;
  setFinite(fraction, a.sign, 0, a.high, a.low);
  fromInteger32(env, value, exponent);
  env.format = format;
}
