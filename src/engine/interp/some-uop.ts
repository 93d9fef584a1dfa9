// Searching the micro-operations of a meaning, in all their lists.
import type { Uop } from '../../x86/uops/ir.ts';

/** True when some micro-op of the list, or of a list inside it, satisfies the predicate. */
export function someUop(uops: readonly Uop[], predicate: (uop: Uop) => boolean): boolean {
  return uops.some(
    (uop) =>
      predicate(uop) ||
      (uop.op === 'if' && (someUop(uop.then, predicate) || someUop(uop.else, predicate))) ||
      (uop.op === 'loop' && someUop(uop.body, predicate)),
  );
}
