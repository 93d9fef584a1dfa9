// RCPPS, RCPSS, RSQRTPS, RSQRTSS: approximations with a relative error below 1.5 * 2^-12, which raise no
// exceptions and heed no rounding mode (SDM 2B). Processors differ in the digits; ours are those of the
// correctly rounded result, rounded once more to 12 bits of fraction (see docs/quirks.md).
//
// Denormal operands count as zeros, tiny results become zeros; a NaN becomes quiet.
import type { Builder } from '../../uops/builder.ts';
import type { V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { dwords, lane32, readVector, simd, vectorMeaning, writeLow, writeVector, zero } from './vector.ts';

const SIGN = 0x8000_0000;
const LEAST_NORMAL = 0x0080_0000;
const DEFAULT_NAN = 0xffc0_0000;

/** Zeros of the same sign for lanes below the normal range. */
function flushed(b: Builder, x: V128): V128 {
  const small = simd(b, 'f32x4.lt', simd(b, 'f32x4.abs', x), dwords(b, LEAST_NORMAL));
  return simd(b, 'v128.andnot', x, simd(b, 'v128.andnot', small, dwords(b, SIGN)));
}
/** To 12 bits of fraction, halves away from zero; infinities stay. */
function shortened(b: Builder, x: V128): V128 {
  return simd(b, 'v128.and', simd(b, 'i32x4.add', x, dwords(b, 0x400)), dwords(b, ~0x7ff >>> 0));
}
function withQuietNans(b: Builder, x: V128, result: V128): V128 {
  const nan = simd(b, 'f32x4.ne', x, x);
  return simd(b, 'v128.bitselect', simd(b, 'v128.or', x, dwords(b, 0x0040_0000)), result, nan);
}
const one = (b: Builder) => dwords(b, 0x3f80_0000);

function reciprocal(b: Builder, x: V128): V128 {
  const exact = simd(b, 'f32x4.div', one(b), flushed(b, x));
  return withQuietNans(b, x, flushed(b, shortened(b, exact)));
}

function reciprocalRoot(b: Builder, x: V128): V128 {
  const operand = flushed(b, x);
  const exact = simd(b, 'f32x4.div', one(b), simd(b, 'f32x4.sqrt', operand));
  const negative = simd(b, 'f32x4.lt', operand, zero(b));
  return withQuietNans(
    b,
    x,
    simd(b, 'v128.bitselect', dwords(b, DEFAULT_NAN), shortened(b, exact), negative),
  );
}

function approximation(stem: string, compute: (b: Builder, x: V128) => V128): Meaning[] {
  return [
    vectorMeaning(`${stem}PS`, (b) => writeVector(b, 0, compute(b, readVector(b, 1)))),
    vectorMeaning(`${stem}SS`, (b) => {
      writeLow(b, 0, 32, lane32(b, compute(b, readVector(b, 1, { memoryBits: 32 }))));
    }),
  ];
}

export const approximateMeanings: readonly Meaning[] = [
  ...approximation('RCP', reciprocal),
  ...approximation('RSQRT', reciprocalRoot),
];
