// Which region of translated code a WebAssembly function of a V8 profile is: a compiler of regions that remembers
// what it compiled, and names for V8 to know the functions by.
import { regionCompiler } from '../src/engine/jit/compile.ts';
import { printRegion } from '../src/engine/jit/print-region.ts';
import type { CompileOptions, RegionCompiler, RegionJob } from '../src/engine/jit/region-compiler.ts';
import { ModuleBuilder } from '../src/wasm/module.ts';
import { wasmFunctions } from './wasm-functions.ts';

/**
 * From now on the modules of this process carry the names of their functions, which cost nothing but bytes. The
 * result ends that.
 */
export function nameWasmFunctions(): () => void {
  const { build } = ModuleBuilder.prototype;
  ModuleBuilder.prototype.build = function named(options) {
    return build.call(this, { ...options, names: true });
  };
  return () => {
    ModuleBuilder.prototype.build = build;
  };
}

/** A region in a module. */
export interface KnownRegion {
  readonly job: RegionJob;
  /** Of its function's body. */
  readonly bytes: number;
  /** The whole module. */
  readonly module: Uint8Array;
}

/** regionCompiler, with a memory. */
export class RecordingCompiler implements RegionCompiler {
  readonly linkCellCount = regionCompiler.linkCellCount;
  /** By the name of its function. */
  readonly regions = new Map<string, KnownRegion>();

  compileRegions(jobs: readonly RegionJob[], options: CompileOptions): Uint8Array {
    const module = regionCompiler.compileRegions(jobs, options);
    const sizes = wasmFunctions(module);
    jobs.forEach((job, at) => {
      // Regions come last: what they share is in front of them.
      const bytes = sizes[sizes.length - jobs.length + at]!;
      this.regions.set(`region_${job.id}`, { job, bytes, module });
    });
    return module;
  }
}

/** "frame 0x192d0 +0x27f, 6 blocks, 39 instr., 1234 B" (of wasm). */
export function regionLine({ job: { region }, bytes }: KnownRegion): string {
  const instructions = region.blocks.reduce((sum, block) => sum + block.instructions.length, 0);
  const place = `frame 0x${region.pages[0]!.frame.toString(16)} +0x${region.entry.toString(16)}`;
  return `${place}, ${region.blocks.length} blocks, ${instructions} instr., ${bytes} B`;
}

/** Its guest code. */
export function regionText(known: KnownRegion): string {
  return `\nregion_${known.job.id}: ${regionLine(known)}\n${printRegion(known.job.region)}`;
}
