// Randomness that is none, for deterministic runs.
import type { Entropy } from '../../base/services.ts';

/** The same "random" numbers in every run (xorshift32; SplitMix-like constants do not matter here). */
export function repeatableEntropy(): Entropy {
  let state = 0x9e3779b9;
  return {
    fill: (bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        bytes[i] = state >>> 11;
      }
    },
  };
}
