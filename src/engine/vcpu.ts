// Vcpu: the seam between an engine and the machine (decision D5). A vCPU runs until an exit; exits
// have KVM's names. Engines that reach RAM and devices by themselves (reference, interp, jit) call
// the GuestBus directly and never leave with IoIn or MmioRead.
import type { LocalApicPort } from '../x86/helpers/cpu.ts';
import type { CpuState } from '../x86/state/cpu-state.ts';
import type { ResetKind } from '../x86/state/reset.ts';

/** Why `run` returned. */
export type Exit =
  /** The budget is used up, or kick() was called. */
  | { readonly reason: 'Interrupted' }
  /** HLT with nothing deliverable; run again once an interrupt is pending. */
  | { readonly reason: 'Hlt' }
  /** Triple fault: the processor is in the shutdown state. `cause` is for a person. */
  | { readonly reason: 'Shutdown'; readonly cause: string }
  /** A debugger's breakpoint or step. */
  | { readonly reason: 'Debug' }
  /** A defect of Doppel, never the guest's doing. */
  | { readonly reason: 'InternalError'; readonly message: string };

/** What the interrupt controllers show to the processor. */
export interface InterruptSource {
  /** INTR is asserted. Cheap: asked at every block boundary at which interrupts are open. */
  pending(): boolean;
  /** INTA: takes the highest vector, 0..255; -1 when the request has gone (treated as nothing). */
  acknowledge(): number;
}

/** Where a run ends that nothing else ends. */
export type RunEnd = 'exactly' | 'about';

export interface Vcpu {
  readonly state: CpuState;
  /**
   * Instructions retired since reset; each iteration of a REP string instruction counts as one, and so does an
   * instruction that raises an exception. Below 2^53.
   */
  readonly retired: number;
  /**
   * Runs at most `budget` instructions: exactly as many unless another exit comes first, or, with 'about', a few less where an
   * engine would have to execute the last ones singly.
   */
  run(budget: number, end?: RunEnd): Exit;
  /**
   * Makes run() return after the current instruction, from inside device code that it has called: an interrupt
   * line or the machine's next alarm may have changed. Does nothing when run() is not running.
   */
  kick(): void;
  raiseNmi(): void;
  /** The state after power-on, or after INIT (SDM 3A 9.1.1); `bootstrap` false waits for a start-up IPI. */
  reset(bootstrap?: boolean, kind?: ResetKind): void;
  /** Registers were changed from outside (boot protocol, restore, debugger): derived state and caches follow. */
  stateChanged(): void;
  /** Guest memory was changed from outside (DMA marks its own pages; this is for restore): forget all code. */
  memoryChanged(): void;
}

/** What an engine is built with. */
export interface VcpuWires {
  readonly interrupts: InterruptSource;
  readonly apic: LocalApicPort;
  /** Time stamp counter as a function of retired instructions or host time. */
  readonly timeStamp: () => number;
}
