// What an operation needs to know beside its operands, and what it reports beside its result.
//
// A caller keeps one environment for x87 and one for SSE, calls `begin` before an instruction (for packed
// instructions: before the first element), and reads `flags` and `roundedUp` afterwards.
//
// The result of an operation counts only if the environment allows it:
//   x87 register   no result if flags & ~masks & PRE_COMPUTATION
//   x87 memory     no result if flags & ~masks & (PRE_COMPUTATION | OE | UE)
//   SSE            no result if flags & ~masks; if one element has an unmasked pre-computation exception,
//                  only the pre-computation flags of the elements are reported (SDM volume 1, 11.5.3).
//
// Sources: Intel SDM volume 1, 4.9 (exceptions), 8.1.5, 8.5, 10.2.3, 11.5.

import {
  BINARY64,
  EXTENDED,
  type Format,
  PRE_COMPUTATION,
  PRECISION_CONTROL,
  ROUND_NEAREST,
} from './format.ts';

/** Which NaN an operation on two NaNs returns. */
export const NAN_RULE_X87 = 0;
export const NAN_RULE_SSE = 1;

/** What the x87 adds to or subtracts from the exponent of an unmasked underflow or overflow. */
export const BIAS_ADJUST = 24576;

export interface FloatEnvironment {
  /** Where results of arithmetic are rounded. */
  format: Format;
  /** Rounding control, 0..3. */
  rounding: number;
  /** A set bit masks that exception (bits 0..5 as in FCW). */
  masks: number;
  /** Exceptions raised since `begin`; sticky across operations. */
  flags: number;
  /** The last rounding increased the magnitude (C1 of the x87). */
  roundedUp: boolean;
  /** NAN_RULE_X87 or NAN_RULE_SSE. */
  nanRule: number;
  /** SSE: denormal operands count as zeros. Applied by the functions of sse.ts when they unpack. */
  denormalsAreZero: boolean;
  /** SSE: tiny results become zero while underflow is masked. */
  flushToZero: boolean;
  /** Unmasked overflow and underflow deliver a result with its exponent moved by BIAS_ADJUST (x87 registers). */
  adjustBias: boolean;
}

/** An environment as after FNINIT. */
export function x87Environment(): FloatEnvironment {
  return {
    format: EXTENDED,
    rounding: ROUND_NEAREST,
    masks: 63,
    flags: 0,
    roundedUp: false,
    nanRule: NAN_RULE_X87,
    denormalsAreZero: false,
    flushToZero: false,
    adjustBias: true,
  };
}

/** An environment for MXCSR = 1F80h. */
export function sseEnvironment(): FloatEnvironment {
  return {
    format: BINARY64,
    rounding: ROUND_NEAREST,
    masks: 63,
    flags: 0,
    roundedUp: false,
    nanRule: NAN_RULE_SSE,
    denormalsAreZero: false,
    flushToZero: false,
    adjustBias: false,
  };
}

/** Clears what the previous instruction reported. */
export function begin(env: FloatEnvironment): void {
  env.flags = 0;
  env.roundedUp = false;
}

/** Takes masks, precision and rounding from an x87 control word, and clears the report. */
export function beginX87(env: FloatEnvironment, controlWord: number): void {
  env.masks = controlWord & 63;
  env.format = PRECISION_CONTROL[(controlWord >> 8) & 3];
  env.rounding = (controlWord >> 10) & 3;
  env.adjustBias = true;
  env.flags = 0;
  env.roundedUp = false;
}

/** Takes masks, rounding, DAZ and FTZ from MXCSR, and clears the report. */
export function beginSse(env: FloatEnvironment, mxcsr: number): void {
  env.masks = (mxcsr >> 7) & 63;
  env.rounding = (mxcsr >> 13) & 3;
  env.denormalsAreZero = (mxcsr & 0x40) !== 0;
  env.flushToZero = (mxcsr & 0x8000) !== 0;
  env.flags = 0;
  env.roundedUp = false;
}

/** True if an unmasked invalid, denormal or zero-divide exception stops the instruction. */
export function stopped(env: FloatEnvironment): boolean {
  return (env.flags & ~env.masks & PRE_COMPUTATION) !== 0;
}
