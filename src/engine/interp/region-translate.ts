// The core function that is behind the pages of regions (jit/region-pages.ts): it looks an address up in the TLB and notes its
// page in a cell, and counts. What the TLB does not have is filled in by regionTranslate (slow-access.ts).
import type { FunctionBuilder } from '../../wasm/function.ts';
import { KIND_BYTES, KIND_CELL, KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { emitCountMiss } from '../soft/miss-counters.ts';
import { emitCellClass, emitEntryOffset } from '../soft/tlb-offset.ts';

/**
 * The body of translate (core-functions.ts). Where it gives 1, `where` is in WHERE; addends are whole pages. `further` is the index
 * of regionTranslate.
 */
export function emitTranslate(f: FunctionBuilder, further: number): void {
  const [address, table, kind, where] = [0, 1, 2, 3];
  const entry = f.local('i32');
  const cell = f.local('i32');
  const page = f.local('i64');
  const addend = f.local('i32');
  const pushWrite = (offset: number) => {
    f.localGet(kind);
    f.i32Const(KIND_WRITE);
    f.op('i32.and');
    f.i32Const(Math.log2(offset / KIND_WRITE));
    f.op('i32.shl');
  };
  f.localGet(table);
  f.localGet(address);
  f.op('i32.wrap_i64');
  emitEntryOffset(f);
  f.op('i32.add');
  pushWrite(E.TLB_WRITES);
  f.op('i32.add');
  f.localTee(entry);
  f.load('i64.load', E.TLB_TAG);
  // The page of the access's last byte must be the tagged one.
  f.localGet(address);
  f.localGet(kind);
  f.i32Const(KIND_BYTES);
  f.op('i32.and');
  f.i32Const(1);
  f.op('i32.sub');
  f.op('i64.extend_i32_u');
  f.op('i64.add');
  f.i64Const(-4096n);
  f.op('i64.and');
  f.localTee(page);
  f.op('i64.ne');
  f.if_(undefined, 'unlikely');
  f.localGet(address);
  f.localGet(kind);
  f.localGet(where);
  f.call(further);
  f.if_();
  f.i32Const(1);
  f.op('return');
  f.end();
  f.end();
  f.localGet(table);
  f.localGet(kind);
  f.i32Const(KIND_CELL - E.TLB_ENTRY_SHIFT);
  f.op('i32.shr_u');
  f.i32Const((E.PAGE_CELL_COUNT - 1) << E.TLB_ENTRY_SHIFT);
  f.op('i32.and');
  f.op('i32.add');
  pushWrite(E.PAGE_CELL_WRITES);
  f.op('i32.add');
  f.localTee(cell);
  f.localGet(page);
  f.store('i64.store', E.PAGE_CELLS + E.TLB_TAG);
  f.localGet(cell);
  f.localGet(entry);
  f.load('i32.load', E.TLB_ADDEND);
  f.localTee(addend);
  f.store('i32.store', E.PAGE_CELLS + E.TLB_ADDEND);
  f.localGet(table);
  f.localGet(table);
  f.load('i32.load', E.PAGE_CELLS_USED);
  emitCellClass(f, address);
  f.op('i32.or');
  f.i32Const(E.PAGE_CELLS_LOCAL);
  f.i32Const(0);
  f.localGet(entry);
  f.load('i32.load', E.TLB_NOTES);
  f.i32Const(E.TLB_GLOBAL);
  f.op('i32.and');
  f.op('select');
  f.i32Const(E.PAGE_CELLS_LOCAL);
  f.op('i32.xor');
  f.op('i32.or');
  f.store('i32.store', E.PAGE_CELLS_USED);
  emitCountMiss(f, where, kind);
  f.localGet(addend);
}
