// Generated code against the golden files. When a difference is meant: `npm run accept`, and review it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { caseNames, generateCase, orphans, PAGE, pageWithCase, readGolden } from './golden.ts';
import { judge, measureAll, readSizes } from './sizes.ts';

describe('golden cases', () => {
  for (const name of caseNames()) {
    test(name, () => {
      const { uops, wat } = generateCase(name);
      const golden = readGolden(name);
      assert.ok(golden, 'a new case: npm run accept');
      assert.equal(uops, golden.uops, 'micro-operations have changed: npm run accept');
      assert.equal(wat, golden.wat, 'WebAssembly has changed: npm run accept');
    });
  }

  test('the example of docs/translator.md', () => {
    const page = readFileSync(PAGE, 'utf8');
    assert.equal(page, pageWithCase(page), 'npm run accept');
  });

  test('no golden file without a case', () => {
    assert.deepEqual(orphans(), []);
  });
});

test('the size of generated code', () => {
  const accepted = readSizes();
  const sizes = measureAll();
  const wrong = Object.entries(sizes).flatMap(([name, size]) => judge(name, size, accepted[name]) ?? []);
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    Object.keys(accepted).filter((name) => !(name in sizes)),
    [],
  );
});
