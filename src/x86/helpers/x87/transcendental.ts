// FXTRACT, F2XM1, FYL2X, FYL2XP1, FPATAN, FSIN, FCOS, FSINCOS, FPTAN on the register stack.
//
// Source: Intel SDM volume 2, the instructions named.

import { type FloatEnvironment, stopped } from '../../fpu/environment.ts';
import { extract } from '../../fpu/scale.ts';
import { arctangent } from '../../fpu/transcendental/arctangent.ts';
import { exponential, logarithmPlusOneTimes, logarithmTimes } from '../../fpu/transcendental/logarithmic.ts';
import {
  cosineOf,
  sineOf,
  tangentOf,
  trigonometricOutOfRange,
} from '../../fpu/transcendental/trigonometric.ts';
import { copy, QUIET_NAN, setFinite, type Unpacked } from '../../fpu/unpacked.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import { helper } from '../helper.ts';
import { unary } from './arithmetic.ts';
import {
  deliver,
  env,
  FSW_C1,
  FSW_C2,
  isEmpty,
  moveTop,
  operandA,
  operandB,
  pop,
  readStack,
  reportStatus,
  result,
  secondResult,
  stackOverflow,
  stackUnderflow,
  start,
  updateStatus,
  writeDefaultNan,
  writeStack,
} from './stack.ts';

/** F2XM1. */
export const x87Exponential = helper('x87Exponential', [], null, (cpu) => unary(cpu.state, exponential), {
  faults: false,
});

type Binary = (e: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked) => void;

/** ST(1) = operation(ST(0), ST(1)), then pop. */
function binaryPop(state: CpuState, operation: Binary): void {
  if (isEmpty(state, 0) || isEmpty(state, 1)) {
    if (!stackUnderflow(state)) return;
    writeDefaultNan(state, 1);
  } else {
    start(state);
    readStack(state, 0, operandA);
    readStack(state, 1, operandB);
    operation(env, operandA, operandB, result);
    if (!deliver(state, 1)) return;
  }
  pop(state);
}

/** FYL2X. */
export const x87Logarithm = helper('x87Logarithm', [], null, (cpu) => binaryPop(cpu.state, logarithmTimes), {
  faults: false,
});

/** FYL2XP1. */
export const x87LogarithmPlusOne = helper(
  'x87LogarithmPlusOne',
  [],
  null,
  (cpu) => binaryPop(cpu.state, logarithmPlusOneTimes),
  { faults: false },
);

/** FPATAN. */
export const x87Arctangent = helper(
  'x87Arctangent',
  [],
  null,
  (cpu) => binaryPop(cpu.state, (e, x, y, out) => arctangent(e, y, x, out)),
  { faults: false },
);

/** True if ST(0) is out of range: C2 is set and nothing else happens. */
function outOfRange(state: CpuState): boolean {
  const out = trigonometricOutOfRange(operandA);
  updateStatus(state, FSW_C2 | (out ? FSW_C1 : 0), out ? FSW_C2 : 0);
  return out;
}

/** FSIN, FCOS. */
function trigonometric(
  state: CpuState,
  operation: (e: FloatEnvironment, a: Unpacked, out: Unpacked) => void,
): void {
  if (isEmpty(state, 0)) {
    updateStatus(state, FSW_C2, 0);
    if (stackUnderflow(state)) writeDefaultNan(state, 0);
    return;
  }
  start(state);
  readStack(state, 0, operandA);
  if (outOfRange(state)) return;
  operation(env, operandA, result);
  deliver(state, 0);
}

export const x87Sine = helper('x87Sine', [], null, (cpu) => trigonometric(cpu.state, sineOf), {
  faults: false,
});

export const x87Cosine = helper('x87Cosine', [], null, (cpu) => trigonometric(cpu.state, cosineOf), {
  faults: false,
});

/** Whether an instruction that replaces ST(0) and pushes may go on; gives the masked responses if not. */
function mayReplaceAndPush(state: CpuState): boolean {
  const empty = isEmpty(state, 0);
  if (!empty && isEmpty(state, 7)) return true;
  if (empty ? stackUnderflow(state) : stackOverflow(state)) {
    writeDefaultNan(state, 0);
    moveTop(state, -1);
    writeDefaultNan(state, 0);
  }
  return false;
}

/** Reports, and replaces ST(0) by `result` and pushes `secondResult` unless an exception forbids it. */
function replaceAndPush(state: CpuState): void {
  reportStatus(state);
  if (stopped(env)) return;
  writeStack(state, 0, result);
  moveTop(state, -1);
  writeStack(state, 0, secondResult);
}

/** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
export const x87Extract = helper(
  'x87Extract',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    if (!mayReplaceAndPush(state)) return;
    start(state);
    readStack(state, 0, operandA);
    extract(env, operandA, result, secondResult);
    replaceAndPush(state);
  },
  { faults: false },
);

/** FSINCOS: the sine replaces ST(0), the cosine is pushed. */
export const x87SineCosine = helper(
  'x87SineCosine',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    updateStatus(state, FSW_C2, 0);
    if (!mayReplaceAndPush(state)) return;
    start(state);
    readStack(state, 0, operandA);
    if (outOfRange(state)) return;
    sineOf(env, operandA, result);
    cosineOf(env, operandA, secondResult);
    replaceAndPush(state);
  },
  { faults: false },
);

/** FPTAN: the tangent replaces ST(0), 1.0 (or the NaN again) is pushed. */
export const x87Tangent = helper(
  'x87Tangent',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    updateStatus(state, FSW_C2, 0);
    if (!mayReplaceAndPush(state)) return;
    start(state);
    readStack(state, 0, operandA);
    if (outOfRange(state)) return;
    tangentOf(env, operandA, result);
    if (result.kind >= QUIET_NAN) copy(secondResult, result);
    else setFinite(secondResult, 0, 0, 0x80000000, 0);
    replaceAndPush(state);
  },
  { faults: false },
);
