// What the host's WebAssembly can do, found by validating tiny modules; nothing is guessed from versions.
// JSPI (the JavaScript Promise Integration) is part of the JavaScript API and shows there.

import type { FunctionBuilder } from './function.ts';
import { ModuleBuilder } from './module.ts';
import type { MemoryLimits, ValueType } from './types.ts';

/** Features that Doppel uses or may use; each is off in some host of the last years. */
export type WasmFeature =
  | 'multiMemory'
  | 'tailCalls'
  | 'simd'
  | 'bulkMemory'
  | 'threads'
  | 'memory64'
  | 'exnref'
  | 'jspi';

/** Without these Doppel's engines do not run. */
export const REQUIRED_WASM_FEATURES: readonly WasmFeature[] = [
  'multiMemory',
  'tailCalls',
  'simd',
  'bulkMemory',
];

/** Which features the host has. Cheap (tens of microseconds), and not cached. */
export function detectWasmFeatures(): Record<WasmFeature, boolean> {
  const page: MemoryLimits = { min: 1, max: 1 };
  return {
    multiMemory: accepts([page, page], (fn) => {
      fn.i32Const(0);
      fn.load('i32.load', 0, 1);
      fn.op('drop');
    }),
    tailCalls: accepts([], (fn) => fn.returnCall(fn.index)),
    simd: accepts([], (fn) => {
      fn.v128Const(new Uint8Array(16));
      fn.op('i8x16.popcnt');
      fn.op('drop');
    }),
    bulkMemory: accepts([page], (fn) => {
      for (let operand = 0; operand < 3; operand++) fn.i32Const(0);
      fn.memoryFill();
    }),
    threads: accepts([{ ...page, shared: true }], (fn) => {
      fn.i32Const(0);
      fn.atomic('i32.atomic.load', 0);
      fn.op('drop');
    }),
    memory64: accepts([{ ...page, memory64: true }], (fn) => {
      fn.i64Const(0);
      fn.load('i32.load', 0);
      fn.op('drop');
    }),
    exnref: accepts([], (fn) => fn.op('nop'), ['exnref']),
    jspi: typeof WebAssembly.Suspending === 'function',
  };
}

/** The required features that a host lacks; empty where Doppel runs. */
export function missingWasmFeatures(found: Readonly<Record<WasmFeature, boolean>>): WasmFeature[] {
  return REQUIRED_WASM_FEATURES.filter((feature) => !found[feature]);
}

function accepts(
  memories: readonly MemoryLimits[],
  body: (fn: FunctionBuilder) => void,
  params: readonly ValueType[] = [],
): boolean {
  const module = new ModuleBuilder();
  for (const limits of memories) module.defineMemory(limits);
  body(module.defineFunction('probe', params, []));
  return WebAssembly.validate(module.build());
}
