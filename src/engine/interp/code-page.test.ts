import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodePage } from './code-page.ts';

const block = (first: number, end: number, descriptor = first) => ({
  ...{ key: first, descriptor, next: descriptor + 1 },
  ...{ first, end },
});

test('the blocks that hold bytes go, the others stay, and so do the marks of what overlaps', () => {
  const page = new CodePage();
  for (const [first, end] of [
    [100, 120],
    [110, 120],
    [120, 140],
    [200, 4096],
  ] as const)
    page.add(block(first, end));
  const gone = page.drop(105, 105);
  assert.deepEqual(
    gone.map(({ first }) => first),
    [100],
  );
  assert.deepEqual([...page.blocks.keys()], [110, 120, 200]);
  assert.ok(!page.isDecoded(100, 109) && page.isDecoded(110, 110) && page.isDecoded(119, 119));
  assert.deepEqual(page.drop(0, 109), []);
  assert.equal(page.drop(119, 120).length, 2);
  assert.ok(!page.isDecoded(0, 199) && page.isDecoded(4095, 4095));
  assert.equal(page.isEmpty, false);
  assert.equal(page.drop(0, 4095).length, 1);
  assert.ok(page.isEmpty);
});

test('a block that another has taken the place of leaves it there', () => {
  const page = new CodePage();
  page.add(block(8, 16, 1000));
  page.add(block(8, 12, 2000));
  assert.equal(page.drop(13, 13).length, 1);
  assert.equal(page.blocks.get(8), 2000);
});

test('notes are apart from blocks', () => {
  const page = new CodePage();
  page.note(50, 60);
  assert.ok(page.isNoted(59, 70) && !page.isNoted(60, 70) && !page.isDecoded(50, 59));
  page.drop(0, 4095);
  assert.ok(!page.isEmpty && page.isNoted(50, 50));
  page.forgetNotes(50, 51);
  assert.ok(!page.isNoted(50, 50) && page.isNoted(51, 51));
  page.forgetNotes(0, 4096);
  assert.ok(page.isEmpty);
});
