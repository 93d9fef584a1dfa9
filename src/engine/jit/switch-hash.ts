// A perfect hash of the offsets that a computed jump is known to go to, for a br_table: offset times a
// multiplier, modulo 2^32, shifted right, gives every one of them a slot of its own.

export interface SwitchHash {
  readonly multiplier: number;
  /** The product's bits above it are the slot. */
  readonly shift: number;
  /** Number of slots, a power of two. */
  readonly size: number;
  /** Slot -> index of the offset, or -1. */
  readonly slots: readonly number[];
}

/** Attempts at one size before the next is tried. */
const ATTEMPTS = 64;

/** Finds one for at most 64 distinct offsets (signed 32 bits). */
export function findHash(offsets: readonly number[]): SwitchHash {
  let multiplier = 0x9e37_79b1;
  for (let bits = Math.max(1, Math.ceil(Math.log2(offsets.length))); bits <= 20; bits++) {
    const size = 2 ** bits;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const slots = new Array<number>(size).fill(-1);
      const free = offsets.every((offset, i) => {
        const slot = Math.imul(offset, multiplier) >>> (32 - bits);
        if (slots[slot]! >= 0) return false;
        slots[slot] = i;
        return true;
      });
      if (free) return { multiplier, shift: 32 - bits, size, slots };
      multiplier = (Math.imul(multiplier, 0x0019_660d) + 0x3c6e_f35f) | 1;
    }
  }
  throw new Error(`no hash for ${offsets.length} offsets: are they distinct?`);
}
