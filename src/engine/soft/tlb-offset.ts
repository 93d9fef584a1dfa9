// Where an address has its place in an array of the TLB (engine-state.ts), for generated code.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as E from './engine-state.ts';

/** Turns the linear address on the stack (its lower 32 bits, i32) into the byte offset of its entry in an array. */
export function emitEntryOffset(f: FunctionBuilder): void {
  f.i32Const(12 - E.TLB_ENTRY_SHIFT);
  f.op('i32.shr_u');
  f.i32Const((E.TLB_ENTRIES - 1) << E.TLB_ENTRY_SHIFT);
  f.op('i32.and');
}
