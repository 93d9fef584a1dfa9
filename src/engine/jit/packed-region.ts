// A region as numbers and bytes, for its way to another thread: forms are interned in each thread by
// itself, so instructions travel as their bytes and are decoded again where they arrive.
//
// `words` holds, each as an int32:
//
//   mode key, entry, 1 if floats are plain, pages, (index, frame) of each page, offsets that are apart, each of them, those
//   that are scattered likewise, blocks, and of each block:
//   offset, instructions, the offset of each, its end:
//     0 goto       edge                        1 branch     edge taken, edge next
//     2 jump       count, blocks predicted     3 interpret  offset
//   an edge:
//     0 block      block, 0                    1 exit       offset, 1 if it is cold
//
// `code` holds the bytes of the instructions, one after the other in the order of the blocks.
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { decode, MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
import { type Mode, modeFromKey } from '../../x86/decode/mode.ts';
import type { BlockEnd, Edge, Region, RegionBlock, RegionInstruction, RegionPage } from './region.ts';

export interface PackedRegion {
  readonly words: Int32Array;
  readonly code: Uint8Array;
}

/** `byteAt` answers the byte of guest code at an offset of the region. */
export function packRegion(region: Region, byteAt: (offset: number) => number): PackedRegion {
  const words = [region.mode.key, region.entry, region.plainFloats ? 1 : 0, region.pages.length];
  for (const { index, frame } of region.pages) words.push(index, frame);
  const apart = region.apart ?? [];
  const scattered = region.scattered ?? [];
  words.push(apart.length, ...apart, scattered.length, ...scattered, region.blocks.length);
  const code: number[] = [];
  for (const { offset, instructions, end } of region.blocks) {
    words.push(offset, instructions.length);
    for (const { offset: at, instruction } of instructions) {
      words.push(at);
      for (let i = 0; i < instruction.length; i++) code.push(byteAt(at + i));
    }
    packEnd(words, end);
  }
  return { words: Int32Array.from(words), code: Uint8Array.from(code) };
}

function packEnd(words: number[], end: BlockEnd): void {
  switch (end.kind) {
    case 'goto':
      words.push(0);
      packEdge(words, end.to);
      break;
    case 'branch':
      words.push(1);
      packEdge(words, end.taken);
      packEdge(words, end.next);
      break;
    case 'jump':
      words.push(2, end.predicted.length, ...end.predicted);
      break;
    case 'interpret':
      words.push(3, end.offset);
      break;
  }
}
function packEdge(words: number[], edge: Edge): void {
  if (edge.kind === 'block') words.push(0, edge.block, 0);
  else words.push(1, edge.offset, edge.cold ? 1 : 0);
}

/** The region again. Throws an Error when the bytes are not those of its instructions: a defect of the sender. */
export function unpackRegion(packed: PackedRegion, features: DecodeFeatures): Region {
  return new Unpacking(packed, features).region();
}

class Unpacking {
  readonly #words: Int32Array;
  readonly #code: Uint8Array;
  readonly #features: DecodeFeatures;
  #word = 0;
  #byte = 0;

  constructor({ words, code }: PackedRegion, features: DecodeFeatures) {
    this.#words = words;
    this.#code = code;
    this.#features = features;
  }

  region(): Region {
    const mode = modeFromKey(this.#next());
    const entry = this.#next();
    const plainFloats = this.#next() !== 0;
    const pages = this.#list((): RegionPage => ({ index: this.#next(), frame: this.#next() }));
    const apart = this.#list(() => this.#next());
    const scattered = this.#list(() => this.#next());
    const blocks = this.#list((index) => this.#block(index, mode));
    if (this.#word !== this.#words.length || this.#byte !== this.#code.length) {
      throw new Error('a packed region has more than its blocks');
    }
    return { mode, entry, pages, blocks, plainFloats, apart, scattered };
  }
  #block(index: number, mode: Mode): RegionBlock {
    const offset = this.#next();
    const instructions = this.#list(() => this.#instruction(this.#next(), mode));
    return { index, offset, instructions, end: this.#end() };
  }
  #instruction(offset: number, mode: Mode): RegionInstruction {
    const available = Math.min(MAXIMUM_LENGTH, this.#code.length - this.#byte);
    for (let i = 0; i < available; i++) sight[i] = this.#code[this.#byte + i]!;
    const instruction = decode(sight, available, mode, this.#features);
    if (instruction === null) throw new Error('a packed region ends within an instruction');
    this.#byte += instruction.length;
    return { offset, instruction };
  }
  #end(): BlockEnd {
    switch (this.#next()) {
      case 0:
        return { kind: 'goto', to: this.#edge() };
      case 1:
        return { kind: 'branch', taken: this.#edge(), next: this.#edge() };
      case 2:
        return { kind: 'jump', predicted: this.#list(() => this.#next()) };
      default:
        return { kind: 'interpret', offset: this.#next() };
    }
  }
  #edge(): Edge {
    const isExit = this.#next() !== 0;
    const place = this.#next();
    const cold = this.#next() !== 0;
    return isExit ? { kind: 'exit', offset: place, cold } : { kind: 'block', block: place };
  }
  #list<T>(item: (index: number) => T): T[] {
    const length = this.#next();
    const list: T[] = [];
    for (let i = 0; i < length; i++) list.push(item(i));
    return list;
  }
  #next(): number {
    return this.#words[this.#word++]!;
  }
}

/** The bytes that are being decoded. */
const sight = new Uint8Array(MAXIMUM_LENGTH);
