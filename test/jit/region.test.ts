// Random programs of loops, branches, calls, computed jumps and faults, the same on every engine however a run is cut
// into pieces. DOPPEL_TORTURE=n runs n times as many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBJECTS } from '../engines.ts';
import { Random } from '../isa/fuzz/random.ts';
import { Pair } from '../torture/pair.ts';
import { minimiseRegionProgram } from './minimise.ts';
import type { Node } from './nodes.ts';
import { listRegionProgram } from './print.ts';
import { makeRegionProgram } from './program.ts';
import { runRegionCase } from './session.ts';
import { REGION_RAM } from './world.ts';

const SEED = 1974;
const CASES = 60 * Number(process.env.DOPPEL_TORTURE ?? 1);

for (const engine of [...SUBJECTS, 'jit-tiny'] as const) {
  test(`${CASES} random programs of loops and branches on ${engine}`, () => {
    // The reference engine is slow: it vouches for the interpreter, and that for the others.
    const pair = new Pair(REGION_RAM, engine, engine === 'interp' ? 'reference' : 'interp');
    let ended = 0;
    let exceptions = 0;
    for (let n = 0; n < CASES; n++) {
      const outcome = runRegionCase(pair, SEED, n);
      assert.deepEqual(
        outcome.differences,
        [],
        `seed ${SEED}, case ${n}, ${JSON.stringify(outcome.run)}: see run.ts`,
      );
      if (outcome.ended) ended++;
      exceptions += outcome.exceptions;
    }
    assert.ok(ended > CASES / 2, `${ended} programs ended`);
    assert.ok(exceptions > CASES, `${exceptions} exceptions`);
  });
}

test('a program is cut down to what fails', () => {
  const random = new Random(1, 7);
  const program = makeRegionProgram(random, 64, { nodes: 60, work: 100 });
  const marker: Node = { kind: 'code', bytes: [0x0f, 0x0b], guarded: true };
  program.functions[0]!.push({ kind: 'if', condition: 4, then: [marker], otherwise: [] });
  const small = minimiseRegionProgram(program, (candidate) =>
    JSON.stringify(candidate.functions).includes('[15,11]'),
  );
  assert.deepEqual(small.functions.flat(), [marker]);
  assert.ok(listRegionProgram(small).some((line) => line.includes('ud2')));
});
