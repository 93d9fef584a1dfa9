// The x87 unit as routines see it: when the short way may be taken, registers by their place in the stack,
// and what an instruction leaves in the status and tag words.
//
// The short way: CR0 lets the unit work, no exception is pending, all exceptions are masked, and (arithmetic)
// the control word asks for 64 bits and rounding to nearest, as FNINIT leaves it. Operands are normal numbers
// or zeros, and so are results. Everything else is left to the helpers (../../helpers/x87).
//
// Sources: Intel SDM volume 1, 8.1.2 to 8.1.7.
import * as L from '../../state/layout.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { type Routine, routine } from '../../uops/routine.ts';

export const FSW_PE_SHIFT = 5;
export const FSW_C0_SHIFT = 8;
export const FSW_C1_SHIFT = 9;
export const FSW_C3_SHIFT = 14;
export const FSW_C1 = 0x200;
export const FSW_CONDITION = 0x4700;
const FSW_TOP = 0x3800;
/** ES and B. */
const FSW_PENDING = 0x8080;
export const SIGN = 0x8000;
export const EXPONENT = 0x7fff;
export const BIAS = 16383;
export const INTEGER_BIT = 1n << 63n;

/** What of FCW an operation minds: exception masks alone, rounding too, precision too. */
export type Demand = 'masks' | 'rounding' | 'precision';
const CONTROL: Record<Demand, readonly [mask: number, value: number]> = {
  masks: [0x3f, 0x3f],
  rounding: [0xc3f, 0x3f],
  precision: [0xf3f, 0x33f],
};

/** A number in a register: sign and exponent as they are stored, and significand. */
export interface Extended {
  readonly signExponent: I32;
  readonly significand: I64;
}

/** A result: rounded up (0 or 1) is C1, inexact (0 or 1) PE; the exponent is checked, and stored as it is. */
export interface Rounded extends Extended {
  readonly up: I32;
  readonly inexact: I32;
}

/**
 * Status and tag word at the beginning of an instruction, and TOP. C1 comes out of rounding, so a load whose
 * address comes from FSW would wait for all of the instruction before; TOP from a word of its own, which is
 * only compared with FSW, lets the host run ahead.
 */
export interface Unit {
  readonly top: I32;
  readonly fsw: I32;
  readonly ftw: I32;
}

/** Declares a routine that does its work in `attempt` where the unit is ready, calling `done` once it has. */
export function attempt<const P extends readonly ('i32' | 'i64')[]>(
  name: string,
  parameters: P,
  demand: Demand,
  work: (
    b: OperationBuilder,
    unit: Unit,
    done: () => void,
    ...args: { -readonly [K in keyof P]: P[K] extends 'i64' ? I64 : I32 }
  ) => void,
  options: { writes: boolean } = { writes: true },
): Routine {
  return routine(
    name,
    parameters,
    'i32',
    (b, ...args) => {
      const ok = b.variable(b.i32(0));
      const fsw = b.get(32, L.FSW);
      const ftw = b.get(32, L.FTW);
      const [mask, value] = CONTROL[demand];
      const control = b.xor(b.and(b.get(32, L.FCW), mask), value);
      const pending = b.and(fsw, FSW_PENDING);
      b.if(b.eqz(b.or(b.or(control, pending), b.get(32, L.X87_TRAP))), () => {
        const top = b.variable(b.get(32, L.X87_TOP));
        const actual = b.and(b.shrU(fsw, 11), 7);
        b.if(b.ne(b.current(top), actual), () => {
          b.set(32, L.X87_TOP, actual);
          b.assign(top, actual);
        });
        const unit = { fsw, ftw, top: b.current(top) };
        work(b, unit, () => b.assign(ok, b.i32(1)), ...(args as never));
      });
      return b.current(ok);
    },
    { ...options, checksX87: true },
  );
}

/** Number of the physical register ST(index); `index` may be negative. */
export function physical(b: OperationBuilder, { top }: Unit, index: I32 | number): I32 {
  return index === 0 ? top : b.and(b.add(top, index), 7);
}

/** Bit 0: whether the physical register is not empty. */
export function present(b: OperationBuilder, { ftw }: Unit, register: I32): I32 {
  return b.shrU(ftw, register);
}

export function readRegister(b: OperationBuilder, register: I32): Extended {
  const place = b.shl(register, 4);
  return {
    significand: b.getIndexed(64, L.FPR, place),
    signExponent: b.getIndexed(16, L.FPR + 8, place),
  };
}

export function writeRegister(b: OperationBuilder, register: I32, value: Extended): void {
  const place = b.shl(register, 4);
  b.setIndexed(64, L.FPR, place, value.significand);
  b.setIndexed(32, L.FPR + 8, place, value.signExponent);
}

/** 1 where the number is normal. */
export function isNormal(b: OperationBuilder, value: Extended): I32 {
  const exponent = b.and(value.signExponent, EXPONENT);
  const inRange = b.ltU(b.sub(exponent, 1), EXPONENT - 1);
  return b.and(b.wrap(b.shrU(value.significand, 63)), inRange);
}

/** 1 where both are. */
export function areNormal(b: OperationBuilder, x: Extended, y: Extended): I32 {
  const inRange = ({ signExponent }: Extended): I32 =>
    b.ltU(b.sub(b.and(signExponent, EXPONENT), 1), EXPONENT - 1);
  const integerBits = b.wrap(b.shrU(b.and(x.significand, y.significand), 63));
  return b.and(b.and(inRange(x), inRange(y)), integerBits);
}

export function isZero(b: OperationBuilder, value: Extended): I32 {
  return b.eqz(b.or(b.extendU(b.and(value.signExponent, EXPONENT)), value.significand));
}

/** The status word with TOP moved by `by`. The unit's TOP moves at once. */
function withTop(b: OperationBuilder, unit: Unit, fsw: I32, by: I32 | number): I32 {
  const top = physical(b, unit, by);
  b.set(32, L.X87_TOP, top);
  return b.or(b.and(fsw, ~FSW_TOP), b.shl(top, 11));
}

/** The tag word without so many registers (1 or 2) from the top on. */
function withoutTop(b: OperationBuilder, unit: Unit, ftw: I32, pops: I32): I32 {
  const bits = b.shl(b.sub(b.shl(b.i32(1), pops), 1), unit.top);
  return b.and(ftw, b.xor(b.or(bits, b.shrU(bits, 8)), 0xff));
}

/** The status word as an instruction leaves it that rounded (null: was exact). */
export function newStatus(
  b: OperationBuilder,
  unit: Unit,
  rounded: { readonly up: I32; readonly inexact: I32 } | null,
): I32 {
  const fsw = b.and(unit.fsw, ~FSW_C1);
  if (!rounded) return fsw;
  return b.or(fsw, b.or(b.shl(rounded.up, FSW_C1_SHIFT), b.shl(rounded.inexact, FSW_PE_SHIFT)));
}

/** Where the status and the tag word go. */
export interface Words {
  readonly fsw: number;
  readonly ftw: number;
}
const IN_PLACE: Words = { fsw: L.FSW, ftw: L.FTW };

/** Writes the status and tag words after so many pops (0, 1 or 2). */
export function pop(
  b: OperationBuilder,
  unit: Unit,
  fsw: I32,
  ftw: I32,
  pops: I32,
  words: Words = IN_PLACE,
): void {
  b.if(
    pops,
    () => {
      b.set(32, words.fsw, withTop(b, unit, fsw, pops));
      b.set(32, words.ftw, withoutTop(b, unit, ftw, pops));
    },
    () => {
      b.set(32, words.fsw, fsw);
      if (ftw !== unit.ftw || words !== IN_PLACE) b.set(32, words.ftw, ftw);
    },
  );
}

/** Writes the status and tag words after a push into `register`. */
export function push(b: OperationBuilder, unit: Unit, register: I32): void {
  b.set(32, L.FTW, b.or(unit.ftw, b.shl(b.i32(1), register)));
  b.set(32, L.FSW, withTop(b, unit, newStatus(b, unit, null), -1));
}
