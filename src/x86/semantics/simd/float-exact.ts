// Was a scalar result rounded at all? A program that calculates with small integers in floating point never sets
// MXCSR.PE, and a result that was not rounded would not set it either. Routines that tell, of operands and
// results that are zero or normal numbers, the results neither tiny nor infinite; what they cannot tell
// is left to the helper, which uses the same arguments (helpers/simd/exact.ts).
//
// Sums: the rounding error by Knuth's TwoSum, itself exact. Products: exact when the factors have half the
// significand each (the low 27 bits of a double are zero; doubles hold all products of singles). Quotients and
// roots: multiplied back.
import type { F32, F64, I32, I64, Value } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { type Routine, routine } from '../../uops/routine.ts';

export type Arithmetic = 'ADD' | 'SUB' | 'MUL' | 'DIV' | 'SQRT';

const LOW_27 = 0x7ff_ffffn;

function f(b: OperationBuilder, operator: 'fadd' | 'fsub' | 'fmul', x: Value, y: Value): F64 {
  return b.binary(operator, x, y) as F64;
}
const same = (b: OperationBuilder, x: Value, y: Value): I32 => b.binary('feq', x, y) as I32;
const bits = (b: OperationBuilder, x: Value): I64 => b.unary('f64_to_bits', x) as I64;
const promote = (b: OperationBuilder, x: Value): Value => b.unary('promote', x);

/** x + y - sum, which is exact, is zero. */
function sumIsExact(b: OperationBuilder, x: Value, y: Value, sum: Value): I32 {
  const part = f(b, 'fsub', sum, x);
  const lost = f(b, 'fsub', x, f(b, 'fsub', sum, part));
  return same(b, f(b, 'fadd', lost, f(b, 'fsub', y, part)), zeroLike(b, x));
}
function zeroLike(b: OperationBuilder, x: Value): Value {
  return x.type === 'f64' ? b.f64(0) : b.f32(0);
}
/** x * y fits a double: both are singles, or end in 27 zeros. */
function productFits(b: OperationBuilder, width: 32 | 64, x: Value, y: Value): I32 {
  if (width === 32) return b.i32(1);
  return b.eqz(b.and(b.or(bits(b, x), bits(b, y)), LOW_27));
}

/** (x, y, result) of one width; of a root y does not matter. */
function exactness(width: 32 | 64, operation: Arithmetic): Routine {
  const type = width === 64 ? 'f64' : 'f32';
  return routine(`exact ${operation} ${type}`, [type, type, type], 'i32', (b, x, y, result) => {
    if (operation === 'ADD') return sumIsExact(b, x, y, result);
    if (operation === 'SUB') return sumIsExact(b, x, f(b, 'fsub', zeroLike(b, y), y), result);
    const wide = (value: F32 | F64): Value => (width === 64 ? value : promote(b, value));
    const [dividend, other, value] = [wide(x), wide(y), wide(result)];
    if (operation === 'MUL') {
      const product = f(b, 'fmul', dividend, other);
      return b.and(productFits(b, width, dividend, other), same(b, product, value));
    }
    const divisor = operation === 'DIV' ? other : value;
    const back = f(b, 'fmul', value, divisor);
    return b.and(productFits(b, width, value, divisor), same(b, back, dividend));
  });
}

const forWidth = (width: 32 | 64): Record<Arithmetic, Routine> => ({
  ADD: exactness(width, 'ADD'),
  SUB: exactness(width, 'SUB'),
  MUL: exactness(width, 'MUL'),
  DIV: exactness(width, 'DIV'),
  SQRT: exactness(width, 'SQRT'),
});
/** By width and operation. */
export const EXACTNESS = { 32: forWidth(32), 64: forWidth(64) };
