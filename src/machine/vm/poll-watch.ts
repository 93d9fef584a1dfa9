// Sees that a guest does nothing but ask whether a key has come, as programs for DOS and boot loaders do, which know no HLT.
// Each asking is reported (by the BIOS, whose service it is), and each service that does something. A guest idles that
//
// - asks again and again within a few instructions,
// - with the same registers each time, but for now and then (its time moves on),
// - and has done hardly anything else for a while (GRUB's menu counts its seconds down).
//
// A driver that gives a device so much time to answer asks again and again too. It reads a timer all the while between two
// askings, and counts those: left alone each time, it would wait for minutes. So whoever looks at a timer many times between
// two askings does not idle.
//
// What a program does in memory between two askings (it may count them there, and give up) is not seen here: in real time the
// machine looks closer before the guest is left alone (still-watch.ts), and says so where that is refuted. In deterministic time
// such a program's time passes sooner. Figures: docs/decisions/0012-idling.md.
import { QuietTime } from './quiet-time.ts';
import { LONG, LONGEST_QUIET_REST } from './still-watch.ts';

/** Most instructions from one asking to the next: GRUB's menu takes 5,600 to 9,600. */
export const MOST_BETWEEN_ASKINGS = 16_000;
/** A guest idles from so much credit on, */
const ENOUGH = 10;
/** and so much time (ns) after the first of the askings. */
const WHILE = 10_000_000;
/** What it costs to have done something, to ask with other registers, after many instructions; askings with the same earn 1. */
const WORK = 12;
const OTHER = 3;
const MANY = 12;
const MOST_CREDIT = 60;
/** Whoever asks the same again after a rest earns 1 for so much of it (ns): GRUB redraws its countdown every second. */
const EARNED_AGAIN = 20_000_000;
/** Readings of a timer between two askings from which on the guest paces itself by it; one that shows the time needs one or two. */
const PACED = 8;
/** Sets of registers that are remembered: a loop may ask at several places. */
const REMEMBERED = 8;
/** What is slept at once: a part of the time that it has been idle, and at most so many ns; who does nothing from tick to tick, more. */
const PART = 1 / 8;
const LONGEST_REST = 60_000_000;
/** Whoever takes so many instructions more than a round to ask again after a rest has done something. */
const MORE_THAN_A_ROUND = 16;
/** For how long (ns) a guest is not suspected once that was refuted: at first, and at most. */
const FIRST_PAUSE = 20_000_000;
const LONGEST_PAUSE = 2_000_000_000;

export class PollWatch {
  readonly #seen = new Int32Array(REMEMBERED);
  #next = 0;
  #credit = 0;
  #since = 0;
  #retired = 0;
  #hasWorked = false;
  /** When it was last left alone; 0 where it has done something since. */
  #restedAt = 0;
  #timerReadings = 0;
  #pause = FIRST_PAUSE;
  #ignoredUntil = 0;
  /** Instructions of a round, from asking to asking. */
  #round = 0;
  /** Instructions so far when the last rest ended; undefined after it has asked, NaN where it has done more than handle ticks. */
  #resumedAt: number | undefined;
  readonly #quiet = new QuietTime();

  /** It was found to do something all the same, or to do nothing indeed. */
  refuted(now: number): void {
    this.#restedAt = 0;
    this.#credit = 0;
    this.#ignoredUntil = now + this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE, 2 * this.#pause);
  }
  /** @param round its instructions from asking to asking; 0 where they were not counted this time */
  confirmed(round: number): void {
    this.#pause = FIRST_PAUSE;
    if (round > 0) this.#round = round;
  }
  /**
   * A rest is over.
   *
   * @param retired instructions so far; NaN where the guest may have done more than handle the timer's ticks
   */
  resumed(retired: number): void {
    this.#resumedAt = retired;
  }
  /** The guest has done something. */
  worked(): void {
    this.#hasWorked = true;
    this.#restedAt = 0;
  }
  /** The guest reads a timer that goes by itself. */
  timerRead(): void {
    this.#timerReadings++;
  }
  /** Something has come: whatever the guest does now, it does not idle. */
  answered(): void {
    this.#credit = 0;
    this.#hasWorked = true;
  }

  /**
   * The guest asks, and nothing has come. For how long (ns) it may be left alone: 0 where it does not idle. That is a small part
   * of the time that it has been idle, so that a program which waits for a time to pass does not oversleep by more.
   *
   * @param registers a sum of all of them
   * @param retired instructions so far
   * @param now ns
   */
  asked(registers: number, retired: number, now: number): number {
    const instructions = retired - this.#retired;
    this.#retired = retired;
    const rested = this.#restedAt === 0 ? 0 : now - this.#restedAt;
    this.#restedAt = 0;
    if (this.#hasWorked || this.#timerReadings >= PACED) this.#earn(-WORK);
    if (this.#resumedAt !== undefined) {
      if (Number.isNaN(this.#resumedAt)) this.#quiet.doubted(now);
      else if (retired - this.#resumedAt > this.#round + MORE_THAN_A_ROUND) this.#quiet.broken(now);
    }
    if (this.#hasWorked) this.#quiet.broken(now);
    this.#resumedAt = undefined;
    this.#hasWorked = false;
    this.#timerReadings = 0;
    if (this.#credit === 0) this.#since = now;
    if (instructions < 0 || instructions > MOST_BETWEEN_ASKINGS) {
      this.#earn(-MANY);
      this.#quiet.broken(now);
    } else if (this.#seen.includes(registers | 0)) this.#earn(1 + Math.floor(rested / EARNED_AGAIN));
    else {
      this.#seen[this.#next++ % REMEMBERED] = registers;
      this.#earn(-OTHER);
    }
    const idle = now - this.#since;
    if (this.#credit < ENOUGH || idle < WHILE || now < this.#ignoredUntil) return 0;
    this.#restedAt = now;
    this.#quiet.waits();
    const rest = Math.min(LONGEST_REST, idle * PART);
    if (this.#round < LONG) return rest;
    return Math.max(rest, Math.min(LONGEST_QUIET_REST, this.#quiet.length(now) * PART));
  }

  #earn(credit: number): void {
    this.#credit = Math.max(0, Math.min(MOST_CREDIT, this.#credit + credit));
  }
}
