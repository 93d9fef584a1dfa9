import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from '../../wasm/module.ts';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from './engine-state.ts';
import { TlbEntries } from './tlb-entries.ts';
import { cellClass, emitCellClass } from './tlb-offset.ts';

const KERNEL = -0x7f00_0000;
const USER = 0x40_0000;

function tagAt(state: CpuState, array: number, linear: number): number {
  const entry = array + (((linear >>> 12) & (E.TLB_ENTRIES - 1)) << E.TLB_ENTRY_SHIFT);
  return state.getNumber(entry + E.TLB_TAG);
}

test('a flush keeps global translations, and one that has become global since', () => {
  const state = new CpuState(new ArrayBuffer(4 << 20));
  const entries = new TlbEntries(state);
  entries.enter(E.TLB_SUPERVISOR, KERNEL, 0x5000, true);
  entries.enter(E.TLB_USER, USER, 0x6000, false);
  entries.enter(E.TLB_USER + E.TLB_WRITES, USER + 0x1000, 0x7000, false);
  entries.enter(E.TLB_USER + E.TLB_WRITES, USER + 0x1000, 0x7000, true);
  entries.flush(true);
  assert.equal(tagAt(state, E.TLB_SUPERVISOR, KERNEL), KERNEL);
  assert.notEqual(tagAt(state, E.TLB_USER, USER), USER);
  assert.equal(tagAt(state, E.TLB_USER + E.TLB_WRITES, USER + 0x1000), USER + 0x1000);
  entries.flush(false);
  assert.notEqual(tagAt(state, E.TLB_SUPERVISOR, KERNEL), KERNEL);
  assert.equal(state.u32[E.TLB_REFILLS >> 2], 4);
});

test('writes to a page are dropped, by its place in memory 1', () => {
  const state = new CpuState(new ArrayBuffer(4 << 20));
  const entries = new TlbEntries(state);
  for (const array of [E.TLB_USER, E.TLB_USER + E.TLB_WRITES, E.TLB_SUPERVISOR + E.TLB_WRITES])
    entries.enter(array, USER, 0x6000, false);
  entries.enter(E.TLB_SUPERVISOR + E.TLB_WRITES, KERNEL, 0x7000, true);
  entries.dropWrites(6, 7);
  assert.equal(tagAt(state, E.TLB_USER, USER), USER);
  assert.notEqual(tagAt(state, E.TLB_USER + E.TLB_WRITES, USER), USER);
  assert.notEqual(tagAt(state, E.TLB_SUPERVISOR + E.TLB_WRITES, USER), USER);
  assert.equal(tagAt(state, E.TLB_SUPERVISOR + E.TLB_WRITES, KERNEL), KERNEL);
});

test('page cells go only where one may be concerned', () => {
  const state = new CpuState(new ArrayBuffer(4 << 20));
  const entries = new TlbEntries(state);
  const fill = (linear: number, used: number) => {
    state.setNumber(E.TLB_SUPERVISOR + E.PAGE_CELLS, linear);
    state.u32[(E.TLB_SUPERVISOR + E.PAGE_CELLS_USED) >> 2] = used;
  };
  const kept = () => state.getNumber(E.TLB_SUPERVISOR + E.PAGE_CELLS) === KERNEL;
  fill(KERNEL, cellClass(KERNEL));
  entries.forgetPage(USER);
  entries.flush(true);
  assert.ok(kept());
  entries.forgetPage(KERNEL + 0x1000);
  assert.ok(!kept());
  fill(KERNEL, cellClass(KERNEL) | E.PAGE_CELLS_LOCAL);
  entries.flush(true);
  assert.ok(!kept());
  fill(KERNEL, cellClass(KERNEL));
  entries.dropWrites(0, 1);
  assert.ok(!kept());
});

test('classes of addresses are the same in generated code', () => {
  const module = new ModuleBuilder();
  const f = module.defineFunction('classOf', ['i64'], ['i32']);
  emitCellClass(f, 0);
  module.exportFunction('classOf', f.index);
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(module.build() as Uint8Array<ArrayBuffer>),
  );
  const classOf = exports.classOf as (linear: bigint) => number;
  for (const linear of [
    0,
    USER,
    0x804_8000,
    0xb7f0_0000,
    0xc000_0000,
    0xffff_f000,
    KERNEL,
    -0x8000_0000_0000,
  ])
    assert.equal(classOf(BigInt(linear)), cellClass(linear));
  for (const linear of [0x7ffc_1234_5000, 0x5555_5555_4000, 0x7fff_ffff_f000])
    assert.equal(classOf(BigInt(linear)), cellClass(linear));
});
