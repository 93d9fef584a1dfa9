// FSIN, FCOS, FSINCOS, FPTAN.
//
// The argument is reduced exactly with the x87's own pi, which has 66 bits (SDM volume 1, 8.3.8):
//   4 * 0.C90FDAA2 2168C234 C h
// and the function of what remains is correctly rounded to 64 bits, whatever the precision control says. The
// results of processors may differ from these in the last place.
//
// Sources: Intel SDM volume 1, 8.3.7, 8.3.8; volume 2, FSIN, FCOS, FSINCOS, FPTAN.

import type { FloatEnvironment } from '../environment.ts';
import { EXTENDED } from '../format.ts';
import { denormalStops, invalid, propagateNan } from '../operands.ts';
import { bitLength, roundBigint, significand } from '../round.ts';
import { copy, INFINITY, QUIET_NAN, setFinite, type Unpacked, ZERO } from '../unpacked.ts';
import { cosine, sine } from './series.ts';

/** pi with 66 bits, in units of 2^-66. */
const PI_66 = 0xc90fdaa22168c234cn;
/** Precision of the series beyond the exponent of their argument. */
const WORKING_BITS = 200;

/** True if the operand is out of range: |x| >= 2^63, which leaves it unchanged and sets C2. */
export function trigonometricOutOfRange(a: Unpacked): boolean {
  return a.kind < INFINITY && a.kind !== ZERO && a.exponent >= 63;
}

/** The reduced argument: r = x - quadrant * pi/2 as value / 2^bits. */
const reduced = { value: 0n, bits: 0, quadrant: 0 };

/** Reduces the argument; false if it is so small that the function is its first term, a little changed. */
function reduce(a: Unpacked): boolean {
  const exponent = a.exponent;
  if (exponent < -64) return false;
  const magnitude = significand(a);
  let value: bigint;
  let scale: number;
  let quadrant = 0n;
  if (exponent < -1) {
    value = magnitude;
    scale = 63 - exponent;
  } else {
    const x = magnitude << BigInt(exponent + 4);
    scale = 67;
    quadrant = (2n * x + PI_66) / (2n * PI_66);
    value = x - quadrant * PI_66;
  }
  const length = bitLength(value < 0n ? -value : value);
  reduced.bits = WORKING_BITS + Math.max(0, scale - length);
  const shift = reduced.bits - scale;
  value = shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
  const turns = Number(quadrant & 3n);
  // sin(-x) = -sin(x), cos(-x) = cos(x): the negative argument is in the mirrored quadrant.
  reduced.value = a.sign === 1 ? -value : value;
  reduced.quadrant = a.sign === 1 ? -turns & 3 : turns;
  return true;
}

function deliver(env: FloatEnvironment, value: bigint, bits: number, out: Unpacked): void {
  const sign = value < 0n ? 1 : 0;
  const format = env.format;
  env.format = EXTENDED;
  roundBigint(env, out, sign, sign ? -value : value, -bits, true);
  env.format = format;
}

/** x made a little smaller (or larger) in magnitude: the series broken off after its first term. */
function nearly(env: FloatEnvironment, a: Unpacked, larger: boolean, out: Unpacked): void {
  const magnitude = (significand(a) << 64n) - (larger ? 0n : 1n);
  const format = env.format;
  env.format = EXTENDED;
  roundBigint(env, out, a.sign, magnitude, a.exponent - 127, true);
  env.format = format;
}

/** NaN, infinity, denormal: true if that was all. */
function special(env: FloatEnvironment, a: Unpacked, out: Unpacked): boolean {
  if (a.kind >= QUIET_NAN) propagateNan(env, a, out);
  else if (a.kind === INFINITY) invalid(env, out);
  else return denormalStops(env, a);
  return true;
}

function sineOfReduced(quadrant: number): bigint {
  const { value, bits } = reduced;
  const result = quadrant & 1 ? cosineBelowOne(value, bits) : sine(value, bits);
  return quadrant & 2 ? -result : result;
}

/** cos(r) is below 1 by less than the working precision shows when r is small. */
function cosineBelowOne(value: bigint, bits: number): bigint {
  const result = cosine(value, bits);
  const one = 1n << BigInt(bits);
  return result >= one ? one - 1n : result;
}

/** out = sin(a), in range. */
export function sineOf(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (special(env, a, out)) return;
  if (a.kind === ZERO) copy(out, a);
  else if (!reduce(a)) nearly(env, a, false, out);
  else deliver(env, sineOfReduced(reduced.quadrant), reduced.bits, out);
}

/** out = cos(a), in range. */
export function cosineOf(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (special(env, a, out)) return;
  if (a.kind === ZERO) setFinite(out, 0, 0, 0x80000000, 0);
  else if (!reduce(a)) deliver(env, (1n << 200n) - 1n, 200, out);
  else deliver(env, sineOfReduced((reduced.quadrant + 1) & 3), reduced.bits, out);
}

/** out = tan(a), in range. */
export function tangentOf(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (special(env, a, out)) return;
  if (a.kind === ZERO) copy(out, a);
  else if (!reduce(a)) nearly(env, a, true, out);
  else {
    const { bits, quadrant } = reduced;
    const numerator = sineOfReduced(quadrant);
    const denominator = sineOfReduced((quadrant + 1) & 3);
    deliver(env, (numerator << BigInt(bits)) / denominator, bits, out);
  }
}
