// The fuzzer in the normal test run: the regressions, then some thousand programs of a stored seed, on all
// engines and on the host's processor where it can be had; then random bytes in every mode on all engines.
// DOPPEL_FUZZ_COUNT sets the number of programs, DOPPEL_FUZZ_SEED the seed. Long runs: run.ts, run-garbage.ts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SUBJECTS } from '../../engines.ts';
import { GarbageMachine, makeGarbage, runGarbage } from './garbage.ts';
import { GARBAGE_MODES } from './garbage-worlds.ts';
import { programFromText } from './minimise.ts';
import { openNativeRunner } from './native.ts';
import { type Bits, listProgram, makeProgram, type Program } from './program.ts';
import { Random } from './random.ts';
import { type Mismatch, Session } from './session.ts';

const SEED = Number(process.env.DOPPEL_FUZZ_SEED ?? 20261123);
const COUNT = Number(process.env.DOPPEL_FUZZ_COUNT ?? 3000);
const GARBAGE_COUNT = COUNT / 5;
const BATCH = 200;

const native = openNativeRunner();
const session = new Session(typeof native === 'string' ? null : native, ['reference', ...SUBJECTS]);

function text({ program, engine, oracle, differences }: Mismatch): string {
  return [`${engine} differs from the ${oracle}:`, ...listProgram(program), ...differences].join('\n  ');
}

test('the host is an oracle', {
  skip: typeof native === 'string' ? `${native}: engines only` : false,
}, () => {});

const lines = readFileSync(join(import.meta.dirname, 'seeds/regressions.txt'), 'utf8').split('\n');
for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) {
  const [name, bits, code, ...image] = line.split(' ') as [string, string, string, ...string[]];
  test(name, () => {
    const program = programFromText(Number(bits) as Bits, code, image.join(' '));
    assert.deepEqual(session.run([program]).map(text), []);
  });
}

test(`${COUNT} programs of seed ${SEED}`, () => {
  for (let first = 0; first < COUNT; first += BATCH) {
    const programs: Program[] = [];
    for (let n = first; n < Math.min(first + BATCH, COUNT); n++) {
      programs.push(makeProgram(SEED, n, n % 4 === 3 ? 32 : 64));
    }
    const found = session.run(programs);
    assert.deepEqual(found.map(text), [], `program ${first} or later of seed ${SEED}: see run.ts`);
  }
});

test('programs made into superinstructions', () => {
  const hot = new Session(typeof native === 'string' ? null : native, ['reference', 'hot']);
  const programs = Array.from({ length: COUNT / 10 }, (_, n) => makeProgram(SEED, n, n % 4 === 3 ? 32 : 64));
  assert.deepEqual(hot.run(programs).map(text), []);
});

for (const engine of SUBJECTS) {
  test(`${GARBAGE_COUNT} pieces of random bytes in every mode on ${engine}`, () => {
    const machines = [new GarbageMachine('reference'), new GarbageMachine(engine)] as const;
    for (let n = 0; n < GARBAGE_COUNT; n++) {
      const mode = GARBAGE_MODES[n % GARBAGE_MODES.length]!;
      const piece = [1, 7, 100][Math.floor(n / GARBAGE_MODES.length) % 3]!;
      const found = runGarbage(...machines, makeGarbage(new Random(SEED, n), mode), 200, piece);
      assert.equal(found, null, `case ${n} of seed ${SEED}, ${mode}: see run-garbage.ts`);
    }
  });
}
