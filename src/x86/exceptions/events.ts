// What happens between two instructions, in the order of priority of SDM 3A table 6-2: traps of the
// instruction before, NMI, external interrupts, then (in `stepping`) breakpoints on the next one.
// Every engine asks here, so that all of them take an event at the same instruction.
//
// Protocol for an engine's loop, with RIP in the state at the next instruction:
//   if (due() or ACTIVITY is not running) deliver(), and leave the loop unless it says 'running';
//   leave the loop when the budget is used up;
//   if (stepping()) execute exactly one instruction, then afterInstruction();
//   otherwise execute as many as wanted, but look again after each instruction that ends a block.
//   An exception on the way: fault(), with RIP at the faulting instruction.
import {
  ARMED_DATA,
  ARMED_EXECUTE,
  breakpointsArmed,
  DR6_BS,
  instructionBreakpoints,
  recordDebugEvent,
} from '../control/debug-registers.ts';
import type { Cpu } from '../helpers/cpu.ts';
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  ACTIVITY_SHUTDOWN,
  FLAG_IF,
  FLAG_RF,
  FLAG_TF,
} from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { deliverException, deliverInterrupt } from './deliver.ts';
import { DB, GuestFault, NMI } from './fault.ts';

export interface PendingInterrupts {
  pending(): boolean;
}

export type Outcome = 'running' | 'halted' | 'shutdown';

export class Events {
  readonly #cpu: Cpu;
  readonly #interrupts: PendingInterrupts;
  #nmi = false;
  #trapFlagBefore = false;
  #resumeFlagBefore = false;
  #faulted = false;
  /** After a triple fault: why, for a person. */
  shutdownCause = '';

  constructor(cpu: Cpu, interrupts: PendingInterrupts) {
    this.#cpu = cpu;
    this.#interrupts = interrupts;
  }

  reset(): void {
    this.#nmi = false;
    this.#trapFlagBefore = false;
    this.shutdownCause = '';
  }
  raiseNmi(): void {
    this.#nmi = true;
  }

  #interruptDue(): boolean {
    return (this.#cpu.state.u32[L.FLAGS >> 2]! & FLAG_IF) !== 0 && this.#interrupts.pending();
  }
  #nmiDue(): boolean {
    return this.#nmi && this.#cpu.state.u32[L.NMI_BLOCKED >> 2] === 0;
  }

  /** Something can be delivered now. Cheap. */
  due(): boolean {
    const { u32 } = this.#cpu.state;
    if (u32[L.SHADOW >> 2] !== 0) return false;
    return u32[L.DEBUG_PENDING >> 2] !== 0 || this.#interruptDue() || this.#nmiDue();
  }

  /** Delivers what is due: a handler may itself be interrupted before its first instruction. */
  deliver(): Outcome {
    let outcome = this.#deliverOne();
    // A source that is always pending and never has a vector may not hold up the processor.
    for (let more = 16; more > 0 && outcome === 'running' && this.due(); more--) outcome = this.#deliverOne();
    return outcome;
  }
  /** Delivers the event of highest priority. */
  #deliverOne(): Outcome {
    const { state } = this.#cpu;
    const activity = state.u32[L.ACTIVITY >> 2]!;
    if (activity === ACTIVITY_SHUTDOWN) return 'shutdown';
    if (activity !== ACTIVITY_RUNNING && activity !== ACTIVITY_HALTED) return 'halted';
    const shadow = state.u32[L.SHADOW >> 2]!;
    const trap = state.u32[L.DEBUG_PENDING >> 2]!;
    if (trap !== 0 && shadow === 0) {
      state.set32(L.DEBUG_PENDING, 0);
      state.set32(L.ACTIVITY, ACTIVITY_RUNNING);
      recordDebugEvent(state, trap);
      this.#note(deliverException(this.#cpu, new GuestFault(DB)));
    } else if (this.#nmiDue() && shadow === 0) {
      this.#nmi = false;
      this.#note(deliverInterrupt(this.#cpu, NMI, 'nmi'));
    } else if (shadow === 0 && this.#interruptDue()) {
      const vector = this.#cpu.acknowledgeInterrupt();
      if (vector >= 0) this.#note(deliverInterrupt(this.#cpu, vector, 'external'));
    }
    const now = state.u32[L.ACTIVITY >> 2]!;
    return now === ACTIVITY_RUNNING ? 'running' : now === ACTIVITY_SHUTDOWN ? 'shutdown' : 'halted';
  }

  /** Delivers an exception; RIP is at the faulting instruction. */
  fault(fault: GuestFault): void {
    this.#faulted = true;
    this.#note(deliverException(this.#cpu, fault));
  }
  #note(cause: string | null): void {
    if (cause !== null) this.shutdownCause = cause;
  }

  /**
   * Notes what waits (EVENT_WAITS), for code that runs without asking here again.
   * The next instruction must be executed alone: single step, breakpoints, RF to be cleared, or an
   * interrupt that waits behind the shadow of STI or MOV SS. Delivers the fault of a breakpoint on it.
   */
  stepping(): boolean {
    const { state } = this.#cpu;
    const { u32 } = state;
    const flags = u32[L.FLAGS >> 2]!;
    this.#faulted = false;
    this.#resumeFlagBefore = (flags & FLAG_RF) !== 0;
    this.#trapFlagBefore = (flags & FLAG_TF) !== 0;
    const armed = breakpointsArmed(state);
    u32[L.EVENT_WAITS >> 2] = (this.#interrupts.pending() ? FLAG_IF : 0) | (this.#nmi || armed !== 0 ? 1 : 0);
    if ((armed & ARMED_EXECUTE) !== 0 && !this.#resumeFlagBefore) this.#instructionBreakpoint();
    if (this.#trapFlagBefore) {
      u32[L.STEP_SUPPRESSED >> 2] = 0;
      return true;
    }
    if (armed !== 0 || this.#resumeFlagBefore) return true;
    if (u32[L.SHADOW >> 2] === 0) return false;
    if (this.#interruptDue() || this.#nmiDue() || u32[L.DEBUG_PENDING >> 2] !== 0) return true;
    // Nobody waits: the shadow ends unseen.
    u32[L.SHADOW >> 2] = 0;
    return false;
  }
  #instructionBreakpoint(): void {
    const { state } = this.#cpu;
    const long = (state.u32[L.MODE >> 2]! & 3) === 2;
    const linear = long ? state.rip : (state.rip + state.segments[L.CS]!.base) >>> 0;
    const causes = instructionBreakpoints(state, linear);
    if (causes === 0) return;
    recordDebugEvent(state, causes);
    this.fault(new GuestFault(DB));
    this.#faulted = false;
    this.#trapFlagBefore = false;
  }

  /** After the one instruction: its shadow has passed unless it cast a new one; a single step traps. */
  afterInstruction(shadowBefore: number): void {
    const { u32 } = this.#cpu.state;
    if (shadowBefore !== 0) u32[L.SHADOW >> 2] = 0;
    // RF holds for one instruction.
    if (this.#resumeFlagBefore && !this.#faulted) u32[L.FLAGS >> 2]! &= ~FLAG_RF;
    const traps = this.#trapFlagBefore && !this.#faulted && u32[L.STEP_SUPPRESSED >> 2] === 0;
    if (traps) u32[L.DEBUG_PENDING >> 2]! |= DR6_BS;
  }

  /** Data breakpoints are armed: the engine must look at every access. */
  get watchesData(): boolean {
    return (breakpointsArmed(this.#cpu.state) & ARMED_DATA) !== 0;
  }
}
