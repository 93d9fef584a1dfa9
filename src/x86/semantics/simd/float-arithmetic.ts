// ADD SUB MUL DIV SQRT MIN MAX, ADDSUB and the horizontal additions, packed and scalar (SDM 1, 10.4.1.2,
// 11.4.1.2, 12.3.3), and the dot products of SSE4.1.

import type { Helper } from '../../helpers/helper.ts';
import { type FloatKind, PD, PS, SD, SS } from '../../helpers/simd/float.ts';
import {
  type Arithmetic,
  alternatingHelper,
  arithmeticHelper,
  dotProductHelper,
  extremumHelper,
  squareRootHelper,
} from '../../helpers/simd/float-operations.ts';
import type { Builder } from '../../uops/builder.ts';
import type { BinaryOperator, F32, F64, I32, Int, V128 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { routine } from '../../uops/routine.ts';
import type { Meaning } from '../meaning.ts';
import {
  allNormal,
  bitsOf,
  denormalLanes,
  floatOf,
  hasFiniteBits,
  isSafelyNormal,
  isZero,
  mxcsrAllows,
  mxcsrAllowsExact,
  nanLanes,
  noDenormals,
  notFiniteLanes,
  SHAPE,
  type Shape,
  tinyLanes,
  zeroLanes,
} from './float-check.ts';
import { exactly, guarded, settleScalar, settleVector } from './float-common.ts';
import { EXACTNESS } from './float-exact.ts';
import {
  anyTrue,
  dwords,
  immediate8,
  qwords,
  readLow,
  readVector,
  shuffle,
  simd,
  vectorMeaning,
  writeVector,
} from './vector.ts';

const SUFFIXES: readonly [string, FloatKind][] = [
  ['PS', PS],
  ['PD', PD],
  ['SS', SS],
  ['SD', SD],
];
const forKinds = (make: (suffix: string, kind: FloatKind) => Meaning) =>
  SUFFIXES.map(([suffix, kind]) => make(suffix, kind));
const either = (b: OperationBuilder, ...values: V128[]) =>
  values.reduce((all, value) => simd(b, 'v128.or', all, value));
const none = (b: OperationBuilder, value: V128) => b.eqz(anyTrue(b, value));

// ---- ADD SUB MUL DIV ----

const OPERATOR: Record<Arithmetic, BinaryOperator> = { ADD: 'fadd', SUB: 'fsub', MUL: 'fmul', DIV: 'fdiv' };
const VECTOR: Record<Arithmetic, string> = { ADD: 'add', SUB: 'sub', MUL: 'mul', DIV: 'div' };

function scalarArithmetic(b: Builder, operation: Arithmetic, width: 32 | 64, helper: Helper): void {
  const y = readLow(b, 1, width);
  const x = readLow(b, 0, width);
  const result = b.binary(OPERATOR[operation], floatOf(b, x), floatOf(b, y)) as F32 | F64;
  const ready = noDenormals(b, x, y);
  const normal = isSafelyNormal(b, bitsOf(b, result));
  const allowed = () => b.and(ready, mxcsrAllowsExact(b));
  const holds = () => {
    const zero = b.and(allowed(), isZero(b, bitsOf(b, result)));
    if (operation === 'ADD' || operation === 'SUB') return zero;
    // Otherwise too small a number, unless a factor or the dividend is zero.
    return b.and(zero, operation === 'MUL' ? b.or(isZero(b, x), isZero(b, y)) : isZero(b, x));
  };
  const exact = () => {
    const routine = EXACTNESS[width][operation];
    const told = b.routine(routine, floatOf(b, x), floatOf(b, y), result) as I32;
    return b.and(b.and(allowed(), normal), told);
  };
  const fast = b.and(b.and(normal, ready), mxcsrAllows(b));
  settleScalar(b, fast, result, { holds, exact }, helper, [x, y]);
}

function packedArithmetic(
  b: Builder,
  operation: Arithmetic,
  width: 32 | 64,
  helper: Helper,
  x: V128,
  y: V128,
): void {
  const shape = SHAPE[width];
  const result = simd(b, `${shape.float}.${VECTOR[operation]}`, x, y);
  const zero = () => {
    if (operation === 'MUL') return either(b, zeroLanes(b, shape, x), zeroLanes(b, shape, y));
    return zeroLanes(b, shape, operation === 'DIV' ? x : result);
  };
  settle(b, shape, x, y, result, zero, helper);
}

/** The native result, if all lanes are plain; `zero` tells where it is an exact zero. */
function settle(
  b: Builder,
  shape: Shape,
  x: V128,
  y: V128,
  result: V128,
  zero: () => V128,
  helper: Helper,
): void {
  const allowed = mxcsrAllows(b);
  const normal = b.and(allNormal(b, shape, result, x, y), allowed);
  const plain = () => b.and(b.routine(PLAIN[shape.width], x, y, result, zero()) as I32, allowed);
  settleVector(b, normal, result, plain, helper, [x, y]);
}

/** (x, y, result, lanes where the result is an exact zero): finite, not tiny, no denormal operand. */
const plainLanes = (shape: Shape) =>
  routine(`plain ${shape.float}`, ['v128', 'v128', 'v128', 'v128'], 'i32', (b, x, y, result, zero) => {
    const tiny = simd(b, 'v128.andnot', tinyLanes(b, shape, result), zero);
    const denormal = either(b, denormalLanes(b, shape, x), denormalLanes(b, shape, y));
    return none(b, either(b, notFiniteLanes(b, shape, result), tiny, denormal));
  });
const PLAIN = { 32: plainLanes(SHAPE[32]), 64: plainLanes(SHAPE[64]) };

function arithmetic(stem: Arithmetic): Meaning[] {
  return forKinds((suffix, kind) => {
    const helper = arithmeticHelper(stem + suffix, kind, stem);
    return vectorMeaning(stem + suffix, (b) => {
      if (kind.lanes === 1) scalarArithmetic(b, stem, kind.width, helper);
      else {
        const source = readVector(b, 1);
        packedArithmetic(b, stem, kind.width, helper, readVector(b, 0), source);
      }
    });
  });
}

// ---- horizontal and alternating ----

/** Lanes of the first operand's pairs, then of the second's: even ones and odd ones. */
function horizontal(stem: 'ADD' | 'SUB', suffix: string, kind: FloatKind): Meaning {
  const mnemonic = `H${stem}${suffix}`;
  const helper = arithmeticHelper(mnemonic, kind, stem);
  const size = kind.width / 8;
  const even = kind.lanes === 4 ? [0, 2, 4, 6] : [0, 2];
  return vectorMeaning(mnemonic, (b) => {
    const source = readVector(b, 1);
    const destination = readVector(b, 0);
    const x = shuffle(b, size, even, destination, source);
    const y = shuffle(
      b,
      size,
      even.map((lane) => lane + 1),
      destination,
      source,
    );
    packedArithmetic(b, stem, kind.width, helper, x, y);
  });
}

function alternating(suffix: string, kind: FloatKind): Meaning {
  const mnemonic = `ADDSUB${suffix}`;
  const helper = alternatingHelper(mnemonic, kind);
  const shape = SHAPE[kind.width];
  return vectorMeaning(mnemonic, (b) => {
    const y = readVector(b, 1);
    const x = readVector(b, 0);
    const evenSigns = kind.width === 32 ? dwords(b, 0x8000_0000, 0) : qwords(b, -(2n ** 63n), 0n);
    const signed = simd(b, 'v128.xor', y, evenSigns);
    const result = simd(b, `${shape.float}.add`, x, signed);
    settle(b, shape, x, y, result, () => zeroLanes(b, shape, result), helper);
  });
}

function dotProduct(mnemonic: string, kind: FloatKind): Meaning {
  const helper = dotProductHelper(mnemonic, kind);
  return vectorMeaning(mnemonic, (b) => {
    const y = readVector(b, 1);
    const x = readVector(b, 0);
    writeVector(b, 0, exactly(b, helper, [x, y], x, immediate8(b)));
  });
}

// ---- SQRT ----

function squareRoot(suffix: string, kind: FloatKind): Meaning {
  const helper = squareRootHelper(`SQRT${suffix}`, kind);
  return vectorMeaning(`SQRT${suffix}`, (b) => {
    if (kind.lanes === 1) {
      const x = readLow(b, 1, kind.width);
      const result = b.unary('fsqrt', floatOf(b, x)) as F32 | F64;
      const settled = b.and(hasFiniteBits(b, bitsOf(b, result)), noDenormals(b, x));
      const exact = () => {
        const value = floatOf(b, x);
        const told = b.routine(EXACTNESS[kind.width].SQRT, value, value, result) as I32;
        return b.and(b.and(settled, mxcsrAllowsExact(b)), told);
      };
      const second = { holds: () => b.i32(0), exact };
      settleScalar(b, b.and(settled, mxcsrAllows(b)), result, second, helper, [x]);
    } else {
      const shape = SHAPE[kind.width];
      const x = readVector(b, 1);
      const result = simd(b, `${shape.float}.sqrt`, x);
      const bad = either(b, denormalLanes(b, shape, x), notFiniteLanes(b, shape, result));
      const fast = b.and(none(b, bad), mxcsrAllows(b));
      writeVector(
        b,
        0,
        guarded(b, fast, result, () => exactly(b, helper, [x], result)),
      );
    }
  });
}

// ---- MIN MAX: no rounding, so MXCSR does not matter ----

/** The second operand when the operands are equal (both zero, say). */
function extremum(stem: 'MIN' | 'MAX', suffix: string, kind: FloatKind): Meaning {
  const mnemonic = stem + suffix;
  const helper = extremumHelper(mnemonic, kind, stem === 'MAX');
  return vectorMeaning(mnemonic, (b) => {
    if (kind.lanes === 1) {
      const y = readLow(b, 1, kind.width);
      const x = readLow(b, 0, kind.width);
      scalarExtremum(b, stem, helper, x, y);
    } else {
      const shape = SHAPE[kind.width];
      const y = readVector(b, 1);
      const x = readVector(b, 0);
      // WebAssembly's pmin(y, x) is x < y ? x : y.
      const result = simd(b, `${shape.float}.${stem === 'MIN' ? 'pmin' : 'pmax'}`, y, x);
      const nan = either(b, nanLanes(b, shape, x), nanLanes(b, shape, y));
      const bad = either(b, nan, denormalLanes(b, shape, x), denormalLanes(b, shape, y));
      writeVector(
        b,
        0,
        guarded(b, none(b, bad), result, () => exactly(b, helper, [x, y], result)),
      );
    }
  });
}

function scalarExtremum(b: Builder, stem: 'MIN' | 'MAX', helper: Helper, x: Int, y: Int): void {
  const [first, second] = [floatOf(b, x), floatOf(b, y)];
  const chosen = b.binary(stem === 'MIN' ? 'flt' : 'fgt', first, second) as I32;
  const other = b.binary(stem === 'MIN' ? 'fge' : 'fle', first, second) as I32;
  const fast = b.and(b.or(chosen, other), noDenormals(b, x, y));
  settleScalar(b, fast, b.select(chosen, first, second), null, helper, [x, y]);
}

export const floatArithmeticMeanings: readonly Meaning[] = [
  ...arithmetic('ADD'),
  ...arithmetic('SUB'),
  ...arithmetic('MUL'),
  ...arithmetic('DIV'),
  ...forKinds(squareRoot),
  ...forKinds((suffix, kind) => extremum('MIN', suffix, kind)),
  ...forKinds((suffix, kind) => extremum('MAX', suffix, kind)),
  horizontal('ADD', 'PS', PS),
  horizontal('ADD', 'PD', PD),
  horizontal('SUB', 'PS', PS),
  horizontal('SUB', 'PD', PD),
  alternating('PS', PS),
  alternating('PD', PD),
  dotProduct('DPPS', PS),
  dotProduct('DPPD', PD),
];
