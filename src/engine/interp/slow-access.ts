// Accesses that the TLB does not answer, as functions of the core module: the TLB is refilled (soft/tlb-fill.ts), and TypeScript is
// asked only where that cannot be done in the usual way.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import { KIND_BYTES, KIND_WRITE, KIND_X87 } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { loadI32, storeI32, storeI64 } from '../soft/state-code.ts';
import { emitEntryOffset } from '../soft/tlb-offset.ts';

/** Of the x87 status word: an exception waits. */
const FSW_ES = 0x80;

/**
 * The bodies of slowLoad and slowStore (core-functions.ts): what is missing in the TLB only is done here, and what lies in two
 * pages that are both in it; everything else by the callback. Parameters: descriptor, address, kind.
 */
export function emitSlowAccess(
  f: FunctionBuilder,
  fillTlb: number,
  callback: number,
  access: 'load' | 'store',
): void {
  const [descriptor, address, kind] = [0, 1, 2];
  const entry = f.local('i32');
  emitTwoPages(f, access);
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

/** Pushes whether an access reaches into the next page; parameters as of fillTlb. */
function pushEndsBeyond(f: FunctionBuilder, address: number, kind: number): void {
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
}
/** Does an access that lies in two pages, and returns, where the TLB has both. Parameters as above. */
function emitTwoPages(f: FunctionBuilder, access: 'load' | 'store'): void {
  const [address, kind] = [1, 2];
  const first = f.local('i32');
  const second = f.local('i64');
  const entries = [f.local('i32'), f.local('i32')] as const;
  /** Pushes whether the TLB has the page (i64 local, its lower bits ignored); its entry goes into a local. */
  const pushHas = (page: number, entry: number): void => {
    f.localGet(page);
    f.op('i32.wrap_i64');
    emitEntryOffset(f);
    loadI32(f, E.TLB_TABLE);
    f.op('i32.add');
    f.localGet(kind);
    f.i32Const(KIND_WRITE);
    f.op('i32.and');
    f.i32Const(Math.log2(E.TLB_WRITES / KIND_WRITE));
    f.op('i32.shl');
    f.op('i32.add');
    f.localTee(entry);
    f.load('i64.load', E.TLB_TAG);
    f.localGet(page);
    f.i64Const(-4096);
    f.op('i64.and');
    f.op('i64.eq');
  };
  /** Copies a part of the access; `done` pushes how many bytes come before it, `count` how many it has. */
  const copy = (page: number, entry: number, done: () => void, count: () => void): void => {
    const pushPlace = (): void => {
      f.localGet(page);
      f.op('i32.wrap_i64');
      f.localGet(entry);
      f.load('i32.load', E.TLB_ADDEND);
      f.op('i32.add');
    };
    const pushValue = (): void => {
      f.i32Const(E.ACCESS_VALUE);
      done();
      f.op('i32.add');
    };
    if (access === 'load') {
      pushValue();
      pushPlace();
    } else {
      pushPlace();
      pushValue();
    }
    count();
    if (access === 'load') f.memoryCopy(0, 1);
    else f.memoryCopy(1, 0);
  };
  pushEndsBeyond(f, address, kind);
  f.if_(undefined, 'unlikely');
  f.i32Const(4096);
  f.localGet(address);
  f.op('i32.wrap_i64');
  f.i32Const(0xfff);
  f.op('i32.and');
  f.op('i32.sub');
  f.localSet(first);
  f.localGet(address);
  f.localGet(first);
  f.op('i64.extend_i32_u');
  f.op('i64.add');
  f.localSet(second);
  pushHas(address, entries[0]);
  pushHas(second, entries[1]);
  f.op('i32.and');
  f.if_();
  copy(
    address,
    entries[0],
    () => f.i32Const(0),
    () => f.localGet(first),
  );
  copy(
    second,
    entries[1],
    () => f.localGet(first),
    () => {
      f.localGet(kind);
      f.i32Const(KIND_BYTES);
      f.op('i32.and');
      f.localGet(first);
      f.op('i32.sub');
    },
  );
  f.i32Const(0);
  f.op('return');
  f.end();
  f.end();
}

/**
 * The body of fillForRegion: (address i64, kind) -> 1 when the TLB has the page now, or 0: the access raises a page fault
 * (PAGE_FAULT, ACCESS_ADDRESS), or the interpreter has to do it, as where it lies in two pages. `callback` is that of core-module.ts, regionFill.
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
  pushEndsBeyond(f, address, kind);
  f.op('i32.or');
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
