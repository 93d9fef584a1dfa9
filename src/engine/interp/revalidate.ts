// Blocks that the jump cache knew before translations for fetching were forgotten (a change of address spaces), as functions of
// the core module: nearly always the page lies where it lay. An entry of the former key is good again where the page tables
// still lead to the place from which its block was decoded.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { emitExecuteOffset } from '../soft/tlb-offset.ts';
import * as D from './descriptor.ts';
import { emitCurrentKey, JUMP_KEY_MODE, JUMP_KEY_USER_BIT } from './jump-key.ts';

const USER = 3;

/**
 * The body of fetchPage: (linear address i64) -> page of memory 1 from which code there is fetched, or -1 where that is not told
 * by the usual page tables. `fillExecute` is a function index.
 */
export function emitFetchPage(f: FunctionBuilder, fillExecute: number): void {
  const linear = 0;
  const at = f.local('i32');
  f.localGet(linear);
  f.op('i32.wrap_i64');
  emitExecuteOffset(f);
  f.i32Const(0);
  f.load('i32.load', E.EXECUTE_TABLE);
  f.op('i32.add');
  f.localTee(at);
  f.load('i64.load', 0);
  f.localGet(linear);
  f.i64Const(-4096);
  f.op('i64.and');
  f.op('i64.ne');
  f.if_();
  f.localGet(linear);
  f.call(fillExecute);
  f.op('i32.eqz');
  f.if_();
  f.i32Const(-1);
  f.op('return');
  f.end();
  f.end();
  f.localGet(at);
  f.load('i32.load', 8);
}

/**
 * The body of revalidate: (linear address i64, offset of its entry in the jump cache) -> offset of the entry that is good for it now, or
 * -1. `stop` is the handler of code that is gone.
 */
export function emitRevalidate(f: FunctionBuilder, fetchPage: number, stop: number): void {
  const [linear, entry] = [0, 1];
  const key = f.local('i32');
  const descriptor = f.local('i32');
  const page = f.local('i32');
  emitCurrentKey(f, () => {
    f.i32Const(0);
    f.load('i32.load', S.CPL);
    f.i32Const(USER);
    f.op('i32.eq');
  });
  f.localSet(key);
  f.i32Const(0);
  f.localGet(key);
  f.store('i32.store', E.JUMP_KEY);
  const pushMatches = () => {
    f.localGet(entry);
    f.load('i64.load', E.JUMP_CACHE + E.JUMP_LINEAR);
    f.localGet(linear);
    f.op('i64.eq');
    f.localGet(entry);
    f.load('i32.load', E.JUMP_CACHE + E.JUMP_ENTRY_KEY);
    f.localGet(key);
    f.op('i32.xor');
    f.i32Const(JUMP_KEY_MODE | JUMP_KEY_USER_BIT);
    f.op('i32.and');
    f.op('i32.eqz');
    f.op('i32.and');
  };
  f.block();
  f.block();
  pushMatches();
  f.brIf(0);
  f.localGet(entry);
  f.i32Const(1 << E.JUMP_ENTRY_SHIFT);
  f.op('i32.xor');
  f.localSet(entry);
  pushMatches();
  f.op('i32.eqz');
  f.brIf(1);
  f.end();
  f.localGet(entry);
  f.load('i32.load', E.JUMP_CACHE + E.JUMP_DESCRIPTOR);
  f.localTee(descriptor);
  f.op('i32.eqz');
  f.brIf(0);
  f.localGet(descriptor);
  f.load('i32.load', D.D_HANDLER);
  f.i32Const(stop);
  f.op('i32.eq');
  f.brIf(0);
  f.localGet(linear);
  f.call(fetchPage);
  f.localTee(page);
  f.i32Const(0);
  f.op('i32.lt_s');
  f.brIf(0);
  f.localGet(page);
  f.i32Const(12);
  f.op('i32.shl');
  f.localGet(linear);
  f.op('i32.wrap_i64');
  f.i32Const(0xfff);
  f.op('i32.and');
  f.op('i32.or');
  f.localGet(descriptor);
  f.i32Const(D.H_PLACE);
  f.op('i32.sub');
  f.load('i32.load', 0);
  f.op('i32.ne');
  f.brIf(0);
  f.localGet(entry);
  f.localGet(key);
  f.store('i32.store', E.JUMP_CACHE + E.JUMP_ENTRY_KEY);
  f.localGet(entry);
  f.op('return');
  f.end();
  f.i32Const(-1);
}
