// What is known of the values of a list of micro-operations while it is rewritten (fold.ts,
// specialize.ts): which operation defines each, and how many of its low bits can be other than zero.
//
// One table is used for one list after the other: an entry is written where its value is defined, and
// verified lists use no value before that, so nothing is cleared in between.
import type { I64, Uop, Value, ValueType } from './ir.ts';

/** Low bits that a SIMD instruction with an i32 result fills, where they are not 32. */
const SIMD_WIDTH: Readonly<Record<string, number>> = {
  'i8x16.extract_lane_u': 8,
  'i16x8.extract_lane_u': 16,
  'i8x16.bitmask': 16,
  'i16x8.bitmask': 8,
  'i32x4.bitmask': 4,
  'i64x2.bitmask': 2,
  'v128.any_true': 1,
  'i8x16.all_true': 1,
  'i16x8.all_true': 1,
  'i32x4.all_true': 1,
  'i64x2.all_true': 1,
};

/** 2^n - 1 as a signed 64-bit value, by n 0..64. */
export const LOW_BITS: readonly bigint[] = Array.from({ length: 65 }, (_, n) =>
  BigInt.asIntN(64, (1n << BigInt(n)) - 1n),
);
/** 2^n - 1 as a signed 32-bit value, n 0..32. */
export function lowBits32(n: number): number {
  return n >= 32 ? -1 : (1 << n) - 1;
}

/** Bits of an integer type; 128 for the others, of which nothing is known. */
export function typeBits(type: ValueType): number {
  return type === 'i32' ? 32 : type === 'i64' ? 64 : 128;
}

/** Significant bits of a constant as an unsigned number. */
function constantWidth(value: number | bigint | Uint8Array): number {
  if (typeof value === 'number') return 32 - Math.clz32(value);
  if (typeof value !== 'bigint') return 128;
  if (value < 0n) return 64;
  const high = Number(value >> 32n);
  return high ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(value));
}

export class ValueTable {
  readonly #definitions: Uop[] = [];
  readonly #widths: number[] = [];
  /** Where new operations go. */
  out: Uop[] = [];
  /** Above every id in use. */
  nextId = 0;

  /** Starts a list whose values have ids below `nextId`. */
  start(nextId: number): void {
    this.nextId = nextId;
  }

  /** Number of low bits that can be other than zero. */
  width(value: Value): number {
    return this.#widths[value.id]!;
  }
  definition(value: Value): Uop {
    return this.#definitions[value.id]!;
  }
  fresh<T extends ValueType>(type: T): Value<T> {
    return { id: this.nextId++, type };
  }

  /** Appends the operation that defines the value, and returns the value. */
  define(uop: Uop, result: Value): Value {
    this.out.push(uop);
    this.#definitions[result.id] = uop;
    this.#widths[result.id] = this.#widthOf(uop, result.type);
    return result;
  }

  /** The value of a constant, or undefined where it is another operation. */
  constant(value: Value): number | bigint | Uint8Array | undefined {
    const uop = this.#definitions[value.id]!;
    return uop.op === 'const' ? uop.value : undefined;
  }
  i32(value: number, result: Value = this.fresh('i32')): Value {
    return this.define({ op: 'const', result, value }, result);
  }
  i64(value: bigint, result: Value = this.fresh('i64')): I64 {
    return this.define({ op: 'const', result, value }, result) as I64;
  }
  /** An integer constant of the type. */
  integer(type: ValueType, value: number | bigint, result?: Value): Value {
    return type === 'i64' ? this.i64(BigInt(value), result) : this.i32(Number(value), result);
  }

  #widthOf(uop: Uop, type: ValueType): number {
    switch (uop.op) {
      case 'const':
        return type === 'i32' || type === 'i64' ? constantWidth(uop.value) : 128;
      case 'get':
      case 'load':
        return uop.bits;
      case 'condition':
        return 1;
      case 'flagsGet':
        return 32 - Math.clz32(uop.mask);
      case 'select':
        return Math.max(this.#widths[uop.a.id]!, this.#widths[uop.b.id]!);
      case 'binary':
        return this.#binaryWidth(uop, type);
      case 'unary':
        return this.#unaryWidth(uop, type);
      case 'simd':
        return type === 'i32' ? (SIMD_WIDTH[uop.name] ?? 32) : typeBits(type);
      default:
        return typeBits(type);
    }
  }

  #binaryWidth(uop: Uop & { op: 'binary' }, type: ValueType): number {
    const a = this.#widths[uop.a.id]!;
    const b = this.#widths[uop.b.id]!;
    const full = typeBits(type);
    switch (uop.operator) {
      case 'add':
        return Math.min(full, Math.max(a, b) + 1);
      case 'mul':
        return Math.min(full, a + b);
      case 'and':
      case 'rem_u':
        return Math.min(a, b);
      case 'or':
      case 'xor':
        return Math.max(a, b);
      case 'shl': {
        const count = this.#shiftCount(uop.b, full);
        return count < 0 ? full : Math.min(full, a + count);
      }
      case 'shr_s':
        if (a >= full) return full;
        return Math.max(0, a - Math.max(0, this.#shiftCount(uop.b, full)));
      case 'shr_u':
        return Math.max(0, a - Math.max(0, this.#shiftCount(uop.b, full)));
      case 'div_u':
        return a;
      case 'sub':
      case 'rotl':
      case 'rotr':
      case 'div_s':
      case 'rem_s':
      case 'mulhi_u':
      case 'mulhi_s':
      case 'fadd':
      case 'fsub':
      case 'fmul':
      case 'fdiv':
        return full;
      default:
        return 1;
    }
  }
  /** A constant count modulo the width of the type, or -1. */
  #shiftCount(count: Value, bits: number): number {
    const value = this.constant(count);
    if (typeof value === 'number') return value & (bits - 1);
    return typeof value === 'bigint' ? Number(value & BigInt(bits - 1)) : -1;
  }

  #unaryWidth(uop: Uop & { op: 'unary' }, type: ValueType): number {
    const a = this.#widths[uop.a.id]!;
    const full = typeBits(type);
    switch (uop.operator) {
      case 'eqz':
        return 1;
      case 'clz':
      case 'ctz':
      case 'popcnt':
        return full === 64 ? 7 : 6;
      case 'wrap':
        return Math.min(32, a);
      case 'extend_u':
        return a;
      case 'extend_s':
        return a < 32 ? a : 64;
      case 'extend8_s':
        return a < 8 ? a : full;
      case 'extend16_s':
        return a < 16 ? a : full;
      case 'extend32_s':
        return a < 32 ? a : full;
      default:
        return full;
    }
  }
}
