// The second chance of a native result, when the fast path's MXCSR test has failed. A result that was not
// rounded at all sets no PE, so PE need not be set already; and FTZ changes nothing but tiny results.
// Programs that calculate with small integers in floating point, and those compiled for speed at the cost
// of denormals, would else always go the slow way.
//
// Sums: the rounding error by Knuth's TwoSum, itself exact while nothing overflows. Products: exact when the
// factors have half the significand each (the low 27 bits of a double, 12 of a single, are zero). Quotients
// and roots: multiplied back.
import type { FloatWidth } from '../../helpers/simd/float.ts';
import type { Arithmetic } from '../../helpers/simd/float-operations.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64, Int, V128 } from '../../uops/ir.ts';
import { floatOf, MXCSR_FTZ, MXCSR_MASKS, MXCSR_PE, MXCSR_RC, SHAPE } from './float-check.ts';
import { anyTrue, dwords, qwords, simd, zero } from './vector.ts';

/** All masked, rounding to nearest; exact unless PE is set; not tiny (if it could be) unless FTZ is clear. */
export function secondChance(b: Builder, exact: I32, notTiny: I32 | null): I32 {
  const mxcsr = b.get(32, S.MXCSR);
  const mode = b.eq(b.and(mxcsr, MXCSR_MASKS | MXCSR_RC), MXCSR_MASKS);
  const inexact = b.ne(b.or(b.and(mxcsr, MXCSR_PE), exact), 0);
  const settled = b.and(mode, inexact);
  return notTiny ? b.and(settled, b.or(b.eqz(b.and(mxcsr, MXCSR_FTZ)), notTiny)) : settled;
}

/** The operations that the tests below are made of, on scalars or on vectors. */
interface Algebra<T> {
  readonly add: (x: T, y: T) => T;
  readonly sub: (x: T, y: T) => T;
  readonly mul: (x: T, y: T) => T;
  readonly same: (x: T, y: T) => I32;
  /** Both have the lower half of the significand clear. */
  readonly short: (x: T, y: T) => I32;
}

function isExact<T>(
  { add, sub, mul, same, short }: Algebra<T>,
  b: Builder,
  operation: Arithmetic,
  x: T,
  y: T,
  result: T,
): I32 {
  switch (operation) {
    case 'ADD': {
      const yPart = sub(result, x);
      return same(sub(x, sub(result, yPart)), sub(yPart, y));
    }
    case 'SUB': {
      const yPart = sub(x, result);
      return same(sub(x, add(result, yPart)), sub(y, yPart));
    }
    case 'MUL':
      return short(x, y);
    case 'DIV':
      return b.and(short(result, y), same(mul(result, y), x));
  }
}

const LOW_DOUBLE = 0x7ff_ffff;
const LOW_SINGLE = 0xfff;

function scalars(b: Builder): Algebra<Int> {
  const apply = (operator: 'fadd' | 'fsub' | 'fmul') => (x: Int, y: Int) => {
    const result = b.binary(operator, floatOf(b, x), floatOf(b, y));
    return b.unary(x.type === 'i32' ? 'f32_to_bits' : 'f64_to_bits', result) as Int;
  };
  return {
    add: apply('fadd'),
    sub: apply('fsub'),
    mul: apply('fmul'),
    same: (x, y) => b.binary('feq', floatOf(b, x), floatOf(b, y)) as I32,
    short: (x, y) =>
      x.type === 'i32'
        ? b.eqz(b.and(b.or(x, y as I32), LOW_SINGLE))
        : b.eqz(b.and(b.or(x as I64, y as I64), LOW_DOUBLE)),
  };
}

function vectors(b: Builder, width: FloatWidth): Algebra<V128> {
  const { float } = SHAPE[width];
  const apply = (name: string) => (x: V128, y: V128) => simd(b, `${float}.${name}`, x, y);
  const none = (value: V128) => b.eqz(anyTrue(b, value));
  return {
    add: apply('add'),
    sub: apply('sub'),
    mul: apply('mul'),
    same: (x, y) => none(simd(b, `${float}.ne`, x, y)),
    short: (x, y) => {
      const low = width === 32 ? dwords(b, LOW_SINGLE) : qwords(b, BigInt(LOW_DOUBLE));
      return none(simd(b, 'v128.and', simd(b, 'v128.or', x, y), low));
    },
  };
}

/** Whether x op y was not rounded. The result is finite, and not tiny unless it is a sum or an exact zero. */
export function scalarIsExact(b: Builder, operation: Arithmetic, x: Int, y: Int, result: Int): I32 {
  return isExact(scalars(b), b, operation, x, y, result);
}
export function vectorIsExact(
  b: Builder,
  width: FloatWidth,
  operation: Arithmetic,
  x: V128,
  y: V128,
  result: V128,
): I32 {
  return isExact(vectors(b, width), b, operation, x, y, result);
}
/** Of a square root: the same as of the quotient x / root. */
export function scalarRootIsExact(b: Builder, x: Int, root: Int): I32 {
  return isExact(scalars(b), b, 'DIV', x, root, root);
}
export function vectorRootIsExact(b: Builder, width: FloatWidth, x: V128, root: V128): I32 {
  return isExact(vectors(b, width), b, 'DIV', x, root, root);
}

/** Lanes that are zero or larger than the smallest normal number: those that FTZ leaves alone. */
export function untouchedByFlush(b: Builder, tiny: V128, value: V128, float: string): I32 {
  return b.eqz(anyTrue(b, simd(b, 'v128.and', tiny, simd(b, `${float}.ne`, value, zero(b)))));
}
