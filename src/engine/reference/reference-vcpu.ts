// The reference engine as a Vcpu: fetches, decodes and evaluates one instruction at a time, keeping
// nothing but the translations of its PagedMemory and the built meanings. It is slow on purpose (a few
// hundred thousand instructions a second) and is what the other engines are compared with.
//
// Counting: an instruction that raises an exception counts as one too, so that a run always ends.
import type { GuestBus } from '../../base/guest-bus.ts';
import type { Entropy } from '../../base/services.ts';
import type { CpuFeatures } from '../../x86/cpuid/features.ts';
import { decode, MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
import type { Instruction } from '../../x86/decode/instruction.ts';
import { modeFromKey } from '../../x86/decode/mode.ts';
import { Events } from '../../x86/exceptions/events.ts';
import { GP, GuestFault } from '../../x86/exceptions/fault.ts';
import type { Cpu } from '../../x86/helpers/cpu.ts';
import { PagedMemory } from '../../x86/paging/paged-memory.ts';
import type { PhysicalMemory } from '../../x86/paging/physical-memory.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import { ACTIVITY_RUNNING, CpuState } from '../../x86/state/cpu-state.ts';
import { updateDerivedState } from '../../x86/state/derived.ts';
import * as L from '../../x86/state/layout.ts';
import { type ResetKind, resetState } from '../../x86/state/reset.ts';
import { Evaluator } from '../../x86/uops/evaluate.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import type { Exit, Vcpu, VcpuWires } from '../vcpu.ts';

export interface ReferenceOptions extends VcpuWires {
  readonly memory: PhysicalMemory;
  readonly bus: GuestBus;
  readonly features: CpuFeatures;
  readonly entropy: Entropy;
}

export class ReferenceVcpu implements Vcpu {
  readonly state: CpuState;
  readonly cpu: Cpu;
  retired = 0;
  #running = false;
  #kicked = false;
  readonly #memory: PagedMemory;
  readonly #events: Events;
  readonly #evaluator: Evaluator;
  readonly #code = new Uint8Array(MAXIMUM_LENGTH);
  /** Micro-operations by form number. */
  readonly #meanings: (readonly Uop[] | undefined)[] = [];

  constructor(options: ReferenceOptions) {
    this.state = new CpuState(new ArrayBuffer(L.ENGINE_STATE));
    this.#memory = new PagedMemory(this.state, options.memory);
    this.cpu = {
      state: this.state,
      memory: this.#memory,
      physical: options.memory,
      bus: options.bus,
      apic: options.apic,
      translations: this.#memory,
      features: options.features,
      entropy: options.entropy,
      timeStamp: options.timeStamp,
      acknowledgeInterrupt: () => options.interrupts.acknowledge(),
    };
    this.#events = new Events(this.cpu, options.interrupts);
    this.#evaluator = new Evaluator(this.cpu);
    this.reset();
  }

  reset(bootstrap = true, kind: ResetKind = 'power'): void {
    resetState(this.state, bootstrap, kind);
    this.#events.reset();
    this.#memory.flushAll('dropGlobal');
  }
  stateChanged(): void {
    updateDerivedState(this.state);
    this.#memory.flushAll('dropGlobal');
  }
  memoryChanged(): void {}
  kick(): void {
    this.#kicked = this.#running;
  }
  raiseNmi(): void {
    this.#events.raiseNmi();
  }

  run(budget: number): Exit {
    const end = this.retired + budget;
    const { state } = this;
    while (true) {
      if (state.u32[L.ACTIVITY >> 2] !== ACTIVITY_RUNNING || this.#events.due()) {
        const outcome = this.#events.deliver();
        if (outcome === 'halted') return { reason: 'Hlt' };
        if (outcome === 'shutdown') return { reason: 'Shutdown', cause: this.#events.shutdownCause };
      }
      if (this.retired >= end) return { reason: 'Interrupted' };
      this.#events.stepping();
      const shadow = state.u32[L.SHADOW >> 2]!;
      this.#running = true;
      const defect = this.#step();
      this.#running = false;
      this.retired++;
      this.#events.afterInstruction(shadow);
      if (defect) return defect;
      if (this.#kicked) {
        this.#kicked = false;
        return { reason: 'Interrupted' };
      }
    }
  }

  /** Executes the instruction at RIP, or delivers the exception that it raises. */
  #step(): Exit | null {
    const { state } = this;
    const start = state.rip;
    try {
      const instruction = this.fetch();
      this.#evaluator.run(this.#meaning(instruction), instruction);
      return null;
    } catch (thrown) {
      if (thrown instanceof GuestFault) {
        if (!thrown.committed) state.rip = start;
        this.#events.fault(thrown);
        return null;
      }
      state.rip = start;
      const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      return { reason: 'InternalError', message: `at RIP ${start.toString(16)}: ${message}` };
    }
  }

  /** The instruction at CS:RIP. Throws the GuestFault of a fetch that is not allowed. */
  fetch(): Instruction {
    const { state } = this;
    const mode = modeFromKey(state.u32[L.MODE >> 2]!);
    let linear = state.rip;
    let limit = MAXIMUM_LENGTH;
    if (mode.bits !== 64) {
      const cs = state.segments[L.CS]!;
      if (linear > cs.limit) throw new GuestFault(GP, 0);
      limit = Math.min(limit, cs.limit - linear + 1);
      linear = (linear + cs.base) >>> 0;
    }
    // The next page is fetched from only where the instruction reaches it: its walk would set accessed flags.
    const inPage = Math.min(limit, 0x1000 - (linear & 0xfff));
    const { decode: features } = this.cpu.features;
    let available = this.#memory.fetch(linear, this.#code.subarray(0, inPage));
    if (available === 0) this.#memory.probeFetch(linear);
    let instruction = decode(this.#code, available, mode, features);
    if (!instruction && available === inPage && inPage < limit) {
      available += this.#memory.fetch(linear + inPage, this.#code.subarray(inPage, limit));
      instruction = decode(this.#code, available, mode, features);
    }
    if (instruction) return instruction;
    if (available === limit) throw new GuestFault(GP, 0);
    this.#memory.probeFetch(linear + available);
    throw new Error('an instruction that can neither be decoded nor fetched further');
  }

  #meaning(instruction: Instruction): readonly Uop[] {
    const { form } = instruction;
    let uops = this.#meanings[form.id];
    if (!uops) {
      uops = buildMeaning(form).uops;
      this.#meanings[form.id] = uops;
    }
    return uops;
  }
}
