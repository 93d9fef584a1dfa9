// Shifts of MMX and SSE (SDM 2B, PSLLW PSRLW PSRAW ...; PSLLDQ, PSRLDQ). The count is an immediate or
// the low 64 bits of the source; from the lane's width on it gives zeros, or copies of the sign.
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  immediate8,
  iota,
  lane64,
  readLow,
  readVector,
  simd,
  splat,
  vectorBits,
  vectorMeaning,
  writeVector,
  zero,
} from './vector.ts';

/** The count as i64. A memory operand is as wide (and aligned) as the destination. */
function readCount(b: Builder): I64 {
  if (b.operand(1).kind === 'imm') return b.extendU(immediate8(b));
  if (b.isMemory(1) && vectorBits(b) === 128) return lane64(b, readVector(b, 1));
  return readLow(b, 1, 64) as I64;
}

function shift(mnemonic: string, name: string, width: 16 | 32 | 64): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const count = readCount(b);
    const over = b.gtU(count, width - 1);
    const value = readVector(b, 0);
    if (name.endsWith('shr_s')) {
      const limited = b.select(over, b.i32(width - 1), b.wrap(count));
      writeVector(b, 0, simd(b, name, value, limited));
    } else {
      writeVector(b, 0, b.select(over, zero(b), simd(b, name, value, b.wrap(count))));
    }
  });
}

/** The immediate, at most `most`. */
export function limitedImmediate(b: Builder, most: number): I32 {
  const count = immediate8(b);
  return b.select(b.gtU(count, most), b.i32(most), count);
}

/** Byte i of the result is byte i - n (left) or i + n (right); indices outside 0..15 select zero. */
function shiftBytes(mnemonic: string, name: 'i8x16.add' | 'i8x16.sub'): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const indices = simd(b, name, iota(b), splat(b, 8, limitedImmediate(b, 16)));
    writeVector(b, 0, simd(b, 'i8x16.swizzle', readVector(b, 0), indices) as V128);
  });
}

export const shiftMeanings: readonly Meaning[] = [
  shift('PSLLW', 'i16x8.shl', 16),
  shift('PSLLD', 'i32x4.shl', 32),
  shift('PSLLQ', 'i64x2.shl', 64),
  shift('PSRLW', 'i16x8.shr_u', 16),
  shift('PSRLD', 'i32x4.shr_u', 32),
  shift('PSRLQ', 'i64x2.shr_u', 64),
  shift('PSRAW', 'i16x8.shr_s', 16),
  shift('PSRAD', 'i32x4.shr_s', 32),
  shiftBytes('PSLLDQ', 'i8x16.sub'),
  shiftBytes('PSRLDQ', 'i8x16.add'),
];
