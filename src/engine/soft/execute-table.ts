// Translations for fetching, of user or of supervisor code: the table in memory 0 (engine-state.ts) that
// translated code looks into as well, and the set of all pages that were translated for fetching since the table
// was last emptied, on which the jump cache depends: an entry may have been replaced by another page's.
import type { Linear } from '../../base/addresses.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { EntryList } from './entry-list.ts';
import { PageSet } from './page-set.ts';

const ENTRY_WORDS = 4;
const FRAME_WORD = 2;

export class ExecuteTable {
  /** Byte offset in memory 0. */
  readonly base: number;
  /** Some page entered since the table was emptied is not global. */
  holdsLocal = false;
  readonly #state: CpuState;
  readonly #executed = new PageSet();
  readonly #filled = new EntryList(E.EXECUTE_ENTRIES);
  readonly #onForget: () => void;

  constructor(state: CpuState, base: number, onForget: () => void) {
    this.base = base;
    this.#state = state;
    this.#onForget = onForget;
    for (let entry = 0; entry < E.EXECUTE_ENTRIES; entry++) this.#empty(entry);
  }

  #empty(entry: number): void {
    this.#state.u32[(this.base >> 2) + entry * ENTRY_WORDS] = E.TLB_INVALID;
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
    if (!global) this.holdsLocal = true;
    const entry = entryOf(page);
    this.#filled.add(entry);
    const at = this.base + entry * 4 * ENTRY_WORDS;
    this.#state.setNumber(at, page);
    this.#state.u32[(at >> 2) + FRAME_WORD] = Math.floor(frame / 4096);
  }
  /** Whether a page was translated for fetching since the table was emptied. */
  has(page: Linear): boolean {
    return this.#executed.has(page);
  }
  forget(): void {
    const { entries, count } = this.#filled;
    for (let i = 0; i < count; i++) this.#empty(entries[i]!);
    this.#filled.clear();
    this.#executed.clear();
    this.holdsLocal = false;
    this.#onForget();
  }
}

function entryOf(page: Linear): number {
  return (page >>> 12) & (E.EXECUTE_ENTRIES - 1);
}
