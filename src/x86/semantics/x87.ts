// x87 instructions (SDM 1, chapter 8; SDM 2): loads and stores, arithmetic, comparisons, transcendentals.
// Instructions that only deal with the unit's own state are in x87-state.ts.
//
// Each begins with its checks, then loads memory (stores: with write intent), keeps FIP and FDP, and calls a
// helper over the register stack; helpers here never fault.
import type { Helper } from '../helpers/helper.ts';
import * as arithmetic from '../helpers/x87/arithmetic.ts';
import * as compare from '../helpers/x87/compare.ts';
import * as load from '../helpers/x87/load.ts';
import * as store from '../helpers/x87/store.ts';
import * as transcendental from '../helpers/x87/transcendental.ts';
import * as L from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_CF, FLAG_PF, FLAG_ZF, FLAGS_STATUS, type I32, type I64, type Int } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { keepInstructionPointer, keepOperandPointer, loadExtended, waiting } from './x87-common.ts';
import { x87StateMeanings } from './x87-state.ts';

/** The i of an ST(i) operand. */
function stackIndex(b: Builder, operand: number): I32 {
  const { kind } = b.operand(operand);
  const field = b.operand(operand);
  if (field.kind !== 'st') throw new Error(`${b.form.mnemonic}: operand ${operand} is ${kind}`);
  return b.registerField(field.field);
}

/** Width in bits of the memory operand. */
function memoryWidth(b: Builder): number {
  const operand = b.operand(0);
  return operand.kind === 'mem' ? operand.width : 0;
}

/** Checks, loads the memory operand (16 and 32 bits as i32, 64 as i64) and keeps the pointers. */
function memoryOperand(b: Builder, signed: boolean): Int {
  waiting(b);
  const reference = b.reference(0);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const value = b.loadFrom(reference, width) as Int;
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
  return signed && width === 16 ? b.signExtend(16, value) : value;
}

/** Checks and keeps the pointer, for instructions without memory. */
function begin(b: Builder): void {
  waiting(b);
  keepInstructionPointer(b);
}

function plain(mnemonic: string, helper: Helper, ...parameters: number[]): Meaning {
  return {
    mnemonic,
    build: (b) => {
      begin(b);
      b.call(helper, ...parameters.map((parameter) => b.i32(parameter)));
    },
  };
}

function arithmeticMeaning(mnemonic: string, operation: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      if (b.isMemory(0)) {
        const value = memoryOperand(b, false);
        const helper = value.type === 'i64' ? arithmetic.x87ArithmeticReal64 : arithmetic.x87ArithmeticReal32;
        b.call(helper, b.i32(operation), ...parts(b, value));
      } else registerArithmetic(b, operation, 0);
    },
  };
}

function registerArithmetic(b: Builder, operation: number, pops: number): void {
  begin(b);
  const destination = stackIndex(b, 0);
  const source = stackIndex(b, 1);
  b.call(arithmetic.x87Arithmetic, b.i32(operation), destination, source, b.i32(pops));
}

function popMeaning(mnemonic: string, operation: number): Meaning {
  return { mnemonic, build: (b) => registerArithmetic(b, operation, 1) };
}

function integerMeaning(mnemonic: string, operation: number): Meaning {
  return {
    mnemonic,
    build: (b) => void b.call(arithmetic.x87ArithmeticInteger, b.i32(operation), memoryOperand(b, true)),
  };
}

const arithmeticFamily: Meaning[] = (
  [
    ['ADD', arithmetic.ADD],
    ['MUL', arithmetic.MULTIPLY],
    ['SUB', arithmetic.SUBTRACT],
    ['SUBR', arithmetic.SUBTRACT_REVERSED],
    ['DIV', arithmetic.DIVIDE],
    ['DIVR', arithmetic.DIVIDE_REVERSED],
  ] as const
).flatMap(([name, operation]) => [
  arithmeticMeaning(`F${name}`, operation),
  popMeaning(`F${name}P`, operation),
  integerMeaning(`FI${name}`, operation),
]);

function compareMeaning(mnemonic: string, quiet: number, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      if (b.form.operands.length > 0 && b.isMemory(0)) {
        const value = memoryOperand(b, false);
        const helper = value.type === 'i64' ? compare.x87CompareReal64 : compare.x87CompareReal32;
        b.call(helper, ...parts(b, value), b.i32(pops));
        return;
      }
      begin(b);
      const index = b.form.operands.length > 0 ? stackIndex(b, 0) : b.i32(1);
      b.call(compare.x87Compare, index, b.i32(quiet), b.i32(pops));
    },
  };
}

function compareIntegerMeaning(mnemonic: string, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => void b.call(compare.x87CompareInteger, memoryOperand(b, true), b.i32(pops)),
  };
}

function compareFlagsMeaning(mnemonic: string, quiet: number, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      begin(b);
      const flags = b.call(compare.x87CompareFlags, stackIndex(b, 1), b.i32(quiet), b.i32(pops)) as I32;
      b.flagsSet(FLAGS_STATUS, flags);
    },
  };
}

const compareFamily: Meaning[] = [
  compareMeaning('FCOM', 0, 0),
  compareMeaning('FCOMP', 0, 1),
  compareMeaning('FCOMPP', 0, 2),
  compareMeaning('FUCOM', 1, 0),
  compareMeaning('FUCOMP', 1, 1),
  compareMeaning('FUCOMPP', 1, 2),
  compareIntegerMeaning('FICOM', 0),
  compareIntegerMeaning('FICOMP', 1),
  compareFlagsMeaning('FCOMI', 0, 0),
  compareFlagsMeaning('FCOMIP', 0, 1),
  compareFlagsMeaning('FUCOMI', 1, 0),
  compareFlagsMeaning('FUCOMIP', 1, 1),
  plain('FTST', compare.x87Test),
  plain('FXAM', compare.x87Examine),
];

function loadReal(b: Builder): void {
  if (!b.isMemory(0)) {
    begin(b);
    b.call(load.x87LoadRegister, stackIndex(b, 0));
  } else if (memoryWidth(b) === 80) {
    loadEighty(b, load.x87LoadExtended);
  } else {
    const value = memoryOperand(b, false);
    b.call(value.type === 'i64' ? load.x87LoadReal64 : load.x87LoadReal32, ...parts(b, value));
  }
}

/** Loads 80 bits and passes them in three parts. */
function loadEighty(b: Builder, helper: Helper): void {
  waiting(b);
  const reference = b.reference(0);
  const { significand, exponent } = loadExtended(b, reference, 'read');
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
  b.call(helper, ...parts(b, significand), exponent);
}

/** An i32 as it is, an i64 as its halves, low first: an i64 would reach the helper as a bigint. */
function parts(b: Builder, value: Int): I32[] {
  if (value.type === 'i32') return [value as I32];
  return [b.wrap(value as I64), b.wrap(b.shrU(value, 32) as I64)];
}

/**
 * Loads the destination with write intent, lets `compute` make the new value from the old, and stores it.
 * 64 bits travel in SCRATCH, and `compute` gets null.
 */
function storeThrough(b: Builder, compute: (old: I32 | null) => I32 | null): void {
  waiting(b);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const reference = b.reference(0);
  const address = b.linear(reference, width / 8, 'write');
  const old = b.loadLinear(width, address, 'write', reference.stack) as Int;
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
  if (old.type === 'i64') b.set(64, L.SCRATCH, old);
  const value = compute(old.type === 'i64' ? null : (old as I32)) ?? b.get(64, L.SCRATCH);
  b.storeLinear(width, address, value, reference.stack);
}

function storeReal(b: Builder, pops: number): void {
  if (!b.isMemory(0)) {
    begin(b);
    b.call(load.x87StoreRegister, stackIndex(b, 0), b.i32(pops));
  } else if (memoryWidth(b) === 80) {
    storeExtended(b, store.x87StoreExtended);
  } else {
    storeThrough(b, (old) =>
      old === null
        ? (b.call(store.x87StoreReal64, b.i32(pops)) as null)
        : (b.call(store.x87StoreReal32, old, b.i32(pops)) as I32),
    );
  }
}

/** The helper works on the 80 bits in SCRATCH. */
function storeExtended(b: Builder, helper: Helper): void {
  waiting(b);
  const reference = b.reference(0);
  const old = loadExtended(b, reference, 'write');
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
  b.set(64, L.SCRATCH, old.significand);
  b.set(32, L.SCRATCH + 8, old.exponent);
  b.call(helper);
  old.store({ significand: b.get(64, L.SCRATCH), exponent: b.get(16, L.SCRATCH + 8) });
}

function storeInteger(b: Builder, truncate: number, pops: number): void {
  const width = b.i32(memoryWidth(b));
  storeThrough(b, (old) =>
    old === null
      ? (b.call(store.x87StoreInteger64, b.i32(truncate)) as null)
      : (b.call(store.x87StoreInteger32, old, width, b.i32(truncate), b.i32(pops)) as I32),
  );
}

const CONSTANTS = ['FLD1', 'FLDL2T', 'FLDL2E', 'FLDPI', 'FLDLG2', 'FLDLN2', 'FLDZ'];

const moveFamily: Meaning[] = [
  { mnemonic: 'FLD', build: loadReal },
  { mnemonic: 'FST', build: (b) => storeReal(b, 0) },
  { mnemonic: 'FSTP', build: (b) => storeReal(b, 1) },
  {
    mnemonic: 'FILD',
    build: (b) => {
      const value = memoryOperand(b, true);
      const halves = parts(b, value);
      b.call(load.x87LoadInteger, halves[0]!, halves[1] ?? b.shrS(halves[0]!, 31));
    },
  },
  { mnemonic: 'FIST', build: (b) => storeInteger(b, 0, 0) },
  { mnemonic: 'FISTP', build: (b) => storeInteger(b, 0, 1) },
  { mnemonic: 'FISTTP', build: (b) => storeInteger(b, 1, 1) },
  {
    mnemonic: 'FBLD',
    build: (b) => loadEighty(b, load.x87LoadDecimal),
  },
  { mnemonic: 'FBSTP', build: (b) => storeExtended(b, store.x87StoreDecimal) },
  {
    mnemonic: 'FXCH',
    build: (b) => {
      begin(b);
      b.call(load.x87Exchange, stackIndex(b, 0));
    },
  },
  {
    mnemonic: 'FCMOVcc',
    reads: FLAG_CF | FLAG_PF | FLAG_ZF,
    build: (b) => {
      begin(b);
      b.call(load.x87ConditionalMove, stackIndex(b, 1), b.condition(moveCondition(b.form.condition)));
    },
  },
  plain('FCHS', load.x87Sign, 0xffff, 0x8000),
  plain('FABS', load.x87Sign, 0x7fff, 0),
  ...CONSTANTS.map((mnemonic, number) => plain(mnemonic, load.x87LoadConstant, number)),
];

/** FCMOVcc's condition (B E BE U NB NE NBE NU) as that of Jcc. */
function moveCondition(condition: number): number {
  return [2, 4, 6, 10, 3, 5, 7, 11][condition]!;
}

const functionFamily: Meaning[] = [
  plain('FSQRT', arithmetic.x87SquareRoot),
  plain('FRNDINT', arithmetic.x87RoundToInteger),
  plain('FSCALE', arithmetic.x87Scale),
  plain('FPREM', arithmetic.x87PartialRemainder, 0),
  plain('FPREM1', arithmetic.x87PartialRemainder, 1),
  plain('FXTRACT', transcendental.x87Extract),
  plain('F2XM1', transcendental.x87Exponential),
  plain('FYL2X', transcendental.x87Logarithm),
  plain('FYL2XP1', transcendental.x87LogarithmPlusOne),
  plain('FPATAN', transcendental.x87Arctangent),
  plain('FSIN', transcendental.x87Sine),
  plain('FCOS', transcendental.x87Cosine),
  plain('FSINCOS', transcendental.x87SineCosine),
  plain('FPTAN', transcendental.x87Tangent),
];

export const x87Meanings: Meaning[] = [
  ...moveFamily,
  ...arithmeticFamily,
  ...compareFamily,
  ...functionFamily,
  ...x87StateMeanings,
];
