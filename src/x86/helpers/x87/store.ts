// Storing to memory: FST, FSTP, FIST, FISTP, FISTTP, FBSTP.
//
// The meaning has loaded the destination with write intent before, so the store that follows cannot fault, and
// passes what it loaded: a helper whose store an unmasked exception forbids returns that again. The forms of
// 64 and 80 bits take and leave it in SCRATCH (80 bits: significand at +0, sign and exponent at +8).
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, 8.5.

import { convertForStore } from '../../fpu/convert.ts';
import { toDecimal } from '../../fpu/decimal.ts';
import { BINARY32, BINARY64, ROUND_ZERO } from '../../fpu/format.ts';
import { toInteger } from '../../fpu/integer.ts';
import { packBinary32, packBinary64, type RawPair } from '../../fpu/packing.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import * as L from '../../state/layout.ts';
import { helper } from '../helper.ts';
import {
  env,
  FSW_C1,
  isEmpty,
  operandA,
  physical,
  pop,
  raw,
  readStack,
  reportStatus,
  result,
  stackUnderflow,
  start,
  storeStopped,
  updateStatus,
} from './stack.ts';

const pair: RawPair = { high: 0, low: 0 };
const SCRATCH_WORD = L.SCRATCH >> 2;

/** Reads ST(0) into operandA; false if it is empty. */
function source(state: CpuState): boolean {
  if (isEmpty(state, 0)) return false;
  start(state);
  readStack(state, 0, operandA);
  return true;
}

/** FST m32, FSTP m32. */
export const x87StoreReal32 = helper(
  'x87StoreReal32',
  ['i32', 'i32'],
  'i32',
  (cpu, old, pops) => {
    const { state } = cpu;
    let bits = 0xffc00000;
    if (source(state)) {
      convertForStore(env, operandA, BINARY32, result);
      reportStatus(state);
      if (storeStopped()) return old;
      bits = packBinary32(result);
    } else if (!stackUnderflow(state)) return old;
    if (pops) pop(state);
    return bits | 0;
  },
  { faults: false },
);

/** FST m64, FSTP m64, through SCRATCH. */
export const x87StoreReal64 = helper(
  'x87StoreReal64',
  ['i32'],
  null,
  (cpu, pops) => {
    const { state } = cpu;
    if (source(state)) {
      convertForStore(env, operandA, BINARY64, result);
      reportStatus(state);
      if (storeStopped()) return;
      packBinary64(result, pair);
    } else {
      if (!stackUnderflow(state)) return;
      pair.high = 0xfff80000;
      pair.low = 0;
    }
    if (pops) pop(state);
    pairToScratch(state);
  },
  { faults: false },
);

/** ST(0) as an integer in `pair`; false if an unmasked exception forbids the store. Pops. */
function integer(state: CpuState, width: number, truncate: boolean, pops: boolean): boolean {
  if (source(state)) {
    toInteger(env, operandA, width, truncate ? ROUND_ZERO : env.rounding, pair);
    reportStatus(state);
    if (storeStopped()) return false;
  } else {
    if (!stackUnderflow(state)) return false;
    pair.high = width === 64 ? 0x80000000 : 0;
    pair.low = width === 64 ? 0 : width === 32 ? 0x80000000 : 0x8000;
  }
  if (pops) pop(state);
  return true;
}

/** FIST, FISTP, FISTTP (`truncate` 1) of 16 or 32 bits. */
export const x87StoreInteger32 = helper(
  'x87StoreInteger32',
  ['i32', 'i32', 'i32', 'i32'],
  'i32',
  (cpu, old, width, truncate, pops) =>
    integer(cpu.state, width, truncate !== 0, pops !== 0) ? pair.low | 0 : old,
  { faults: false },
);

/** FISTP, FISTTP (`truncate` 1) of 64 bits, through SCRATCH. */
export const x87StoreInteger64 = helper(
  'x87StoreInteger64',
  ['i32'],
  null,
  (cpu, truncate) => {
    if (integer(cpu.state, 64, truncate !== 0, true)) pairToScratch(cpu.state);
  },
  { faults: false },
);

function pairToScratch(state: CpuState): void {
  state.u32[SCRATCH_WORD] = pair.low;
  state.u32[SCRATCH_WORD + 1] = pair.high;
}

function toScratch(state: CpuState, exponent: number, high: number, low: number): void {
  state.u32[SCRATCH_WORD] = low;
  state.u32[SCRATCH_WORD + 1] = high;
  state.u32[SCRATCH_WORD + 2] = exponent;
}

/** FSTP m80, through SCRATCH. */
export const x87StoreExtended = helper(
  'x87StoreExtended',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    if (isEmpty(state, 0)) {
      if (!stackUnderflow(state)) return;
      toScratch(state, 0xffff, 0xc0000000, 0);
    } else {
      updateStatus(state, FSW_C1, 0);
      const at = (L.FPR >> 2) + 4 * physical(state, 0);
      toScratch(state, state.u32[at + 2]!, state.u32[at + 1]!, state.u32[at]!);
    }
    pop(state);
  },
  { faults: false },
);

/** FBSTP, through SCRATCH. */
export const x87StoreDecimal = helper(
  'x87StoreDecimal',
  [],
  null,
  (cpu) => {
    const { state } = cpu;
    if (source(state)) {
      toDecimal(env, operandA, raw);
      reportStatus(state);
      if (storeStopped()) return;
      toScratch(state, raw.signExponent, raw.high, raw.low);
    } else {
      if (!stackUnderflow(state)) return;
      toScratch(state, 0xffff, 0xc0000000, 0);
    }
    pop(state);
  },
  { faults: false },
);
