// The sections of a module in the binary format, and the pieces that several of them contain.
// Source: WebAssembly Core Specification 3.0, section 5.5 (Binary Format: Modules); branch hints: the
// custom section metadata.code.branch_hint of the branch hinting proposal.

import { ByteWriter } from './encoder.ts';
import type { FunctionBuilder } from './function.ts';
import { SPECIAL_CODES } from './opcodes.ts';
import type { FunctionType, MemoryLimits, TableLimits, ValueType } from './types.ts';
import { isReference, NON_NULL_REFERENCE, VALUE_TYPE_CODES } from './types.ts';

/** The bytes every module begins with: "\0asm" and version 1. */
export const MODULE_HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Kinds of imports and exports, by their binary codes. */
export const EXTERNAL_KINDS = ['func', 'table', 'memory', 'global'] as const;
export type ExternalKind = (typeof EXTERNAL_KINDS)[number];

/** The content of the type section. */
export function typeSection(types: readonly FunctionType[]): ByteWriter {
  const section = new ByteWriter();
  section.u32(types.length);
  for (const { params, results } of types) {
    section.byte(0x60);
    for (const list of [params, results]) {
      section.u32(list.length);
      for (const type of list) section.byte(VALUE_TYPE_CODES[type]);
    }
  }
  return section;
}

/**
 * Writes the code section, and before it the branch hints, whose offsets count from the declarations of
 * the locals. Throws RangeError where a function has an open block.
 */
export function writeCode(out: ByteWriter, functions: readonly FunctionBuilder[]): void {
  if (functions.length === 0) return;
  const code = new ByteWriter(functions.reduce((sum, fn) => sum + fn.size + 32, 16));
  const hints = new ByteWriter(64);
  let hinted = 0;
  code.u32(functions.length);
  for (const fn of functions) {
    if (fn.depth !== 0) throw new RangeError(`${fn.name}: ${fn.depth} blocks are not closed`);
    const locals = encodeLocals(fn.locals);
    code.u32(locals.length + fn.size + 1);
    code.raw(locals);
    code.raw(fn.code);
    code.byte(SPECIAL_CODES.end);
    if (fn.branchHints.length === 0) continue;
    hinted++;
    hints.u32(fn.index);
    hints.u32(fn.branchHints.length);
    for (const { offset, hint } of fn.branchHints) {
      hints.u32(offset + locals.length);
      hints.raw([1, hint === 'likely' ? 1 : 0]);
    }
  }
  if (hinted > 0) {
    const section = new ByteWriter(hints.length + 32);
    section.name('metadata.code.branch_hint');
    section.u32(hinted);
    section.raw(hints.view());
    out.section(SECTION.custom, section);
  }
  out.section(SECTION.code, code);
}

/** The content of the custom section that names the functions, from index 0. */
export function nameSection(functionNames: readonly string[]): ByteWriter {
  const names = new ByteWriter();
  names.u32(functionNames.length);
  functionNames.forEach((name, index) => {
    names.u32(index);
    names.name(name);
  });
  const section = new ByteWriter(names.length + 16);
  section.name('name');
  section.section(1, names);
  return section;
}

export function writeMemoryLimits(body: ByteWriter, { min, max, shared, memory64 }: MemoryLimits): void {
  if (shared === true && max === undefined) throw new RangeError('a shared memory needs a maximum');
  body.byte((max === undefined ? 0 : 1) | (shared === true ? 2 : 0) | (memory64 === true ? 4 : 0));
  body.u64(min);
  if (max !== undefined) body.u64(max);
}

/** What a table's entries are. */
export function writeElementType(body: ByteWriter, { elements }: TableLimits): void {
  if (elements === undefined) {
    body.byte(VALUE_TYPE_CODES.funcref);
  } else {
    body.byte(NON_NULL_REFERENCE);
    body.s32(elements);
  }
}

export function writeTableLimits(body: ByteWriter, limits: TableLimits): void {
  const { min, max } = limits;
  writeElementType(body, limits);
  body.byte(max === undefined ? 0 : 1);
  body.u32(min);
  if (max !== undefined) body.u32(max);
}

/** A constant expression without its end. */
export function writeConstant(body: ByteWriter, type: ValueType, value: number | bigint): void {
  if (isReference(type)) {
    body.byte(SPECIAL_CODES['ref.null']);
    body.byte(VALUE_TYPE_CODES[type]);
  } else if (type === 'v128') {
    body.raw([0xfd, 0x0c, ...new Uint8Array(16)]);
  } else if (type === 'i32') {
    body.byte(SPECIAL_CODES['i32.const']);
    body.s32(Number(value));
  } else if (type === 'i64') {
    const bits = BigInt(value);
    body.byte(SPECIAL_CODES['i64.const']);
    body.s64(Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)));
  } else if (type === 'f32') {
    body.byte(SPECIAL_CODES['f32.const']);
    body.f32(Number(value));
  } else {
    body.byte(SPECIAL_CODES['f64.const']);
    body.f64(Number(value));
  }
}

/** The declarations of a function's locals: runs of equal types. */
function encodeLocals(locals: readonly ValueType[]): Uint8Array {
  const runs: { type: ValueType; count: number }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  const out = new ByteWriter(8);
  out.u32(runs.length);
  for (const { type, count } of runs) {
    out.u32(count);
    out.byte(VALUE_TYPE_CODES[type]);
  }
  return out.view();
}
