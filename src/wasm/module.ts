// The builder of a module: its index spaces, and the order of its sections.
// Source: WebAssembly Core Specification 3.0, section 5.5 (Binary Format: Modules).
//
// Protocol: declare imports first, then what the module defines; fill the functions; `build` once. The
// indices that the methods return are final from the start, so functions may call each other freely.

import { ByteWriter, u32Length } from './encoder.ts';
import type { FunctionContext } from './function.ts';
import { FunctionBuilder } from './function.ts';
import type { IndexSpace } from './opcodes.ts';
import { INDEX_OPS, SPECIAL_CODES } from './opcodes.ts';
import type { ExternalKind } from './sections.ts';
import {
  EXTERNAL_KINDS,
  MODULE_HEADER,
  nameSection,
  SECTION,
  typeSection,
  writeCode,
  writeConstant,
  writeElementType,
  writeMemoryLimits,
  writeTableLimits,
} from './sections.ts';
import type { FunctionType, MemoryLimits, TableLimits, ValueType } from './types.ts';
import { VALUE_TYPE_CODES } from './types.ts';

/** Where an active segment goes: a constant, or the value of an imported immutable global. */
export type SegmentOffset = number | { readonly global: number };

export interface BuildOptions {
  /** Writes the functions' names for profilers and stack traces; false unless told. */
  readonly names?: boolean;
}

type Space = Exclude<IndexSpace, 'local' | 'depth'>;

export class ModuleBuilder {
  readonly #types = new Map<string, number>();
  readonly #typeList: FunctionType[] = [];
  readonly #counts: Record<Space, number> = {
    function: 0,
    table: 0,
    memory: 0,
    global: 0,
    type: 0,
    data: 0,
    element: 0,
  };
  readonly #bodies = new Map<Space, ByteWriter>();
  readonly #imports = new ByteWriter();
  readonly #exports = new ByteWriter();
  readonly #exportNames = new Set<string>();
  readonly #functions: FunctionBuilder[] = [];
  readonly #functionNames: string[] = [];
  readonly #functionTypes: FunctionType[] = [];
  readonly #memories: MemoryLimits[] = [];
  readonly #tables: TableLimits[] = [];
  readonly #declared = new Set<number>();
  readonly #defined: Record<Space, number> = { ...this.#counts };
  #importCount = 0;
  /** Index of the memory that loads and stores access which name none, in functions that are defined from now on. */
  usualMemory = 0;
  #start: number | undefined;

  readonly #context: FunctionContext = {
    count: (space) => this.#counts[space],
    declareReference: (index) => this.#declared.add(index),
  };

  // ---- Types ----

  /** The index of a function type; equal types share one. */
  type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const key = `${params.join(' ')}:${results.join(' ')}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known;
    const index = this.#counts.type++;
    this.#types.set(key, index);
    this.#typeList.push({ params: [...params], results: [...results] });
    return index;
  }

  /** The function type with an index; throws RangeError where there is none. */
  typeAt(index: number): FunctionType {
    const type = this.#typeList[index];
    if (type === undefined) throw new RangeError(`no type ${index}`);
    return type;
  }

  // ---- Imports ----

  /** Imports a memory and returns its index. */
  importMemory(module: string, name: string, limits: MemoryLimits): number {
    const index = this.#import(module, name, 'memory');
    writeMemoryLimits(this.#imports, limits);
    this.#memories.push(limits);
    return index;
  }

  /** Imports a function and returns its index. */
  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): number {
    const typeIndex = this.type(params, results);
    const index = this.#import(module, name, 'function');
    this.#imports.u32(typeIndex);
    this.#functionNames.push(name);
    this.#functionTypes.push(this.typeAt(typeIndex));
    return index;
  }

  /** Imports a table of function references and returns its index. */
  importTable(module: string, name: string, limits: TableLimits): number {
    const index = this.#import(module, name, 'table');
    writeTableLimits(this.#imports, limits);
    this.#tables.push(limits);
    return index;
  }

  importGlobal(module: string, name: string, type: ValueType, mutable: boolean): number {
    const index = this.#import(module, name, 'global');
    this.#imports.byte(VALUE_TYPE_CODES[type]);
    this.#imports.byte(mutable ? 1 : 0);
    return index;
  }

  #import(module: string, name: string, space: 'function' | 'table' | 'memory' | 'global'): number {
    if (this.#defined[space] > 0)
      throw new RangeError(`import of ${module}.${name} after the definition of a ${space}`);
    this.#importCount++;
    this.#imports.name(module);
    this.#imports.name(name);
    this.#imports.byte(EXTERNAL_KINDS.indexOf(space === 'function' ? 'func' : space));
    return this.#counts[space]++;
  }

  // ---- Definitions ----

  /** A function of this module; `name` is for messages, names of profilers and printed text. */
  defineFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionBuilder {
    const typeIndex = this.type(params, results);
    const index = this.#define('function');
    const type = this.typeAt(typeIndex);
    const builder = new FunctionBuilder(this.#context, index, name, typeIndex, type, this.usualMemory);
    this.#functions.push(builder);
    this.#functionNames.push(name);
    this.#functionTypes.push(type);
    return builder;
  }

  defineMemory(limits: MemoryLimits): number {
    writeMemoryLimits(this.#body('memory'), limits);
    this.#memories.push(limits);
    return this.#define('memory');
  }

  /** A table of function references; one of a single type begins with the function `initial` in every entry. */
  defineTable(limits: TableLimits, initial?: number): number {
    const body = this.#body('table');
    if (initial === undefined) {
      writeTableLimits(body, limits);
    } else {
      this.#check('function', initial);
      body.raw([0x40, 0]);
      writeTableLimits(body, limits);
      this.#writeReference(body, initial);
    }
    this.#tables.push(limits);
    return this.#define('table');
  }

  /** A global with an initial value; a reference starts as null, a vector as zero. */
  defineGlobal(type: ValueType, mutable: boolean, initial: number | bigint = 0): number {
    const body = this.#body('global');
    body.byte(VALUE_TYPE_CODES[type]);
    body.byte(mutable ? 1 : 0);
    writeConstant(body, type, initial);
    body.byte(SPECIAL_CODES.end);
    return this.#define('global');
  }

  /** Functions placed in a table when the module is instantiated. Returns the segment's index. */
  addActiveElements(table: number, offset: SegmentOffset, functionIndices: readonly number[]): number {
    this.#check('table', table);
    const body = this.#body('element');
    const limits = this.#tables[table]!;
    if (limits.elements !== undefined) {
      body.byte(6);
      body.u32(table);
      this.#writeOffset(body, offset, false);
      writeElementType(body, limits);
      body.u32(functionIndices.length);
      for (const index of functionIndices) {
        this.#check('function', index);
        this.#writeReference(body, index);
      }
      return this.#define('element');
    }
    body.byte(table === 0 ? 0 : 2);
    if (table !== 0) body.u32(table);
    this.#writeOffset(body, offset, false);
    if (table !== 0) body.byte(0); // element kind: function indices
    this.#writeFunctionIndices(body, functionIndices);
    return this.#define('element');
  }

  /** Functions for table.init. Returns the segment's index. */
  addPassiveElements(functionIndices: readonly number[]): number {
    const body = this.#body('element');
    body.raw([1, 0]);
    this.#writeFunctionIndices(body, functionIndices);
    return this.#define('element');
  }

  /** Bytes placed in a memory when the module is instantiated. Returns the segment's index. */
  addActiveData(memory: number, offset: SegmentOffset, bytes: Uint8Array | readonly number[]): number {
    this.#check('memory', memory);
    const body = this.#body('data');
    body.byte(memory === 0 ? 0 : 2);
    if (memory !== 0) body.u32(memory);
    this.#writeOffset(body, offset, this.#memories[memory]!.memory64 === true);
    body.u32(bytes.length);
    body.raw(bytes);
    return this.#define('data');
  }

  /** Bytes for memory.init. Returns the segment's index. */
  addPassiveData(bytes: Uint8Array | readonly number[]): number {
    const body = this.#body('data');
    body.byte(1);
    body.u32(bytes.length);
    body.raw(bytes);
    return this.#define('data');
  }

  // ---- Exports, start ----

  exportFunction(name: string, index: number): void {
    this.#export(name, 'func', 'function', index);
  }

  exportTable(name: string, index: number): void {
    this.#export(name, 'table', 'table', index);
  }

  exportMemory(name: string, index: number): void {
    this.#export(name, 'memory', 'memory', index);
  }

  exportGlobal(name: string, index: number): void {
    this.#export(name, 'global', 'global', index);
  }

  /** The function that runs when the module is instantiated; it has neither parameters nor results. */
  start(functionIndex: number): void {
    this.#check('function', functionIndex);
    this.#start = functionIndex;
  }

  #export(name: string, kind: ExternalKind, space: Space, index: number): void {
    this.#check(space, index);
    if (this.#exportNames.has(name)) throw new RangeError(`export ${name} exists already`);
    this.#exportNames.add(name);
    this.#exports.name(name);
    this.#exports.byte(EXTERNAL_KINDS.indexOf(kind));
    this.#exports.u32(index);
  }

  // ---- What the printer asks ----

  /** Name of an imported or defined function; undefined where there is none with this index. */
  functionName(index: number): string | undefined {
    return this.#functionNames[index];
  }

  /** Type of an imported or defined function; undefined where there is none with this index. */
  functionType(index: number): FunctionType | undefined {
    return this.#functionTypes[index];
  }

  // ---- The module's bytes ----

  /** The module in the binary format. Throws RangeError where a function has an open block. */
  build(options: BuildOptions = {}): Uint8Array {
    const out = new ByteWriter(4096);
    out.raw(MODULE_HEADER);
    if (this.#typeList.length > 0) out.section(SECTION.type, typeSection(this.#typeList));
    this.#vector(out, SECTION.import, this.#importCount, this.#imports);
    if (this.#functions.length > 0) {
      const section = new ByteWriter();
      section.u32(this.#functions.length);
      for (const fn of this.#functions) section.u32(fn.typeIndex);
      out.section(SECTION.function, section);
    }
    this.#definitions(out, SECTION.table, 'table');
    this.#definitions(out, SECTION.memory, 'memory');
    this.#definitions(out, SECTION.global, 'global');
    this.#vector(out, SECTION.export, this.#exportNames.size, this.#exports);
    if (this.#start !== undefined) {
      const section = new ByteWriter(8);
      section.u32(this.#start);
      out.section(SECTION.start, section);
    }
    this.#elementSection(out);
    if (this.#defined.data > 0) {
      const section = new ByteWriter(8);
      section.u32(this.#defined.data);
      out.section(SECTION.dataCount, section);
    }
    writeCode(out, this.#functions);
    this.#definitions(out, SECTION.data, 'data');
    if (options.names === true) out.section(SECTION.custom, nameSection(this.#functionNames));
    return out.take();
  }

  /** The segments, and one declarative segment for the functions that ref.func names. */
  #elementSection(out: ByteWriter): void {
    if (this.#declared.size === 0) {
      this.#definitions(out, SECTION.element, 'element');
      return;
    }
    const all = new ByteWriter();
    all.raw(this.#body('element').view());
    all.raw([3, 0]);
    this.#writeFunctionIndices(all, [...this.#declared]);
    this.#vector(out, SECTION.element, this.#defined.element + 1, all);
  }

  #definitions(out: ByteWriter, id: number, space: Space): void {
    this.#vector(out, id, this.#defined[space], this.#body(space));
  }

  #vector(out: ByteWriter, id: number, count: number, items: ByteWriter): void {
    if (count === 0) return;
    out.byte(id);
    out.u32(u32Length(count) + items.length);
    out.u32(count);
    out.raw(items.view());
  }

  // ---- Parts ----

  #body(space: Space): ByteWriter {
    const known = this.#bodies.get(space);
    if (known !== undefined) return known;
    const made = new ByteWriter(64);
    this.#bodies.set(space, made);
    return made;
  }

  #define(space: Space): number {
    this.#defined[space]++;
    return this.#counts[space]++;
  }

  #check(space: Space, index: number): void {
    if (!(Number.isInteger(index) && index >= 0 && index < this.#counts[space]))
      throw new RangeError(`no ${space} ${index}`);
  }

  #writeOffset(body: ByteWriter, offset: SegmentOffset, is64: boolean): void {
    if (typeof offset === 'number') {
      writeConstant(body, is64 ? 'i64' : 'i32', offset);
    } else {
      this.#check('global', offset.global);
      body.byte(0x23); // global.get
      body.u32(offset.global);
    }
    body.byte(SPECIAL_CODES.end);
  }

  /** The constant expression of a function's reference. */
  #writeReference(body: ByteWriter, functionIndex: number): void {
    body.byte(INDEX_OPS['ref.func'].code);
    body.u32(functionIndex);
    body.byte(SPECIAL_CODES.end);
  }

  #writeFunctionIndices(body: ByteWriter, functionIndices: readonly number[]): void {
    body.u32(functionIndices.length);
    for (const index of functionIndices) {
      this.#check('function', index);
      body.u32(index);
    }
  }
}
