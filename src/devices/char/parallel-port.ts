// Parallel port of the PC in its standard mode (IBM PC AT technical reference, "Parallel Printer Adapter"; IEEE 1284,
// compatibility mode), with a printer that is always ready.
//
//   0 data
//   1 status   3 error (high: none)  4 selected  5 out of paper  6 acknowledge (low: pulse)  7 busy (low: busy)
//   2 control  0 strobe  1 automatic feed  2 initialise (low)  3 select  4 interrupt on acknowledge  5 input
//
// The strobe's rise gives the data byte to the printer, which acknowledges at once: an edge of the interrupt where control
// allows it. With bit 5 of control set nobody drives the data lines. No EPP, no ECP.
import type { ByteSink } from '../../backend/char.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import { type Register, type RegisterRegion, registerRegion } from '../registers.ts';

const CONTROL_STROBE = 0x01;
const CONTROL_INTERRUPT = 0x10;
const CONTROL_INPUT = 0x20;
const CONTROL_STORED = 0x3f;
const CONTROL_UNUSED = 0xc0;
/** No error, selected, paper, no acknowledgement going on, not busy. */
const STATUS_READY = 0xdf;

const SHAPE = { data: uint(8), control: uint(6, 0x0c) };

export interface ParallelPortOptions {
  /** IRQ 7 of the first port. */
  readonly irq: IrqLine;
  /** What is printed. */
  readonly printer: ByteSink;
}

export class ParallelPort implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #options: ParallelPortOptions;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: ParallelPortOptions) {
    this.#options = options;
    this.regions = [registerRegion('parallel', 3, REGISTERS, this)];
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#options.irq.set(false);
  }

  save(): StateRecord {
    return saveState('parallel', 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('parallel', 1, SHAPE, this.#state, record);
  }

  // What the register table calls.

  get data(): number {
    return (this.#state.control & CONTROL_INPUT) !== 0 ? 0xff : this.#state.data;
  }
  set data(value: number) {
    this.#state.data = value;
  }

  get control(): number {
    return this.#state.control | CONTROL_UNUSED;
  }
  set control(value: number) {
    const state = this.#state;
    const strobed = (value & ~state.control & CONTROL_STROBE) !== 0;
    state.control = value & CONTROL_STORED;
    if (!strobed) return;
    this.#options.printer.write(state.data);
    if ((state.control & CONTROL_INTERRUPT) === 0) return;
    this.#options.irq.set(false);
    this.#options.irq.set(true);
  }
}

const REGISTERS: readonly Register<ParallelPort>[] = [
  {
    name: 'DATA',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (port) => port.data,
    write: (port, value) => {
      port.data = value;
    },
  },
  { name: 'STATUS', offset: 1, width: 1, reset: STATUS_READY, access: 'RO', read: () => STATUS_READY },
  {
    name: 'CONTROL',
    offset: 2,
    width: 1,
    reset: 0xcc,
    access: 'RW',
    read: (port) => port.control,
    write: (port, value) => {
      port.control = value;
    },
  },
];
