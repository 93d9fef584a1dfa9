// The set of pages translated for fetching (page-set.ts) in generated code.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as E from './engine-state.ts';
import { PAGE_SET_FACTOR } from './page-set.ts';

const SLOT = 16;
const SLOTS = E.EXECUTE_PAGES + E.PAGE_SET_SLOTS;
const GENERATION = 8;

/**
 * Pushes (i32) whether a page (i64 local, its first address) is in the set of a table of translations for fetching (i32 local,
 * its byte offset); with `found` what is emitted for the slot at which it is or could be.
 */
function emitSearch(
  f: FunctionBuilder,
  table: number,
  page: number,
  atFree: (slot: number, generation: number) => void,
): void {
  const slot = f.scratch('i32');
  const left = f.scratch('i32');
  const generation = f.scratch('i32');
  f.localGet(table);
  f.load('i32.load', E.EXECUTE_PAGES);
  f.localSet(generation);
  f.localGet(page);
  f.i64Const(12);
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  f.i32Const(0xf_ffff);
  f.op('i32.and');
  f.i32Const(PAGE_SET_FACTOR | 0);
  f.op('i32.mul');
  f.i32Const(32 - E.PAGE_SET_BITS);
  f.op('i32.shr_u');
  f.i32Const(Math.log2(SLOT));
  f.op('i32.shl');
  f.localGet(table);
  f.op('i32.add');
  f.localSet(slot);
  f.i32Const(E.PAGE_SET_REACH);
  f.localSet(left);
  f.block('i32');
  f.loop();
  f.localGet(slot);
  f.load('i32.load', SLOTS + GENERATION);
  f.localGet(generation);
  f.op('i32.ne');
  f.if_();
  atFree(slot, generation);
  f.br(2);
  f.end();
  f.localGet(slot);
  f.load('i64.load', SLOTS);
  f.localGet(page);
  f.op('i64.eq');
  f.if_();
  f.i32Const(1);
  f.br(2);
  f.end();
  f.localGet(slot);
  f.i32Const(SLOT);
  f.op('i32.add');
  f.localSet(slot);
  f.localGet(left);
  f.i32Const(1);
  f.op('i32.sub');
  f.localTee(left);
  f.brIf(0);
  f.end();
  f.i32Const(0);
  f.end();
  f.release(slot);
  f.release(left);
  f.release(generation);
}

/** Pushes whether a page is in the set. */
export function emitHasPage(f: FunctionBuilder, table: number, page: number): void {
  emitSearch(f, table, page, () => f.i32Const(0));
}
/** Adds a page; pushes whether it is in the set now: 0 where there is no room for it. */
export function emitAddPage(f: FunctionBuilder, table: number, page: number): void {
  emitSearch(f, table, page, (slot, generation) => {
    f.localGet(slot);
    f.localGet(generation);
    f.store('i32.store', SLOTS + GENERATION);
    f.localGet(slot);
    f.localGet(page);
    f.store('i64.store', SLOTS);
    f.i32Const(1);
  });
}
