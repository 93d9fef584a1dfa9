// How a fast result and an exact one meet: operands go to the scratch area, a helper computes there.

import type { Helper } from '../../helpers/helper.ts';
import { FIRST, RESULT, SECOND } from '../../helpers/simd/float.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, Value } from '../../uops/ir.ts';

/** `fast` where the condition holds, else what `exact` appends. */
export function guarded<T extends Value>(b: Builder, condition: I32, fast: T, exact: () => T): T {
  const result = b.variable(fast);
  b.if(b.eqz(condition), () => b.assign(result, exact()));
  return b.current(result) as Value as T;
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
  operands.forEach((operand, i) => {
    b.set(widthOf(operand), i ? SECOND : FIRST, operand);
  });
  b.call(helper, immediate ?? b.i32(0));
  return b.get(widthOf(like), RESULT) as Value as T;
}
