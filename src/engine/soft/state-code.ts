// Loads from and stores to memory 0 in generated code: the state, and the engine's own variables.
import type { FunctionBuilder } from '../../wasm/function.ts';

/** Pushes an i32. */
export function loadI32(f: FunctionBuilder, offset: number): void {
  f.i32Const(0);
  f.load('i32.load', offset);
}
/** Stores what `push` leaves on the stack (i32). */
export function storeI32(f: FunctionBuilder, offset: number, push: () => void): void {
  f.i32Const(0);
  push();
  f.store('i32.store', offset);
}
/** Stores a local (i64). */
export function storeI64(f: FunctionBuilder, offset: number, local: number): void {
  f.i32Const(0);
  f.localGet(local);
  f.store('i64.store', offset);
}
