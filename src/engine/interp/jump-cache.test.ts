import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from '../soft/engine-state.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';
import { FIRST_BLOCK, JumpCache } from './jump-cache.ts';

const KEY = 0x800;
const OTHER_KEY = 0x1000;
const block = (n: number) => FIRST_BLOCK + D.HEADER_SIZE + n * 1024;
const newCache = () => new JumpCache(new CpuState(new ArrayBuffer(8 << 20)));

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

test('of two addresses that fall together both are found, of three the last two', () => {
  const cache = newCache();
  // Equal in the bits that choose the entry.
  const together = (n: number) => n * 2 ** 40;
  cache.enter(together(1), KEY, block(1));
  cache.enter(together(2), KEY, block(2));
  assert.equal(cache.find(together(1), KEY), block(1));
  assert.equal(cache.find(together(2), KEY), block(2));
  cache.enter(together(3), KEY, block(3));
  assert.deepEqual(
    [1, 2, 3].map((n) => cache.find(together(n), KEY)),
    [0, block(2), block(3)],
  );
  // What is out of date makes room without moving.
  cache.enter(together(4), OTHER_KEY, block(4));
  assert.equal(cache.find(together(2), KEY), block(2));
});

test('an entry tells the slot of the region that has taken the place of its block', () => {
  const state = new CpuState(new ArrayBuffer(8 << 20));
  const cache = new JumpCache(state);
  const SLOT = TABLE_SIZE + 7;
  const slots = () => {
    const found: number[] = [];
    for (let i = 0; i < E.JUMP_ENTRIES; i++) {
      const entry = E.JUMP_CACHE + (i << E.JUMP_ENTRY_SHIFT);
      if (state.get32(entry + E.JUMP_ENTRY_KEY) !== 0) found.push(state.get32(entry + E.JUMP_SLOT));
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
