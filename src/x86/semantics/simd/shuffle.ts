// Instructions that move lanes: pack, unpack, shuffle, align, blend (SDM 1, 9.4.4, 10.4.4, 11.4.4, 12.6.5,
// 12.10). The immediate is a field of the instruction and not known when a meaning is built, so shuffles
// by immediates compute a vector of byte indices first.
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import { FLAG_CF, FLAG_ZF, FLAGS_STATUS, type I32, type V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { limitedImmediate } from './shift.ts';
import {
  binaryMeaning,
  bytes,
  dwords,
  immediate8,
  iota,
  joinLow,
  qwords,
  readVector,
  shuffle,
  simd,
  splat,
  unaryMeaning,
  vectorBits,
  vectorMeaning,
  words,
  writeVector,
} from './vector.ts';

// ---- pack and unpack ----

function pack(mnemonic: string, name: string): Meaning {
  return binaryMeaning(mnemonic, (b, d, s) => {
    if (vectorBits(b) === 128) return simd(b, name, d, s);
    const both = joinLow(b, d, s);
    return simd(b, name, both, both);
  });
}

/** Interleaves the low or high halves. The MMX forms of the low ones read only 32 bits of memory. */
function unpack(mnemonic: string, size: 1 | 2 | 4 | 8, half: 'low' | 'high'): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const bits = vectorBits(b);
    const source = readVector(b, 1, { memoryBits: bits === 64 && half === 'low' ? 32 : bits });
    const count = bits / 16 / size;
    const first = half === 'low' ? 0 : count;
    const lanes = Array.from({ length: 16 / size }, (_, i) => {
      const lane = first + ((i >> 1) % count);
      return i & 1 ? lane + 16 / size : lane;
    });
    writeVector(b, 0, shuffle(b, size, lanes, readVector(b, 0), source));
  });
}

// ---- shuffles ----

/** Byte indices of lanes that two-bit fields of the immediate name; lane i takes bits 2i+1:2i. */
function dwordIndices(b: Builder): V128 {
  const fields = simd(b, 'i32x4.mul', splat(b, 32, immediate8(b)), dwords(b, 64, 16, 4, 1));
  const lanes = simd(b, 'v128.and', simd(b, 'i32x4.shr_u', fields, b.i32(6)), dwords(b, 3));
  return simd(b, 'i32x4.add', simd(b, 'i32x4.mul', lanes, dwords(b, 0x04040404)), dwords(b, 0x03020100));
}

/** Likewise of four words, those from lane `first` on; the others stay in place. */
function wordIndices(b: Builder, first: 0 | 4): V128 {
  const own = (value: number, other: number) => (lane: number) => (lane >> 2 === first >> 2 ? value : other);
  const lane = [0, 1, 2, 3, 4, 5, 6, 7];
  const scale = words(b, ...lane.map((i) => 64 >> (2 * (i & 3))));
  const fields = simd(b, 'i16x8.shr_u', simd(b, 'i16x8.mul', splat(b, 16, immediate8(b)), scale), b.i32(6));
  const lanes = simd(b, 'v128.and', fields, words(b, ...lane.map(own(3, 0))));
  const base = lane.map((i) => own(first, i)(i) * 0x0202 + 0x0100);
  return simd(b, 'i16x8.add', simd(b, 'i16x8.mul', lanes, words(b, 0x0202)), words(b, ...base));
}

function shuffleWords(mnemonic: string, first: 0 | 4): Meaning {
  return unaryMeaning(mnemonic, (b, s) => simd(b, 'i8x16.swizzle', s, wordIndices(b, first)));
}

function shuffleSingles(b: Builder, d: V128, s: V128): V128 {
  const indices = dwordIndices(b);
  const low = simd(b, 'i8x16.swizzle', d, indices);
  return shuffle(b, 8, [0, 3], low, simd(b, 'i8x16.swizzle', s, indices));
}

function shuffleDoubles(b: Builder, d: V128, s: V128): V128 {
  const immediate = immediate8(b);
  const low = b.select(b.and(immediate, 1), shuffle(b, 8, [1, 1], d), d);
  const high = b.select(b.and(immediate, 2), s, shuffle(b, 8, [0, 0], s));
  return shuffle(b, 8, [0, 3], low, high);
}

/** PSHUFB: bit 7 of an index gives zero, bits above the vector's width are ignored. */
function shuffleBytes(b: Builder, d: V128, s: V128): V128 {
  return simd(b, 'i8x16.swizzle', d, simd(b, 'v128.and', s, bytes(b, vectorBits(b) === 64 ? 0x87 : 0x8f)));
}

/** PALIGNR: bytes imm, imm + 1, ... of destination:source. */
function align(b: Builder, d: V128, s: V128): V128 {
  const indices = simd(b, 'i8x16.add', iota(b), splat(b, 8, limitedImmediate(b, 32)));
  if (vectorBits(b) === 64) return simd(b, 'i8x16.swizzle', joinLow(b, s, d), indices);
  const upper = simd(b, 'i8x16.sub', indices, bytes(b, 16));
  return simd(b, 'v128.or', simd(b, 'i8x16.swizzle', s, indices), simd(b, 'i8x16.swizzle', d, upper));
}

// ---- blends ----

/** All ones in lane i where bit i of the value is set, for lanes of 8, 16, 32 or 64 bits. */
export function maskOfBits(b: Builder, bits: 8 | 16 | 32 | 64, value: I32): V128 {
  if (bits === 64) {
    const single = qwords(b, 1n, 2n);
    return simd(b, 'i64x2.eq', simd(b, 'v128.and', splat(b, 64, b.extendU(value)), single), single);
  }
  if (bits === 8) {
    const halves = bytes(b, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const spread = simd(b, 'i8x16.swizzle', splat(b, 32, value), halves);
    const single = bytes(b, 1, 2, 4, 8, 16, 32, 64, 128);
    return simd(b, 'i8x16.eq', simd(b, 'v128.and', spread, single), single);
  }
  const single = bits === 16 ? words(b, 1, 2, 4, 8, 16, 32, 64, 128) : dwords(b, 1, 2, 4, 8);
  const shape = bits === 16 ? 'i16x8' : 'i32x4';
  return simd(b, `${shape}.eq`, simd(b, 'v128.and', splat(b, bits, value), single), single);
}

function blend(mnemonic: string, bits: 16 | 32 | 64): Meaning {
  return binaryMeaning(mnemonic, (b, d, s) =>
    simd(b, 'v128.bitselect', s, d, maskOfBits(b, bits, immediate8(b))),
  );
}

/** The sign of each lane of XMM0 chooses. */
function blendVariable(mnemonic: string, shape: string, bits: number): Meaning {
  return binaryMeaning(mnemonic, (b, d, s) => {
    const mask = simd(b, `${shape}.shr_s`, b.get(128, S.XMM), b.i32(bits - 1));
    return simd(b, 'v128.bitselect', s, d, mask);
  });
}

// ---- sums of differences of shifted blocks ----

/** MPSADBW: |destination[i + k] - source[k]| summed over four k, for eight i; the immediate chooses the blocks. */
function multipleSums(b: Builder, d: V128, s: V128): V128 {
  const immediate = immediate8(b);
  const from = (value: V128, offset: I32) =>
    simd(b, 'i8x16.swizzle', value, simd(b, 'i8x16.add', iota(b), splat(b, 8, offset)));
  const window = from(d, b.and(immediate, 4));
  const block = from(s, b.shl(b.and(immediate, 3), 2));
  let sum: V128 | undefined;
  for (let k = 0; k < 4; k++) {
    const own = simd(b, 'i16x8.extend_low_i8x16_u', shuffle(b, 1, laneRange(k), window));
    const other = simd(b, 'i16x8.extend_low_i8x16_u', shuffle(b, 1, Array(16).fill(k), block));
    const difference = simd(b, 'i16x8.abs', simd(b, 'i16x8.sub', own, other));
    sum = sum ? simd(b, 'i16x8.add', sum, difference) : difference;
  }
  return sum!;
}
const laneRange = (first: number) => Array.from({ length: 16 }, (_, i) => (first + i) & 15);

// ---- test ----

const test = vectorMeaning('PTEST', (b) => {
  const source = readVector(b, 1);
  const destination = readVector(b, 0);
  const none = (value: V128) => b.eqz(b.simd('v128.any_true', [value], 'i32') as I32);
  const zero = none(simd(b, 'v128.and', source, destination));
  const carry = none(simd(b, 'v128.andnot', source, destination));
  b.flagsSet(FLAGS_STATUS, b.or(b.mul(zero, FLAG_ZF), b.mul(carry, FLAG_CF)));
});

export const shuffleMeanings: readonly Meaning[] = [
  pack('PACKSSWB', 'i8x16.narrow_i16x8_s'),
  pack('PACKUSWB', 'i8x16.narrow_i16x8_u'),
  pack('PACKSSDW', 'i16x8.narrow_i32x4_s'),
  pack('PACKUSDW', 'i16x8.narrow_i32x4_u'),
  unpack('PUNPCKLBW', 1, 'low'),
  unpack('PUNPCKLWD', 2, 'low'),
  unpack('PUNPCKLDQ', 4, 'low'),
  unpack('PUNPCKLQDQ', 8, 'low'),
  unpack('PUNPCKHBW', 1, 'high'),
  unpack('PUNPCKHWD', 2, 'high'),
  unpack('PUNPCKHDQ', 4, 'high'),
  unpack('PUNPCKHQDQ', 8, 'high'),
  unpack('UNPCKLPS', 4, 'low'),
  unpack('UNPCKLPD', 8, 'low'),
  unpack('UNPCKHPS', 4, 'high'),
  unpack('UNPCKHPD', 8, 'high'),
  shuffleWords('PSHUFW', 0),
  shuffleWords('PSHUFLW', 0),
  shuffleWords('PSHUFHW', 4),
  unaryMeaning('PSHUFD', (b, s) => simd(b, 'i8x16.swizzle', s, dwordIndices(b))),
  binaryMeaning('SHUFPS', shuffleSingles),
  binaryMeaning('SHUFPD', shuffleDoubles),
  binaryMeaning('PSHUFB', shuffleBytes),
  binaryMeaning('PALIGNR', align),
  blend('PBLENDW', 16),
  blend('BLENDPS', 32),
  blend('BLENDPD', 64),
  blendVariable('PBLENDVB', 'i8x16', 8),
  blendVariable('BLENDVPS', 'i32x4', 32),
  blendVariable('BLENDVPD', 'i64x2', 64),
  binaryMeaning('MPSADBW', multipleSums),
  test,
];
