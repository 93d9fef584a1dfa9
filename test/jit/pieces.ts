// Pieces of region torture programs with a purpose of their own: walks through memory, code that is written and called,
// faults, single steps, flags and string instructions.
import type { Random } from '../isa/fuzz/random.ts';
import type { InstructionMaker } from './instructions.ts';
import type { Node } from './nodes.ts';
import { type Bits, freeRegisters } from './registers.ts';
import { ALIAS, CODE, DATA, DATA_PAGES, WRITTEN_CODE } from './world.ts';

export class PieceMaker {
  readonly #random: Random;
  readonly #bits: Bits;
  readonly #maker: InstructionMaker;

  constructor(random: Random, bits: Bits, maker: InstructionMaker) {
    this.#random = random;
    this.#bits = bits;
    this.#maker = maker;
  }

  /** A loop over the data through a register that moves on, with accesses of every kind. */
  walk(work: number): Node {
    const random = this.#random;
    const registers = this.#bits === 64 ? [6, 7, 8, 9, 10, 11] : [6, 7];
    const pointer = random.pick(registers);
    const count = 2 + random.below(Math.floor(Math.min(100, work / 10)));
    const stride = random.pick([1, 4, 8, 24, 64, 100, 0x234, 0x800, 0x1000]) * random.pick([1, 1, -1]);
    const start = DATA + random.below(DATA_PAGES * 4096 - 64);
    const access = (): Node => ({ kind: 'code', ...this.#maker.through(pointer) });
    const body: Node[] = Array.from({ length: 1 + random.below(5) }, access);
    if (random.chance(50)) {
      const condition = random.below(16);
      body.push({ kind: 'if', condition, then: [access()], otherwise: random.chance(50) ? [access()] : [] });
    }
    if (random.chance(10)) body.push({ kind: 'code', bytes: [0xcc], guarded: false });
    // A second pointer into another page, or the same.
    if (random.chance(40)) body.push({ kind: 'code', ...this.#maker.next() }, access());
    body.push({ kind: 'code', bytes: this.#maker.advance(pointer, stride), guarded: false });
    const load: Node = {
      kind: 'code',
      bytes: this.#maker.loadImmediate(pointer, BigInt(start)),
      guarded: false,
    };
    const register = this.#bits === 64 ? random.pick([13, 14, 15]) : 1;
    const loop: Node = {
      kind: 'loop',
      style: random.pick(['register', 'stack', 'loop']),
      register,
      count,
      body,
    };
    return {
      kind: 'stack',
      push: pointer,
      pop: random.chance(50) ? pointer : random.pick(freeRegisters(this.#bits)),
      body: [load, loop],
    };
  }

  /** A loop that writes a function into one of several pages, calls it, changes it and calls it again. */
  generate(work: number): Node {
    const random = this.#random;
    const plain = (...bytes: number[]): Node => ({ kind: 'code', bytes, guarded: false });
    const low = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
    const wide = this.#bits === 64 ? [0x48] : [];
    // MOV EDI, [SP]; AND EDI, 3; SHL EDI, 12; ADD EDI, address: the loop's counter is on the stack.
    const address = WRITTEN_CODE + random.below(0xfc0);
    const body = [plain(0x8b, 0x3c, 0x24, 0x83, 0xe7, 3, 0xc1, 0xe7, 12, 0x81, 0xc7, ...low(address))];
    const count = 1 + random.below(5);
    for (let i = 0; i < count; i++) {
      // MOV dword [DI + n]: an operation on EAX or EDX with a byte, and NOP.
      const modrm = 0xc0 | (random.below(8) << 3) | random.pick([0, 2]);
      body.push(plain(0xc7, 0x47, 4 * i, 0x83, modrm, random.below(256), 0x90));
    }
    body.push(plain(0xc6, 0x47, 4 * count, 0xc3));
    body.push(plain(0xff, 0xd7));
    // MOV [DI + n], AL: another immediate; through the alias now and then.
    if (random.chance(30)) body.push(plain(...wide, 0x8d, 0xb7, ...low(ALIAS - CODE), 0x88, 0x46, 2));
    else body.push(plain(0x88, 0x47, 4 * random.below(count) + 2));
    body.push(plain(0xff, 0xd7));
    const rounds = 2 + random.below(Math.floor(Math.min(60, work / 40)));
    return { kind: 'loop', style: 'stack', register: 1, count: rounds, body };
  }

  /** An instruction that faults, or may. */
  fault(): Node {
    const random = this.#random;
    const register = random.pick([0, 1, 2, 6, 7]);
    const wide = this.#bits === 64 && random.chance(50) ? [0x48] : [];
    const bytes = random.pick<readonly number[]>([
      [...wide, 0xf7, 0xf0 | register], // DIV
      [...wide, 0xf7, 0xf8 | register], // IDIV
      [0xf6, 0xf0 | (register & 3)],
      [0x66, 0xf7, 0xf0 | register],
      [0x0f, 0x0b], // UD2
      [0xf4], // HLT
      [0x0f, 0x20, 0xc0], // MOV EAX, CR0
      [...wide, 0x8b, register], // MOV EAX, [register]
      [...wide, 0x01, 0x40 | register, 0x10], // ADD [register+16], EAX
      [0x0f, 0x28, 0x45, random.below(32)], // MOVAPS XMM0, [BP+n]
      [0xcc], // INT3
      [0xec], // IN
    ]);
    return { kind: 'code', bytes, guarded: bytes[0] !== 0xcc };
  }

  /** An instruction of systems, or a few: some of them fault unless the program runs with CPL 0. */
  system(): Node {
    const random = this.#random;
    const bytes = random.pick<readonly number[]>([
      [0xfa], // CLI
      [0xfb], // STI
      [0xfb],
      [0x0f, 0x01, 0xca], // CLAC
      [0x0f, 0x01, 0xcb], // STAC
      [0x0f, 0x01, 0xcb],
      [0x0f, 0x01, 0x7d, random.below(128)], // INVLPG [BP+n]
      [0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8], // MOV EAX, CR3; MOV CR3, EAX
      [0x0f, 0x06], // CLTS
      [0x0f, 0x31], // RDTSC, which counts instructions
      [0x0f, 0x31],
      [0x8c, 0xd0, 0x8e, 0xd0], // MOV EAX, SS; MOV SS, EAX
      [0x0f, 0xa2], // CPUID
      [0xfb, 0x0f, 0x31], // STI; RDTSC
      [0x9c, 0xfa, 0x0f, 0x31, 0x9d], // PUSHF; CLI; RDTSC; POPF
    ]);
    return { kind: 'code', bytes, guarded: bytes[0] !== 0x9c };
  }
  /** PUSHF; OR [SP], TF; POPF. */
  singleStep(): number[] {
    return [0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d];
  }
  /** Flags from a constant, or into a register. */
  flags(): number[] {
    const random = this.#random;
    if (random.chance(50)) return [0x9c, 0x58 | random.pick([0, 1, 2, 6, 7])];
    const flags = 0x202 | (random.u32() & 0xcd5 & (random.chance(90) ? ~0x400 : -1));
    return [0x68, flags & 255, flags >> 8, 0, 0, 0x9d];
  }
  /** A repeated string instruction on data, with DF as it may be. */
  string(): number[] {
    const random = this.#random;
    const address = () => BigInt(DATA + 0x200 + random.below(DATA_PAGES * 4096 - 0x400));
    const load = (register: number, value: bigint) => this.#maker.loadImmediate(register, value);
    const opcode = random.pick([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf]);
    const repeat = random.pick([[0xf3], [0xf3], [0xf2], []]);
    const size = random.pick([[], [], [0x66], this.#bits === 64 ? [0x48] : []]);
    const count = load(1, BigInt(random.below(random.pick([2, 20, 60]))));
    const prefixes = size[0] === 0x66 ? [...size, ...repeat] : [...repeat, ...size];
    return [...load(6, address()), ...load(7, address()), ...count, ...prefixes, opcode];
  }
}
