// Comparison, and the minimum and maximum of SSE.
//
// Sources: Intel SDM volume 2, FCOM, FUCOM, FCOMI, COMISS, UCOMISS, CMPPS, MINSS, MAXSS.

import type { FloatEnvironment } from './environment.ts';
import { FLAG_DE, FLAG_IE } from './format.ts';
import { DENORMAL, INFINITY, QUIET_NAN, SIGNALLING_NAN, type Unpacked, ZERO } from './unpacked.ts';

export const LESS = -1;
export const EQUAL = 0;
export const GREATER = 1;
export const UNORDERED = 2;

/** The order of two numbers that are not NaNs. */
function order(a: Unpacked, b: Unpacked): number {
  if (a.kind === ZERO && b.kind === ZERO) return EQUAL;
  if (a.kind === ZERO) return b.sign === 1 ? GREATER : LESS;
  if (b.kind === ZERO || a.sign !== b.sign) return a.sign === 1 ? LESS : GREATER;
  let magnitude: number;
  if (a.kind === INFINITY || b.kind === INFINITY) {
    magnitude = a.kind === b.kind ? 0 : a.kind === INFINITY ? 1 : -1;
  } else {
    magnitude = a.exponent - b.exponent || a.high - b.high || a.low - b.low;
  }
  if (magnitude === 0) return EQUAL;
  return magnitude > 0 === (a.sign === 0) ? GREATER : LESS;
}

/**
 * Compares; LESS, EQUAL, GREATER or UNORDERED. A signalling NaN or unsupported operand raises IE, and so does
 * a quiet NaN unless `quiet` (FUCOM, UCOMISS). A denormal raises DE if no operand is a NaN.
 */
export function compare(env: FloatEnvironment, a: Unpacked, b: Unpacked, quiet: boolean): number {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    if (!quiet || a.kind >= SIGNALLING_NAN || b.kind >= SIGNALLING_NAN) env.flags |= FLAG_IE;
    return UNORDERED;
  }
  if (a.kind === DENORMAL || b.kind === DENORMAL) env.flags |= FLAG_DE;
  return order(a, b);
}

/** MINxx: true if the result is the first operand, false if it is the second. NaNs and equality: the second. */
export function minimumIsFirst(env: FloatEnvironment, a: Unpacked, b: Unpacked): boolean {
  return compare(env, a, b, false) === LESS;
}

/** MAXxx: as minimumIsFirst. */
export function maximumIsFirst(env: FloatEnvironment, a: Unpacked, b: Unpacked): boolean {
  return compare(env, a, b, false) === GREATER;
}

/**
 * CMPxx: the predicate in bits 0..2 of the immediate (0 EQ, 1 LT, 2 LE, 3 UNORD, 4 NEQ, 5 NLT, 6 NLE, 7 ORD).
 * LT, LE, NLT and NLE signal on quiet NaNs.
 */
export function comparePredicate(
  env: FloatEnvironment,
  predicate: number,
  a: Unpacked,
  b: Unpacked,
): boolean {
  const kind = predicate & 3;
  const result = compare(env, a, b, kind === 0 || kind === 3);
  let holds: boolean;
  if (kind === 0) holds = result === EQUAL;
  else if (kind === 1) holds = result === LESS;
  else if (kind === 2) holds = result === LESS || result === EQUAL;
  else holds = result === UNORDERED;
  return (predicate & 4) !== 0 ? !holds : holds;
}
