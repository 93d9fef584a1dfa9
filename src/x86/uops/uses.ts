// Who uses the values of a list of micro-operations, and removal of those whose values nobody uses.
import type { Uop } from './ir.ts';

/** The id after the highest one that the list, or a list inside it, defines. */
export function valueCount(uops: readonly Uop[]): number {
  let count = 0;
  for (const uop of uops) {
    if (uop.op === 'if') count = Math.max(count, valueCount(uop.then), valueCount(uop.else));
    else if (uop.op === 'loop') count = Math.max(count, valueCount(uop.body));
    else if ('result' in uop && uop.op !== 'flagsArith' && uop.result && uop.result.id >= count) {
      count = uop.result.id + 1;
    }
  }
  return count;
}

/**
 * Number of uses of each value, by its id: each operand that names it counts one, in nested lists and
 * conditions of loops too.
 */
export function countUses(uops: readonly Uop[]): Uint16Array {
  const uses = new Uint16Array(valueCount(uops));
  countList(uops, uses);
  return uses;
}

function countList(uops: readonly Uop[], uses: Uint16Array): void {
  for (const uop of uops) {
    countOperands(uop, uses);
    if (uop.op === 'if') {
      countList(uop.then, uses);
      countList(uop.else, uses);
    } else if (uop.op === 'loop') countList(uop.body, uses);
  }
}

/** Counts the operands of the operation itself, without those of nested lists. */
function countOperands(uop: Uop, uses: Uint16Array): void {
  switch (uop.op) {
    case 'set':
    case 'variable':
    case 'setVariable':
      uses[uop.value.id]!++;
      return;
    case 'flagsSet':
      uses[uop.value.id]!++;
      if (uop.origin) uses[uop.origin.result.id]!++;
      return;
    case 'linear':
      uses[uop.offset.id]!++;
      return;
    case 'load':
      uses[uop.address.id]!++;
      return;
    case 'store':
      uses[uop.address.id]!++;
      uses[uop.value.id]!++;
      return;
    case 'binary':
      uses[uop.a.id]!++;
      uses[uop.b.id]!++;
      return;
    case 'unary':
      uses[uop.a.id]!++;
      return;
    case 'simd':
    case 'call':
    case 'routine':
      for (const argument of uop.args) uses[argument.id]!++;
      return;
    case 'select':
      uses[uop.condition.id]!++;
      uses[uop.a.id]!++;
      uses[uop.b.id]!++;
      return;
    case 'if':
    case 'loop':
      uses[uop.condition.id]!++;
      return;
    case 'flagsArith':
      uses[uop.result.id]!++;
      if (uop.a) uses[uop.a.id]!++;
      if (uop.b) uses[uop.b.id]!++;
      if (uop.origin) {
        uses[uop.origin.a.id]!++;
        uses[uop.origin.b.id]!++;
      }
      return;
    case 'faultIf':
      uses[uop.condition.id]!++;
      uses[uop.vector.id]!++;
      if (uop.errorCode) uses[uop.errorCode.id]!++;
      return;
    case 'branch':
      if (uop.condition) uses[uop.condition.id]!++;
      return;
    case 'getIndexed':
      uses[uop.index.id]!++;
      return;
    case 'setIndexed':
      uses[uop.index.id]!++;
      uses[uop.value.id]!++;
      return;
    case 'jump':
      uses[uop.target.id]!++;
      return;
  }
}

let counts = new Uint16Array(256);

/**
 * Removes, in place, operations that do nothing but give a value that is not used, variables that are
 * not read, and conditions with nothing on either path. Nothing that can fault is removed.
 * `read` says by variable whether there is a getVariable; `values` is above every id in the list.
 */
export function removeUnused(uops: Uop[], read: readonly boolean[], values: number): void {
  if (values > counts.length) counts = new Uint16Array(2 * values);
  else counts.fill(0, 0, values);
  sweep(uops, read);
}

/** Backward, so that all uses of a value have been seen when its definition comes. */
function sweep(uops: Uop[], read: readonly boolean[]): void {
  let kept = uops.length;
  for (let i = uops.length - 1; i >= 0; i--) {
    const uop = uops[i]!;
    switch (uop.op) {
      case 'const':
      case 'field':
      case 'get':
      case 'binary':
      case 'unary':
      case 'simd':
      case 'select':
      case 'getVariable':
      case 'flagsGet':
      case 'condition':
      case 'getIndexed':
      case 'rip':
        if (counts[uop.result.id] === 0) continue;
        break;
      case 'variable':
      case 'setVariable':
        if (!read[uop.variable]) continue;
        break;
      case 'if':
        sweep(uop.then, read);
        sweep(uop.else, read);
        // A routine that writes demands that somebody asks for its result (verify.ts).
        if (uop.then.length === 0 && uop.else.length === 0 && uops[i - 1]?.op !== 'routine') continue;
        break;
      case 'loop':
        // The condition is a value of the body.
        counts[uop.condition.id]!++;
        sweep(uop.body, read);
        uops[--kept] = uop;
        continue;
    }
    countOperands(uop, counts);
    uops[--kept] = uop;
  }
  if (kept > 0) {
    uops.copyWithin(0, kept);
    uops.length -= kept;
  }
}
