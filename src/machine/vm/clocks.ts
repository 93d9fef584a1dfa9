// What the machine's time is made of.
//
// RealTimeClock: the host's monotonic clock. Guest time passes while the host does other things.
// InstructionClock: time is the count of retired instructions, a nanosecond each; a halted machine
// skips to its next alarm. A run with the same inputs then repeats exactly (decision D4).
import type { Clock } from '../../base/services.ts';
import type { RunEnd } from '../../engine/vcpu.ts';

export interface MachineClock extends Clock {
  /** The machine halts until `deadline` (ns): milliseconds that the host should sleep; 0 when the clock has moved there itself. */
  idleUntil(deadline: number): number;
  /** How many instructions may run until `deadline` at most. */
  instructionsUntil(deadline: number): number;
  /** Whether as many have to run, if nothing else happens. */
  readonly slices: RunEnd;
  /** The machine is held: time stands still until `go`. */
  hold(): void;
  go(): void;
  /** Everybody is told the same time until `thaw`; then it is what it would have been. In real time only. */
  freeze(): void;
  thaw(): void;
}

/** Longest slice between two looks at the clock, and the shortest one towards a deadline, in ns. */
const LONGEST_SLICE = 1_000_000;
const SHORTEST_SLICE = 20_000;
/** Instructions of a slice: the first, before the speed is known, and its bounds. */
const FIRST_SLICE = 50_000;
const LEAST_INSTRUCTIONS = 10_000;
const MOST_INSTRUCTIONS = 10_000_000;
/** A slice that took longer was held up by something else, and says nothing about the speed. */
const HELD_UP = 20_000_000;
/** Longest sleep of a halted machine between two looks at the clock, in milliseconds. */
const LONGEST_SLEEP = 1000;
/** A host's timers take a millisecond: what is nearer (in ns) is waited for without them, as drives ask for with every command. */
const SHORTEST_SLEEP = 50_000;
/** A deadline that is as good as none (52 days, in ns): skipping there would use up the clock's range of 2^53. */
const NEVER = 2 ** 52;

/**
 * The host's monotonic clock. Slices are counted in instructions, so it learns how fast they pass: an
 * interpreter's and a translator's speeds differ by a factor of ten.
 */
export class RealTimeClock implements MachineClock {
  readonly slices = 'about';
  /** Set by the machine once the vCPU exists: instructions retired. */
  retired: () => number = () => 0;
  readonly #host: Clock;
  #start: number;
  /** When it was held; -1 while it goes. */
  #held = -1;
  /** What everybody is told while it is frozen, else -1. */
  #frozen = -1;
  /** Instructions a nanosecond; 0 while it is not known. */
  #speed = 0;
  #lastTime = 0;
  #lastRetired = 0;

  constructor(host: Clock) {
    this.#host = host;
    this.#start = host.now();
  }
  now(): number {
    if (this.#held >= 0) return this.#held;
    return this.#frozen >= 0 ? this.#frozen : this.#host.now() - this.#start;
  }
  freeze(): void {
    this.#frozen = this.now();
  }
  thaw(): void {
    this.#frozen = -1;
  }
  hold(): void {
    this.#held = this.now();
  }
  go(): void {
    if (this.#held < 0) return;
    this.#start = this.#host.now() - this.#held;
    this.#held = -1;
  }
  idleUntil(deadline: number): number {
    if (deadline - this.now() < SHORTEST_SLEEP) {
      while (this.now() < deadline);
      return 0;
    }
    return Math.min(LONGEST_SLEEP, Math.max(0, (deadline - this.now()) / 1e6));
  }
  instructionsUntil(deadline: number): number {
    const time = this.now();
    const retired = this.retired();
    const passed = time - this.#lastTime;
    const instructions = retired - this.#lastRetired;
    this.#lastTime = time;
    this.#lastRetired = retired;
    // What ended early (it halted, or a device wanted attention) is too short to be measured.
    if (instructions >= LEAST_INSTRUCTIONS && passed > 0 && passed < HELD_UP) {
      const speed = instructions / passed;
      this.#speed = this.#speed === 0 ? speed : (3 * this.#speed + speed) / 4;
    }
    if (this.#speed === 0) return FIRST_SLICE;
    const slice = Math.min(LONGEST_SLICE, Math.max(SHORTEST_SLICE, deadline - time));
    return Math.min(MOST_INSTRUCTIONS, Math.max(LEAST_INSTRUCTIONS, Math.ceil(slice * this.#speed)));
  }
}

export class InstructionClock implements MachineClock {
  readonly slices = 'exactly';
  /** Set by the machine once the vCPU exists: instructions retired. */
  retired: () => number = () => 0;
  #skipped = 0;

  now(): number {
    return this.retired() + this.#skipped;
  }
  hold(): void {}
  go(): void {}
  freeze(): void {}
  thaw(): void {}
  idleUntil(deadline: number): number {
    if (deadline >= NEVER) return LONGEST_SLEEP;
    if (deadline > this.now()) this.#skipped += deadline - this.now();
    return 0;
  }
  instructionsUntil(deadline: number): number {
    return Math.max(1, Math.min(Math.ceil(deadline - this.now()), 10_000_000));
  }
}
