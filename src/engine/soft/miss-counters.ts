// Counters of accesses of regions that their page did not answer (jit/region-pages.ts), for each instruction of a region: by the
// page and offset of its where word (jit/region-places.ts), and a key of the region. Two instructions count together seldom.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { KIND_MISSES } from './core-functions.ts';
import * as E from './engine-state.ts';

/** Where page and offset begin in a where word: its uppermost bits, as many as a counter's number has. */
const PLACE = 32 - E.MISS_COUNT_BITS;
/** Bits of a key, which are the uppermost of a counter's number. */
const KEY_BITS = 10;
const KEY = E.MISS_COUNT_BITS - KEY_BITS;

/** The key of a region, by its identifier. */
export const missKey = (id: number): number => Math.imul(id, 0x9e37_79b1) >>> (32 - KEY_BITS);

/** Word of memory 0 with the counter of the instruction at an offset in a page (its index in the region's list). */
export function missCounter(key: number, page: number, offset: number): number {
  return (E.MISS_COUNTS >> 2) + (((page << 12) | offset) ^ (key << KEY));
}

/** Counts a miss; where word and kind, in which the key is, are in locals. */
export function emitCountMiss(f: FunctionBuilder, where: number, kind: number): void {
  const counter = f.scratch('i32');
  f.localGet(where);
  f.i32Const(PLACE);
  f.op('i32.shr_u');
  f.localGet(kind);
  f.i32Const(KIND_MISSES - KEY);
  f.op('i32.shr_u');
  f.i32Const(((1 << KEY_BITS) - 1) << KEY);
  f.op('i32.and');
  f.op('i32.xor');
  f.i32Const(2);
  f.op('i32.shl');
  f.localTee(counter);
  f.localGet(counter);
  f.load('i32.load', E.MISS_COUNTS);
  f.i32Const(1);
  f.op('i32.add');
  f.store('i32.store', E.MISS_COUNTS);
  f.release(counter);
}
