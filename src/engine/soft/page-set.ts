// A set of pages that is emptied in no time: an open hash table whose entries carry the generation in which
// they were added.
import type { Linear } from '../../base/addresses.ts';

const SLOT_BITS = 14;
const SLOTS = 1 << SLOT_BITS;
/** Slots that a page may lie in, from that of its hash on. */
const REACH = 16;

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
  // Kernel, modules and programs are runs of pages: scattered, they fill the table evenly (a prime near 2^32 / phi).
  return Math.imul(page >>> 12, 0x9e37_79b1) >>> (32 - SLOT_BITS);
}
