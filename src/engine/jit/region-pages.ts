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
import type { RegionFacts } from './region-analysis.ts';
import { offsetOf } from './region-values.ts';
import { registerAt } from './registers.ts';
import type { ControlFlow } from './structure.ts';

/** One translation that accesses share. */
export interface Page {
  /** Number of its cell. */
  readonly cell: number;
  /** It is for writing. */
  readonly writes: boolean;
  /** Accesses by it, those in loops counted several times. */
  weight: number;
  /** Its locals: what masked addresses are compared with, and what is added to addresses; -1: it is in the cell. */
  tag: number;
  addend: number;
}

/** Accesses in a loop count as so many, and a page of so many is kept in locals; of so many pages at most. */
const LOOP_WEIGHT = 4;
const WEIGHT_OF_LOCALS = 3;
const MOST_LOCALS = 24;

/** The general register that an address begins with, and since when it has stood for these pages. */
type Origin = string;

/** Operations whose result stands for the pages of their first operand that does for any. */
const BASED = new Set(['add', 'sub', 'and']);

export class RegionPages {
  readonly #pages = new Map<string, Page>();
  /** By the list of an instruction's micro-operations: instructions may share what is in it. */
  readonly #accesses = new Map<readonly Uop[], Map<Uop, Page>>();
  /** Those that are worth locals, the best first. */
  readonly locals: readonly Page[];

  constructor(flow: ControlFlow, facts: RegionFacts, wide: boolean) {
    const inLoop = loops(flow);
    const ends: Map<number, Origin>[] = [];
    facts.blocks.forEach((block, b) => {
      const [from, ...others] = flow.predecessors[b]!;
      const known = from !== undefined && others.length === 0 && from < b && !flow.isLoopHeader[b];
      const origins = new Map(known ? ends[from] : []);
      ends.push(origins);
      block.instructions.forEach(({ uops }, i) => {
        const accesses = new Map<Uop, Page>();
        this.#accesses.set(uops, accesses);
        const walk = new Walk(origins, `${b}.${i}`, wide, (uop, address) => {
          const writes = uop.op === 'store' || uop.intent === 'write';
          const page = this.#page(address, writes);
          page.weight += inLoop[b] ? LOOP_WEIGHT : 1;
          accesses.set(uop, page);
        });
        walk.list(uops);
      });
    });
    const pages = [...this.#pages.values()].filter(({ weight }) => weight >= WEIGHT_OF_LOCALS);
    this.locals = pages.sort((a, b) => b.weight - a.weight).slice(0, MOST_LOCALS);
  }

  /** The page of an access of the instruction with these micro-operations. */
  of(uops: readonly Uop[], uop: Uop): Page {
    return this.#accesses.get(uops)!.get(uop)!;
  }

  #page(address: Address, writes: boolean): Page {
    const { origin, register, displacement } = address;
    // A little below the register's own place is most likely on its page.
    const part = (displacement + 2048) >> 12;
    const key = `${origin}:${part}:${writes}`;
    let page = this.#pages.get(key);
    if (!page) {
      const plain = origin === registerOrigin(register) && part === 0;
      const cell = plain ? register : 16 + (hash(key) % (E.PAGE_CELL_COUNT - 16));
      page = { cell, writes, weight: 0, tag: -1, addend: -1 };
      this.#pages.set(key, page);
    }
    return page;
  }
}

/** By block: it is in a loop. */
function loops(flow: ControlFlow): boolean[] {
  const inside = flow.blocks.map(() => false);
  for (const { index, end } of flow.blocks) {
    for (const header of successors(end)) {
      if (header > index) continue;
      // What leads to the edge back without the header.
      const seen = new Set([header, index]);
      const open = [index];
      for (let block = open.pop(); block !== undefined; block = open.pop()) {
        for (const from of block === header ? [] : flow.predecessors[block]!) {
          if (seen.has(from)) continue;
          seen.add(from);
          open.push(from);
        }
      }
      for (const block of seen) inside[block] = true;
    }
  }
  return inside;
}

function registerOrigin(register: number): Origin {
  return `${register}`;
}
function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum, 31) + text.charCodeAt(i);
  return sum >>> 0;
}

interface Address {
  readonly origin: Origin;
  /** The register that it was; -1: none. */
  readonly register: number;
  readonly displacement: number;
}

/** Follows the registers through one instruction. */
class Walk {
  readonly #origins: Map<number, Origin>;
  readonly #place: string;
  readonly #wide: boolean;
  readonly #access: (uop: Uop & { op: 'load' | 'store' }, address: Address) => void;
  readonly #values = new Map<number, Address>();

  constructor(
    origins: Map<number, Origin>,
    place: string,
    wide: boolean,
    access: (uop: Uop & { op: 'load' | 'store' }, address: Address) => void,
  ) {
    this.#origins = origins;
    this.#place = place;
    this.#wide = wide;
    this.#access = access;
  }

  list(uops: readonly Uop[]): void {
    for (const uop of uops) this.#uop(uop);
  }
  #uop(uop: Uop): void {
    switch (uop.op) {
      case 'const':
        if (uop.result.type !== 'i32' && uop.result.type !== 'i64') return;
        this.#values.set(uop.result.id, {
          origin: '',
          register: -1,
          displacement: Number(BigInt.asIntN(32, BigInt(uop.value as bigint | number))),
        });
        return;
      case 'get': {
        const register = registerAt(offsetOf(uop.location));
        if (register < 0 || register >= 16 || uop.bits < 32) return;
        const origin = this.#origins.get(register) ?? registerOrigin(register);
        this.#values.set(uop.result.id, { origin, register, displacement: 0 });
        return;
      }
      case 'set': {
        const register = registerAt(offsetOf(uop.location));
        if (register < 0 || register >= 16) return;
        const whole = uop.bits >= (this.#wide ? 64 : 32);
        const from = whole ? this.#values.get(uop.value.id) : undefined;
        const origin = from && from.origin !== '' ? from.origin : `${this.#place}.${register}`;
        this.#origins.set(register, origin);
        return;
      }
      case 'unary': {
        const from = this.#values.get(uop.a.id);
        if (from && (uop.operator === 'wrap' || uop.operator.startsWith('extend'))) {
          this.#values.set(uop.result.id, from);
        }
        return;
      }
      case 'binary':
        if (BASED.has(uop.operator)) this.#sum(uop);
        return;
      case 'linear':
        this.#values.set(uop.result.id, this.#address(uop.offset));
        return;
      case 'load':
      case 'store':
        this.#access(uop, this.#address(uop.address));
        return;
      case 'if':
        this.list(uop.then);
        this.list(uop.else);
        return;
      case 'loop':
        this.list(uop.body);
    }
  }
  /** The first operand that stands for pages, moved on by the other where that is constant. */
  #sum(uop: Uop & { op: 'binary' }): void {
    const a = this.#values.get(uop.a.id) ?? NOWHERE;
    const b = this.#values.get(uop.b.id) ?? NOWHERE;
    const [based, other] = a.origin === '' && b.origin !== '' ? [b, a] : [a, b];
    let { displacement } = based;
    if (other.origin === '' && uop.operator !== 'and') {
      displacement += uop.operator === 'sub' ? -other.displacement : other.displacement;
    }
    this.#values.set(uop.result.id, { ...based, displacement: displacement | 0 });
  }
  #address(value: Value): Address {
    return this.#values.get(value.id) ?? { ...NOWHERE, origin: this.#place };
  }
}
const NOWHERE: Address = { origin: '', register: -1, displacement: 0 };
