// Random programs for the region torture, as trees: loops of several kinds, branches on every condition, calls and
// recursion, computed jumps, loops with two entries, code over page ends, jumps to the other mapping of the code,
// instructions that fault, single steps, stores into code. A tree can be cut down while a mismatch stays (minimise.ts).
import { interesting } from '../isa/fuzz/initial.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { InstructionMaker } from './instructions.ts';
import { type Bits, freeRegisters } from './registers.ts';
import { ALIAS, CODE, DATA, DATA_PAGES, WRITTEN_CODE } from './world.ts';

export type Node =
  /** Bytes as they are; `guarded`: the NOP that tells the kernel their length comes before. */
  | { readonly kind: 'code'; readonly bytes: readonly number[]; readonly guarded: boolean }
  | {
      readonly kind: 'loop';
      readonly style: LoopStyle;
      readonly register: number;
      count: number;
      body: Node[];
    }
  /** `condition` 0..15, or 16: RCX is zero. */
  | { readonly kind: 'if'; readonly condition: number; then: Node[]; otherwise: Node[] }
  /** A loop that can be entered at two places. */
  | { readonly kind: 'tangle'; readonly condition: number; count: number; body: Node[]; otherwise: Node[] }
  | { readonly kind: 'switch'; readonly register: number; readonly how: JumpHow; cases: Node[][] }
  | {
      readonly kind: 'call';
      readonly callee: number;
      readonly how: 'direct' | JumpHow;
      readonly depth: number;
    }
  /** Goes on at the next node, through an absolute address, in the other mapping or not. */
  | { readonly kind: 'goto'; readonly how: JumpHow; readonly alias: boolean }
  /** PUSH of one register, the body, POP of another. */
  | { readonly kind: 'stack'; readonly push: number; readonly pop: number; body: Node[] }
  /** The next byte but these lies at a page's end. */
  | { readonly kind: 'edge'; readonly bytes: number }
  /** What stores change: an instruction with an immediate, or eight bytes that are jumped over. */
  | { readonly kind: 'soft'; readonly id: number; readonly bytes: readonly number[]; readonly at: number }
  | {
      readonly kind: 'patch';
      readonly id: number;
      readonly bytes: readonly number[];
      readonly alias: boolean;
    };

/** Counts down in a register, on the stack, in RCX with LOOP; counts up to a limit in a register. */
export type LoopStyle = 'register' | 'stack' | 'loop' | 'up';
export type JumpHow = 'register' | 'memory' | 'return';

export interface RegionProgram {
  readonly bits: Bits;
  /** The first is the program; each calls itself or later ones. */
  functions: Node[][];
  /** Start values of the registers that are free. */
  readonly registers: readonly bigint[];
  readonly flags: number;
  /** Data pages that are absent or read-only at the start, as in WorldStart. */
  spoiled: number;
  /** For what lies in the data. */
  readonly seed: number;
  /** Interrupts from outside: instruction counts, ascending. */
  interrupts: readonly number[];
}

export interface ProgramOptions {
  readonly nodes: number;
  /** About how many instructions may run. */
  readonly work: number;
}

class Generator {
  readonly #random: Random;
  readonly #bits: Bits;
  readonly #maker: InstructionMaker;
  #left: number;
  #softs = 0;
  #functions = 1;
  readonly #counts: number;
  /** Chances of what regions are left for, out of 1000, and of what contains other nodes. */
  readonly #wild: Readonly<
    Record<
      'fault' | 'store' | 'alias' | 'step' | 'edge' | 'string' | 'flags' | 'exchange' | 'control',
      number
    >
  >;
  readonly #compounds: number;
  readonly #tame: boolean;
  readonly #writesCode: boolean;

  constructor(random: Random, bits: Bits, options: ProgramOptions) {
    this.#random = random;
    this.#bits = bits;
    // Most programs stay in regions for long; in the others everything happens.
    const tame = random.chance(60);
    this.#tame = tame;
    this.#writesCode = random.chance(25);
    this.#maker = new InstructionMaker(random, bits, tame ? [0, 0, 4, 15, 50] : [0, 5, 20, 60]);
    this.#compounds = random.pick([150, 260, 400]);
    this.#left = options.nodes;
    this.#counts = options.work;
    const chance = (tameOnes: readonly number[], wildOnes: readonly number[]) =>
      random.pick(tame ? tameOnes : wildOnes);
    this.#wild = {
      fault: chance([0, 0, 0, 3], [0, 10, 40]),
      store: chance([0], [0, 10, 40]),
      alias: chance([0, 0, 5], [0, 10, 30]),
      step: chance([0], [0, 3, 10]),
      edge: chance([0, 0, 5, 20], [15]),
      string: chance([0, 0, 3], [15]),
      flags: chance([0, 5], [15]),
      control: chance([0, 3], [0, 10]),
      exchange: chance([0, 0, 4, 12], [0, 10]),
    };
  }

  make(): RegionProgram {
    const random = this.#random;
    const bits = this.#bits;
    this.#functions = 1 + random.below(random.pick([1, 3, 8]));
    const functions: Node[][] = [];
    const share = Math.max(3, Math.floor(this.#left / this.#functions));
    for (let i = 0; i < this.#functions; i++) {
      this.#left = share;
      functions.push(this.#list(i, 0, i === 0 ? this.#counts : Math.ceil(this.#counts / 20)));
    }
    functions[0] = this.#repeated(functions);
    const registers = Array.from({ length: 16 }, () => this.#start());
    this.#maker.free();
    const interrupts = random.chance(40)
      ? Array.from({ length: 1 + random.below(12) }, () => random.below(this.#counts)).sort((a, b) => a - b)
      : [];
    return {
      bits,
      functions,
      registers,
      flags: 0x202 | (random.u32() & 0x8d5),
      spoiled: random.chance(60) ? 0 : random.u32() & random.u32() & ((1 << (2 * DATA_PAGES)) - 1),
      seed: random.u32(),
      interrupts,
    };
  }

  /** The first function in a loop, or two, that make it run for about as long as it may. */
  #repeated(functions: readonly Node[][]): Node[] {
    let body = functions[0]!;
    for (let cost = costOf(body, functions); cost < this.#counts / 4; cost = costOf(body, functions)) {
      const count = Math.max(2, Math.min(100, Math.floor(this.#counts / cost)));
      const register = this.#bits === 64 ? this.#random.pick([13, 14, 15]) : 1;
      body = [{ kind: 'loop', style: this.#random.pick(['register', 'stack', 'up']), register, count, body }];
    }
    return body;
  }

  #start(): bigint {
    const value = this.#random.chance(25)
      ? BigInt(DATA + 16 * this.#random.below(2048))
      : interesting(this.#random);
    return BigInt.asUintN(this.#bits, value);
  }

  /** Nodes until chance or the share of the function ends. `work` instructions may run here. */
  #list(self: number, depth: number, work: number): Node[] {
    const list: Node[] = [];
    const most = depth === 0 ? this.#left : 1 + this.#random.below(8);
    while (this.#left > 0 && list.length < most) {
      this.#left--;
      list.push(this.#node(self, depth, work));
    }
    return list;
  }

  #node(self: number, depth: number, work: number): Node {
    const random = this.#random;
    const roll = random.below(1000);
    let limit = 0;
    const falls = (chance: number) => {
      limit += chance;
      return roll < limit;
    };
    const wild = this.#wild;
    if (falls(wild.fault)) return this.#fault();
    if (falls(wild.store)) return this.#soft();
    if (falls(wild.alias))
      return { kind: 'goto', how: random.pick(['register', 'memory', 'return']), alias: random.chance(60) };
    if (falls(wild.step)) return { kind: 'code', bytes: this.#singleStep(), guarded: false };
    if (falls(wild.edge)) return { kind: 'edge', bytes: random.below(20) };
    if (falls(wild.string)) return { kind: 'code', bytes: this.#string(), guarded: false };
    if (falls(wild.flags)) return { kind: 'code', bytes: this.#flags(), guarded: false };
    if (falls(wild.control)) return { kind: 'code', bytes: this.#maker.control(this.#tame), guarded: false };
    if (falls(wild.exchange))
      return { kind: 'code', bytes: random.pick([[0xcc], [0xcd, 4]]), guarded: false };
    if (falls(this.#compounds) && depth < 6) return this.#compound(self, depth, work);
    return { kind: 'code', ...this.#maker.next() };
  }

  #compound(self: number, depth: number, work: number): Node {
    const random = this.#random;
    const inner = (share: number) => this.#list(self, depth + 1, Math.max(1, Math.floor(work / share)));
    const condition = random.chance(6) ? 16 : random.below(16);
    const kind = random.below(100);
    if (kind < 9 && work > 60) return this.#walk(work);
    if (kind < 11 && work > 200 && this.#writesCode) return this.#generate(work);
    if (kind < 34 && work > 30) {
      const count = 1 + random.below(Math.floor(Math.min(work / 15, random.pick([4, 20, 100, 100]))));
      const style = random.pick(['register', 'register', 'stack', 'loop', 'up'] as const);
      const register = this.#bits === 64 ? 13 + (depth % 3) : 1;
      return { kind: 'loop', style, register, count, body: inner(count) };
    }
    if (kind < 70)
      return { kind: 'if', condition, then: inner(1), otherwise: random.chance(45) ? inner(1) : [] };
    if (kind < 75 && work > 30) {
      const count = 1 + random.below(Math.floor(Math.min(12, work / 10)));
      return {
        kind: 'tangle',
        condition: condition & 15,
        count,
        body: inner(count),
        otherwise: inner(count),
      };
    }
    if (kind < 82) {
      const cases = Array.from({ length: random.pick([2, 4, 8]) }, () => inner(1));
      return {
        kind: 'switch',
        register: this.#free(),
        how: random.pick(['register', 'memory', 'return']),
        cases,
      };
    }
    if (kind < 95 && this.#functions > 1) {
      // Itself only where nothing repeats it: the depth counter bounds it anyway.
      const callee = self + (self > 0 && random.chance(25) ? 0 : 1 + random.below(3));
      if (callee < this.#functions) {
        const how = random.chance(70) ? 'direct' : random.pick(['register', 'memory', 'return'] as const);
        return { kind: 'call', callee, how, depth: random.below(random.pick([2, 10, 40])) };
      }
    }
    return { kind: 'stack', push: this.#free(), pop: this.#free(), body: inner(1) };
  }

  #free(): number {
    return this.#random.pick(freeRegisters(this.#bits));
  }

  /** A loop over the data through a register that moves on, with accesses of every kind. */
  #walk(work: number): Node {
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
      pop: random.chance(50) ? pointer : this.#free(),
      body: [load, loop],
    };
  }

  /** A loop that writes a function into one of several pages, calls it, changes it and calls it again. */
  #generate(work: number): Node {
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
  #fault(): Node {
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

  /** Something in the code that is stored into, or a store: the last made or the next one. */
  #soft(): Node {
    const random = this.#random;
    if (this.#softs === 0 || random.chance(35)) {
      const id = this.#softs++;
      if (random.chance(40)) {
        const cell = Array.from({ length: 8 }, () => random.below(256));
        return { kind: 'soft', id, bytes: [0xeb, 8, ...cell], at: 2 };
      }
      const register = random.pick([0, 1, 2, 6, 7]);
      const value = random.u32();
      const bytes = [
        0x81,
        0xc0 | (random.below(8) << 3) | register,
        ...[0, 8, 16, 24].map((s) => (value >>> s) & 255),
      ];
      return { kind: 'soft', id, bytes, at: 2 };
    }
    const register = random.pick([0, 1, 2]);
    const bytes = random.pick([[0x88], [0x89], [0x89], [0x01], [0x30]]);
    return {
      kind: 'patch',
      id: random.below(this.#softs),
      bytes: [...bytes, register << 3],
      alias: random.chance(30),
    };
  }

  /** PUSHF; OR [SP], TF; POPF. */
  #singleStep(): number[] {
    return [0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d];
  }
  /** Flags from a constant, or into a register. */
  #flags(): number[] {
    const random = this.#random;
    if (random.chance(50)) return [0x9c, 0x58 | random.pick([0, 1, 2, 6, 7])];
    const flags = 0x202 | (random.u32() & 0xcd5 & (random.chance(90) ? ~0x400 : -1));
    return [0x68, flags & 255, flags >> 8, 0, 0, 0x9d];
  }
  /** A repeated string instruction on data, with DF as it may be. */
  #string(): number[] {
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

/** About how many instructions a list runs. */
function costOf(list: readonly Node[], functions: readonly Node[][], depth = 0): number {
  let sum = 1;
  for (const node of list) {
    if (node.kind === 'loop' || node.kind === 'tangle')
      sum += node.count * costOf(node.body, functions, depth);
    else if (node.kind === 'call')
      sum += depth < 4 ? costOf(functions[node.callee] ?? [], functions, depth + 1) : 9;
    else if (node.kind === 'switch') sum += costOf(node.cases[0]!, functions, depth) + 4;
    else if (node.kind === 'if') sum += costOf(node.then, functions, depth);
    else if (node.kind === 'stack') sum += costOf(node.body, functions, depth);
    sum += 1;
  }
  return sum;
}

export function makeRegionProgram(random: Random, bits: Bits, options: ProgramOptions): RegionProgram {
  return new Generator(random, bits, options).make();
}
