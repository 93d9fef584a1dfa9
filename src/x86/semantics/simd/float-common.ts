// How a fast result and an exact one meet: operands go to the scratch area, a helper computes there.
//
// Results are written on the fast path itself, as floats turned to bits there and nowhere else, so that a
// translator need not move them through an integer register; and nothing is written before the helper's call.

import type { Helper } from '../../helpers/helper.ts';
import { FIRST, RESULT, SECOND } from '../../helpers/simd/float.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F32, F64, I32, Int, V128, Value } from '../../uops/ir.ts';
import { bitsOf, inexactIsNew } from './float-check.ts';
import { writeLow, writeVector } from './vector.ts';

/** `fast` where the condition holds, else what `exact` appends. */
export function guarded<T extends Value>(b: Builder, condition: I32, fast: T, exact: () => T): T {
  const result = b.variable(fast);
  b.if(b.eqz(condition), () => b.assign(result, exact()));
  return b.current(result) as Value as T;
}

/** Why a fast result may be taken after all, worked out only where its first condition does not hold. */
export interface SecondLook {
  readonly holds: () => I32;
  /** Asked only while MXCSR.PE is clear: the result was not rounded. */
  readonly exact?: () => I32;
}

/**
 * Writes a scalar result to the low part of operand 0: the fast one where the condition holds or a second look
 * allows it, or else what the helper computes of the operands.
 */
export function settleScalar(
  b: Builder,
  condition: I32,
  fast: F32 | F64,
  second: SecondLook | null,
  helper: Helper,
  operands: readonly Value[],
): void {
  const width = fast.type === 'f64' ? 64 : 32;
  const write = () => writeLow(b, 0, width, bitsOf(b, fast));
  const slowly = () => {
    callExactly(b, helper, operands);
    writeLow(b, 0, width, b.get(width, RESULT) as Int);
  };
  b.if(condition, write, () => {
    if (second) b.if(lookAgain(b, second), write, slowly);
    else slowly();
  });
}

function lookAgain(b: Builder, { holds, exact }: SecondLook): I32 {
  if (!exact) return holds();
  const allowed = b.variable(holds());
  b.if(inexactIsNew(b), () => b.assign(allowed, b.or(b.current(allowed), exact())));
  return b.current(allowed);
}

/** Likewise a vector to all of operand 0. */
export function settleVector(
  b: Builder,
  condition: I32,
  fast: V128,
  second: () => I32,
  helper: Helper,
  operands: readonly Value[],
): void {
  const write = () => writeVector(b, 0, fast);
  b.if(condition, write, () => {
    b.if(second(), write, () => {
      callExactly(b, helper, operands);
      writeVector(b, 0, b.get(128, RESULT));
    });
  });
}

const widthOf = (value: Value) => (value.type === 'v128' ? 128 : value.type === 'i64' ? 64 : 32);

/** Calls a helper of helpers/simd/ with one or two operands; the result has the type of `like`. */
export function exactly<T extends Value>(
  b: Builder,
  helper: Helper,
  operands: readonly Value[],
  like: T,
  immediate?: I32,
): T {
  callExactly(b, helper, operands, immediate);
  return b.get(widthOf(like), RESULT) as Value as T;
}

function callExactly(b: Builder, helper: Helper, operands: readonly Value[], immediate?: I32): void {
  operands.forEach((operand, i) => {
    b.set(widthOf(operand), i ? SECOND : FIRST, operand);
  });
  b.call(helper, immediate ?? b.i32(0));
}
