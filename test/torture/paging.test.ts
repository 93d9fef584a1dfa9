// Random programs on random page tables, in 32-bit, PAE and 4-level paging: the engines
// and a model that walks the tables for every access agree. DOPPEL_TORTURE=n runs n times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBJECTS } from '../engines.ts';
import { Random } from '../isa/fuzz/random.ts';
import { PAGING_RAM } from './paging-layout.ts';
import { FORMATS, runPagingCase } from './paging-session.ts';
import { Pair } from './pair.ts';

const SEED = 386;
const CASES = 75 * Number(process.env.DOPPEL_TORTURE ?? 1);
const OPERATIONS = 150;

for (const engine of SUBJECTS) {
  test(`${CASES} random programs on random page tables on ${engine}`, () => {
    const pair = new Pair(PAGING_RAM, engine);
    for (let n = 0; n < CASES; n++) {
      const { differences } = runPagingCase(pair, new Random(SEED, n), n, OPERATIONS);
      assert.deepEqual(differences, [], `seed ${SEED}, case ${n}, ${FORMATS[n % FORMATS.length]}`);
    }
  });
}
