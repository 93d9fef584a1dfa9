// Products and quotients of 64-bit significands in 32-bit halves, without bigint.
//
// All numbers are unsigned 32-bit integers held in doubles; a product of 32 by 16 bits is exact in a double.

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
export function multiplyHigh(a: number, b: number): number {
  const upper = (a >>> 16) * b;
  const lower = (a & 0xffff) * b;
  return Math.floor((upper + Math.floor(lower / 65536)) / 65536);
}

/** A 128-bit number: word3 is the most significant. */
export interface Wide {
  word3: number;
  word2: number;
  word1: number;
  word0: number;
}

export function wide(): Wide {
  const value = { word3: 0xffffffff, word2: 0xffffffff, word1: 0xffffffff, word0: 0xffffffff };
  value.word3 = 0;
  value.word2 = 0;
  value.word1 = 0;
  value.word0 = 0;
  return value;
}

/** out = (aHigh:aLow) * (bHigh:bLow), 128 bits. */
export function multiply64(aHigh: number, aLow: number, bHigh: number, bLow: number, out: Wide): void {
  const word0 = Math.imul(aLow, bLow) >>> 0;
  let word1 = multiplyHigh(aLow, bLow) + (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bHigh) >>> 0);
  let word2 =
    multiplyHigh(aHigh, bLow) +
    multiplyHigh(aLow, bHigh) +
    (Math.imul(aHigh, bHigh) >>> 0) +
    Math.floor(word1 / 0x100000000);
  const word3 = multiplyHigh(aHigh, bHigh) + Math.floor(word2 / 0x100000000);
  word1 >>>= 0;
  word2 >>>= 0;
  out.word3 = word3;
  out.word2 = word2;
  out.word1 = word1;
  out.word0 = word0;
}

/** A remainder in the middle of a long division, high:low, always less than the divisor. */
const remainder = { high: 0xffffffff, low: 0xffffffff };

/** Sets the remainder that divideStep goes on from. */
export function startDivision(high: number, low: number): void {
  remainder.high = high;
  remainder.low = low;
}

/** True if the division came out even. */
export function divisionIsExact(): boolean {
  return remainder.high === 0 && remainder.low === 0;
}

/**
 * The next 32 bits of the quotient: floor((remainder * 2^32 + tail) / divisor), the remainder updated.
 * The divisor has bit 31 of `high` set and is larger than the remainder; `tail` is an unsigned 32-bit number.
 */
export function divideStep(high: number, low: number, tail: number): number {
  const divisor = high * 4294967296 + low;
  let digit = Math.floor(((remainder.high * 4294967296 + remainder.low) / divisor) * 4294967296);
  if (digit > 0xffffffff) digit = 0xffffffff;
  // remainder * 2^32 - digit * divisor, as three words; the digit is wrong by one or two at most.
  const p0 = Math.imul(digit, low) >>> 0;
  let p1 = multiplyHigh(digit, low) + (Math.imul(digit, high) >>> 0);
  const p2 = multiplyHigh(digit, high) + Math.floor(p1 / 0x100000000);
  p1 >>>= 0;
  let r0 = tail - p0;
  let r1 = remainder.low - p1;
  let r2 = remainder.high - p2;
  if (r0 < 0) {
    r0 += 0x100000000;
    r1 -= 1;
  }
  if (r1 < 0) {
    r1 += 0x100000000;
    r2 -= 1;
  }
  while (r2 < 0) {
    digit -= 1;
    r0 += low;
    r1 += high;
    if (r0 > 0xffffffff) {
      r0 -= 0x100000000;
      r1 += 1;
    }
    if (r1 > 0xffffffff) {
      r1 -= 0x100000000;
      r2 += 1;
    }
  }
  while (r2 > 0 || r1 > high || (r1 === high && r0 >= low)) {
    digit += 1;
    r0 -= low;
    r1 -= high;
    if (r0 < 0) {
      r0 += 0x100000000;
      r1 -= 1;
    }
    if (r1 < 0) {
      r1 += 0x100000000;
      r2 -= 1;
    }
  }
  remainder.high = r1;
  remainder.low = r0;
  return digit;
}
