// Lets a guest that rests handle the timer's ticks without ending its rest. Programs for DOS and boot loaders are interrupted 18
// times a second while they wait; going once round a loop of theirs each time (10,000 instructions in GRUB's menu) costs more
// than all the rest.
//
//   rest --tick--> on to where the guest takes interrupts --> its handler --> back where it was interrupted: rest
//
// The rest goes on where the guest was interrupted at a place of the last ticks, has come back there with the same registers, and has
// asked of devices as much as at the last tick. What the handler has changed in memory the guest sees when its rest ends,
// which is soon compared with the time that it has been waiting. Figures: docs/decisions/0012-idling.md.
import { here, type Registers } from './same-registers.ts';

/** What is watched. */
export interface TickSubject extends Registers {
  /** Instructions, accesses to devices, and interrupts taken so far. */
  readonly retired: () => number;
  readonly outside: () => number;
  readonly interrupts: () => number;
  /** A sum of instruction and stack pointer. */
  readonly place: () => number;
  /** Runs so many instructions, 0 to take an interrupt that is due; false where something has come of it that is not for this watch. */
  readonly run: (instructions: number) => boolean;
}

/** Most instructions from where the guest rests to where it takes interrupts: a round of its loop; and of a handler. */
const FARTHEST = 16_000;
const LONGEST_HANDLER = 3000;
/** Steps in which an interrupt is looked for while the length of its handler is not known: it is not to return meanwhile. */
const STEP = 8;
/** Places that are remembered: a loop may take interrupts in several parts of it. */
const PLACES = 4;
/** Of handlers that take another time or do not come back, only so many in turn are followed, and then one in so many. */
const FOLLOWED = 3;
const FOLLOWED_AGAIN = 16;

/** An interrupt as it was taken. */
interface Taken {
  readonly vector: number;
  readonly at: number;
  /** Accesses to devices until then. */
  readonly asked: number;
  readonly isBack: () => boolean;
  /** At a place of the last ones. */
  readonly again: boolean;
}

export class TickWatch {
  readonly #subject: TickSubject;
  /** Instructions from the place where a rest began to where the guest took an interrupt, and those of the handler. */
  #way = 0;
  #wayFrom = -1;
  #handler = 0;
  /** How often in turn that was wrong. */
  #wrong = 0;
  #vector = -1;
  /** The handler's accesses to devices. */
  #accesses = 0;
  /** Where it was interrupted the last times: whether its registers are those of then. */
  readonly #places: (() => boolean)[] = [];
  #watches = false;
  #taken: Taken | undefined;

  constructor(subject: TickSubject) {
    this.#subject = subject;
  }

  /** The processor takes an interrupt; its registers are still those of what is interrupted. */
  taken(vector: number): void {
    if (!this.#watches || this.#taken !== undefined) return;
    this.#taken = {
      vector,
      at: this.#subject.retired(),
      asked: this.#subject.outside(),
      isBack: here(this.#subject),
      again: this.#places.some((isPlace) => isPlace()),
    };
  }

  /**
   * An interrupt is due. The guest handles it; true where it is then where it was interrupted and may be left alone once more.
   *
   * @param first of this rest: the guest is where the rest began
   */
  handles(first: boolean): boolean {
    const { retired, outside, interrupts, place } = this.#subject;
    const [start, count, from] = [retired(), interrupts(), place()];
    const way = first && from === this.#wayFrom ? this.#way : 0;
    this.#watches = true;
    this.#taken = undefined;
    try {
      const taken = this.#goesOn(way);
      if (taken === undefined) return false;
      if (first) {
        this.#way = taken.at - start;
        this.#wayFrom = from;
      }
      if (!this.#comesBack(taken)) return false;
      const accesses = outside() - taken.asked;
      const asBefore = taken.vector === this.#vector && accesses === this.#accesses;
      this.#vector = taken.vector;
      this.#accesses = accesses;
      if (!taken.again) this.#places.unshift(taken.isBack);
      this.#places.length = Math.min(PLACES, this.#places.length);
      return asBefore && (taken.again || taken.at === start) && interrupts() === count + 1;
    } finally {
      this.#watches = false;
    }
  }

  /** Goes on until an interrupt is taken, first as many instructions as it took from there. */
  #goesOn(way: number): Taken | undefined {
    const { retired, run } = this.#subject;
    const start = retired();
    for (let steps = way; run(steps); steps = this.#handler || STEP) {
      if (this.#taken !== undefined || retired() - start >= FARTHEST) break;
    }
    return this.#taken;
  }
  /** Goes on until the handler has returned: most take as many instructions each time. */
  #comesBack({ at, isBack }: Taken): boolean {
    const { retired, run } = this.#subject;
    const left = at + this.#handler - retired();
    if (left > 0 && !run(left)) return false;
    const follows = ++this.#wrong <= FOLLOWED || this.#wrong % FOLLOWED_AGAIN === 0;
    while (!isBack()) {
      if (!follows || retired() - at >= LONGEST_HANDLER || !run(1)) {
        // It may have returned meanwhile: next time it is followed from the beginning.
        this.#handler = 0;
        return false;
      }
    }
    this.#handler = retired() - at;
    this.#wrong = 0;
    return true;
  }
}
