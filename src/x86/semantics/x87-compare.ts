// x87 comparisons: FCOM, FUCOM, FICOM, FCOMI, FUCOMI and their popping forms, FTST, FXAM (SDM 1, 8.3.6; SDM 2).
import * as compare from '../helpers/x87/compare.ts';
import * as L from '../state/layout.ts';
import { FLAGS_STATUS, type I32 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { keepInstructionPointer, waiting } from './x87-common.ts';
import {
  attempt,
  attemptChecked,
  attempted,
  parts,
  plain,
  stackIndex,
  wide,
  withMemory,
} from './x87-operands.ts';
import * as fast from './x87-routines/compare.ts';

function compareMeaning(mnemonic: string, quiet: number, pops: number): Meaning {
  return {
    mnemonic,
    build: (b) => {
      const count = b.i32(pops);
      if (b.form.operands.length > 0 && b.isMemory(0)) {
        withMemory(b, false, (value) => {
          const long = value.type === 'i64';
          const helper = long ? compare.x87CompareReal64 : compare.x87CompareReal32;
          attemptChecked(b, long ? fast.compareReal64 : fast.compareReal32, [value, count], () => {
            b.call(helper, ...parts(b, value), count);
          });
        });
        return;
      }
      const index = b.form.operands.length > 0 ? stackIndex(b, 0) : b.i32(1);
      attempt(b, fast.compareRegister, [index, count], () => {
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
        attemptChecked(b, fast.compareInteger, [wide(b, value), count], () => {
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
      const done = b.routine(fast.compareFlags, index, count) as I32;
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

export const x87CompareMeanings: readonly Meaning[] = [
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
  attempted('FTST', fast.test, compare.x87Test),
  plain('FXAM', compare.x87Examine),
];
