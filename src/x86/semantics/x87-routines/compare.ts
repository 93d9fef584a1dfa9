// Routines that compare normal numbers and zeros: FCOM, FUCOM, FCOMI, FUCOMI, FTST and their kin.
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, tables 8-6 and 8-7.
import * as L from '../../state/layout.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import type { Routine } from '../../uops/routine.ts';
import { fromInteger, fromReal32, fromReal64, type Operand } from './numbers.ts';
import {
  areNormal,
  attempt,
  EXPONENT,
  type Extended,
  FSW_C0_SHIFT,
  FSW_C3_SHIFT,
  FSW_CONDITION,
  isNormal,
  isZero,
  physical,
  pop,
  present,
  readRegister,
  type Unit,
} from './unit.ts';

const ZF_SHIFT = 6;

/** Calls `tell` with whether a is less than c, and whether they are equal; both are normal or zero. */
function order(b: OperationBuilder, a: Extended, c: Extended, tell: (less: I32, equal: I32) => void): void {
  const ordinary = (value: Extended): I32 => b.or(isNormal(b, value), isZero(b, value));
  const ordered = b.variable(areNormal(b, a, c));
  b.if(b.eqz(b.current(ordered)), () => b.assign(ordered, b.and(ordinary(a), ordinary(c))));
  b.if(b.current(ordered), () => {
    const aExponent = b.and(a.signExponent, EXPONENT);
    const cExponent = b.and(c.signExponent, EXPONENT);
    const sameExponent = b.eq(aExponent, cExponent);
    const smaller = b.or(
      b.ltU(aExponent, cExponent),
      b.and(sameExponent, b.ltU(a.significand, c.significand)),
    );
    const sameMagnitude = b.and(sameExponent, b.eq(a.significand, c.significand));
    const negative = b.shrU(a.signExponent, 15);
    const sameSign = b.eqz(b.xor(negative, b.shrU(c.signExponent, 15)));
    const equal = b.and(sameMagnitude, b.or(sameSign, b.eqz(aExponent)));
    const less = b.and(b.select(sameSign, b.xor(smaller, negative), negative), b.xor(equal, 1));
    tell(less, equal);
  });
}

/** Compares ST(0) with the operand and sets C3, C2, C0; pops 0, 1 or 2. */
function setCondition(b: OperationBuilder, unit: Unit, operand: Operand, pops: I32, done: () => void): void {
  const top = physical(b, unit, 0);
  b.if(b.and(b.and(present(b, unit, top), operand.fits), 1), () => {
    order(b, readRegister(b, top), operand, (less, equal) => {
      const condition = b.or(b.shl(less, FSW_C0_SHIFT), b.shl(equal, FSW_C3_SHIFT));
      const fsw = b.or(b.and(unit.fsw, ~FSW_CONDITION), condition);
      pop(b, unit, fsw, unit.ftw, pops);
      done();
    });
  });
}

function memory<T extends 'i32' | 'i64'>(
  name: string,
  type: T,
  from: (b: OperationBuilder, value: T extends 'i64' ? I64 : I32) => Operand,
): Routine {
  return attempt(name, [type, 'i32'], 'masks', (b, unit, done, value, pops) =>
    setCondition(b, unit, from(b, value as never), pops, done),
  );
}

/** (operand, pops): bits of a real, or an integer sign-extended to 64 bits. */
export const compareReal32 = memory('x87CompareReal32Fast', 'i32', fromReal32);
export const compareReal64 = memory('x87CompareReal64Fast', 'i64', fromReal64);
export const compareInteger = memory('x87CompareIntegerFast', 'i64', fromInteger);

/** (index, pops). */
export const compareRegister = attempt(
  'x87CompareFast',
  ['i32', 'i32'],
  'masks',
  (b, unit, done, index, pops) => {
    const register = physical(b, unit, index);
    setCondition(b, unit, { ...readRegister(b, register), fits: present(b, unit, register) }, pops, done);
  },
);

/** FTST. */
export const test = attempt('x87TestFast', [], 'masks', (b, unit, done) =>
  setCondition(b, unit, fromInteger(b, b.i64(0)), b.i32(0), done),
);

/** FCOMI, FUCOMI of ST(0) with ST(index), then pops: ZF and CF in RFLAGS positions in SCRATCH (32 bits). */
export const compareFlags = attempt(
  'x87CompareFlagsFast',
  ['i32', 'i32'],
  'masks',
  (b, unit, done, index, pops) => {
    const top = physical(b, unit, 0);
    const other = physical(b, unit, index);
    b.if(b.and(b.and(present(b, unit, top), present(b, unit, other)), 1), () => {
      order(b, readRegister(b, top), readRegister(b, other), (less, equal) => {
        b.set(32, L.SCRATCH, b.or(less, b.shl(equal, ZF_SHIFT)));
        pop(b, unit, unit.fsw, unit.ftw, pops);
        done();
      });
    });
  },
);
