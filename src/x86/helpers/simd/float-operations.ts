// The helpers of SSE floating-point instructions (see float.ts), by mnemonic stem and kind.
//
// Sources: SDM 2, the instructions named. The dot products add in the order of the manual's pseudo-code.

import { EQUAL, LESS, UNORDERED } from '../../fpu/compare.ts';
import { beginSse } from '../../fpu/environment.ts';
import {
  arithmetic32,
  arithmetic64,
  type BinaryOperation,
  binary32FromInteger,
  binary64FromInteger,
  compare32,
  compare64,
  extremum32,
  extremum64,
  integerFrom32,
  integerFrom64,
  narrow,
  predicate32,
  predicate64,
  roundToIntegral32,
  roundToIntegral64,
  SSE_ADD,
  SSE_DIVIDE,
  SSE_MULTIPLY,
  SSE_SUBTRACT,
  squareRoot32,
  squareRoot64,
  widen,
} from '../../fpu/sse.ts';
import * as S from '../../state/layout.ts';
import { type Helper, helper } from '../helper.ts';
import { computeExactly } from './exact.ts';
import {
  conversion,
  elementwise,
  env,
  FIRST,
  type FloatKind,
  type FloatWidth,
  pair,
  RESULT,
  report,
  SECOND,
} from './float.ts';

// ---- arithmetic ----

const OPERATIONS = {
  ADD: SSE_ADD,
  SUB: SSE_SUBTRACT,
  MUL: SSE_MULTIPLY,
  DIV: SSE_DIVIDE,
} as const satisfies Record<string, BinaryOperation>;
export type Arithmetic = keyof typeof OPERATIONS;

export function arithmeticHelper(name: string, kind: FloatKind, operation: Arithmetic): Helper {
  const compute = OPERATIONS[operation];
  return elementwise(
    name,
    kind,
    (a, b) => arithmetic32(env, compute, a, b),
    (aHigh, aLow, bHigh, bLow) => arithmetic64(env, compute, aHigh, aLow, bHigh, bLow, pair),
    { attempt: (cpu) => computeExactly(cpu, kind, () => operation) },
  );
}

/** ADDSUBPS, ADDSUBPD: even lanes are subtracted, odd ones added. */
export function alternatingHelper(name: string, kind: FloatKind): Helper {
  const operation = (lane: number) => (lane & 1 ? SSE_ADD : SSE_SUBTRACT);
  return elementwise(
    name,
    kind,
    (a, b, lane) => arithmetic32(env, operation(lane), a, b),
    (aHigh, aLow, bHigh, bLow, lane) => arithmetic64(env, operation(lane), aHigh, aLow, bHigh, bLow, pair),
    { attempt: (cpu) => computeExactly(cpu, kind, (lane) => (lane & 1 ? 'ADD' : 'SUB')) },
  );
}

export function squareRootHelper(name: string, kind: FloatKind): Helper {
  return elementwise(
    name,
    kind,
    (a) => squareRoot32(env, a),
    (high, low) => squareRoot64(env, high, low, pair),
    { attempt: (cpu) => computeExactly(cpu, kind, () => 'SQRT') },
  );
}

export function extremumHelper(name: string, kind: FloatKind, maximum: boolean): Helper {
  return elementwise(
    name,
    kind,
    (a, b) => extremum32(env, maximum, a, b),
    (aHigh, aLow, bHigh, bLow) => extremum64(env, maximum, aHigh, aLow, bHigh, bLow, pair),
  );
}

/** The argument is the immediate of ROUNDxx. */
export function roundHelper(name: string, kind: FloatKind): Helper {
  return elementwise(
    name,
    kind,
    (a, _b, _lane, immediate) => roundToIntegral32(env, a, immediate),
    (high, low, _bHigh, _bLow, _lane, immediate) => roundToIntegral64(env, high, low, immediate, pair),
  );
}

// ---- comparison ----

/** The argument is the immediate of CMPxx; a lane becomes all ones or zeros. */
export function compareHelper(name: string, kind: FloatKind): Helper {
  return elementwise(
    name,
    kind,
    (a, b, _lane, immediate) => (predicate32(env, immediate & 7, a, b) ? 0xffffffff : 0),
    (aHigh, aLow, bHigh, bLow, _lane, immediate) => {
      const holds = predicate64(env, immediate & 7, aHigh, aLow, bHigh, bLow);
      pair.high = pair.low = holds ? 0xffffffff : 0;
    },
  );
}

const FLAG_CF = 0x01;
const FLAG_PF = 0x04;
const FLAG_ZF = 0x40;

/** COMISx, UCOMISx (`quiet`): the status flags in RFLAGS format. */
export function orderHelper(name: string, width: FloatWidth, quiet: boolean): Helper {
  const A = FIRST >> 2;
  const B = SECOND >> 2;
  return helper(name, [], 'i32', (cpu) => {
    const { u32 } = cpu.state;
    beginSse(env, u32[S.MXCSR >> 2]!);
    const order =
      width === 32
        ? compare32(env, quiet, u32[A]!, u32[B]!)
        : compare64(env, quiet, u32[A + 1]!, u32[A]!, u32[B + 1]!, u32[B]!);
    report(cpu, env.flags);
    if (order === UNORDERED) return FLAG_ZF | FLAG_PF | FLAG_CF;
    return order === LESS ? FLAG_CF : order === EQUAL ? FLAG_ZF : 0;
  });
}

// ---- conversion ----

export function widenHelper(name: string, lanes: number): Helper {
  return conversion(name, lanes, 32, 64, (_high, low) => {
    widen(env, low, pair);
    return undefined;
  });
}
export function narrowHelper(name: string, lanes: number): Helper {
  return conversion(name, lanes, 64, 32, (high, low) => narrow(env, high, low));
}
/** Floating point to signed integers of `to` bits. */
export function toIntegerHelper(
  name: string,
  lanes: number,
  from: FloatWidth,
  to: FloatWidth,
  truncate: boolean,
  unit: 'sse' | 'mmx' = 'sse',
): Helper {
  const convert = (high: number, low: number) => {
    if (from === 32) integerFrom32(env, low, to, truncate, pair);
    else integerFrom64(env, high, low, to, truncate, pair);
    return pair.low;
  };
  return conversion(name, lanes, from, to, convert, unit);
}
/** Signed integers of `from` bits to floating point. */
export function fromIntegerHelper(
  name: string,
  lanes: number,
  from: FloatWidth,
  to: FloatWidth,
  unit: 'sse' | 'mmx' = 'sse',
): Helper {
  const convert = (high: number, low: number) => {
    const upper = from === 32 ? ((low | 0) >> 31) >>> 0 : high;
    if (to === 32) return binary32FromInteger(env, upper, low);
    binary64FromInteger(env, upper, low, pair);
    return undefined;
  };
  return conversion(name, lanes, from, to, convert, unit);
}

// ---- dot products ----

/** DPPS, DPPD: products that bits 7:4 choose, added; the sum goes to the lanes that bits 3:0 choose. */
export function dotProductHelper(name: string, kind: FloatKind): Helper {
  const { width, lanes } = kind;
  const step = width / 32;
  const terms = new Uint32Array(8);
  const A = FIRST >> 2;
  const B = SECOND >> 2;
  const R = RESULT >> 2;
  const apply = (
    operation: BinaryOperation,
    u: Uint32Array,
    i: number,
    v: Uint32Array,
    j: number,
    k: number,
  ) => {
    if (width === 32) terms[k] = arithmetic32(env, operation, u[i]!, v[j]!);
    else {
      arithmetic64(env, operation, u[i + 1]!, u[i]!, v[j + 1]!, v[j]!, pair);
      terms[k] = pair.low;
      terms[k + 1] = pair.high;
    }
  };
  return helper(name, ['i32'], null, (cpu, immediate) => {
    const { u32 } = cpu.state;
    beginSse(env, u32[S.MXCSR >> 2]!);
    terms.fill(0);
    let flags = 0;
    for (let lane = 0; lane < lanes; lane++) {
      if (!(immediate & (0x10 << lane))) continue;
      const at = lane * step;
      env.flags = 0;
      apply(SSE_MULTIPLY, u32, A + at, u32, B + at, at);
      flags |= env.flags;
    }
    report(cpu, flags);
    for (let distance = 1; distance < lanes; distance *= 2) {
      flags = 0;
      for (let lane = 0; lane < lanes; lane += 2 * distance) {
        const at = lane * step;
        env.flags = 0;
        apply(SSE_ADD, terms, at, terms, at + distance * step, at);
        flags |= env.flags;
      }
      report(cpu, flags);
    }
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < step; i++) {
        u32[R + lane * step + i] = immediate & (1 << lane) ? terms[i]! : 0;
      }
    }
  });
}
