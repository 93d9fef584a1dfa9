import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodePages } from './code-pages.ts';

/** The bail at which an instruction becomes one that bails too often, of the first thousand; 0 if none does. */
function tooMuchAt(apart: number, spread: boolean): number {
  const pages = new CodePages();
  for (let bail = 1; bail <= 1000; bail++) if (pages.bailed(5, 0x123, bail * apart, spread)) return bail;
  return 0;
}

test('bails are too many that come soon one after the other', () => {
  assert.equal(tooMuchAt(400, false), 32);
  assert.equal(tooMuchAt(600, false), 0);
  // A kernel's structure across two pages, met at each page fault.
  assert.equal(tooMuchAt(200_000, true), 32);
  assert.equal(tooMuchAt(600_000, true), 0);
});

test('of accesses in two pages and of other bails is told apart', () => {
  const pages = new CodePages();
  for (let bail = 1; bail <= 32; bail++) pages.bailed(5, 0x123, bail * 400, true);
  assert.equal(pages.isSpread(5, 0x123), true);
  assert.equal(pages.needsHelp(5, 0x123), false);
  assert.equal(pages.isSpread(5, 0x124), false);
  pages.changed(5, 20_000, true);
  assert.equal(pages.isSpread(5, 0x123), false);
});

test('a page is restless after changes of code that regions are made of, not of what was only decoded', () => {
  const pages = new CodePages();
  for (let change = 0; change < 20; change++) pages.changed(5, change, false);
  assert.equal(pages.restless(5, 20), false);
  const { generation } = pages.of(5);
  assert.equal(generation, 20);
  for (let change = 0; change < 8; change++) pages.changed(5, change, true);
  assert.equal(pages.restless(5, 20), true);
});
