// For tests: an assembler that nobody here wrote (wabt) and short ways to run a built module.

import wabt from 'wabt';
import { ByteReader } from './decoder.ts';
import { ByteWriter } from './encoder.ts';
import type { ModuleBuilder } from './module.ts';
import { PLAIN_GROUPS } from './opcodes.ts';

const FEATURES = {
  annotations: true,
  code_metadata: true,
  exceptions: true,
  multi_memory: true,
  memory64: true,
  threads: true,
  tail_call: true,
  simd: true,
  bulk_memory: true,
  sat_float_to_int: true,
  sign_extension: true,
  multi_value: true,
  reference_types: true,
  mutable_globals: true,
};

const toolkit = await wabt();

/** The bytes of a module in the text format; stack types are not checked. */
export function assemble(text: string): Uint8Array {
  const module = toolkit.parseWat('test.wat', text, FEATURES);
  try {
    return module.toBinary({ canonicalize_lebs: true, write_debug_names: false }).buffer;
  } finally {
    module.destroy();
  }
}

/** Compiles and instantiates a module and gives its exported functions. */
export function run(
  module: ModuleBuilder,
  imports: WebAssembly.Imports = {},
): Record<string, WebAssembly.ExportedFunction> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.build()), imports);
  return instance.exports as Record<string, WebAssembly.ExportedFunction>;
}

/** Every instruction without immediates, with its stack type. */
export function plainInstructions(): { type: string; name: string }[] {
  return PLAIN_GROUPS.flatMap((groups) =>
    Object.entries(groups).flatMap(([type, ops]) => Object.keys(ops).map((name) => ({ type, name }))),
  );
}

/** A module's bytes without the sections of the given ids. */
export function withoutSections(bytes: Uint8Array, ids: readonly number[]): Uint8Array {
  const reader = new ByteReader(bytes, 8);
  const kept = new ByteWriter();
  kept.raw(bytes.subarray(0, 8));
  while (!reader.atEnd) {
    const start = reader.position;
    const id = reader.byte();
    reader.raw(reader.u32());
    if (!ids.includes(id)) kept.raw(bytes.subarray(start, reader.position));
  }
  return kept.take();
}
