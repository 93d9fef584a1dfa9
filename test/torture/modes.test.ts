// The tour of the modes on every engine: whole, in pieces, and single-stepped from its first instruction to its last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG_TF } from '../../src/x86/state/cpu-state.ts';
import { SUBJECTS } from '../engines.ts';
import { Random } from '../isa/fuzz/random.ts';
import { loadTour, STAGES, TOUR_RAM, tourCounts } from './mode-tour.ts';
import { Pair, type Pieces, WHOLE } from './pair.ts';

const random = new Random(9, 9);
const ROUNDS = 25;
const waysToRun: [string, Pieces][] = [
  ['whole', WHOLE],
  ['an instruction at a time', () => 1],
  ['in pieces of 70', () => 70],
  ['in random pieces', () => 1 + random.below(200)],
];

for (const engine of SUBJECTS) {
  const pair = new Pair(TOUR_RAM, engine);
  for (const flags of [0, FLAG_TF]) {
    for (const [name, pieces] of waysToRun) {
      test(`through all modes and back, ${name}${flags ? ', single-stepped' : ''}, on ${engine}`, () => {
        pair.load((machine) => loadTour(machine, ROUNDS, flags));
        const { exit, differences } = pair.run(200_000, pieces);
        assert.deepEqual(differences, []);
        assert.equal(exit.reason, 'Hlt');
        const { stages, steps } = tourCounts(pair.subject);
        assert.deepEqual(
          stages,
          STAGES.map(() => ROUNDS),
        );
        if (flags) assert.ok(steps > 100 * ROUNDS, `${steps} steps`);
        else assert.equal(steps, 0);
      });
    }
  }
}
