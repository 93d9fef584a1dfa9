// CMPxx, COMISx, UCOMISx (SDM 2). Between numbers that are neither NaNs nor denormals a comparison raises
// nothing, whatever MXCSR says; everything else goes the exact way.
//
// The predicate of CMPxx is a field of the instruction: bits 1:0 EQ, LT, LE, UNORD; bit 2 negates.

import type { Helper } from '../../helpers/helper.ts';
import { FIRST, type FloatKind, PD, PS, SD, SECOND, SS } from '../../helpers/simd/float.ts';
import { compareHelper, orderHelper } from '../../helpers/simd/float-operations.ts';
import type { Builder } from '../../uops/builder.ts';
import { FLAGS_STATUS, type I32, type Int, type V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { denormalLanes, floatOf, nanLanes, noDenormals, SHAPE } from './float-check.ts';
import { exactly, guarded } from './float-common.ts';
import {
  anyTrue,
  immediate8,
  readLow,
  readVector,
  simd,
  splat,
  vectorMeaning,
  writeLow,
  writeVector,
} from './vector.ts';

interface Order {
  readonly less: I32;
  readonly equal: I32;
  /** Neither operand is a NaN or denormal. */
  readonly plain: I32;
}
function orderOf(b: Builder, x: Int, y: Int): Order {
  const [first, second] = [floatOf(b, x), floatOf(b, y)];
  const less = b.binary('flt', first, second) as I32;
  const equal = b.binary('feq', first, second) as I32;
  const ordered = b.or(b.or(less, equal), b.binary('fgt', first, second) as I32);
  return { less, equal, plain: b.and(ordered, noDenormals(b, x, y)) };
}

/**
 * A bit for each predicate and order: bit 4 * predicate + (less ? 1 : equal ? 2 : 0).
 * EQ: equal. LT: less. LE: both. UNORD: none.
 */
const HOLDS = 0x0624;

function compareScalar(b: Builder, width: 32 | 64, helper: Helper): void {
  const y = readLow(b, 1, width);
  const x = readLow(b, 0, width);
  const predicate = immediate8(b);
  const { less, equal, plain } = orderOf(b, x, y);
  const index = b.add(b.shl(b.and(predicate, 3), 2), b.add(less, b.shl(equal, 1)));
  const holds = b.and(b.xor(b.shrU(b.i32(HOLDS), index), b.shrU(predicate, 2)), 1);
  const mask: Int = width === 64 ? b.neg(b.extendU(holds)) : b.neg(holds);
  writeLow(
    b,
    0,
    width,
    guarded(b, plain, mask, () => exactly(b, helper, [x, y], mask, predicate)),
  );
}

function comparePacked(b: Builder, width: 32 | 64, helper: Helper): void {
  const shape = SHAPE[width];
  const y = readVector(b, 1);
  const x = readVector(b, 0);
  const predicate = immediate8(b);
  const kind = b.and(predicate, 3);
  const all = (condition: I32) => splat(b, 32, b.neg(condition));
  const isLessOrEqual = b.eq(kind, 2);
  const equal = simd(
    b,
    'v128.and',
    simd(b, `${shape.float}.eq`, x, y),
    all(b.or(b.eqz(kind), isLessOrEqual)),
  );
  const less = simd(
    b,
    'v128.and',
    simd(b, `${shape.float}.lt`, x, y),
    all(b.or(b.eq(kind, 1), isLessOrEqual)),
  );
  const negated = all(b.and(b.shrU(predicate, 2), 1));
  const result = simd(b, 'v128.xor', simd(b, 'v128.or', equal, less), negated);
  const bad = [
    nanLanes(b, shape, x),
    nanLanes(b, shape, y),
    denormalLanes(b, shape, x),
    denormalLanes(b, shape, y),
  ];
  const any = anyTrue(
    b,
    bad.reduce((sum: V128, lanes) => simd(b, 'v128.or', sum, lanes)),
  );
  writeVector(
    b,
    0,
    guarded(b, b.eqz(any), result, () => exactly(b, helper, [x, y], result, predicate)),
  );
}

function compare(suffix: string, kind: FloatKind): Meaning {
  const mnemonic = `CMP${suffix}`;
  const helper = compareHelper(mnemonic, kind);
  return vectorMeaning(mnemonic, (b) => {
    if (kind.lanes === 1) compareScalar(b, kind.width, helper);
    else comparePacked(b, kind.width, helper);
  });
}

/** ZF PF CF: 000 greater, 001 less, 100 equal, 111 unordered; OF SF AF become 0. */
function order(mnemonic: string, width: 32 | 64, quiet: boolean): Meaning {
  const helper = orderHelper(mnemonic, width, quiet);
  return vectorMeaning(mnemonic, (b) => {
    const y = readLow(b, 1, width);
    const x = readLow(b, 0, width);
    const { less, equal, plain } = orderOf(b, x, y);
    // CF is bit 0, ZF bit 6.
    const flags = b.or(less, b.shl(equal, 6));
    const result = guarded(b, plain, flags, () => {
      b.set(width, FIRST, x);
      b.set(width, SECOND, y);
      return b.call(helper) as I32;
    });
    b.flagsSet(FLAGS_STATUS, result);
  });
}

export const floatCompareMeanings: readonly Meaning[] = [
  compare('PS', PS),
  compare('PD', PD),
  compare('SS', SS),
  compare('SD', SD),
  order('COMISS', 32, false),
  order('COMISD', 64, false),
  order('UCOMISS', 32, true),
  order('UCOMISD', 64, true),
];
