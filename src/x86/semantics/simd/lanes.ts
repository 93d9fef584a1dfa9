// Single lanes in and out of a vector (PEXTR, PINSR, EXTRACTPS, INSERTPS) and masks of signs (PMOVMSKB,
// MOVMSKPS, MOVMSKPD). The lane is an immediate, taken modulo the number of lanes.
import type { Builder } from '../../uops/builder.ts';
import type { I32, Int, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { maskOfBits } from './shuffle.ts';
import {
  bytes,
  dwords,
  immediate8,
  iota,
  lane32,
  lane64,
  qwords,
  readLow,
  readVector,
  simd,
  splat,
  vectorBits,
  vectorMeaning,
  words,
  writeVector,
} from './vector.ts';

type LaneBits = 8 | 16 | 32 | 64;

/** The number of the lane that the immediate chooses. */
function laneNumber(b: Builder, bits: LaneBits, width: number, immediate = immediate8(b)): I32 {
  return b.and(immediate, width / bits - 1);
}

/** A register destination gets the lane zero-extended. */
function extract(mnemonic: string, bits: LaneBits): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const value = readVector(b, 1);
    const start = b.mul(laneNumber(b, bits, vectorBits(b, 1)), bits / 8);
    const moved = simd(b, 'i8x16.swizzle', value, simd(b, 'i8x16.add', iota(b), splat(b, 8, start)));
    const lane: Int = bits === 64 ? lane64(b, moved) : b.truncate(bits, lane32(b, moved));
    if (b.isMemory(0)) b.storeTo(b.reference(0), bits, lane);
    else b.write(0, lane);
  });
}

/** All ones in the lane of this number. */
function laneMask(b: Builder, bits: LaneBits, lane: I32): V128 {
  if (bits === 64) return simd(b, 'i64x2.eq', splat(b, 64, b.extendU(lane)), qwords(b, 0n, 1n));
  if (bits === 32) return simd(b, 'i32x4.eq', splat(b, 32, lane), dwords(b, 0, 1, 2, 3));
  if (bits === 16) return simd(b, 'i16x8.eq', splat(b, 16, lane), words(b, 0, 1, 2, 3, 4, 5, 6, 7));
  return simd(b, 'i8x16.eq', splat(b, 8, lane), iota(b));
}

function insert(mnemonic: string, bits: LaneBits): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const value = splat(b, bits, readLow(b, 1, bits));
    const mask = laneMask(b, bits, laneNumber(b, bits, vectorBits(b)));
    writeVector(b, 0, simd(b, 'v128.bitselect', value, readVector(b, 0), mask));
  });
}

/** INSERTPS: bits 7:6 choose the source lane (of a register), 5:4 the destination lane, 3:0 what becomes zero. */
const insertSingle = vectorMeaning('INSERTPS', (b) => {
  const immediate = immediate8(b);
  let value = readVector(b, 1, { memoryBits: 32 });
  if (!b.isMemory(1)) {
    const start = b.shl(b.shrU(immediate, 6), 2);
    const four = simd(b, 'i8x16.add', bytes(b, 0, 1, 2, 3), splat(b, 8, start));
    value = simd(b, 'i8x16.swizzle', value, four);
  }
  const mask = laneMask(b, 32, b.and(b.shrU(immediate, 4), 3));
  const inserted = simd(b, 'v128.bitselect', value, readVector(b, 0), mask);
  writeVector(b, 0, simd(b, 'v128.andnot', inserted, maskOfBits(b, 32, immediate)));
});

function signs(mnemonic: string, shape: string): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const mask = b.simd(`${shape}.bitmask`, [readVector(b, 1)], 'i32') as I32;
    b.write(0, vectorBits(b, 1) === 64 ? b.and(mask, 0xff) : mask);
  });
}

export const laneMeanings: readonly Meaning[] = [
  extract('PEXTRB', 8),
  extract('PEXTRW', 16),
  extract('PEXTRD', 32),
  extract('PEXTRQ', 64),
  extract('EXTRACTPS', 32),
  insert('PINSRB', 8),
  insert('PINSRW', 16),
  insert('PINSRD', 32),
  insert('PINSRQ', 64),
  insertSingle,
  signs('PMOVMSKB', 'i8x16'),
  signs('MOVMSKPS', 'i32x4'),
  signs('MOVMSKPD', 'i64x2'),
];
