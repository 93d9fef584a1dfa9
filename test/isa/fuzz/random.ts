// Reproducible chance: one generator per program, made from the seed of the run and the program's number.

/** Small fast counter generator (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  constructor(seed: number, stream: number) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = 0x9e3779b9;
    for (let i = 0; i < 12; i++) this.u32();
  }
  /** Unsigned 32 bits. */
  readonly u32 = (): number => {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  /** 0 to limit - 1. */
  below(limit: number): number {
    return this.u32() % limit;
  }
  /** True with the given chance of a hundred. */
  chance(percent: number): boolean {
    return this.u32() % 100 < percent;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
  pick<T>(list: readonly T[]): T {
    return list[this.u32() % list.length]!;
  }
}
