// Simplification of single operations: constants are computed, identities removed, masks that change
// nothing left out, 64-bit arithmetic of which only 32 bits are seen made 32-bit. Exactly the
// semantics of ir.ts (wasm's); integers only. What is left behind unused is removed later (uses.ts).
//
// Each function takes the operation with operands already simplified, appends what is left of it to
// the table's list and returns the value that stands for its result.
import type { BinaryOperator, I32, UnaryOperator, Uop, Value } from './ir.ts';
import { evaluateBinary, evaluateUnary } from './operators.ts';
import { LOW_BITS, lowBits32, typeBits, type ValueTable } from './value-table.ts';

type Integer = number | bigint;

const COMMUTATIVE: Readonly<Record<string, boolean>> = {
  add: true,
  mul: true,
  and: true,
  or: true,
  xor: true,
  eq: true,
  ne: true,
};
/** The comparison with its operands exchanged. */
const MIRRORED: Readonly<Record<string, BinaryOperator>> = {
  lt_u: 'gt_u',
  lt_s: 'gt_s',
  le_u: 'ge_u',
  le_s: 'ge_s',
  gt_u: 'lt_u',
  gt_s: 'lt_s',
  ge_u: 'le_u',
  ge_s: 'le_s',
};
const INVERTED: Readonly<Record<string, BinaryOperator>> = {
  eq: 'ne',
  ne: 'eq',
  lt_u: 'ge_u',
  lt_s: 'ge_s',
  le_u: 'gt_u',
  le_s: 'gt_s',
  gt_u: 'le_u',
  gt_s: 'le_s',
  ge_u: 'lt_u',
  ge_s: 'lt_s',
};
/** Operators whose low 32 bits depend on the low 32 bits of the operands only. */
const NARROWS: Readonly<Record<string, boolean>> = {
  add: true,
  sub: true,
  mul: true,
  and: true,
  or: true,
  xor: true,
};
const U32 = 0xffff_ffffn;

/** An integer of the same type, truncated. */
function wrapped(like: Integer, value: Integer): Integer {
  return typeof like === 'bigint' ? BigInt.asIntN(64, value as bigint) : (value as number) | 0;
}
function sum(a: Integer, b: Integer): Integer {
  return typeof a === 'bigint' ? BigInt.asIntN(64, a + (b as bigint)) : (a + (b as number)) | 0;
}
function difference(a: Integer, b: Integer): Integer {
  return typeof a === 'bigint' ? BigInt.asIntN(64, a - (b as bigint)) : (a - (b as number)) | 0;
}
function conjunction(a: Integer, b: Integer): Integer {
  return typeof a === 'bigint' ? a & (b as bigint) : a & (b as number);
}
function isZero(value: Integer): boolean {
  return value === 0 || value === 0n;
}
/** Whether all of the low `bits` of the mask are set. */
function covers(mask: Integer, bits: number): boolean {
  if (typeof mask === 'number') return (~mask & lowBits32(bits)) === 0;
  const low = LOW_BITS[bits]!;
  return (mask & low) === low;
}

/** Division by these operands traps: it is left to the faultIf before it. */
function traps(operator: BinaryOperator, a: Integer, b: Integer): boolean {
  if (operator === 'div_s' && (b === -1 || b === -1n)) return wrapped(a, -a) === a && !isZero(a);
  return (operator.startsWith('div') || operator.startsWith('rem')) && isZero(b);
}

/** A binary operation. `uop` is the operation as it was, kept where nothing has changed. */
export function foldBinary(
  t: ValueTable,
  operator: BinaryOperator,
  a: Value,
  b: Value,
  result?: Value,
  uop?: Uop & { op: 'binary' },
): Value {
  if (a.type === 'i32' || a.type === 'i64') {
    let x = t.constant(a) as Integer | undefined;
    let y = t.constant(b) as Integer | undefined;
    if (x !== undefined && y === undefined) {
      const mirrored = COMMUTATIVE[operator] ? operator : MIRRORED[operator];
      if (mirrored) {
        operator = mirrored;
        [a, b] = [b, a];
        [x, y] = [y, x];
      } else if (isZero(x as Integer) && isShift(operator)) return a;
    }
    if (y !== undefined) {
      if (x !== undefined) {
        if (!traps(operator, x, y)) {
          const value = evaluateBinary(operator, a.type, x, y) as Integer;
          return t.integer(typeof value === 'bigint' ? 'i64' : 'i32', value, result);
        }
      } else {
        const folded = foldWithConstant(t, operator, a, b, y, result);
        if (folded) return folded;
      }
    } else if (a.id === b.id) {
      const folded = foldSame(t, operator, a, result);
      if (folded) return folded;
    }
  }
  if (uop?.a === a && uop.b === b) return t.define(uop, uop.result);
  const value = result ?? t.fresh(INVERTED[operator] ? 'i32' : a.type);
  return t.define({ op: 'binary', operator, result: value, a, b }, value);
}

function isShift(operator: BinaryOperator): boolean {
  return (
    operator === 'shl' ||
    operator === 'shr_u' ||
    operator === 'shr_s' ||
    operator === 'rotl' ||
    operator === 'rotr'
  );
}

/** Both operands are one value. */
function foldSame(t: ValueTable, operator: BinaryOperator, a: Value, result?: Value): Value | null {
  switch (operator) {
    case 'sub':
    case 'xor':
      return t.integer(a.type, 0, result);
    case 'and':
    case 'or':
      return a;
    case 'eq':
    case 'le_u':
    case 'le_s':
    case 'ge_u':
    case 'ge_s':
      return t.i32(1, result);
    case 'ne':
    case 'lt_u':
    case 'lt_s':
    case 'gt_u':
    case 'gt_s':
      return t.i32(0, result);
    default:
      return null;
  }
}

/** The second operand is the constant y, the first is not constant; null where nothing is gained. */
function foldWithConstant(
  t: ValueTable,
  operator: BinaryOperator,
  a: Value,
  b: Value,
  y: Integer,
  result?: Value,
): Value | null {
  switch (operator) {
    case 'add':
    case 'sub':
      return isZero(y) ? a : foldSum(t, operator, a, y, result);
    case 'mul':
      if (isZero(y)) return b;
      return y === 1 || y === 1n ? a : null;
    case 'and':
      return foldMask(t, a, b, y, result);
    case 'or':
      if (isZero(y)) return a;
      return y === -1 || y === -1n ? b : null;
    case 'xor': {
      if (isZero(y)) return a;
      if (y === 1 && t.width(a) <= 1) return foldUnary(t, 'eqz', a, result);
      const inner = innerConstant(t, a, 'xor');
      if (!inner) return null;
      const mask = evaluateBinary('xor', a.type, t.constant(inner.b) as Integer, y) as Integer;
      return foldBinary(t, 'xor', inner.a, t.integer(a.type, mask), result);
    }
    case 'shl':
    case 'shr_u':
    case 'shr_s':
    case 'rotl':
    case 'rotr': {
      const bits = typeBits(a.type);
      const count = typeof y === 'bigint' ? Number(y & 63n) : y & 31;
      if (count === 0) return a;
      const shiftsOut = operator === 'shr_u' || (operator === 'shr_s' && t.width(a) < bits);
      return shiftsOut && count >= t.width(a) ? t.integer(a.type, 0, result) : null;
    }
    case 'eq':
    case 'ne':
    case 'lt_u':
    case 'le_u':
    case 'gt_u':
    case 'ge_u':
      return foldComparison(t, operator, a, y, result);
    default:
      return null;
  }
}

/** The operation that defines the value, where it is this one with a constant. */
function innerConstant(
  t: ValueTable,
  value: Value,
  operator: BinaryOperator,
): (Uop & { op: 'binary' }) | null {
  const uop = t.definition(value);
  return uop.op === 'binary' && uop.operator === operator && t.constant(uop.b) !== undefined ? uop : null;
}

/** (x + c) + y and its like. */
function foldSum(t: ValueTable, operator: 'add' | 'sub', a: Value, y: Integer, result?: Value): Value | null {
  const added = innerConstant(t, a, 'add');
  if (added) {
    const c = t.constant(added.b) as Integer;
    const total = operator === 'add' ? sum(c, y) : difference(c, y);
    return foldBinary(t, 'add', added.a, t.integer(a.type, total), result);
  }
  const subtracted = innerConstant(t, a, 'sub');
  if (!subtracted) return null;
  const c = t.constant(subtracted.b) as Integer;
  const total = operator === 'add' ? difference(c, y) : sum(c, y);
  return foldBinary(t, 'sub', subtracted.a, t.integer(a.type, total), result);
}

function foldMask(t: ValueTable, a: Value, b: Value, y: Integer, result?: Value): Value | null {
  if (isZero(y)) return b;
  if (covers(y, t.width(a))) return a;
  const uop = t.definition(a);
  if (uop.op === 'binary') {
    if (uop.operator === 'and') {
      const c = t.constant(uop.b) as Integer | undefined;
      if (c !== undefined) {
        return foldBinary(t, 'and', uop.a, t.integer(a.type, conjunction(c, y)), result);
      }
    }
    // Only low bits of a 64-bit sum of two 32-bit values are seen.
    if (typeof y === 'bigint' && y > 0n && y <= U32) {
      const narrow = narrowed(t, uop);
      if (narrow) {
        const masked = foldBinary(t, 'and', narrow, t.i32(Number(BigInt.asIntN(32, y))));
        return foldUnary(t, 'extend_u', masked, result);
      }
    }
  } else if (uop.op === 'unary') {
    const from = SIGN_EXTENDS[uop.operator];
    if (from && constantBits(y) <= from) {
      const b = uop.operator === 'extend_s' ? foldUnary(t, 'extend_u', uop.a) : uop.a;
      return foldBinary(t, 'and', b, t.integer(a.type, y), result);
    }
  }
  return null;
}
/** Bits up to the highest one that is set. */
function constantBits(y: Integer): number {
  if (typeof y === 'number') return 32 - Math.clz32(y);
  if (y < 0n || y > U32) return 64;
  return 32 - Math.clz32(Number(y));
}
const SIGN_EXTENDS: Readonly<Record<string, number>> = {
  extend8_s: 8,
  extend16_s: 16,
  extend32_s: 32,
  extend_s: 32,
};

/** A 64-bit operation on extended 32-bit values, as a 32-bit one that gives its low half. */
function narrowed(t: ValueTable, uop: Uop & { op: 'binary' }): Value | null {
  if (!NARROWS[uop.operator] || !isNarrow(t, uop.a) || !isNarrow(t, uop.b)) return null;
  return foldBinary(t, uop.operator, lowHalf(t, uop.a), lowHalf(t, uop.b));
}
function isNarrow(t: ValueTable, value: Value): boolean {
  const uop = t.definition(value);
  if (uop.op === 'unary') return uop.operator === 'extend_u' || uop.operator === 'extend_s';
  return uop.op === 'const';
}
function lowHalf(t: ValueTable, value: Value): Value {
  const uop = t.definition(value);
  if (uop.op === 'unary') return uop.a;
  return t.i32(Number(BigInt.asIntN(32, t.constant(value) as bigint)));
}

/** Equality and unsigned comparisons with a constant. */
function foldComparison(
  t: ValueTable,
  operator: BinaryOperator,
  a: Value,
  y: Integer,
  result?: Value,
): Value | null {
  const width = t.width(a);
  const largest =
    width < typeBits(a.type) ? (typeof y === 'bigint' ? LOW_BITS[width]! : lowBits32(width)) : null;
  const above = largest !== null && unsignedLess(largest, y);
  const zero = isZero(y);
  const one = y === 1 || y === 1n;
  switch (operator) {
    case 'eq':
      if (zero) return foldUnary(t, 'eqz', a, result);
      if (above) return t.i32(0, result);
      if (one && width <= 1 && a.type === 'i32') return a;
      break;
    case 'ne':
      if (above) return t.i32(1, result);
      if (width <= 1 && a.type === 'i32') {
        if (zero) return a;
        if (one) return foldUnary(t, 'eqz', a, result);
      }
      break;
    case 'lt_u':
      if (zero) return t.i32(0, result);
      if (one) return foldUnary(t, 'eqz', a, result);
      if (above) return t.i32(1, result);
      break;
    case 'ge_u':
      if (zero) return t.i32(1, result);
      if (above) return t.i32(0, result);
      break;
    case 'gt_u':
      if (above || y === largest) return t.i32(0, result);
      break;
    default: // le_u
      if (zero) return foldUnary(t, 'eqz', a, result);
      if (above || y === largest) return t.i32(1, result);
      break;
  }
  // The upper half is zero on both sides.
  const uop = t.definition(a);
  if (uop.op === 'unary' && uop.operator === 'extend_u') {
    return foldBinary(t, operator, uop.a, t.i32(Number(BigInt.asIntN(32, y as bigint))), result);
  }
  return null;
}
function unsignedLess(a: Integer, b: Integer): boolean {
  if (typeof a === 'number') return a >>> 0 < (b as number) >>> 0;
  return (b as bigint) < 0n || a < (b as bigint);
}

/** A unary operation; `uop` as for foldBinary. */
export function foldUnary(
  t: ValueTable,
  operator: UnaryOperator,
  a: Value,
  result?: Value,
  uop?: Uop & { op: 'unary' },
): Value {
  if (a.type === 'i32' || a.type === 'i64') {
    const folded = foldInteger(t, operator, a, result);
    if (folded) return folded;
  }
  if (uop?.a === a) return t.define(uop, uop.result);
  const type =
    operator === 'eqz' || operator === 'wrap'
      ? 'i32'
      : operator === 'extend_u' || operator === 'extend_s'
        ? 'i64'
        : a.type;
  const value = result ?? t.fresh(type);
  return t.define({ op: 'unary', operator, result: value, a }, value);
}

function foldInteger(t: ValueTable, operator: UnaryOperator, a: Value, result?: Value): Value | null {
  const definition = t.definition(a);
  if (definition.op === 'const') {
    if (operator.startsWith('bits') || operator.startsWith('f')) return null;
    const value = evaluateUnary(operator, a.type, definition.value) as Integer;
    return t.integer(typeof value === 'bigint' ? 'i64' : 'i32', value, result);
  }
  switch (operator) {
    case 'wrap':
      if (definition.op === 'unary') {
        if (definition.operator === 'extend_u' || definition.operator === 'extend_s') return definition.a;
      } else if (definition.op === 'binary') {
        if (masksNothing(t, definition, 32)) return foldUnary(t, 'wrap', definition.a, result);
        return narrowed(t, definition);
      }
      return null;
    case 'extend_u':
      if (definition.op !== 'unary' || definition.operator !== 'wrap') return null;
      return t.width(definition.a) <= 32 ? definition.a : null;
    case 'eqz':
      return foldNot(t, a, definition, result);
    case 'extend8_s':
      return foldSignExtension(t, operator, 8, a, definition, result);
    case 'extend16_s':
      return foldSignExtension(t, operator, 16, a, definition, result);
    case 'extend32_s':
      if (
        definition.op === 'unary' &&
        (definition.operator === 'extend_u' || definition.operator === 'extend_s')
      ) {
        return foldUnary(t, 'extend_s', definition.a, result);
      }
      return foldSignExtension(t, operator, 32, a, definition, result);
    default:
      return null;
  }
}

/** Whether the operation is a mask that keeps the low `bits` as they are. */
function masksNothing(t: ValueTable, uop: Uop & { op: 'binary' }, bits: number): boolean {
  if (uop.operator !== 'and') return false;
  const mask = t.constant(uop.b) as Integer | undefined;
  return mask !== undefined && covers(mask, bits);
}

function foldNot(t: ValueTable, a: Value, definition: Uop, result?: Value): Value | null {
  if (definition.op === 'binary' && (definition.a.type === 'i32' || definition.a.type === 'i64')) {
    const inverted = INVERTED[definition.operator];
    if (inverted) return foldBinary(t, inverted, definition.a, definition.b, result);
  } else if (definition.op === 'unary') {
    if (definition.operator === 'eqz') {
      return foldBinary(t, 'ne', definition.a, t.integer(definition.a.type, 0), result);
    }
    if (definition.operator === 'extend_u' || definition.operator === 'extend_s') {
      return foldUnary(t, 'eqz', definition.a, result);
    }
  }
  return t.width(a) === 0 ? t.i32(1, result) : null;
}

function foldSignExtension(
  t: ValueTable,
  operator: UnaryOperator,
  bits: number,
  a: Value,
  definition: Uop,
  result?: Value,
): Value | null {
  if (t.width(a) < bits) return a;
  if (definition.op === 'binary') {
    return masksNothing(t, definition, bits) ? foldUnary(t, operator, definition.a, result) : null;
  }
  if (definition.op !== 'unary') return null;
  const from = SIGN_EXTENDS[definition.operator];
  if (!from || definition.operator === 'extend_s') return null;
  if (from <= bits) return a;
  return foldUnary(t, operator, definition.a, result);
}

/** A value of which only whether it is zero matters: a comparison of it with zero is left out. */
export function foldCondition(t: ValueTable, condition: I32): I32 {
  let value: Value = condition;
  for (;;) {
    const uop = t.definition(value);
    if (uop.op !== 'binary' || uop.operator !== 'ne' || uop.a.type !== 'i32' || t.constant(uop.b) !== 0)
      break;
    value = uop.a;
  }
  return value as I32;
}

/** A value of which only the low `bits` matter: masks and sign extensions of it that keep them are left out. */
export function foldTruncation(t: ValueTable, value: Value, bits: number): Value {
  for (;;) {
    const uop = t.definition(value);
    if (uop.op === 'binary' && masksNothing(t, uop, bits)) value = uop.a;
    else if (uop.op === 'unary' && uop.operator !== 'extend_s' && (SIGN_EXTENDS[uop.operator] ?? 0) >= bits) {
      value = uop.a;
    } else return value;
  }
}
