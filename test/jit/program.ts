// Random programs for the region torture, as trees: loops of several kinds, branches on every condition, calls and
// recursion, computed jumps, loops with two entries, code over page ends, jumps to the other mapping of the code,
// instructions that fault, single steps, stores into code. A tree can be cut down while a mismatch stays (minimise.ts).
import { interesting } from '../isa/fuzz/initial.ts';
import type { Random } from '../isa/fuzz/random.ts';
import { InstructionMaker } from './instructions.ts';
import type { Node, RegionProgram } from './nodes.ts';
import { PieceMaker } from './pieces.ts';
import { type Bits, freeRegisters } from './registers.ts';
import { randomSurroundings } from './surroundings.ts';
import { DATA, DATA_PAGES } from './world.ts';

export interface ProgramOptions {
  readonly nodes: number;
  /** About how many instructions may run. */
  readonly work: number;
}

class Generator {
  readonly #random: Random;
  readonly #bits: Bits;
  readonly #maker: InstructionMaker;
  readonly #pieces: PieceMaker;
  #left: number;
  #softs = 0;
  #functions = 1;
  readonly #counts: number;
  /** Chances of what regions are left for, out of 1000, and of what contains other nodes. */
  readonly #wild: Readonly<
    Record<
      'fault' | 'system' | 'store' | 'alias' | 'step' | 'edge' | 'string' | 'flags' | 'exchange' | 'control',
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
    this.#pieces = new PieceMaker(random, bits, this.#maker);
    this.#compounds = random.pick([150, 260, 400]);
    this.#left = options.nodes;
    this.#counts = options.work;
    const chance = (tameOnes: readonly number[], wildOnes: readonly number[]) =>
      random.pick(tame ? tameOnes : wildOnes);
    this.#wild = {
      fault: chance([0, 0, 0, 3], [0, 10, 40]),
      system: chance([0, 0, 10], [0, 15, 50]),
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
      surroundings: randomSurroundings(random, this.#tame),
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
    if (falls(wild.fault)) return this.#pieces.fault();
    if (falls(wild.system)) return this.#pieces.system();
    if (falls(wild.store)) return this.#soft();
    if (falls(wild.alias))
      return { kind: 'goto', how: random.pick(['register', 'memory', 'return']), alias: random.chance(60) };
    if (falls(wild.step)) return { kind: 'code', bytes: this.#pieces.singleStep(), guarded: false };
    if (falls(wild.edge)) return { kind: 'edge', bytes: random.below(20) };
    if (falls(wild.string)) return { kind: 'code', bytes: this.#pieces.string(), guarded: false };
    if (falls(wild.flags)) return { kind: 'code', bytes: this.#pieces.flags(), guarded: false };
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
    if (kind < 9 && work > 60) return this.#pieces.walk(work);
    if (kind < 11 && work > 200 && this.#writesCode) return this.#pieces.generate(work);
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
