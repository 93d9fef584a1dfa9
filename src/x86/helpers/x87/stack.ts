// The x87 register stack as helpers see it: registers relative to TOP, tags, and what an instruction leaves in
// the status word.
//
// One environment and a few unpacked numbers are kept here and reused by all helpers; no helper calls another
// one, so they cannot get in each other's way.
//
// Sources: Intel SDM volume 1, 8.1.2 to 8.1.7 (register stack, status word, tags), 8.5.1.1 (stack faults).

import { beginX87, type FloatEnvironment, stopped, x87Environment } from '../../fpu/environment.ts';
import { FLAG_IE, FLAG_OE, FLAG_UE, PRE_COMPUTATION } from '../../fpu/format.ts';
import { packExtended, type RawExtended, unpackExtended } from '../../fpu/packing.ts';
import { setDefaultNan, type Unpacked, unpacked } from '../../fpu/unpacked.ts';
import type { CpuState } from '../../state/cpu-state.ts';
import * as L from '../../state/layout.ts';

export const FSW_SF = 0x40;
/** Exception summary: an unmasked exception is pending. */
export const FSW_ES = 0x80;
export const FSW_C0 = 0x100;
export const FSW_C1 = 0x200;
export const FSW_C2 = 0x400;
export const FSW_C3 = 0x4000;
export const FSW_CONDITION = FSW_C0 | FSW_C1 | FSW_C2 | FSW_C3;
export const FSW_TOP = 0x3800;
export const FSW_TOP_SHIFT = 11;
/** Busy: a copy of ES since the 387. */
export const FSW_B = 0x8000;

const FPR_WORD = L.FPR >> 2;
const FSW_WORD = L.FSW >> 2;
const FTW_WORD = L.FTW >> 2;
const FCW_WORD = L.FCW >> 2;

/** The environment of the instruction that is being executed. */
export const env: FloatEnvironment = x87Environment();
export const operandA: Unpacked = unpacked();
export const operandB: Unpacked = unpacked();
export const result: Unpacked = unpacked();
export const secondResult: Unpacked = unpacked();
export const raw: RawExtended = { signExponent: 0, high: 0, low: 0 };

/** Takes the control word into `env` and clears what the last instruction reported. */
export function start(state: CpuState): void {
  beginX87(env, state.u32[FCW_WORD]!);
}

/** Number of the physical register that is ST(index). */
export function physical(state: CpuState, index: number): number {
  return ((state.u32[FSW_WORD]! >> FSW_TOP_SHIFT) + index) & 7;
}

export function isEmpty(state: CpuState, index: number): boolean {
  return ((state.u32[FTW_WORD]! >> physical(state, index)) & 1) === 0;
}

/** Unpacks ST(index). */
export function readStack(state: CpuState, index: number, out: Unpacked): void {
  const at = FPR_WORD + 4 * physical(state, index);
  unpackExtended(state.u32[at + 2]! & 0xffff, state.u32[at + 1]!, state.u32[at]!, out);
}

/** Packs a number into ST(index), which becomes valid. */
export function writeStack(state: CpuState, index: number, value: Unpacked): void {
  packExtended(value, raw);
  writeRaw(state, index, raw.signExponent, raw.high, raw.low);
}

export function writeRaw(
  state: CpuState,
  index: number,
  signExponent: number,
  high: number,
  low: number,
): void {
  const register = physical(state, index);
  const at = FPR_WORD + 4 * register;
  const { u32 } = state;
  u32[at] = low;
  u32[at + 1] = high;
  u32[at + 2] = signExponent & 0xffff;
  u32[FTW_WORD] = u32[FTW_WORD]! | (1 << register);
}

/** Sign and exponent of ST(index), 16 bits. */
export function signExponent(state: CpuState, index: number): number {
  return state.u32[FPR_WORD + 4 * physical(state, index) + 2]! & 0xffff;
}

/** Marks ST(index) empty. */
export function free(state: CpuState, index: number): void {
  state.u32[FTW_WORD] = state.u32[FTW_WORD]! & ~(1 << physical(state, index)) & 0xff;
}

/** Adds to TOP, modulo 8. */
export function moveTop(state: CpuState, by: number): void {
  const fsw = state.u32[FSW_WORD]!;
  state.u32[FSW_WORD] = (fsw & ~FSW_TOP) | ((fsw + (by << FSW_TOP_SHIFT)) & FSW_TOP);
}

/** Empties ST(0) and moves TOP up. */
export function pop(state: CpuState): void {
  free(state, 0);
  moveTop(state, 1);
}

/** ORs bits into the status word, with `clear` cleared first, and brings ES and B up to date. */
export function updateStatus(state: CpuState, clear: number, set: number): void {
  const { u32 } = state;
  const fsw = (u32[FSW_WORD]! & ~clear) | set;
  const pending = fsw & ~u32[FCW_WORD]! & 63;
  u32[FSW_WORD] = pending !== 0 ? fsw | FSW_ES | FSW_B : fsw & ~(FSW_ES | FSW_B) & 0xffff;
}

/** Writes the exceptions of `env` and C1 (rounded up) to the status word. */
export function reportStatus(state: CpuState): void {
  const set = env.roundedUp ? env.flags | FSW_C1 : env.flags;
  const { u32 } = state;
  const fsw = u32[FSW_WORD]!;
  // The common case: nothing new, nothing pending.
  if (((fsw ^ set) & (FSW_C1 | set)) === 0 && (set & ~u32[FCW_WORD]! & 63) === 0) return;
  updateStatus(state, FSW_C1, set);
}

/** Whether the exceptions of `env` let a store to memory take place. */
export function storeStopped(): boolean {
  return (env.flags & ~env.masks & (PRE_COMPUTATION | FLAG_OE | FLAG_UE)) !== 0;
}

/** Stack underflow. True if it is masked: the caller then delivers the default NaN. */
export function stackUnderflow(state: CpuState): boolean {
  updateStatus(state, FSW_C1, FLAG_IE | FSW_SF);
  return (state.u32[FCW_WORD]! & FLAG_IE) !== 0;
}

/** Stack overflow. True if it is masked: the caller then pushes the default NaN. */
export function stackOverflow(state: CpuState): boolean {
  updateStatus(state, 0, FLAG_IE | FSW_SF | FSW_C1);
  return (state.u32[FCW_WORD]! & FLAG_IE) !== 0;
}

export function writeDefaultNan(state: CpuState, index: number): void {
  setDefaultNan(result);
  writeStack(state, index, result);
}

/** Reports, and delivers `result` to ST(index) unless an unmasked exception forbids it. True if delivered. */
export function deliver(state: CpuState, index: number): boolean {
  reportStatus(state);
  if (stopped(env)) return false;
  writeStack(state, index, result);
  return true;
}

/** Reports, and pushes `result` unless an unmasked exception forbids it. ST(7) has been found empty. */
export function deliverPush(state: CpuState): void {
  reportStatus(state);
  if (stopped(env)) return;
  moveTop(state, -1);
  writeStack(state, 0, result);
}

/** True if there is no room for a push; the masked response has been given then. */
export function pushOverflows(state: CpuState): boolean {
  if (isEmpty(state, 7)) return false;
  if (stackOverflow(state)) {
    moveTop(state, -1);
    writeDefaultNan(state, 0);
  }
  return true;
}
