// Where an address has its place in an array of the TLB (engine-state.ts), and which page cells it may be in.
import type { Linear } from '../../base/addresses.ts';
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as E from './engine-state.ts';
import { loadI32 } from './state-code.ts';

/** Entries of tables for fetching have 16 bytes. */
const EXECUTE_ENTRY_SHIFT = 4;

/** Turns the linear address on the stack (its lower 32 bits, i32) into the byte offset of its entry in an array. */
export function emitEntryOffset(f: FunctionBuilder): void {
  f.i32Const(12 - E.TLB_ENTRY_SHIFT);
  f.op('i32.shr_u');
  f.i32Const((E.TLB_ENTRIES - 1) << E.TLB_ENTRY_SHIFT);
  f.op('i32.and');
}

/** Turns the linear address on the stack (its lower 32 bits, i32) into the byte offset of its entry in a table for fetching (execute-table.ts). */
export function emitExecuteOffset(f: FunctionBuilder): void {
  f.i32Const(12 - EXECUTE_ENTRY_SHIFT);
  f.op('i32.shr_u');
  f.i32Const((E.EXECUTE_ENTRIES - 1) << EXECUTE_ENTRY_SHIFT);
  f.op('i32.and');
}

/** Turns the linear address on the stack (i64) into the byte offset of its entry in the table for fetching in force. */
export function emitExecuteEntry(f: FunctionBuilder): void {
  f.op('i32.wrap_i64');
  emitExecuteOffset(f);
  loadI32(f, E.EXECUTE_TABLE);
  f.op('i32.add');
}

/** Pushes the bit of PAGE_CELLS_USED for a linear address (i64 local). */
export function emitCellClass(f: FunctionBuilder, address: number): void {
  f.i32Const(1);
  f.localGet(address);
  f.i64Const(61);
  f.op('i64.shr_s');
  f.localGet(address);
  f.i64Const(29);
  f.op('i64.shr_u');
  f.op('i64.or');
  f.op('i32.wrap_i64');
  f.i32Const(7);
  f.op('i32.and');
  f.op('i32.shl');
}
/** That bit, in TypeScript. */
export function cellClass(linear: Linear): number {
  return linear < 0 ? 1 << 7 : 1 << (Math.floor(linear / 2 ** 29) % 8);
}
