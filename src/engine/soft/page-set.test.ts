import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { PageSet } from './page-set.ts';

const newSet = () => new PageSet(new CpuState(new ArrayBuffer(4 << 20)), E.EXECUTE_USER + E.EXECUTE_PAGES);

test('pages are in the set until it is emptied', () => {
  const set = newSet();
  const pages = [0, 0x1000, 0x40_0000, -0x1000, -0x7fff_ffff_f000, 0x7fff_ffff_f000];
  for (const page of pages) assert.equal(set.add(page), true);
  for (const page of pages) assert.equal(set.has(page), true);
  assert.equal(set.has(0x2000), false);
  set.clear();
  for (const page of pages) assert.equal(set.has(page), false);
});

test('pages of one hash: a few fit, then there is no room', () => {
  const set = newSet();
  const same = (n: number) => 0x1000 + n * 2 ** 44;
  const numbers = Array.from({ length: 17 }, (_, n) => n);
  const fitting = numbers.filter((n) => set.add(same(n)));
  assert.deepEqual(fitting, numbers.slice(0, 16));
  assert.equal(set.has(same(16)), false);
  assert.equal(set.add(same(2)), true);
});

test('a kernel of 4,000 pages with modules and programs of as many has room', () => {
  const set = newSet();
  for (let n = 0; n < 4000; n++) {
    assert.ok(set.add(-0x7f00_0000 + n * 4096));
    assert.ok(set.add(-0x4000_0000 + n * 4096));
  }
});
