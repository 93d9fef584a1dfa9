// What the machine's time is made of.
//
// realTime: the host's monotonic clock. Guest time passes while the host does other things.
// InstructionClock: time is the count of retired instructions, a nanosecond each; a halted machine
// skips to its next alarm. A run with the same inputs then repeats exactly (decision D4).
import type { Clock } from '../../base/services.ts';

export interface MachineClock extends Clock {
  /** The machine halts until `deadline` (ns): milliseconds that the host should sleep; 0 when the clock has moved there itself. */
  idleUntil(deadline: number): number;
  /** How many instructions may run until `deadline` at most. */
  instructionsUntil(deadline: number): number;
}

/** Longest slice in instructions between two looks at the clock: about a millisecond. */
const REAL_TIME_SLICE = 200_000;
/** Longest sleep of a halted machine between two looks at the clock, in milliseconds. */
const LONGEST_SLEEP = 1000;
/** A deadline that is as good as none (52 days, in ns): skipping there would use up the clock's range of 2^53. */
const NEVER = 2 ** 52;

/** A machine clock over the host's monotonic clock. */
export function realTime(host: Clock): MachineClock {
  const start = host.now();
  const now = () => host.now() - start;
  return {
    now,
    idleUntil: (deadline) => Math.min(LONGEST_SLEEP, Math.max(0, (deadline - now()) / 1e6)),
    instructionsUntil: () => REAL_TIME_SLICE,
  };
}

export class InstructionClock implements MachineClock {
  /** Set by the machine once the vCPU exists: instructions retired. */
  retired: () => number = () => 0;
  #skipped = 0;

  now(): number {
    return this.retired() + this.#skipped;
  }
  idleUntil(deadline: number): number {
    if (deadline >= NEVER) return LONGEST_SLEEP;
    if (deadline > this.now()) this.#skipped += deadline - this.now();
    return 0;
  }
  instructionsUntil(deadline: number): number {
    return Math.max(1, Math.min(Math.ceil(deadline - this.now()), 10_000_000));
  }
}
