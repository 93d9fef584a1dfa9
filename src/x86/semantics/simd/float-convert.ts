// Conversions between singles, doubles and integers: scalar ones, packed ones, and those to and from
// MMX registers (SDM 1, 10.4.3, 11.4.1.6). Names: SI a general register, PI an MMX register, DQ doublewords.
//
// A result that is equal to its source was not rounded, so no flag is set and MXCSR does not matter.

import type { Helper } from '../../helpers/helper.ts';
import {
  fromIntegerHelper,
  narrowHelper,
  toIntegerHelper,
  widenHelper,
} from '../../helpers/simd/float-operations.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F32, F64, I32, Int, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  bitsOf,
  denormalLanes,
  floatOf,
  isNan,
  isSafelyNormal,
  isZero,
  mxcsrAllows,
  mxcsrAllowsIntegers,
  nanLanes,
  noDenormals,
  notFiniteLanes,
  SHAPE,
  zeroLanes,
} from './float-check.ts';
import { exactly, guarded, settleScalar } from './float-common.ts';
import {
  anyTrue,
  dwords,
  lane64,
  readLow,
  readVector,
  shuffle,
  simd,
  vectorMeaning,
  writeLow,
  writeMmx,
  writeVector,
  zero,
} from './vector.ts';

type Width = 32 | 64;
const letter = (width: Width) => (width === 32 ? 'S' : 'D');
const either = (b: Builder, ...values: V128[]) =>
  values.reduce((all, value) => simd(b, 'v128.or', all, value));
const none = (b: Builder, value: V128) => b.eqz(anyTrue(b, value));

// ---- scalar ----

const scalarWiden = widenHelper('CVTSS2SD', 1);
const scalarNarrow = narrowHelper('CVTSD2SS', 1);

const singleToDouble = vectorMeaning('CVTSS2SD', (b) => {
  const x = readLow(b, 1, 32);
  const result = b.unary('promote', floatOf(b, x)) as F64;
  const fast = b.and(b.eqz(isNan(b, x)), noDenormals(b, x));
  settleScalar(b, fast, result, null, scalarWiden, [x]);
});

const doubleToSingle = vectorMeaning('CVTSD2SS', (b) => {
  const x = readLow(b, 1, 64);
  const narrow = b.unary('demote', floatOf(b, x)) as F32;
  const normal = isSafelyNormal(b, bitsOf(b, narrow));
  // A denormal double gives a zero, which is tiny unless the double is zero itself.
  const exact = () => {
    const same = b.binary('feq', b.unary('promote', narrow), floatOf(b, x)) as I32;
    return b.and(b.or(normal, isZero(b, x)), same);
  };
  settleScalar(b, b.and(normal, mxcsrAllows(b)), narrow, { holds: exact }, scalarNarrow, [x]);
});

/** CVTxx2SI, CVTTxx2SI: the integer indefinite (only the sign bit set) where the value does not fit. */
function toInteger(from: Width, truncate: boolean): Meaning {
  const mnemonic = `CVT${truncate ? 'T' : ''}S${letter(from)}2SI`;
  const helpers = {
    32: toIntegerHelper(`${mnemonic} 32`, 1, from, 32, truncate),
    64: toIntegerHelper(`${mnemonic} 64`, 1, from, 64, truncate),
  };
  return vectorMeaning(mnemonic, (b) => {
    const to = b.bits(0) as Width;
    const x = readLow(b, 1, from);
    const value = floatOf(b, x);
    const rounded = truncate ? value : b.unary('fnearest', value);
    const result = b.unary(`i${to}_from_f${from}_s`, rounded) as Int;
    // Rounding does not leave the range from here, and NaNs have larger bits.
    const inRange = b.ltU(b.shl(x, 1), limitOf(from, to));
    const exact = () => {
      const same = b.binary('feq', b.unary(`f${from}_from_i${to}_s`, result), value) as I32;
      return b.and(inRange, same);
    };
    const write = () => b.write(0, result);
    b.if(b.and(inRange, mxcsrAllowsIntegers(b)), write, () => {
      b.if(exact(), write, () => b.write(0, exactly(b, helpers[to], [x], result)));
    });
  });
}

/** Bits, shifted left by one, of the least power of two out of range; of 2^31 - 1 where that has a double. */
function limitOf(from: Width, to: Width): bigint {
  const limit = from === 64 && to === 32 ? 2 ** 31 - 1 : 2 ** (to - 1);
  if (from === 64) return new BigUint64Array(Float64Array.of(limit).buffer)[0]! << 1n;
  return BigInt(new Uint32Array(Float32Array.of(limit).buffer)[0]!) << 1n;
}

/** CVTSI2xx. Integers of up to 24 or 53 bits are exact. */
function fromInteger(to: Width): Meaning {
  const mnemonic = `CVTSI2S${letter(to)}`;
  const helpers = {
    32: fromIntegerHelper(`${mnemonic} 32`, 1, 32, to),
    64: fromIntegerHelper(`${mnemonic} 64`, 1, 64, to),
  };
  return vectorMeaning(mnemonic, (b) => {
    const from = integerBits(b);
    const x = readLow(b, 1, from);
    const result = b.unary(`f${to}_from_i${from}_s`, x) as F32 | F64;
    if (from === 32 && to === 64) {
      writeLow(b, 0, 64, bitsOf(b, result));
      return;
    }
    const limit = to === 32 ? 2n ** 24n : 2n ** 53n;
    const exact = () => b.leU(b.add(x, limit), 2n * limit);
    settleScalar(b, mxcsrAllows(b), result, { holds: exact }, helpers[from], [x]);
  });
}
function integerBits(b: Builder): Width {
  const operand = b.operand(1);
  return 'width' in operand && operand.width === 64 ? 64 : 32;
}

// ---- packed: how each kind is computed and checked ----

/** A fast result, and whether it may be taken. */
interface Attempt {
  readonly result: V128;
  readonly allowed: I32;
}

function widenPacked(b: Builder, x: V128): Attempt {
  const result = simd(b, 'f64x2.promote_low_f32x4', x);
  const low = shuffle(b, 4, [0, 1, 0, 1], x);
  return {
    result,
    allowed: none(b, either(b, nanLanes(b, SHAPE[32], low), denormalLanes(b, SHAPE[32], low))),
  };
}

function narrowPacked(b: Builder, x: V128): Attempt {
  const result = simd(b, 'f32x4.demote_f64x2_zero', x);
  // Checked as doubles, so that both vectors have two lanes.
  const wide = simd(b, 'f64x2.promote_low_f32x4', result);
  const tiny = simd(
    b,
    'f64x2.le',
    simd(b, 'f64x2.abs', wide),
    simd(b, 'f64x2.promote_low_f32x4', dwords(b, 0x0080_0000)),
  );
  const bad = either(
    b,
    notFiniteLanes(b, SHAPE[64], wide),
    simd(b, 'v128.andnot', tiny, zeroLanes(b, SHAPE[64], x)),
  );
  return { result, allowed: b.and(none(b, bad), mxcsrAllows(b)) };
}

/** Integers of 32 bits from singles (four) or doubles (two, zeros above). */
function integersPacked(b: Builder, x: V128, from: Width, truncate: boolean): Attempt {
  const { float } = SHAPE[from];
  const rounded = truncate ? x : simd(b, `${float}.nearest`, x);
  const result = simd(b, from === 32 ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero', rounded);
  const back = simd(b, from === 32 ? 'f32x4.convert_i32x4_s' : 'f64x2.convert_low_i32x4_s', result);
  const edge = either(
    b,
    simd(b, 'i32x4.eq', result, dwords(b, 0x7fff_ffff)),
    simd(b, 'i32x4.eq', result, dwords(b, 0x8000_0000)),
  );
  const proper = none(b, either(b, edge, nanLanes(b, SHAPE[from], x)));
  const exact = none(b, simd(b, `${float}.ne`, back, x));
  const noDenormal = none(b, denormalLanes(b, SHAPE[from], x));
  return { result, allowed: b.and(proper, b.or(b.and(mxcsrAllows(b), noDenormal), exact)) };
}

function singlesFromIntegers(b: Builder, x: V128): Attempt {
  const result = simd(b, 'f32x4.convert_i32x4_s', x);
  const large = simd(
    b,
    'i32x4.gt_u',
    simd(b, 'i32x4.add', x, dwords(b, 0x0100_0000)),
    dwords(b, 0x0200_0000),
  );
  return { result, allowed: b.or(mxcsrAllows(b), none(b, large)) };
}

// ---- packed: the instructions ----

function packed(
  mnemonic: string,
  memoryBits: 64 | 128,
  helper: Helper | ((b: Builder) => Helper),
  attempt: (b: Builder, x: V128) => Attempt,
  write: (b: Builder, value: V128) => void = (b, value) => writeVector(b, 0, value),
): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const x = readVector(b, 1, { memoryBits });
    const { result, allowed } = attempt(b, x);
    const chosen = typeof helper === 'function' ? helper(b) : helper;
    write(
      b,
      guarded(b, allowed, result, () => exactly(b, chosen, [x], result)),
    );
  });
}
const toMmx = (b: Builder, value: V128) => writeMmx(b, 0, lane64(b, value));
const lowOnly = (b: Builder, value: V128) => shuffle(b, 8, [0, 2], value, zero(b));
const toLowHalf = (b: Builder, value: V128) => writeLow(b, 0, 64, lane64(b, value));
const toCleared = (b: Builder, value: V128) => writeVector(b, 0, lowOnly(b, value));
/** The low two lanes twice, so that what lies above cannot raise anything. */
const twice = (b: Builder, value: V128) => shuffle(b, 8, [0, 0], value);

function packedToInteger(truncate: boolean): Meaning[] {
  const t = truncate ? 'T' : '';
  const make = (mnemonic: string, lanes: number, from: Width, unit: 'sse' | 'mmx' = 'sse') =>
    toIntegerHelper(mnemonic, lanes, from, 32, truncate, unit);
  const singles = (b: Builder, x: V128) => integersPacked(b, x, 32, truncate);
  const doubles = (b: Builder, x: V128) => integersPacked(b, x, 64, truncate);
  const [dq, pd, pi, pdpi] = [`CVT${t}PS2DQ`, `CVT${t}PD2DQ`, `CVT${t}PS2PI`, `CVT${t}PD2PI`];
  return [
    packed(dq, 128, make(dq, 4, 32), singles),
    packed(pd, 128, make(pd, 2, 64), doubles, toCleared),
    packed(pi, 64, make(pi, 2, 32, 'mmx'), (b, x) => singles(b, twice(b, x)), toMmx),
    packed(pdpi, 128, make(pdpi, 2, 64, 'mmx'), doubles, toMmx),
  ];
}

const fromMmx = fromIntegerHelper('CVTPI2PS', 2, 32, 32, 'mmx');
const fromMemory = fromIntegerHelper('CVTPI2PS memory', 2, 32, 32);

/** CVTDQ2PD, CVTPI2PD: every 32-bit integer is an exact double. */
function doublesFromIntegers(mnemonic: string): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    writeVector(b, 0, simd(b, 'f64x2.convert_low_i32x4_s', readVector(b, 1, { memoryBits: 64 })));
  });
}

export const floatConvertMeanings: readonly Meaning[] = [
  singleToDouble,
  doubleToSingle,
  toInteger(32, false),
  toInteger(32, true),
  toInteger(64, false),
  toInteger(64, true),
  fromInteger(32),
  fromInteger(64),
  packed('CVTPS2PD', 64, widenHelper('CVTPS2PD', 2), widenPacked),
  packed('CVTPD2PS', 128, narrowHelper('CVTPD2PS', 2), narrowPacked, toCleared),
  ...packedToInteger(false),
  ...packedToInteger(true),
  packed('CVTDQ2PS', 128, fromIntegerHelper('CVTDQ2PS', 4, 32, 32), singlesFromIntegers),
  packed('CVTPI2PS', 64, (b) => (b.isMemory(1) ? fromMemory : fromMmx), singlesFromIntegers, toLowHalf),
  doublesFromIntegers('CVTDQ2PD'),
  doublesFromIntegers('CVTPI2PD'),
];
