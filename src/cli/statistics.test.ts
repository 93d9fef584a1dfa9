import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatStatistics } from './statistics.ts';

const figures = { elapsed: 2e9, processor: 1e9, resident: 64 * 2 ** 20, machineCode: undefined };

test('counters are in groups, with shares; those that no group knows are shown too', () => {
  const text = formatStatistics(
    new Map([
      ['instructions', 4000],
      ['instructions retired by regions', 3000],
      ['regions formed', 2],
      ['instructions in regions', 10],
      ['bytes of region wasm', 500],
      ['exits from regions: jump', 30],
      ['exits from regions: budget', 10],
      ['exits for a fault', 1],
      ['regions of a new kind', 7],
      ['something else', 1234567],
    ]),
    figures,
  );
  for (const line of [
    /^ {2}time\n {4}on the clock +2.00 s$/m,
    /^ {4}in regions +3,000 +75.0 %$/m,
    /^ {4}in the interpreter +1,000 +25.0 %$/m,
    /^ {4}guest instructions, compiled +10 +50.0 bytes an instruction$/m,
    /^ {4}jump +30 +75.0 %\n {4}budget +10 +25.0 %\n {4}altogether +40 +one in 75.0 instructions$/m,
    /^ {4}for a fault +1 +100.0 %$/m,
    /^ {4}of a new kind +7$/m,
    /^ {4}resident, with guest memory +64.0 MiB$/m,
    /^ {2}other\n {4}something else +1,234,567$/m,
  ]) {
    assert.match(text, line);
  }
  assert.doesNotMatch(text, /undefined|NaN/);
});

test('of the interpreter alone there is nothing about regions', () => {
  const text = formatStatistics(new Map([['instructions', 10]]), figures);
  assert.doesNotMatch(text, /region/);
});
