// HandlerTable: the handlers of the forms met so far, compiled when they are first needed, a batch at
// a time (all new forms of a block go into one module), and put into one shared function table.
import type { PageMarks } from '../../memory/guest-memory.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { Form } from '../../x86/decode/instruction.ts';
import { GuestFault } from '../../x86/exceptions/fault.ts';
import type { Cpu } from '../../x86/helpers/cpu.ts';
import type { Helper } from '../../x86/helpers/helper.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import { COMMON_FORMS, decodeCommonForms } from './common-forms.ts';
import {
  buildCoreModule,
  CORE_SIGNATURES,
  type CoreCallbacks,
  FIRST_FREE_HANDLER,
  importHandlerTable,
} from './core-module.ts';
import { MAXIMUM_BLOCK } from './descriptor.ts';
import { type FieldPlaces, fieldPlaces } from './field-places.ts';
import { alwaysLeaves, HandlerLowering, mayBeFollowed } from './handler.ts';
import { RoutineTable } from './routines.ts';
import { someUop } from './some-uop.ts';

/** What the block builder needs to know of a form. */
export interface CompiledForm {
  /** Index in the handler table. */
  readonly handler: number;
  /** Nothing after it in the block is ever reached. */
  readonly endsBlock: boolean;
  /** A translator wishes the block to end after it (CodeCache.cutsAfter); undefined while it was not asked. */
  cutsAfter: boolean | undefined;
  /** Another instruction may follow in the same handler. */
  readonly mayBeFollowed: boolean;
  readonly places: FieldPlaces;
}

/** What helpers' wrappers tell the vCPU. */
export interface HelperHost {
  /** Handlers count the accesses that hit the TLB. */
  readonly countsHits: boolean;
  readonly cpu: Cpu;
  /** A helper of the instruction at this descriptor begins. */
  enterHelper(descriptor: number): void;
  /** It threw; anything but a GuestFault is a defect and is thrown on. */
  helperFaulted(descriptor: number, fault: GuestFault): void;
}

/** Built anew each time: it takes some 20 us, and keeping thousands of them takes megabytes. */
const meaningOf = (form: Form): readonly Uop[] => buildMeaning(form).uops;

/** Compiling a mode's common forms takes 30 ms: a guest of a few hundred instructions does without. */
const MODULES_OF_A_SMALL_GUEST = 24;

/** Slots of the function table when it is made: those of handlers. Regions' slots follow. */
export const TABLE_SIZE = 16384;
/** A handler costs the host about 17 KB, all told. A boot of Linux needs two thousand. */
const MAXIMUM_HANDLERS = 16384;

/** A handler to be built, of one form or of several that follow one another. */
interface Job {
  readonly name: string;
  readonly handler: number;
  readonly forms: readonly Form[];
}

export class HandlerTable {
  /** Handlers up to TABLE_SIZE, then regions. */
  readonly table: WebAssembly.Table;
  /** What modules of handlers and regions import as `env`. */
  readonly environment: Readonly<Record<string, WebAssembly.ImportValue>>;
  /** Routines that modules of handlers and regions import. */
  readonly routines: RoutineTable;
  readonly #host: HelperHost;
  readonly statePages: number;
  readonly ramPages: number;
  readonly #forms: (CompiledForm | undefined)[] = [];
  readonly #wrappers = new Map<Helper, { name: string; run: (...args: never[]) => unknown }>();
  #next = FIRST_FREE_HANDLER;
  /** Modes whose common forms are there. */
  readonly #seeded = new Set<number>();
  /** Form identifiers, joined -> handler of the group. */
  readonly #groups = new Map<string, number>();
  readonly #isGroup = new Uint8Array(MAXIMUM_HANDLERS);
  readonly #formOf: Form[] = [];
  /** Enters the handler of an event where that is as usual (core-gates.ts). */
  readonly enterGate: (vector: number, errorCode: number, software: number) => number;
  /** Runs code from a descriptor until it leaves. */
  readonly enter: (descriptor: number) => void;
  /** Likewise, but with this handler instead of the descriptor's own. */
  readonly enterAt: (descriptor: number, handler: number) => void;
  /** Modules compiled and bytes of wasm in them, for --stats. */
  modules = 0;
  bytes = 0;

  constructor(
    state: WebAssembly.Memory,
    ram: WebAssembly.Memory,
    marks: PageMarks,
    callbacks: CoreCallbacks,
    host: HelperHost,
  ) {
    this.#host = host;
    this.routines = new RoutineTable(state);
    this.statePages = state.buffer.byteLength / 65536;
    this.ramPages = ram.buffer.byteLength / 65536;
    const core = new WebAssembly.Instance(
      new WebAssembly.Module(
        buildCoreModule(this.statePages, this.ramPages, marks, TABLE_SIZE) as Uint8Array<ArrayBuffer>,
      ),
      {
        env: {
          state,
          ram,
          load: (d: number, kind: number) => callbacks.load(d, kind),
          store: (d: number, kind: number) => callbacks.store(d, kind),
          linear: (d: number, record: number, kind: number) => callbacks.linear(d, record, kind),
          regionFill: (kind: number) => callbacks.regionFill(kind),
          timeStamp: () => callbacks.timeStamp(),
        },
      },
    );
    this.table = core.exports.table as WebAssembly.Table;
    this.enter = core.exports.enter as (descriptor: number) => void;
    this.enterGate = core.exports.enterGate as (
      vector: number,
      errorCode: number,
      software: number,
    ) => number;
    this.enterAt = core.exports.enterAt as (descriptor: number, handler: number) => void;
    this.environment = {
      ...(core.exports as Record<string, WebAssembly.ImportValue>),
      state,
      ram,
    };
  }

  /** Handlers so far. */
  get count(): number {
    return this.#next - FIRST_FREE_HANDLER;
  }

  /** The compiled form, if it is there already. */
  get(form: Form): CompiledForm | undefined {
    return this.#forms[form.id];
  }

  /** The form that a plain handler executes; undefined for pseudo-handlers and groups. */
  formOf(handler: number): Form | undefined {
    return this.#formOf[handler];
  }
  /** Whether instructions may follow one of this form in the same handler. */
  mayBeFollowed(form: Form): boolean {
    return this.#forms[form.id]!.mayBeFollowed;
  }
  /** Whether the handler executes several descriptors. */
  isGroup(handler: number): boolean {
    return this.#isGroup[handler] === 1;
  }
  /** Handlers that execute sequences of forms, each but the last of which mayBeFollowed; compiled now if need be. */
  groups(sequences: readonly (readonly Form[])[]): number[] {
    const jobs: Job[] = [];
    const handlers = sequences.map((forms) => {
      const key = forms.map((form) => form.id).join();
      let handler = this.#groups.get(key);
      if (handler === undefined) {
        handler = this.#next++;
        this.#groups.set(key, handler);
        this.#isGroup[handler] = 1;
        jobs.push({ name: 'group', handler, forms });
      }
      return handler;
    });
    if (jobs.length > 0) this.#build(jobs);
    return handlers;
  }
  /** So many handlers that no more groups should be made. */
  get crowded(): boolean {
    return this.#next > MAXIMUM_HANDLERS / 2;
  }
  /** So many that a guest must be making forms for their own sake: time to begin anew. */
  get full(): boolean {
    return this.#next > MAXIMUM_HANDLERS - 2 * MAXIMUM_BLOCK;
  }

  /** Whether nothing after such an instruction in its block is ever reached. */
  endsBlock(form: Form): boolean {
    return this.#forms[form.id]?.endsBlock ?? alwaysLeaves(meaningOf(form));
  }
  /**
   * Compiles the forms that have no handler yet. Each module costs the host some 14 KB, so once a guest
   * has shown that it is no small one, the common forms of its mode come all at once, in one module.
   */
  compile(forms: readonly Form[], features: DecodeFeatures): void {
    let fresh = this.#fresh(forms);
    if (fresh.length === 0) return;
    const { key } = fresh[0]!.mode;
    const common = COMMON_FORMS.get(key);
    if (common && this.modules >= MODULES_OF_A_SMALL_GUEST && !this.#seeded.has(key)) {
      this.#seeded.add(key);
      fresh = this.#fresh([...fresh, ...decodeCommonForms(common, fresh[0]!.mode, features)]);
    }
    const jobs = fresh.map((form) => {
      const uops = meaningOf(form);
      const handler = this.#next++;
      this.#forms[form.id] = {
        handler,
        endsBlock: alwaysLeaves(uops),
        cutsAfter: undefined,
        mayBeFollowed: mayBeFollowed(uops),
        places: fieldPlaces(uops),
      };
      this.#formOf[handler] = form;
      return { name: form.mnemonic, handler, forms: [form] };
    });
    this.#build(jobs);
  }

  #fresh(forms: readonly Form[]): Form[] {
    return [...new Set(forms)].filter((form) => !this.#forms[form.id]);
  }

  /** Compiles a module of handlers with consecutive table slots. */
  #build(jobs: readonly Job[]): void {
    const module = new ModuleBuilder();
    module.importMemory('env', 'state', { min: this.statePages });
    module.importMemory('env', 'ram', { min: this.ramPages });
    const table = importHandlerTable(module, TABLE_SIZE);
    const core = {} as { -readonly [name in keyof CoreFunctions]: number };
    for (const name of Object.keys(CORE_SIGNATURES) as (keyof CoreFunctions)[]) {
      const [parameters, results] = CORE_SIGNATURES[name];
      core[name] = module.importFunction('env', name, [...parameters], [...results]);
    }
    const imports: Record<string, WebAssembly.ImportValue> = { ...this.environment };
    const helpers = new Map<Helper, number>();
    const sequences = jobs.map(({ forms }) => forms.map(meaningOf));
    for (const uops of sequences.flat()) {
      someUop(uops, (uop) => {
        if (uop.op === 'call' && !helpers.has(uop.helper)) {
          const { helper } = uop;
          const { name, run } = this.#wrapper(helper);
          imports[name] = run as WebAssembly.ImportValue;
          helpers.set(
            helper,
            module.importFunction(
              'env',
              name,
              ['i32', ...helper.parameters],
              helper.result ? [helper.result] : [],
            ),
          );
        }
        return false;
      });
    }
    const routines = this.routines.declare(module, sequences.flat(), imports);
    const handlerModule = {
      core,
      routine: (routine: Routine) => routines.get(routine)!,
      handlerType: module.type(['i32'], []),
      countsHits: this.#host.countsHits,
      table,
      helper: (uop: Uop & { op: 'call' }) => helpers.get(uop.helper)!,
    };
    const indices = jobs.map(({ name, forms, handler }, i) => {
      const f = module.defineFunction(`${name}_${handler}`, ['i32'], []);
      const lowering = new HandlerLowering(f, handlerModule, forms[0]!);
      const sequence = sequences[i]!;
      if (forms.length > 1) lowering.lowerGroup(forms, sequence);
      else lowering.lowerForm(sequence[0]!);
      return f.index;
    });
    module.addActiveElements(table, jobs[0]!.handler, indices);
    const bytes = module.build();
    this.modules++;
    this.bytes += bytes.length;
    new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), { env: imports });
  }

  /** A helper as an import: catches the guest's faults, which wasm code must not see as exceptions. */
  #wrapper(helper: Helper): { name: string; run: (...args: never[]) => unknown } {
    let wrapper = this.#wrappers.get(helper);
    if (!wrapper) {
      const host = this.#host;
      const { cpu } = host;
      const run = helper.run as (...args: unknown[]) => unknown;
      const nothing = helper.result === 'i64' ? 0n : 0;
      const caught = (descriptor: number, thrown: unknown) => {
        if (!(thrown instanceof GuestFault)) throw thrown;
        host.helperFaulted(descriptor, thrown);
        return nothing;
      };
      const wrap: Record<number, (...args: never[]) => unknown> = {
        0: (d: number) => {
          host.enterHelper(d);
          try {
            return run(cpu);
          } catch (thrown) {
            return caught(d, thrown);
          }
        },
        1: (d: number, a: unknown) => {
          host.enterHelper(d);
          try {
            return run(cpu, a);
          } catch (thrown) {
            return caught(d, thrown);
          }
        },
        2: (d: number, a: unknown, b: unknown) => {
          host.enterHelper(d);
          try {
            return run(cpu, a, b);
          } catch (thrown) {
            return caught(d, thrown);
          }
        },
        3: (d: number, a: unknown, b: unknown, c: unknown) => {
          host.enterHelper(d);
          try {
            return run(cpu, a, b, c);
          } catch (thrown) {
            return caught(d, thrown);
          }
        },
      };
      const general = (d: number, ...args: unknown[]) => {
        host.enterHelper(d);
        try {
          return run(cpu, ...args);
        } catch (thrown) {
          return caught(d, thrown);
        }
      };
      wrapper = {
        name: `helper_${this.#wrappers.size}_${helper.name}`,
        run: wrap[helper.parameters.length] ?? (general as (...args: never[]) => unknown),
      };
      this.#wrappers.set(helper, wrapper);
    }
    return wrapper;
  }
}
