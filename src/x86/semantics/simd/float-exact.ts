// Whether a scalar result is exact although it was rounded natively: then MXCSR.PE need not be set already.
// Programs that calculate with small integers in floating point would else always go the slow way.
//
// Sums: the rounding error by Knuth's TwoSum, itself exact while nothing overflows. Products of singles
// are exact in double precision; doubles must have their low 27 bits clear, so that products fit 53 bits.
import type { Arithmetic } from '../../helpers/simd/float-operations.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F32, F64, I32, I64, Int } from '../../uops/ir.ts';
import { floatOf } from './float-check.ts';

type Float = F32 | F64;

function sumIsExact(b: Builder, x: Float, y: Float, sum: Float): I32 {
  const yPart = b.binary('fsub', sum, x);
  const xPart = b.binary('fsub', sum, yPart);
  const error = b.binary('fadd', b.binary('fsub', x, xPart), b.binary('fsub', y, yPart));
  return b.binary('feq', error, x.type === 'f32' ? b.f32(0) : b.f64(0)) as I32;
}

/** Whether x * y equals the product, without rounding. */
function productIsExact(b: Builder, x: Int, y: Int, product: Int): I32 {
  if (x.type === 'i32') {
    const wide = (bits: Int) => b.unary('promote', floatOf(b, bits));
    return b.binary('feq', b.binary('fmul', wide(x), wide(y)), wide(product)) as I32;
  }
  const short = b.eqz(b.and(b.or(x, y) as I64, 0x7ff_ffff));
  return b.and(
    short,
    b.binary('feq', b.binary('fmul', floatOf(b, x), floatOf(b, y)), floatOf(b, product)) as I32,
  );
}

/** Operands and result as bits; the result finite, and the operands neither NaNs nor infinities. */
export function isExact(b: Builder, operation: Arithmetic, x: Int, y: Int, result: Int): I32 {
  switch (operation) {
    case 'ADD':
      return sumIsExact(b, floatOf(b, x), floatOf(b, y), floatOf(b, result));
    case 'SUB':
      return differenceIsExact(b, floatOf(b, x), floatOf(b, y), floatOf(b, result));
    case 'MUL':
      return productIsExact(b, x, y, result);
    case 'DIV':
      return productIsExact(b, result, y, x);
  }
}

function differenceIsExact(b: Builder, x: Float, y: Float, difference: Float): I32 {
  const yPart = b.binary('fsub', x, difference);
  const xPart = b.binary('fadd', difference, yPart);
  const error = b.binary('fsub', b.binary('fsub', x, xPart), b.binary('fsub', y, yPart));
  return b.binary('feq', error, x.type === 'f32' ? b.f32(0) : b.f64(0)) as I32;
}

export function squareRootIsExact(b: Builder, x: Int, root: Int): I32 {
  return productIsExact(b, root, root, x);
}
