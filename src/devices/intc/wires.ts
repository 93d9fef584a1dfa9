// Wires that join or split: what lies between a chip's interrupt pin and the controllers.
import type { DmaView, IrqLine, MsiTarget } from '../lines.ts';

/** One line that drives several (an ISA IRQ goes to the 8259s and to the I/O APIC). */
export function fanOut(...targets: readonly IrqLine[]): IrqLine {
  return {
    set(level) {
      for (const target of targets) target.set(level);
    },
  };
}

/** A wired OR: `target` is high while any of the lines handed out is (a shared PCI interrupt). */
export class SharedLine {
  readonly #target: IrqLine;
  readonly #high = new Set<object>();

  constructor(target: IrqLine) {
    this.#target = target;
  }

  /** A further driver of the line. */
  driver(): IrqLine {
    const driver: IrqLine = {
      set: (level) => {
        if (level) this.#high.add(driver);
        else this.#high.delete(driver);
        this.#target.set(this.#high.size > 0);
      },
    };
    return driver;
  }
}

/** A line with a switch: while it is off, `target` is low; switched on again, it has the level of its driver. */
export class SwitchedLine implements IrqLine {
  readonly #target: IrqLine;
  #level = false;
  #on = true;

  constructor(target: IrqLine) {
    this.#target = target;
  }

  set(level: boolean): void {
    this.#level = level;
    if (this.#on) this.#target.set(level);
  }

  set on(on: boolean) {
    if (on === this.#on) return;
    this.#on = on;
    this.#target.set(on && this.#level);
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
