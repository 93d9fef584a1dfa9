// A list of small numbers without repetition, in the order in which they were added; nothing is allocated.

export class EntryList {
  /** The first `count` of these. */
  readonly entries: Uint16Array;
  count = 0;
  readonly #has: Uint8Array;

  /** For numbers below `size`, at most 65536. */
  constructor(size: number) {
    this.entries = new Uint16Array(size);
    this.#has = new Uint8Array(size);
  }
  add(entry: number): void {
    if (this.#has[entry] === 1) return;
    this.#has[entry] = 1;
    this.entries[this.count++] = entry;
  }
  clear(): void {
    for (let i = 0; i < this.count; i++) this.#has[this.entries[i]!] = 0;
    this.count = 0;
  }
}
