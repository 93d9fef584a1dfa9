// Instructions of WebAssembly from bytes to text, in the flat form of the text format.
// Source: WebAssembly Core Specification 3.0, sections 5.4 (binary) and 6.5 (text).
//
// It reads the same tables that the builder writes from, so that what can be built can be printed.
// Function types are written in full where they are used, which keeps golden files readable when type
// indices move; wat parsers take that form.

import type { ByteReader } from './decoder.ts';
import type { IndexSpace } from './opcodes.ts';
import { INDEX_OPS, PLAIN_CODES, SPECIAL_CODES } from './opcodes.ts';
import { ATOMICS, LOADS, MEMORY_LANE_OPS, STORES } from './opcodes-memory.ts';
import { SIMD_LANE_OPS } from './opcodes-simd.ts';
import type { FunctionType } from './types.ts';
import { EMPTY_BLOCK_TYPE, valueTypeOfCode } from './types.ts';

/** What the disassembler asks about the module around the instructions. */
export interface ModuleNames {
  /** The name of a function as written in text, without "$"; undefined prints the index. */
  functionName(index: number): string | undefined;
  typeAt(index: number): FunctionType;
}

type Immediates =
  | { readonly kind: 'none' | 'lane' | 'special' }
  | { readonly kind: 'indices'; readonly indices: readonly IndexSpace[] }
  | { readonly kind: 'memory' | 'memoryLane'; readonly natural: number };

interface Row {
  readonly name: string;
  readonly immediates: Immediates;
}

const rows = new Map<number, Row>();
for (const [name, code] of PLAIN_CODES) rows.set(code, { name, immediates: { kind: 'none' } });
for (const [name, { code }] of Object.entries(SIMD_LANE_OPS))
  rows.set(code, { name, immediates: { kind: 'lane' } });
for (const [name, { code, indices }] of Object.entries(INDEX_OPS))
  rows.set(code, { name, immediates: { kind: 'indices', indices } });
for (const table of [LOADS, STORES, ATOMICS])
  for (const [name, { code, natural }] of Object.entries(table))
    rows.set(code, { name, immediates: { kind: 'memory', natural } });
for (const [name, { code, natural }] of Object.entries(MEMORY_LANE_OPS))
  rows.set(code, { name, immediates: { kind: 'memoryLane', natural } });
for (const [name, code] of Object.entries(SPECIAL_CODES))
  rows.set(code, { name, immediates: { kind: 'special' } });

/** `(param i32) (result i64)`, or nothing for an empty type. */
export function signatureText({ params, results }: FunctionType): string {
  const parts: string[] = [];
  if (params.length > 0) parts.push(`(param ${params.join(' ')})`);
  if (results.length > 0) parts.push(`(result ${results.join(' ')})`);
  return parts.join(' ');
}

/** An instruction as read. */
export interface ReadInstruction {
  /** Position of its first byte in the reader. */
  readonly position: number;
  readonly name: string;
  /** Everything after the name, as text; may be empty. */
  readonly immediates: string;
}

/**
 * The instructions up to the end of the reader; a final `end` that closes no block (the function's own) is left
 * out. Throws RangeError for an opcode that the tables do not have.
 */
export function* readInstructions(reader: ByteReader, names: ModuleNames): Generator<ReadInstruction> {
  let depth = 0;
  while (!reader.atEnd) {
    const { position } = reader;
    const { name, immediates } = readOpcode(reader);
    if (name === 'end' && depth-- === 0) break;
    if (name === 'block' || name === 'loop' || name === 'if') depth++;
    yield { position, name, immediates: readImmediates(reader, name, immediates, names) };
  }
}

/** The lines of an instruction sequence, indented by two spaces for every open block and `indent` more. */
export function disassemble(reader: ByteReader, names: ModuleNames, indent: number): string[] {
  const lines: string[] = [];
  let depth = 0;
  for (const { name, immediates } of readInstructions(reader, names)) {
    if (name === 'end' || name === 'else') depth--;
    lines.push(' '.repeat(indent + 2 * depth) + (immediates === '' ? name : `${name} ${immediates}`));
    if (name === 'block' || name === 'loop' || name === 'if' || name === 'else') depth++;
  }
  return lines;
}

function readOpcode(reader: ByteReader): Row {
  const position = reader.position;
  const byte = reader.byte();
  const code = byte >= 0xfb && byte <= 0xfe ? byte * 0x1000 + reader.u32() : byte;
  const row = rows.get(code);
  if (row === undefined) throw new RangeError(`no instruction 0x${code.toString(16)} at byte ${position}`);
  return row;
}

function readImmediates(
  reader: ByteReader,
  name: string,
  immediates: Immediates,
  names: ModuleNames,
): string {
  switch (immediates.kind) {
    case 'none':
      return '';
    case 'lane':
      return String(reader.byte());
    case 'indices':
      return readIndices(reader, name, immediates.indices, names);
    case 'memory':
      return readMemoryImmediates(reader, immediates.natural);
    case 'memoryLane': {
      const memory = readMemoryImmediates(reader, immediates.natural);
      return `${memory} ${reader.byte()}`.trimStart();
    }
    case 'special':
      return readSpecial(reader, name, names);
  }
}

function readIndices(
  reader: ByteReader,
  name: string,
  spaces: readonly IndexSpace[],
  names: ModuleNames,
): string {
  const parts = spaces.map((space) => {
    const index = reader.u32();
    if (space === 'type') return signatureText(names.typeAt(index));
    const known = space === 'function' ? names.functionName(index) : undefined;
    return known === undefined ? String(index) : `$${known}`;
  });
  // The text format puts the table before the type, and the memory or table before the segment.
  if (name.endsWith('call_indirect') || name === 'memory.init' || name === 'table.init') parts.reverse();
  // Memory 0 and table 0 are understood; an index that only says so is noise.
  const single = parts.length === 1 && (name.startsWith('memory.') || name.startsWith('table.'));
  if (single && parts[0] === '0') return '';
  if (name === 'memory.copy' && parts[0] === '0' && parts[1] === '0') return '';
  if (name === 'memory.init' && parts[0] === '0') return parts[1]!;
  return parts.join(' ').trimEnd();
}

function readMemoryImmediates(reader: ByteReader, natural: number): string {
  const flags = reader.u32();
  const parts: string[] = [];
  if ((flags & 0x40) !== 0) parts.push(String(reader.u32()));
  const offset = reader.u64();
  if (offset !== 0n) parts.push(`offset=${offset}`);
  const alignment = flags & 0x3f;
  if (alignment !== natural) parts.push(`align=${2 ** alignment}`);
  return parts.join(' ');
}

function readSpecial(reader: ByteReader, name: string, names: ModuleNames): string {
  switch (name) {
    case 'block':
    case 'loop':
    case 'if':
      return blockTypeText(reader.s32(), names);
    case 'br_table': {
      const count = reader.u32();
      return Array.from({ length: count + 1 }, () => reader.u32()).join(' ');
    }
    case 'i32.const':
      return String(reader.s32());
    case 'i64.const':
      return String(reader.s64());
    case 'f32.const': {
      const bits = new DataView(reader.raw(4).slice().buffer);
      return floatText(bits.getFloat32(0, true), BigInt(bits.getUint32(0, true)), 23n);
    }
    case 'f64.const': {
      const bits = new DataView(reader.raw(8).slice().buffer);
      return floatText(bits.getFloat64(0, true), bits.getBigUint64(0, true), 52n);
    }
    case 'v128.const': {
      const bits = new DataView(reader.raw(16).slice().buffer);
      const lanes = [0, 4, 8, 12].map((at) => hexadecimal(bits.getUint32(at, true), 8));
      return `i32x4 ${lanes.join(' ')}`;
    }
    case 'i8x16.shuffle':
      return [...reader.raw(16)].join(' ');
    case 'ref.null':
      return valueTypeOfCode(reader.byte()).slice(0, -'ref'.length);
    case 'atomic.fence':
      reader.byte();
      return '';
    default:
      return '';
  }
}

/** A block type: 0x40 and the value types are one byte, which reads as a negative 7-bit number. */
function blockTypeText(code: number, names: ModuleNames): string {
  if (code >= 0) return signatureText(names.typeAt(code));
  const byte = code & 0x7f;
  return byte === EMPTY_BLOCK_TYPE ? '' : `(result ${valueTypeOfCode(byte)})`;
}

function floatText(value: number, bits: bigint, fractionBits: bigint): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  const negative = bits >> (fractionBits === 23n ? 31n : 63n) === 1n;
  const fraction = bits & ((1n << fractionBits) - 1n);
  const text = fraction === 0n ? 'inf' : `nan:0x${fraction.toString(16)}`;
  return negative ? `-${text}` : text;
}

function hexadecimal(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
