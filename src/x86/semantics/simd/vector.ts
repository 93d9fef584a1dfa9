// What the SIMD meanings share: reading and writing MMX and XMM operands as vectors, constants of
// lanes, and the checks that come first.
//
// One meaning serves both register files. An MMX operand is held in the low half of a vector, and what
// is in the high half does not matter (it is a copy); a result's low half is written back.
// Legacy SSE memory operands of 128 bits must be aligned, #GP(0) otherwise (SDM 1, 10.4.1.1; SDM 2A, 2.4).
import type { RegisterField } from '../../decode/instruction.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64, Int, Location, V128, Value } from '../../uops/ir.ts';
import type { OperationBuilder } from '../../uops/operation-builder.ts';
import type { Meaning } from '../meaning.ts';
import { enterMmx, markMmxWritten, requireMmx } from '../mmx-state.ts';

/** A wasm SIMD instruction with a vector result. */
export function simd(b: OperationBuilder, name: string, ...args: Value[]): V128 {
  return b.simd(name, args) as V128;
}

// ---- constants ----

export function bytes(b: OperationBuilder, ...values: number[]): V128 {
  return b.v128(Uint8Array.from({ length: 16 }, (_, i) => values[i % values.length]!));
}
export function words(b: OperationBuilder, ...values: number[]): V128 {
  return bytes(b, ...values.flatMap((value) => [value & 0xff, (value >>> 8) & 0xff]));
}
export function dwords(b: OperationBuilder, ...values: number[]): V128 {
  return words(b, ...values.flatMap((value) => [value & 0xffff, value >>> 16]));
}
export function qwords(b: OperationBuilder, ...values: bigint[]): V128 {
  return b.v128(
    new Uint8Array(BigInt64Array.from({ length: 2 }, (_, i) => values[i % values.length]!).buffer),
  );
}
export function zero(b: OperationBuilder): V128 {
  return bytes(b, 0);
}
/** 0, 1, 2 ... 15. */
export function iota(b: OperationBuilder): V128 {
  return bytes(b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// ---- lanes ----

/** Byte numbers of lanes of `size` bytes: lane n is bytes n * size ... */
export function laneBytes(size: number, lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => Array.from({ length: size }, (_, i) => lane * size + i));
}
/** Rearranges the lanes of two vectors; lanes of the second are numbered on from the first's. */
export function shuffle(
  b: OperationBuilder,
  size: number,
  lanes: readonly number[],
  x: V128,
  y: V128 = x,
): V128 {
  return b.simd('i8x16.shuffle', [x, y], 'v128', { lanes: laneBytes(size, lanes) }) as V128;
}
/** The low halves of two vectors as one. */
export function joinLow(b: OperationBuilder, low: V128, high: V128): V128 {
  return shuffle(b, 8, [0, 2], low, high);
}
export function lane32(b: OperationBuilder, value: V128, lane = 0): I32 {
  return b.simd('i32x4.extract_lane', [value], 'i32', { lane }) as I32;
}
export function lane64(b: OperationBuilder, value: V128, lane = 0): I64 {
  return b.simd('i64x2.extract_lane', [value], 'i64', { lane }) as I64;
}
export function splat(b: OperationBuilder, bits: 8 | 16 | 32 | 64, value: Int): V128 {
  if (bits === 64) return simd(b, 'i64x2.splat', b.toI64(value));
  return simd(b, bits === 32 ? 'i32x4.splat' : bits === 16 ? 'i16x8.splat' : 'i8x16.splat', b.toI32(value));
}
/** An integer in the lowest lane, zeros above. */
export function zeroExtended(b: OperationBuilder, value: Int): V128 {
  const name = value.type === 'i64' ? 'i64x2.replace_lane' : 'i32x4.replace_lane';
  return b.simd(name, [zero(b), value], 'v128', { lane: 0 }) as V128;
}
/** i32 1 when a bit of the vector is set. */
export function anyTrue(b: OperationBuilder, value: V128): I32 {
  return b.simd('v128.any_true', [value], 'i32') as I32;
}
/** The 8-bit immediate as i32. */
export function immediate8(b: Builder): I32 {
  return b.and(b.wrap(b.immediate()), 0xff);
}

// ---- operands ----

type RegisterLocation = Location & { readonly kind: 'field'; readonly field: RegisterField };

/** Width of the operation: 64 where the operand is an MMX register. */
export function vectorBits(b: Builder, index = 0): 64 | 128 {
  return b.operand(index).kind === 'mm' ? 64 : 128;
}
/** The place of a register operand. */
export function registerOf(b: Builder, index: number): RegisterLocation {
  const operand = b.operand(index);
  if (operand.kind !== 'xmm' && operand.kind !== 'mm' && operand.kind !== 'gpr') {
    throw new Error(`${b.form.mnemonic}: operand ${index} is not a register`);
  }
  return { kind: 'field', field: operand.field, displacement: 0 };
}

/** Reads 128 bits of memory; #GP(0) unless they are aligned or need not be. */
function loadVector(b: Builder, index: number, aligned: boolean): V128 {
  const reference = b.reference(index);
  const address = b.linear(reference, 16, 'read');
  if (aligned) b.requireAligned(address);
  return b.loadLinear(128, address, 'read', reference.stack) as V128;
}

export interface VectorSource {
  /** Width of a memory operand, if it is not that of the register operand 0. Narrow ones fill all lanes. */
  readonly memoryBits?: 16 | 32 | 64 | 128;
  /** False for the few instructions that take unaligned memory operands. */
  readonly aligned?: boolean;
}
/** Reads an MMX, XMM or memory operand as a vector. */
export function readVector(b: Builder, index: number, source: VectorSource = {}): V128 {
  if (b.isMemory(index)) {
    const bits = source.memoryBits ?? vectorBits(b);
    if (bits === 128) return loadVector(b, index, source.aligned ?? true);
    return splat(b, bits, b.loadFrom(b.reference(index), bits) as Int);
  }
  const location = registerOf(b, index);
  if (b.operand(index).kind === 'xmm') return b.getAt(128, location) as V128;
  return simd(b, 'i64x2.splat', b.getAt(64, location));
}
/** Reads the low bits of an MMX, XMM or general register, or memory of that width, as an integer. */
export function readLow(b: Builder, index: number, bits: 8 | 16 | 32 | 64): Int {
  return (
    b.isMemory(index) ? b.loadFrom(b.reference(index), bits) : b.getAt(bits, registerOf(b, index))
  ) as Int;
}
/** Writes an MMX register (low half of the vector) or a whole XMM register. */
export function writeVector(b: Builder, index: number, value: V128): void {
  if (b.operand(index).kind === 'mm') writeMmx(b, index, lane64(b, value));
  else b.setAt(128, registerOf(b, index), value);
}
export function writeMmx(b: Builder, index: number, value: I64): void {
  const location = registerOf(b, index);
  b.setAt(64, location, value);
  markMmxWritten(b, location.field);
}
/** Writes the low bits of an XMM register; those above stay. */
export function writeLow(b: Builder, index: number, bits: 32 | 64, value: Int): void {
  b.setAt(bits, registerOf(b, index), value);
}
/** Stores 128 bits; #GP(0) unless the address is aligned or need not be. */
export function storeVector(b: Builder, index: number, value: V128, aligned: boolean): void {
  const reference = b.reference(index);
  const address = b.linear(reference, 16, 'write');
  if (aligned) b.requireAligned(address);
  b.storeLinear(128, address, value, reference.stack);
}

// ---- meanings ----

function hasOperand(b: Builder, kind: 'mm' | 'xmm'): boolean {
  return b.form.operands.some((operand) => operand.kind === kind);
}
/**
 * A meaning between the checks that every MMX or SSE instruction begins with (#UD, #NM, #MF) and the
 * transition to MMX state, where an operand is an MMX register.
 */
export function vectorMeaning(
  mnemonic: string,
  build: (b: Builder) => void,
  more: Partial<Meaning> = {},
): Meaning {
  return {
    ...more,
    mnemonic,
    build: (b) => {
      const mmx = hasOperand(b, 'mm');
      if (hasOperand(b, 'xmm') || !mmx) b.requireUnit('sse');
      if (mmx) requireMmx(b);
      build(b);
      if (mmx) enterMmx(b);
    },
  };
}

/** An operation of the destination and a source, of MMX or XMM width. */
export function binaryMeaning(
  mnemonic: string,
  compute: (b: Builder, destination: V128, source: V128) => V128,
  source: VectorSource = {},
): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const operand = readVector(b, 1, source);
    writeVector(b, 0, compute(b, readVector(b, 0), operand));
  });
}
/** An operation of the source alone. */
export function unaryMeaning(
  mnemonic: string,
  compute: (b: Builder, source: V128) => V128,
  source: VectorSource = {},
): Meaning {
  return vectorMeaning(mnemonic, (b) => writeVector(b, 0, compute(b, readVector(b, 1, source))));
}
