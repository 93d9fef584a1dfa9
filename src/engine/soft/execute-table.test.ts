import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { EntryList } from './entry-list.ts';
import { ExecuteTable } from './execute-table.ts';
import { TableCache } from './table-cache.ts';

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

test('an entry list holds each entry once', () => {
  const list = new EntryList(8);
  for (const entry of [3, 5, 3, 0, 5]) list.add(entry);
  assert.deepEqual([...list.entries.subarray(0, list.count)], [3, 5, 0]);
  list.clear();
  list.add(3);
  assert.equal(list.count, 1);
});

test('page tables are known by their stretch of addresses until they are cleared', () => {
  const cache = new TableCache();
  const found = { frame: 0, properties: 0, pageShift: 12, table: -1, tableRights: 0, errorCode: 0 };
  cache.enter(0x4012_3456, 0x5000, 3);
  assert.equal(cache.find(0x401f_ffff, found), true);
  assert.deepEqual([found.table, found.tableRights], [0x5000, 3]);
  assert.equal(cache.find(0x4020_0000, found), false);
  assert.equal(cache.find(0x4000_0000 + 2 ** 32, found), false);
  cache.clear();
  assert.equal(cache.find(0x4012_3456, found), false);
});
