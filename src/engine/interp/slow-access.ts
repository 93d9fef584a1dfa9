// Accesses that the TLB does not answer, as functions of the core module: the TLB is refilled (soft/tlb-fill.ts), and TypeScript is
// asked only where that cannot be done in the usual way.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import { KIND_BYTES, KIND_WRITE, KIND_X87 } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { loadI32, storeI32, storeI64 } from '../soft/state-code.ts';

/** Of the x87 status word: an exception waits. */
const FSW_ES = 0x80;

/**
 * The bodies of slowLoad and slowStore (core-functions.ts): what is missing in the TLB only is done here, everything else by the
 * callback. Parameters: descriptor, address, kind.
 */
export function emitSlowAccess(
  f: FunctionBuilder,
  fillTlb: number,
  callback: number,
  access: 'load' | 'store',
): void {
  const [descriptor, address, kind] = [0, 1, 2];
  const entry = f.local('i32');
  f.localGet(address);
  f.localGet(kind);
  if (access === 'store') {
    f.i32Const(KIND_WRITE);
    f.op('i32.or');
  }
  f.i32Const(0);
  f.load('i32.load', E.TLB_TABLE);
  f.call(fillTlb);
  f.localTee(entry);
  f.if_(undefined, 'likely');
  const pushPlace = () => {
    f.localGet(address);
    f.op('i32.wrap_i64');
    f.localGet(entry);
    f.load('i32.load', E.TLB_ADDEND);
    f.op('i32.add');
  };
  const pushValue = () => f.i32Const(E.ACCESS_VALUE);
  if (access === 'load') {
    pushValue();
    pushPlace();
  } else {
    pushPlace();
    pushValue();
  }
  f.localGet(kind);
  f.i32Const(KIND_BYTES);
  f.op('i32.and');
  if (access === 'load') f.memoryCopy(0, 1);
  else f.memoryCopy(1, 0);
  f.i32Const(0);
  f.op('return');
  f.end();
  storeI32(f, E.PAGE_FAULT, () => f.i32Const(0));
  storeI64(f, E.ACCESS_ADDRESS, address);
  f.localGet(descriptor);
  f.localGet(kind);
  f.call(callback);
}

/**
 * The body of fillForRegion: (address i64, kind) -> 1 when the TLB has the page now, or 0: the access raises a page fault
 * (PAGE_FAULT, ACCESS_ADDRESS), or the interpreter has to do it. `callback` is that of core-module.ts, regionFill.
 */
export function emitFillForRegion(f: FunctionBuilder, fillTlb: number, callback: number): void {
  const [address, kind] = [0, 1];
  storeI32(f, E.PAGE_FAULT, () => f.i32Const(0));
  f.localGet(address);
  f.localGet(kind);
  f.i32Const(0);
  f.load('i32.load', E.TLB_TABLE);
  f.call(fillTlb);
  f.if_(undefined, 'likely');
  f.i32Const(1);
  f.op('return');
  f.end();
  storeI64(f, E.ACCESS_ADDRESS, address);
  loadI32(f, E.PAGE_FAULT);
  f.if_('i32');
  f.i32Const(0);
  f.else_();
  f.localGet(kind);
  f.call(callback);
  f.end();
  f.localGet(kind);
  f.i32Const(KIND_X87);
  f.op('i32.and');
  f.if_(undefined, 'unlikely');
  loadI32(f, S.X87_TRAP);
  loadI32(f, S.FSW);
  f.i32Const(FSW_ES);
  f.op('i32.and');
  f.op('i32.or');
  f.if_();
  storeI32(f, E.PAGE_FAULT, () => f.i32Const(0));
  f.end();
  f.end();
}

/**
 * The body of regionTranslate: (address i64, kind, where) -> i32 0 when the TLB has been filled, or 1 when the region must bail: then
 * `where` is in WHERE. `fill` is fillForRegion.
 */
export function emitRegionTranslate(f: FunctionBuilder, fill: number): void {
  const [address, kind, where] = [0, 1, 2];
  f.localGet(address);
  f.localGet(kind);
  f.call(fill);
  f.if_(undefined, 'likely');
  f.i32Const(0);
  f.op('return');
  f.end();
  storeI32(f, E.WHERE, () => f.localGet(where));
  f.i32Const(1);
}
