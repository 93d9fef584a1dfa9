// Slots and link cells are used again, and come back empty.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CellSpace, SlotSpace } from './region-space.ts';

test('slots: the table grows, and what was released is taken first', () => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 8 });
  const slots = new SlotSpace(table);
  assert.deepEqual([slots.take(), slots.take()], [8, 9]);
  assert.ok(table.length > 9);
  slots.release(8);
  assert.equal(table.get(8), null);
  assert.equal(slots.take(), 8);
  assert.equal(slots.take(), 10);
});

test('slots end at 65,536', () => {
  const slots = new SlotSpace(new WebAssembly.Table({ element: 'anyfunc', initial: 65_530 }));
  assert.deepEqual(
    Array.from({ length: 7 }, () => slots.take()),
    [65_530, 65_531, 65_532, 65_533, 65_534, 65_535, -1],
  );
});

test('cells: released ones are zero again and serve requests of their size', () => {
  const u32 = new Uint32Array(64);
  const cells = new CellSpace(u32, 64, 32);
  const three = cells.take(3);
  assert.equal(three, 64);
  assert.equal(cells.take(1), 80);
  assert.equal(cells.take(0), 0);
  u32.fill(7, three >> 2, (three >> 2) + 3);
  cells.release(three, 3);
  assert.equal(cells.take(4), three);
  assert.deepEqual([...u32.subarray(16, 20)], [0, 0, 0, 0]);
  assert.equal(cells.take(40), -1);
});
