// Straight-line instructions for the region torture. Most are a few common encodings with their flags, partial
// registers and memory operands mixed at random; the others come from the fuzzer's tables, which hold every encoding.
import { interesting } from '../isa/fuzz/initial.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { dword, encode, type Operand } from './encoding.ts';
import { ExoticMaker } from './exotic.ts';
import { BASE, BASE_VALUE, type Bits, freeRegisters, INDEX_VALUE, indexRegister } from './registers.ts';
import { DATA, DATA_PAGES } from './world.ts';

const DATA_BYTES = DATA_PAGES * 4096;

/** Makes the instructions of one program. */
export class InstructionMaker {
  readonly #random: Random;
  readonly bits: Bits;
  readonly #exotics: ExoticMaker;
  /** Percentages: of the fuzzer's tables among all, of memory operands, of FS and GS. */
  readonly #exotic: number;
  readonly #memory: number;
  readonly #segments: number;

  /** @param exotic percentages to choose from, of instructions from the fuzzer's tables. */
  constructor(random: Random, bits: Bits, exotic: readonly number[]) {
    this.#random = random;
    this.bits = bits;
    this.#exotics = new ExoticMaker(random, bits);
    this.#exotic = random.pick(exotic);
    this.#memory = random.pick([0, 10, 30, 60]);
    this.#segments = random.pick([0, 0, 3, 10]);
  }
  free(): void {
    this.#exotics.free();
  }

  /** One instruction, or a few that belong together; whether it may raise an exception that must be skipped. */
  next(): { bytes: number[]; guarded: boolean } {
    const random = this.#random;
    if (random.chance(this.#exotic)) {
      const exotic = this.#exotics.next();
      if (exotic) return { bytes: exotic, guarded: true };
    }
    if (random.chance(4)) return { bytes: this.#masked(), guarded: false };
    if (random.chance(this.#segments)) return this.segmented();
    return { bytes: this.common(), guarded: false };
  }

  #register(): number {
    return this.#random.pick(freeRegisters(this.bits));
  }
  /** A byte register's number: of free ones, AH to BH where they are free in 32-bit code or no REX comes. */
  #byteRegister(): number {
    const { bits } = this;
    return this.#random.pick(bits === 64 ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] : [0, 1, 2, 4, 5, 6]);
  }
  /** An address of data, mostly aligned, sometimes over a page's end. */
  #address(): number {
    const random = this.#random;
    const where = random.below(100);
    if (where < 70)
      return DATA + 8 * random.below(64) + (random.chance(20) ? 0x1000 * random.below(DATA_PAGES) : 0);
    if (where < 85) return DATA + random.below(DATA_BYTES - 16);
    return DATA + 0x1000 * (1 + random.below(DATA_PAGES - 1)) - random.below(16);
  }
  memoryOperand(): Operand {
    const random = this.#random;
    const address = this.#address();
    switch (random.below(4)) {
      case 0:
        return { absolute: address };
      case 1: {
        const scale = random.below(4);
        const displacement = address - BASE_VALUE - (INDEX_VALUE << scale);
        return { base: BASE, index: indexRegister(this.bits), scale, displacement };
      }
      default:
        return { base: BASE, index: -1, scale: 0, displacement: address - BASE_VALUE };
    }
  }

  /** One of the common encodings. */
  common(): number[] {
    const random = this.#random;
    const { bits } = this;
    const size = random.below(10);
    // 8, 16, 32 or 64 bits.
    const narrow = size < 2;
    const prefixes = size === 2 ? [0x66] : [];
    const wide = bits === 64 && size > 5;
    const width = narrow ? 0 : 1;
    const memory = random.chance(this.#memory);
    // A byte register of 4 to 7 is AH to BH only without REX, or it would be SP to DI.
    const plain = narrow && random.chance(50);
    const number = () => {
      if (!narrow) return this.#register();
      return plain && !memory
        ? this.#byteRegister() & 7
        : random.pick(bits === 64 ? [0, 1, 2, 3] : [0, 1, 2]);
    };
    const rm = (): Operand => (memory ? this.memoryOperand() : { register: number() });
    const wordNumber = () => this.#register();
    const make = (
      opcode: readonly number[],
      reg: number,
      operand: Operand,
      immediate: readonly number[] = [],
    ) => encode(bits, { prefixes, wide, opcode, reg, rm: operand, immediate });
    const word = (
      opcode: readonly number[],
      reg: number,
      operand: Operand,
      immediate: readonly number[] = [],
    ) => encode(bits, { prefixes: prefixes, wide, opcode, reg, rm: operand, immediate });
    const wordRm = (): Operand => (memory ? this.memoryOperand() : { register: wordNumber() });
    switch (random.below(24)) {
      case 0:
      case 1:
      case 2:
      case 3: // ADD OR ADC SBB AND SUB XOR CMP, either direction
        return make([(random.below(8) << 3) | (random.below(2) << 1) | width], number(), rm());
      case 4: // ADC and SBB again: chains
        return make([(random.chance(50) ? 0x10 : 0x18) | width], number(), rm());
      case 5:
      case 6: // with a small immediate
        return make([narrow ? 0x80 : 0x83], random.below(8), rm(), [random.u32() & 255]);
      case 7: {
        // with a wide one
        if (narrow) return make([0x80], random.below(8), rm(), [Number(interesting(random) & 255n)]);
        const value = dword(Number(interesting(random) & 0xffff_ffffn));
        return make([0x81], random.below(8), rm(), prefixes.length ? value.slice(0, 2) : value);
      }
      case 8: // INC, DEC
        return make([0xfe | width], random.below(2), rm());
      case 9: // TEST, CMP: for the branches
        return make([random.chance(50) ? 0x84 | width : 0x38 | width], number(), rm());
      case 10: // NOT, NEG
        return make([0xf6 | width], 2 + random.below(2), rm());
      case 11: // shifts and rotates by an immediate or by one
        return random.chance(30)
          ? make([0xd0 | width], random.below(8), rm())
          : make([0xc0 | width], random.below(8), rm(), [random.below(70)]);
      case 12: // by CL
        return make([0xd2 | width], random.below(8), rm());
      case 13: // SETcc
        return make([0x0f, 0x90 | random.below(16)], 0, rm());
      case 14: // CMOVcc
        return word([0x0f, 0x40 | random.below(16)], wordNumber(), wordRm());
      case 15: // MOV either way
        return make([0x88 | (random.below(2) << 1) | width], number(), rm());
      case 16: // MOVZX, MOVSX from bytes and words
        return word(
          [0x0f, random.pick([0xb6, 0xb7, 0xbe, 0xbf])],
          wordNumber(),
          memory ? rm() : { register: 0 },
        );
      case 17: // LEA
        return word([0x8d], wordNumber(), {
          base: this.#register(),
          index: this.#register(),
          scale: random.below(4),
          displacement: random.chance(50) ? random.below(256) - 128 : random.u32() | 0,
        });
      case 18: // CLC, STC, CMC, LAHF, SAHF, CBW..., CWD...
        return [
          ...prefixes,
          ...(wide ? [0x48] : []),
          random.pick([0xf8, 0xf9, 0xf5, 0x9f, 0x9e, 0x98, 0x99]),
        ];
      case 19: // BT, BTS, BTR, BTC
        return random.chance(50)
          ? word([0x0f, 0xa3 | (random.below(4) << 3)], wordNumber(), { register: wordNumber() })
          : word([0x0f, 0xba], 4 + random.below(4), wordRm(), [random.u32() & 255]);
      case 20: // IMUL, MUL
        return random.chance(60)
          ? word([0x0f, 0xaf], wordNumber(), wordRm())
          : make([0xf6 | width], 4 + random.below(2), rm());
      case 21: // SHLD, SHRD
        return random.chance(50)
          ? word([0x0f, random.pick([0xa4, 0xac])], wordNumber(), wordRm(), [random.below(70)])
          : word([0x0f, random.pick([0xa5, 0xad])], wordNumber(), wordRm());
      case 22: // XADD, CMPXCHG, XCHG
        return make(
          random.pick([[0x0f, 0xc0 | width], [0x0f, 0xb0 | width], [0x86 | width]]),
          number(),
          rm(),
        );
      default: // BSF, BSR, POPCNT; an immediate into a register
        if (random.chance(50)) return word([0x0f, 0xbc + random.below(2)], wordNumber(), wordRm());
        return this.loadImmediate(this.#register(), interesting(random));
    }
  }

  /** An access through a register, or near where it points. */
  through(pointer: number): { bytes: number[]; guarded: boolean } {
    const random = this.#random;
    const { bits } = this;
    const narrow = random.chance(15);
    const width = narrow ? 0 : 1;
    const opcode = random.pick([
      [0x8a],
      [0x88],
      [0x02],
      [0x00],
      [0x10],
      [0x32],
      [0x30],
      [0x28],
      [0x3a],
      [0x84],
      [0x86],
    ]);
    const others = freeRegisters(bits).filter((register) => register !== pointer);
    const bytes = encode(bits, {
      prefixes: !narrow && random.chance(10) ? [0x66] : [],
      wide: bits === 64 && !narrow && random.chance(40),
      opcode: opcode.map((byte) => byte | width),
      reg: narrow ? random.below(3) : random.pick(others),
      rm: {
        base: pointer,
        index: random.chance(15) ? indexRegister(bits) : -1,
        scale: random.below(4),
        displacement: random.pick([0, 0, 4, 8, -8, 0x7c, 0x100, -0x1000, 0x1000]),
      },
    });
    return { bytes, guarded: true };
  }
  /** An access relative to FS or GS. */
  segmented(): { bytes: number[]; guarded: boolean } {
    const random = this.#random;
    const absolute = random.chance(90) ? random.below(0x1800) : random.below(0x4010);
    const bytes = encode(this.bits, {
      prefixes: [random.pick([0x64, 0x65])],
      wide: this.bits === 64 && random.chance(50),
      opcode: [random.pick([0x8b, 0x8b, 0x03, 0x33, 0x89, 0x01])],
      reg: this.#register(),
      rm: { absolute },
    });
    return { bytes, guarded: true };
  }
  /** Another control word of the x87 or of SSE, through the stack. */
  control(masked: boolean): number[] {
    const random = this.#random;
    const pop = 0x58 | random.pick([0, 1, 2]);
    const push = (value: number) => [0x68, ...dword(value)];
    if (random.chance(50)) {
      const rounding = random.chance(60) ? 0 : random.below(4);
      const precision = random.chance(60) ? 3 : random.pick([0, 2, 3]);
      return [...push(0x7f | (precision << 8) | (rounding << 10)), 0xd9, 0x2c, 0x24, pop];
    }
    const masks = masked || random.chance(50) ? 0x1f80 : random.below(64) << 7;
    const mode = random.chance(50) ? 0 : random.pick([0x2000, 0x4000, 0x6000, 0x8040, 0x40]);
    return [...push(masks | mode | random.below(64)), 0x0f, 0xae, 0x14, 0x24, pop];
  }
  /** ADD register, distance. */
  advance(register: number, distance: number): number[] {
    return encode(this.bits, {
      prefixes: [],
      wide: this.bits === 64,
      opcode: [0x81],
      reg: 0,
      rm: { register },
      immediate: dword(distance >>> 0),
    });
  }

  /** MOV register, immediate. */
  loadImmediate(register: number, value: bigint): number[] {
    const rex = this.bits === 64 ? [0x48 | (register >= 8 ? 1 : 0)] : [];
    const bytes = Array.from({ length: this.bits / 8 }, (_, i) =>
      Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 255n),
    );
    return [...rex, 0xb8 | (register & 7), ...bytes];
  }

  /** An access at an address that is computed: MOV EAX, r; AND EAX, mask; op [rAX + data]. */
  #masked(): number[] {
    const random = this.#random;
    const { bits } = this;
    const opcode = random.pick([0x01, 0x03, 0x29, 0x33, 0x89, 0x8b, 0x11, 0x13]);
    const mask = random.pick([0x7ff8, 0xff8, 0x1ff8, 0x7ff0]) | (random.chance(20) ? 7 : 0);
    const access = encode(bits, {
      prefixes: [],
      wide: bits === 64 && random.chance(50),
      opcode: [opcode],
      reg: this.#register(),
      rm: { base: 0, index: -1, scale: 0, displacement: DATA - (random.chance(20) ? 3 : 0) },
    });
    const move = encode(bits, {
      prefixes: [],
      wide: false,
      opcode: [0x8b],
      reg: 0,
      rm: { register: this.#register() },
    });
    return [...move, 0x25, ...dword(mask & (DATA_BYTES - 16)), ...access];
  }
}
