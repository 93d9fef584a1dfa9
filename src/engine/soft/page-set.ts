// A set of pages that is emptied in no time: an open hash table whose entries carry the generation in which
// they were added.
import type { Linear } from '../../base/addresses.ts';

const SLOTS = 8192;
/** Slots that a page may lie in, from that of its hash on. */
const REACH = 4;

export class PageSet {
  readonly #pages = new Float64Array(SLOTS + REACH);
  readonly #generations = new Uint32Array(SLOTS + REACH);
  #generation = 1;

  clear(): void {
    this.#generation++;
    if (this.#generation <= 0xffff_ffff) return;
    this.#generations.fill(0);
    this.#generation = 1;
  }
  /** Adds a page, given by its first address; false when there is no room for it. */
  add(page: Linear): boolean {
    const first = slotOf(page);
    for (let slot = first; slot < first + REACH; slot++) {
      if (this.#generations[slot] !== this.#generation) {
        this.#generations[slot] = this.#generation;
        this.#pages[slot] = page;
        return true;
      }
      if (this.#pages[slot] === page) return true;
    }
    return false;
  }
  has(page: Linear): boolean {
    const first = slotOf(page);
    for (let slot = first; slot < first + REACH; slot++) {
      if (this.#generations[slot] !== this.#generation) return false;
      if (this.#pages[slot] === page) return true;
    }
    return false;
  }
}

function slotOf(page: Linear): number {
  const number = page >>> 12;
  return (number ^ (number >>> 13)) & (SLOTS - 1);
}
