// docs/instructions.md is what the tables say: after a change, `node tools/coverage.ts` (or this test
// with DOPPEL_ACCEPT=1) writes it anew.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { OPCODE_ROWS } from '../src/x86/opcodes/index.ts';
import { meanings } from '../src/x86/semantics/index.ts';
import { COVERAGE_PAGE, coveragePage } from './coverage.ts';

test('the coverage page is current', () => {
  if (process.env.DOPPEL_ACCEPT === '1') writeFileSync(COVERAGE_PAGE, coveragePage());
  assert.equal(readFileSync(COVERAGE_PAGE, 'utf8'), coveragePage(), 'run: node tools/coverage.ts');
});

test('every meaning belongs to a row of the tables', () => {
  const mnemonics = new Set(['INVALID', 'TOO_LONG', ...OPCODE_ROWS.map((row) => row.mnemonic)]);
  assert.deepEqual(
    [...meanings.keys()].filter((mnemonic) => !mnemonics.has(mnemonic)),
    [],
  );
});
