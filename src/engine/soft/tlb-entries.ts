// The entries of the TLB's tables and the page cells that repeat them, as TypeScript fills and empties them; generated code
// fills them too (tlb-fill.ts). Lists in memory 0 say which have been filled, so that a flush touches no others.
import type { Linear } from '../../base/addresses.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { cellClass } from './tlb-offset.ts';

const ENTRY_WORDS = 1 << (E.TLB_ENTRY_SHIFT - 2);
const TAG = E.TLB_TAG >> 2;
const ADDEND = E.TLB_ADDEND >> 2;
const NOTES = E.TLB_NOTES >> 2;
/** The tables that are filled. */
const TABLES = [E.TLB_USER, E.TLB_SUPERVISOR, E.TLB_SUPERVISOR_AC];
/** Of local and of global translations: list, its count, the note that an entry is in it. */
const LOCAL = { entries: E.TLB_FILLED >> 1, count: E.TLB_FILLED_COUNT >> 2, listed: E.TLB_LISTED };
const GLOBAL = {
  entries: E.TLB_FILLED_GLOBAL >> 1,
  count: E.TLB_FILLED_GLOBAL_COUNT >> 2,
  listed: E.TLB_LISTED_GLOBAL,
};

export class TlbEntries {
  readonly #u32: Uint32Array;
  readonly #i32: Int32Array;
  readonly #u16: Uint16Array;

  constructor({ u32, i32, u16 }: CpuState) {
    this.#u32 = u32;
    this.#i32 = i32;
    this.#u16 = u16;
    for (const table of [...TABLES, E.TLB_BYPASS]) {
      for (let at = table >> 2; at < (table + E.TLB_SIZE) >> 2; at += ENTRY_WORDS)
        u32[at + TAG] = E.TLB_INVALID;
    }
  }

  /** Enters the translation of an address to a page of memory 1, by its first byte there, into an array (a table, or TLB_WRITES behind one). */
  enter(array: number, linear: Linear, frame: number, global: boolean): void {
    const u32 = this.#u32;
    const at = (array + (((linear >>> 12) & (E.TLB_ENTRIES - 1)) << E.TLB_ENTRY_SHIFT)) >> 2;
    const page = linear - (linear & 0xfff);
    u32[at + TAG] = page;
    this.#i32[at + TAG + 1] = Math.floor(page / 0x1_0000_0000);
    u32[at + ADDEND] = frame - page;
    const list = global ? GLOBAL : LOCAL;
    const notes = u32[at + NOTES]!;
    u32[at + NOTES] = (notes & ~E.TLB_GLOBAL) | list.listed | (global ? E.TLB_GLOBAL : 0);
    if ((notes & list.listed) === 0) {
      this.#u16[list.entries + u32[list.count]!++] = (at * 4 - E.TLB) >> E.TLB_ENTRY_SHIFT;
    }
    u32[E.TLB_REFILLS >> 2]!++;
  }

  /** Empties everything, or what is not global. */
  flush(keepGlobal: boolean): void {
    this.#emptyCells(keepGlobal ? E.PAGE_CELLS_LOCAL : ~0);
    this.#drop(LOCAL, keepGlobal);
    if (!keepGlobal) this.#drop(GLOBAL, false);
  }
  /** Empties the entries of a list, which becomes empty; `keep` those that have become global since they were entered there. */
  #drop({ entries, count, listed }: typeof LOCAL, keep: boolean): void {
    const u32 = this.#u32;
    const end = entries + u32[count]!;
    for (let i = entries; i < end; i++) {
      const at = wordOf(this.#u16[i]!);
      const notes = u32[at + NOTES]!;
      if (!keep || (notes & E.TLB_GLOBAL) === 0) u32[at + TAG] = E.TLB_INVALID;
      u32[at + NOTES] = notes & ~listed;
    }
    u32[count] = 0;
  }
  /** Empties the entries of one page, in all tables. */
  forgetPage(linear: Linear): void {
    this.#emptyCells(cellClass(linear));
    const u32 = this.#u32;
    const index = ((linear >>> 12) & (E.TLB_ENTRIES - 1)) << E.TLB_ENTRY_SHIFT;
    for (const table of TABLES) {
      u32[(table + index + E.TLB_TAG) >> 2] = E.TLB_INVALID;
      u32[(table + index + E.TLB_WRITES + E.TLB_TAG) >> 2] = E.TLB_INVALID;
    }
  }
  /** Writes to pages `first` to `end` (excluded) of memory 1 are looked up anew. */
  dropWrites(first: number, end: number): void {
    this.#emptyCells(~0);
    const u32 = this.#u32;
    for (const { entries, count } of [LOCAL, GLOBAL]) {
      const last = entries + u32[count]!;
      for (let i = entries; i < last; i++) {
        const entry = this.#u16[i]!;
        if ((entry & E.TLB_ENTRIES) === 0) continue;
        const at = wordOf(entry);
        const page = (u32[at + TAG]! + u32[at + ADDEND]!) >>> 12;
        if (page >= first && page < end) u32[at + TAG] = E.TLB_INVALID;
      }
    }
  }
  /** Page cells repeat entries: those of tables go that may hold something of this kind (PAGE_CELLS_USED). */
  #emptyCells(kind: number): void {
    const u32 = this.#u32;
    for (const table of TABLES) {
      if ((u32[(table + E.PAGE_CELLS_USED) >> 2]! & kind) === 0) continue;
      u32[(table + E.PAGE_CELLS_USED) >> 2] = 0;
      const first = (table + E.PAGE_CELLS) >> 2;
      u32.fill(E.TLB_INVALID, first, first + 2 * E.PAGE_CELL_COUNT * ENTRY_WORDS);
    }
  }
}

/** Index of an entry's first word. */
function wordOf(entry: number): number {
  return (E.TLB >> 2) + entry * ENTRY_WORDS;
}
