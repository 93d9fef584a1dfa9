// Where regions live besides their code: slots of the function table and link cells in memory 0. Both
// are used again after they were given back.
import { HANDLER_NONE } from '../interp/core-module.ts';

/** Slots are added to the table so many at a time. */
const SLOT_STEP = 4096;
const MAXIMUM_SLOTS = 65_536;

/** Slots of a function table from `first` on. */
export class SlotSpace {
  readonly table: WebAssembly.Table;
  readonly #free: number[] = [];
  /** What is in an empty slot. */
  readonly #none: ReturnType<WebAssembly.Table['get']>;
  #next: number;

  /** `first` is where the table ends now; empty slots hold what slot 0 holds. */
  constructor(table: WebAssembly.Table, first = table.length) {
    this.table = table;
    this.#none = table.get(HANDLER_NONE);
    this.#next = first;
  }
  /** A slot, or -1 when there is none left. */
  take(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    if (this.#next >= MAXIMUM_SLOTS) return -1;
    if (this.#next >= this.table.length) this.table.grow(SLOT_STEP, this.#none);
    return this.#next++;
  }
  /** Empties a slot and takes it back. */
  release(slot: number): void {
    this.table.set(slot, this.#none);
    this.#free.push(slot);
  }
}

/** Runs of link cells, in sizes that are powers of two. */
export class CellSpace {
  readonly #u32: Uint32Array;
  readonly #end: number;
  readonly #free: number[][] = [];
  #next: number;

  /** The cells lie in a memory (seen as words) from byte offset `first`, `count` of them. */
  constructor(u32: Uint32Array, first: number, count: number) {
    this.#u32 = u32;
    this.#next = first;
    this.#end = first + 4 * count;
  }
  /** Byte offset of the first of `count` cells, all zero; -1 when there is no room. 0 for none. */
  take(count: number): number {
    if (count === 0) return 0;
    const size = sizeClass(count);
    const free = this.#free[size]?.pop();
    if (free !== undefined) return free;
    const at = this.#next;
    if (at + (4 << size) > this.#end) return -1;
    this.#next = at + (4 << size);
    return at;
  }
  /** Clears cells and takes them back. */
  release(at: number, count: number): void {
    if (count === 0) return;
    const size = sizeClass(count);
    this.#u32.fill(0, at >> 2, (at >> 2) + (1 << size));
    this.#free[size] ??= [];
    this.#free[size].push(at);
  }
}

const sizeClass = (count: number): number => 32 - Math.clz32(count - 1);
