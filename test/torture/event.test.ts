// Programs full of faults, interrupts and single steps: the same log and the same end however a run is cut into
// pieces, on every engine. DOPPEL_TORTURE=n runs n times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBJECTS } from '../engines.ts';
import { Random } from '../isa/fuzz/random.ts';
import { EVENT_RAM } from './event-program.ts';
import { runEventCase } from './event-session.ts';
import { Pair } from './pair.ts';

const SEED = 8259;
const CASES = 30 * Number(process.env.DOPPEL_TORTURE ?? 1);

for (const engine of SUBJECTS) {
  test(`${CASES} random programs full of events, cut into pieces, on ${engine}`, () => {
    const pair = new Pair(EVENT_RAM, engine);
    for (let n = 0; n < CASES; n++) {
      const { differences } = runEventCase(pair, new Random(SEED, n), n);
      assert.deepEqual(differences, [], `seed ${SEED}, case ${n}`);
    }
  });
}
