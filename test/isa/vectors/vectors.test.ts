// The engines against what a real processor did. A sample of each file in the normal run (20 tests, the
// first ones), all 65,000 with DOPPEL_VECTORS_ALL=1. Skipped, with a word, where the vectors are not there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUBJECTS } from '../../engines.ts';
import { corpus, corpusFolder } from './corpus.ts';
import { type CpuUnderTest, cpuUnderTest } from './cpu-under-test.ts';
import { VectorDriver } from './driver.ts';

const SAMPLE = process.env.DOPPEL_VECTORS_ALL ? Number.POSITIVE_INFINITY : 20;
const files = corpus();
const skip = files
  ? false
  : `no vectors in ${corpusFolder()}; set DOPPEL_VECTORS to the folder that holds them`;

for (const engine of ['reference', ...SUBJECTS] as const) {
  test(`${engine} agrees with an 80286 in real mode`, { skip }, (t) => {
    const summary = run(cpuUnderTest(engine), (line) => t.diagnostic(line));
    assert.equal(summary.length, 0, `\n${summary.join('\n')}`);
  });
}

/** A line and the first mismatch of each opcode that has one. */
function run(machine: CpuUnderTest, say: (line: string) => void): string[] {
  const driver = new VectorDriver(machine);
  const summary: string[] = [];
  let count = 0;
  for (const file of files ?? []) {
    const vectors = file.read().slice(0, SAMPLE);
    const reports = vectors.flatMap((vector) => driver.run(vector, file.flagsMask, file.opcode) ?? []);
    count += vectors.length;
    if (reports.length)
      summary.push(`${file.opcode}: ${reports.length} of ${vectors.length} differ\n${reports[0]}`);
  }
  say(`${count} tests`);
  return summary;
}
