// A module or a function as text (wat), for golden files, debug views and tests.
// Source: WebAssembly Core Specification 3.0, sections 5.5 (binary) and 6.6 (text).
//
// The text of a module parses back to the same module with any wat parser (a test does so). Custom sections
// other than the names of functions are not printed. Instructions are in disassembler.ts.

import { ByteReader } from './decoder.ts';
import type { ModuleNames } from './disassembler.ts';
import { disassemble, signatureText } from './disassembler.ts';
import type { FunctionBuilder } from './function.ts';
import type { ModuleBuilder } from './module.ts';
import { EXTERNAL_KINDS, MODULE_HEADER, SECTION } from './sections.ts';
import type { FunctionType, ValueType } from './types.ts';
import { NON_NULL_REFERENCE, valueTypeOfCode } from './types.ts';

/** A function of a module under construction, with the names of the functions that it calls. */
export function printFunction(module: ModuleBuilder, fn: FunctionBuilder): string {
  const names: ModuleNames = {
    functionName: (index) => identifier(module.functionName(index)),
    typeAt: (index) => module.typeAt(index),
  };
  const header = `(func $${identifier(fn.name)}`;
  return functionText(header, fn.type, fn.locals, new ByteReader(fn.code), names, 0).join('\n');
}

/** A whole module in the text format. Throws RangeError where the bytes are not a module. */
export function printModule(bytes: Uint8Array): string {
  const header = bytes.subarray(0, MODULE_HEADER.length);
  if (header.length !== MODULE_HEADER.length || header.some((byte, at) => byte !== MODULE_HEADER[at]))
    throw new RangeError('not a WebAssembly module of version 1');
  const printer = new ModulePrinter(readSections(bytes));
  return printer.print();
}

interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

function readSections(bytes: Uint8Array): Section[] {
  const reader = new ByteReader(bytes, MODULE_HEADER.length);
  const sections: Section[] = [];
  while (!reader.atEnd) {
    const id = reader.byte();
    const length = reader.u32();
    const start = reader.position;
    reader.raw(length);
    sections.push({ id, start, end: start + length, bytes });
  }
  return sections;
}

/** Walks the sections in order; each method appends the lines of its section. */
class ModulePrinter implements ModuleNames {
  readonly #sections: readonly Section[];
  readonly #types: FunctionType[] = [];
  readonly #functionTypes: number[] = [];
  readonly #names = new Map<number, string>();
  readonly #lines: string[] = ['(module'];
  #importedFunctions = 0;

  constructor(sections: readonly Section[]) {
    this.#sections = sections;
  }

  functionName(index: number): string | undefined {
    return this.#names.get(index);
  }

  typeAt(index: number): FunctionType {
    const type = this.#types[index];
    if (type === undefined) throw new RangeError(`no type ${index}`);
    return type;
  }

  print(): string {
    for (const section of this.#sections) if (section.id === SECTION.custom) this.#readNames(section);
    this.#each(SECTION.type, (reader) => this.#type(reader));
    this.#each(SECTION.import, (reader) => this.#import(reader));
    this.#each(SECTION.function, (reader) => this.#functionTypes.push(reader.u32()));
    this.#each(SECTION.table, (reader) => this.#table(reader));
    this.#each(SECTION.memory, (reader) => this.#line(`(memory ${memoryText(reader)})`));
    this.#each(SECTION.global, (reader) => {
      const type = globalText(reader);
      this.#line(`(global ${type} (${this.#constant(reader)}))`);
    });
    this.#each(SECTION.export, (reader) => this.#export(reader));
    this.#each(SECTION.element, (reader) => this.#element(reader));
    let defined = this.#importedFunctions;
    this.#each(SECTION.code, (reader) => this.#function(reader, defined++));
    this.#each(SECTION.data, (reader) => this.#data(reader));
    for (const section of this.#sections)
      if (section.id === SECTION.start) this.#line(`(start ${this.#functionText(reading(section).u32())})`);
    return `${this.#lines.join('\n')})\n`;
  }

  #line(text: string): void {
    this.#lines.push(`  ${text}`);
  }

  #each(id: number, item: (reader: ByteReader) => void): void {
    for (const section of this.#sections) {
      if (section.id !== id) continue;
      const reader = reading(section);
      for (let count = reader.u32(); count > 0; count--) item(reader);
    }
  }

  #readNames(section: Section): void {
    const reader = reading(section);
    if (reader.name() !== 'name') return;
    const used = new Set<string>();
    while (!reader.atEnd) {
      const id = reader.byte();
      const part = reader.part(reader.u32());
      if (id !== 1) continue;
      for (let count = part.u32(); count > 0; count--) {
        const index = part.u32();
        let name = identifier(part.name());
        if (used.has(name)) name = `${name}#${index}`;
        used.add(name);
        this.#names.set(index, name);
      }
    }
  }

  #type(reader: ByteReader): void {
    const form = reader.byte();
    if (form !== 0x60) throw new RangeError(`type of form 0x${form.toString(16)}`);
    const type = { params: readValueTypes(reader), results: readValueTypes(reader) };
    this.#types.push(type);
    this.#line(parenthesized('type', parenthesized('func', signatureText(type))));
  }

  #import(reader: ByteReader): void {
    const from = `${quoted(reader.name())} ${quoted(reader.name())}`;
    const kind = EXTERNAL_KINDS[reader.byte()];
    let what: string;
    if (kind === 'func') {
      const typeIndex = reader.u32();
      const index = this.#functionTypes.push(typeIndex) - 1;
      this.#importedFunctions++;
      const name = this.#names.get(index);
      const signature = signatureText(this.typeAt(typeIndex));
      what = [name === undefined ? '' : `$${name}`, signature].filter((part) => part !== '').join(' ');
    } else if (kind === 'table') what = tableText(reader);
    else if (kind === 'memory') what = memoryText(reader);
    else if (kind === 'global') what = globalText(reader);
    else throw new RangeError('import of an unknown kind');
    this.#line(`(import ${from} ${parenthesized(kind, what)})`);
  }

  #table(reader: ByteReader): void {
    const first = reader.byte();
    if (first !== 0x40) {
      this.#line(`(table ${tableText(reader, first)})`);
      return;
    }
    reader.byte();
    const text = tableText(reader);
    this.#line(`(table ${text} (${this.#constant(reader)}))`);
  }

  #export(reader: ByteReader): void {
    const name = quoted(reader.name());
    const kind = EXTERNAL_KINDS[reader.byte()];
    const index = reader.u32();
    this.#line(`(export ${name} (${kind} ${kind === 'func' ? this.#functionText(index) : index}))`);
  }

  #functionText(index: number): string {
    const name = this.#names.get(index);
    return name === undefined ? String(index) : `$${name}`;
  }

  /** The forms that the builder writes: active in a table, passive, declarative; function indices, or references of one type. */
  #element(reader: ByteReader): void {
    const form = reader.u32();
    if (form === 6) {
      const head = `(table ${reader.u32()}) (offset ${this.#constant(reader)})`;
      const type = elementText(reader, reader.byte());
      const functions = readVector(reader, () => `(${this.#constant(reader)})`);
      this.#line(`(elem ${head} ${type} ${functions.join(' ')})`);
      return;
    }
    if (form > 3) throw new RangeError(`element segment of form ${form}`);
    let head = form === 3 ? 'declare ' : '';
    if (form === 2) head = `(table ${reader.u32()}) `;
    if (form === 0 || form === 2) head += `(offset ${this.#constant(reader)}) `;
    if (form !== 0) reader.byte(); // element kind
    const functions = readVector(reader, () => this.#functionText(reader.u32()));
    this.#line(`(elem ${head}func ${functions.join(' ')})`);
  }

  #data(reader: ByteReader): void {
    const form = reader.u32();
    let head = '';
    if (form === 2) head = `(memory ${reader.u32()}) `;
    if (form !== 1) head += `(offset ${this.#constant(reader)}) `;
    this.#line(`(data ${head}${quotedBytes(reader.raw(reader.u32()))})`);
  }

  /** A constant expression; all the builder writes are one instruction long. */
  #constant(reader: ByteReader): string {
    return disassemble(reader, this, 0).join(' ');
  }

  #function(reader: ByteReader, index: number): void {
    const body = reader.part(reader.u32());
    const locals: ValueType[] = [];
    for (let runs = body.u32(); runs > 0; runs--) {
      const count = body.u32();
      if (count > 50_000) throw new RangeError(`function ${index} has ${count} locals`);
      const type = valueTypeOfCode(body.byte());
      for (let made = 0; made < count; made++) locals.push(type);
    }
    const name = this.#names.get(index);
    const type = this.typeAt(this.#functionTypes[index]!);
    const header = name === undefined ? `(func (;${index};)` : `(func $${name}`;
    this.#lines.push(...functionText(header, type, locals, body, this, 2));
  }
}

function reading({ bytes, start, end }: Section): ByteReader {
  return new ByteReader(bytes, start, end);
}

function functionText(
  header: string,
  type: FunctionType,
  locals: readonly ValueType[],
  body: ByteReader,
  names: ModuleNames,
  indent: number,
): string[] {
  const margin = ' '.repeat(indent);
  const signature = signatureText(type);
  const lines = [margin + (signature === '' ? header : `${header} ${signature}`)];
  if (locals.length > 0) lines.push(`${margin}  (local ${locals.join(' ')})`);
  lines.push(...disassemble(body, names, indent + 2));
  lines[lines.length - 1] += ')';
  return lines;
}

function readVector<Item>(reader: ByteReader, item: () => Item): Item[] {
  const items: Item[] = [];
  for (let count = reader.u32(); count > 0; count--) items.push(item());
  return items;
}

function readValueTypes(reader: ByteReader): ValueType[] {
  return readVector(reader, () => valueTypeOfCode(reader.byte()));
}

function limitsText(reader: ByteReader, flags: number): string {
  const min = reader.u64();
  return (flags & 1) === 0 ? String(min) : `${min} ${reader.u64()}`;
}

function memoryText(reader: ByteReader): string {
  const flags = reader.byte();
  const limits = limitsText(reader, flags);
  return `${(flags & 4) === 0 ? '' : 'i64 '}${limits}${(flags & 2) === 0 ? '' : ' shared'}`;
}

function tableText(reader: ByteReader, code = reader.byte()): string {
  const type = elementText(reader, code);
  return `${limitsText(reader, reader.byte())} ${type}`;
}
function elementText(reader: ByteReader, code: number): string {
  return code === NON_NULL_REFERENCE ? `(ref ${reader.u32()})` : valueTypeOfCode(code);
}

function globalText(reader: ByteReader): string {
  const type = valueTypeOfCode(reader.byte());
  return reader.byte() === 0 ? type : `(mut ${type})`;
}

function parenthesized(head: string, rest: string): string {
  return rest === '' ? `(${head})` : `(${head} ${rest})`;
}

/** A name as an identifier of the text format: what it does not allow becomes "_". */
function identifier(name: string): string;
function identifier(name: string | undefined): string | undefined;
function identifier(name: string | undefined): string | undefined {
  return name === undefined ? undefined : name.replace(/[^0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]/g, '_') || '_';
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function quotedBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${text}"`;
}
