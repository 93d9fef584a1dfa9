// PCLMULQDQ (SDM 1, 12.13.4): a carry-less product, made of ordinary ones.
import type { Builder } from '../../uops/builder.ts';
import type { I64, V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { immediate8, lane64, readVector, vectorMeaning, writeVector } from './vector.ts';

const EVERY_FOURTH = 0x1111_1111_1111_1111n;

/**
 * Low 64 bits of a carry-less product. With only every fourth bit of each factor the carries of an
 * ordinary product stay in the three bits between (up to 15 ones are added in a place; the topmost place, with
 * 16, carries out of the word), so sixteen such products give four sums of products without carries.
 */
function carrylessLow(b: Builder, x: I64, y: I64): I64 {
  const part = (value: I64, i: number) => b.and(value, BigInt.asIntN(64, EVERY_FOURTH << BigInt(i)));
  const xs = [0, 1, 2, 3].map((i) => part(x, i));
  const ys = [0, 1, 2, 3].map((i) => part(y, i));
  let result: I64 | undefined;
  for (let k = 0; k < 4; k++) {
    const products = [0, 1, 2, 3].map((i) => b.mul(xs[i]!, ys[(k - i) & 3]!));
    const sum = part(
      products.reduce((all, product) => b.xor(all, product)),
      k,
    );
    result = result ? b.or(result, sum) : sum;
  }
  return result!;
}

/** The bits in reverse. */
function reversed(b: Builder, value: I64): I64 {
  const steps: [number, bigint][] = [
    [1, 0x5555_5555_5555_5555n],
    [2, 0x3333_3333_3333_3333n],
    [4, 0x0f0f_0f0f_0f0f_0f0fn],
    [8, 0x00ff_00ff_00ff_00ffn],
    [16, 0x0000_ffff_0000_ffffn],
  ];
  const swapped = steps.reduce(
    (v, [n, mask]) => b.or(b.and(b.shrU(v, n), mask), b.shl(b.and(v, mask), n)),
    value,
  );
  return b.rotl(swapped, 32);
}

/** Immediate bit 0 chooses the destination's quadword, bit 4 the source's. */
const carrylessMultiply = vectorMeaning('PCLMULQDQ', (b) => {
  const source = readVector(b, 1);
  const destination = readVector(b, 0);
  const immediate = immediate8(b);
  const x = b.select(b.and(immediate, 1), lane64(b, destination, 1), lane64(b, destination, 0));
  const y = b.select(b.and(immediate, 16), lane64(b, source, 1), lane64(b, source, 0));
  const low = carrylessLow(b, x, y);
  // The product of the reversed factors, reversed, is the product's upper 64 of 127 bits.
  const high = b.shrU(reversed(b, carrylessLow(b, reversed(b, x), reversed(b, y))), 1);
  const lowVector = b.simd('i64x2.splat', [low]);
  writeVector(b, 0, b.simd('i64x2.replace_lane', [lowVector, high], 'v128', { lane: 1 }) as V128);
});

export const carrylessMeanings: readonly Meaning[] = [carrylessMultiply];
