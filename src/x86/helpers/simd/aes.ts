// The round functions of AES (FIPS 197, section 5; SDM 2A, AESENC and its neighbours). The state is four
// little-endian words, one a column. Tables combine SubBytes with MixColumns, and so does their inverse.
//
//   FIRST    state        SECOND   round key        RESULT   new state
import { type Helper, helper } from '../helper.ts';
import { FIRST, RESULT, SECOND } from './float.ts';

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197, 4.2). */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let x = a, y = b; y; y >>= 1) {
    if (y & 1) product ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0);
  }
  return product;
}

const SBOX = new Uint8Array(256);
const INVERSE_SBOX = new Uint8Array(256);
/** Column of MixColumns(SubBytes) that a byte in row 0 contributes; the other rows' are rotations of it. */
const ENCRYPT = new Uint32Array(256);
/** Likewise InvMixColumns(InvSubBytes), and InvMixColumns alone. */
const DECRYPT = new Uint32Array(256);
const INVERSE_MIX = new Uint32Array(256);

const column = (r0: number, r1: number, r2: number, r3: number) =>
  (r0 | (r1 << 8) | (r2 << 16) | (r3 << 24)) >>> 0;
const inverseColumn = (v: number) =>
  column(multiply(v, 14), multiply(v, 9), multiply(v, 13), multiply(v, 11));

/** The multiplicative inverse is the 254th power; then the affine map of FIPS 197, 5.1.1. */
function substitute(value: number): number {
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = multiply(inverse, value);
  let result = 0x63;
  for (let i = 0; i < 5; i++) result ^= (inverse << i) | (inverse >> (8 - i));
  return result & 0xff;
}

for (let value = 0; value < 256; value++) {
  const s = substitute(value);
  SBOX[value] = s;
  INVERSE_SBOX[s] = value;
  ENCRYPT[value] = column(multiply(s, 2), s, s, multiply(s, 3));
  INVERSE_MIX[value] = inverseColumn(value);
}
for (let value = 0; value < 256; value++) DECRYPT[value] = inverseColumn(INVERSE_SBOX[value]!);

const S = FIRST >> 2;
const K = SECOND >> 2;
const R = RESULT >> 2;
const rotate = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/**
 * A round: row r of column c comes from column c + r * direction (ShiftRows, or with -1 its inverse).
 * `columns` is the table for all rounds but the last, `bytes` the substitution for the last.
 */
function round(name: string, direction: 1 | -1, columns: Uint32Array | null, bytes: Uint8Array): Helper {
  return helper(
    name,
    [],
    null,
    (cpu) => {
      const { u32 } = cpu.state;
      for (let c = 0; c < 4; c++) {
        let word = u32[K + c]!;
        for (let row = 0; row < 4; row++) {
          const byte = (u32[S + ((c + row * direction) & 3)]! >>> (8 * row)) & 0xff;
          word ^= columns ? rotate(columns[byte]!, 8 * row) : bytes[byte]! << (8 * row);
        }
        u32[R + c] = word;
      }
    },
    { faults: false },
  );
}

export const aesEncrypt = round('AESENC', 1, ENCRYPT, SBOX);
export const aesEncryptLast = round('AESENCLAST', 1, null, SBOX);
export const aesDecrypt = round('AESDEC', -1, DECRYPT, INVERSE_SBOX);
export const aesDecryptLast = round('AESDECLAST', -1, null, INVERSE_SBOX);

/** AESIMC: InvMixColumns of the operand at FIRST. */
export const aesInverseMix = helper(
  'AESIMC',
  [],
  null,
  (cpu) => {
    const { u32 } = cpu.state;
    for (let c = 0; c < 4; c++) {
      let word = 0;
      for (let row = 0; row < 4; row++) {
        word ^= rotate(INVERSE_MIX[(u32[S + c]! >>> (8 * row)) & 0xff]!, 8 * row);
      }
      u32[R + c] = word;
    }
  },
  { faults: false },
);

function substituteWord(word: number): number {
  return column(
    SBOX[word & 0xff]!,
    SBOX[(word >>> 8) & 0xff]!,
    SBOX[(word >>> 16) & 0xff]!,
    SBOX[word >>> 24]!,
  );
}

/** AESKEYGENASSIST of the operand at FIRST; the argument is the round constant. */
export const aesKeyAssist = helper(
  'AESKEYGENASSIST',
  ['i32'],
  null,
  (cpu, constant) => {
    const { u32 } = cpu.state;
    for (const c of [1, 3]) {
      const word = substituteWord(u32[S + c]!);
      u32[R + c - 1] = word;
      u32[R + c] = rotate(word, 24) ^ constant;
    }
  },
  { faults: false },
);
