import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { ExecuteTable } from './execute-table.ts';

const newState = () => new CpuState(new ArrayBuffer(4 << 20));

test('translations for fetching are found until they are forgotten', () => {
  let forgotten = 0;
  const table = new ExecuteTable(newState(), E.EXECUTE_USER, () => forgotten++);
  table.enter(0x1000, 0x7000, true);
  assert.equal(table.find(0x1000), 0x7000);
  assert.equal(table.find(0x2000), -1);
  assert.equal(table.holdsLocal, false);
  // Another page takes its place: the first is still one that the jump cache may depend on.
  const other = 0x1000 + E.EXECUTE_ENTRIES * 4096;
  table.enter(other, 0x9000, false);
  assert.equal(table.find(0x1000), -1);
  assert.equal(table.has(0x1000), true);
  assert.equal(table.holdsLocal, true);
  table.forget();
  assert.deepEqual(
    [table.find(other), table.has(0x1000), table.holdsLocal, forgotten],
    [-1, false, false, 1],
  );
});
