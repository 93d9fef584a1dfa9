// A TLB refill in generated code: the page walk of the usual case (walk-code.ts), and its outcome entered into the tables as
// TlbEntries and ExecuteTable do. It gives up, with nothing changed, where the walk does, where decoded code would be written,
// and in parts of large pages that SoftMmu does not know of yet; SoftMmu does it all. Page faults that are certain are told by
// PAGE_FAULT.
//
// Translations for fetching are entered into their own table (execute-table.ts) in the same way.
import type { PageMarks } from '../../memory/guest-memory.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import { KIND_BYTES, KIND_WRITE } from './core-functions.ts';
import * as E from './engine-state.ts';
import { emitAddPage } from './page-set-code.ts';
import { loadI32 } from './state-code.ts';
import { emitEntryOffset, emitExecuteOffset } from './tlb-offset.ts';
import {
  ACCESSED,
  checkFetch,
  checkRights,
  DIRTY,
  mustBeAccessed,
  mustBeRam,
  newWalk,
  pushGlobal,
  pushUnusual,
  RAM,
  refuse,
  refuseUnless,
  setFlags,
  type Walk,
  walk,
} from './walk-code.ts';

/** Parts of large pages must have been noted by SoftMmu, which INVLPG asks. */
function mustBeNoted({ f, address, shift }: Walk): void {
  f.localGet(shift);
  f.i32Const(12);
  f.op('i32.ne');
  f.if_();
  f.localGet(address);
  f.op('i32.wrap_i64');
  f.i32Const(21);
  f.op('i32.shr_u');
  f.i32Const(E.LARGE_NOTED_COUNT - 1);
  f.op('i32.and');
  f.i32Const(3);
  f.op('i32.shl');
  f.load('i64.load', E.LARGE_NOTED);
  f.localGet(address);
  f.i64Const(-0x20_0000);
  f.op('i64.and');
  f.localGet(shift);
  f.op('i64.extend_i32_u');
  f.op('i64.or');
  f.op('i64.ne');
  refuse(f);
  f.end();
}

/** Enters the page at `frame` into the array of the access; pushes the entry's byte offset. As TlbEntries.enter does. */
function enterTranslation(w: Walk): void {
  const { f, address, kind, table, frame } = w;
  const at = f.local('i32');
  const notes = f.local('i32');
  const global = f.local('i32');
  const count = f.local('i32');
  f.localGet(table);
  f.localGet(address);
  f.op('i32.wrap_i64');
  emitEntryOffset(f);
  f.op('i32.add');
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.i32Const(Math.log2(E.TLB_WRITES / KIND_WRITE));
  f.op('i32.shl');
  f.op('i32.add');
  f.localTee(at);
  f.localGet(address);
  f.i64Const(-4096);
  f.op('i64.and');
  f.store('i64.store', E.TLB_TAG);
  f.localGet(at);
  f.localGet(frame);
  f.localGet(address);
  f.op('i32.wrap_i64');
  f.i32Const(-4096);
  f.op('i32.and');
  f.op('i32.sub');
  f.store('i32.store', E.TLB_ADDEND);
  // Which list it belongs into: 1 that of global translations.
  pushGlobal(w);
  f.localSet(global);
  f.localGet(at);
  f.load('i32.load', E.TLB_NOTES);
  f.localSet(notes);
  f.localGet(notes);
  f.i32Const(E.TLB_LISTED);
  f.localGet(global);
  f.op('i32.shl');
  f.op('i32.and');
  f.op('i32.eqz');
  f.if_();
  // Counts are words side by side, the lists behind one another.
  f.localGet(global);
  f.i32Const(2);
  f.op('i32.shl');
  f.load('i32.load', E.TLB_FILLED_COUNT);
  f.localSet(count);
  f.localGet(count);
  f.i32Const(1);
  f.op('i32.shl');
  f.localGet(global);
  f.i32Const(E.TLB_FILLED_GLOBAL - E.TLB_FILLED);
  f.op('i32.mul');
  f.op('i32.add');
  f.localGet(at);
  f.i32Const(E.TLB);
  f.op('i32.sub');
  f.i32Const(E.TLB_ENTRY_SHIFT);
  f.op('i32.shr_u');
  f.store('i32.store16', E.TLB_FILLED);
  f.localGet(global);
  f.i32Const(2);
  f.op('i32.shl');
  f.localGet(count);
  f.i32Const(1);
  f.op('i32.add');
  f.store('i32.store', E.TLB_FILLED_COUNT);
  f.end();
  f.localGet(at);
  f.localGet(notes);
  f.i32Const(~E.TLB_GLOBAL);
  f.op('i32.and');
  f.i32Const(E.TLB_LISTED);
  f.localGet(global);
  f.op('i32.shl');
  f.op('i32.or');
  f.localGet(global);
  f.i32Const(Math.log2(E.TLB_GLOBAL));
  f.op('i32.shl');
  f.op('i32.or');
  f.store('i32.store', E.TLB_NOTES);
  f.i32Const(0);
  loadI32(f, E.TLB_REFILLS);
  f.i32Const(1);
  f.op('i32.add');
  f.store('i32.store', E.TLB_REFILLS);
  f.localGet(at);
}

/**
 * The body of fillTlb: (address i64, kind, TLB table) -> byte offset of the entry that now has the page for the access, or 0 and
 * nothing changed; then PAGE_FAULT is set if it is certain that the access faults.
 */
export function emitFillTlb(f: FunctionBuilder, marks: PageMarks): void {
  const w = newWalk(f, marks, false);
  const { address, kind, table, frame } = w;
  const page = f.local('i32');
  pushUnusual(w);
  f.localGet(table);
  f.i32Const(E.TLB_BYPASS);
  f.op('i32.eq');
  f.op('i32.or');
  // In one page.
  f.localGet(address);
  f.op('i32.wrap_i64');
  f.i32Const(0xfff);
  f.op('i32.and');
  f.localGet(kind);
  f.i32Const(KIND_BYTES);
  f.op('i32.and');
  f.op('i32.add');
  f.i32Const(4096);
  f.op('i32.gt_u');
  f.op('i32.or');
  refuse(f);
  walk(w);
  checkRights(w);
  mustBeRam(w, frame);
  mustBeNoted(w);
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.if_();
  f.localGet(frame);
  f.i32Const(12);
  f.op('i32.shr_u');
  f.localTee(page);
  f.load('i32.load8_u', marks.code, RAM);
  refuse(f);
  f.end();
  f.i32Const(ACCESSED | DIRTY);
  f.i32Const(ACCESSED);
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.op('select');
  setFlags(w);
  f.localGet(kind);
  f.i32Const(KIND_WRITE);
  f.op('i32.and');
  f.if_();
  f.localGet(page);
  f.i32Const(1);
  f.store('i32.store8', marks.dirty, RAM);
  f.end();
  enterTranslation(w);
}

/**
 * The body of fillExecute: (address i64) -> 1 when the table of translations for fetching in force has the page now, or 0 and
 * nothing changed.
 */
export function emitFillExecute(f: FunctionBuilder, marks: PageMarks): void {
  const w = newWalk(f, marks, true);
  const { address, frame } = w;
  const table = f.local('i32');
  const at = f.local('i32');
  pushUnusual(w);
  refuse(f);
  walk(w);
  // Regions ask about pages of which they may not fetch anything.
  mustBeAccessed(w);
  checkFetch(w);
  mustBeRam(w, frame);
  mustBeNoted(w);
  f.localGet(address);
  f.i64Const(-4096);
  f.op('i64.and');
  f.localSet(address);
  loadI32(f, E.EXECUTE_TABLE);
  f.localSet(table);
  emitAddPage(f, table, address);
  refuseUnless(f);
  pushGlobal(w);
  f.op('i32.eqz');
  f.if_();
  f.localGet(table);
  f.i32Const(1);
  f.store('i32.store', E.EXECUTE_HOLDS_LOCAL);
  f.end();
  f.localGet(address);
  f.op('i32.wrap_i64');
  emitExecuteOffset(f);
  f.localGet(table);
  f.op('i32.add');
  f.localTee(at);
  f.load('i32.load', 12);
  f.op('i32.eqz');
  f.if_();
  f.localGet(at);
  f.i32Const(1);
  f.store('i32.store', 12);
  f.localGet(table);
  f.localGet(table);
  f.load('i32.load', E.EXECUTE_COUNT);
  f.i32Const(1);
  f.op('i32.shl');
  f.op('i32.add');
  f.localGet(at);
  f.localGet(table);
  f.op('i32.sub');
  f.i32Const(4);
  f.op('i32.shr_u');
  f.store('i32.store16', E.EXECUTE_LIST);
  f.localGet(table);
  f.localGet(table);
  f.load('i32.load', E.EXECUTE_COUNT);
  f.i32Const(1);
  f.op('i32.add');
  f.store('i32.store', E.EXECUTE_COUNT);
  f.end();
  f.localGet(at);
  f.localGet(address);
  f.store('i64.store', 0);
  f.localGet(at);
  f.localGet(frame);
  f.i32Const(12);
  f.op('i32.shr_u');
  f.store('i32.store', 8);
  f.i32Const(1);
}
