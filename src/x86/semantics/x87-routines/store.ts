// Routines for stores to memory: FST, FSTP of 32, 64 and 80 bits, FIST, FISTP, FISTTP.
//
// They change nothing: the store may fault. A routine leaves in SCRATCH what is to be stored (64 bits; of 80
// bits, sign and exponent follow), and the status and tag words to be set once it is; `commitStore` sets those.
//
// Sources: Intel SDM volume 2, the instructions named; volume 1, 4.8.4, 8.5.1.3 (integer overflow).
import * as L from '../../state/layout.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import type { Routine } from '../../uops/routine.ts';
import { roundNearest, shiftRight } from './numbers.ts';
import {
  attempt,
  BIAS,
  type Demand,
  EXPONENT,
  type Extended,
  isNormal,
  isZero,
  newStatus,
  physical,
  pop,
  present,
  readRegister,
  SIGN,
  type Unit,
  type Words,
} from './unit.ts';

export const STORED = L.SCRATCH;
export const STORED_EXPONENT = L.SCRATCH + 8;
const NEW: Words = { fsw: L.SCRATCH + 12, ftw: L.SCRATCH + 16 };

/** Rounding control in FCW. */
const ROUND_DOWN = 1;
const ROUND_UP = 2;
const ROUND_ZERO = 3;

type Deliver = (bits: I64, up: I32, inexact: I32) => void;

/** Sets the status and tag words that a store routine has left. */
export function commitStore(b: OperationBuilder): void {
  b.set(32, L.FSW, b.get(32, NEW.fsw));
  b.set(32, L.FTW, b.get(32, NEW.ftw));
}

/** A routine with the parameters given and `pops` (0 or 1) that stores ST(0). */
function storeRoutine<const P extends readonly 'i32'[]>(
  name: string,
  parameters: P,
  demand: Demand,
  convert: (b: OperationBuilder, value: Extended, deliver: Deliver, ...args: readonly I32[]) => void,
): Routine {
  return attempt(
    name,
    ['i32', ...parameters],
    demand,
    (b, unit: Unit, done, pops: I32, ...args: I32[]) => {
      const top = physical(b, unit, 0);
      b.if(b.and(present(b, unit, top), 1), () => {
        const deliver: Deliver = (bits, up, inexact) => {
          b.set(64, STORED, bits);
          pop(b, unit, newStatus(b, unit, { up, inexact }), unit.ftw, pops, NEW);
          done();
        };
        convert(b, readRegister(b, top), deliver, ...args);
      });
    },
    { writes: false },
  );
}

/** Delivers a zero of the value's sign if it is zero. */
function zero(b: OperationBuilder, value: Extended, deliver: Deliver, signShift: number | null): void {
  b.if(isZero(b, value), () => {
    const sign = b.extendU(b.and(value.signExponent, SIGN));
    deliver(signShift === null ? b.i64(0) : b.shl(sign, signShift), b.i32(0), b.i32(0));
  });
}

/** Rounds to a narrower format: its fraction's width, its exponent's bias, and the position of its sign. */
function toReal(fraction: number, bias: number, signBit: number) {
  const dropped = 63 - fraction;
  const maximum = 2 * bias;
  return (b: OperationBuilder, value: Extended, deliver: Deliver): void => {
    b.if(
      isNormal(b, value),
      () => {
        const exponent = b.sub(b.and(value.signExponent, EXPONENT), BIAS - bias);
        const high = b.shrU(value.significand, dropped);
        const low = b.shl(value.significand, 64 - dropped);
        const { up, inexact } = roundNearest(b, { high, low });
        // The integer bit adds one to the exponent, and so does a carry out of the fraction.
        const packed = b.add(b.shl(b.extendU(b.sub(exponent, 1)), fraction), b.add(high, b.extendU(up)));
        const final = b.wrap(b.shrU(packed, fraction));
        b.if(b.and(b.ltU(b.sub(exponent, 1), maximum), b.leU(final, maximum)), () => {
          const sign = b.extendU(b.shrU(value.signExponent, 15));
          deliver(b.or(packed, b.shl(sign, signBit)), up, inexact);
        });
      },
      () => zero(b, value, deliver, signBit - 15),
    );
  };
}

/** (pops): FST m32, m64. */
export const storeReal32 = storeRoutine('x87StoreReal32Fast', [], 'rounding', toReal(23, 127, 31));
export const storeReal64 = storeRoutine('x87StoreReal64Fast', [], 'rounding', toReal(52, 1023, 63));

/** (pops): FSTP m80: whatever is there. */
export const storeExtended = storeRoutine('x87StoreExtendedFast', [], 'masks', (b, value, deliver) => {
  b.set(32, STORED_EXPONENT, value.signExponent);
  deliver(value.significand, b.i32(0), b.i32(0));
});

/** Whether the magnitude is one larger after rounding as RC says, given what is nearest. */
export function roundsUp(
  b: OperationBuilder,
  control: I32,
  negative: I32,
  nearest: { up: I32; inexact: I32 },
): I32 {
  const away = b.or(
    b.and(b.eq(control, ROUND_DOWN), negative),
    b.and(b.eq(control, ROUND_UP), b.xor(negative, 1)),
  );
  return b.select(control, b.and(away, nearest.inexact), nearest.up);
}

/** RC of FCW, 0 to 3. */
export function roundingControl(b: OperationBuilder): I32 {
  return b.and(b.shrU(b.get(32, L.FCW), 10), 3);
}

/** (pops, width, truncate): FIST, FISTP, FISTTP; the integer sign-extended to 64 bits. */
export const storeInteger = storeRoutine(
  'x87StoreIntegerFast',
  ['i32', 'i32'],
  'masks',
  (b, value, deliver, width, truncate) => {
    b.if(
      isNormal(b, value),
      () => {
        const distance = b.sub(b.i32(BIAS + 63), b.and(value.signExponent, EXPONENT));
        b.if(b.gtS(distance, 0), () => {
          const wide = shiftRight(b, value.significand, distance);
          const negative = b.shrU(value.signExponent, 15);
          const nearest = roundNearest(b, wide);
          const control = b.select(truncate!, b.i32(ROUND_ZERO), roundingControl(b));
          const up = roundsUp(b, control, negative, nearest);
          const magnitude = b.add(wide.high, b.extendU(up));
          const sign = b.sub(b.i64(0), b.extendU(negative));
          const result = b.sub(b.xor(magnitude, sign), sign);
          const spare = b.extendU(b.sub(b.i32(64), width!));
          const fits = b.eq(b.shrS(b.shl(result, spare), spare), result);
          b.if(b.and(fits, b.geS(magnitude, 0)), () => deliver(result, up, nearest.inexact));
        });
      },
      () => zero(b, value, deliver, null),
    );
  },
);
