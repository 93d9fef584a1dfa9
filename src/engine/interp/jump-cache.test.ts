import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from '../soft/engine-state.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';
import { FIRST_BLOCK, JumpCache } from './jump-cache.ts';

const KEY = 7;
const OTHER_KEY = 8;
const block = (n: number) => FIRST_BLOCK + D.HEADER_SIZE + n * 1024;
function newState(): CpuState {
  const state = new CpuState(new ArrayBuffer(8 << 20));
  state.set32(E.JUMP_KEYS, KEY);
  return state;
}
const newCache = () => new JumpCache(newState());

test('blocks are found where they were entered, for their key', () => {
  const cache = newCache();
  const high = -0x7f00_0000_1235;
  cache.enter(0x40_1000, KEY, block(0));
  cache.enter(high, KEY, block(1));
  assert.equal(cache.find(0x40_1000, KEY), block(0));
  assert.equal(cache.find(high, KEY), block(1));
  assert.equal(cache.find(0x40_1000, OTHER_KEY), 0);
  assert.equal(cache.find(0x40_1001, KEY), 0);
  cache.clear();
  assert.equal(cache.find(0x40_1000, KEY), 0);
});

test('a block is at one address at a time', () => {
  const cache = newCache();
  cache.enter(0x1000, KEY, block(0));
  cache.enter(0x2000, KEY, block(0));
  assert.equal(cache.find(0x1000, KEY), 0);
  assert.equal(cache.find(0x2000, KEY), block(0));
});

test('of addresses that fall together the last four are found', () => {
  const cache = newCache();
  // Equal in the bits that choose the line.
  const together = (n: number) => n * 2 ** 40;
  const found = (count: number) =>
    Array.from({ length: count }, (_, i) => (cache.find(together(i + 1), KEY) === block(i + 1) ? i + 1 : 0));
  for (let n = 1; n <= 4; n++) cache.enter(together(n), KEY, block(n));
  assert.deepEqual(found(4), [1, 2, 3, 4]);
  cache.enter(together(5), KEY, block(5));
  assert.deepEqual(found(5), [0, 2, 3, 4, 5]);
  // What is out of date makes room before all others.
  cache.enter(together(6), OTHER_KEY, block(6));
  assert.deepEqual(found(5), [0, 0, 3, 4, 5]);
  cache.enter(together(7), KEY, block(7));
  assert.deepEqual(found(7), [0, 0, 3, 4, 5, 0, 7]);
});

test('another block at an address takes the place of the one before', () => {
  const cache = newCache();
  for (let n = 0; n < 10; n++) cache.enter(0x40_1000, KEY, block(n));
  cache.enter(0x40_1001, KEY, block(10));
  assert.equal(cache.find(0x40_1000, KEY), block(9));
  assert.equal(cache.find(0x40_1001, KEY), block(10));
});

test('an entry tells the slot of the region that has taken the place of its block', () => {
  const state = newState();
  const cache = new JumpCache(state);
  const SLOT = TABLE_SIZE + 7;
  const slots = () => {
    const found: number[] = [];
    for (let i = 0; i < E.JUMP_LINES * E.JUMP_WAYS; i++) {
      const entry = E.JUMP_CACHE + i * E.JUMP_ENTRY_BYTES;
      if (state.u16[(entry + E.JUMP_ENTRY_KEY) >> 1] !== 0)
        found.push(state.u16[(entry + E.JUMP_SLOT) >> 1]!);
    }
    return found;
  };
  cache.enter(0x40_1000, KEY, block(0));
  assert.deepEqual(slots(), [0]);
  cache.setSlot(block(0), SLOT);
  assert.deepEqual(slots(), [SLOT]);
  // Where another address has displaced it, too.
  cache.enter(0x40_1000 + 2 ** 40, KEY, block(1));
  cache.setSlot(block(0), SLOT + 1);
  assert.deepEqual(slots().sort(), [0, SLOT + 1]);
  cache.setSlot(block(0), 0);
  assert.deepEqual(slots(), [0, 0]);
  // A block that is run by a region when it is entered.
  state.set32(block(2), SLOT);
  cache.enter(0x50_0000, KEY, block(2));
  assert.deepEqual(slots().sort(), [0, 0, SLOT]);
  // At its new address, and no more at the old one.
  cache.enter(0x60_0000, KEY, block(2));
  cache.setSlot(block(2), SLOT + 2);
  assert.deepEqual(slots().sort(), [0, 0, SLOT + 2]);
});
