// The look-up of blocks in generated code against the jump cache and the block table in TypeScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from '../../wasm/module.ts';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { BlockTable } from './block-table.ts';
import { HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { emitEnterJump, emitFindBlock } from './find-block.ts';
import { TABLE_SIZE } from './handlers.ts';
import { FIRST_BLOCK, JumpCache } from './jump-cache.ts';
import { JumpKeys } from './jump-key.ts';

const MODE = 0x3da;
const OTHER_MODE = 0x3d5;
const PAGES = 256;
const HANDLER = 77;

function build() {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  /** Linear address of a page -> page of memory 1. */
  const pages = new Map<number, number>();
  const module = new ModuleBuilder();
  module.importMemory('env', 'state', { min: PAGES });
  const fetchPage = module.importFunction('env', 'fetchPage', ['i64'], ['i32']);
  const enter = module.defineFunction('enterJump', ['i64', 'i32', 'i32'], ['i32']);
  emitEnterJump(enter, TABLE_SIZE);
  const find = module.defineFunction('findBlock', ['i64'], ['i32']);
  emitFindBlock(find, fetchPage, enter.index, HANDLER_STOP);
  module.exportFunction('enterJump', enter.index);
  module.exportFunction('findBlock', find.index);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(module.build() as Uint8Array<ArrayBuffer>),
    {
      env: {
        state: memory,
        fetchPage: (linear: bigint) => pages.get(Number(linear & -4096n)) ?? -1,
      },
    },
  );
  const state = new CpuState(memory.buffer);
  state.set32(L.MODE, MODE);
  const jumps = new JumpCache(state);
  const keys = new JumpKeys(state, () => assert.fail());
  keys.current();
  return {
    state,
    pages,
    jumps,
    keys,
    table: new BlockTable(state),
    enterJump: exports.enterJump as (linear: bigint, key: number, descriptor: number) => number,
    findBlock: exports.findBlock as (linear: bigint) => number,
  };
}

let made = 0;
/** A block at a place; `second` is the page on which its one instruction ends. */
function block(state: CpuState, place: number, mode = MODE, second = -1): number {
  const descriptor = FIRST_BLOCK + D.HEADER_SIZE + 64 * made++;
  state.set32(descriptor - D.H_PLACE, place);
  state.set32(descriptor - D.H_MODE, mode | (Math.max(second, 0) << D.H_SECOND_SHIFT));
  state.set32(descriptor, HANDLER);
  state.set32(descriptor + D.D_START, (place & 0xfff) | ((second < 0 ? 1 : 15) << 16));
  return descriptor;
}

test('a jump enters what it finds as the vCPU does', () => {
  const { state, jumps, keys, enterJump } = build();
  // One that is in force for supervisor code, one for user code, one for neither.
  const [supervisor, user] = [0, 3].map((level) => {
    state.cpl = level;
    return keys.current();
  });
  const some = [supervisor!, user!, user! + 1];
  let random = 1;
  const next = (below: number): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((random / 2 ** 32) * below);
  };
  const blocks = Array.from({ length: 40 }, () => block(state, 0));
  const cache = () =>
    state.u8.slice(E.JUMP_CACHE, E.JUMP_CACHE + E.JUMP_LINES * E.JUMP_WAYS * E.JUMP_ENTRY_BYTES);
  for (let round = 0; round < 300; round++) {
    const linear = (next(2) ? -1 : 1) * (next(6) * 2 ** 40 + next(3) * 8192 + next(4));
    const key = some[next(3)]!;
    const descriptor = blocks[next(blocks.length)]!;
    state.set32(descriptor, next(2) ? HANDLER : TABLE_SIZE + 5);
    if (jumps.find(linear, key) !== 0) continue;
    const before = cache();
    const was = state.getNumber(descriptor - D.H_LINEAR);
    const entry = enterJump(BigInt(linear), key, descriptor);
    const after = cache();
    assert.equal(state.get32(E.JUMP_CACHE + entry + E.JUMP_DESCRIPTOR), descriptor);
    state.u8.set(before, E.JUMP_CACHE);
    state.setNumber(descriptor - D.H_LINEAR, was);
    jumps.enter(linear, key, descriptor);
    assert.deepEqual(cache(), after);
  }
});

test('a block is found by the place that its address leads to', () => {
  const { state, pages, jumps, keys, table, findBlock } = build();
  const high = -0x7f00_1234_5000;
  const found = block(state, 0x5234);
  const compatible = block(state, 0x5234, OTHER_MODE);
  table.enter(found);
  table.enter(compatible);
  assert.equal(findBlock(BigInt(high + 0x234)), -1);
  pages.set(high, 5);
  pages.set(0x40_0000, 5);
  for (const linear of [high + 0x234, 0x40_0234]) {
    const entry = findBlock(BigInt(linear));
    assert.equal(state.get32(E.JUMP_CACHE + entry + E.JUMP_DESCRIPTOR), found);
    assert.equal(jumps.find(linear, keys.current()), found);
    assert.equal(state.get32(E.JUMP_KEY), keys.current());
  }
  // At one address at a time.
  assert.equal(jumps.find(high + 0x234, keys.current()), 0);
  assert.equal(findBlock(BigInt(high + 0x235)), -1);
  // A mode that has no key yet is left to the vCPU.
  state.set32(L.MODE, OTHER_MODE);
  assert.equal(findBlock(0x40_0234n), -1);
  keys.current();
  findBlock(0x40_0234n);
  assert.equal(jumps.find(0x40_0234, keys.current()), compatible);
  // Code that is gone, until there is other code in its place.
  state.set32(compatible, HANDLER_STOP);
  assert.equal(findBlock(BigInt(high + 0x234)), -1);
  const anew = block(state, 0x5234, OTHER_MODE);
  table.enter(anew);
  findBlock(BigInt(high + 0x234));
  assert.equal(jumps.find(high + 0x234, keys.current()), anew);
  table.clear();
  assert.equal(findBlock(BigInt(high + 0x234)), -1);
});

test('an instruction across two pages is found where both lie as they lay', () => {
  const { state, pages, table, findBlock } = build();
  const crossing = block(state, 0x5ff8, MODE, 0x9);
  table.enter(crossing);
  pages.set(0x40_0000, 5);
  assert.equal(findBlock(0x40_0ff8n), -1);
  pages.set(0x40_1000, 8);
  assert.equal(findBlock(0x40_0ff8n), -1);
  pages.set(0x40_1000, 9);
  assert.notEqual(findBlock(0x40_0ff8n), -1);
});

test('what lies in the last page of 4 GiB, or nowhere, is left to the vCPU', () => {
  const { state, pages, table, findBlock } = build();
  table.enter(block(state, 0x5234));
  table.enter(block(state, D.NO_PLACE));
  pages.set(0xffff_f000, 5);
  pages.set(0x40_0000, 0xf_ffff);
  assert.equal(findBlock(0xffff_f234n), -1);
  assert.equal(findBlock(0x40_0fffn), -1);
});

test('a full bucket forgets, and keeps what was entered last', () => {
  const { state, pages, table, findBlock } = build();
  pages.set(0x40_0000, 5);
  // Places that the multiplication leads to one bucket.
  const bucket = (place: number) => Math.imul(place, E.BLOCK_FACTOR) >>> (32 - E.BLOCK_BUCKET_BITS);
  const places: number[] = [];
  for (let place = 0x5000; places.length < 20; place++) {
    if (bucket(place) === bucket(0x5000)) places.push(place);
  }
  for (const place of places) {
    pages.set(0x100_0000 + (place & -4096), place >> 12);
    table.enter(block(state, place));
    assert.notEqual(findBlock(BigInt(0x100_0000 + place)), -1);
  }
  assert.equal(places.filter((place) => findBlock(BigInt(0x100_0000 + place)) >= 0).length, 8);
});
