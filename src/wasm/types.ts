// The types of WebAssembly as TypeScript names and as binary codes.
// Source: WebAssembly Core Specification 3.0, section 5.3 (Binary Format: Types).
// Not modelled: reference types beyond funcref, externref, exnref and, as what a table holds, references to functions of
// one type (no GC types).

/** A value type. `exnref` exists for feature detection; Doppel's own code does not use exceptions. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref';

/** The type of a block: nothing, one result, or the index of a function type (parameters and several results). */
export type BlockType = ValueType | number | undefined;

/** The binary code of a block without parameters and results. */
export const EMPTY_BLOCK_TYPE = 0x40;

export const VALUE_TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  exnref: 0x69,
};

const namesByCode = new Map(
  Object.entries(VALUE_TYPE_CODES).map(([name, code]) => [code, name as ValueType] as const),
);

/** The value type with a binary code; throws RangeError for a code outside this file's set. */
export function valueTypeOfCode(code: number): ValueType {
  const name = namesByCode.get(code);
  if (name === undefined) throw new RangeError(`0x${code.toString(16)} is not a known value type`);
  return name;
}

/** Parameters and results of a function. */
export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Size of a memory in pages of 64 KiB. A shared memory needs a maximum. */
export interface MemoryLimits {
  readonly min: number;
  readonly max?: number;
  readonly shared?: boolean;
  /** True for a memory with 64-bit addresses. */
  readonly memory64?: boolean;
}

/** Size of a table in entries, and what they are. */
export interface TableLimits {
  readonly min: number;
  readonly max?: number;
  /**
   * Index of the function type that every entry has, none of them null: an indirect call of that type checks nothing
   * but the table's bound. Without it entries are functions of any type, or null.
   */
  readonly elements?: number;
}

/** Binary code of a reference that is not null, before the index of its type. */
export const NON_NULL_REFERENCE = 0x64;

export function isReference(type: ValueType): boolean {
  return type === 'funcref' || type === 'externref' || type === 'exnref';
}
