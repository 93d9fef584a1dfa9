// A set of pages in memory 0 (engine-state.ts, PAGE_SET_), which generated code asks and adds to as well (page-set-code.ts): an
// open hash table whose entries carry the generation in which they were added, so that it is emptied in no time.
import type { Linear } from '../../base/addresses.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';

/** A prime near 2^32 / phi. */
export const PAGE_SET_FACTOR = 0x9e37_79b1;

export class PageSet {
  readonly #state: CpuState;
  /** Byte offset. */
  readonly #base: number;

  constructor(state: CpuState, base: number) {
    this.#state = state;
    this.#base = base;
    state.u32[base >> 2] = 1;
  }

  clear(): void {
    const { u32 } = this.#state;
    const generation = (u32[this.#base >> 2]! + 1) >>> 0;
    u32[this.#base >> 2] = generation;
    if (generation !== 0) return;
    for (let slot = 0; slot < (1 << E.PAGE_SET_BITS) + E.PAGE_SET_REACH; slot++) {
      u32[(this.#slot(slot) + 8) >> 2] = 0;
    }
    u32[this.#base >> 2] = 1;
  }
  /** Adds a page, given by its first address; false when there is no room for it. */
  add(page: Linear): boolean {
    const { u32 } = this.#state;
    const generation = u32[this.#base >> 2]!;
    const first = slotOf(page);
    for (let slot = first; slot < first + E.PAGE_SET_REACH; slot++) {
      const at = this.#slot(slot);
      if (u32[(at + 8) >> 2] !== generation) {
        u32[(at + 8) >> 2] = generation;
        this.#state.setNumber(at, page);
        return true;
      }
      if (this.#state.getNumber(at) === page) return true;
    }
    return false;
  }
  has(page: Linear): boolean {
    const { u32 } = this.#state;
    const generation = u32[this.#base >> 2]!;
    const first = slotOf(page);
    for (let slot = first; slot < first + E.PAGE_SET_REACH; slot++) {
      const at = this.#slot(slot);
      if (u32[(at + 8) >> 2] !== generation) return false;
      if (this.#state.getNumber(at) === page) return true;
    }
    return false;
  }
  #slot(slot: number): number {
    return this.#base + E.PAGE_SET_SLOTS + 16 * slot;
  }
}

function slotOf(page: Linear): number {
  // Kernel, modules and programs are runs of pages: scattered, they fill the table evenly.
  return Math.imul(page >>> 12, PAGE_SET_FACTOR) >>> (32 - E.PAGE_SET_BITS);
}
