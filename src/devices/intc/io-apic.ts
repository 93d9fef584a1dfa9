// I/O APIC (Intel 82093AA data sheet, 290566; the EOI register as in the ICH5 and later, version 0x20).
//
//   offset 0x00  IOREGSEL   0x10  IOWIN   0x40  EOI (write a vector)
//   index  0  ID (27:24)    1  version (7:0), highest entry (23:16)    2  arbitration ID
//          0x10 + 2n, 0x11 + 2n  redirection entry n:
//            7:0 vector  10:8 delivery mode  11 logical  12 delivery status  13 polarity
//            14 remote IRR  15 level  16 mask  63:56 destination
//
// A line's level is "asserted": the polarity bit is stored and has no effect. Delivery is immediate, so
// the delivery status reads as idle. An edge while the entry is masked is lost, as on the chip.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState, uint, words } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import type { ApicBus, EndOfInterruptListener } from './apic-bus.ts';

export const IO_APIC_PINS = 24;
const IO_APIC_VERSION = 0x20;
const REGION_SIZE = 0x100;

const ENTRY_LOGICAL = 1 << 11;
const ENTRY_REMOTE_IRR = 1 << 14;
const ENTRY_LEVEL = 1 << 15;
const ENTRY_MASK = 1 << 16;
/** What a write to an entry's low half stores: neither delivery status nor remote IRR. */
const ENTRY_WRITABLE = 0x1_afff;
const FIRST_ENTRY = 0x10;

const NAME = 'io-apic';
const VERSION = 1;

const SHAPE = {
  index: uint(8),
  id: uint(4),
  /** Levels on the pins, a bit each. */
  lines: uint(IO_APIC_PINS),
  low: words(IO_APIC_PINS),
  high: words(IO_APIC_PINS),
};

export interface IoApicOptions {
  readonly bus: ApicBus;
  /** Identifier after reset, 0..15. */
  readonly id: number;
}

export class IoApic implements Chip, EndOfInterruptListener {
  readonly regions: readonly RegisterRegion[];
  readonly #bus: ApicBus;
  readonly #id: number;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: IoApicOptions) {
    this.#bus = options.bus;
    this.#id = options.id & 15;
    this.#bus.attachListener(this);
    this.regions = [
      registerRegion('io-apic', REGION_SIZE, REGISTERS, this, { unclaimed: 0, wholeWritesOnly: true }),
    ];
    this.#powerOn();
  }

  /** Input pin 0..23, a global system interrupt of the ACPI tables. */
  pin(number: number): IrqLine {
    return { set: (level) => this.#setLine(number, level) };
  }

  endOfInterrupt(vector: number): void {
    const { low } = this.#state;
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      if ((low[pin]! & (ENTRY_LEVEL | 0xff)) !== (ENTRY_LEVEL | vector)) continue;
      low[pin]! &= ~ENTRY_REMOTE_IRR;
      this.#serviceLevel(pin);
    }
  }

  retry(): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) this.#serviceLevel(pin);
  }

  reset(): void {
    resetState(SHAPE, this.#state, ['lines']);
    this.#powerOn();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
  }

  // What the register table calls.

  get index(): number {
    return this.#state.index;
  }

  set index(value: number) {
    this.#state.index = value & 0xff;
  }

  readWindow(): number {
    const { index, id, low, high } = this.#state;
    if (index === 0 || index === 2) return id << 24;
    if (index === 1) return ((IO_APIC_PINS - 1) << 16) | IO_APIC_VERSION;
    const pin = (index - FIRST_ENTRY) >> 1;
    if (index < FIRST_ENTRY || pin >= IO_APIC_PINS) return 0;
    return (index & 1) === 0 ? low[pin]! : high[pin]!;
  }

  writeWindow(value: number): void {
    const { index, low, high } = this.#state;
    if (index === 0) this.#state.id = (value >>> 24) & 15;
    const pin = (index - FIRST_ENTRY) >> 1;
    if (index < FIRST_ENTRY || pin >= IO_APIC_PINS) return;
    if ((index & 1) !== 0) {
      high[pin] = value & 0xff00_0000;
      return;
    }
    low[pin] = (low[pin]! & ~ENTRY_WRITABLE) | (value & ENTRY_WRITABLE);
    // An entry that becomes edge-triggered waits for no EOI.
    if ((value & ENTRY_LEVEL) === 0) low[pin]! &= ~ENTRY_REMOTE_IRR;
    this.#serviceLevel(pin);
  }

  #powerOn(): void {
    this.#state.id = this.#id;
    this.#state.low.fill(ENTRY_MASK);
  }

  #setLine(pin: number, level: boolean): void {
    const s = this.#state;
    const bit = 1 << pin;
    const rises = level && (s.lines & bit) === 0;
    s.lines = level ? s.lines | bit : s.lines & ~bit;
    if ((s.low[pin]! & ENTRY_LEVEL) !== 0) this.#serviceLevel(pin);
    else if (rises && (s.low[pin]! & ENTRY_MASK) === 0) this.#deliver(pin);
  }

  /** Delivers a level that is there and not yet being served; it is from when a local APIC has accepted it. */
  #serviceLevel(pin: number): void {
    const { low, lines } = this.#state;
    const entry = low[pin]! & (ENTRY_LEVEL | ENTRY_MASK | ENTRY_REMOTE_IRR);
    if (entry !== ENTRY_LEVEL || (lines & (1 << pin)) === 0) return;
    // Set first: an APIC may end the interrupt while it accepts it.
    low[pin]! |= ENTRY_REMOTE_IRR;
    if (!this.#deliver(pin)) low[pin]! &= ~ENTRY_REMOTE_IRR;
  }

  #deliver(pin: number): boolean {
    const low = this.#state.low[pin]!;
    const destination = this.#state.high[pin]! >>> 24;
    const logical = (low & ENTRY_LOGICAL) !== 0;
    return this.#bus.deliver({
      destination,
      destinationMode: logical ? 'logical' : 'physical',
      broadcast: !logical && destination === 0xff,
      deliveryMode: (low >> 8) & 7,
      vector: low & 0xff,
      levelTriggered: (low & ENTRY_LEVEL) !== 0,
    });
  }
}

const REGISTERS: readonly Register<IoApic>[] = [
  {
    name: 'IOREGSEL',
    offset: 0x00,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.index,
    write: (chip, value) => {
      chip.index = value;
    },
  },
  {
    name: 'IOWIN',
    offset: 0x10,
    width: 4,
    access: 'RW',
    read: (chip) => chip.readWindow(),
    write: (chip, value) => chip.writeWindow(value),
  },
  {
    name: 'EOI',
    offset: 0x40,
    width: 4,
    access: 'WO',
    write: (chip, value) => chip.endOfInterrupt(value & 0xff),
  },
];
