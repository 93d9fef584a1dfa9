// When may the native result of a floating-point instruction be taken as it is? These micro-operations
// find out whether an operand or result could raise an exception other than the inexact one.
//
// The fast path rests on this. With every exception masked, rounding to nearest and MXCSR.PE set already,
// a native operation on zeros and normal numbers gives the processor's result, and the only flag it could
// set is PE, provided that the result
//   - is finite (else OE, ZE, IE, or a NaN whose bits WebAssembly leaves open), and
//   - is not tiny. Tininess is detected after rounding, so a result equal to the smallest normal number may
//     have been tiny too: it must be larger, or an exact zero.
// Denormal operands set DE; they and NaNs go the exact way. So neither DAZ nor FTZ makes a difference.
// See SDM 1, 4.9.1, 10.2.3, 11.5.2.
import type { FloatWidth } from '../../helpers/simd/float.ts';
import * as S from '../../state/layout.ts';
import type { F32, F64, I32, Int, V128 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { dwords, qwords, simd, zero } from './vector.ts';

// MXCSR (SDM 1, figure 10-3): PE is bit 5, DAZ 6, masks 12:7, RC 14:13, FTZ 15.
const MXCSR_PE = 1 << 5;
const MXCSR_DAZ = 1 << 6;
const MXCSR_MASKS = 0x1f80;
const MXCSR_RC = 3 << 13;

/** Everything masked, rounding to nearest, PE set. */
export function mxcsrAllows(b: OperationBuilder): I32 {
  const allowed = MXCSR_MASKS | MXCSR_PE;
  return b.eq(b.and(b.get(32, S.MXCSR), allowed | MXCSR_RC), allowed);
}

/** Everything masked, rounding to nearest: what is not rounded sets no flag. */
export function mxcsrAllowsExact(b: OperationBuilder): I32 {
  return b.eq(b.and(b.get(32, S.MXCSR), MXCSR_MASKS | MXCSR_RC), MXCSR_MASKS);
}

/** PE is not set yet: only then it is worth finding out whether a result was rounded. */
export function inexactIsNew(b: OperationBuilder): I32 {
  return b.eq(b.and(b.get(32, S.MXCSR), MXCSR_PE), 0);
}

/** As mxcsrAllows, and DAZ clear: for conversions to integers, where a denormal raises PE alone. */
export function mxcsrAllowsIntegers(b: OperationBuilder): I32 {
  const allowed = MXCSR_MASKS | MXCSR_PE;
  return b.eq(b.and(b.get(32, S.MXCSR), allowed | MXCSR_RC | MXCSR_DAZ), allowed);
}

// ---- scalars, as their bits ----

interface Layout {
  /** The smallest normal number and infinity, shifted left by one. */
  readonly least: bigint;
  readonly infinity: bigint;
}
const LAYOUT: Record<FloatWidth, Layout> = {
  32: { least: 0x0100_0000n, infinity: 0xff00_0000n },
  64: { least: 0x0020_0000_0000_0000n, infinity: 0xffe0_0000_0000_0000n },
};

export function floatOf(b: OperationBuilder, bits: Int): F32 | F64 {
  return bits.type === 'i32' ? (b.unary('bits_to_f32', bits) as F32) : (b.unary('bits_to_f64', bits) as F64);
}
export function bitsOf(b: OperationBuilder, value: F32 | F64): Int {
  return b.unary(value.type === 'f32' ? 'f32_to_bits' : 'f64_to_bits', value) as Int;
}
function layoutOf(bits: Int): Layout {
  return LAYOUT[bits.type === 'i32' ? 32 : 64];
}
export function isDenormal(b: OperationBuilder, bits: Int): I32 {
  return b.ltU(b.sub(b.shl(bits, 1), 2), layoutOf(bits).least - 2n);
}
/** No operand is a denormal. A zero less one is the largest number of all, so one comparison serves. */
export function noDenormals(b: OperationBuilder, first: Int, ...others: Int[]): I32 {
  const distance = (bits: Int): Int => b.sub(b.shl(bits, 1), 1);
  let least = distance(first);
  for (const bits of others) {
    const own = distance(bits);
    least = b.select(b.ltU(own, least), own, least);
  }
  return b.geU(least, layoutOf(first).least - 1n);
}
/** Neither infinity nor NaN. */
export function hasFiniteBits(b: OperationBuilder, bits: Int): I32 {
  return b.ltU(b.shl(bits, 1), layoutOf(bits).infinity);
}
/** Finite, and larger than the smallest normal number. */
export function isSafelyNormal(b: OperationBuilder, bits: Int): I32 {
  const { least, infinity } = layoutOf(bits);
  return b.ltU(b.sub(b.shl(bits, 1), least + 1n), infinity - least - 1n);
}
/** Zero, or finite and larger than the smallest normal number. */
export function isPlain(b: OperationBuilder, bits: Int): I32 {
  const { least, infinity } = layoutOf(bits);
  const magnitude = b.shl(bits, 1);
  // A zero becomes the largest number of all.
  return b.and(b.ltU(magnitude, infinity), b.geU(b.sub(magnitude, 1), least));
}
export function isZero(b: OperationBuilder, bits: Int): I32 {
  return b.eqz(b.shl(bits, 1));
}
export function isNan(b: OperationBuilder, bits: Int): I32 {
  return b.gtU(b.shl(bits, 1), layoutOf(bits).infinity);
}

// ---- vectors: lanes of all ones where it is so ----

export interface Shape {
  readonly width: FloatWidth;
  readonly float: 'f32x4' | 'f64x2';
  readonly int: 'i32x4' | 'i64x2';
}
export const SHAPE: Record<FloatWidth, Shape> = {
  32: { width: 32, float: 'f32x4', int: 'i32x4' },
  64: { width: 64, float: 'f64x2', int: 'i64x2' },
};

function leastNormal(b: OperationBuilder, shape: Shape): V128 {
  return shape.width === 32 ? dwords(b, 0x0080_0000) : qwords(b, 0x0010_0000_0000_0000n);
}
export function denormalLanes(b: OperationBuilder, { float, ...shape }: Shape, value: V128): V128 {
  const small = simd(b, `${float}.lt`, simd(b, `${float}.abs`, value), leastNormal(b, { float, ...shape }));
  return simd(b, 'v128.and', small, simd(b, `${float}.ne`, value, zero(b)));
}
export function notFiniteLanes(b: OperationBuilder, { float }: Shape, value: V128): V128 {
  return simd(b, `${float}.ne`, simd(b, `${float}.sub`, value, value), zero(b));
}
export function nanLanes(b: OperationBuilder, { float }: Shape, value: V128): V128 {
  return simd(b, `${float}.ne`, value, value);
}
export function zeroLanes(b: OperationBuilder, { float }: Shape, value: V128): V128 {
  return simd(b, `${float}.eq`, value, zero(b));
}
/** Whether the lanes of all ones are all lanes. */
export function allLanes(b: OperationBuilder, shape: Shape, mask: V128): I32 {
  return b.eq(b.simd(`${shape.int}.bitmask`, [mask], 'i32') as I32, shape.width === 32 ? 15 : 3);
}
/** The result is finite, and neither it nor an operand is zero, denormal or the smallest normal number. */
export function allNormal(b: OperationBuilder, shape: Shape, result: V128, ...operands: V128[]): I32 {
  const { float } = shape;
  const magnitude = simd(b, `${float}.abs`, result);
  let least = magnitude;
  for (const operand of operands) {
    least = simd(b, `${float}.pmin`, simd(b, `${float}.abs`, operand), least);
  }
  const infinity = shape.width === 32 ? dwords(b, 0x7f80_0000) : qwords(b, 0x7ff0_0000_0000_0000n);
  const finite = simd(b, `${float}.lt`, magnitude, infinity);
  const normal = simd(b, `${float}.lt`, leastNormal(b, shape), least);
  return allLanes(b, shape, simd(b, 'v128.and', finite, normal));
}
/** At most the smallest normal number in magnitude. */
export function tinyLanes(b: OperationBuilder, shape: Shape, value: V128): V128 {
  return simd(b, `${shape.float}.le`, simd(b, `${shape.float}.abs`, value), leastNormal(b, shape));
}
