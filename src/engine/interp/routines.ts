// Routines (x86/uops/routine.ts) as wasm functions for the interpreter: compiled when a handler first uses them,
// all new ones of its module together, over memory 0 only; modules of handlers import them. Modules of regions
// have their own (jit/region-routines.ts).
import type { FunctionBuilder } from '../../wasm/function.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import { type Routine, routineBody } from '../../x86/uops/routine.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import { Lowering } from '../soft/lowering.ts';
import { emitMulHighUnsigned } from './core-arithmetic.ts';

/** The routines that a list of micro-operations calls, in itself or through others, callees first. */
export function routinesOf(uops: readonly Uop[], found: Set<Routine> = new Set()): Set<Routine> {
  for (const uop of uops) {
    if (uop.op === 'if') {
      routinesOf(uop.then, found);
      routinesOf(uop.else, found);
    } else if (uop.op === 'loop') routinesOf(uop.body, found);
    else if (uop.op === 'routine' && !found.has(uop.routine)) {
      routinesOf(routineBody(uop.routine).body, found);
      found.add(uop.routine);
    }
  }
  return found;
}

/** The routines compiled so far for one vCPU. */
export class RoutineTable {
  readonly #state: WebAssembly.Memory;
  readonly #functions = new Map<Routine, WebAssembly.ImportValue>();
  /** Modules compiled and bytes of wasm in them, for --stats. */
  modules = 0;
  bytes = 0;

  /** Takes the memory of the vCPU's state. */
  constructor(state: WebAssembly.Memory) {
    this.#state = state;
  }

  /**
   * Declares imports of all routines that the lists call, in a module whose imports come from `env`: their
   * functions are put into `environment`. Call it before any function is defined. Gives their function indices.
   */
  declare(
    module: ModuleBuilder,
    lists: readonly (readonly Uop[])[],
    environment: Record<string, WebAssembly.ImportValue>,
  ): Map<Routine, number> {
    const routines = new Set<Routine>();
    for (const uops of lists) routinesOf(uops, routines);
    this.#compile([...routines].filter((routine) => !this.#functions.has(routine)));
    const indices = new Map<Routine, number>();
    for (const routine of routines) {
      const name = importName(routine);
      environment[name] = this.#functions.get(routine)!;
      indices.set(routine, module.importFunction('env', name, [...routine.parameters], [routine.result]));
    }
    return indices;
  }

  #compile(fresh: readonly Routine[]): void {
    if (fresh.length === 0) return;
    const module = new ModuleBuilder();
    module.importMemory('env', 'state', { min: this.#state.buffer.byteLength / 65536 });
    const environment: Record<string, WebAssembly.ImportValue> = { state: this.#state };
    const indices = new Map<Routine, number>();
    const callees = new Set<Routine>();
    for (const routine of fresh) routinesOf(routineBody(routine).body, callees);
    for (const routine of callees) {
      const compiled = this.#functions.get(routine);
      if (!compiled) continue;
      environment[importName(routine)] = compiled;
      indices.set(
        routine,
        module.importFunction('env', importName(routine), [...routine.parameters], [routine.result]),
      );
    }
    const mulHighU = module.defineFunction('mulHighU', ['i64', 'i64'], ['i64']);
    emitMulHighUnsigned(mulHighU);
    for (const routine of fresh) {
      const f = module.defineFunction(routine.name, [...routine.parameters], [routine.result]);
      indices.set(routine, f.index);
      new RoutineLowering(f, mulHighU.index, indices).lowerRoutine(routine);
      module.exportFunction(importName(routine), f.index);
    }
    const bytes = module.build();
    this.modules++;
    this.bytes += bytes.length;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), {
      env: environment,
    });
    for (const routine of fresh) {
      this.#functions.set(routine, exports[importName(routine)] as WebAssembly.ImportValue);
    }
  }
}

const importName = (routine: Routine): string => `routine_${routine.name}`;

function impossible(): never {
  throw new Error('not in a routine');
}

/** Bodies of routines: nothing but values and state. */
class RoutineLowering extends Lowering {
  readonly #indices: ReadonlyMap<Routine, number>;

  constructor(f: FunctionBuilder, mulHighU: number, indices: ReadonlyMap<Routine, number>) {
    // The one core function that routines use; the others belong to what verify.ts forbids in them.
    super(f, { mulHighU } as CoreFunctions);
    this.#indices = indices;
  }
  lowerRoutine(routine: Routine): void {
    const { parameters, body, result } = routineBody(routine);
    parameters.forEach((value, i) => {
      this.f.localGet(i);
      this.define(value);
    });
    this.lowerList(body);
    this.push(result);
  }
  routineFunction(routine: Routine): number {
    return this.#indices.get(routine)!;
  }
  pushDescriptor = impossible;
  pushField = impossible;
  pushFieldAddress = impossible;
  lowerRip = impossible;
  lowerBranch = impossible;
  lowerJump = impossible;
  lowerRepeat = impossible;
  lowerEndBlock = impossible;
  lowerUserPages = impossible;
  lowerCall = impossible;
  tlbHit = impossible;
  slowAccessDone = impossible;
  leaveFaulted = impossible;
}
