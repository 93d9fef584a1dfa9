// From regions to a WebAssembly module: several of them share one, since a module costs the host more
// than a function does. Their functions go into the handler table at the slots that they were given.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import { emitMulHighSigned, emitMulHighUnsigned } from '../interp/core-arithmetic.ts';
import { CORE_SIGNATURES, importHandlerTable } from '../interp/core-module.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import { meaningOf } from './instruction-facts.ts';
import { formsOf } from './region-analysis.ts';
import type { CompileOptions, RegionCompiler, RegionJob } from './region-compiler.ts';
import { ListedLowering } from './region-listing.ts';
import { RegionLowering } from './region-lowering.ts';
import { linkCellCount } from './region-places.ts';
import { defineRoutines } from './region-routines.ts';

/** The module's bytes. It imports env.state, env.ram, env.table, the core functions and the routines. */
function compileRegions(jobs: readonly RegionJob[], options: CompileOptions): Uint8Array {
  const module = new ModuleBuilder();
  // V8 keeps the base of memory 0 in a register and loads that of any other at each access: docs/decisions/0009.
  module.importMemory('env', 'ram', { min: options.ramPages });
  module.usualMemory = module.importMemory('env', 'state', { min: options.statePages });
  const table = importHandlerTable(module, options.tableSize);
  const core = importCore(module);
  const meanings = new Set<readonly Uop[]>();
  for (const { region } of jobs) {
    for (const form of formsOf(region)) meanings.add(meaningOf(form));
  }
  const routines = defineRoutines(module, [...meanings], core);
  const shared = {
    core,
    handlerType: module.type(['i32'], []),
    table,
    counts: options.countsInstructions,
    routine: (routine: Routine) => routines.get(routine)!,
  };
  for (const job of jobs) {
    const f = module.defineFunction(`region_${job.id}`, ['i32'], []);
    if (options.onListing) {
      const lowering = new ListedLowering(f, shared, job);
      lowering.lowerRegion();
      options.onListing(lowering.listing(module, job));
    } else new RegionLowering(f, shared, job.region, job).lowerRegion();
    module.addActiveElements(table, job.slot, [f.index]);
  }
  return module.build();
}

/** Core functions that regions never call. */
const NOT_IMPORTED = new Set<keyof CoreFunctions>([
  ...(['slowLoad', 'slowStore', 'slowLinear', 'raise', 'jumpSegmented', 'bulkString'] as const),
  ...(['mulHighU', 'mulHighS'] as const),
]);

/**
 * Imports the core functions. The high half of a product is computed by a function of this module, where it is asked for: called
 * within the module, it is often put in place.
 */
function importCore(module: ModuleBuilder): CoreFunctions {
  const core = {} as { -readonly [name in keyof CoreFunctions]: number };
  for (const name of Object.keys(CORE_SIGNATURES) as (keyof CoreFunctions)[]) {
    if (NOT_IMPORTED.has(name)) continue;
    const [parameters, results] = CORE_SIGNATURES[name];
    core[name] = module.importFunction('env', name, [...parameters], [...results]);
  }
  const defineOnce = (name: 'mulHighU' | 'mulHighS', emit: (f: FunctionBuilder) => void): void => {
    let index = -1;
    Object.defineProperty(core, name, {
      get: () => {
        if (index >= 0) return index;
        const f = module.defineFunction(name, ['i64', 'i64'], ['i64']);
        index = f.index;
        emit(f);
        return index;
      },
    });
  };
  defineOnce('mulHighU', emitMulHighUnsigned);
  defineOnce('mulHighS', (f) => emitMulHighSigned(f, core.mulHighU));
  return core;
}

export const regionCompiler: RegionCompiler = { linkCellCount, compileRegions };
