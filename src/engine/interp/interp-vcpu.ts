// The interpreter as a Vcpu: decoded blocks run as chains of wasm handlers; this loop finds the next
// block when they leave, delivers exceptions and interrupts, and keeps the exact count of retired
// instructions (decision D4).
//
// Counting. BUDGET is what the wasm code may still retire. Blocks take their instructions off when
// they are left by a branch; whoever leaves in the middle (fault, stop) is charged here by the order
// of the descriptor at which it stopped. A run is let loose with MAXIMUM_BLOCK less than it may do,
// since a block can overshoot by its own length; the rest is done one block at a time, with a `stop`
// in place of the first instruction too many.
//
// kick() from device code (an interrupt line went up during IN, OUT or MMIO) makes the running block
// stop after the current instruction in the same way, so that every engine takes the interrupt at the
// same instruction.
import type { GuestBus } from '../../base/guest-bus.ts';
import type { Entropy } from '../../base/services.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { CpuFeatures } from '../../x86/cpuid/features.ts';
import { Events } from '../../x86/exceptions/events.ts';
import { GuestFault, PF } from '../../x86/exceptions/fault.ts';
import type { Cpu } from '../../x86/helpers/cpu.ts';
import { CpuState } from '../../x86/state/cpu-state.ts';
import { updateDerivedState } from '../../x86/state/derived.ts';
import * as L from '../../x86/state/layout.ts';
import { type ResetKind, resetState } from '../../x86/state/reset.ts';
import { segmentLinear } from '../../x86/uops/segment.ts';
import { KIND_BYTES, KIND_STACK, KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { SoftMmu } from '../soft/mmu.ts';
import type { Exit, RunEnd, Vcpu, VcpuWires } from '../vcpu.ts';
import { BlockFinder } from './block-finder.ts';
import type { BlockTranslator, TranslatorFactory, TranslatorHost } from './block-translator.ts';
import { CodeCache } from './code-cache.ts';
import { HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { HandlerPatches } from './handler-patches.ts';
import { HandlerTable } from './handlers.ts';

export interface InterpOptions extends VcpuWires {
  readonly memory: GuestMemory;
  readonly bus: GuestBus;
  readonly features: CpuFeatures;
  readonly entropy: Entropy;
  /** Count accesses that hit the TLB (costs about a fifth of the speed). */
  readonly countsHits?: boolean;
  /** Instructions between two samples of what runs, from which hot blocks are known; 20,000 unless given. */
  readonly sampleInterval?: number;
  /** Makes the translator of hot blocks; without one they are put into superinstructions. */
  readonly translator?: TranslatorFactory;
}

/** Memory 0: state, TLB, jump cache, and room for more than two million decoded instructions. */
const STATE_BYTES = 64 * 2 ** 20;
/** Instructions between two samples of where the time goes, unless a translator wishes otherwise. */
const SAMPLE_INTERVAL = 20_000;

export class InterpVcpu implements Vcpu, TranslatorHost {
  readonly state: CpuState;
  readonly cpu: Cpu;
  readonly mmu: SoftMmu;
  handlers: HandlerTable;
  readonly #newHandlers: () => HandlerTable;
  readonly #countsHits: boolean;
  readonly code: CodeCache;
  readonly #events: Events;
  readonly memory: GuestMemory;
  readonly features: DecodeFeatures;
  readonly #translator: BlockTranslator | null;
  #retired = 0;
  /** BUDGET when the wasm code was entered (moved by kick), and whether it is running. */
  #granted = 0;
  #running = false;
  /** run() returns after the current instruction: the machine's next alarm may have changed. */
  #kicked = false;
  /** Descriptor of the instruction whose helper or slow access is running; 0 when none is. */
  #descriptor = 0;
  readonly #patches: HandlerPatches;
  readonly #finder: BlockFinder;
  #fault: GuestFault | null = null;
  /** Instructions until the next sample (at least 1), and whether the block that comes next is one. */
  #untilSample: number;
  readonly #sampleInterval: number;
  #sampling = false;
  /** Leaves of the wasm code by EXIT_ value, for --stats. */
  readonly exits = new Float64Array(7);

  constructor(options: InterpOptions) {
    const stateMemory = new WebAssembly.Memory({
      initial: STATE_BYTES / 65536,
      maximum: STATE_BYTES / 65536,
    });
    const state = new CpuState(stateMemory.buffer);
    this.state = state;
    this.#patches = new HandlerPatches(state);
    this.mmu = new SoftMmu(state, options.memory, options.bus);
    this.cpu = {
      state,
      memory: this.mmu.paged,
      physical: options.memory,
      bus: options.bus,
      apic: options.apic,
      translations: this.mmu,
      features: options.features,
      entropy: options.entropy,
      timeStamp: options.timeStamp,
      enterGate: (vector, errorCode, software) =>
        this.handlers.enterGate(vector, errorCode, software ? 1 : 0) !== 0,
      acknowledgeInterrupt: () => options.interrupts.acknowledge(),
    };
    this.#events = new Events(this.cpu, options.interrupts);
    this.#countsHits = options.countsHits ?? false;
    this.#sampleInterval = options.sampleInterval ?? SAMPLE_INTERVAL;
    this.#untilSample = this.#sampleInterval;
    this.#newHandlers = () =>
      new HandlerTable(
        stateMemory,
        options.memory.memory,
        options.memory.marks,
        {
          load: (descriptor, kind) => this.#slowAccess(descriptor, kind, false),
          store: (descriptor, kind) => this.#slowAccess(descriptor, kind, true),
          linear: (descriptor, record, kind) => this.#slowLinear(descriptor, record, kind),
          regionFill: (kind) => (this.mmu.regionFill(kind) ? 1 : 0),
          timeStamp: () => {
            // BUDGET is exact.
            this.#descriptor = 0;
            return this.cpu.timeStamp();
          },
        },
        {
          cpu: this.cpu,
          countsHits: options.countsHits ?? false,
          enterHelper: (descriptor) => {
            this.#descriptor = descriptor;
          },
          helperFaulted: (descriptor, fault) => this.#pend(descriptor, fault),
        },
      );
    this.handlers = this.#newHandlers();
    this.code = new CodeCache(state, options.memory, this.handlers, options.features.decode);
    this.#finder = new BlockFinder(state, this.mmu, this.code);
    this.code.onProtect = (page) => this.mmu.protectCodePage(page);
    this.code.onDrop = () => {
      this.#finder.forget();
      if (!this.#translator) return;
      this.#translator.flushed();
      this.#untilSample = Math.min(this.#untilSample, this.#translator.sampleInterval);
    };
    const { blockHandlers } = this.code;
    blockHandlers.onUninstall = (descriptor, slot, handler) => this.#patches.mend(descriptor, slot, handler);
    blockHandlers.onStale = (start, end) => this.#patches.forget(start, end);
    this.mmu.onFlush = (user) => this.#finder.translationsChanged(user);
    // Where the running code lies may have changed too: it goes on from where it lies now.
    options.memory.onMapChange(() => {
      this.mmu.flushAll('dropGlobal');
      this.kick();
    });
    this.memory = options.memory;
    this.features = options.features.decode;
    this.#translator = options.translator?.(this) ?? null;
    const translator = this.#translator;
    if (translator) {
      this.code.onInvalidate = (...change) => translator.codeChanged(...change);
      this.#finder.onRegion = (slot, linear) => translator.lookedUp(slot, linear);
    }
    this.reset();
  }

  // ---- Vcpu ----

  get retired(): number {
    if (!this.#running) return this.#retired;
    const { i32, u8 } = this.state;
    const inBlock = this.#descriptor ? u8[this.#descriptor + D.D_ORDER]! & D.ORDER_MASK : 0;
    return this.#retired + this.#granted - i32[E.BUDGET >> 2]! + inBlock;
  }

  reset(bootstrap = true, kind: ResetKind = 'power'): void {
    resetState(this.state, bootstrap, kind);
    this.#events.reset();
    this.stateChanged();
    this.memoryChanged();
  }
  stateChanged(): void {
    updateDerivedState(this.state);
    this.mmu.flushAll('dropGlobal');
  }
  memoryChanged(): void {
    this.code.flush();
  }
  raiseNmi(): void {
    this.#events.raiseNmi();
    this.kick();
  }

  kick(): void {
    if (!this.#running) return;
    this.#kicked = true;
    const { i32 } = this.state;
    const budget = i32[E.BUDGET >> 2]!;
    if (budget >= 0) {
      i32[E.BUDGET >> 2] = -1;
      this.#granted -= budget + 1;
    }
    if (this.#descriptor) this.#patches.put(this.#descriptor + D.DESCRIPTOR_SIZE, HANDLER_STOP);
  }

  run(budget: number, end: RunEnd = 'exactly'): Exit {
    const target = this.#retired + Math.floor(budget);
    const enough = end === 'about' && budget > D.MAXIMUM_BLOCK ? D.MAXIMUM_BLOCK : 0;
    const { state } = this;
    while (true) {
      if (state.u32[L.ACTIVITY >> 2] !== 0 || this.#events.due()) {
        const exit = this.#between();
        if (exit) return exit;
      }
      const left = target - this.#retired;
      if (left <= enough) return { reason: 'Interrupted' };
      this.mmu.selectTable(this.#events.watchesData);
      if (this.#events.stepping()) {
        const shadow = state.u32[L.SHADOW >> 2]!;
        this.#execute(0, 1);
        this.#events.afterInstruction(shadow);
      } else if (left > D.MAXIMUM_BLOCK) {
        this.#execute(Math.min(left - D.MAXIMUM_BLOCK, this.#untilSample), 0);
        this.#untilSample -= left - (target - this.#retired);
        if (this.#untilSample <= 0) {
          this.#sampling = true;
          this.#untilSample = this.#translator?.sampleInterval ?? this.#sampleInterval;
        }
      } else {
        this.#execute(0, left);
      }
      if (this.#kicked) {
        this.#kicked = false;
        return { reason: 'Interrupted' };
      }
    }
  }

  /** Delivers what is pending between two instructions; an exit when the processor does not go on. */
  #between(): Exit | null {
    const outcome = this.#events.deliver();
    if (outcome === 'halted') return { reason: 'Hlt' };
    if (outcome === 'shutdown') return { reason: 'Shutdown', cause: this.#events.shutdownCause };
    return null;
  }

  /** Counters since creation, by name. */
  statistics(): Map<string, number> {
    const { exits, code, handlers, mmu } = this;
    return new Map([
      ['instructions', this.#retired],
      ['exits for a block look-up', exits[E.EXIT_LOOKUP]!],
      ['exits at the end of a block', exits[E.EXIT_END_BLOCK]!],
      ['exits for a fault', exits[E.EXIT_FAULT]!],
      ['exits at a stop', exits[E.EXIT_STOP]!],
      ['exits in a repeated string instruction', exits[E.EXIT_REPEAT]!],
      ...(this.#translator ? [['exits from regions for the interpreter', exits[E.EXIT_BAIL]!] as const] : []),
      ...(this.#countsHits ? [['TLB hits', this.state.getNumber(E.COUNT_TLB_HITS)] as const] : []),
      ['TLB refills', this.state.u32[E.TLB_REFILLS >> 2]!],
      ['device memory accesses', mmu.deviceAccesses],
      ['blocks decoded', code.blocks],
      ['instructions decoded', code.instructions],
      ['writes to code', code.invalidations],
      ['code cache flushes', code.flushes],
      ['handlers compiled', handlers.count],
      ['handler modules', handlers.modules],
      ['bytes of handler wasm', handlers.bytes],
    ]);
  }

  // ---- running blocks ----

  /**
   * Runs blocks until something needs the loop above. With `exactly` 0 on a budget of `grant`;
   * otherwise at most `exactly` instructions of the one block at RIP.
   */
  #execute(grant: number, exactly: number): void {
    const { state } = this;
    const { i32, u32 } = state;
    let link = 0;
    i32[E.BUDGET >> 2] = exactly ? -1 : grant;
    this.#granted = i32[E.BUDGET >> 2]!;
    // The instruction at which a region bailed out runs by its own handler, and so does a block cut short.
    let plain = exactly !== 0;
    // What is found next is the block whose runs were counted.
    let counted = false;
    while (true) {
      let descriptor: number;
      try {
        if (this.handlers.full) {
          this.handlers = this.#newHandlers();
          this.code.useHandlers(this.handlers);
          link = 0;
        }
        descriptor = this.#finder.find(link, this.#sampling || plain || this.#translator?.eager === true);
        if (this.#translator) {
          if (counted) {
            this.#translator.hot(descriptor, this.#finder.physical, this.#finder.linear, u32[L.MODE >> 2]!);
            counted = false;
          } else if (plain && exactly === 0 && u32[E.TLB_TABLE >> 2] !== E.TLB_BYPASS) {
            this.#translator.bailed(this.#finder.physical);
          }
          if (this.#sampling || this.#translator.eager) this.#sampleForTranslator(descriptor);
        } else if (this.#sampling) this.code.blockHandlers.sample(descriptor);
        this.#sampling = false;
      } catch (thrown) {
        if (!(thrown instanceof GuestFault)) throw thrown;
        this.#settle(1);
        this.#deliver(thrown);
        return;
      }
      if (exactly) this.#stopAfter(descriptor, exactly);
      this.#running = true;
      if (plain) this.handlers.enterAt(descriptor, this.code.blockHandlers.plainHandler(descriptor));
      else this.handlers.enter(descriptor);
      this.#running = false;
      this.#descriptor = 0;
      this.#patches.takeBack();
      const exit = u32[E.EXIT >> 2]!;
      this.exits[exit]!++;
      if (exit === E.EXIT_LOOKUP) {
        if (i32[E.BUDGET >> 2]! >= 0) {
          link = u32[E.LINK_FROM >> 2]!;
          plain = false;
          continue;
        }
        this.#settle(0);
        return;
      }
      if (exit === E.EXIT_BAIL) {
        // The interpreter would find the page fault that the region has found.
        const fault = this.mmu.takeRegionFault();
        if (fault) {
          this.#settle(1);
          this.#deliver(fault);
          return;
        }
        this.#settle(0);
        link = 0;
        plain = true;
        continue;
      }
      if (exit === E.EXIT_HOT) {
        this.#settle(0);
        this.#setRip(u32[E.EXIT_DESCRIPTOR >> 2]!);
        link = 0;
        plain = true;
        counted = true;
        continue;
      }
      if (exit === E.EXIT_END_BLOCK) {
        this.#settle(0);
        return;
      }
      const at = u32[E.EXIT_DESCRIPTOR >> 2]!;
      // A fault counts as an instruction, so that a guest that only faults gets on with its budget.
      this.#settle((state.u8[at + D.D_ORDER]! & D.ORDER_MASK) + (exit === E.EXIT_FAULT ? 1 : 0));
      if (exit !== E.EXIT_FAULT || !this.#fault?.committed) this.#setRip(at);
      if (exit === E.EXIT_FAULT) this.#takeFault();
      return;
    }
  }

  /** Makes execution stop after `count` instructions of a block; those before are executed one by one. */
  #stopAfter(block: number, count: number): void {
    const stop = block + count * D.DESCRIPTOR_SIZE;
    this.#patches.put(stop, HANDLER_STOP);
    // The first is entered by its own handler, whatever its block is run by.
    for (let at = block + D.DESCRIPTOR_SIZE; at < stop; at += D.DESCRIPTOR_SIZE) {
      const handler = this.state.u32[at >> 2]!;
      if (this.handlers.isGroup(handler)) this.#patches.put(at, this.code.blockHandlers.plainHandler(at));
    }
  }

  /** The block just found is a sample of what runs. */
  #sampleForTranslator(descriptor: number): void {
    const translator = this.#translator!;
    const { u32 } = this.state;
    const region = u32[E.SAMPLED_REGION >> 2]!;
    if (this.#sampling && region !== 0) {
      u32[E.SAMPLED_REGION >> 2] = 0;
      if (translator.sampleRegion(region, this.#finder.physical) && !translator.eager) return;
    }
    if (!this.code.linkable) return;
    translator.sample(descriptor, this.#finder.physical, this.#finder.linear, u32[L.MODE >> 2]!);
  }

  /** Adds what was retired, with `inBlock` instructions that their block had not taken off yet. */
  #settle(inBlock: number): void {
    this.#retired += this.#granted - this.state.i32[E.BUDGET >> 2]! + inBlock;
    this.#granted = this.state.i32[E.BUDGET >> 2]!;
  }

  /** RIP becomes that of the instruction at a descriptor. */
  #setRip(descriptor: number): void {
    const { state } = this;
    let rip = state.getNumber(E.RIP_BASE) + state.u16[(descriptor + D.D_START) >> 1]!;
    if ((state.u32[L.MODE >> 2]! & 3) !== 2) rip = rip >>> 0;
    state.rip = rip;
  }

  #takeFault(): void {
    const { u32, i32 } = this.state;
    const thrown = this.#fault;
    this.#fault = null;
    u32[E.PENDING >> 2] = 0;
    this.#deliver(thrown ?? new GuestFault(u32[E.FAULT_VECTOR >> 2]!, i32[E.FAULT_ERROR >> 2]!));
  }
  #deliver(fault: GuestFault): void {
    if (fault.vector === PF) this.mmu.pageFaulted(this.state.cr2);
    this.#events.fault(fault);
  }

  // ---- called back from wasm ----

  #pend(descriptor: number, fault: GuestFault): void {
    const { u32 } = this.state;
    this.#fault = fault;
    u32[E.PENDING >> 2] = 1;
    u32[E.EXIT >> 2] = E.EXIT_FAULT;
    u32[E.EXIT_DESCRIPTOR >> 2] = descriptor;
  }
  #slowAccess(descriptor: number, kind: number, store: boolean): number {
    this.#descriptor = descriptor;
    const fault = store ? this.mmu.store(kind) : this.mmu.load(kind);
    if (fault === null) return 0;
    this.#pend(descriptor, fault);
    return 1;
  }
  #slowLinear(descriptor: number, record: number, kind: number): void {
    try {
      const linear = segmentLinear(
        this.state,
        record,
        this.state.getNumber(E.ACCESS_ADDRESS),
        kind & KIND_BYTES,
        kind & KIND_WRITE ? 'write' : 'read',
        (kind & KIND_STACK) !== 0,
      );
      this.state.setNumber(E.ACCESS_VALUE, linear);
    } catch (thrown) {
      if (!(thrown instanceof GuestFault)) throw thrown;
      this.#pend(descriptor, thrown);
    }
  }
}
