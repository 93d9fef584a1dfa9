// AES-NI (FIPS 197, section 5; SDM 2A, AESENC and its neighbours; SDM 1, 12.13). The state is sixteen bytes,
// column after column. The substitution is made of sixteen swizzles, one for each row of the S-box.
import type { Builder } from '../../uops/builder.ts';
import type { V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { binaryMeaning, bytes, dwords, immediate8, shuffle, simd, splat, unaryMeaning } from './vector.ts';

// ---- the S-box ----

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let x = a, y = b; y; y >>= 1) {
    if (y & 1) product ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return product;
}

/** The multiplicative inverse, which is the 254th power; then the affine map of FIPS 197, 5.1.1. */
function substitute(value: number): number {
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = multiply(inverse, value);
  let result = 0x63;
  for (let i = 0; i < 5; i++) result ^= (inverse << i) | (inverse >> (8 - i));
  return result & 0xff;
}

const SBOX = Uint8Array.from({ length: 256 }, (_, value) => substitute(value));
const INVERSE_SBOX = new Uint8Array(256);
SBOX.forEach((substituted, value) => {
  INVERSE_SBOX[substituted] = value;
});

/** Index less 16 * row is below 16 in one row only; a swizzle gives zero in all the others. */
function substituteBytes(b: Builder, state: V128, box: Uint8Array): V128 {
  const sixteen = bytes(b, 16);
  let index = state;
  let result: V128 | undefined;
  for (let row = 0; row < 256; row += 16) {
    if (row) index = simd(b, 'i8x16.sub', index, sixteen);
    const found = simd(b, 'i8x16.swizzle', bytes(b, ...box.subarray(row, row + 16)), index);
    result = result ? simd(b, 'v128.or', result, found) : found;
  }
  return result!;
}

// ---- rows and columns ----

/** Row r of column c comes from column c + r * direction: ShiftRows, or with -1 its inverse. */
function shiftRows(b: Builder, state: V128, direction: 1 | -1): V128 {
  const lanes = Array.from({ length: 16 }, (_, i) => (4 * ((i >> 2) + (i & 3) * direction) + (i & 3)) & 15);
  return shuffle(b, 1, lanes, state);
}
/** Every column rotated: row r comes from row r + count. */
function rotateColumns(b: Builder, state: V128, count: number): V128 {
  const lanes = Array.from({ length: 16 }, (_, i) => (i & 12) | ((i + count) & 3));
  return shuffle(b, 1, lanes, state);
}
/** Every byte times x. */
function double(b: Builder, value: V128): V128 {
  const carry = simd(b, 'v128.and', simd(b, 'i8x16.shr_s', value, b.i32(7)), bytes(b, 0x1b));
  return simd(b, 'v128.xor', simd(b, 'i8x16.shl', value, b.i32(1)), carry);
}
/** A column's bytes become 2 a + 3 (a rotated by 1) + (by 2) + (by 3). */
function mixColumns(b: Builder, state: V128): V128 {
  const next = rotateColumns(b, state, 1);
  const sum = simd(b, 'v128.xor', state, next);
  return simd(b, 'v128.xor', simd(b, 'v128.xor', double(b, sum), next), rotateColumns(b, sum, 2));
}
/** The inverse is MixColumns after 5 a + 4 (a rotated by 2). */
function inverseMixColumns(b: Builder, state: V128): V128 {
  const sum = simd(b, 'v128.xor', state, rotateColumns(b, state, 2));
  return mixColumns(b, simd(b, 'v128.xor', state, double(b, double(b, sum))));
}

// ---- instructions ----

function round(
  mnemonic: string,
  direction: 1 | -1,
  box: Uint8Array,
  mix: ((b: Builder, state: V128) => V128) | null,
): Meaning {
  return binaryMeaning(mnemonic, (b, state, key) => {
    const substituted = substituteBytes(b, shiftRows(b, state, direction), box);
    return simd(b, 'v128.xor', mix ? mix(b, substituted) : substituted, key);
  });
}

/** AESKEYGENASSIST: the second and fourth word substituted, as they are and rotated with the round constant. */
function assistKey(b: Builder, source: V128): V128 {
  const words = substituteBytes(b, source, SBOX);
  const spread = shuffle(b, 1, [4, 5, 6, 7, 5, 6, 7, 4, 12, 13, 14, 15, 13, 14, 15, 12], words);
  return simd(b, 'v128.xor', spread, simd(b, 'v128.and', splat(b, 32, immediate8(b)), dwords(b, 0, -1)));
}

export const aesMeanings: readonly Meaning[] = [
  round('AESENC', 1, SBOX, mixColumns),
  round('AESENCLAST', 1, SBOX, null),
  round('AESDEC', -1, INVERSE_SBOX, inverseMixColumns),
  round('AESDECLAST', -1, INVERSE_SBOX, null),
  unaryMeaning('AESIMC', inverseMixColumns),
  unaryMeaning('AESKEYGENASSIST', assistKey),
];
