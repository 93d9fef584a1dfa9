// Reader of MOO files: single-instruction tests recorded on real processors (SingleStepTests). A file is
// gzip over chunks: a 4-byte tag, a 32-bit little-endian length, a body; test chunks nest further ones.
//
//   MOO   version bytes, u32 number of tests at 4, processor name
//   TEST  u32 index, then NAME, BYTS, INIT { REGS, RAM }, FINA { REGS, RAM }, EXCP where one was taken, HASH
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The registers in the order of the bits in a REGS mask. */
export const REGISTERS = [
  'ax',
  'bx',
  'cx',
  'dx',
  'cs',
  'ss',
  'ds',
  'es',
  'sp',
  'bp',
  'si',
  'di',
  'ip',
  'flags',
] as const;
export type Register = (typeof REGISTERS)[number];
export type Registers = Record<Register, number>;

/** Bytes of memory: physical address, value. */
export type MemoryBytes = readonly (readonly [address: number, value: number])[];

export interface Vector {
  readonly index: number;
  /** Assembly text. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly initial: { readonly registers: Registers; readonly memory: MemoryBytes };
  /** What changed. */
  readonly final: { readonly registers: Partial<Registers>; readonly memory: MemoryBytes };
  /** The exception taken, and the physical address at which FLAGS were pushed. */
  readonly exception: { readonly vector: number; readonly flagsAddress: number } | null;
  /** 40 hexadecimal digits. */
  readonly hash: string;
}

/** All tests of a file. */
export function readVectors(path: string): Vector[] {
  const data = gunzipSync(readFileSync(path));
  const vectors: Vector[] = [];
  for (const chunk of chunks(data)) {
    if (chunk.tag === 'TEST') vectors.push(readTest(chunk.body));
  }
  return vectors;
}

interface Chunk {
  readonly tag: string;
  readonly body: Buffer;
}

function chunks(data: Buffer): Chunk[] {
  const list: Chunk[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    const length = data.readUInt32LE(at + 4);
    list.push({ tag: data.toString('latin1', at, at + 4), body: data.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return list;
}

function readTest(body: Buffer): Vector {
  const parts = new Map(chunks(body.subarray(4)).map((chunk) => [chunk.tag, chunk.body]));
  const part = (tag: string) => {
    const found = parts.get(tag);
    if (!found) throw new Error(`a test without ${tag}`);
    return found;
  };
  const initial = readState(part('INIT'));
  const exception = parts.get('EXCP');
  return {
    index: body.readUInt32LE(0),
    name: part('NAME').toString('latin1', 4),
    bytes: part('BYTS').subarray(4),
    initial: { registers: initial.registers as Registers, memory: initial.memory },
    final: readState(part('FINA')),
    exception: exception ? { vector: exception.readUInt8(0), flagsAddress: exception.readUInt32LE(1) } : null,
    hash: part('HASH').toString('hex'),
  };
}

function readState(body: Buffer): { registers: Partial<Registers>; memory: MemoryBytes } {
  const registers: Partial<Registers> = {};
  const memory: [number, number][] = [];
  for (const chunk of chunks(body)) {
    if (chunk.tag === 'REGS') {
      const mask = chunk.body.readUInt16LE(0);
      let at = 2;
      REGISTERS.forEach((register, bit) => {
        if ((mask & (1 << bit)) === 0) return;
        registers[register] = chunk.body.readUInt16LE(at);
        at += 2;
      });
    } else if (chunk.tag === 'RAM ') {
      const count = chunk.body.readUInt32LE(0);
      for (let i = 0; i < count; i++) {
        memory.push([chunk.body.readUInt32LE(4 + 5 * i), chunk.body.readUInt8(8 + 5 * i)]);
      }
    }
  }
  return { registers, memory };
}
