// Which accesses of a region are so near to one another that one look at a page does for all of them: a *window*. They are
// of one block, and of those that only it leads to.
//
//          low                     the first access, which looks the page up
//           |                          |
//   --------+--------+-----+-----------+------+-------
//           | third  |     |  second   | first|              all of it in one page, or the region bails
//           +--------+-----+-----------+------+
//           <------------- length ------------>
//
// Addresses are followed through the micro-operations as sums of a symbol and a displacement: two with the same symbol
// are as far apart as their displacements, whatever the symbol stands for (a register's value where ways meet, a loaded
// value, a sum of them; equal operations on equal operands are the same symbol). In 64-bit code values
// are taken modulo 2^64, otherwise modulo 2^32.
//
// A window for writing serves reads that come after its first access, too: what may be written may be read.
import type { Uop, Value } from '../../x86/uops/ir.ts';
import { someUop } from '../interp/some-uop.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import type { Region } from './region.ts';
import { offsetOf } from './region-values.ts';
import { registerAt } from './registers.ts';
import type { ControlFlow } from './structure.ts';

export interface Window {
  /** Distance of its first byte from the address of the first access (0 or negative), and its length, in bytes. */
  low: number;
  length: number;
  /** Accesses that have not been lowered yet. */
  left: number;
  /** Local with the place of its first byte in the guest's memory, once the first access has found it. */
  local: number;
}
/** An access in a window. */
export interface WindowAccess {
  readonly window: Window;
  readonly first: boolean;
  /** Distance from the window's first byte. */
  offset: number;
}

/** A longer one would too often reach into the next page. */
const MOST_BYTES = 128;
const REGISTERS = 16;
/** Symbol of constants. */
const NOTHING = 0;

interface Sum {
  readonly symbol: number;
  readonly displacement: number;
}

/** What is known at a block's end. */
interface Known {
  readonly registers: readonly Sum[];
  readonly reads: ReadonlyMap<number, OpenWindow>;
  readonly writes: ReadonlyMap<number, OpenWindow>;
}

/** A window that may still grow. Displacements are those of its symbol. */
interface OpenWindow {
  readonly window: Window;
  readonly first: number;
  low: number;
  high: number;
  /** It was found in two pages often: its accesses are looked up one by one. */
  readonly apart: boolean;
  readonly accesses: {
    readonly block: number;
    readonly instruction: number;
    readonly uop: Uop;
    readonly at: number;
  }[];
}

export class RegionWindows {
  /** Of each block and instruction; others may share its micro-operations. */
  readonly #accesses: (Map<Uop, WindowAccess> | undefined)[][];
  readonly #wide: boolean;
  // Where the analysis is.
  #symbols = 1;
  readonly #names = new Map<string, number>();
  #registers: Sum[] = [];
  #values: (Sum | undefined)[] = [];
  /** By symbol. */
  #reads = new Map<number, OpenWindow>();
  #writes = new Map<number, OpenWindow>();
  #apart = false;
  #block = 0;
  #index = 0;
  readonly #all: OpenWindow[] = [];

  /** `instructions`: of each block, with all their accesses. */
  constructor(region: Region, flow: ControlFlow, instructions: readonly (readonly InstructionFacts[])[]) {
    this.#accesses = instructions.map(() => []);
    this.#wide = region.mode.bits === 64;
    const apart = new Set(region.apart);
    const ends: Known[] = [];
    instructions.forEach((list, b) => {
      this.#block = b;
      const [from, ...others] = flow.predecessors[b]!;
      const follows = from !== undefined && others.length === 0 && from < b && !flow.isLoopHeader[b];
      this.#begin(follows ? ends[from]! : null);
      list.forEach((instruction, i) => {
        this.#index = i;
        this.#apart = apart.has(region.blocks[b]!.instructions[i]!.offset);
        this.#instruction(instruction);
      });
      ends.push({ registers: this.#registers, reads: this.#reads, writes: this.#writes });
    });
    for (const one of this.#all) this.#finish(one);
  }
  /** A block begins where another ends, or where ways meet. */
  #begin(known: Known | null): void {
    this.#registers = known ? [...known.registers] : Array.from({ length: REGISTERS }, () => this.#fresh());
    this.#reads = new Map(known?.reads);
    this.#writes = new Map(known?.writes);
  }

  /** Accesses of an instruction of a block that are in a window; the others are looked up by themselves. */
  of(block: number, instruction: number): ReadonlyMap<Uop, WindowAccess> | undefined {
    return this.#accesses[block]![instruction];
  }

  #instruction(instruction: InstructionFacts): void {
    this.#values = [];
    if (instruction.bulk >= 0 || instruction.interpreted) {
      this.#closeAll();
      for (let register = 0; register < REGISTERS; register++) {
        if (instruction.written & (1 << register)) this.#registers[register] = this.#fresh();
      }
      return;
    }
    const modified = new Set<number>();
    for (const uop of instruction.uops) {
      switch (uop.op) {
        case 'const':
          this.#values[uop.result.id] = constant(uop.value);
          break;
        case 'get':
          this.#values[uop.result.id] = this.#get(uop);
          break;
        case 'set':
          this.#set(uop);
          break;
        case 'unary':
          this.#values[uop.result.id] = this.#unary(uop);
          break;
        case 'binary':
          this.#values[uop.result.id] = this.#binary(uop);
          break;
        case 'load':
          if (uop.intent === 'write') modified.add(uop.address.id);
          this.#access(uop);
          break;
        case 'store':
          // Where a load with write intent was before it, that has found the place.
          if (!modified.has(uop.address.id)) this.#access(uop);
          break;
        case 'if':
        case 'loop':
          this.#inside(uop);
          break;
        case 'call':
        case 'userPages':
        case 'endBlock':
          this.#closeAll();
      }
    }
  }

  // ---- values ----

  #fresh(): Sum {
    return { symbol: this.#symbols++, displacement: 0 };
  }
  /** What stands for itself only is given a symbol when somebody asks for it. */
  #of(value: Value): Sum {
    this.#values[value.id] ??= this.#fresh();
    return this.#values[value.id]!;
  }
  /** The symbol for an operation on symbols, the same for the same. */
  #named(name: string): number {
    let symbol = this.#names.get(name);
    if (symbol === undefined) {
      symbol = this.#symbols++;
      this.#names.set(name, symbol);
    }
    return symbol;
  }
  #get(uop: Uop & { op: 'get' }): Sum | undefined {
    const offset = offsetOf(uop.location);
    const register = registerAt(offset);
    if (register < 0 || register >= REGISTERS || (offset & 7) !== 0) return undefined;
    if (uop.bits >= (this.#wide ? 64 : 32)) return this.#registers[register];
    const low = uop.bits === 32 && uop.result.type === 'i32';
    return low ? this.#wrapped(this.#registers[register]!) : undefined;
  }
  #wrapped({ symbol, displacement }: Sum): Sum {
    return symbol === NOTHING
      ? { symbol, displacement: displacement | 0 }
      : { symbol: this.#named(`wrap ${symbol}`), displacement };
  }
  #set(uop: Uop & { op: 'set' }): void {
    const offset = offsetOf(uop.location);
    const register = registerAt(offset);
    if (register < 0 || register >= REGISTERS) return;
    const whole = uop.bits >= (this.#wide ? 64 : 32) && (offset & 7) === 0;
    this.#registers[register] = whole ? this.#of(uop.value) : this.#fresh();
  }
  #unary(uop: Uop & { op: 'unary' }): Sum | undefined {
    const { operator } = uop;
    if (operator !== 'wrap' && operator !== 'extend_u' && operator !== 'extend_s') return undefined;
    const a = this.#of(uop.a);
    if (!this.#wide) return a;
    if (operator === 'wrap') return this.#wrapped(a);
    const { symbol, displacement } = a;
    if (symbol !== NOTHING)
      return { symbol: this.#named(`${operator} ${symbol} ${displacement}`), displacement: 0 };
    return { symbol, displacement: operator === 'extend_u' ? displacement >>> 0 : displacement | 0 };
  }
  #binary({ operator, a: left, b: right }: Uop & { op: 'binary' }): Sum | undefined {
    const scales = operator === 'shl' || operator === 'mul';
    if (operator !== 'add' && operator !== 'sub' && operator !== 'and' && !scales) return undefined;
    const a = this.#of(left);
    const b = this.#of(right);
    if (operator === 'and') {
      const whole = !this.#wide && b.symbol === NOTHING && (b.displacement | 0) === -1;
      return whole ? a : undefined;
    }
    if (scales) {
      if (b.symbol !== NOTHING || b.displacement < 0 || b.displacement > 8) return undefined;
      const factor = operator === 'shl' ? 2 ** b.displacement : b.displacement;
      const symbol = a.symbol === NOTHING ? NOTHING : this.#named(`${a.symbol} times ${factor}`);
      return sum(symbol, a.displacement * factor);
    }
    const displacement =
      operator === 'add' ? a.displacement + b.displacement : a.displacement - b.displacement;
    if (b.symbol === NOTHING) return sum(a.symbol, displacement);
    if (operator === 'sub') return sum(this.#named(`${a.symbol} - ${b.symbol}`), displacement);
    if (a.symbol === NOTHING) return sum(b.symbol, displacement);
    const [first, second] = a.symbol < b.symbol ? [a.symbol, b.symbol] : [b.symbol, a.symbol];
    return sum(this.#named(`${first} + ${second}`), displacement);
  }
  /** What is done on a condition, or repeatedly: nothing is known of registers that it writes. */
  #inside(uop: Uop): void {
    someUop([uop], (inner) => {
      if (inner.op === 'userPages' || inner.op === 'call' || inner.op === 'endBlock') this.#closeAll();
      if (inner.op !== 'set') return false;
      const register = registerAt(offsetOf(inner.location));
      if (register >= 0 && register < REGISTERS) this.#registers[register] = this.#fresh();
      return false;
    });
  }

  // ---- windows ----

  #access(uop: Uop & { op: 'load' | 'store' }): void {
    const { symbol, displacement } = this.#of(uop.address);
    const bytes = uop.bits / 8;
    const writes = uop.op === 'store' || uop.intent === 'write';
    const own = writes ? this.#writes : this.#reads;
    for (const open of writes ? [own] : [this.#writes, own]) {
      const near = open.get(symbol);
      if (!near) continue;
      const low = Math.min(near.low, displacement);
      const high = Math.max(near.high, displacement + bytes);
      if (high - low > MOST_BYTES) continue;
      near.low = low;
      near.high = high;
      near.accesses.push(this.#here(uop, displacement));
      return;
    }
    const open: OpenWindow = {
      window: { low: 0, length: 0, left: 0, local: -1 },
      first: displacement,
      low: displacement,
      high: displacement + bytes,
      apart: this.#apart,
      accesses: [this.#here(uop, displacement)],
    };
    own.set(symbol, open);
    this.#all.push(open);
  }
  #here(uop: Uop, at: number): OpenWindow['accesses'][number] {
    return { block: this.#block, instruction: this.#index, uop, at };
  }
  #finish({ window, first, low, high, apart, accesses }: OpenWindow): void {
    if (accesses.length < 2 || apart) return;
    window.low = low - first;
    window.length = high - low;
    window.left = accesses.length;
    accesses.forEach(({ block, instruction, uop, at }, i) => {
      const ofBlock = this.#accesses[block]!;
      ofBlock[instruction] ??= new Map();
      const ofInstruction = ofBlock[instruction];
      ofInstruction.set(uop, { window, first: i === 0, offset: at - low });
    });
  }
  /** Nothing that comes belongs to the windows so far. */
  #closeAll(): void {
    this.#reads.clear();
    this.#writes.clear();
  }
}

/**
 * Whether no access of an instruction can be left to the interpreter: an earlier one of the window, or a load with write intent before it,
 * has found its place. `inWindows` are those of them that are in windows.
 */
export function areFound(uops: readonly Uop[], inWindows: ReadonlyMap<Uop, WindowAccess>): boolean {
  const modified = new Set<number>();
  return uops.every((uop) => {
    if (uop.op !== 'load' && uop.op !== 'store') return true;
    if (uop.op === 'store' && modified.has(uop.address.id)) return true;
    if (uop.op === 'load' && uop.intent === 'write') modified.add(uop.address.id);
    return inWindows.get(uop)?.first === false;
  });
}

function sum(symbol: number, displacement: number): Sum | undefined {
  return Math.abs(displacement) < 2 ** 40 ? { symbol, displacement } : undefined;
}
function constant(value: unknown): Sum | undefined {
  if (typeof value === 'bigint') return sum(NOTHING, Number(BigInt.asIntN(64, value)));
  return typeof value === 'number' && Number.isInteger(value) ? sum(NOTHING, value) : undefined;
}
