// The scalar operators of ir.ts on JavaScript values, for the reference evaluator.
import type { BinaryOperator, UnaryOperator, ValueType } from './ir.ts';

/** i32, f32, f64: number; i64: bigint (signed); v128: 16 bytes. */
export type RuntimeValue = number | bigint | Uint8Array;

const scratch = new DataView(new ArrayBuffer(8));

export function evaluateBinary(
  operator: BinaryOperator,
  type: ValueType,
  a: RuntimeValue,
  b: RuntimeValue,
): RuntimeValue {
  if (type === 'i32') return binary32(operator, a as number, b as number);
  if (type === 'i64') return binary64(operator, a as bigint, b as bigint);
  const value = binaryFloat(operator, a as number, b as number);
  return type === 'f32' ? Math.fround(value) : value;
}

function binary32(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case 'add':
      return (a + b) | 0;
    case 'sub':
      return (a - b) | 0;
    case 'mul':
      return Math.imul(a, b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << b;
    case 'shr_u':
      return (a >>> b) | 0;
    case 'shr_s':
      return a >> b;
    case 'rotl':
      return (a << b) | (b & 31 ? a >>> (32 - (b & 31)) : 0);
    case 'rotr':
      return (b & 31 ? a << (32 - (b & 31)) : 0) | (a >>> b);
    case 'eq':
      return Number(a === b);
    case 'ne':
      return Number(a !== b);
    case 'lt_u':
      return Number(a >>> 0 < b >>> 0);
    case 'lt_s':
      return Number(a < b);
    case 'le_u':
      return Number(a >>> 0 <= b >>> 0);
    case 'le_s':
      return Number(a <= b);
    case 'gt_u':
      return Number(a >>> 0 > b >>> 0);
    case 'gt_s':
      return Number(a > b);
    case 'ge_u':
      return Number(a >>> 0 >= b >>> 0);
    case 'ge_s':
      return Number(a >= b);
    case 'div_u':
      checkDivisor(b === 0);
      return Math.floor((a >>> 0) / (b >>> 0)) | 0;
    case 'div_s':
      checkDivisor(b === 0 || (b === -1 && a === -0x8000_0000));
      return Math.trunc(a / b) | 0;
    case 'rem_u':
      checkDivisor(b === 0);
      return ((a >>> 0) % (b >>> 0)) | 0;
    case 'rem_s':
      checkDivisor(b === 0);
      return (a % b) | 0;
    default:
      throw new Error(`${operator} of i32`);
  }
}

function binary64(operator: BinaryOperator, a: bigint, b: bigint): RuntimeValue {
  const unsigned = (value: bigint) => BigInt.asUintN(64, value);
  const wrap = (value: bigint) => BigInt.asIntN(64, value);
  const count = b & 63n;
  switch (operator) {
    case 'add':
      return wrap(a + b);
    case 'sub':
      return wrap(a - b);
    case 'mul':
      return wrap(a * b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return wrap(a << count);
    case 'shr_u':
      return wrap(unsigned(a) >> count);
    case 'shr_s':
      return a >> count;
    case 'rotl':
      return wrap((a << count) | (unsigned(a) >> (64n - count)));
    case 'rotr':
      return wrap((a << (64n - count)) | (unsigned(a) >> count));
    case 'eq':
      return Number(a === b);
    case 'ne':
      return Number(a !== b);
    case 'lt_u':
      return Number(unsigned(a) < unsigned(b));
    case 'lt_s':
      return Number(a < b);
    case 'le_u':
      return Number(unsigned(a) <= unsigned(b));
    case 'le_s':
      return Number(a <= b);
    case 'gt_u':
      return Number(unsigned(a) > unsigned(b));
    case 'gt_s':
      return Number(a > b);
    case 'ge_u':
      return Number(unsigned(a) >= unsigned(b));
    case 'ge_s':
      return Number(a >= b);
    case 'div_u':
      checkDivisor(b === 0n);
      return wrap(unsigned(a) / unsigned(b));
    case 'div_s':
      checkDivisor(b === 0n || (b === -1n && a === -(2n ** 63n)));
      return a / b;
    case 'rem_u':
      checkDivisor(b === 0n);
      return wrap(unsigned(a) % unsigned(b));
    case 'rem_s':
      checkDivisor(b === 0n);
      return a % b;
    case 'mulhi_u':
      return wrap((unsigned(a) * unsigned(b)) >> 64n);
    case 'mulhi_s':
      return wrap((a * b) >> 64n);
    default:
      throw new Error(`${operator} of i64`);
  }
}

/** wasm would trap: a meaning that comes here is defective. */
function checkDivisor(bad: boolean): void {
  if (bad) throw new Error('division by zero or overflow that no faultIf guards');
}

function binaryFloat(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case 'fadd':
      return a + b;
    case 'fsub':
      return a - b;
    case 'fmul':
      return a * b;
    case 'fdiv':
      return a / b;
    case 'feq':
      return Number(a === b);
    case 'fne':
      return Number(a !== b);
    case 'flt':
      return Number(a < b);
    case 'fle':
      return Number(a <= b);
    case 'fgt':
      return Number(a > b);
    case 'fge':
      return Number(a >= b);
    default:
      throw new Error(`${operator} of a float`);
  }
}

export function evaluateUnary(operator: UnaryOperator, type: ValueType, a: RuntimeValue): RuntimeValue {
  return type === 'i64' ? unary64(operator, a as bigint) : unaryNumber(operator, type, a as number);
}

function unary64(operator: UnaryOperator, a: bigint): RuntimeValue {
  switch (operator) {
    case 'eqz':
      return Number(a === 0n);
    case 'clz':
      return BigInt(64 - bitLength(a));
    case 'ctz':
      return BigInt(a === 0n ? 64 : bitLength(a & -a) - 1);
    case 'popcnt': {
      let count = 0n;
      for (let rest = BigInt.asUintN(64, a); rest; rest &= rest - 1n) count++;
      return count;
    }
    case 'extend8_s':
      return BigInt.asIntN(8, a);
    case 'extend16_s':
      return BigInt.asIntN(16, a);
    case 'extend32_s':
      return BigInt.asIntN(32, a);
    case 'wrap':
      return Number(BigInt.asIntN(32, a));
    case 'bits_to_f64':
      scratch.setBigInt64(0, a);
      return scratch.getFloat64(0);
    case 'f64_from_i64_s':
      return Number(a);
    case 'f32_from_i64_s':
      return float32FromInt64(a);
    default:
      throw new Error(`${operator} of i64`);
  }
}

/** Significant bits of the 64-bit pattern. */
function bitLength(a: bigint): number {
  const pattern = BigInt.asUintN(64, a);
  return pattern === 0n ? 0 : pattern.toString(2).length;
}

/** Rounded once, to nearest even (through a double it would be rounded twice). */
function float32FromInt64(a: bigint): number {
  const magnitude = a < 0n ? -a : a;
  const excess = BigInt(Math.max(0, bitLength(magnitude) - 32));
  // A sticky bit in place of what is shifted out decides ties rightly: 32 bits are well over 24 + 2.
  const sticky = magnitude & ((1n << excess) - 1n) ? 1n : 0n;
  const rounded = Math.fround(Number((magnitude >> excess) | sticky) * 2 ** Number(excess));
  return a < 0n ? -rounded : rounded;
}

function unaryNumber(operator: UnaryOperator, type: ValueType, a: number): RuntimeValue {
  const float = (value: number) => (type === 'f32' ? Math.fround(value) : value);
  switch (operator) {
    case 'eqz':
      return Number(a === 0);
    case 'clz':
      return Math.clz32(a);
    case 'ctz':
      return a === 0 ? 32 : 31 - Math.clz32(a & -a);
    case 'popcnt': {
      let count = 0;
      for (let rest = a >>> 0; rest; rest = (rest & (rest - 1)) >>> 0) count++;
      return count;
    }
    case 'extend8_s':
      return (a << 24) >> 24;
    case 'extend16_s':
      return (a << 16) >> 16;
    case 'extend32_s':
      return a;
    case 'extend_u':
      return BigInt(a >>> 0);
    case 'extend_s':
      return BigInt(a);
    case 'bits_to_f32':
      scratch.setInt32(0, a);
      return scratch.getFloat32(0);
    case 'f32_to_bits':
      scratch.setFloat32(0, a);
      return scratch.getInt32(0);
    case 'f64_to_bits':
      scratch.setFloat64(0, a);
      return scratch.getBigInt64(0);
    case 'fsqrt':
      return float(Math.sqrt(a));
    case 'fnearest':
      return roundToEven(a);
    case 'ffloor':
      return Math.floor(a);
    case 'fceil':
      return Math.ceil(a);
    case 'ftrunc':
      return Math.trunc(a);
    case 'promote':
      return a;
    case 'demote':
    case 'f32_from_i32_s':
      return Math.fround(a);
    case 'f64_from_i32_s':
      return a;
    case 'i32_from_f32_s':
    case 'i32_from_f64_s':
      return saturate32(a);
    case 'i64_from_f32_s':
    case 'i64_from_f64_s':
      return saturate64(a);
    default:
      throw new Error(`${operator} of ${type}`);
  }
}

/** To an integral value, ties to even; keeps the sign of zero. */
export function roundToEven(a: number): number {
  const floor = Math.floor(a);
  const rest = a - floor;
  if (rest === 0 || !Number.isFinite(a)) return a;
  const result = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return result === 0 && a < 0 ? -0 : result;
}

export function saturate32(a: number): number {
  if (Number.isNaN(a)) return 0;
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, Math.trunc(a))) | 0;
}

function saturate64(a: number): bigint {
  if (Number.isNaN(a)) return 0n;
  if (a >= 2 ** 63) return 2n ** 63n - 1n;
  if (a < -(2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(a));
}

/** Sixteen bytes (v128) or the little-endian bytes of a scalar, zero-filled to sixteen. */
export function bytesOfScalar(type: ValueType, value: RuntimeValue): Uint8Array {
  if (type === 'v128') return value as Uint8Array;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  if (type === 'i32') view.setInt32(0, value as number, true);
  else if (type === 'i64') view.setBigInt64(0, value as bigint, true);
  else if (type === 'f32') view.setFloat32(0, value as number, true);
  else view.setFloat64(0, value as number, true);
  return bytes;
}
