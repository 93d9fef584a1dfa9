// A guest that idles without HLT is left alone: which one does is found by its asking for keys in vain (poll-watch.ts) or by its coming
// back to the same registers and memory (still-watch.ts); it handles the timer's ticks meanwhile (tick-watch.ts). Here is what the
// three know of the machine, and how the machine rests. In deterministic time the first alone is asked, and the clock skips.
//
//   a slice --stillRest()--> is it still? --begin()--> the host sleeps --goOn()--> ticks --> the next slice
import type { Exit } from '../../engine/vcpu.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import * as L from '../../x86/state/layout.ts';
import type { Board } from '../pc/board.ts';
import type { AlarmQueue } from './alarm-queue.ts';
import type { MachineClock } from './clocks.ts';
import type { MachineVcpu } from './machine-options.ts';
import type { Outside } from './outside.ts';
import { MOST_BETWEEN_ASKINGS, PollWatch } from './poll-watch.ts';
import { sumOfRegisters } from './registers.ts';
import type { Scheduler } from './scheduler.ts';
import { type StillSubject, StillWatch } from './still-watch.ts';
import { TickWatch } from './tick-watch.ts';

/** A loop asks for keys at so many places at most. */
const MOST_ASKINGS = 8;
/** Rests that are not longer (ns) end at the timer's tick. */
const LONGEST_REST_TO_TICK = 60_000_000;

/** Of a machine, what it takes to see that its guest idles. */
export interface IdlingMachine {
  readonly vcpu: MachineVcpu;
  readonly board: Board;
  readonly memory: GuestMemory;
  readonly alarms: AlarmQueue;
  readonly clock: MachineClock;
  readonly scheduler: Scheduler;
  readonly outside: Outside;
  /** In deterministic time nothing is proved: a rest costs the host nothing. */
  readonly deterministic: boolean;
  /** Runs a slice of so many instructions at most. */
  readonly step: (limit: number) => Exit;
  /** Of the last slice. */
  readonly lastExit: () => Exit;
  /** The processor is asked to take an interrupt. */
  readonly interruptRequested: () => boolean;
  readonly ended: () => boolean;
  readonly paused: () => boolean;
  readonly resetWanted: () => boolean;
}

export class Idling {
  readonly #machine: IdlingMachine;
  readonly #polls = new PollWatch();
  readonly #still: StillWatch | null;
  readonly #ticks: TickWatch | null;
  /** Machine.run() is at work, which lets the guest rest; those who call step() have a loop of their own. */
  allowed = false;
  /** The guest polls in vain: it gets no time for so long (ns), until then. */
  #restWanted = 0;
  #restEnds = 0;
  /** Ticks do not end its rest. */
  #restsOverTicks = false;
  /** Askings for keys in vain so far, and the sum of the registers at the last; a closer look at them is under way. */
  #askings = 0;
  #askedWith = 0;
  #looksCloser = false;
  /** A slice ends at each look at a clock. */
  #stopsAtClocks = false;
  /** Taken so far. */
  #interrupts = 0;

  constructor(machine: IdlingMachine) {
    this.#machine = machine;
    machine.outside.onClockRead = () => {
      if (this.#stopsAtClocks) machine.vcpu.kick();
    };
    const subject = this.#subject();
    this.#still = machine.deterministic ? null : new StillWatch(subject);
    this.#ticks = machine.deterministic ? null : new TickWatch(subject);
  }

  // ---- what the machine tells ----

  /** The guest asks for a key in vain. */
  polled(): void {
    if (!this.allowed) return;
    const { vcpu, clock } = this.#machine;
    const registers = sumOfRegisters(vcpu.state);
    this.#askings++;
    this.#askedWith = registers;
    if (this.#looksCloser) {
      vcpu.kick();
      return;
    }
    this.#restWanted = this.#polls.asked(registers, vcpu.retired, clock.now());
    if (this.#restWanted > 0) vcpu.kick();
  }
  /** A key was there. */
  answered(): void {
    this.#polls.answered();
    this.#still?.doubtAsking();
  }
  /** The BIOS has done something for the guest. */
  worked(): void {
    this.#polls.worked();
  }
  /** The guest has read the ACPI timer. */
  timerRead(): void {
    this.#polls.timerRead();
  }
  /** The processor takes an interrupt. */
  interruptTaken(vector: number): void {
    this.#interrupts++;
    this.#ticks?.taken(vector);
  }

  // ---- from slice to slice ----

  /** Most instructions of the next slice. */
  get limit(): number | undefined {
    return this.#still?.limit;
  }
  /** Rests so far of a guest that was still; undefined in deterministic time. */
  get rests(): number | undefined {
    return this.#still?.rests;
  }

  /** After a slice: for how long (ns) a guest that goes round in a loop that does nothing may be left alone; 0 where it does not. */
  stillRest(): number {
    const { clock, lastExit, ended, interruptRequested } = this.#machine;
    const watch = this.#still;
    if (watch === null || ended()) return 0;
    const { reason } = lastExit();
    if (reason === 'Interrupted' && this.#restWanted === 0) return watch.rest(clock.now());
    watch.forget();
    if (reason === 'Interrupted' && !interruptRequested()) this.#lookCloser(watch);
    return 0;
  }

  /**
   * A guest that polls in vain is left alone until the next alarm, or until something comes from outside, or for as long as
   * PollWatch says: milliseconds the host should sleep. Time passes for the guest as if the processor had been slow.
   */
  begin(stillRest: number): number {
    const { clock, alarms, interruptRequested } = this.#machine;
    const rest = stillRest || this.#restWanted;
    this.#restWanted = 0;
    // Where a guest is still, what is requested does not reach it.
    if (rest === 0 || (interruptRequested() && stillRest === 0)) return 0;
    this.#restEnds = clock.now() + rest;
    this.#restsOverTicks = rest > LONGEST_REST_TO_TICK;
    return this.#sleepUntil(Math.min(alarms.next, this.#restEnds));
  }
  /** The first sleep of a rest is over. The guest handles the timer's tick, and perhaps rests on. */
  async goOn(): Promise<void> {
    const onlyTicks = await this.#restsOn();
    this.#still?.resumed(onlyTicks);
    this.#polls.resumed(onlyTicks ? this.#machine.vcpu.retired : Number.NaN);
  }
  /** Until the rest's end, or until something comes from outside. Whether the guest has done no more than handle ticks. */
  async #restsOn(): Promise<boolean> {
    const { clock, alarms, scheduler, interruptRequested, ended, paused, resetWanted } = this.#machine;
    for (let first = true; this.#ticks !== null; first = false) {
      const now = clock.now();
      if (now < Math.min(alarms.next, this.#restEnds) || paused()) break;
      alarms.fire();
      const over = now >= this.#restEnds;
      if (interruptRequested() ? !this.#ticks.handles(first) : !over) break;
      if (over || !this.#restsOverTicks) return true;
      if (ended() || paused() || resetWanted()) break;
      const sleep = this.#sleepUntil(Math.min(alarms.next, this.#restEnds));
      if (sleep > 0) await scheduler.sleep(sleep);
    }
    return false;
  }
  /** The host's timers may go off a little too early, and the guest would ask once more before it gets its tick. */
  #sleepUntil(time: number): number {
    const sleep = this.#machine.clock.idleUntil(time);
    return sleep > 0 ? sleep + 1 : 0;
  }

  // ---- closer looks, for which the guest runs on ----

  /** A guest that seems to do nothing but ask for keys is to rest: only if that is all it does indeed. */
  #lookCloser(watch: StillWatch): void {
    const { vcpu, clock } = this.#machine;
    const registers = this.#askedWith;
    this.#looksCloser = true;
    let round = 0;
    const confirmed = watch.confirmsAsking(() => {
      const before = vcpu.retired;
      const asked = this.#runUntilAsked(registers);
      round = vcpu.retired - before;
      return asked;
    });
    this.#looksCloser = false;
    if (confirmed) {
      this.#polls.confirmed(round);
      return;
    }
    this.#restWanted = 0;
    this.#polls.refuted(clock.now());
  }
  /** Until the guest asks with these registers; false where it does not soon. */
  #runUntilAsked(registers: number): boolean {
    for (let asking = 0; asking < MOST_ASKINGS; asking++) {
      const before = this.#askings;
      if (!this.#runsUntil(() => this.#askings !== before, MOST_BETWEEN_ASKINGS)) return false;
      if (this.#askedWith === registers) return true;
    }
    return false;
  }
  /** Until the guest reads the time-stamp counter or the ACPI timer; false where it does not. */
  #runsToClock(instructions: number): boolean {
    const { outside } = this.#machine;
    const before = outside.clockReadings;
    this.#stopsAtClocks = true;
    try {
      return this.#runsUntil(() => outside.clockReadings !== before, instructions);
    } finally {
      this.#stopsAtClocks = false;
    }
  }
  /** Exactly so many instructions; false where a reason came between. */
  #runs(instructions: number): boolean {
    const { vcpu, step, ended } = this.#machine;
    const last = vcpu.retired + instructions;
    do {
      if (step(last - vcpu.retired).reason !== 'Interrupted' || ended()) return false;
    } while (vcpu.retired < last);
    return true;
  }
  /** Until something has happened that ends a slice; false where that takes more instructions, or a reason came between. */
  #runsUntil(happened: () => boolean, instructions: number): boolean {
    const { vcpu, step, ended } = this.#machine;
    const last = vcpu.retired + instructions;
    while (!happened()) {
      const left = last - vcpu.retired;
      if (left <= 0 || step(left).reason !== 'Interrupted' || ended()) return false;
    }
    return true;
  }

  #subject(): StillSubject {
    const { board, clock, memory, outside, vcpu } = this.#machine;
    const { state } = vcpu;
    return {
      registers: state.u8.subarray(0, L.FLAG_AUX),
      moreRegisters: state.u8.subarray(L.SEGMENT, L.MODE),
      flags: () => state.rflags,
      sum: () => Math.imul(sumOfRegisters(state), 31) + state.u32[L.RIP >> 2]!,
      sumWithoutTime: () => sumOfRegisters(state, true) ^ state.u32[L.RIP >> 2]! ^ (state.rflags << 16),
      place: () => Math.imul(state.gpr32(L.RSP), 31) + state.u32[L.RIP >> 2]!,
      retired: () => vcpu.retired,
      outside: () =>
        board.accesses - board.clockAccesses - outside.timerReadings - this.#askings + outside.count,
      clockReadings: () => board.clockAccesses + outside.clockReadings,
      interrupts: () => this.#interrupts,
      clockChips: board.clockChips,
      freeze: () => clock.freeze(),
      thaw: () => clock.thaw(),
      run: (instructions) => this.#runs(instructions),
      runToClock: (instructions) => this.#runsToClock(instructions),
      memory,
    };
  }
}
