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
import type { BinaryOperator, I32, Int, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  bitsOf,
  denormalLanes,
  floatOf,
  hasFiniteBits,
  isDenormal,
  isPlain,
  isSafelyNormal,
  isZero,
  mxcsrAllows,
  nanLanes,
  notFiniteLanes,
  SHAPE,
  type Shape,
  tinyLanes,
  zeroLanes,
} from './float-check.ts';
import { exactly, guarded } from './float-common.ts';
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
  writeLow,
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
const either = (b: Builder, ...values: V128[]) =>
  values.reduce((all, value) => simd(b, 'v128.or', all, value));
const none = (b: Builder, value: V128) => b.eqz(anyTrue(b, value));

// ---- ADD SUB MUL DIV ----

const OPERATOR: Record<Arithmetic, BinaryOperator> = { ADD: 'fadd', SUB: 'fsub', MUL: 'fmul', DIV: 'fdiv' };
const VECTOR: Record<Arithmetic, string> = { ADD: 'add', SUB: 'sub', MUL: 'mul', DIV: 'div' };
const isSum = (operation: Arithmetic) => operation === 'ADD' || operation === 'SUB';

function scalarArithmetic(b: Builder, operation: Arithmetic, width: 32 | 64, helper: Helper): void {
  const y = readLow(b, 1, width);
  const x = readLow(b, 0, width);
  const result = bitsOf(b, b.binary(OPERATOR[operation], floatOf(b, x), floatOf(b, y)) as never);
  let proper: I32;
  if (isSum(operation)) proper = isPlain(b, result);
  else {
    // An exact zero: a zero factor or dividend, and no infinity or NaN.
    const zero = operation === 'MUL' ? b.or(isZero(b, x), isZero(b, y)) : isZero(b, x);
    proper = b.or(isSafelyNormal(b, result), b.and(zero, hasFiniteBits(b, result)));
  }
  const operands = b.eqz(b.or(isDenormal(b, x), isDenormal(b, y)));
  const fast = b.and(b.and(proper, operands), mxcsrAllows(b));
  writeLow(
    b,
    0,
    width,
    guarded(b, fast, result, () => exactly(b, helper, [x, y], result)),
  );
}

function packedArithmetic(
  b: Builder,
  operation: Arithmetic,
  width: 32 | 64,
  helper: Helper,
  x: V128,
  y: V128,
): V128 {
  const shape = SHAPE[width];
  const result = simd(b, `${shape.float}.${VECTOR[operation]}`, x, y);
  let zero = zeroLanes(b, shape, result);
  if (operation === 'MUL') zero = either(b, zeroLanes(b, shape, x), zeroLanes(b, shape, y));
  else if (operation === 'DIV') zero = zeroLanes(b, shape, x);
  return settle(b, shape, [x, y], result, zero, () => exactly(b, helper, [x, y], result));
}

/** The native result, if all lanes are plain; `zero` tells where it is an exact zero. */
function settle(
  b: Builder,
  shape: Shape,
  operands: readonly V128[],
  result: V128,
  zero: V128,
  exact: () => V128,
): V128 {
  const tiny = simd(b, 'v128.andnot', tinyLanes(b, shape, result), zero);
  const denormals = operands.map((operand) => denormalLanes(b, shape, operand));
  const bad = either(b, notFiniteLanes(b, shape, result), tiny, ...denormals);
  return guarded(b, b.and(none(b, bad), mxcsrAllows(b)), result, exact);
}

function arithmetic(stem: Arithmetic): Meaning[] {
  return forKinds((suffix, kind) => {
    const helper = arithmeticHelper(stem + suffix, kind, stem);
    return vectorMeaning(stem + suffix, (b) => {
      if (kind.lanes === 1) scalarArithmetic(b, stem, kind.width, helper);
      else {
        const source = readVector(b, 1);
        writeVector(b, 0, packedArithmetic(b, stem, kind.width, helper, readVector(b, 0), source));
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
    writeVector(b, 0, packedArithmetic(b, stem, kind.width, helper, x, y));
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
    const exact = () => exactly(b, helper, [x, y], result);
    writeVector(b, 0, settle(b, shape, [x, y], result, zeroLanes(b, shape, result), exact));
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
      const result = bitsOf(b, b.unary('fsqrt', floatOf(b, x)) as never);
      const settled = b.and(hasFiniteBits(b, result), b.eqz(isDenormal(b, x)));
      const fast = b.and(settled, mxcsrAllows(b));
      writeLow(
        b,
        0,
        kind.width,
        guarded(b, fast, result, () => exactly(b, helper, [x], result)),
      );
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
      writeLow(b, 0, kind.width, scalarExtremum(b, stem, helper, x, y));
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

function scalarExtremum(b: Builder, stem: 'MIN' | 'MAX', helper: Helper, x: Int, y: Int): Int {
  const [first, second] = [floatOf(b, x), floatOf(b, y)];
  const chosen = b.binary(stem === 'MIN' ? 'flt' : 'fgt', first, second) as I32;
  const other = b.binary(stem === 'MIN' ? 'fge' : 'fle', first, second) as I32;
  const denormal = b.or(isDenormal(b, x), isDenormal(b, y));
  const fast = b.and(b.or(chosen, other), b.eqz(denormal));
  const result = b.select(chosen, x, y);
  return guarded(b, fast, result, () => exactly(b, helper, [x, y], result));
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
