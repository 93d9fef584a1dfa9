// One case of self-modifying code, chosen by its number: long programs run a few times, or short loops that run
// until superinstructions are made of them and are changed only now and then.
import type { Random } from '../isa/fuzz/random.ts';
import { loadCodeCase, makeCodeCase } from './code-program.ts';
import type { Pair, Pieces } from './pair.ts';

export interface CodeOutcome {
  readonly what: string;
  readonly differences: readonly string[];
}

/** Lengths of pieces. Above 64 the interpreter runs without stops and looks for hot blocks between pieces. */
export function randomPieces(random: Random, kind: number): Pieces {
  switch (kind % 4) {
    case 0:
      return () => 65 + random.below(100);
    case 1:
      return () => 1 + random.below(64);
    case 2:
      return () => random.pick([1, 2, 3, 20, 64, 65, 66, 80, 90, 150, 1000, 20_000, 50_000]);
    default:
      return () => 20_000 + random.below(30_000);
  }
}

export function runCodeCase(pair: Pair, random: Random, number: number): CodeOutcome {
  const hot = number % 3 === 2;
  const options = hot
    ? {
        slots: 4 + random.below(12),
        iterations: 600 + random.below(600),
        rarity: random.pick([0x1f, 0x7f, 0xff]),
      }
    : {
        slots: 10 + random.below(random.pick([20, 100, 400])),
        iterations: 2 + random.below(12),
        rarity: random.pick([0, 0, 1, 3]),
      };
  const item = makeCodeCase(random, options);
  pair.load((machine) => loadCodeCase(machine, item));
  const { exit, differences } = pair.run(item.limit, randomPieces(random, Math.floor(number / 3)));
  if (exit.reason !== 'Hlt') differences.push(`the program ended with ${exit.reason}`);
  return { what: JSON.stringify(options), differences };
}
