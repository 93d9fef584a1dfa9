// Pushing and moving: FLD, FILD, FBLD, the constants, FXCH, FCMOVcc, FST ST(i), FCHS, FABS.
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, 8.3.2.

import { convert } from '../../fpu/convert.ts';
import { fromDecimal } from '../../fpu/decimal.ts';
import { EXTENDED, FLAG_DE, ROUND_NEAREST, ROUND_UP } from '../../fpu/format.ts';
import { fromInteger64 } from '../../fpu/integer.ts';
import { unpackBinary32, unpackBinary64 } from '../../fpu/packing.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import * as L from '../../state/layout.ts';
import { helper } from '../helper.ts';
import {
  deliverPush,
  env,
  FSW_C1,
  isEmpty,
  moveTop,
  operandA,
  physical,
  pop,
  pushOverflows,
  raw,
  result,
  signExponent,
  stackUnderflow,
  start,
  updateStatus,
  writeDefaultNan,
  writeRaw,
} from './stack.ts';

const FPR_WORD = L.FPR >> 2;

function pushRaw(state: CpuState, exponent: number, high: number, low: number): void {
  updateStatus(state, FSW_C1, 0);
  moveTop(state, -1);
  writeRaw(state, 0, exponent, high, low);
}

/** Converts operandA to the extended format (which is exact) and pushes it. */
function pushConverted(state: CpuState): void {
  if (pushOverflows(state)) return;
  start(state);
  env.format = EXTENDED;
  // A denormal is loaded even if that exception is unmasked.
  env.masks |= FLAG_DE;
  convert(env, operandA, result);
  deliverPush(state);
}

/** FLD m32. */
export const x87LoadReal32 = helper(
  'x87LoadReal32',
  ['i32'],
  null,
  (cpu, bits) => {
    unpackBinary32(bits, operandA);
    pushConverted(cpu.state);
  },
  { faults: false },
);

/** FLD m64, in halves: an i64 would arrive as a bigint. */
export const x87LoadReal64 = helper(
  'x87LoadReal64',
  ['i32', 'i32'],
  null,
  (cpu, low, high) => {
    unpackBinary64(high, low, operandA);
    pushConverted(cpu.state);
  },
  { faults: false },
);

/** FLD m80: significand in halves, and sign and exponent. Raises nothing but a stack fault. */
export const x87LoadExtended = helper(
  'x87LoadExtended',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, low, high, exponent) => {
    if (pushOverflows(cpu.state)) return;
    pushRaw(cpu.state, exponent, high, low);
  },
  { faults: false },
);

/** FILD (any width, sign-extended to 64 bits in halves). */
export const x87LoadInteger = helper(
  'x87LoadInteger',
  ['i32', 'i32'],
  null,
  (cpu, low, high) => {
    if (pushOverflows(cpu.state)) return;
    start(cpu.state);
    env.format = EXTENDED;
    fromInteger64(env, high, low, result);
    deliverPush(cpu.state);
  },
  { faults: false },
);

/** FBLD: bytes 0..3, 4..7, and 8..9. */
export const x87LoadDecimal = helper(
  'x87LoadDecimal',
  ['i32', 'i32', 'i32'],
  null,
  (cpu, low, high, upper) => {
    if (pushOverflows(cpu.state)) return;
    start(cpu.state);
    raw.high = high >>> 0;
    raw.low = low >>> 0;
    raw.signExponent = upper & 0xffff;
    fromDecimal(env, raw, result);
    deliverPush(cpu.state);
  },
  { faults: false },
);

/** FLD ST(index). */
export const x87LoadRegister = helper(
  'x87LoadRegister',
  ['i32'],
  null,
  (cpu, index) => {
    const { state } = cpu;
    if (isEmpty(state, index)) {
      if (!stackUnderflow(state)) return;
      moveTop(state, -1);
      writeDefaultNan(state, 0);
      return;
    }
    if (pushOverflows(state)) return;
    const at = FPR_WORD + 4 * physical(state, index);
    const { u32 } = state;
    pushRaw(state, u32[at + 2]!, u32[at + 1]!, u32[at]!);
  },
  { faults: false },
);

/** Sign and exponent, upper half, and lower half truncated; whether nearest and up are one larger. */
type Constant = readonly [exponent: number, high: number, low: number, nearestUp: 0 | 1, inexact: 0 | 1];

/** In the order of the opcodes D9 E8..EE. */
export const CONSTANTS: readonly Constant[] = [
  [0x3fff, 0x80000000, 0, 0, 0], // 1
  [0x4000, 0xd49a784b, 0xcd1b8afe, 0, 1], // log2(10)
  [0x3fff, 0xb8aa3b29, 0x5c17f0bb, 1, 1], // log2(e)
  [0x4000, 0xc90fdaa2, 0x2168c234, 1, 1], // pi
  [0x3ffd, 0x9a209a84, 0xfbcff798, 1, 1], // log10(2)
  [0x3ffe, 0xb17217f7, 0xd1cf79ab, 1, 1], // ln(2)
  [0, 0, 0, 0, 0], // 0
];

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ (0..6): rounded by RC, without an inexact exception. */
export const x87LoadConstant = helper(
  'x87LoadConstant',
  ['i32'],
  null,
  (cpu, number) => {
    const { state } = cpu;
    if (pushOverflows(state)) return;
    const [exponent, high, low, nearestUp, inexact] = CONSTANTS[number]!;
    start(state);
    const up = env.rounding === ROUND_NEAREST ? nearestUp : env.rounding === ROUND_UP ? inexact : 0;
    pushRaw(state, exponent, high, low + up);
  },
  { faults: false },
);

/** FXCH ST(index). */
export const x87Exchange = helper(
  'x87Exchange',
  ['i32'],
  null,
  (cpu, index) => {
    const { state } = cpu;
    if (isEmpty(state, 0) || isEmpty(state, index)) {
      if (!stackUnderflow(state)) return;
      if (isEmpty(state, 0)) writeDefaultNan(state, 0);
      if (isEmpty(state, index)) writeDefaultNan(state, index);
    } else updateStatus(state, FSW_C1, 0);
    const { u32 } = state;
    const a = FPR_WORD + 4 * physical(state, 0);
    const b = FPR_WORD + 4 * physical(state, index);
    for (let word = 0; word < 3; word++) {
      const kept = u32[a + word]!;
      u32[a + word] = u32[b + word]!;
      u32[b + word] = kept;
    }
  },
  { faults: false },
);

function copyRegister(state: CpuState, to: number, from: number): void {
  const at = FPR_WORD + 4 * physical(state, from);
  writeRaw(state, to, state.u32[at + 2]!, state.u32[at + 1]!, state.u32[at]!);
}

/** FCMOVcc ST(0), ST(index), with the condition already evaluated. */
export const x87ConditionalMove = helper(
  'x87ConditionalMove',
  ['i32', 'i32'],
  null,
  (cpu, index, condition) => {
    const { state } = cpu;
    if (isEmpty(state, 0) || isEmpty(state, index)) {
      if (stackUnderflow(state)) writeDefaultNan(state, 0);
      return;
    }
    if (condition) copyRegister(state, 0, index);
  },
  { faults: false },
);

/** FST ST(index), FSTP ST(index) (`pops` 1). */
export const x87StoreRegister = helper(
  'x87StoreRegister',
  ['i32', 'i32'],
  null,
  (cpu, index, pops) => {
    const { state } = cpu;
    if (isEmpty(state, 0)) {
      if (!stackUnderflow(state)) return;
      writeDefaultNan(state, index);
    } else {
      updateStatus(state, FSW_C1, 0);
      copyRegister(state, index, 0);
    }
    if (pops) pop(state);
  },
  { faults: false },
);

/** FCHS, FABS: the sign of ST(0) is ANDed with `keep` and XORed with `flip` (bit 15). */
export const x87Sign = helper(
  'x87Sign',
  ['i32', 'i32'],
  null,
  (cpu, keep, flip) => {
    const { state } = cpu;
    if (isEmpty(state, 0)) {
      if (stackUnderflow(state)) writeDefaultNan(state, 0);
      return;
    }
    updateStatus(state, FSW_C1, 0);
    state.u32[FPR_WORD + 4 * physical(state, 0) + 2] = (signExponent(state, 0) & keep) ^ flip;
  },
  { faults: false },
);
