// Which accesses of a region are likely to be to one page, and so share a *page*: the translation that was used
// last (region-memory.ts).
//
// Accesses share one when their addresses begin with the same register, that register has not been given an
// unrelated value between them, and their displacements name the same page. A register that has become another's
// copy, or moved on by some distance, stands for the same pages as before. Where ways meet, nothing is known of
// what happened before.
//
// A page that is accessed in a loop, or often, is kept in locals of the region; the others, and what the entry puts
// into the locals, are cells in memory (engine-state.ts, PAGE_CELLS), chosen by a hash.
import type { Uop, Value } from '../../x86/uops/ir.ts';
import * as E from '../soft/engine-state.ts';
import { successors } from './graph.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import type { Region } from './region.ts';
import type { RegionFacts } from './region-analysis.ts';
import { offsetOf } from './region-values.ts';
import { registerAt } from './registers.ts';
import type { ControlFlow } from './structure.ts';

/** One translation that accesses share. */
export interface Page {
  /** Number of its cell. */
  cell: number;
  /** It is for writing. */
  readonly writes: boolean;
  /** Accesses by it, those in loops counted several times. */
  weight: number;
  /** It is another one nearly each time: its accesses are looked up in the TLB (scattered.ts). */
  scattered: boolean;
  /** Its locals: what masked addresses are compared with, and what is added to addresses; -1: it is in the cell. */
  tag: number;
  addend: number;
}

/** Accesses in a loop count as so many, and a page of so many is kept in locals; of so many pages at most. */
const LOOP_WEIGHT = 4;
const WEIGHT_OF_LOCALS = 3;
const MOST_LOCALS = 24;

/** Bits of a displacement in such a piece. */
const FINE = 5;

/** What a register has stood for since some instruction: 0 .. 15, as it is where ways meet; NONE, no register. */
type Origin = number;
const REGISTERS = 16;
const NONE = -1;

/** Operations whose result stands for the pages of their first operand that does for any. */
const BASED = new Set(['add', 'sub', 'and']);

/** What is known of a value. */
interface Known {
  readonly origin: Origin;
  /** What has been added to the origin, modulo 2^32; the value itself where there is no origin. */
  readonly displacement: number;
}
const NOTHING: Known = { origin: NONE, displacement: 0 };

export class RegionPages {
  /** By origin, page of the displacement, and use. */
  readonly #pages = new Map<number, Page>();
  /** By instruction: instructions may share their micro-operations. */
  readonly #accesses = new Map<InstructionFacts, Map<Uop, Page>>();
  /** Those that are worth locals, the best first. */
  readonly locals: readonly Page[];
  /** Header of a loop -> the pages in locals that it accesses, which are loaded anew when one of them has become another (region-loops.ts). */
  readonly ofLoop = new Map<number, readonly Page[]>();
  /** Accesses of loops whose headers look at the budget. */
  readonly #looping = new Set<InstructionFacts>();
  readonly #wide: boolean;
  /** Origins so far. */
  #origins = REGISTERS;
  // Where the analysis is: what the registers stand for, what the instruction's values are.
  #registers: Origin[] = [];
  #values: (Known | undefined)[] = [];
  #weight = 0;
  #isScattered = false;
  /** Windows were found in two pages: pages are those of smaller pieces. */
  readonly #fine: boolean;
  #inside: Set<Page>[] = [];

  constructor({ blocks, scattered, apart }: Region, flow: ControlFlow, facts: RegionFacts, wide: boolean) {
    this.#fine = (apart ?? []).length > 0;
    const offsets = new Set(scattered);
    this.#wide = wide;
    const loops = loopsOf(flow);
    const inLoop = blocks.map(({ index }) => loops.some(({ blocks: inside }) => inside.has(index)));
    const byLoop = loops.map(() => new Set<Page>());
    const ends: Origin[][] = [];
    const start = Array.from({ length: REGISTERS }, (_, register) => register);
    facts.blocks.forEach((block, b) => {
      const [from, ...others] = flow.predecessors[b]!;
      const known = from !== undefined && others.length === 0 && from < b && !flow.isLoopHeader[b];
      this.#registers = known ? [...ends[from]!] : [...start];
      ends.push(this.#registers);
      this.#weight = inLoop[b] ? LOOP_WEIGHT : 1;
      this.#inside = byLoop.filter((_, i) => loops[i]!.blocks.has(b));
      const innermost = loops.findLast(({ blocks: inside }) => inside.has(b));
      const looping = innermost !== undefined && blocks[innermost.header]!.instructions.length > 0;
      for (const [i, instruction] of block.instructions.entries()) {
        if (looping) this.#looping.add(instruction);
        this.#values = [];
        this.#isScattered = offsets.has(blocks[b]!.instructions[i]!.offset);
        this.#walk(instruction.uops, instruction);
      }
    });
    const pages = [...this.#pages.values()];
    this.locals = pages
      .filter(({ weight, scattered }) => weight >= WEIGHT_OF_LOCALS && !scattered)
      .sort((a, b) => b.weight - a.weight)
      .slice(0, MOST_LOCALS);
    this.#separate();
    this.changesInLoops = this.locals.some((page) =>
      loops.some(({ header }, i) => blocks[header]!.instructions.length > 0 && byLoop[i]!.has(page)),
    );
    loops.forEach(({ header }, i) => {
      this.ofLoop.set(
        header,
        this.locals.filter((page) => byLoop[i]!.has(page)),
      );
    });
  }
  /** Pages in locals have each a cell of its own. */
  #separate(): void {
    for (const writes of [false, true]) {
      const taken = new Set<number>();
      for (const page of this.locals) {
        if (page.writes !== writes) continue;
        while (taken.has(page.cell))
          page.cell = page.cell + 1 < E.PAGE_CELL_COUNT ? page.cell + 1 : REGISTERS;
        taken.add(page.cell);
      }
    }
  }
  /** Some page in locals is accessed in a loop whose header looks at the budget. */
  readonly changesInLoops: boolean;
  /** Whether an access's page in locals is left as it is where another page is accessed, until the loop goes round. */
  isLooping(instruction: InstructionFacts): boolean {
    return this.#looping.has(instruction);
  }

  /** The page of an access of an instruction, unless it is one of a window's but the first. */
  of(instruction: InstructionFacts, uop: Uop): Page {
    return this.#accesses.get(instruction)!.get(uop)!;
  }

  #walk(list: readonly Uop[], instruction: InstructionFacts): void {
    for (const uop of list) {
      switch (uop.op) {
        case 'const':
          if (uop.result.type !== 'i32' && uop.result.type !== 'i64') break;
          this.#values[uop.result.id] = { ...NOTHING, displacement: low32(uop.value as bigint | number) };
          break;
        case 'get':
          this.#get(uop);
          break;
        case 'set':
          this.#set(uop);
          break;
        case 'unary':
          if (uop.operator !== 'wrap' && !uop.operator.startsWith('extend')) break;
          this.#values[uop.result.id] = this.#of(uop.a);
          break;
        case 'binary':
          if (BASED.has(uop.operator)) this.#values[uop.result.id] = this.#sum(uop);
          break;
        case 'linear':
          this.#values[uop.result.id] = this.#of(uop.offset);
          break;
        case 'load':
        case 'store':
          this.#access(uop, instruction);
          break;
        case 'if':
          this.#walk(uop.then, instruction);
          this.#walk(uop.else, instruction);
          break;
        case 'loop':
          this.#walk(uop.body, instruction);
      }
    }
  }
  #of(value: Value): Known {
    return this.#values[value.id] ?? NOTHING;
  }
  #get(uop: Uop & { op: 'get' }): void {
    const register = registerAt(offsetOf(uop.location));
    if (register < 0 || register >= REGISTERS) return;
    if (uop.bits >= 32) this.#values[uop.result.id] = { origin: this.#registers[register]!, displacement: 0 };
  }
  #set(uop: Uop & { op: 'set' }): void {
    const register = registerAt(offsetOf(uop.location));
    if (register < 0 || register >= REGISTERS) return;
    const whole = uop.bits >= (this.#wide ? 64 : 32);
    const origin = whole ? this.#of(uop.value).origin : NONE;
    this.#registers[register] = origin === NONE ? this.#origins++ : origin;
  }
  /** The first operand that stands for pages, moved on by the other where that is constant. */
  #sum(uop: Uop & { op: 'binary' }): Known {
    const a = this.#of(uop.a);
    const b = this.#of(uop.b);
    const [based, other] = a.origin === NONE && b.origin !== NONE ? [b, a] : [a, b];
    if (other.origin !== NONE || uop.operator === 'and') return based;
    const distance = uop.operator === 'sub' ? -other.displacement : other.displacement;
    return { origin: based.origin, displacement: (based.displacement + distance) | 0 };
  }
  #access(uop: Uop & { op: 'load' | 'store' }, instruction: InstructionFacts): void {
    // What another access of its window looks up needs no page.
    if (instruction.inWindows?.get(uop)?.first === false) return;
    const writes = uop.op === 'store' || uop.intent === 'write';
    const { origin, displacement } = this.#values[uop.address.id] ?? {
      origin: this.#origins++,
      displacement: 0,
    };
    // A little below the register's own place is most likely on its page; unless a page is known to end near some place.
    const part = (this.#fine ? displacement >> FINE : (displacement + 2048) >> 12) & 0xf_ffff;
    const key = ((origin + 1) * 2 + (writes ? 1 : 0)) * 2 ** 20 + part;
    let page = this.#pages.get(key);
    if (!page) {
      const plain = origin !== NONE && origin < REGISTERS && part === 0;
      const others = E.PAGE_CELL_COUNT - REGISTERS;
      const cell = plain ? origin : REGISTERS + (((origin + 1) * 29 + part * 7) % others);
      page = { cell, writes, weight: 0, scattered: false, tag: -1, addend: -1 };
      this.#pages.set(key, page);
    }
    page.weight += this.#weight;
    for (const pages of this.#inside) pages.add(page);
    page.scattered ||= this.#isScattered;
    let accesses = this.#accesses.get(instruction);
    if (!accesses) {
      accesses = new Map();
      this.#accesses.set(instruction, accesses);
    }
    accesses.set(uop, page);
  }
}

function low32(value: bigint | number): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

interface Loop {
  readonly header: number;
  readonly blocks: ReadonlySet<number>;
}
/** The loops, the outer before the inner. */
function loopsOf(flow: ControlFlow): Loop[] {
  const loops = new Map<number, Set<number>>();
  for (const { index, end } of flow.blocks) {
    for (const header of successors(end)) {
      if (header > index) continue;
      let seen = loops.get(header);
      if (!seen) {
        seen = new Set([header]);
        loops.set(header, seen);
      }
      // What leads to the edge back without the header.
      const open = seen.has(index) ? [] : [index];
      seen.add(index);
      for (let block = open.pop(); block !== undefined; block = open.pop()) {
        for (const from of flow.predecessors[block]!) {
          if (seen.has(from)) continue;
          seen.add(from);
          open.push(from);
        }
      }
    }
  }
  return [...loops].map(([header, blocks]) => ({ header, blocks })).sort((a, b) => a.header - b.header);
}
