// The timer of a local APIC (Intel SDM volume 3, "APIC Timer"): one-shot, periodic and TSC-deadline.
// The count is computed from the clock; the alarm runs only while an interrupt can come of it. An
// alarm that comes late gives one interrupt, and a periodic timer keeps its phase.
import type { Alarm, AlarmSource } from '../../base/services.ts';
import type { StateOf } from '../chip.ts';
import { integer, moment, uint, uint64 } from '../chip.ts';
import type { ClockRate } from '../timer/clock-rate.ts';
import { clockRate, SHORTEST_PERIOD, ticksAt, timeOfTick } from '../timer/clock-rate.ts';

/** LVT timer entry, bits 18:17. */
export const TIMER_ONE_SHOT = 0;
export const TIMER_PERIODIC = 1;
export const TIMER_TSC_DEADLINE = 2;

export const TIMER_SHAPE = {
  initialCount: uint(32),
  /** Divide configuration register: bits 3, 1, 0. */
  divide: uint(4),
  /** The timer's tick (after the divider) at which it began, and the ticks of its first period. */
  start: moment(),
  first: uint(32),
  mode: integer(0, 3),
  /** IA32_TSC_DEADLINE; 0 disarms. */
  deadline: uint64(),
  /** When the next interrupt is due (ns), or -1. */
  dueAt: moment(-1),
};
export type ApicTimerState = StateOf<typeof TIMER_SHAPE>;

export interface ApicTimerOptions {
  readonly clock: AlarmSource;
  /** Frequency of the bus clock, in Hz, that the divider divides. */
  readonly busHertz: number;
  /** The time (ns) at which the time-stamp counter reaches a value; absent: no TSC-deadline mode. */
  readonly timeOfTsc: ((value: bigint) => number) | undefined;
  /** The state, which belongs to the APIC. */
  readonly state: () => ApicTimerState;
  /** Whether the LVT entry lets an interrupt through. */
  readonly unmasked: () => boolean;
  readonly interrupt: () => void;
}

export class ApicTimer {
  readonly #options: ApicTimerOptions;
  readonly #alarm: Alarm;
  /** Rates by the value of the divide configuration register. */
  readonly #rates: readonly ClockRate[];

  constructor(options: ApicTimerOptions) {
    this.#options = options;
    this.#alarm = options.clock.alarm(() => this.#onAlarm());
    this.#rates = Array.from({ length: 16 }, (_, divide) => {
      const code = ((divide >> 1) & 4) | (divide & 3);
      return clockRate(options.busHertz, code === 7 ? 1 : 2 << code);
    });
  }

  get supportsTscDeadline(): boolean {
    return this.#options.timeOfTsc !== undefined;
  }

  currentCount(): number {
    const s = this.#options.state();
    if (s.mode === TIMER_TSC_DEADLINE || s.initialCount === 0) return 0;
    const elapsed = this.#tick() - s.start;
    if (elapsed < s.first) return s.first - elapsed;
    if (s.mode !== TIMER_PERIODIC) return 0;
    return s.initialCount - ((elapsed - s.first) % s.initialCount);
  }

  writeInitialCount(value: number): void {
    const s = this.#options.state();
    this.catchUp();
    if (s.mode === TIMER_TSC_DEADLINE) return;
    s.initialCount = value;
    s.start = this.#tick();
    s.first = value;
    this.schedule();
  }

  writeDivide(value: number): void {
    const s = this.#options.state();
    this.catchUp();
    const left = this.currentCount();
    s.divide = value & 0x0b;
    s.first = left;
    s.start = this.#tick();
    this.schedule();
  }

  /** The LVT entry's mode; a change to or from TSC-deadline disarms. */
  setMode(mode: number): void {
    const s = this.#options.state();
    if (mode === s.mode) {
      this.schedule();
      return;
    }
    if (mode === TIMER_TSC_DEADLINE || s.mode === TIMER_TSC_DEADLINE) {
      s.initialCount = 0;
      s.deadline = 0n;
    } else {
      s.first = this.currentCount();
      s.start = this.#tick();
      if (s.first === 0) s.initialCount = 0;
    }
    s.mode = mode;
    this.schedule();
  }

  /** IA32_TSC_DEADLINE: reads as 0 once it has passed, and outside its mode. */
  get deadline(): bigint {
    const s = this.#options.state();
    return s.mode === TIMER_TSC_DEADLINE ? s.deadline : 0n;
  }

  set deadline(value: bigint) {
    const s = this.#options.state();
    this.catchUp();
    if (s.mode !== TIMER_TSC_DEADLINE) return;
    s.deadline = value;
    this.schedule();
  }

  /** Delivers what has come due before a change that could hide it. Call before the LVT entry changes. */
  catchUp(): void {
    const { dueAt } = this.#options.state();
    if (dueAt >= 0 && this.#options.clock.now() >= dueAt) this.#onAlarm();
  }

  /** Sets the alarm anew: after a change of the timer, of its mask, or of the time-stamp counter. */
  schedule(): void {
    const s = this.#options.state();
    s.dueAt = this.#nextDue();
    this.restoreAlarm();
  }

  /** Sets the alarm for the interrupt that the state says is due. */
  restoreAlarm(): void {
    const s = this.#options.state();
    if (s.dueAt < 0) {
      this.#alarm.cancel();
      return;
    }
    let when = s.dueAt;
    if (s.mode === TIMER_PERIODIC && timeOfTick(this.#rate(), s.initialCount) < SHORTEST_PERIOD) {
      when = Math.max(when, this.#options.clock.now() + SHORTEST_PERIOD);
    }
    this.#alarm.schedule(when);
  }

  /** Time of the next interrupt, or -1. */
  #nextDue(): number {
    const s = this.#options.state();
    if (s.mode === TIMER_TSC_DEADLINE) {
      // A deadline passes whether or not its interrupt is masked.
      if (s.deadline === 0n || this.#options.timeOfTsc === undefined) return -1;
      const time = this.#options.timeOfTsc(s.deadline);
      return Math.min(Math.max(Math.ceil(time), 0), Number.MAX_SAFE_INTEGER);
    }
    if (s.initialCount === 0 || !this.#options.unmasked()) return -1;
    const elapsed = this.#tick() - s.start;
    let expiry = s.first;
    if (elapsed >= s.first) {
      if (s.mode !== TIMER_PERIODIC) return -1;
      expiry = s.first + (Math.floor((elapsed - s.first) / s.initialCount) + 1) * s.initialCount;
    }
    return timeOfTick(this.#rate(), s.start + expiry);
  }

  #onAlarm(): void {
    const s = this.#options.state();
    if (s.dueAt < 0) return;
    if (this.#options.clock.now() < s.dueAt) {
      this.restoreAlarm();
      return;
    }
    if (s.mode === TIMER_TSC_DEADLINE) s.deadline = 0n;
    this.schedule();
    if (this.#options.unmasked()) this.#options.interrupt();
  }

  #rate(): ClockRate {
    return this.#rates[this.#options.state().divide]!;
  }

  #tick(): number {
    return ticksAt(this.#rate(), this.#options.clock.now());
  }
}
