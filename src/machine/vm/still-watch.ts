// Sees that a guest goes round in a loop that does nothing: a program that waits for memory to change (the BIOS data area's
// keyboard buffer or ticks), `jmp $`, a BIOS that polls. It is not guessed but observed: a processor that has come back to
// the same registers and the same memory, and has asked no device and no clock on its way, will do so for ever, until an
// interrupt comes or somebody else changes memory. Until then the host may sleep, and the guest cannot tell.
//
//   slices of a millisecond  --the same registers again and again-->  suspicion
//   from one look at a clock to the next, else one instruction at a time  --registers as before-->  the loop
//   the loop once more  --registers and written pages as before-->  still: rest until the next alarm
//   an interrupt is handled, a few thousand instructions  -->  once round, twice round: still
//
// Long loops, to go round which again and again would cost more than they themselves, are believed for some rests once they have
// been found still several times, while the guest does nothing else with devices from one rest to the next than it did then.
//
// A suspicion that was wrong costs some milliseconds, and the next one is not looked into for twice as long as the last.
// Figures: docs/decisions/0012-idling.md.
import { PAGE_SIZE } from '../../base/addresses.ts';
import { QuietTime } from './quiet-time.ts';
import { here, type Registers, sameBytes } from './same-registers.ts';

/** What is watched. */
export interface StillSubject extends Registers {
  /** A sum that tells general registers and RIP apart in all likelihood; one for RIP and RSP alone. */
  readonly sum: () => number;
  readonly place: () => number;
  /** The same for all general registers but those that the time-stamp counter is read into, RIP and flags. */
  readonly sumWithoutTime: () => number;
  /** Instructions so far. */
  readonly retired: () => number;
  /** Accesses to devices and the like so far, but for clocks: what makes one round different from another. */
  readonly outside: () => number;
  /** Interrupts taken so far. */
  readonly interrupts: () => number;
  /** Looks at a clock so far. */
  readonly clockReadings: () => number;
  /** Clocks stand still until `thaw`, and then show what they would have. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** What chips that tell the time hold; whoever asks them counts as looking at a clock. */
  readonly clockChips: () => string;
  /** Runs so many instructions; false where something has come of it that is not for this watch. */
  readonly run: (instructions: number) => boolean;
  /** Runs until the guest has read the time-stamp counter or the ACPI timer, so many instructions at most; false where it has not. */
  readonly runToClock: (instructions: number) => boolean;
  readonly memory: TrackedMemory;
}

/** Memory that tells which of its pages are written. */
export interface TrackedMemory {
  readonly u8: Uint8Array;
  /** Begins anew: forgets which pages have been written. */
  trackWrites(): void;
  /** Numbers of the pages written since, `most` of them; undefined where there are more, or others than RAM. */
  pagesWritten(most: number): readonly number[] | undefined;
}

/** Sums of registers that are remembered, by their lowest bits. */
const REMEMBERED = 8192;
/** Of so many slices so many ended with registers that are remembered: a suspicion. */
const WINDOW = 256;
const ENOUGH = 12;
/** So many are enough for a guest that was still less than so long ago (ns): GRUB's menu, which redraws its countdown. */
const ENOUGH_AGAIN = 2;
const LATELY = 1_500_000_000;
/** An interrupt's handler accesses devices so often at most; the guest has done more of its own accord. */
const HANDLERS_ACCESSES = 8;
/** Looks at a clock in a slice. */
const OFTEN = 16;
/** Longest loop, in instructions: GRUB's menu takes 5,700 to 10,000 under SeaBIOS. */
const LONGEST = 16_000;
/** Looks at a clock in a loop that are told apart. */
const MOST_READINGS = 32;
/** Pages that a loop may write to: those of its stack. */
const MOST_PAGES = 12;
/**
 * A rest (ns): at most, of a guest that waits for a time and does nothing from tick to tick at most, of one that waits for a time
 * at least, and as part of the time that it has been waiting. Drivers wait for some microseconds again and again, and access their
 * devices in between: none of them is to wait longer for it. Only long loops are left alone over several ticks: a short one may
 * wait for their count to be this or that, and costs little.
 */
const LONGEST_REST = 60_000_000;
export const LONGEST_QUIET_REST = 250_000_000;
const SHORTEST_REST = 1_000_000;
const PART = 1 / 8;
/** Who is still again within so much time (ns) has been waiting all the while: GRUB redraws its countdown every second. */
const FORGOTTEN = 300_000_000;
/** A loop is long from so many instructions on; it is believed for a rest for so many times that it was found still, and so many rests at most. */
export const LONG = 1000;
const PROOFS = 4;
const MOST_BELIEVED = 8;
/** So many rests between two askings for keys are believed: a second at most. */
const MOST_BELIEVED_ASKINGS = 16;
/** Instructions after a rest before the first look: an interrupt's handler. They double with each look in vain. */
const SETTLING = 1000;
const LOOKS = 8;
/** So many instructions more or less a long loop may take from round to round. */
const SLACK = 16;
/** How long (ns) suspicions are ignored after one that was wrong: at first, and at most. */
const FIRST_PAUSE = 50_000_000;
const LONGEST_PAUSE = 10_000_000_000;

export class StillWatch {
  readonly #subject: StillSubject;
  readonly #remembered = new Int32Array(REMEMBERED);
  #slices = 0;
  #repeated = 0;
  /** Looks at a clock so far. */
  #readings = 0;
  /** Length of the loop that the guest was in last; 0 where none is known. */
  #period = 0;
  /** It was found from one look at a clock to another. */
  #readsClock = false;
  /** Looks left since the last rest, instructions before the next, and their number then. */
  #looks = 0;
  #settling = 0;
  #lookAt = 0;
  #rests = false;
  #pause = FIRST_PAUSE;
  #ignoredUntil = 0;
  /** It looks at clocks, and when it was first seen to, or did something else that no interrupt asked for. */
  #waitsForTime = false;
  #since = 0;
  /** The same for those who do not do anything else between two interrupts either. */
  readonly #quiet = new QuietTime();
  /** Whether it is where it was when a long loop's last rest ended; undefined where that was anywhere. */
  #isWhereItRested: (() => boolean) | undefined;
  /** Accesses to devices, and interrupts, when that was last looked at. */
  #outsideSeen = 0;
  #interruptsSeen = 0;
  #stillAt = Number.NEGATIVE_INFINITY;
  /** How often in turn it was found still, and for how many rests it is believed. */
  #proofs = 0;
  #believed = 0;
  /** The same of a guest that asks for keys. */
  #askingProofs = 0;
  #believedAskings = 0;
  /** Accesses to devices and interrupts when the last rest ended, and accesses for each interrupt. */
  #outsideAtRest = 0;
  #interruptsAtRest = 0;
  #outsideUsual = 0;
  /** Rests so far. */
  rests = 0;

  constructor(subject: StillSubject) {
    this.#subject = subject;
  }

  /** Most instructions of the next slice. */
  get limit(): number {
    if (this.#looks === 0) return Number.POSITIVE_INFINITY;
    if (this.#rests) this.resumed(false);
    return Math.max(1, this.#lookAt - this.#subject.retired());
  }

  /** The guest has halted, or is known to rest by other means. */
  forget(): void {
    this.#looks = 0;
  }

  /**
   * A slice has ended without any reason. For how long (ns) the guest may be left alone, 0 where it is not still; may run it for some
   * thousand instructions to find out.
   *
   * @param now ns
   */
  rest(now: number): number {
    const worked = this.#hasWorked();
    if (worked) this.#waitEnds(now);
    if (this.#looks > 0) {
      if (this.#subject.retired() < this.#lookAt) return 0;
      if (this.#looks === LOOKS) {
        if (this.#isWhereItRested === undefined) this.#quiet.doubted(now);
        else if (!this.#returns()) this.#quiet.broken(now);
      }
      this.#looks--;
      const still = !worked && (this.#believes() || this.#proves(false));
      this.#settling *= 2;
      this.#lookAt = this.#subject.retired() + this.#settling;
      if (!still) {
        this.#quiet.broken(now);
        return 0;
      }
    } else {
      if (!this.#isSuspect(now) || worked || now < this.#ignoredUntil) return 0;
      if (!this.#proves(true)) {
        this.#ignoredUntil = now + this.#pause;
        this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
        return 0;
      }
      this.#pause = FIRST_PAUSE;
      if (now - this.#stillAt > FORGOTTEN) this.#waitEnds(now);
    }
    this.#stillAt = now;
    this.#quiet.waits();
    this.#looks = LOOKS;
    this.resumed(false);
    const rest = this.#waitsForTime ? this.#restOfWait(now) : LONGEST_REST;
    if (rest < SHORTEST_REST) return 0;
    this.rests++;
    this.#rests = true;
    return rest;
  }
  /**
   * From now on the guest gets time; what it has done before, as for ticks, does not count.
   *
   * @param isBack it is where it was before all interrupts, so that the first look need not wait for a handler to return
   */
  resumed(isBack: boolean): void {
    const { retired, outside, interrupts } = this.#subject;
    this.#rests = false;
    this.#settling = SETTLING;
    const handler = isBack ? 0 : SETTLING;
    const round = isBack || this.#believed > 0 ? this.#period : 0;
    const sum = this.#subject.sumWithoutTime;
    const before = sum();
    this.#isWhereItRested = isBack && round >= LONG ? () => sum() === before : undefined;
    this.#lookAt = retired() + handler + round - (this.#isWhereItRested ? SLACK : 0);
    this.#outsideAtRest = outside();
    this.#interruptsAtRest = interrupts();
    this.#outsideSeen = this.#outsideAtRest;
    this.#interruptsSeen = this.#interruptsAtRest;
  }
  #waitEnds(now: number): void {
    this.#quiet.broken(now);
    this.#since = now;
  }
  /** The first look after a rest: whether the guest has gone round its loop once and done nothing else, as far as registers tell. */
  #returns(): boolean {
    for (let more = 0; this.#isWhereItRested !== undefined && more <= 2 * SLACK; more++) {
      if (this.#isWhereItRested()) return true;
      if (!this.#subject.run(1)) return false;
    }
    return false;
  }
  /** Whether the guest has used devices since the last call, of its own accord: more than interrupts' handlers do. */
  #hasWorked(): boolean {
    const { outside, interrupts } = this.#subject;
    const [used, taken] = [outside(), interrupts()];
    const worked = used - this.#outsideSeen > HANDLERS_ACCESSES * (taken - this.#interruptsSeen);
    this.#outsideSeen = used;
    this.#interruptsSeen = taken;
    return worked;
  }

  /**
   * The guest has just asked for a key in vain, as it has done again and again: whether that is all it does, which `round` finds out:
   * it runs the guest until it asks the same again, and is false where it does not. Believed for some rests once it was so often.
   */
  confirmsAsking(round: () => boolean): boolean {
    if (this.#believedAskings > 0) {
      this.#believedAskings--;
      return true;
    }
    const { freeze, thaw, outside } = this.#subject;
    const quietRound = (): boolean => {
      const asked = outside();
      return round() && outside() === asked;
    };
    freeze();
    try {
      const still = quietRound() && this.#staysThisWay(quietRound);
      this.#askingProofs = still ? this.#askingProofs + 1 : 0;
      if (this.#askingProofs >= PROOFS) this.#believedAskings = MOST_BELIEVED_ASKINGS;
      return still;
    } finally {
      thaw();
    }
  }
  /** A key has come: what the guest does from now on is to be proved again. */
  doubtAsking(): void {
    this.#askingProofs = 0;
    this.#believedAskings = 0;
  }

  /** The first look after a rest, at a long loop that was found still often: whether it needs no proof. */
  #believes(): boolean {
    const first = this.#looks === LOOKS - 1;
    const outside = this.#subject.outside() - this.#outsideAtRest;
    const interrupts = this.#subject.interrupts() - this.#interruptsAtRest;
    const asUsual = first && outside === interrupts * this.#outsideUsual;
    if (first && interrupts > 0) this.#outsideUsual = outside / interrupts;
    if (this.#believed === 0 || !asUsual) {
      this.#believed = 0;
      return false;
    }
    this.#believed--;
    return true;
  }

  /** Whether the guest is still, in the loop that is known or, where none is, in one that is looked for. */
  #proves(looksFor: boolean): boolean {
    const { freeze, thaw, clockReadings } = this.#subject;
    freeze();
    try {
      const before = clockReadings();
      const round = this.#findRound(looksFor);
      if (round === undefined || !this.#staysThisWay(round, this.#readsClock)) return this.#fails();
      this.#waitsForTime = clockReadings() !== before;
      if (this.#period >= LONG) {
        this.#proofs = Math.min(PROOFS * MOST_BELIEVED, this.#proofs + 1);
        this.#believed = Math.floor(this.#proofs / PROOFS);
      }
      return true;
    } finally {
      thaw();
    }
  }
  #fails(): false {
    // GRUB's menu does something every second, and is as it was.
    this.#proofs >>= 1;
    this.#believed = 0;
    return false;
  }

  /** How long (ns) a guest that waits for a time may be left alone; less than SHORTEST_REST: not at all. */
  #restOfWait(now: number): number {
    const waiting = Math.min(LONGEST_REST, (now - this.#since) * PART);
    if (this.#period < LONG) return waiting;
    return Math.max(waiting, Math.min(LONGEST_QUIET_REST, this.#quiet.length(now) * PART));
  }

  #isSuspect(now: number): boolean {
    const { clockReadings, sum: all, place } = this.#subject;
    const readings = clockReadings();
    const asks = readings - this.#readings >= OFTEN;
    this.#readings = readings;
    // It would not be left alone, however still: a disk's driver waits some microseconds for each of its commands.
    if (asks && this.#restOfWait(now) < SHORTEST_REST) return false;
    // Who looks at a clock all the time has other registers each time.
    const sum = (asks ? place() : all()) | 0;
    const slot = sum & (REMEMBERED - 1);
    if (this.#remembered[slot] === sum) this.#repeated++;
    this.#remembered[slot] = sum;
    const enough = now - this.#stillAt < LATELY ? ENOUGH_AGAIN : ENOUGH;
    if (++this.#slices < WINDOW && this.#repeated < enough) return false;
    const suspect = this.#repeated >= enough;
    this.#slices = 0;
    this.#repeated = 0;
    return suspect;
  }

  /** A function that goes round the guest's loop once; undefined where there is none. */
  #findRound(looksFor: boolean): (() => boolean) | undefined {
    if (looksFor || this.#readsClock) {
      const round = this.#roundByClock();
      if (looksFor) this.#readsClock = round !== undefined;
      if (round !== undefined || !looksFor) return round;
      if (!this.#isInKnownLoop() && !this.#findPeriod()) return undefined;
    } else if (!this.#subject.run(this.#period)) return undefined;
    // After one round what the guest remembers of the time is of now.
    return () => this.#runs(this.#period);
  }
  /**
   * From a look at a clock to the same look with the same registers: much quicker than instruction by instruction. It goes
   * round once, and which pages are written is known afterwards.
   */
  #roundByClock(): (() => boolean) | undefined {
    const { retired, runToClock, outside, memory } = this.#subject;
    const end = retired() + 2 * LONGEST;
    const asked = outside();
    const readings: { readonly isBack: () => boolean; readonly at: number }[] = [];
    memory.trackWrites();
    while (readings.length < MOST_READINGS && retired() < end && outside() === asked) {
      if (!runToClock(LONGEST)) return undefined;
      const first = readings.findIndex(({ isBack }) => isBack());
      if (first >= 0) {
        const looks = readings.length - first;
        this.#period = retired() - readings[first]!.at;
        return () => {
          const before = outside();
          for (let look = 0; look < looks; look++) if (!runToClock(LONGEST)) return false;
          return outside() === before;
        };
      }
      readings.push({ isBack: here(this.#subject), at: retired() });
    }
    return undefined;
  }

  /** Whether it comes back after as many instructions as in the loop that it was in last: quicker than to look for a length. */
  #isInKnownLoop(): boolean {
    const isBack = here(this.#subject);
    return this.#period > 0 && this.#runs(this.#period) && isBack();
  }
  /** Goes on until the registers are what they are now. */
  #findPeriod(): boolean {
    const isBack = here(this.#subject);
    for (let period = 1; period <= LONGEST; period++) {
      if (!this.#runs(1)) return false;
      if (isBack()) {
        this.#period = period;
        return true;
      }
    }
    return false;
  }

  /**
   * Goes round twice: which pages are written, and whether they hold the same after the second round as after the first.
   *
   * @param once it has just gone round a first time, past clocks, with writes tracked
   */
  #staysThisWay(round: () => boolean, once = false): boolean {
    const { memory, clockChips, clockReadings } = this.#subject;
    const cameBack = here(this.#subject);
    const isBack = () => round() && cameBack();
    const readings = clockReadings();
    if (!once) {
      memory.trackWrites();
      if (!isBack()) return false;
    }
    const asksClocks = once || clockReadings() !== readings;
    const clocks = asksClocks ? clockChips() : '';
    const pages = memory.pagesWritten(MOST_PAGES);
    if (pages === undefined) return false;
    const page = (number: number) => memory.u8.subarray(number * PAGE_SIZE, (number + 1) * PAGE_SIZE);
    const contents = pages.map((number) => page(number).slice());
    if (!isBack() || memory.pagesWritten(MOST_PAGES)?.length !== pages.length) return false;
    if (asksClocks && clockChips() !== clocks) return false;
    return pages.every((number, i) => sameBytes(page(number), contents[i]!));
  }

  /** Runs so many instructions; false where something came between, or the processor asked somebody outside. */
  #runs(instructions: number): boolean {
    const { retired, run, outside } = this.#subject;
    const [before, asked] = [retired(), outside()];
    return run(instructions) && retired() - before === instructions && outside() === asked;
  }
}
