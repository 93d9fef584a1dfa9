// The interrupt pins of a PCI bus, and the PIIX3's routing of them to ISA interrupts (82371SB data sheet, 290550,
// section 2.3.9; the platform's wiring of slots to PIRQA# to PIRQD#).
//
//   INTA#..INTD# of slot n  -->  PIRQ (n - 1 + pin) mod 4  -->  PIRQRC  -->  IRQ 3-7, 9-12, 14, 15
//
// PIRQRC:  7 routing off   3:0 IRQ; reserved values route nowhere. Lines are level-sensitive and shared.
import type { StateOf } from '../chip.ts';
import { initialState, resetState, words } from '../chip.ts';
import type { IrqLine } from '../lines.ts';

const PIRQS = 4;
const ROUTING_OFF = 0x80;
const ROUTABLE: readonly number[] = [3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15];

/** PIRQRC after reset. */
export const PIRQRC_RESET = ROUTING_OFF;

/** Of each PIRQ, a bit for each function (device * 8 + function) that asserts it. */
export const INTERRUPT_ROUTER_SHAPE = { asserted: words((PIRQS * 256) / 32) };

export class PciInterruptRouter {
  /** Part of the state of the bridge that routes. */
  state: StateOf<typeof INTERRUPT_ROUTER_SHAPE> = initialState(INTERRUPT_ROUTER_SHAPE);
  /** By number, those that can be reached. */
  readonly #lines: readonly (readonly [number, IrqLine])[];
  readonly #routing = new Uint8Array(PIRQS).fill(PIRQRC_RESET);

  /** @param irq the interrupt controllers' input of an ISA interrupt, of which the router is one driver among others. */
  constructor(irq: (number: number) => IrqLine) {
    this.#lines = ROUTABLE.map((number) => [number, irq(number)]);
  }

  /** The pin of the function in a slot: 1 for INTA# to 4 for INTD#. */
  pin(device: number, func: number, pin: number): IrqLine {
    const pirq = (device + pin + 2) % PIRQS;
    const bit = device * 8 + func;
    const word = pirq * 8 + (bit >> 5);
    return {
      set: (level) => {
        const { asserted } = this.state;
        const before = asserted[word]!;
        const after = level ? before | (1 << (bit & 31)) : before & ~(1 << (bit & 31));
        if (after >>> 0 === before) return;
        asserted[word] = after;
        this.drive();
      },
    };
  }

  /** PIRQRC of PIRQA# (0) to PIRQD# (3). */
  route(pirq: number, value: number): void {
    this.#routing[pirq] = value;
    this.drive();
  }

  /** The IRQ of a PIRQ, or undefined where it leads nowhere. */
  irqOf(pirq: number): number | undefined {
    const value = this.#routing[pirq]!;
    const irq = value & 0x0f;
    return (value & ROUTING_OFF) === 0 && ROUTABLE.includes(irq) ? irq : undefined;
  }

  reset(): void {
    resetState(INTERRUPT_ROUTER_SHAPE, this.state);
    this.#routing.fill(PIRQRC_RESET);
    this.drive();
  }

  /** Repeats the levels of all lines. */
  drive(): void {
    const high = new Set<number>();
    for (let pirq = 0; pirq < PIRQS; pirq++) {
      const irq = this.irqOf(pirq);
      if (irq !== undefined && this.#isAsserted(pirq)) high.add(irq);
    }
    for (const [irq, line] of this.#lines) line.set(high.has(irq));
  }

  #isAsserted(pirq: number): boolean {
    for (let word = pirq * 8; word < pirq * 8 + 8; word++) if (this.state.asserted[word] !== 0) return true;
    return false;
  }
}
