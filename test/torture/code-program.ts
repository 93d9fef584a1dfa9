// Random programs that change themselves. The code is a list of slots, each an instruction or a few; what may be
// changed in a slot (immediates, registers, one-byte instructions) never changes where its instructions begin,
// so that any part of the code may be overwritten with the same part of a variant of it, at any time, by
// anybody: stores and pushes to the code's own pages or to an alias of them, REP MOVS and STOS, a device.
// The pages of the code are also mapped to other frames (which hold variants) with INVLPG.
//
//   01000 page directory   02000 page table (4 MiB, identical but for the alias)   03000 GDT
//   06000 stack, downwards  08000 data              20000 and on: variants of the code
//   40000 code             140000 alias of the code (linear)       240000 other frames of it

import { enterFlat32 } from '../../src/engine/testing.ts';
import * as C from '../../src/x86/state/control-bits.ts';
import * as L from '../../src/x86/state/layout.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { Assembler, AX, BP, BX, CX, DI, DX, SI, SP } from './assembler.ts';
import type { TortureMachine } from './pair.ts';

export const CODE_RAM = 0x40_0000;
const DIRECTORY = 0x1000;
const TABLE = 0x2000;
const STACK = 0x6000;
const DATA = 0x8000;
const DATA_BYTES = 0x2000;
const VARIANTS = 0x2_0000;
const VARIANT_BYTES = 0x4000;
const CODE = 0x4_0000;
const ALIAS = 0x14_0000;
const OTHER_FRAMES = 0x24_0000;
/** Present, writable, accessed, dirty. */
const ENTRY = 0x63;
const PORT_DMA = 0x77;

/** Bytes that may change, with what they may become. */
interface Soft {
  readonly at: number;
  readonly choices: readonly number[] | null;
}

const FREE = [AX, DX, BX, BP];
/** INC and DEC of registers that nothing depends on, NOP. */
const ONE_BYTE = [0x40, 0x42, 0x43, 0x45, 0x48, 0x4a, 0x4b, 0x4d, 0x90];

export interface CodeCase {
  readonly program: Uint8Array;
  /** The same with other soft bytes, several of them. */
  readonly variants: readonly Uint8Array[];
  readonly iterations: number;
  readonly limit: number;
}

export interface CodeOptions {
  readonly slots: number;
  readonly iterations: number;
  /** Changes happen when the loop counter and this mask are zero: 0 for always. */
  readonly rarity: number;
}

class Generator {
  readonly #random: Random;
  readonly #code = new Assembler(CODE, 32);
  readonly #soft: Soft[] = [];
  /** Places of writes that are filled in when all soft bytes are known. */
  readonly #later: (() => void)[] = [];
  readonly #options: CodeOptions;
  #labels = 0;

  constructor(random: Random, options: CodeOptions) {
    this.#random = random;
    this.#options = options;
  }

  make(): CodeCase {
    const { slots, iterations } = this.#options;
    const code = this.#code;
    // Where the code begins in its page decides which of its instructions lie over a page's end.
    code.raw(0xe9).number(this.#random.below(0x1000), 4);
    while (code.bytes.length < 5 + (code.bytes[1]! | (code.bytes[2]! << 8))) code.raw(0x90);
    code.label('start');
    for (let i = 0; i < slots; i++) this.#slot();
    // The loop: from the code's own address or from the alias.
    code.raw(0x49).jcc(4, 'end');
    code
      .raw(0xb8)
      .ref('start', 4, false)
      .raw(0xf6, 0xc1, 1 << this.#random.below(3));
    code.raw(0x74, 5, 0x05).number(ALIAS - CODE, 4);
    code.raw(0xff, 0xe0).label('end').raw(0xf4);
    code.label('routine');
    for (let i = 0; i < 4; i++) this.#arithmetic();
    code.raw(0xc3);
    for (const fill of this.#later) fill();
    const program = code.assemble();
    const variants = Array.from({ length: 4 }, () => this.#variant(program));
    return { program, variants, iterations, limit: 400 * slots * iterations + 1000 };
  }

  #variant(program: Uint8Array): Uint8Array {
    const copy = program.slice();
    for (const soft of this.#soft) copy[soft.at] = this.#softByte(soft);
    return copy;
  }
  #softByte({ choices }: Soft): number {
    return choices ? this.#random.pick(choices) : this.#random.below(256);
  }
  /** The last `count` bytes emitted are soft. */
  #markSoft(count: number, choices: readonly number[] | null): void {
    const end = this.#code.bytes.length;
    for (let at = end - count; at < end; at++) this.#soft.push({ at, choices });
  }
  /** A linear address of an offset in the code: its own or the alias. */
  #address(offset: number): number {
    return (this.#random.chance(35) ? ALIAS : CODE) + offset;
  }

  #slot(): void {
    const { rarity } = this.#options;
    const kind = this.#random.below(100);
    if (kind < 34) this.#arithmetic();
    else if (kind < 42) this.#dataAccess();
    else if (kind < 50) this.#skip();
    else if (kind < 56) this.#sled();
    else if (kind < 60) this.#middle();
    else if (kind < 64) this.#code.call('routine');
    else {
      const name = `after${this.#labels++}`;
      if (rarity !== 0) this.#code.raw(0xf7, 0xc1).number(rarity, 4).jcc(5, name);
      if (kind < 74) this.#storeByte();
      else if (kind < 80) this.#storeDword();
      else if (kind < 85) this.#pushOver();
      else if (kind < 92) this.#copyVariant();
      else if (kind < 95) this.#fillSled();
      else if (kind < 98) this.#remap();
      else this.#code.raw(0xe7, PORT_DMA);
      this.#code.label(name);
    }
  }
  /** Arithmetic on a free register with an immediate: 81 /op. */
  #arithmetic(): void {
    const modrm = FREE.flatMap((register) => [0, 1, 2, 3, 4, 5, 6].map((op) => 0xc0 | (op << 3) | register));
    this.#code.raw(0x81, this.#random.pick(modrm));
    this.#markSoft(1, modrm);
    this.#code.number(this.#random.u32(), 4);
    this.#markSoft(4, null);
  }
  #dataAccess(): void {
    const opcode = this.#random.pick([0x89, 0x8b, 0x01, 0x03, 0x31, 0x87]);
    const register = this.#random.pick(FREE);
    this.#code.raw(opcode, 0x05 | (register << 3)).number(DATA + this.#random.below(DATA_BYTES - 8), 4);
  }
  /** A forward jump on a condition, over an arithmetic slot. */
  #skip(): void {
    const short = this.#random.chance(50);
    const condition = this.#random.below(16);
    if (short) this.#code.raw(0x70 | condition, 6);
    else this.#code.raw(0x0f, 0x80 | condition).number(6, 4);
    this.#arithmetic();
  }
  #sled(): void {
    const count = 1 + this.#random.below(60);
    for (let i = 0; i < count; i++) this.#code.raw(this.#random.pick(ONE_BYTE));
    this.#markSoft(count, ONE_BYTE);
    this.#sleds.push([this.#code.bytes.length - count, count]);
  }
  readonly #sleds: [number, number][] = [];
  /** MOV EAX, immediate, or four instructions of one byte when entered in its middle. */
  #middle(): void {
    this.#code.raw(0x70 | this.#random.below(16), 1, 0xb8, 0x42, 0x43, 0x4d, 0x90);
    this.#markSoft(4, ONE_BYTE);
  }

  /** Chooses soft bytes once all are known: `fill` gets one whose next `run` bytes are soft in the same way. */
  #chooseLater(run: number, fill: (soft: Soft) => void): void {
    this.#later.push(() => {
      const soft = this.#soft;
      while (true) {
        const i = this.#random.below(soft.length);
        const last = soft[i + run - 1];
        if (last && last.at === soft[i]!.at + run - 1 && last.choices === soft[i]!.choices) {
          fill(soft[i]!);
          return;
        }
      }
    });
  }
  #patch(at: number, value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.#code.bytes[at + i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
  }
  #storeByte(): void {
    this.#code.raw(0xc6, 0x05).number(0, 5);
    const end = this.#code.bytes.length;
    this.#chooseLater(1, (soft) => {
      this.#patch(end - 5, this.#address(soft.at), 4);
      this.#patch(end - 1, this.#softByte(soft), 1);
    });
  }
  #storeDword(): void {
    this.#code.raw(0xc7, 0x05).number(0, 8);
    const end = this.#code.bytes.length;
    this.#chooseLater(4, (soft) => {
      this.#patch(end - 8, this.#address(soft.at), 4);
      for (let i = 4; i > 0; i--) this.#patch(end - i, this.#softByte(soft), 1);
    });
  }
  #pushOver(): void {
    this.#code.raw(0x89, 0xe6, 0xbc).number(0, 4).raw(0x68).number(0, 4);
    const end = this.#code.bytes.length;
    this.#code.raw(0x89, 0xf4);
    this.#chooseLater(4, (soft) => {
      this.#patch(end - 9, this.#address(soft.at) + 4, 4);
      for (let i = 4; i > 0; i--) this.#patch(end - i, this.#softByte(soft), 1);
    });
  }
  #repeat(emit: () => void): void {
    this.#code.raw(0x51);
    emit();
    this.#code.raw(0x59);
  }
  #copyVariant(): void {
    const code = this.#code;
    this.#repeat(() => {
      const shift = this.#random.pick([0, 0, 1, 2]);
      code.raw(0xbf).number(0, 4).raw(0xbe).number(0, 4);
      const end = code.bytes.length;
      const count = (1 + this.#random.below(this.#random.chance(70) ? 40 : 500)) >> shift;
      code.raw(0xb9).number(Math.max(count, 1), 4);
      if (shift === 1) code.raw(0x66);
      code.raw(0xf3, shift === 0 ? 0xa4 : 0xa5);
      this.#later.push(() => {
        const bytes = Math.max(count, 1) << shift;
        const from = this.#random.below(Math.max(1, code.bytes.length - bytes));
        this.#patch(end - 9, this.#address(from), 4);
        this.#patch(end - 4, VARIANTS + VARIANT_BYTES * this.#random.below(4) + from, 4);
      });
    });
  }
  #fillSled(): void {
    const code = this.#code;
    this.#repeat(() => {
      code.raw(0xbf).number(CODE, 4).raw(0xb0, this.#random.pick(ONE_BYTE), 0xb9).number(1, 4);
      const end = code.bytes.length;
      code.raw(0xf3, 0xaa);
      this.#later.push(() => {
        if (this.#sleds.length === 0) this.#patch(end - 4, 0, 4);
        else {
          const [at, count] = this.#random.pick(this.#sleds);
          this.#patch(end - 11, this.#address(at), 4);
          this.#patch(end - 4, count, 4);
        }
      });
    });
  }
  /** Another frame for one of the code's pages, at its own address only. */
  #remap(): void {
    const page = this.#random.below(3);
    const frame = (this.#random.chance(50) ? CODE : OTHER_FRAMES) + 0x1000 * page;
    const entry = TABLE + ((CODE >> 12) + page) * 4;
    this.#code.storeAbsolute(entry, frame | ENTRY);
    this.#code.raw(0x0f, 0x01, 0x3d).number(CODE + 0x1000 * page + this.#random.below(0x1000), 4);
  }
}

export function makeCodeCase(random: Random, options: CodeOptions): CodeCase {
  return new Generator(random, options).make();
}

/** Loads a case into a machine: paging on, flat segments, CPL 0. */
export function loadCodeCase(machine: TortureMachine, item: CodeCase): void {
  const { memory, vcpu } = machine;
  const { view } = memory;
  view.setUint32(DIRECTORY, TABLE | ENTRY, true);
  for (let i = 0; i < 1024; i++) view.setUint32(TABLE + 4 * i, (i << 12) | ENTRY, true);
  for (let i = 0; i < 4; i++) {
    view.setUint32(TABLE + 4 * ((ALIAS >> 12) + i), (CODE + 0x1000 * i) | ENTRY, true);
  }
  memory.u8.set(item.program, CODE);
  item.variants.forEach((variant, i) => {
    memory.u8.set(variant, VARIANTS + VARIANT_BYTES * i);
  });
  memory.u8.set(item.variants[0]!, OTHER_FRAMES);
  for (let i = 0; i < DATA_BYTES; i++) memory.u8[DATA + i] = (i * 37) & 0xff;
  const { state } = vcpu;
  enterFlat32(state, CODE);
  state.cr4 = C.CR4_PSE;
  state.setNumber(L.CR3, DIRECTORY);
  state.cr0 = 0x8001_0011;
  state.setGpr32(CX, item.iterations);
  state.setGpr32(SP, STACK);
  state.setGpr32(SI, 0);
  state.setGpr32(DI, 0);
  let transfers = 0;
  machine.onPortWrite = (port) => {
    if (port !== PORT_DMA) return;
    // A device copies part of a variant over the code, here and there, and sometimes wants attention.
    transfers++;
    const from = (transfers * 0x9e5) % item.program.length;
    const bytes = item.variants[transfers % 4]!.subarray(from, from + 1 + ((transfers * 7) % 90));
    memory.write(CODE + from, bytes);
    if (transfers % 3 === 0) vcpu.kick();
  };
}
