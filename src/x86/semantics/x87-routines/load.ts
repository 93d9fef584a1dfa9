// Routines that push and move: FLD, FILD, constants, FXCH, FCMOVcc, FST ST(i), FCHS, FABS.
//
// Sources: Intel SDM volume 2, the instructions named.
import * as L from '../../state/layout.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import { fromInteger, fromReal32, fromReal64, type Operand } from './numbers.ts';
import {
  attempt,
  type Extended,
  newStatus,
  physical,
  pop,
  present,
  push,
  readRegister,
  type Unit,
  writeRegister,
} from './unit.ts';

/** Pushes a number that fits, if there is room. */
function pushNumber(b: OperationBuilder, unit: Unit, value: Operand, done: () => void): void {
  const register = physical(b, unit, -1);
  const occupied = present(b, unit, register);
  b.if(b.and(b.and(value.fits, b.xor(occupied, 1)), 1), () => {
    writeRegister(b, register, value);
    push(b, unit, register);
    done();
  });
}

/** FLD m32 (bits), FLD m64 (bits), FILD (value sign-extended to 64 bits). */
export const pushReal32 = attempt('x87PushReal32', ['i32'], 'masks', (b, unit, done, bits) =>
  pushNumber(b, unit, fromReal32(b, bits), done),
);
export const pushReal64 = attempt('x87PushReal64', ['i64'], 'masks', (b, unit, done, bits) =>
  pushNumber(b, unit, fromReal64(b, bits), done),
);
export const pushInteger = attempt('x87PushInteger', ['i64'], 'masks', (b, unit, done, value) =>
  pushNumber(b, unit, fromInteger(b, value), done),
);

/** FLD m80: significand, sign and exponent. */
export const pushExtended = attempt(
  'x87PushExtended',
  ['i64', 'i32'],
  'masks',
  (b, unit, done, significand, signExponent) =>
    pushNumber(b, unit, { significand, signExponent, fits: b.i32(1) }, done),
);

/** Likewise a constant that is right where numbers are rounded to nearest. */
export const pushConstant = attempt(
  'x87PushConstant',
  ['i64', 'i32'],
  'rounding',
  (b, unit, done, significand, signExponent) =>
    pushNumber(b, unit, { significand, signExponent, fits: b.i32(1) }, done),
);

/** FLD ST(index). */
export const pushRegister = attempt('x87PushRegister', ['i32'], 'masks', (b, unit, done, index) => {
  const register = physical(b, unit, index);
  pushNumber(b, unit, { ...readRegister(b, register), fits: present(b, unit, register) }, done);
});

/** FXCH ST(index). */
export const exchange = attempt('x87ExchangeFast', ['i32'], 'masks', (b, unit, done, index) => {
  const top = physical(b, unit, 0);
  const other = physical(b, unit, index);
  b.if(b.and(b.and(present(b, unit, top), present(b, unit, other)), 1), () => {
    const first = readRegister(b, top);
    const second = readRegister(b, other);
    writeRegister(b, top, second);
    writeRegister(b, other, first);
    b.set(32, L.FSW, newStatus(b, unit, null));
    done();
  });
});

/** FST ST(index), and FSTP (pops 1). */
export const storeRegister = attempt(
  'x87StoreRegisterFast',
  ['i32', 'i32'],
  'masks',
  (b, unit, done, index, pops) => {
    const top = physical(b, unit, 0);
    b.if(b.and(present(b, unit, top), 1), () => {
      const other = physical(b, unit, index);
      writeRegister(b, other, readRegister(b, top));
      const ftw = b.or(unit.ftw, b.shl(b.i32(1), other));
      pop(b, unit, newStatus(b, unit, null), ftw, pops);
      done();
    });
  },
);

/** FCMOVcc ST(0), ST(index), with the condition evaluated. */
export const conditionalMove = attempt(
  'x87ConditionalMoveFast',
  ['i32', 'i32'],
  'masks',
  (b, unit, done, index, condition) => {
    const top = physical(b, unit, 0);
    const other = physical(b, unit, index);
    b.if(b.and(b.and(present(b, unit, top), present(b, unit, other)), 1), () => {
      const old = readRegister(b, top);
      const moved = readRegister(b, other);
      const value: Extended = {
        significand: b.select(condition, moved.significand, old.significand),
        signExponent: b.select(condition, moved.signExponent, old.signExponent),
      };
      writeRegister(b, top, value);
      done();
    });
  },
);

/** FCHS, FABS: the sign of ST(0) is ANDed with `keep` and XORed with `flip` (bit 15). */
export const changeSign = attempt('x87SignFast', ['i32', 'i32'], 'masks', (b, unit, done, keep, flip) => {
  const top = physical(b, unit, 0);
  b.if(b.and(present(b, unit, top), 1), () => {
    const place = b.shl(top, 4);
    const old = b.getIndexed(32, L.FPR + 8, place);
    b.setIndexed(32, L.FPR + 8, place, b.xor(b.and(old, keep), flip));
    b.set(32, L.FSW, newStatus(b, unit, null));
    done();
  });
});
