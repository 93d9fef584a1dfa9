// The MMX and SSE meanings against the host's own processor: random instructions of every row of the
// opcode maps, all registers, MXCSR, flags and memory compared, unmasked exceptions included.
// DOPPEL_SIMD_CASES sets the number of cases for each row, DOPPEL_FUZZ_SEED the seed, DOPPEL_SIMD_ONLY
// a pattern of mnemonics.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomSource } from '../../../../test/isa/native/operands.ts';
import { native, SimdCases, simdRows } from './native-cases.ts';

const COUNT = Number(process.env.DOPPEL_SIMD_CASES ?? 20);
const SEED = Number(process.env.DOPPEL_FUZZ_SEED ?? 20261123);
const ONLY = new RegExp(process.env.DOPPEL_SIMD_ONLY ?? '.');
/** Approximations, which differ between processors: approximate.test.ts. */
const APPROXIMATE = new Set(['RCPPS', 'RCPSS', 'RSQRTPS', 'RSQRTSS']);

test('MMX and SSE instructions agree with the host', { skip: typeof native === 'string' && native }, () => {
  if (typeof native === 'string') return;
  const cases = new SimdCases(native);
  const report: string[] = [];
  simdRows().forEach((row, index) => {
    if (APPROXIMATE.has(row.mnemonic) || !ONLY.test(row.mnemonic)) return;
    const random = randomSource(SEED + 7919 * index);
    const failures = new Map<string, { count: number; text: string }>();
    for (let i = 0; i < COUNT; i++) {
      const outcome = cases.run(row, random);
      if (!outcome) continue;
      const known = failures.get(outcome.what);
      if (known) known.count++;
      else failures.set(outcome.what, { count: 1, text: outcome.text });
    }
    for (const [what, { count, text }] of failures)
      report.push(`${row.text}: ${what} ${count} of ${COUNT}: ${text}`);
  });
  assert.equal(report.length, 0, report.join('\n'));
});
