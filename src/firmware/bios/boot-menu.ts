// The boot menu, before INT 19h boots anything: where the user has asked for one, a line says how to get it, and for a while
// F12 is waited for. Then a digit chooses the drive; Escape leaves it to the usual order.
import { flag, moment, queue, type StateOf } from '../../devices/chip.ts';
import type { DiskServices } from './disk/disk-services.ts';
import type { Unit } from './disk/units.ts';
import type { BiosKeyboard } from './keyboard.ts';
import { BDA_TICKS } from './layout.ts';
import type { BiosMemory } from './wires.ts';

/** Scan codes in the upper byte of a key's word. */
const F12 = 0x86;
const ESCAPE = 0x01;
const ENTER = 0x1c;
const FIRST_DIGIT = 0x31;
const MOST = 9;
const TICK_MS = 54.9254;

/** What INT 19h does next: waits for a key, boots in the usual order, or boots a drive by its number. */
export type BootChoice = 'wait' | 'usual' | { readonly drive: number };

export const BOOT_MENU_SHAPE = {
  over: flag(),
  /** Ticks of waiting for F12, or -1. */
  first: moment(-1),
  last: moment(-1),
  /** The drives are on the screen. */
  shown: flag(),
  choices: queue(MOST),
};

export class BootMenu {
  readonly #memory: BiosMemory;
  readonly #disks: DiskServices;
  readonly #keyboard: BiosKeyboard;
  readonly #say: (line: string) => void;
  readonly #patience: number;
  /** Drives as they are numbered on the screen; null while they are not. */
  #choices: readonly number[] | null = null;
  /** First and last tick of waiting for F12; null before and after. */
  #waiting: readonly [number, number] | null = null;
  #over = false;

  /** `milliseconds` to wait; undefined for no menu at all. */
  constructor(
    memory: BiosMemory,
    disks: DiskServices,
    keyboard: BiosKeyboard,
    say: (line: string) => void,
    milliseconds: number | undefined,
  ) {
    this.#memory = memory;
    this.#disks = disks;
    this.#keyboard = keyboard;
    this.#say = say;
    this.#patience = milliseconds === undefined ? -1 : Math.ceil(milliseconds / TICK_MS);
  }

  /** At power-on. */
  start(): void {
    this.#choices = null;
    this.#waiting = null;
    this.#over = this.#patience < 0;
  }

  save(): StateOf<typeof BOOT_MENU_SHAPE> {
    const [first, last] = this.#waiting ?? [-1, -1];
    return {
      over: this.#over,
      first,
      last,
      shown: this.#choices !== null,
      choices: [...(this.#choices ?? [])],
    };
  }
  restore({ over, first, last, shown, choices }: StateOf<typeof BOOT_MENU_SHAPE>): void {
    this.#over = over;
    this.#waiting = first < 0 ? null : [first, last];
    this.#choices = shown ? choices : null;
  }

  /** A look at the keyboard; to be asked again after an interrupt when it says 'wait'. */
  look(): BootChoice {
    if (this.#over) return 'usual';
    const now = this.#memory.read32(BDA_TICKS);
    if (this.#waiting === null && this.#choices === null) {
      this.#waiting = [now, now + this.#patience];
      this.#say('Press F12 for the boot menu.');
    }
    for (let word = this.#keyboard.take(); word !== null; word = this.#keyboard.take()) {
      const choice = this.#choices === null ? this.#beforeMenu(word) : this.#inMenu(word, this.#choices);
      if (choice !== 'wait') return choice;
    }
    // The count of ticks begins anew at midnight.
    if (this.#waiting !== null && (now >= this.#waiting[1] || now < this.#waiting[0])) return this.#usual();
    return 'wait';
  }

  /** The drive that was chosen does not boot: the menu once more. */
  failed(): void {
    this.#show();
  }

  #usual(): BootChoice {
    this.#over = true;
    return 'usual';
  }
  #beforeMenu(word: number): BootChoice {
    const scan = word >>> 8;
    if (scan === ESCAPE || scan === ENTER) return this.#usual();
    if (scan === F12) this.#show();
    return 'wait';
  }
  #show(): void {
    this.#waiting = null;
    const units = this.#disks.units.entries().filter(([, unit]) => !unit.emulated);
    this.#choices = units.slice(0, MOST).map(([number]) => number);
    this.#say('');
    this.#say('Boot from:');
    units.slice(0, MOST).forEach(([, unit], i) => {
      this.#say(`  ${i + 1}  ${describe(unit)}`);
    });
    this.#say('  Escape  the usual order');
  }
  #inMenu(word: number, choices: readonly number[]): BootChoice {
    if (word >>> 8 === ESCAPE) return this.#usual();
    const drive = choices[(word & 0xff) - FIRST_DIGIT];
    return drive === undefined ? 'wait' : { drive };
  }
}

const describe = ({ drive, sectors }: Unit): string =>
  sectors === 0 ? `${drive.label}, empty` : drive.label;
