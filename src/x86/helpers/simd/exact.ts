// A short way through the exact helpers: a native result that was not rounded at all sets no flags, so
// MXCSR.PE need not be set already. Programs that calculate with small integers in floating point, and so
// never set it, would else always pay for the long way.
//
// Only zeros and normal numbers come through, with everything masked and rounding to nearest.
// Sums: the rounding error by Knuth's TwoSum, itself exact while nothing overflows. Products: exact when the
// factors have half the significand each (the low 27 bits of a double are zero; doubles hold all products of
// singles). Quotients and roots: multiplied back.

import * as S from '../../state/layout.ts';
import type { Cpu } from '../cpu.ts';
import type { FloatKind } from './float.ts';
import { FIRST, RESULT, SECOND } from './float.ts';

export type Arithmetic = 'ADD' | 'SUB' | 'MUL' | 'DIV' | 'SQRT';

const MXCSR_MASKS_AND_RC = 0x7f80;
const MXCSR_MASKS = 0x1f80;
const LEAST_NORMAL = { 32: 2 ** -126, 64: 2 ** -1022 };
const LOW_27 = 0x7ff_ffff;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

function isShort(value: number): boolean {
  double[0] = value;
  return (words[0]! & LOW_27) === 0;
}

/** Zero or a normal number that is not the smallest one, which a tiny result may round to. */
function isPlain(value: number, least: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude > least && magnitude < Number.POSITIVE_INFINITY);
}

/** x op y, or NaN unless it is exact. Singles are given as doubles and their operations rounded. */
function exactResult(operation: Arithmetic, x: number, y: number, width: 32 | 64): number {
  const round = width === 32 ? Math.fround : (value: number) => value;
  switch (operation) {
    case 'ADD':
    case 'SUB': {
      const addend = operation === 'ADD' ? y : -y;
      const sum = round(x + addend);
      const part = round(sum - x);
      return round(x - round(sum - part)) + round(addend - part) === 0 ? sum : Number.NaN;
    }
    case 'MUL': {
      const product = round(x * y);
      return (width === 32 ? product === x * y : isShort(x) && isShort(y)) ? product : Number.NaN;
    }
    case 'DIV':
    case 'SQRT': {
      const quotient = round(operation === 'DIV' ? x / y : Math.sqrt(x));
      const divisor = operation === 'DIV' ? y : quotient;
      const certain = width === 32 || (isShort(quotient) && isShort(divisor));
      return certain && quotient * divisor === x ? quotient : Number.NaN;
    }
  }
}

/** Computes all lanes if every one of them is plain and exact; false, and nothing that counts done, otherwise. */
export function computeExactly(cpu: Cpu, kind: FloatKind, operation: (lane: number) => Arithmetic): boolean {
  const { view, u32 } = cpu.state;
  if ((u32[S.MXCSR >> 2]! & MXCSR_MASKS_AND_RC) !== MXCSR_MASKS) return false;
  const { width, lanes } = kind;
  const least = LEAST_NORMAL[width];
  for (let lane = 0; lane < lanes; lane++) {
    const at = (lane * width) / 8;
    const read = (from: number) =>
      width === 32 ? view.getFloat32(from + at, true) : view.getFloat64(from + at, true);
    const x = read(FIRST);
    const own = operation(lane);
    const y = own === 'SQRT' ? x : read(SECOND);
    if (!isPlain(x, least) || !isPlain(y, least)) return false;
    const result = exactResult(own, x, y, width);
    if (!isPlain(result, least)) return false;
    // A zero product or quotient of others than zero was too small; a zero sum is exact.
    if (result === 0 && own !== 'ADD' && own !== 'SUB' && x !== 0 && y !== 0) return false;
    if (width === 32) view.setFloat32(RESULT + at, result, true);
    else view.setFloat64(RESULT + at, result, true);
  }
  return true;
}
