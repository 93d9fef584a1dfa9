// Lane-wise integer arithmetic, comparison and logic of MMX and SSE (SDM 1, 9.4, 11.4.2, 12.6 and 12.11):
// nearly all of it is one WebAssembly instruction each.
import type { Builder } from '../../uops/builder.ts';
import type { V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  binaryMeaning,
  bytes,
  dwords,
  qwords,
  shuffle,
  simd,
  unaryMeaning,
  vectorBits,
  words,
} from './vector.ts';

/** Mnemonic: WebAssembly instruction on (destination, source). */
const LANEWISE: Readonly<Record<string, string>> = {
  PADDB: 'i8x16.add',
  PADDW: 'i16x8.add',
  PADDD: 'i32x4.add',
  PADDQ: 'i64x2.add',
  PADDSB: 'i8x16.add_sat_s',
  PADDSW: 'i16x8.add_sat_s',
  PADDUSB: 'i8x16.add_sat_u',
  PADDUSW: 'i16x8.add_sat_u',
  PSUBB: 'i8x16.sub',
  PSUBW: 'i16x8.sub',
  PSUBD: 'i32x4.sub',
  PSUBQ: 'i64x2.sub',
  PSUBSB: 'i8x16.sub_sat_s',
  PSUBSW: 'i16x8.sub_sat_s',
  PSUBUSB: 'i8x16.sub_sat_u',
  PSUBUSW: 'i16x8.sub_sat_u',
  PMULLW: 'i16x8.mul',
  PMULLD: 'i32x4.mul',
  PMADDWD: 'i32x4.dot_i16x8_s',
  PAVGB: 'i8x16.avgr_u',
  PAVGW: 'i16x8.avgr_u',
  PMINSB: 'i8x16.min_s',
  PMINUB: 'i8x16.min_u',
  PMINSW: 'i16x8.min_s',
  PMINUW: 'i16x8.min_u',
  PMINSD: 'i32x4.min_s',
  PMINUD: 'i32x4.min_u',
  PMAXSB: 'i8x16.max_s',
  PMAXUB: 'i8x16.max_u',
  PMAXSW: 'i16x8.max_s',
  PMAXUW: 'i16x8.max_u',
  PMAXSD: 'i32x4.max_s',
  PMAXUD: 'i32x4.max_u',
  PCMPEQB: 'i8x16.eq',
  PCMPEQW: 'i16x8.eq',
  PCMPEQD: 'i32x4.eq',
  PCMPEQQ: 'i64x2.eq',
  PCMPGTB: 'i8x16.gt_s',
  PCMPGTW: 'i16x8.gt_s',
  PCMPGTD: 'i32x4.gt_s',
  PCMPGTQ: 'i64x2.gt_s',
  PAND: 'v128.and',
  ANDPS: 'v128.and',
  ANDPD: 'v128.and',
  POR: 'v128.or',
  ORPS: 'v128.or',
  ORPD: 'v128.or',
  PXOR: 'v128.xor',
  XORPS: 'v128.xor',
  XORPD: 'v128.xor',
};

/** x86 complements the destination, WebAssembly the second operand. */
const andNot = (b: Builder, d: V128, s: V128) => simd(b, 'v128.andnot', s, d);

/** High halves of the products of 16-bit lanes. */
function multiplyHigh(b: Builder, d: V128, s: V128, sign: 's' | 'u'): V128 {
  const low = simd(b, `i32x4.extmul_low_i16x8_${sign}`, d, s);
  const high = simd(b, `i32x4.extmul_high_i16x8_${sign}`, d, s);
  return shuffle(b, 2, [1, 3, 5, 7, 9, 11, 13, 15], low, high);
}

/** Products of the even 32-bit lanes. */
function multiplyEven(b: Builder, d: V128, s: V128, sign: 's' | 'u'): V128 {
  const even = (value: V128) => shuffle(b, 4, [0, 2, 0, 2], value);
  return simd(b, `i64x2.extmul_low_i32x4_${sign}`, even(d), even(s));
}

/** WebAssembly's instruction saturates the one product that does not fit, 8000h times itself; PMULHRSW does not. */
function multiplyRounded(b: Builder, d: V128, s: V128): V128 {
  const least = words(b, 0x8000);
  const both = simd(b, 'v128.and', simd(b, 'i16x8.eq', d, least), simd(b, 'i16x8.eq', s, least));
  return simd(b, 'v128.xor', simd(b, 'i16x8.q15mulr_sat_s', d, s), both);
}

/** Unsigned bytes of the destination times signed bytes of the source, added in pairs with saturation. */
function multiplyAddBytes(b: Builder, d: V128, s: V128): V128 {
  const eight = b.i32(8);
  const even = simd(
    b,
    'i16x8.mul',
    simd(b, 'v128.and', d, words(b, 0xff)),
    simd(b, 'i16x8.shr_s', simd(b, 'i16x8.shl', s, eight), eight),
  );
  const odd = simd(b, 'i16x8.mul', simd(b, 'i16x8.shr_u', d, eight), simd(b, 'i16x8.shr_s', s, eight));
  return simd(b, 'i16x8.add_sat_s', even, odd);
}

/** Sums of absolute differences of eight bytes, in the low 16 bits of each half. */
function sumAbsoluteDifferences(b: Builder, d: V128, s: V128): V128 {
  const difference = simd(b, 'v128.or', simd(b, 'i8x16.sub_sat_u', d, s), simd(b, 'i8x16.sub_sat_u', s, d));
  const pairs = simd(b, 'i16x8.extadd_pairwise_i8x16_u', difference);
  const fours = simd(b, 'i32x4.extadd_pairwise_i16x8_u', pairs);
  const upper = simd(b, 'i64x2.shr_u', fours, b.i32(32));
  return simd(b, 'i64x2.add', upper, simd(b, 'v128.and', fours, qwords(b, 0xffffffffn)));
}

/** Each lane of the destination with the sign of the source's: negated, zeroed or kept. */
function applySign(b: Builder, shape: string, d: V128, s: V128): V128 {
  const none = bytes(b, 0);
  const negative = simd(b, `${shape}.lt_s`, s, none);
  const signed = simd(b, `${shape}.sub`, simd(b, 'v128.xor', d, negative), negative);
  return simd(b, 'v128.and', signed, simd(b, `${shape}.ne`, s, none));
}

/** An operation of neighbouring lanes: results of the destination's pairs, then of the source's. */
function horizontal(b: Builder, name: string, size: 2 | 4, d: V128, s: V128): V128 {
  const lanes = vectorBits(b) / 8 / size;
  const pick = (odd: number) => {
    const own = Array.from({ length: lanes / 2 }, (_, i) => 2 * i + odd);
    const result = [...own, ...own.map((lane) => lane + 16 / size)];
    return shuffle(b, size, [...result, ...(lanes * size === 8 ? result : [])], d, s);
  };
  return simd(b, name, pick(0), pick(1));
}

/** The smallest of eight unsigned words and its number, in the lowest two words; zeros above. */
function minimumPosition(b: Builder, s: V128): V128 {
  const keyed = (half: 'low' | 'high', first: number) =>
    simd(
      b,
      'v128.or',
      simd(b, 'i32x4.shl', simd(b, `i32x4.extend_${half}_i16x8_u`, s), b.i32(16)),
      dwords(b, first, first + 1, first + 2, first + 3),
    );
  let least = simd(b, 'i32x4.min_u', keyed('low', 0), keyed('high', 4));
  least = simd(b, 'i32x4.min_u', least, shuffle(b, 4, [2, 3, 0, 1], least));
  least = simd(b, 'i32x4.min_u', least, shuffle(b, 4, [1, 0, 3, 2], least));
  return simd(
    b,
    'v128.and',
    simd(b, 'v128.or', simd(b, 'i32x4.shr_u', least, b.i32(16)), simd(b, 'i32x4.shl', least, b.i32(16))),
    dwords(b, -1, 0, 0, 0),
  );
}

/** PMOVSX, PMOVZX by source and destination size: the memory operand's width and the steps. */
const EXTENSIONS: readonly [string, 16 | 32 | 64, readonly string[]][] = [
  ['BW', 64, ['i16x8.extend_low_i8x16']],
  ['BD', 32, ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8']],
  ['BQ', 16, ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4']],
  ['WD', 64, ['i32x4.extend_low_i16x8']],
  ['WQ', 32, ['i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4']],
  ['DQ', 64, ['i64x2.extend_low_i32x4']],
];

const extensions = EXTENSIONS.flatMap(([sizes, memoryBits, steps]) =>
  (['s', 'u'] as const).map((sign) =>
    unaryMeaning(
      `PMOV${sign === 's' ? 'S' : 'Z'}X${sizes}`,
      (b, s) => steps.reduce((value, step) => simd(b, `${step}_${sign}`, value), s),
      { memoryBits },
    ),
  ),
);

const horizontals = (
  [
    ['PHADDW', 'i16x8.add', 2],
    ['PHADDD', 'i32x4.add', 4],
    ['PHADDSW', 'i16x8.add_sat_s', 2],
    ['PHSUBW', 'i16x8.sub', 2],
    ['PHSUBD', 'i32x4.sub', 4],
    ['PHSUBSW', 'i16x8.sub_sat_s', 2],
  ] as const
).map(([mnemonic, name, size]) => binaryMeaning(mnemonic, (b, d, s) => horizontal(b, name, size, d, s)));

export const integerMeanings: readonly Meaning[] = [
  ...Object.entries(LANEWISE).map(([mnemonic, name]) =>
    binaryMeaning(mnemonic, (b, d, s) => simd(b, name, d, s)),
  ),
  ...['PANDN', 'ANDNPS', 'ANDNPD'].map((mnemonic) => binaryMeaning(mnemonic, andNot)),
  ...horizontals,
  ...extensions,
  binaryMeaning('PMULHW', (b, d, s) => multiplyHigh(b, d, s, 's')),
  binaryMeaning('PMULHUW', (b, d, s) => multiplyHigh(b, d, s, 'u')),
  binaryMeaning('PMULUDQ', (b, d, s) => multiplyEven(b, d, s, 'u')),
  binaryMeaning('PMULDQ', (b, d, s) => multiplyEven(b, d, s, 's')),
  binaryMeaning('PMULHRSW', multiplyRounded),
  binaryMeaning('PMADDUBSW', multiplyAddBytes),
  binaryMeaning('PSADBW', sumAbsoluteDifferences),
  binaryMeaning('PSIGNB', (b, d, s) => applySign(b, 'i8x16', d, s)),
  binaryMeaning('PSIGNW', (b, d, s) => applySign(b, 'i16x8', d, s)),
  binaryMeaning('PSIGND', (b, d, s) => applySign(b, 'i32x4', d, s)),
  unaryMeaning('PABSB', (b, s) => simd(b, 'i8x16.abs', s)),
  unaryMeaning('PABSW', (b, s) => simd(b, 'i16x8.abs', s)),
  unaryMeaning('PABSD', (b, s) => simd(b, 'i32x4.abs', s)),
  unaryMeaning('PHMINPOSUW', minimumPosition),
];
