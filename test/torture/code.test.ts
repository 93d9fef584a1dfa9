// Programs that change themselves, the same on every engine. DOPPEL_TORTURE=n runs n
// times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBJECTS } from '../engines.ts';
import { Random } from '../isa/fuzz/random.ts';
import { CODE_RAM } from './code-program.ts';
import { runCodeCase } from './code-session.ts';
import { Pair } from './pair.ts';

const SEED = 20_260;
const CASES = 120 * Number(process.env.DOPPEL_TORTURE ?? 1);

for (const engine of SUBJECTS) {
  test(`${CASES} random programs that change themselves on ${engine}`, () => {
    const pair = new Pair(CODE_RAM, engine);
    for (let n = 0; n < CASES; n++) {
      const { what, differences } = runCodeCase(pair, new Random(SEED, n), n);
      assert.deepEqual(differences, [], `seed ${SEED}, case ${n}: ${what}`);
    }
  });
}

test('a block whose group leaders were taken apart for an exact budget when it changed stays dropped', () => {
  const pair = new Pair(CODE_RAM);
  const { what, differences } = runCodeCase(pair, new Random(1, 398), 398);
  assert.deepEqual(differences, [], what);
});
