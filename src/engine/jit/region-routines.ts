// The routines of a module of regions (x86/uops/routine.ts), as functions of its own: a call to another module
// costs 2 to 4 ns, one within it less than 1 and often nothing, since V8 puts short ones in place (of up to 500
// bytes of wasm, as far as the caller's own size allows). So they are written as expressions, like regions.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ModuleBuilder } from '../../wasm/module.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import { type Routine, routineBody } from '../../x86/uops/routine.ts';
import { countUses } from '../../x86/uops/specialize.ts';
import { routinesOf } from '../interp/routines.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import { RegionValues } from './region-values.ts';

/**
 * Defines in a module all routines that the lists call, once its imports have been declared. Gives their
 * function indices; of the core functions they call mulHighU alone.
 */
export function defineRoutines(
  module: ModuleBuilder,
  lists: readonly (readonly Uop[])[],
  core: Pick<CoreFunctions, 'mulHighU'>,
): Map<Routine, number> {
  const routines = new Set<Routine>();
  for (const uops of lists) routinesOf(uops, routines);
  const indices = new Map<Routine, number>();
  for (const routine of routines) {
    const f = module.defineFunction(routine.name, [...routine.parameters], [routine.result]);
    indices.set(routine, f.index);
    new RoutineBody(f, core, indices).lowerRoutine(routine);
  }
  return indices;
}

function impossible(): never {
  throw new Error('not in a routine');
}

class RoutineBody extends RegionValues {
  readonly #indices: ReadonlyMap<Routine, number>;

  constructor(
    f: FunctionBuilder,
    core: Pick<CoreFunctions, 'mulHighU'>,
    indices: ReadonlyMap<Routine, number>,
  ) {
    // The one core function that routines use; the others belong to what verify.ts forbids in them.
    super(f, core as CoreFunctions, true);
    this.#indices = indices;
  }
  lowerRoutine(routine: Routine): void {
    const { parameters, body, result } = routineBody(routine);
    this.beginInstruction({ uses: countUses(body) });
    this.keep(result);
    parameters.forEach((value, i) => {
      this.f.localGet(i);
      this.define(value);
    });
    this.lowerList(body);
    this.push(result);
  }
  override routineFunction(routine: Routine): number {
    return this.#indices.get(routine)!;
  }
  protected override pushFlags = impossible;
  override pushDescriptor = impossible;
  override pushField = impossible;
  override pushFieldAddress = impossible;
  override lowerRip = impossible;
  override lowerBranch = impossible;
  override lowerJump = impossible;
  override lowerRepeat = impossible;
  override lowerEndBlock = impossible;
  override lowerUserPages = impossible;
  override lowerCall = impossible;
  override tlbHit = impossible;
  override slowAccessDone = impossible;
  override leaveFaulted = impossible;
}
