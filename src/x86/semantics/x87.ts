// x87 instructions (SDM 1, chapter 8; SDM 2): loads and stores, arithmetic, comparisons, transcendentals.
// Instructions that only deal with the unit's own state are in x87-state.ts.
//
// Common ones try a routine (x87-routines) and leave to a helper what that does not do; both work on the
// register stack, and helpers here never fault. FIP and FDP are kept last: nothing may be written before a
// helper is called, so that a translator can leave the instruction to the interpreter there.
import type { Helper } from '../helpers/helper.ts';
import * as arithmetic from '../helpers/x87/arithmetic.ts';
import * as compare from '../helpers/x87/compare.ts';
import * as load from '../helpers/x87/load.ts';
import * as store from '../helpers/x87/store.ts';
import * as transcendental from '../helpers/x87/transcendental.ts';
import * as L from '../state/layout.ts';
import type { Builder, MemoryReference } from '../uops/builder.ts';
import { FLAG_CF, FLAG_PF, FLAG_ZF, FLAGS_STATUS, type I32, type I64, type Int } from '../uops/ir.ts';
import type { Routine } from '../uops/routine.ts';
import type { Meaning } from './meaning.ts';
import {
  type Extended,
  keepInstructionPointer,
  keepOperandPointer,
  loadExtended,
  waiting,
} from './x87-common.ts';
import { attempt, attemptChecked } from './x87-fast.ts';
import {
  type ArithmeticRoutines,
  addRoutines,
  divideRoutines,
  multiplyRoutines,
} from './x87-routines/arithmetic.ts';
import * as fastCompare from './x87-routines/compare.ts';
import * as fastFunctions from './x87-routines/functions.ts';
import * as fastLoad from './x87-routines/load.ts';
import * as fastStore from './x87-routines/store.ts';
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

/** Checks, loads the memory operand (16 and 32 bits as i32, 64 as i64), does the work and keeps the pointers. */
function withMemory(b: Builder, signed: boolean, work: (value: Int) => void): void {
  waiting(b);
  const reference = b.reference(0);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const value = b.loadFrom(reference, width) as Int;
  work(signed && width === 16 ? b.signExtend(16, value) : value);
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

/** An integer operand as 64 bits. */
function wide(b: Builder, value: Int): I64 {
  return value.type === 'i64' ? (value as I64) : b.extendS(value as I32);
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

/** An instruction without operands, by a routine or else a helper. */
function attempted(mnemonic: string, routine: Routine, helper: Helper): Meaning {
  return {
    mnemonic,
    build: (b) => {
      attempt(b, routine, [], () => b.call(helper));
      keepInstructionPointer(b);
    },
  };
}

/** An operation as helpers know it, its routines, and which variant of those it is. */
interface Arithmetic {
  readonly name: string;
  readonly operation: number;
  readonly routines: ArithmeticRoutines;
  readonly variant: number;
}

function realArithmetic(b: Builder, { operation, routines, variant }: Arithmetic): void {
  withMemory(b, false, (value) => {
    const long = value.type === 'i64';
    const helper = long ? arithmetic.x87ArithmeticReal64 : arithmetic.x87ArithmeticReal32;
    attemptChecked(b, long ? routines.real64 : routines.real32, [b.i32(variant), value], () => {
      b.call(helper, b.i32(operation), ...parts(b, value));
    });
  });
}

function registerArithmetic(b: Builder, { operation, routines, variant }: Arithmetic, pops: number): void {
  const destination = stackIndex(b, 0);
  const source = stackIndex(b, 1);
  attempt(b, routines.register, [b.i32(variant), destination, source, b.i32(pops)], () => {
    b.call(arithmetic.x87Arithmetic, b.i32(operation), destination, source, b.i32(pops));
  });
  keepInstructionPointer(b);
}

function integerArithmetic(b: Builder, { operation, routines, variant }: Arithmetic): void {
  withMemory(b, true, (value) => {
    attemptChecked(b, routines.integer, [b.i32(variant), wide(b, value)], () => {
      b.call(arithmetic.x87ArithmeticInteger, b.i32(operation), value);
    });
  });
}

const ARITHMETIC: readonly Arithmetic[] = [
  { name: 'ADD', operation: arithmetic.ADD, routines: addRoutines, variant: 0 },
  { name: 'MUL', operation: arithmetic.MULTIPLY, routines: multiplyRoutines, variant: 0 },
  { name: 'SUB', operation: arithmetic.SUBTRACT, routines: addRoutines, variant: 1 },
  { name: 'SUBR', operation: arithmetic.SUBTRACT_REVERSED, routines: addRoutines, variant: 2 },
  { name: 'DIV', operation: arithmetic.DIVIDE, routines: divideRoutines, variant: 0 },
  { name: 'DIVR', operation: arithmetic.DIVIDE_REVERSED, routines: divideRoutines, variant: 1 },
];

const arithmeticFamily: Meaning[] = ARITHMETIC.flatMap((which): Meaning[] => [
  {
    mnemonic: `F${which.name}`,
    build: (b) => (b.isMemory(0) ? realArithmetic(b, which) : registerArithmetic(b, which, 0)),
  },
  { mnemonic: `F${which.name}P`, build: (b) => registerArithmetic(b, which, 1) },
  { mnemonic: `FI${which.name}`, build: (b) => integerArithmetic(b, which) },
]);

function compareMeaning(mnemonic: string, quiet: number, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      const count = b.i32(pops);
      if (b.form.operands.length > 0 && b.isMemory(0)) {
        withMemory(b, false, (value) => {
          const long = value.type === 'i64';
          const helper = long ? compare.x87CompareReal64 : compare.x87CompareReal32;
          attemptChecked(
            b,
            long ? fastCompare.compareReal64 : fastCompare.compareReal32,
            [value, count],
            () => {
              b.call(helper, ...parts(b, value), count);
            },
          );
        });
        return;
      }
      const index = b.form.operands.length > 0 ? stackIndex(b, 0) : b.i32(1);
      attempt(b, fastCompare.compareRegister, [index, count], () => {
        b.call(compare.x87Compare, index, b.i32(quiet), count);
      });
      keepInstructionPointer(b);
    },
  };
}

function compareIntegerMeaning(mnemonic: string, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) =>
      withMemory(b, true, (value) => {
        const count = b.i32(pops);
        attemptChecked(b, fastCompare.compareInteger, [wide(b, value), count], () => {
          b.call(compare.x87CompareInteger, value, count);
        });
      }),
  };
}

function compareFlagsMeaning(mnemonic: string, quiet: number, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      const index = stackIndex(b, 1);
      const flags = b.variable(b.i32(0));
      const count = b.i32(pops);
      const done = b.routine(fastCompare.compareFlags, index, count) as I32;
      b.if(
        done,
        () => b.assign(flags, b.get(32, L.SCRATCH)),
        () => {
          waiting(b);
          b.assign(flags, b.call(compare.x87CompareFlags, index, b.i32(quiet), count) as I32);
        },
      );
      b.flagsSet(FLAGS_STATUS, b.current(flags));
      keepInstructionPointer(b);
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
  attempted('FTST', fastCompare.test, compare.x87Test),
  plain('FXAM', compare.x87Examine),
];

function loadReal(b: Builder): void {
  if (!b.isMemory(0)) {
    const index = stackIndex(b, 0);
    attempt(b, fastLoad.pushRegister, [index], () => b.call(load.x87LoadRegister, index));
    keepInstructionPointer(b);
  } else if (memoryWidth(b) === 80) {
    loadEighty(b, ({ significand, exponent }) => {
      attemptChecked(b, fastLoad.pushExtended, [significand, exponent], () => {
        b.call(load.x87LoadExtended, ...parts(b, significand), exponent);
      });
    });
  } else {
    withMemory(b, false, (value) => {
      const long = value.type === 'i64';
      attemptChecked(b, long ? fastLoad.pushReal64 : fastLoad.pushReal32, [value], () => {
        b.call(long ? load.x87LoadReal64 : load.x87LoadReal32, ...parts(b, value));
      });
    });
  }
}

/** Checks, loads 80 bits, does the work and keeps the pointers. */
function loadEighty(b: Builder, work: (value: Extended) => void): void {
  waiting(b);
  const reference = b.reference(0);
  work(loadExtended(b, reference, 'read'));
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

/** An i32 as it is, an i64 as its halves, low first: an i64 would reach the helper as a bigint. */
function parts(b: Builder, value: Int): I32[] {
  if (value.type === 'i32') return [value as I32];
  return [b.wrap(value as I64), b.wrap(b.shrU(value, 32) as I64)];
}

/**
 * A store: what the routine leaves in SCRATCH, or else by a helper, for which the destination is loaded with
 * write intent. `compute` makes the new value from the old; 64 bits travel in SCRATCH, and it gets null.
 */
function storeThrough(
  b: Builder,
  routine: Routine,
  args: readonly I32[],
  compute: (old: I32 | null) => I32 | null,
): void {
  waiting(b);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const reference = b.reference(0);
  const address = b.linear(reference, width / 8, 'write');
  const done = b.routine(routine, ...args) as I32;
  b.if(
    done,
    () => {
      const value = width === 64 ? b.get(64, fastStore.STORED) : b.get(32, fastStore.STORED);
      b.storeLinear(width, address, value, reference.stack);
      fastStore.commitStore(b);
    },
    () => {
      const old = b.loadLinear(width, address, 'write', reference.stack) as Int;
      if (old.type === 'i64') b.set(64, L.SCRATCH, old);
      const value = compute(old.type === 'i64' ? null : (old as I32)) ?? b.get(64, L.SCRATCH);
      b.storeLinear(width, address, value, reference.stack);
    },
  );
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeReal(b: Builder, pops: number): void {
  if (!b.isMemory(0)) {
    const index = stackIndex(b, 0);
    attempt(b, fastLoad.storeRegister, [index, b.i32(pops)], () => {
      b.call(load.x87StoreRegister, index, b.i32(pops));
    });
    keepInstructionPointer(b);
  } else if (memoryWidth(b) === 80) {
    storeExtended(b);
  } else {
    const routine = memoryWidth(b) === 64 ? fastStore.storeReal64 : fastStore.storeReal32;
    storeThrough(b, routine, [b.i32(pops)], (old) =>
      old === null
        ? (b.call(store.x87StoreReal64, b.i32(pops)) as null)
        : (b.call(store.x87StoreReal32, old, b.i32(pops)) as I32),
    );
  }
}

/** The helper works on the 80 bits in SCRATCH. */
function storeEighty(b: Builder, reference: MemoryReference, helper: Helper): void {
  const old = loadExtended(b, reference, 'write');
  b.set(64, L.SCRATCH, old.significand);
  b.set(32, L.SCRATCH + 8, old.exponent);
  b.call(helper);
  old.store({ significand: b.get(64, L.SCRATCH), exponent: b.get(16, L.SCRATCH + 8) });
}

function storeExtended(b: Builder): void {
  waiting(b);
  const reference = b.reference(0);
  const done = b.routine(fastStore.storeExtended, b.i32(1)) as I32;
  b.if(
    done,
    () => {
      // Loaded with write intent, in two parts: the second store must not fault after the first.
      loadExtended(b, reference, 'write').store({
        significand: b.get(64, fastStore.STORED),
        exponent: b.get(32, fastStore.STORED_EXPONENT),
      });
      fastStore.commitStore(b);
    },
    () => storeEighty(b, reference, store.x87StoreExtended),
  );
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeDecimal(b: Builder): void {
  waiting(b);
  const reference = b.reference(0);
  storeEighty(b, reference, store.x87StoreDecimal);
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

function storeInteger(b: Builder, truncate: number, pops: number): void {
  const width = b.i32(memoryWidth(b));
  storeThrough(b, fastStore.storeInteger, [b.i32(pops), width, b.i32(truncate)], (old) =>
    old === null
      ? (b.call(store.x87StoreInteger64, b.i32(truncate)) as null)
      : (b.call(store.x87StoreInteger32, old, width, b.i32(truncate), b.i32(pops)) as I32),
  );
}

function signMeaning(mnemonic: string, keep: number, flip: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      attempt(b, fastLoad.changeSign, [b.i32(keep), b.i32(flip)], () => {
        b.call(load.x87Sign, b.i32(keep), b.i32(flip));
      });
      keepInstructionPointer(b);
    },
  };
}

/** FLD1 and FLDZ, which are not rounded. */
function exactConstant(mnemonic: 'FLD1' | 'FLDZ', number: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      const one = mnemonic === 'FLD1';
      attempt(b, fastLoad.pushExtended, [b.i64(one ? 1n << 63n : 0), b.i32(one ? 0x3fff : 0)], () => {
        b.call(load.x87LoadConstant, b.i32(number));
      });
      keepInstructionPointer(b);
    },
  };
}

const CONSTANTS = ['FLD1', 'FLDL2T', 'FLDL2E', 'FLDPI', 'FLDLG2', 'FLDLN2', 'FLDZ'];

const moveFamily: Meaning[] = [
  { mnemonic: 'FLD', build: loadReal },
  { mnemonic: 'FST', build: (b) => storeReal(b, 0) },
  { mnemonic: 'FSTP', build: (b) => storeReal(b, 1) },
  {
    mnemonic: 'FILD',
    build: (b) =>
      withMemory(b, true, (value) => {
        attemptChecked(b, fastLoad.pushInteger, [wide(b, value)], () => {
          const halves = parts(b, value);
          b.call(load.x87LoadInteger, halves[0]!, halves[1] ?? b.shrS(halves[0]!, 31));
        });
      }),
  },
  { mnemonic: 'FIST', build: (b) => storeInteger(b, 0, 0) },
  { mnemonic: 'FISTP', build: (b) => storeInteger(b, 0, 1) },
  { mnemonic: 'FISTTP', build: (b) => storeInteger(b, 1, 1) },
  {
    mnemonic: 'FBLD',
    build: (b) =>
      loadEighty(b, ({ significand, exponent }) => {
        b.call(load.x87LoadDecimal, ...parts(b, significand), exponent);
      }),
  },
  { mnemonic: 'FBSTP', build: storeDecimal },
  {
    mnemonic: 'FXCH',
    build: (b) => {
      const index = stackIndex(b, 0);
      attempt(b, fastLoad.exchange, [index], () => b.call(load.x87Exchange, index));
      keepInstructionPointer(b);
    },
  },
  {
    mnemonic: 'FCMOVcc',
    reads: FLAG_CF | FLAG_PF | FLAG_ZF,
    build: (b) => {
      const index = stackIndex(b, 1);
      const condition = b.condition(moveCondition(b.form.condition));
      attempt(b, fastLoad.conditionalMove, [index, condition], () => {
        b.call(load.x87ConditionalMove, index, condition);
      });
      keepInstructionPointer(b);
    },
  },
  signMeaning('FCHS', 0xffff, 0x8000),
  signMeaning('FABS', 0x7fff, 0),
  ...CONSTANTS.map((mnemonic, number) =>
    mnemonic === 'FLD1' || mnemonic === 'FLDZ'
      ? exactConstant(mnemonic, number)
      : plain(mnemonic, load.x87LoadConstant, number),
  ),
];

/** FCMOVcc's condition (B E BE U NB NE NBE NU) as that of Jcc. */
function moveCondition(condition: number): number {
  return [2, 4, 6, 10, 3, 5, 7, 11][condition]!;
}

const functionFamily: Meaning[] = [
  attempted('FSQRT', fastFunctions.squareRoot, arithmetic.x87SquareRoot),
  attempted('FRNDINT', fastFunctions.roundToInteger, arithmetic.x87RoundToInteger),
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
