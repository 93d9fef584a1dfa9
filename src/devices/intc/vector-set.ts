// A set of 256 vectors in eight 32-bit words, as IRR, ISR and TMR are laid out.

/** The highest vector in the set, or -1. */
export function highestVector(set: Uint32Array): number {
  for (let word = 7; word >= 0; word--) {
    const bits = set[word]!;
    if (bits !== 0) return 32 * word + 31 - Math.clz32(bits);
  }
  return -1;
}

export function setVector(set: Uint32Array, vector: number): void {
  set[vector >> 5]! |= 1 << (vector & 31);
}

export function clearVector(set: Uint32Array, vector: number): void {
  set[vector >> 5]! &= ~(1 << (vector & 31));
}

export function testVector(set: Uint32Array, vector: number): boolean {
  return (set[vector >> 5]! & (1 << (vector & 31))) !== 0;
}
