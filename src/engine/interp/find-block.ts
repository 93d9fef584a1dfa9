// What a jump does that does not find its target in the jump cache, as functions of the core module: the page of the target is
// looked up as for fetching, the block at that place in the block table (block-table.ts), and it is entered into the jump cache as
// JumpCache.enter does. So changes of address spaces, and programs that are mapped somewhere else each time they run, leave
// the wasm code for blocks alone that were never decoded.
//
// Refused, so that the vCPU does it: pages that the usual page tables do not lead to, and the last page of 4 GiB, where a segment of
// 32-bit code ends (of 64-bit code, one page in a million).
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { loadI32, storeI32 } from '../soft/state-code.ts';
import { emitExecuteEntry } from '../soft/tlb-offset.ts';
import * as D from './descriptor.ts';
import { emitCurrentKey, emitModeKeys, JUMP_KEY_MODE, NO_KEY } from './jump-key.ts';

const USER = 3;
const ENTRY_BYTES = 8;
const LAST_PAGE = -4096;

/**
 * The body of fetchPage: (linear address i64) -> page of memory 1 from which code there is fetched, or -1 where that is not told
 * by the usual page tables. `fillExecute` is a function index.
 */
export function emitFetchPage(f: FunctionBuilder, fillExecute: number): void {
  const linear = 0;
  const at = f.local('i32');
  f.localGet(linear);
  emitExecuteEntry(f);
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

/** Pushes the offset in the jump cache of the line of a linear address (i64 local): i32. */
export function emitJumpLine(f: FunctionBuilder, linear: number): void {
  f.localGet(linear);
  f.op('i32.wrap_i64');
  f.i32Const(E.JUMP_LINE_CODE);
  f.op('i32.shr_u');
  f.localGet(linear);
  f.i64Const(E.JUMP_LINE_CODE + E.JUMP_LINE_BITS);
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  f.op('i32.xor');
  f.i32Const(E.JUMP_LINES - 1);
  f.op('i32.and');
  f.i32Const(Math.log2(E.JUMP_WAYS * E.JUMP_ENTRY_BYTES));
  f.op('i32.shl');
}

/** Pushes whether an instruction that begins a block lies in its page alone. */
export function emitLiesInOnePage(f: FunctionBuilder, descriptor: number): void {
  f.localGet(descriptor);
  f.load('i32.load16_u', D.D_START);
  f.localGet(descriptor);
  f.load('i32.load8_u', D.D_LENGTH);
  f.op('i32.add');
  f.i32Const(4096);
  f.op('i32.le_u');
}

/**
 * The body of enterJump: (linear address i64, key, descriptor) -> offset of the block's entry in the jump cache, now made, as
 * JumpCache.enter does. Handlers from `firstSlot` on are slots of regions.
 */
export function emitEnterJump(f: FunctionBuilder, firstSlot: number): void {
  const [linear, key, descriptor] = [0, 1, 2];
  const line = f.local('i32');
  const last = f.local('i32');
  const former = f.local('i64');
  const handler = f.local('i32');
  const entryKey = f.local('i32');
  const keys = f.local('i32');
  const entryOf = (way: number): number => E.JUMP_CACHE + way * E.JUMP_ENTRY_BYTES;
  /** Pushes the place of the block's address in its header. */
  const header = (): void => {
    f.localGet(descriptor);
    f.i32Const(D.H_LINEAR);
    f.op('i32.sub');
  };
  // No more where it was.
  header();
  f.load('i64.load', 0);
  f.localSet(former);
  emitJumpLine(f, former);
  f.localSet(line);
  for (let way = 0; way < E.JUMP_WAYS; way++) {
    f.localGet(line);
    f.load('i32.load', entryOf(way) + E.JUMP_DESCRIPTOR);
    f.localGet(descriptor);
    f.op('i32.eq');
    f.if_();
    f.localGet(line);
    f.i32Const(0);
    f.store('i32.store16', entryOf(way) + E.JUMP_ENTRY_KEY);
    f.end();
  }
  emitJumpLine(f, linear);
  f.localSet(line);
  // What is good moves on, up to the first entry that is not.
  emitModeKeys(f);
  f.localSet(keys);
  f.block();
  for (let way = 0; way < E.JUMP_WAYS - 1; way++) {
    f.i32Const(way);
    f.localSet(last);
    f.localGet(line);
    f.load('i64.load', entryOf(way) + E.JUMP_LINEAR);
    f.localGet(linear);
    f.op('i64.eq');
    f.localGet(line);
    f.load('i32.load16_u', entryOf(way) + E.JUMP_ENTRY_KEY);
    f.localTee(entryKey);
    f.localGet(keys);
    f.load('i32.load', E.JUMP_KEYS);
    f.op('i32.ne');
    f.localGet(entryKey);
    f.localGet(keys);
    f.load('i32.load', E.JUMP_KEYS + 4 * E.JUMP_KEY_MODES);
    f.op('i32.ne');
    f.op('i32.and');
    f.op('i32.or');
    f.brIf(0);
  }
  f.i32Const(E.JUMP_WAYS - 1);
  f.localSet(last);
  f.end();
  for (let way = E.JUMP_WAYS - 1; way > 0; way--) {
    f.localGet(last);
    f.i32Const(way);
    f.op('i32.ge_u');
    f.if_();
    for (let at = 0; at < E.JUMP_ENTRY_BYTES; at += 8) {
      f.localGet(line);
      f.localGet(line);
      f.load('i64.load', entryOf(way - 1) + at);
      f.store('i64.store', entryOf(way) + at);
    }
    f.end();
  }
  f.localGet(line);
  f.localGet(linear);
  f.store('i64.store', E.JUMP_CACHE + E.JUMP_LINEAR);
  f.localGet(line);
  f.localGet(key);
  f.store('i32.store16', E.JUMP_CACHE + E.JUMP_ENTRY_KEY);
  f.localGet(line);
  f.localGet(descriptor);
  f.store('i32.store', E.JUMP_CACHE + E.JUMP_DESCRIPTOR);
  f.localGet(line);
  f.localGet(descriptor);
  f.load('i32.load', D.D_HANDLER);
  f.localTee(handler);
  f.i32Const(0);
  f.localGet(handler);
  f.i32Const(firstSlot);
  f.op('i32.ge_u');
  f.op('select');
  f.store('i32.store16', E.JUMP_CACHE + E.JUMP_SLOT);
  header();
  f.localGet(linear);
  f.store('i64.store', 0);
  f.localGet(line);
}

/**
 * The body of findBlock: (linear address i64) -> offset of the entry in the jump cache that is good for it now, or -1. `stop` is the
 * handler of code that is gone; the others are function indices.
 */
export function emitFindBlock(f: FunctionBuilder, fetchPage: number, enterJump: number, stop: number): void {
  const linear = 0;
  const key = f.local('i32');
  const page = f.local('i32');
  const place = f.local('i32');
  const at = f.local('i32');
  const end = f.local('i32');
  const descriptor = f.local('i32');
  const second = f.local('i32');
  const refuse = (): void => {
    f.i32Const(-1);
    f.op('return');
  };
  emitCurrentKey(f, () => {
    loadI32(f, S.CPL);
    f.i32Const(USER);
    f.op('i32.eq');
  });
  f.localSet(key);
  storeI32(f, E.JUMP_KEY, () => f.localGet(key));
  f.localGet(key);
  f.i32Const(NO_KEY | 0);
  f.op('i32.eq');
  f.localGet(linear);
  f.op('i32.wrap_i64');
  f.i32Const(LAST_PAGE);
  f.op('i32.ge_u');
  f.op('i32.or');
  f.if_();
  refuse();
  f.end();
  f.localGet(linear);
  f.call(fetchPage);
  f.localTee(page);
  f.i32Const(0);
  f.op('i32.lt_s');
  f.if_();
  refuse();
  f.end();
  f.localGet(page);
  f.i32Const(12);
  f.op('i32.shl');
  f.localGet(linear);
  f.op('i32.wrap_i64');
  f.i32Const(0xfff);
  f.op('i32.and');
  f.op('i32.or');
  f.localTee(place);
  f.i32Const(E.BLOCK_FACTOR | 0);
  f.op('i32.mul');
  f.i32Const(32 - E.BLOCK_BUCKET_BITS);
  f.op('i32.shr_u');
  f.i32Const(Math.log2(E.BLOCK_BUCKET_BYTES));
  f.op('i32.shl');
  f.localTee(at);
  f.i32Const(E.BLOCK_BUCKET_BYTES);
  f.op('i32.add');
  f.localSet(end);
  f.loop();
  f.block();
  f.localGet(at);
  f.load('i32.load', E.BLOCK_TABLE);
  f.localGet(place);
  f.op('i32.ne');
  f.brIf(0);
  f.localGet(at);
  f.load('i32.load', E.BLOCK_TABLE + 4);
  f.localTee(descriptor);
  f.op('i32.eqz');
  f.brIf(0);
  f.localGet(descriptor);
  f.load('i32.load', D.D_HANDLER);
  f.i32Const(stop);
  f.op('i32.eq');
  f.brIf(0);
  f.localGet(descriptor);
  f.i32Const(D.H_MODE);
  f.op('i32.sub');
  f.load('i32.load', 0);
  f.localTee(second);
  loadI32(f, S.MODE);
  f.op('i32.xor');
  f.i32Const(JUMP_KEY_MODE);
  f.op('i32.and');
  f.brIf(0);
  emitLiesInOnePage(f, descriptor);
  f.op('i32.eqz');
  f.if_();
  // The rest of its one instruction must lie where it lay.
  f.localGet(linear);
  f.i64Const(-4096);
  f.op('i64.and');
  f.i64Const(4096);
  f.op('i64.add');
  f.call(fetchPage);
  f.localGet(second);
  f.i32Const(D.H_SECOND_SHIFT);
  f.op('i32.shr_u');
  f.op('i32.ne');
  f.if_();
  refuse();
  f.end();
  f.end();
  f.localGet(linear);
  f.localGet(key);
  f.localGet(descriptor);
  f.returnCall(enterJump);
  f.end();
  f.localGet(at);
  f.i32Const(ENTRY_BYTES);
  f.op('i32.add');
  f.localTee(at);
  f.localGet(end);
  f.op('i32.ne');
  f.brIf(0);
  f.end();
  f.i32Const(-1);
}
