// FADD, FMUL, FSUB(R), FDIV(R) with register, real and integer operands; FSQRT, FRNDINT, FSCALE, FPREM.
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, 8.3.3, 8.5.

import { add, subtract } from '../../fpu/add.ts';
import { type FloatEnvironment, stopped } from '../../fpu/environment.ts';
import { EXTENDED } from '../../fpu/format.ts';
import { fromInteger32, roundToIntegral } from '../../fpu/integer.ts';
import { divide, multiply, squareRoot } from '../../fpu/multiply.ts';
import { unpackBinary32, unpackBinary64 } from '../../fpu/packing.ts';
import { partialRemainder, remainderReport } from '../../fpu/remainder.ts';
import { scale } from '../../fpu/scale.ts';
import { QUIET_NAN, type Unpacked } from '../../fpu/unpacked.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import { helper } from '../helper.ts';
import {
  deliver,
  env,
  FSW_C0,
  FSW_C1,
  FSW_C2,
  FSW_C3,
  isEmpty,
  operandA,
  operandB,
  pop,
  readStack,
  result,
  stackUnderflow,
  start,
  updateStatus,
  writeDefaultNan,
  writeStack,
} from './stack.ts';

type Operation = (env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked) => void;

/** What a helper's `operation` parameter selects: destination op source. */
const OPERATIONS: readonly Operation[] = [
  add,
  multiply,
  subtract,
  (e, a, b, out) => subtract(e, b, a, out),
  divide,
  (e, a, b, out) => divide(e, b, a, out),
];
export const ADD = 0;
export const MULTIPLY = 1;
export const SUBTRACT = 2;
export const SUBTRACT_REVERSED = 3;
export const DIVIDE = 4;
export const DIVIDE_REVERSED = 5;

/** ST(destination) = ST(destination) op ST(source), and pops if `pops` is 1. */
export const x87Arithmetic = helper(
  'x87Arithmetic',
  ['i32', 'i32', 'i32', 'i32'],
  null,
  (cpu, operation, destination, source, pops) => {
    const { state } = cpu;
    if (isEmpty(state, destination) || isEmpty(state, source)) {
      if (!stackUnderflow(state)) return;
      writeDefaultNan(state, destination);
    } else {
      start(state);
      readStack(state, destination, operandA);
      readStack(state, source, operandB);
      OPERATIONS[operation]!(env, operandA, operandB, result);
      if (!deliver(state, destination)) return;
    }
    if (pops) pop(state);
  },
  { faults: false },
);

/** ST(0) = ST(0) op operandB, which has been unpacked. */
function withOperand(state: CpuState, operation: number): void {
  if (isEmpty(state, 0)) {
    if (stackUnderflow(state)) writeDefaultNan(state, 0);
    return;
  }
  start(state);
  readStack(state, 0, operandA);
  OPERATIONS[operation]!(env, operandA, operandB, result);
  deliver(state, 0);
}

/** ST(0) = ST(0) op m32 (its bits). */
export const x87ArithmeticReal32 = helper(
  'x87ArithmeticReal32',
  ['i32', 'i32'],
  null,
  (cpu, operation, bits) => {
    unpackBinary32(bits, operandB);
    withOperand(cpu.state, operation);
  },
  { faults: false },
);

/** ST(0) = ST(0) op m64 (its bits, in halves: an i64 would arrive as a bigint). */
export const x87ArithmeticReal64 = helper(
  'x87ArithmeticReal64',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, operation, low, high) => {
    unpackBinary64(high, low, operandB);
    withOperand(cpu.state, operation);
  },
  { faults: false },
);

/** ST(0) = ST(0) op integer (m16 or m32, sign-extended). */
export const x87ArithmeticInteger = helper(
  'x87ArithmeticInteger',
  ['i32', 'i32'],
  null,
  (cpu, operation, value) => {
    unpackInteger(value, operandB);
    withOperand(cpu.state, operation);
  },
  { faults: false },
);

/** An integer of 32 bits as a number, exactly, whatever the precision control. */
export function unpackInteger(value: number, out: Unpacked): void {
  env.format = EXTENDED;
  fromInteger32(env, value, out);
}

/** FSQRT. */
export const x87SquareRoot = helper(
  'x87SquareRoot',
  [],
  null,
  (cpu) => unary(cpu.state, (e, a, out) => squareRoot(e, a, out)),
  { faults: false },
);

/** FRNDINT. */
export const x87RoundToInteger = helper(
  'x87RoundToInteger',
  [],
  null,
  (cpu) => unary(cpu.state, roundCurrent),
  { faults: false },
);

function roundCurrent(e: FloatEnvironment, a: Unpacked, out: Unpacked): void {
  roundToIntegral(e, a, e.rounding, true, true, out);
}

/** ST(0) = operation(ST(0)). */
export function unary(
  state: CpuState,
  operation: (e: FloatEnvironment, a: Unpacked, out: Unpacked) => void,
): void {
  if (isEmpty(state, 0)) {
    if (stackUnderflow(state)) writeDefaultNan(state, 0);
    return;
  }
  start(state);
  readStack(state, 0, operandA);
  operation(env, operandA, result);
  deliver(state, 0);
}

/** FSCALE. */
export const x87Scale = helper(
  'x87Scale',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    if (isEmpty(state, 0) || isEmpty(state, 1)) {
      if (stackUnderflow(state)) writeDefaultNan(state, 0);
      return;
    }
    start(state);
    readStack(state, 0, operandA);
    readStack(state, 1, operandB);
    scale(env, operandA, operandB, result);
    deliver(state, 0);
  },
  { faults: false },
);

/** FPREM, or FPREM1 if `nearest` is 1: C2 tells whether the reduction is incomplete, C0 C3 C1 the quotient. */
export const x87PartialRemainder = helper(
  'x87PartialRemainder',
  ['i32'],
  null,
  (cpu, nearest) => {
    const { state } = cpu;
    if (isEmpty(state, 0) || isEmpty(state, 1)) {
      updateStatus(state, FSW_C2, 0);
      if (stackUnderflow(state)) writeDefaultNan(state, 0);
      return;
    }
    start(state);
    readStack(state, 0, operandA);
    readStack(state, 1, operandB);
    partialRemainder(env, operandA, operandB, nearest !== 0, result);
    if (stopped(env) || result.kind >= QUIET_NAN) {
      // No quotient: C0 and C3 stay.
      updateStatus(state, FSW_C1 | FSW_C2, env.flags);
      if (!stopped(env)) writeStack(state, 0, result);
      return;
    }
    const { quotient, incomplete } = remainderReport;
    const condition =
      (quotient & 4 ? FSW_C0 : 0) |
      (quotient & 2 ? FSW_C3 : 0) |
      (quotient & 1 ? FSW_C1 : 0) |
      (incomplete ? FSW_C2 : 0);
    updateStatus(state, FSW_C0 | FSW_C1 | FSW_C2 | FSW_C3, env.flags | condition);
    if (!stopped(env)) writeStack(state, 0, result);
  },
  { faults: false },
);
