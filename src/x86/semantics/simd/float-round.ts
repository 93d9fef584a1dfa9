// ROUNDPS, ROUNDPD, ROUNDSS, ROUNDSD (SDM 2B). Immediate: bits 1:0 the rounding mode, unless bit 2 asks for
// MXCSR.RC; bit 3 suppresses the inexact exception. Denormal operands raise nothing.
import { type FloatKind, PD, PS, SD, SS } from '../../helpers/simd/float.ts';
import { roundHelper } from '../../helpers/simd/float-operations.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F32, F64, I32, UnaryOperator } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { bitsOf, denormalLanes, floatOf, isDenormal, isNan, nanLanes, SHAPE } from './float-check.ts';
import { exactly, guarded } from './float-common.ts';
import {
  anyTrue,
  immediate8,
  readLow,
  readVector,
  simd,
  vectorMeaning,
  writeLow,
  writeVector,
} from './vector.ts';

const IMMEDIATE_USE_RC = 4;
const IMMEDIATE_NO_INEXACT = 8;
const MXCSR_PE_PM = 0x1020;
/** Rounding modes by number: to nearest (even), down, up, towards zero. */
const MODES = ['nearest', 'floor', 'ceil', 'trunc'] as const;

/** The mode, and whether an inexact result of a number that is neither NaN nor denormal (DAZ) sets nothing new. */
function control(b: Builder, immediate: I32): { mode: I32; quiet: I32 } {
  const mxcsr = b.get(32, S.MXCSR);
  const mode = b.and(b.select(b.and(immediate, IMMEDIATE_USE_RC), b.shrU(mxcsr, 13), immediate), 3);
  const suppressed = b.or(
    b.and(immediate, IMMEDIATE_NO_INEXACT),
    b.eq(b.and(mxcsr, MXCSR_PE_PM), MXCSR_PE_PM),
  );
  return { mode, quiet: b.ne(suppressed, 0) };
}

function scalar(b: Builder, width: 32 | 64, helper: ReturnType<typeof roundHelper>): void {
  const immediate = immediate8(b);
  const x = readLow(b, 1, width);
  const value = floatOf(b, x);
  const { mode, quiet } = control(b, immediate);
  const rounded = b.variable(value as F64);
  MODES.forEach((name, i) => {
    b.if(b.eq(mode, i), () => b.assign(rounded, b.unary(`f${name}` as UnaryOperator, value) as F64));
  });
  const result = bitsOf(b, b.current(rounded) as F32 | F64);
  const exact = b.binary('feq', b.current(rounded), value) as I32;
  const allowed = b.or(exact, b.and(quiet, b.eqz(b.or(isNan(b, x), isDenormal(b, x)))));
  writeLow(
    b,
    0,
    width,
    guarded(b, allowed, result, () => exactly(b, helper, [x], result, immediate)),
  );
}

function packed(b: Builder, width: 32 | 64, helper: ReturnType<typeof roundHelper>): void {
  const { float } = SHAPE[width];
  const immediate = immediate8(b);
  const x = readVector(b, 1);
  const { mode, quiet } = control(b, immediate);
  const rounded = b.variable(x);
  MODES.forEach((name, i) => {
    b.if(b.eq(mode, i), () => b.assign(rounded, simd(b, `${float}.${name}`, x)));
  });
  const result = b.current(rounded);
  const inexact = anyTrue(b, simd(b, `${float}.ne`, result, x));
  const odd = anyTrue(b, simd(b, 'v128.or', nanLanes(b, SHAPE[width], x), denormalLanes(b, SHAPE[width], x)));
  const allowed = b.or(b.eqz(inexact), b.and(quiet, b.eqz(odd)));
  writeVector(
    b,
    0,
    guarded(b, allowed, result, () => exactly(b, helper, [x], result, immediate)),
  );
}

function round(suffix: string, kind: FloatKind): Meaning {
  const helper = roundHelper(`ROUND${suffix}`, kind);
  return vectorMeaning(`ROUND${suffix}`, (b) => (kind.lanes === 1 ? scalar : packed)(b, kind.width, helper));
}

export const floatRoundMeanings: readonly Meaning[] = [
  round('PS', PS),
  round('PD', PD),
  round('SS', SS),
  round('SD', SD),
];
