// Packed decimal: FBLD and FBSTP, 18 digits and a sign in 80 bits.
//
//   79 sign | 78..72 unused | 71..68 digit 17 | ... | 3..0 digit 0
//
// Digits above 9 are undefined in the manual; here they count at their place value, as on processors.
//
// Source: Intel SDM volume 1, 4.7 and table 8-10 (packed BCD indefinite); volume 2, FBLD, FBSTP.

import type { FloatEnvironment } from './environment.ts';
import { EXTENDED, FLAG_IE } from './format.ts';
import { fromInteger64, toInteger } from './integer.ts';
import type { RawExtended, RawPair } from './packing.ts';
import { setZero, type Unpacked } from './unpacked.ts';

const integer: RawPair = { high: 0, low: 0 };
const LIMIT = 10n ** 18n;

/** out = the packed decimal; exact, no exception. Bytes 0..9 are low, high and the low half of signExponent. */
export function fromDecimal(env: FloatEnvironment, bits: RawExtended, out: Unpacked): void {
  let value = 0n;
  const text = (((BigInt(bits.signExponent & 0xff) << 32n) | BigInt(bits.high)) << 32n) | BigInt(bits.low);
  for (let digit = 17; digit >= 0; digit--) value = value * 10n + ((text >> BigInt(digit * 4)) & 15n);
  const sign = (bits.signExponent >> 15) & 1;
  const format = env.format;
  env.format = EXTENDED;
  if (value === 0n) setZero(out, sign);
  else {
    fromInteger64(env, Number(value >> 32n), Number(value & 0xffffffffn), out);
    out.sign = sign;
  }
  env.format = format;
}

/** out = a, rounded to an integer, as packed decimal; the BCD indefinite with IE if it has more than 18 digits. */
export function toDecimal(env: FloatEnvironment, a: Unpacked, out: RawExtended): void {
  const flags = env.flags;
  toInteger(env, a, 64, env.rounding, integer);
  let value = BigInt.asIntN(64, (BigInt(integer.high) << 32n) | BigInt(integer.low));
  if (value < 0n) value = -value;
  if ((env.flags & FLAG_IE) !== 0 || value >= LIMIT) {
    env.flags = flags | FLAG_IE;
    env.roundedUp = false;
    out.signExponent = 0xffff;
    out.high = 0xc0000000;
    out.low = 0;
    return;
  }
  const text = BigInt(`0x${value}`);
  out.signExponent = (a.sign << 15) | Number(text >> 64n);
  out.high = Number((text >> 32n) & 0xffffffffn);
  out.low = Number(text & 0xffffffffn);
}
