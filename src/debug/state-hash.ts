// The hash of a machine's architectural state: registers and all of RAM, 64 bits as 16 hexadecimal digits. Two runs that
// are the same have the same hashes at the same instruction counts (decision D4).
//
// RAM is hashed a page at a time and the pages' hashes are added up, so that the next hash needs only the pages that
// were written since: dirtyPages says which. An engine that writes through a TLB has to let each page's next write be
// seen (SoftMmu.trackWrites); the page marks must not be used by anybody else in the meantime.
//
// Left out: what devices hold, which shows in registers and memory as soon as the guest looks at it.
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { CpuState } from '../x86/state/cpu-state.ts';
import * as L from '../x86/state/layout.ts';

/** The status flags' representation differs between engines; RFLAGS is hashed instead. */
const REPRESENTATION = new Set(['flagAux', 'flagResult']);
const PAGE_WORDS = 1024;

/** What is hashed. */
export interface HashedMachine {
  readonly state: CpuState;
  readonly memory: GuestMemory;
  /** Makes every page's next write mark it in dirtyPages. */
  readonly trackWrites: () => void;
}

/** Two 32-bit lanes. */
class Lanes {
  low = 0x811c9dc5;
  high = 0x9e3779b9;

  add(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.low ^= this.low >>> 15;
    this.high = (Math.imul(this.high, 0x85ebca6b) + word) | 0;
    this.high ^= this.high >>> 13;
  }
  text(): string {
    const digits = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return digits(this.high) + digits(this.low);
  }
}

export class StateHasher {
  readonly #machine: HashedMachine;
  readonly #words: Int32Array;
  readonly #pages: Int32Array;
  /** Sums over all pages, modulo 2^32. */
  #low = 0;
  #high = 0;

  /** Hashes all of RAM once. */
  constructor(machine: HashedMachine) {
    this.#machine = machine;
    const { memory } = machine;
    this.#words = new Int32Array(memory.memory.buffer, 0, memory.size / 4);
    this.#pages = new Int32Array((2 * memory.size) / 4096);
    memory.dirtyPages.fill(1, 0, memory.size / 4096);
  }

  /** The hash of the state as it is now; costs as much as pages were written since the last one. */
  hash(): string {
    const { memory, state, trackWrites } = this.#machine;
    const { dirtyPages } = memory;
    const count = memory.size / 4096;
    for (
      let page = dirtyPages.indexOf(1);
      page >= 0 && page < count;
      page = dirtyPages.indexOf(1, page + 1)
    ) {
      dirtyPages[page] = 0;
      this.#update(page);
    }
    trackWrites();
    const lanes = new Lanes();
    addRegisters(state, lanes);
    lanes.add(this.#low);
    lanes.add(this.#high);
    return lanes.text();
  }

  /** Replaces a page's part of the sums. */
  #update(page: number): void {
    const words = this.#words;
    const lanes = new Lanes();
    lanes.add(page);
    for (let at = page * PAGE_WORDS; at < (page + 1) * PAGE_WORDS; at++) lanes.add(words[at]!);
    const pages = this.#pages;
    this.#low = (this.#low - pages[2 * page]! + lanes.low) | 0;
    this.#high = (this.#high - pages[2 * page + 1]! + lanes.high) | 0;
    pages[2 * page] = lanes.low;
    pages[2 * page + 1] = lanes.high;
  }
}

function addRegisters(state: CpuState, lanes: Lanes): void {
  lanes.add(state.rflags);
  for (const { name, offset, count, stride, architectural } of L.STATE_FIELDS) {
    if (!architectural || REPRESENTATION.has(name)) continue;
    for (let at = offset; at < offset + count * stride; at++) {
      // The fast-access bits of a segment are derived.
      const inSegment = (at - offset) % stride;
      if (name === 'segment' && inSegment >= L.SEGMENT_FAST && inSegment < L.SEGMENT_FAST + 4) continue;
      lanes.add(state.u8[at]!);
    }
  }
}
