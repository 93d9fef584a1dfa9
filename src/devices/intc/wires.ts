// Wires that join or split: what lies between a chip's interrupt pin and the controllers.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, records, restoreState, saveState, uint } from '../chip.ts';
import type { DmaView, IrqLine, MsiTarget } from '../lines.ts';

/** One line that drives several (an ISA IRQ goes to the 8259s and to the I/O APIC). */
export function fanOut(...targets: readonly IrqLine[]): IrqLine {
  return {
    set(level) {
      for (const target of targets) target.set(level);
    },
  };
}

const MOST_DRIVERS = 32;
/** A bit for each driver that holds the line high; of drivers behind a switch, whether they are connected. */
const SHARED_SHAPE = { levels: uint(MOST_DRIVERS), off: uint(MOST_DRIVERS) };
type SharedState = StateOf<typeof SHARED_SHAPE>;

/** A driver of a shared line with a switch: while it is off, it has no effect; switched on again, it has the level it was given. */
export interface SwitchedDriver extends IrqLine {
  on: boolean;
}

/** A wired OR: `target` is high while any of the drivers handed out is (a shared PCI interrupt). */
export class SharedLine {
  readonly #target: IrqLine;
  readonly #state: () => SharedState;
  #drivers = 0;

  /** `state` where somebody saves it. */
  constructor(target: IrqLine, state?: () => SharedState) {
    this.#target = target;
    const own = initialState(SHARED_SHAPE);
    this.#state = state ?? (() => own);
  }

  /** A further driver of the line, up to 32. */
  driver(): SwitchedDriver {
    if (this.#drivers === MOST_DRIVERS) throw new RangeError('a line has 32 drivers at most');
    const bit = 2 ** this.#drivers++;
    const change = (name: keyof SharedState, set: boolean): void => {
      const state = this.#state();
      state[name] = (set ? state[name] | bit : state[name] & ~bit) >>> 0;
      this.#target.set((state.levels & ~state.off) !== 0);
    };
    const isOff = () => (this.#state().off & bit) !== 0;
    return {
      set: (level) => change('levels', level),
      get on() {
        return !isOff();
      },
      set on(on) {
        if (on === isOff()) change('off', !on);
      },
    };
  }
}

/** Shared lines by number, which remember what their drivers do: the ISA interrupts of a board. */
export class SharedLines implements Chip {
  readonly regions = [];
  readonly #shape;
  readonly #state;
  readonly #lines: readonly SharedLine[];

  constructor(targets: readonly IrqLine[]) {
    this.#shape = { lines: records(targets.length, SHARED_SHAPE) };
    this.#state = initialState(this.#shape);
    this.#lines = targets.map((target, i) => new SharedLine(target, () => this.#state.lines[i]!));
  }

  driver(number: number): SwitchedDriver {
    return this.#lines[number]!.driver();
  }

  /** Wires: their drivers are reset, and let go of them. */
  reset(): void {}

  save(): StateRecord {
    return saveState('shared-lines', 1, this.#shape, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('shared-lines', 1, this.#shape, this.#state, record);
  }
}

const MESSAGES = 0xfee;

/** Writes of devices that may be interrupts: those to FEEx_xxxxh go to the APICs, all others to memory. */
export function messageWires(apics: MsiTarget, memory: DmaView): MsiTarget {
  const bytes = new Uint8Array(4);
  const view = new DataView(bytes.buffer);
  return {
    send(address, data) {
      if (Math.floor(address / 2 ** 20) === MESSAGES) {
        apics.send(address, data);
        return;
      }
      view.setUint32(0, data, true);
      memory.write(address, bytes);
    },
  };
}
