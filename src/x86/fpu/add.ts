// Addition and subtraction.
//
// Sources: Intel SDM volume 2, FADD (table 3-18), FSUB, ADDSD; volume 1, 4.8.4.1 (sign of an exact zero).

import type { FloatEnvironment } from './environment.ts';
import { ROUND_DOWN } from './format.ts';
import { denormalsStop, invalid, propagateNans } from './operands.ts';
import { roundInto } from './round.ts';
import { INFINITY, QUIET_NAN, setInfinity, setZero, type Unpacked, ZERO } from './unpacked.ts';

/** out = a + b. */
export function add(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  addSigned(env, a, b, b.sign, out);
}

/** out = a - b. */
export function subtract(env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked): void {
  addSigned(env, a, b, b.sign ^ 1, out);
}

function addSigned(env: FloatEnvironment, a: Unpacked, b: Unpacked, bSign: number, out: Unpacked): void {
  if (a.kind >= QUIET_NAN || b.kind >= QUIET_NAN) {
    propagateNans(env, a, b, out);
    return;
  }
  if (a.kind === INFINITY && b.kind === INFINITY && a.sign !== bSign) {
    invalid(env, out);
    return;
  }
  if (denormalsStop(env, a, b)) return;
  if (a.kind === INFINITY) setInfinity(out, a.sign);
  else if (b.kind === INFINITY) setInfinity(out, bSign);
  else if (b.kind === ZERO) {
    if (a.kind !== ZERO) roundInto(env, out, a.sign, a.exponent, a.high, a.low, 0);
    else setZero(out, a.sign === bSign ? a.sign : env.rounding === ROUND_DOWN ? 1 : 0);
  } else if (a.kind === ZERO) roundInto(env, out, bSign, b.exponent, b.high, b.low, 0);
  else if (a.sign === bSign) addMagnitudes(env, bSign, a, b, out);
  else subtractMagnitudes(env, a.sign, a, b, out);
}

/** The smaller operand of an addition, shifted right to the exponent of the larger one, with sticky bit. */
const aligned = { high: 0xffffffff, low: 0xffffffff, extra: 0xffffffff };

function align(value: Unpacked, distance: number): void {
  let high = value.high;
  let low = value.low;
  let extra = 0;
  if (distance >= 96) {
    high = 0;
    low = 0;
    extra = 1;
  } else {
    for (; distance >= 32; distance -= 32) {
      extra = (low | (extra !== 0 ? 1 : 0)) >>> 0;
      low = high;
      high = 0;
    }
    if (distance > 0) {
      const up = 32 - distance;
      const lost = extra << up !== 0 ? 1 : 0;
      extra = ((low << up) | (extra >>> distance) | lost) >>> 0;
      low = ((high << up) | (low >>> distance)) >>> 0;
      high >>>= distance;
    }
  }
  aligned.high = high;
  aligned.low = low;
  aligned.extra = extra;
}

function addMagnitudes(env: FloatEnvironment, sign: number, a: Unpacked, b: Unpacked, out: Unpacked): void {
  const aFirst = a.exponent >= b.exponent;
  const large = aFirst ? a : b;
  const small = aFirst ? b : a;
  align(small, large.exponent - small.exponent);
  let exponent = large.exponent;
  let extra = aligned.extra;
  let low = large.low + aligned.low;
  let high = large.high + aligned.high + (low > 0xffffffff ? 1 : 0);
  low >>>= 0;
  if (high > 0xffffffff) {
    exponent += 1;
    high >>>= 0;
    extra = ((low << 31) | (extra >>> 1) | (extra & 1)) >>> 0;
    low = ((high << 31) | (low >>> 1)) >>> 0;
    high = (0x80000000 | (high >>> 1)) >>> 0;
  }
  roundInto(env, out, sign, exponent, high, low, extra);
}

/** a + b where the signs differ; `sign` is that of a. */
function subtractMagnitudes(
  env: FloatEnvironment,
  sign: number,
  a: Unpacked,
  b: Unpacked,
  out: Unpacked,
): void {
  const order = a.exponent - b.exponent || a.high - b.high || a.low - b.low;
  if (order === 0) {
    setZero(out, env.rounding === ROUND_DOWN ? 1 : 0);
    return;
  }
  const large = order > 0 ? a : b;
  const small = order > 0 ? b : a;
  align(small, large.exponent - small.exponent);
  let exponent = large.exponent;
  let extra = -aligned.extra;
  let low = large.low - aligned.low - (extra < 0 ? 1 : 0);
  let high = large.high - aligned.high - (low < 0 ? 1 : 0);
  extra >>>= 0;
  low >>>= 0;
  // Normalise. More than one bit only when the exponents differ by at most one, and then nothing was lost.
  while (high === 0) {
    high = low;
    low = extra;
    extra = 0;
    exponent -= 32;
  }
  const shift = Math.clz32(high);
  if (shift > 0) {
    high = ((high << shift) | (low >>> (32 - shift))) >>> 0;
    low = ((low << shift) | (extra >>> (32 - shift))) >>> 0;
    extra = (extra << shift) >>> 0;
    exponent -= shift;
  }
  roundInto(env, out, order > 0 ? sign : sign ^ 1, exponent, high, low, extra);
}
