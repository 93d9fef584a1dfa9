// Translations for fetching, of user or of supervisor code: the table in memory 0 (engine-state.ts) that
// translated code looks into as well, and the set of all pages that were translated for fetching since the table
// was last emptied, on which the jump cache depends: an entry may have been replaced by another page's.
import type { Linear } from '../../base/addresses.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { PageSet } from './page-set.ts';

const ENTRY_WORDS = 4;
const FRAME_WORD = 2;
const LISTED_WORD = 3;

export class ExecuteTable {
  /** Byte offset in memory 0. */
  readonly base: number;
  readonly #state: CpuState;
  readonly #executed: PageSet;
  readonly #onForget: () => void;

  constructor(state: CpuState, base: number, onForget: () => void) {
    this.base = base;
    this.#state = state;
    this.#onForget = onForget;
    this.#executed = new PageSet(state, base + E.EXECUTE_PAGES);
    for (let entry = 0; entry < E.EXECUTE_ENTRIES; entry++) this.#empty(entry);
  }

  /** Some page entered since the table was emptied is not global. */
  get holdsLocal(): boolean {
    return this.#state.u32[(this.base + E.EXECUTE_HOLDS_LOCAL) >> 2] !== 0;
  }
  #empty(entry: number): void {
    const at = (this.base >> 2) + entry * ENTRY_WORDS;
    this.#state.u32[at] = E.TLB_INVALID;
    this.#state.u32[at + LISTED_WORD] = 0;
  }
  /** Physical address of a page's frame as last translated for fetching, or -1. */
  find(page: Linear): number {
    const at = this.base + entryOf(page) * 4 * ENTRY_WORDS;
    return this.#state.getNumber(at) === page ? this.#state.u32[(at >> 2) + FRAME_WORD]! * 4096 : -1;
  }
  enter(page: Linear, frame: number, global: boolean): void {
    if (!this.#executed.add(page)) {
      this.forget();
      this.#executed.add(page);
    }
    const { u32 } = this.#state;
    if (!global) u32[(this.base + E.EXECUTE_HOLDS_LOCAL) >> 2] = 1;
    const entry = entryOf(page);
    const at = this.base + entry * 4 * ENTRY_WORDS;
    if (u32[(at >> 2) + LISTED_WORD] === 0) {
      u32[(at >> 2) + LISTED_WORD] = 1;
      const count = u32[(this.base + E.EXECUTE_COUNT) >> 2]!++;
      this.#state.u16[(this.base + E.EXECUTE_LIST + 2 * count) >> 1] = entry;
    }
    this.#state.setNumber(at, page);
    u32[(at >> 2) + FRAME_WORD] = Math.floor(frame / 4096);
  }
  /** Whether a page was translated for fetching since the table was emptied. */
  has(page: Linear): boolean {
    return this.#executed.has(page);
  }
  forget(): void {
    const { u32, u16 } = this.#state;
    const count = u32[(this.base + E.EXECUTE_COUNT) >> 2]!;
    for (let i = 0; i < count; i++) this.#empty(u16[(this.base + E.EXECUTE_LIST + 2 * i) >> 1]!);
    u32[(this.base + E.EXECUTE_COUNT) >> 2] = 0;
    u32[(this.base + E.EXECUTE_HOLDS_LOCAL) >> 2] = 0;
    this.#executed.clear();
    this.#onForget();
  }
}

function entryOf(page: Linear): number {
  return (page >>> 12) & (E.EXECUTE_ENTRIES - 1);
}
