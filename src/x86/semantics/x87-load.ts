// x87 data transfer: loads, FXCH, FCMOVcc, FCHS, FABS, constants (SDM 1, 8.3.3, 8.3.4; SDM 2). Stores are in
// x87-store.ts.
import * as load from '../helpers/x87/load.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_CF, FLAG_PF, FLAG_ZF } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import {
  type Extended,
  keepInstructionPointer,
  keepOperandPointer,
  loadExtended,
  waiting,
} from './x87-common.ts';
import { attempt, attemptChecked, memoryWidth, parts, stackIndex, wide, withMemory } from './x87-operands.ts';
import * as fast from './x87-routines/load.ts';

function loadReal(b: Builder): void {
  if (!b.isMemory(0)) {
    const index = stackIndex(b, 0);
    attempt(b, fast.pushRegister, [index], () => b.call(load.x87LoadRegister, index));
    keepInstructionPointer(b);
  } else if (memoryWidth(b) === 80) {
    loadEighty(b, ({ significand, exponent }) => {
      attemptChecked(b, fast.pushExtended, [significand, exponent], () => {
        b.call(load.x87LoadExtended, ...parts(b, significand), exponent);
      });
    });
  } else {
    withMemory(b, false, (value) => {
      const long = value.type === 'i64';
      attemptChecked(b, long ? fast.pushReal64 : fast.pushReal32, [value], () => {
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

function signMeaning(mnemonic: string, keep: number, flip: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      attempt(b, fast.changeSign, [b.i32(keep), b.i32(flip)], () => {
        b.call(load.x87Sign, b.i32(keep), b.i32(flip));
      });
      keepInstructionPointer(b);
    },
  };
}

/** The constants that are loaded, rounded to nearest, are the routine's; other roundings the helper's. */
function constantMeaning(mnemonic: string, number: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      const [exponent, high, low, nearestUp] = load.CONSTANTS[number]!;
      const significand = ((BigInt(high) << 32n) | BigInt(low)) + BigInt(nearestUp);
      attempt(b, fast.pushConstant, [b.i64(significand), b.i32(exponent)], () => {
        b.call(load.x87LoadConstant, b.i32(number));
      });
      keepInstructionPointer(b);
    },
  };
}

const CONSTANTS = ['FLD1', 'FLDL2T', 'FLDL2E', 'FLDPI', 'FLDLG2', 'FLDLN2', 'FLDZ'];

export const x87LoadMeanings: readonly Meaning[] = [
  { mnemonic: 'FLD', build: loadReal },
  {
    mnemonic: 'FILD',
    build: (b) =>
      withMemory(b, true, (value) => {
        attemptChecked(b, fast.pushInteger, [wide(b, value)], () => {
          const halves = parts(b, value);
          b.call(load.x87LoadInteger, halves[0]!, halves[1] ?? b.shrS(halves[0]!, 31));
        });
      }),
  },
  {
    mnemonic: 'FBLD',
    build: (b) =>
      loadEighty(b, ({ significand, exponent }) => {
        b.call(load.x87LoadDecimal, ...parts(b, significand), exponent);
      }),
  },
  {
    mnemonic: 'FXCH',
    build: (b) => {
      const index = stackIndex(b, 0);
      attempt(b, fast.exchange, [index], () => b.call(load.x87Exchange, index));
      keepInstructionPointer(b);
    },
  },
  {
    mnemonic: 'FCMOVcc',
    reads: FLAG_CF | FLAG_PF | FLAG_ZF,
    build: (b) => {
      const index = stackIndex(b, 1);
      const condition = b.condition(moveCondition(b.form.condition));
      attempt(b, fast.conditionalMove, [index, condition], () => {
        b.call(load.x87ConditionalMove, index, condition);
      });
      keepInstructionPointer(b);
    },
  },
  signMeaning('FCHS', 0xffff, 0x8000),
  signMeaning('FABS', 0x7fff, 0),
  ...CONSTANTS.map(constantMeaning),
];

/** FCMOVcc's condition (B E BE U NB NE NBE NU) as that of Jcc. */
function moveCondition(condition: number): number {
  return [2, 4, 6, 10, 3, 5, 7, 11][condition]!;
}
