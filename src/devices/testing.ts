// Stand-ins for the wires of a chip, for tests of devices and of whole boards: a clock that moves
// when told, a line that remembers, a sink that collects.
import type { Alarm, AlarmSource } from '../base/services.ts';
import type { IrqLine } from './lines.ts';

/** A clock that stands still until `advance`; alarms are called in order of their deadlines. */
export class FakeClock implements AlarmSource {
  #now: number;
  readonly #pending = new Map<object, { deadline: number; callback: () => void; order: number }>();
  #order = 0;
  /** Alarms called so far. */
  fired = 0;

  /** @param now nanoseconds at the start. */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  alarm(callback: () => void): Alarm {
    const key = {};
    return {
      schedule: (deadline) => {
        this.#pending.set(key, { deadline, callback, order: this.#order++ });
      },
      cancel: () => {
        this.#pending.delete(key);
      },
    };
  }

  /** The earliest deadline, or undefined where no alarm is set. */
  nextDeadline(): number | undefined {
    return this.#next()?.[1].deadline;
  }

  /** Lets `nanoseconds` pass, calling each alarm at its own time. */
  advance(nanoseconds: number): void {
    const end = this.#now + nanoseconds;
    for (;;) {
      const next = this.#next();
      if (next === undefined || next[1].deadline > end) break;
      this.#pending.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].deadline);
      this.fired++;
      next[1].callback();
    }
    this.#now = end;
  }

  /** Lets `nanoseconds` pass as on a busy host: every alarm due is called late, at the end. */
  advanceLate(nanoseconds: number): void {
    this.pass(nanoseconds);
    this.advance(0);
  }

  /** Lets time pass without calling any alarm. */
  pass(nanoseconds: number): void {
    this.#now += nanoseconds;
  }

  #next(): [object, { deadline: number; callback: () => void; order: number }] | undefined {
    let best: [object, { deadline: number; callback: () => void; order: number }] | undefined;
    for (const entry of this.#pending) {
      const sooner =
        best === undefined ||
        entry[1].deadline < best[1].deadline ||
        (entry[1].deadline === best[1].deadline && entry[1].order < best[1].order);
      if (sooner) best = entry;
    }
    return best;
  }
}

/** A line that remembers its level, its rising edges and every change. */
export class LineProbe implements IrqLine {
  level = false;
  edges = 0;
  readonly history: boolean[] = [];

  set(level: boolean): void {
    if (level === this.level) return;
    this.level = level;
    if (level) this.edges++;
    this.history.push(level);
  }
}

/** Deterministic numbers for seeded tests (xorshift32; the seed is not zero). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
