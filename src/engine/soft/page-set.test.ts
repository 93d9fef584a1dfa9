import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageSet } from './page-set.ts';

test('pages are in the set until it is emptied', () => {
  const set = new PageSet();
  const pages = [0, 0x1000, 0x40_0000, -0x1000, -0x7fff_ffff_f000, 0x7fff_ffff_f000];
  for (const page of pages) assert.equal(set.add(page), true);
  for (const page of pages) assert.equal(set.has(page), true);
  assert.equal(set.has(0x2000), false);
  set.clear();
  for (const page of pages) assert.equal(set.has(page), false);
});

test('pages of one hash: a few fit, then there is no room', () => {
  const set = new PageSet();
  const same = (n: number) => 0x1000 + n * 2 ** 44;
  const fitting = [0, 1, 2, 3, 4].filter((n) => set.add(same(n)));
  assert.deepEqual(fitting, [0, 1, 2, 3]);
  assert.equal(set.has(same(4)), false);
  assert.equal(set.add(same(2)), true);
});
