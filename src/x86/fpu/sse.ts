// Scalar SSE arithmetic on bit patterns: a thin layer that unpacks with DAZ, rounds to binary32 or binary64,
// and packs. Packed instructions call it once a lane (see environment.ts about unmasked exceptions in lanes).
//
// Call `beginSse(env, mxcsr)` first; afterwards OR `env.flags` into MXCSR, and give up the result if
// `env.flags & ~env.masks` is not 0. An operand of 64 bits travels as two unsigned halves, a result of 64 bits
// arrives in a RawPair; a result of 32 bits is an unsigned number.
//
// Sources: Intel SDM volume 1, 10.2.3, 11.5; volume 2, the instructions named below.

import { add, subtract } from './add.ts';
import { comparePredicate, compare as compareUnpacked, maximumIsFirst, minimumIsFirst } from './compare.ts';
import { convert } from './convert.ts';
import type { FloatEnvironment } from './environment.ts';
import { BINARY32, BINARY64, ROUND_ZERO } from './format.ts';
import { fromInteger64, roundToIntegral as integral, toInteger } from './integer.ts';
import { divide, multiply, squareRoot } from './multiply.ts';
import { packBinary32, packBinary64, type RawPair, unpackBinary32, unpackBinary64 } from './packing.ts';
import { DENORMAL, setZero, type Unpacked, unpacked } from './unpacked.ts';

/** An arithmetic operation with two operands, for binary32 and binary64 below. */
export type BinaryOperation = (env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked) => void;

/** ADDxx, SUBxx, MULxx, DIVxx. */
export const SSE_ADD: BinaryOperation = add;
export const SSE_SUBTRACT: BinaryOperation = subtract;
export const SSE_MULTIPLY: BinaryOperation = multiply;
export const SSE_DIVIDE: BinaryOperation = divide;

const first = unpacked();
const second = unpacked();
const result = unpacked();

function load32(env: FloatEnvironment, bits: number, out: Unpacked): void {
  unpackBinary32(bits, out);
  if (out.kind === DENORMAL && env.denormalsAreZero) setZero(out, out.sign);
}

function load64(env: FloatEnvironment, high: number, low: number, out: Unpacked): void {
  unpackBinary64(high, low, out);
  if (out.kind === DENORMAL && env.denormalsAreZero) setZero(out, out.sign);
}

/** a op b in binary32. */
export function arithmetic32(
  env: FloatEnvironment,
  operation: BinaryOperation,
  a: number,
  b: number,
): number {
  load32(env, a, first);
  load32(env, b, second);
  env.format = BINARY32;
  operation(env, first, second, result);
  return packBinary32(result);
}

/** out = a op b in binary64. */
export function arithmetic64(
  env: FloatEnvironment,
  operation: BinaryOperation,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  out: RawPair,
): void {
  load64(env, aHigh, aLow, first);
  load64(env, bHigh, bLow, second);
  env.format = BINARY64;
  operation(env, first, second, result);
  packBinary64(result, out);
}

/** SQRTSS. */
export function squareRoot32(env: FloatEnvironment, a: number): number {
  load32(env, a, first);
  env.format = BINARY32;
  squareRoot(env, first, result);
  return packBinary32(result);
}

/** SQRTSD. */
export function squareRoot64(env: FloatEnvironment, high: number, low: number, out: RawPair): void {
  load64(env, high, low, first);
  env.format = BINARY64;
  squareRoot(env, first, result);
  packBinary64(result, out);
}

/** MINSS (`maximum` false) or MAXSS: true if the result is the first operand, false if it is the second. */
function firstIsChosen32(env: FloatEnvironment, maximum: boolean, a: number, b: number): boolean {
  load32(env, a, first);
  load32(env, b, second);
  return maximum ? maximumIsFirst(env, first, second) : minimumIsFirst(env, first, second);
}

/** MINSS or MAXSS. */
export function extremum32(env: FloatEnvironment, maximum: boolean, a: number, b: number): number {
  return flushed32(env, firstIsChosen32(env, maximum, a, b) ? a : b);
}

/** The bits of a binary32, a denormal replaced by a zero if DAZ is set. */
function flushed32(env: FloatEnvironment, bits: number): number {
  return env.denormalsAreZero && (bits & 0x7f800000) === 0 ? (bits & 0x80000000) >>> 0 : bits >>> 0;
}

/** MINSD or MAXSD. */
export function extremum64(
  env: FloatEnvironment,
  maximum: boolean,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  out: RawPair,
): void {
  load64(env, aHigh, aLow, first);
  load64(env, bHigh, bLow, second);
  const chooseFirst = maximum ? maximumIsFirst(env, first, second) : minimumIsFirst(env, first, second);
  const high = chooseFirst ? aHigh : bHigh;
  const flush = env.denormalsAreZero && (high & 0x7ff00000) === 0;
  out.high = (flush ? high & 0x80000000 : high) >>> 0;
  out.low = flush ? 0 : (chooseFirst ? aLow : bLow) >>> 0;
}

/** CMPSS: whether the predicate (bits 0..2) holds. */
export function predicate32(env: FloatEnvironment, predicate: number, a: number, b: number): boolean {
  load32(env, a, first);
  load32(env, b, second);
  return comparePredicate(env, predicate, first, second);
}

/** CMPSD. */
export function predicate64(
  env: FloatEnvironment,
  predicate: number,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
): boolean {
  load64(env, aHigh, aLow, first);
  load64(env, bHigh, bLow, second);
  return comparePredicate(env, predicate, first, second);
}

/** COMISS, UCOMISS (`quiet`): LESS, EQUAL, GREATER or UNORDERED of compare.ts. */
export function compare32(env: FloatEnvironment, quiet: boolean, a: number, b: number): number {
  load32(env, a, first);
  load32(env, b, second);
  return compareUnpacked(env, first, second, quiet);
}

/** COMISD, UCOMISD (`quiet`). */
export function compare64(
  env: FloatEnvironment,
  quiet: boolean,
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
): number {
  load64(env, aHigh, aLow, first);
  load64(env, bHigh, bLow, second);
  return compareUnpacked(env, first, second, quiet);
}

/** CVTSS2SD. */
export function widen(env: FloatEnvironment, bits: number, out: RawPair): void {
  load32(env, bits, first);
  env.format = BINARY64;
  convert(env, first, result);
  packBinary64(result, out);
}

/** CVTSD2SS. */
export function narrow(env: FloatEnvironment, high: number, low: number): number {
  load64(env, high, low, first);
  env.format = BINARY32;
  convert(env, first, result);
  return packBinary32(result);
}

/** CVTSS2SI, CVTTSS2SI (`truncate`), CVTPS2DQ...: a signed integer of 32 or 64 bits, sign-extended into out. */
export function integerFrom32(
  env: FloatEnvironment,
  bits: number,
  width: number,
  truncate: boolean,
  out: RawPair,
): void {
  load32(env, bits, first);
  toInteger(env, first, width, truncate ? ROUND_ZERO : env.rounding, out);
}

/** CVTSD2SI, CVTTSD2SI (`truncate`), CVTPD2DQ... */
export function integerFrom64(
  env: FloatEnvironment,
  high: number,
  low: number,
  width: number,
  truncate: boolean,
  out: RawPair,
): void {
  load64(env, high, low, first);
  toInteger(env, first, width, truncate ? ROUND_ZERO : env.rounding, out);
}

/** CVTSI2SS, CVTDQ2PS: from a signed integer of 64 bits in halves (sign-extend one of 32 bits). */
export function binary32FromInteger(env: FloatEnvironment, high: number, low: number): number {
  env.format = BINARY32;
  fromInteger64(env, high, low, result);
  return packBinary32(result);
}

/** CVTSI2SD, CVTDQ2PD. */
export function binary64FromInteger(env: FloatEnvironment, high: number, low: number, out: RawPair): void {
  env.format = BINARY64;
  fromInteger64(env, high, low, result);
  packBinary64(result, out);
}

/** The rounding that the immediate of ROUNDxx asks for: bit 2 means MXCSR.RC. */
function immediateRounding(env: FloatEnvironment, immediate: number): number {
  return (immediate & 4) !== 0 ? env.rounding : immediate & 3;
}

/** ROUNDSS; bit 3 of the immediate suppresses PE. */
export function roundToIntegral32(env: FloatEnvironment, bits: number, immediate: number): number {
  load32(env, bits, first);
  integral(env, first, immediateRounding(env, immediate), false, (immediate & 8) === 0, result);
  return packBinary32(result);
}

/** ROUNDSD. */
export function roundToIntegral64(
  env: FloatEnvironment,
  high: number,
  low: number,
  immediate: number,
  out: RawPair,
): void {
  load64(env, high, low, first);
  integral(env, first, immediateRounding(env, immediate), false, (immediate & 8) === 0, result);
  packBinary64(result, out);
}
