// FCOM, FUCOM, FCOMI, FTST, FICOM and FXAM.
//
// An unmasked exception forbids the pops only: the condition codes (or RFLAGS) are set all the same, as AMD
// processors do. FCOMI and its kin leave C1 alone unless the stack underflows.
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, 8.1.3.3 and table 8-1.

import { compare, GREATER, LESS, UNORDERED } from '../../fpu/compare.ts';
import { stopped } from '../../fpu/environment.ts';
import { unpackBinary32, unpackBinary64 } from '../../fpu/packing.ts';
import { DENORMAL, INFINITY, NORMAL, setZero, UNSUPPORTED, ZERO } from '../../fpu/unpacked.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import { helper } from '../helper.ts';
import { unpackInteger } from './arithmetic.ts';
import {
  env,
  FSW_C0,
  FSW_C1,
  FSW_C2,
  FSW_C3,
  FSW_CONDITION,
  isEmpty,
  operandA,
  operandB,
  pop,
  readStack,
  signExponent,
  stackUnderflow,
  start,
  updateStatus,
} from './stack.ts';

const CONDITION_UNORDERED = FSW_C3 | FSW_C2 | FSW_C0;

/** C3, C2, C0 for the result of a comparison. */
function condition(order: number): number {
  if (order === UNORDERED) return CONDITION_UNORDERED;
  return order === LESS ? FSW_C0 : order === GREATER ? 0 : FSW_C3;
}

function popMany(state: CpuState, count: number): void {
  for (; count > 0; count--) pop(state);
}

/** Compares ST(0) with operandB, which has been unpacked. */
function withOperand(state: CpuState, quiet: boolean, pops: number): void {
  start(state);
  readStack(state, 0, operandA);
  const order = compare(env, operandA, operandB, quiet);
  updateStatus(state, FSW_CONDITION, condition(order) | env.flags);
  if (!stopped(env)) popMany(state, pops);
}

/** Stack underflow of a comparison: unordered. */
function underflow(state: CpuState, pops: number): void {
  const masked = stackUnderflow(state);
  updateStatus(state, 0, CONDITION_UNORDERED);
  if (masked) popMany(state, pops);
}

/** FCOM, FUCOM (`quiet` 1) of ST(0) with ST(index), then `pops` pops. */
export const x87Compare = helper(
  'x87Compare',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, index, quiet, pops) => {
    const { state } = cpu;
    if (isEmpty(state, 0) || isEmpty(state, index)) {
      underflow(state, pops);
      return;
    }
    readStack(state, index, operandB);
    withOperand(state, quiet !== 0, pops);
  },
  { faults: false },
);

/** FCOM m32. */
export const x87CompareReal32 = helper(
  'x87CompareReal32',
  ['i32', 'i32'],
  null,
  (cpu, bits, pops) => {
    if (isEmpty(cpu.state, 0)) {
      underflow(cpu.state, pops);
      return;
    }
    unpackBinary32(bits, operandB);
    withOperand(cpu.state, false, pops);
  },
  { faults: false },
);

/** FCOM m64, in halves. */
export const x87CompareReal64 = helper(
  'x87CompareReal64',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, low, high, pops) => {
    if (isEmpty(cpu.state, 0)) {
      underflow(cpu.state, pops);
      return;
    }
    unpackBinary64(high, low, operandB);
    withOperand(cpu.state, false, pops);
  },
  { faults: false },
);

/** FICOM (m16 or m32, sign-extended). */
export const x87CompareInteger = helper(
  'x87CompareInteger',
  ['i32', 'i32'],
  null,
  (cpu, value, pops) => {
    if (isEmpty(cpu.state, 0)) {
      underflow(cpu.state, pops);
      return;
    }
    unpackInteger(value, operandB);
    withOperand(cpu.state, false, pops);
  },
  { faults: false },
);

/** FTST: ST(0) with +0. */
export const x87Test = helper(
  'x87Test',
  [],
  null,
  (cpu) => {
    if (isEmpty(cpu.state, 0)) {
      underflow(cpu.state, 0);
      return;
    }
    setZero(operandB, 0);
    withOperand(cpu.state, false, 0);
  },
  { faults: false },
);

const FLAGS_UNORDERED = 0x45;

/** FCOMI, FUCOMI (`quiet` 1): ZF PF CF in RFLAGS positions (the other status flags are 0). */
export const x87CompareFlags = helper(
  'x87CompareFlags',
  ['i32', 'i32', 'i32'],
  'i32',
  (cpu, index, quiet, pops) => {
    const { state } = cpu;
    let flags = FLAGS_UNORDERED;
    if (isEmpty(state, 0) || isEmpty(state, index)) {
      if (!stackUnderflow(state)) return flags;
    } else {
      start(state);
      readStack(state, 0, operandA);
      readStack(state, index, operandB);
      const order = compare(env, operandA, operandB, quiet !== 0);
      updateStatus(state, 0, env.flags);
      if (order !== UNORDERED) flags = order === LESS ? 0x01 : order === GREATER ? 0 : 0x40;
      if (stopped(env)) return flags;
    }
    popMany(state, pops);
    return flags;
  },
  { faults: false },
);

/** FXAM: the class of ST(0) in C3, C2, C0 and its sign in C1. */
export const x87Examine = helper(
  'x87Examine',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    let bits = signExponent(state, 0) & 0x8000 ? FSW_C1 : 0;
    if (isEmpty(state, 0)) bits |= FSW_C3 | FSW_C0;
    else {
      readStack(state, 0, operandA);
      bits |= classOf(operandA.kind);
    }
    updateStatus(state, FSW_CONDITION, bits);
  },
  { faults: false },
);

function classOf(kind: number): number {
  switch (kind) {
    case ZERO:
      return FSW_C3;
    case NORMAL:
      return FSW_C2;
    case DENORMAL:
      return FSW_C3 | FSW_C2;
    case INFINITY:
      return FSW_C2 | FSW_C0;
    case UNSUPPORTED:
      return 0;
    default:
      return FSW_C0;
  }
}
