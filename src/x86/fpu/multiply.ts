// Multiplication, division and square root.
//
// Sources: Intel SDM volume 2, FMUL, FDIV, FSQRT, MULSD, DIVSD, SQRTSD (tables of special operands).

import type { FloatEnvironment } from './environment.ts';
import { FLAG_ZE } from './format.ts';
import { denormalStops, denormalsStop, invalid, propagateNan, propagateNans } from './operands.ts';
import { roundInto } from './round.ts';
import { copy, INFINITY, QUIET_NAN, setInfinity, setZero, type Unpacked, ZERO } from './unpacked.ts';
import { divideStep, divisionIsExact, multiply64, startDivision, wide } from './wide.ts';

const product = wide();

/** out = a * b. */
export function multiply(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if ((a.kind === INFINITY && b.kind === ZERO) || (a.kind === ZERO && b.kind === INFINITY)) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  const sign = a.sign ^ b.sign;
  if (a.kind === INFINITY || b.kind === INFINITY) setInfinity(out, sign);
  else if (a.kind === ZERO || b.kind === ZERO) setZero(out, sign);
  else {
    multiply64(a.high, a.low, b.high, b.low, product);
    let high = product.word3;
    let low = product.word2;
    let extra = product.word1;
    let exponent = a.exponent + b.exponent + 1;
    if (high < 0x80000000) {
      exponent -= 1;
      high = ((high << 1) | (low >>> 31)) >>> 0;
      low = ((low << 1) | (extra >>> 31)) >>> 0;
      extra = ((extra << 1) | (product.word0 >>> 31)) >>> 0;
    }
    if (product.word0 !== 0) extra = (extra | 1) >>> 0;
    roundInto(env, out, sign, exponent, high, low, extra);
  }
}

/** out = a / b. */
export function divide(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if (a.kind === b.kind && (a.kind === INFINITY || a.kind === ZERO)) {
    invalid(env, out);
    return;
  }
  const sign = a.sign ^ b.sign;
  if (b.kind === ZERO && a.kind !== INFINITY) {
    env.flags |= FLAG_ZE;
    setInfinity(out, sign);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  if (a.kind === INFINITY) setInfinity(out, sign);
  else if (b.kind === INFINITY || a.kind === ZERO) setZero(out, sign);
  else {
    let exponent = a.exponent - b.exponent;
    if (a.high > b.high || (a.high === b.high && a.low >= b.low)) {
      // The quotient is in [1, 2): divide half of a, and account for it in the exponent.
      startDivision(a.high >>> 1, ((a.high << 31) | (a.low >>> 1)) >>> 0);
      divideRest(env, out, sign, exponent, (a.low << 31) >>> 0, b);
      return;
    }
    exponent -= 1;
    startDivision(a.high, a.low);
    divideRest(env, out, sign, exponent, 0, b);
  }
}

/** `tail` is the 32 bits below the remainder that was started with. */
function divideRest(
  env: FloatEnvironment,
  out: Unpacked,
  sign: number,
  exponent: number,
  tail: number,
  b: Unpacked,
): void {
  const high = divideStep(b.high, b.low, tail);
  const low = divideStep(b.high, b.low, 0);
  const extra = divideStep(b.high, b.low, 0);
  roundInto(env, out, sign, exponent, high, low, (extra | (divisionIsExact() ? 0 : 1)) >>> 0);
}

/** out = square root of a. */
export function squareRoot(env: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  if (a.kind >= QUIET_NAN) {
    propagateNan(env, a, out);
    return;
  }
  if (a.sign === 1 && a.kind !== ZERO) {
    invalid(env, out);
    return;
  }
  if (denormalStops(env, a)) return;
  if (a.kind === ZERO || a.kind === INFINITY) {
    copy(out, a);
    return;
  }
  // value = (S / 2^63) * 2^e; with e even, root = sqrt(S * 2^129) / 2^96 * 2^(e/2), 97 bits with bit 96 set.
  const odd = a.exponent & 1;
  const radicand = ((BigInt(a.high) << 32n) | BigInt(a.low)) << (odd ? 128n : 127n);
  const root = integerSquareRoot(radicand);
  const extra = Number(root & 0xffffffffn) | (rootIsExact ? 0 : 1);
  const high = Number(root >> 64n);
  const low = Number((root >> 32n) & 0xffffffffn);
  roundInto(env, out, 0, (a.exponent - odd) / 2, high, low, extra >>> 0);
}

/** Whether the last root came out even. */
let rootIsExact = false;

/** Floor of the square root of a bigint of 191 or 192 bits. */
function integerSquareRoot(value: bigint): bigint {
  // A double gives 52 bits; a step of Newton's iteration gives 104, and the last bit is then put right.
  let root = BigInt(Math.floor(Math.sqrt(Number(value >> 128n)) * 2097152)) << 43n;
  root = (root + value / root) >> 1n;
  let rest = value - root * root;
  while (rest < 0n) {
    rest += 2n * root - 1n;
    root -= 1n;
  }
  while (rest > 2n * root) {
    rest -= 2n * root + 1n;
    root += 1n;
  }
  rootIsExact = rest === 0n;
  return root;
}
