// The routines of FADD, FSUB, FMUL, FDIV and FSQRT against exact integers: operands chosen for what is hard about
// them, and random ones. (x87-native.test.ts compares whole instructions with the host.)
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cpu } from '../../helpers/cpu.ts';
import { CpuState } from '../../state/cpu-state.ts';
import * as L from '../../state/layout.ts';
import { Evaluator } from '../../uops/evaluate.ts';
import type { I32, Uop } from '../../uops/ir.ts';
import type { Routine } from '../../uops/routine.ts';
import { testForm, testInstruction } from '../../uops/testing.ts';
import { addRoutines, divideRoutines, multiplyRoutines } from './arithmetic.ts';
import { squareRoot } from './functions.ts';

const TOP = 1n << 63n;
const BIAS = 16383;

interface Operand {
  readonly negative: boolean;
  /** Of the lowest bit of the significand. */
  readonly exponent: number;
  readonly significand: bigint;
}
interface Result {
  readonly signExponent: number;
  readonly significand: bigint;
  /** C1 and PE. */
  readonly status: number;
}

const FSW_C1 = 0x200;
const FSW_PE = 0x20;

/** magnitude * 2^exponent, and a little more where `sticky`, rounded to nearest. */
function round(negative: boolean, magnitude: bigint, exponent: number, sticky: boolean): Result {
  if (magnitude === 0n) return { signExponent: 0, significand: 0n, status: 0 };
  // Room below, so that what is sticky is below half a unit.
  const wide = (magnitude << 130n) | (sticky ? 1n : 0n);
  const shift = BigInt(wide.toString(2).length - 64);
  const rest = wide & ((1n << shift) - 1n);
  const half = 1n << (shift - 1n);
  let significand = wide >> shift;
  const up = rest > half || (rest === half && (significand & 1n) === 1n);
  if (up) significand++;
  let scale = exponent - 130 + Number(shift);
  if (significand === 1n << 64n) {
    significand = TOP;
    scale++;
  }
  return {
    signExponent: (negative ? 0x8000 : 0) | (scale + 63 + BIAS),
    significand,
    status: (up ? FSW_C1 : 0) | (rest !== 0n ? FSW_PE : 0),
  };
}

function exactSum(a: Operand, c: Operand): Result {
  const least = Math.min(a.exponent, c.exponent);
  const value = ({ negative, exponent, significand }: Operand) =>
    (significand << BigInt(exponent - least)) * (negative ? -1n : 1n);
  const sum = value(a) + value(c);
  return round(sum < 0n, sum < 0n ? -sum : sum, least, false);
}
function exactProduct(a: Operand, c: Operand): Result {
  const { significand, exponent } = a;
  return round(a.negative !== c.negative, significand * c.significand, exponent + c.exponent, false);
}
function exactQuotient(a: Operand, c: Operand): Result {
  const dividend = a.significand << 80n;
  const quotient = dividend / c.significand;
  const sticky = quotient * c.significand !== dividend;
  return round(a.negative !== c.negative, quotient, a.exponent - c.exponent - 80, sticky);
}
function exactRoot(a: Operand): Result {
  const odd = a.exponent & 1;
  const radicand = a.significand << BigInt(130 + odd);
  let root = 1n << 98n;
  for (;;) {
    const next = (root + radicand / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return round(false, root, (a.exponent - 130 - odd) / 2, root * root !== radicand);
}

const state = new CpuState(new ArrayBuffer(65536));
const evaluator = new Evaluator({ state } as unknown as Cpu);
const RESULT = L.SCRATCH + 64;
const instruction = testInstruction(testForm());

function write(register: number, { negative, exponent, significand }: Operand): void {
  state.set64(L.FPR + 16 * register, significand);
  state.set32(L.FPR + 16 * register + 8, (negative ? 0x8000 : 0) | (exponent + 63 + BIAS));
}

/** ST(0) = R0, ST(1) = R1. */
function run(routine: Routine, args: readonly number[], a: Operand, c: Operand): Result | null {
  state.set32(L.FCW, 0x37f);
  state.set32(L.FSW, 0);
  state.set32(L.FTW, 3);
  write(0, a);
  write(1, c);
  const values = args.map((_, id): I32 => ({ id, type: 'i32' }));
  const result: I32 = { id: args.length, type: 'i32' };
  const uops: Uop[] = [
    ...args.map((value, i): Uop => ({ op: 'const', result: values[i]!, value })),
    { op: 'routine', routine, args: values, result },
    { op: 'set', bits: 32, location: { kind: 'state', offset: RESULT }, value: result },
  ];
  evaluator.run(uops, instruction);
  if (state.get32(RESULT) === 0) return null;
  return {
    signExponent: state.get32(L.FPR + 8),
    significand: BigInt.asUintN(64, state.get64(L.FPR)),
    status: state.get32(L.FSW),
  };
}

let seed = 0x9e3779b97f4a7c15n;
function random(): bigint {
  seed ^= (seed << 13n) & 0xffff_ffff_ffff_ffffn;
  seed ^= seed >> 7n;
  seed ^= (seed << 17n) & 0xffff_ffff_ffff_ffffn;
  return seed;
}
const HARD = [
  TOP,
  TOP + 1n,
  TOP + 2n,
  TOP + 3n,
  2n * TOP - 1n,
  2n * TOP - 2n,
  TOP + (1n << 62n),
  TOP | (1n << 32n),
];
const significands = () => [...HARD, random() | TOP, random() | TOP, (random() | TOP) & -(1n << 40n)];

/** Pairs of all hard significands, signs and distances of exponents up to 70. */
function* pairs(distances: readonly number[]): Generator<[Operand, Operand]> {
  for (const distance of distances) {
    for (const first of significands()) {
      for (const second of significands()) {
        for (const negative of [false, true]) {
          yield [
            { negative: false, exponent: 5, significand: first },
            { negative, exponent: 5 - distance, significand: second },
          ];
        }
      }
    }
  }
}
const DISTANCES = [-2, -1, 0, 1, 2, 3, 31, 32, 33, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 200];

test('sums and differences', () => {
  for (const [a, c] of pairs(DISTANCES)) {
    const negated = { ...c, negative: !c.negative };
    assert.deepEqual(run(addRoutines.register, [0, 0, 1, 0], a, c), exactSum(a, c));
    assert.deepEqual(run(addRoutines.register, [1, 0, 1, 0], a, c), exactSum(a, negated));
    const reversed = exactSum({ ...a, negative: true }, c);
    assert.deepEqual(run(addRoutines.register, [2, 0, 1, 0], a, c), reversed);
  }
});

test('products and quotients', () => {
  for (const [a, c] of pairs([0, 7])) {
    assert.deepEqual(run(multiplyRoutines.register, [0, 0, 1, 0], a, c), exactProduct(a, c));
    assert.deepEqual(run(divideRoutines.register, [0, 0, 1, 0], a, c), exactQuotient(a, c));
    assert.deepEqual(run(divideRoutines.register, [1, 0, 1, 0], a, c), exactQuotient(c, a));
  }
});

test('square roots, also next to squares', () => {
  const roots = Array.from({ length: 200 }, () => (random() | TOP) >> 32n);
  const squares = roots.map((root) => root * root).map((square) => (square < TOP ? square << 1n : square));
  const list = [...squares.flatMap((s) => [s, s + 1n, s - 1n]), ...HARD, ...significands()];
  for (const significand of list.filter((s) => s >= TOP)) {
    for (const exponent of [0, 1, -7]) {
      const a = { negative: false, exponent, significand };
      assert.deepEqual(run(squareRoot, [], a, a), exactRoot(a));
    }
  }
});
