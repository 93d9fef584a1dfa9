// From regions to a WebAssembly module: several of them share one, since a module costs the host more
// than a function does. Their functions go into the handler table at the slots that they were given.
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
import { emitTranslate, TRANSLATE_SIGNATURE } from './region-translate.ts';

/** The module's bytes. It imports env.state, env.ram, env.table, the core functions and the routines. */
function compileRegions(jobs: readonly RegionJob[], options: CompileOptions): Uint8Array {
  const module = new ModuleBuilder();
  // V8 keeps the base of memory 0 in a register and loads that of any other at each access: docs/decisions/0009.
  module.importMemory('env', 'ram', { min: options.ramPages });
  module.usualMemory = module.importMemory('env', 'state', { min: options.statePages });
  const table = importHandlerTable(module, options.tableSize);
  const core = {} as { -readonly [name in keyof CoreFunctions]: number };
  for (const name of Object.keys(CORE_SIGNATURES) as (keyof CoreFunctions)[]) {
    const [parameters, results] = CORE_SIGNATURES[name];
    core[name] = module.importFunction('env', name, [...parameters], [...results]);
  }
  const meanings = new Set<readonly Uop[]>();
  for (const { region } of jobs) {
    for (const form of formsOf(region)) meanings.add(meaningOf(form));
  }
  // Called within the module, these are often put in place.
  const high = module.defineFunction('mulHighU', ['i64', 'i64'], ['i64']);
  emitMulHighUnsigned(high);
  const signed = module.defineFunction('mulHighS', ['i64', 'i64'], ['i64']);
  emitMulHighSigned(signed, high.index);
  const translate = module.defineFunction('translate', ...TRANSLATE_SIGNATURE);
  emitTranslate(translate, core.regionTranslate);
  core.mulHighU = high.index;
  core.mulHighS = signed.index;
  const routines = defineRoutines(module, [...meanings], high.index);
  const shared = {
    core,
    translate: translate.index,
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

export const regionCompiler: RegionCompiler = { linkCellCount, compileRegions };
