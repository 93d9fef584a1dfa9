// For how long a guest that waits has done nothing else, and may be expected to do nothing else.

/** Whoever has waited for so long so many times is expected to do so once more: GRUB's menu redraws its countdown every second. */
const WAITS = 3;

export class QuietTime {
  #since = 0;
  #brokenAt = 0;
  #waits = false;
  readonly #last: number[] = new Array(WAITS).fill(0);

  /** It waits now. */
  waits(): void {
    this.#waits = true;
  }
  /** It may have done something else; `now` in ns. */
  doubted(now: number): void {
    this.#since = now;
  }
  /** It does something else. */
  broken(now: number): void {
    if (this.#waits) {
      this.#last.shift();
      this.#last.push(now - this.#brokenAt);
    }
    this.#waits = false;
    this.#since = now;
    this.#brokenAt = now;
  }
  /** How long (ns) it has been waiting, or has waited each of the last times. */
  length(now: number): number {
    return Math.max(now - this.#since, Math.min(...this.#last));
  }
}
