// 8259A interrupt controller pair as in the PC (Intel 8259A data sheet, 231468; PIIX3 data sheet for ELCR).
//
//   region     ports        registers
//   master     0x20, 0x21   IRR/ISR/poll and ICW1/OCW2/OCW3; IMR and ICW2..4/OCW1
//   slave      0xA0, 0xA1   the same
//   elcr       0x4D0/1      edge (0) or level (1) for IRQ 0-7 and 8-15
//
// The slave's INT drives the master's IR2. A request of an edge line lasts while the line is high, as
// the data sheet says: a line that falls before INTA gives the spurious vector (IR7 of the chip asked).
// LTIM of ICW1 is ignored: ELCR replaced it (PIIX3). Not modelled: 8080 mode, buffered mode.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, records, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';

const ICW1_IC4 = 0x01;
const ICW1_SINGLE = 0x02;
const ICW1 = 0x10;
const OCW3 = 0x08;
const OCW3_READ_ISR = 0x01;
const OCW3_READ = 0x02;
const OCW3_POLL = 0x04;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;
const ICW4_AUTO_EOI = 0x02;
const ICW4_SFNM = 0x10;

const CASCADE = 2;
const SPURIOUS = 7;

/** Lines that ELCR cannot make level-sensitive: 0, 1, 2 of the master; 8, 13 of the slave. */
const ELCR_MASKS = [0xf8, 0xde] as const;

const NAME = 'i8259-pair';
const VERSION = 1;

const CHIP_SHAPE = {
  /** Levels on the input pins. */
  lines: uint(8),
  irr: uint(8),
  imr: uint(8),
  isr: uint(8),
  elcr: uint(8),
  /** ICW2[7:3]. */
  vectorBase: uint(8),
  icw3: uint(8),
  /** Which ICW a write to the second port is: 0 none (OCW1), else 2, 3 or 4. */
  expectedIcw: uint(3),
  icw4Expected: flag(),
  single: flag(),
  autoEoi: flag(),
  rotateOnAutoEoi: flag(),
  specialFullyNested: flag(),
  specialMask: flag(),
  readIsr: flag(),
  poll: flag(),
  /** The IR with the highest priority. */
  highest: uint(3),
};
type ChipState = StateOf<typeof CHIP_SHAPE>;

const SHAPE = { chips: records(2, CHIP_SHAPE) };

/** Bits of `mask`, rotated so that the highest priority is bit 0. */
function byPriority(mask: number, highest: number): number {
  return ((mask >> highest) | (mask << (8 - highest))) & 0xff;
}

/** Number of the lowest set bit; 8 where there is none. */
function lowestBit(mask: number): number {
  return mask === 0 ? 8 : 31 - Math.clz32(mask & -mask);
}

/** The pair. `output` is INTR, to the processor or to a local APIC's LINT0. */
export class I8259Pair implements Chip {
  /** Master (2 ports), slave (2 ports), ELCR (2 ports). */
  readonly regions: readonly RegisterRegion[];
  readonly #output: IrqLine;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(output: IrqLine) {
    this.#output = output;
    this.regions = [
      registerRegion('pic-master', 2, chipRegisters(0), this),
      registerRegion('pic-slave', 2, chipRegisters(1), this),
      registerRegion('elcr', 2, ELCR_REGISTERS, this),
    ];
  }

  /** Input IRQ 0..15 (2 is the cascade: what drives it is ignored). */
  line(irq: number): IrqLine {
    return { set: (level) => this.#setLine(irq >> 3, irq & 7, level) };
  }

  /** INTR as the chip drives it now. */
  get interruptRequested(): boolean {
    return this.#candidate(0) < 8;
  }

  /** The two INTA cycles: gives the vector, 0..255; a spurious one where no request is left. */
  acknowledge(): number {
    const master = this.#state.chips[0]!;
    const irq = this.#accept(0);
    let vector = master.vectorBase + irq;
    if (irq === CASCADE && !master.single && (master.icw3 & (1 << CASCADE)) !== 0) {
      vector = this.#state.chips[1]!.vectorBase + this.#accept(1);
    }
    this.#update();
    return vector & 0xff;
  }

  reset(): void {
    const lines = this.#state.chips.map((chip) => chip.lines);
    resetState(SHAPE, this.#state);
    this.#state.chips.forEach((chip, index) => {
      chip.lines = lines[index]!;
    });
    this.#update();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
    this.#output.set(this.interruptRequested);
  }

  // What the register table calls.

  readCommand(index: number): number {
    const chip = this.#state.chips[index]!;
    if (chip.poll) return this.#pollRead(index);
    return chip.readIsr ? chip.isr : chip.irr;
  }

  readMask(index: number): number {
    const chip = this.#state.chips[index]!;
    return chip.poll ? this.#pollRead(index) : chip.imr;
  }

  writeCommand(index: number, value: number): void {
    const chip = this.#state.chips[index]!;
    if ((value & ICW1) !== 0) this.#initialise(chip, value);
    else if ((value & OCW3) !== 0) {
      if ((value & OCW3_ESMM) !== 0) chip.specialMask = (value & OCW3_SMM) !== 0;
      if ((value & OCW3_READ) !== 0) chip.readIsr = (value & OCW3_READ_ISR) !== 0;
      chip.poll = (value & OCW3_POLL) !== 0;
    } else this.#operate(chip, value);
    this.#update();
  }

  writeMask(index: number, value: number): void {
    const chip = this.#state.chips[index]!;
    switch (chip.expectedIcw) {
      case 0:
        chip.imr = value;
        break;
      case 2:
        chip.vectorBase = value & 0xf8;
        chip.expectedIcw = chip.single ? (chip.icw4Expected ? 4 : 0) : 3;
        break;
      case 3:
        chip.icw3 = value;
        chip.expectedIcw = chip.icw4Expected ? 4 : 0;
        break;
      default:
        chip.autoEoi = (value & ICW4_AUTO_EOI) !== 0;
        chip.specialFullyNested = (value & ICW4_SFNM) !== 0;
        chip.expectedIcw = 0;
    }
    this.#update();
  }

  readElcr(index: number): number {
    return this.#state.chips[index]!.elcr;
  }

  writeElcr(index: number, value: number): void {
    const chip = this.#state.chips[index]!;
    chip.elcr = value & ELCR_MASKS[index]!;
    chip.irr |= chip.lines & chip.elcr;
    this.#update();
  }

  #setLine(index: number, input: number, level: boolean): void {
    if (index === 0 && input === CASCADE) return;
    this.#drive(this.#state.chips[index]!, 1 << input, level);
    this.#update();
  }

  #drive(chip: ChipState, bit: number, level: boolean): void {
    if (!level) {
      chip.lines &= ~bit;
      chip.irr &= ~bit;
    } else {
      // A new edge, or a level that is (still) there.
      if ((chip.lines & bit) === 0 || (chip.elcr & bit) !== 0) chip.irr |= bit;
      chip.lines |= bit;
    }
  }

  /** The slave's INT goes to the master's IR2, the master's to INTR. */
  #update(): void {
    const master = this.#state.chips[0]!;
    this.#drive(master, 1 << CASCADE, this.#candidate(1) < 8);
    this.#output.set(this.interruptRequested);
  }

  /** The IR that a chip would have served now, or 8. */
  #candidate(index: number): number {
    const chip = this.#state.chips[index]!;
    const requests = byPriority(chip.irr & ~chip.imr, chip.highest);
    if (requests === 0) return 8;
    let inService = chip.isr;
    if (chip.specialMask) inService &= ~chip.imr;
    // In the special fully nested mode the slave may interrupt its own routine.
    if (chip.specialFullyNested && index === 0) inService &= ~(1 << CASCADE);
    const first = lowestBit(requests);
    return first < lowestBit(byPriority(inService, chip.highest)) ? (first + chip.highest) & 7 : 8;
  }

  /** One INTA cycle of a chip: its IR, in service from now on; IR7 without ISR where it is spurious. */
  #accept(index: number): number {
    const chip = this.#state.chips[index]!;
    const irq = this.#candidate(index);
    if (irq === 8) return SPURIOUS;
    const bit = 1 << irq;
    if (chip.autoEoi) {
      if (chip.rotateOnAutoEoi) chip.highest = (irq + 1) & 7;
    } else chip.isr |= bit;
    if ((chip.elcr & bit) === 0) chip.irr &= ~bit;
    // INT falls at INTA; #update raises it again, as a new edge for the master, where more is pending.
    if (index === 1) this.#drive(this.#state.chips[0]!, 1 << CASCADE, false);
    return irq;
  }

  /** A read after the poll command is an INTA without a vector. */
  #pollRead(index: number): number {
    const chip = this.#state.chips[index]!;
    chip.poll = false;
    const pending = this.#candidate(index) < 8;
    const irq = this.#accept(index);
    this.#update();
    return pending ? 0x80 | irq : SPURIOUS;
  }

  #initialise(chip: ChipState, icw1: number): void {
    // The edge sense is cleared: a line must fall and rise again; level requests are still there.
    chip.irr = chip.lines & chip.elcr;
    chip.imr = 0;
    chip.isr = 0;
    chip.highest = 0;
    chip.specialMask = false;
    chip.readIsr = false;
    chip.poll = false;
    chip.autoEoi = false;
    chip.specialFullyNested = false;
    chip.rotateOnAutoEoi = false;
    chip.single = (icw1 & ICW1_SINGLE) !== 0;
    chip.icw4Expected = (icw1 & ICW1_IC4) !== 0;
    chip.expectedIcw = 2;
  }

  /** OCW2: R, SL and EOI in bits 7:5, the level in 2:0. */
  #operate(chip: ChipState, value: number): void {
    const level = value & 7;
    const serviced = chip.specialMask ? chip.isr & ~chip.imr : chip.isr;
    const first = lowestBit(byPriority(serviced, chip.highest));
    const inService = first < 8 ? (first + chip.highest) & 7 : 8;
    switch (value >> 5) {
      case 0b000:
        chip.rotateOnAutoEoi = false;
        break;
      case 0b100:
        chip.rotateOnAutoEoi = true;
        break;
      case 0b001:
      case 0b101: // non-specific EOI, with or without rotation
        if (inService === 8) break;
        chip.isr &= ~(1 << inService);
        if (value >> 5 === 0b101) chip.highest = (inService + 1) & 7;
        break;
      case 0b011:
      case 0b111: // specific EOI
        chip.isr &= ~(1 << level);
        if (value >> 5 === 0b111) chip.highest = (level + 1) & 7;
        break;
      case 0b110: // set priority
        chip.highest = (level + 1) & 7;
        break;
      default: // no operation
    }
  }
}

function chipRegisters(index: number): readonly Register<I8259Pair>[] {
  return [
    {
      name: 'IRR/ISR, ICW1/OCW2/OCW3',
      offset: 0,
      width: 1,
      reset: 0,
      access: 'RW',
      read: (pic) => pic.readCommand(index),
      write: (pic, value) => pic.writeCommand(index, value),
    },
    {
      name: 'IMR, ICW2-4/OCW1',
      offset: 1,
      width: 1,
      reset: 0,
      access: 'RW',
      read: (pic) => pic.readMask(index),
      write: (pic, value) => pic.writeMask(index, value),
    },
  ];
}

const ELCR_REGISTERS: readonly Register<I8259Pair>[] = [
  {
    name: 'ELCR1',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (pic) => pic.readElcr(0),
    write: (pic, value) => pic.writeElcr(0, value),
  },
  {
    name: 'ELCR2',
    offset: 1,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (pic) => pic.readElcr(1),
    write: (pic, value) => pic.writeElcr(1, value & 0xff),
  },
];
