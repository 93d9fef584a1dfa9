// x87 arithmetic: FADD, FSUB(R), FMUL, FDIV(R), their popping and integer forms (SDM 1, 8.3.5; SDM 2).
import * as arithmetic from '../helpers/x87/arithmetic.ts';
import type { Builder } from '../uops/builder.ts';
import type { Meaning } from './meaning.ts';
import { keepInstructionPointer } from './x87-common.ts';
import { attempt, attemptChecked, parts, stackIndex, wide, withMemory } from './x87-operands.ts';
import {
  type ArithmeticRoutines,
  addRoutines,
  divideRoutines,
  multiplyRoutines,
} from './x87-routines/arithmetic.ts';

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

export const x87ArithmeticMeanings: readonly Meaning[] = ARITHMETIC.flatMap((which): Meaning[] => [
  {
    mnemonic: `F${which.name}`,
    build: (b) => (b.isMemory(0) ? realArithmetic(b, which) : registerArithmetic(b, which, 0)),
  },
  { mnemonic: `F${which.name}P`, build: (b) => registerArithmetic(b, which, 1) },
  { mnemonic: `FI${which.name}`, build: (b) => integerArithmetic(b, which) },
]);
