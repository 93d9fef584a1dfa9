// The exact way of SSE floating point: what the micro-operations' fast paths (semantics/simd/float-*.ts)
// do not settle comes here, operands and results in the scratch area of the state.
//
//   SCRATCH + 0    first operand (of one-operand instructions: the operand)
//   SCRATCH + 16   second operand
//   SCRATCH + 32   result
//
// Every helper evaluates all lanes, sets MXCSR's flags, and raises #XM (or #UD while CR4.OSXMMEXCPT is
// clear) when one of them is unmasked (SDM 1, 11.5.3; SDM 3A, 6.15, vector 19).

import { GuestFault, UD, XM } from '../../exceptions/fault.ts';
import { beginSse, type FloatEnvironment, sseEnvironment } from '../../fpu/environment.ts';
import { PRE_COMPUTATION } from '../../fpu/format.ts';
import { CR4_OSXMMEXCPT } from '../../state/control-bits.ts';
import * as S from '../../state/layout.ts';
import type { Cpu } from '../cpu.ts';
import { type Helper, helper } from '../helper.ts';

export const FIRST = S.SCRATCH;
export const SECOND = S.SCRATCH + 16;
export const RESULT = S.SCRATCH + 32;

/** Shared by all helpers of this folder: one instruction at a time. */
export const env: FloatEnvironment = sseEnvironment();
/** Results of 64 bits arrive here. */
export const pair = { high: 0, low: 0 };

export type FloatWidth = 32 | 64;
/** PS, PD, SS, SD, and the two low singles of MMX conversions. */
export interface FloatKind {
  readonly width: FloatWidth;
  readonly lanes: 1 | 2 | 4;
}
export const PS: FloatKind = { width: 32, lanes: 4 };
export const PD: FloatKind = { width: 64, lanes: 2 };
export const SS: FloatKind = { width: 32, lanes: 1 };
export const SD: FloatKind = { width: 64, lanes: 1 };

/** Adds the lanes' exceptions to MXCSR; #XM or #UD when one is unmasked. */
export function report(cpu: Cpu, flags: number): void {
  const { u32 } = cpu.state;
  const unmasked = flags & ~env.masks;
  u32[S.MXCSR >> 2]! |= unmasked & PRE_COMPUTATION ? flags & PRE_COMPUTATION : flags;
  if (unmasked) throw new GuestFault(cpu.state.cr4 & CR4_OSXMMEXCPT ? XM : UD);
}

export interface LaneOptions {
  /** 'mmx': an MMX register takes part. */
  readonly unit?: 'sse' | 'mmx';
  /** A quicker way: true when it has stored the result and there are no flags to set. */
  readonly attempt?: (cpu: Cpu) => boolean;
}

/** A helper that computes `lanes` lanes, each with its own exceptions. The argument is the immediate. */
export function laneHelper(
  name: string,
  lanes: number,
  compute: (u32: Uint32Array, lane: number, immediate: number) => void,
  options: LaneOptions = {},
): Helper {
  const { unit = 'sse', attempt } = options;
  return helper(name, ['i32'], null, (cpu, immediate) => {
    if (attempt?.(cpu)) return;
    const { u32 } = cpu.state;
    beginSse(env, u32[S.MXCSR >> 2]!);
    let flags = 0;
    for (let lane = 0; lane < lanes; lane++) {
      env.flags = 0;
      compute(u32, lane, immediate);
      flags |= env.flags;
    }
    if (unit === 'mmx' && flags & ~env.masks) enterMmxState(u32);
    report(cpu, flags);
  });
}

/** A conversion with an MMX operand enters MMX state even when it then raises #XM (so on AMD processors). */
function enterMmxState(u32: Uint32Array): void {
  u32[S.FSW >> 2]! &= ~FSW_TOP;
  u32[S.FTW >> 2] = 0xff;
}
const FSW_TOP = 0x3800;

const A = FIRST >> 2;
const B = SECOND >> 2;
const R = RESULT >> 2;

export type Single = (a: number, b: number, lane: number, immediate: number) => number;
export type Double = (
  aHigh: number,
  aLow: number,
  bHigh: number,
  bLow: number,
  lane: number,
  immediate: number,
) => void;

/** A helper of one result a lane, from singles to a single or from doubles to a double (in `pair`). */
export function elementwise(
  name: string,
  kind: FloatKind,
  single: Single,
  double: Double,
  options: LaneOptions = {},
): Helper {
  const compute32 = (u32: Uint32Array, lane: number, immediate: number) => {
    u32[R + lane] = single(u32[A + lane]!, u32[B + lane]!, lane, immediate);
  };
  const compute64 = (u32: Uint32Array, lane: number, immediate: number) => {
    const at = 2 * lane;
    double(u32[A + at + 1]!, u32[A + at]!, u32[B + at + 1]!, u32[B + at]!, lane, immediate);
    u32[R + at + 1] = pair.high;
    u32[R + at] = pair.low;
  };
  return laneHelper(name, kind.lanes, kind.width === 32 ? compute32 : compute64, options);
}

/** A helper that converts lanes of one width to lanes of another; 64-bit results arrive in `pair`. */
export function conversion(
  name: string,
  lanes: number,
  from: FloatWidth,
  to: FloatWidth,
  convert: (high: number, low: number) => number | undefined,
  unit: 'sse' | 'mmx' = 'sse',
): Helper {
  const compute = (u32: Uint32Array, lane: number) => {
    const result =
      from === 32 ? convert(0, u32[A + lane]!) : convert(u32[A + 2 * lane + 1]!, u32[A + 2 * lane]!);
    if (to === 32) u32[R + lane] = result as number;
    else {
      u32[R + 2 * lane + 1] = pair.high;
      u32[R + 2 * lane] = pair.low;
    }
  };
  return laneHelper(name, lanes, compute, { unit });
}
