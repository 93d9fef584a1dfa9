// Sees that a guest goes round in a loop that does nothing: a program that waits for memory to change (the BIOS data area's
// keyboard buffer or ticks), `jmp $`, a BIOS that polls. It is not guessed but observed: a processor that has come back to
// the same registers and the same memory, and has asked no device and no clock on its way, will do so for ever, until an
// interrupt comes or somebody else changes memory. Until then the host may sleep, and the guest cannot tell.
//
//   slices of a millisecond  --the same registers again and again-->  suspicion
//   one instruction at a time  --registers as at the start-->  the loop's length
//   the loop once more  --registers and written pages as before-->  still: rest until the next alarm
//   an interrupt is handled, a few thousand instructions  -->  once round, twice round: still
//
// A suspicion that was wrong costs some milliseconds, and the next one is not looked into for twice as long as the last.
// Figures: docs/decisions/0012-idling.md.
import { PAGE_SIZE } from '../../base/addresses.ts';

/** What is watched. */
export interface StillSubject {
  /** All registers but RFLAGS, in two pieces that begin at multiples of 4. */
  readonly registers: Uint8Array;
  readonly moreRegisters: Uint8Array;
  /** RFLAGS, and a sum that tells general registers and RIP apart in all likelihood. */
  readonly flags: () => number;
  readonly sum: () => number;
  /** Instructions so far. */
  readonly retired: () => number;
  /** Accesses to devices and looks at a clock so far: what makes one round different from another. */
  readonly outside: () => number;
  /** Runs so many instructions; false where something has come of it that is not for this watch. */
  readonly run: (instructions: number) => boolean;
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
const REMEMBERED = 1024;
/** Of so many slices so many ended with registers that are remembered: a suspicion. */
const WINDOW = 64;
const ENOUGH = 12;
/** Longest loop, in instructions. */
const LONGEST = 4000;
/** Pages that a loop may write to: those of its stack. */
const MOST_PAGES = 8;
/** Instructions after a rest before the first look: an interrupt's handler. They double with each look in vain. */
const SETTLING = 1000;
const LOOKS = 6;
/** How long (ns) suspicions are ignored after one that was wrong: at first, and at most. */
const FIRST_PAUSE = 50_000_000;
const LONGEST_PAUSE = 10_000_000_000;

export class StillWatch {
  readonly #subject: StillSubject;
  readonly #remembered = new Int32Array(REMEMBERED);
  #slices = 0;
  #repeated = 0;
  /** Length of the loop that the guest was in last; 0 where none is known. */
  #period = 0;
  /** Looks left since the last rest, and instructions before the next. */
  #looks = 0;
  #settling = 0;
  #pause = FIRST_PAUSE;
  #ignoredUntil = 0;
  /** Rests so far. */
  rests = 0;

  constructor(subject: StillSubject) {
    this.#subject = subject;
  }

  /** Most instructions of the next slice. */
  get limit(): number {
    return this.#looks > 0 ? this.#settling : Number.POSITIVE_INFINITY;
  }

  /** The guest has halted, or is known to rest by other means. */
  forget(): void {
    this.#looks = 0;
  }

  /**
   * A slice has ended without any reason. Whether the guest is still; may run it for some thousand instructions to find out.
   *
   * @param now ns
   */
  isStill(now: number): boolean {
    if (this.#looks > 0) {
      this.#looks--;
      this.#settling *= 2;
      if (!this.#staysThisWay()) return false;
    } else {
      if (!this.#isSuspect() || now < this.#ignoredUntil) return false;
      if (!this.#findPeriod() || !this.#staysThisWay()) {
        this.#ignoredUntil = now + this.#pause;
        this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
        return false;
      }
      this.#pause = FIRST_PAUSE;
    }
    this.#looks = LOOKS;
    this.#settling = SETTLING;
    this.rests++;
    return true;
  }

  #isSuspect(): boolean {
    const sum = this.#subject.sum() | 0;
    const slot = sum & (REMEMBERED - 1);
    if (this.#remembered[slot] === sum) this.#repeated++;
    this.#remembered[slot] = sum;
    if (++this.#slices < WINDOW && this.#repeated < ENOUGH) return false;
    const suspect = this.#repeated >= ENOUGH;
    this.#slices = 0;
    this.#repeated = 0;
    return suspect;
  }

  /** Goes on until the registers are what they are now. */
  #findPeriod(): boolean {
    const isBack = this.#from();
    for (let period = 1; period <= LONGEST; period++) {
      if (!this.#runs(1)) return false;
      if (isBack()) {
        this.#period = period;
        return true;
      }
    }
    return false;
  }

  /** Goes round twice: which pages are written, and whether they hold the same after the second round as after the first. */
  #staysThisWay(): boolean {
    const { memory } = this.#subject;
    const cameBack = this.#from();
    const isBack = () => this.#runs(this.#period) && cameBack();
    memory.trackWrites();
    if (!isBack()) return false;
    const pages = memory.pagesWritten(MOST_PAGES);
    if (pages === undefined) return false;
    const page = (number: number) => memory.u8.subarray(number * PAGE_SIZE, (number + 1) * PAGE_SIZE);
    const contents = pages.map((number) => page(number).slice());
    if (!isBack() || memory.pagesWritten(MOST_PAGES)?.length !== pages.length) return false;
    return pages.every((number, i) => sameBytes(page(number), contents[i]!));
  }

  /** A function that tells whether the registers are what they are now. */
  #from(): () => boolean {
    const subject = this.#subject;
    const registers = subject.registers.slice();
    const more = subject.moreRegisters.slice();
    const flags = subject.flags();
    return () =>
      sameBytes(subject.registers, registers) &&
      sameBytes(subject.moreRegisters, more) &&
      subject.flags() === flags;
  }

  /** Runs so many instructions; false where something came between, or the processor asked somebody outside. */
  #runs(instructions: number): boolean {
    const { retired, run, outside } = this.#subject;
    const [before, asked] = [retired(), outside()];
    return run(instructions) && retired() - before === instructions && outside() === asked;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const length = a.length >> 2;
  const left = new Int32Array(a.buffer, a.byteOffset, length);
  const right = new Int32Array(b.buffer, b.byteOffset, length);
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
  return true;
}
