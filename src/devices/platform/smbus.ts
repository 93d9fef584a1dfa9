// The SMBus host controller of the PIIX4 (82371AB data sheet, 290562, section 7.3): 16 ports.
//
//   0 SMBHSTSTS  0 busy  1 done  2 device error  3 collision  4 killed; writing a one clears 1..4
//   1 SMBSLVSTS  2 SMBHSTCNT (0 interrupt  1 kill  4:2 protocol  6 start)  3 SMBHSTCMD  4 SMBHSTADD
//   5, 6 SMBHSTDAT0, 1  7 SMBBLKDAT  8 SMBSLVCNT  9 SMBSHDWCMD  A SMBSLVEVT  C SMBSLVDAT
//
// There is nobody on the bus: every transfer ends at once with a device error, as when no device acknowledges its
// address. SMBBLKDAT is the window to a buffer of 32 bytes, which reading SMBHSTCNT rewinds. No slave mode.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import { type Register, type RegisterRegion, registerRegion } from '../registers.ts';

const STATUS_DEVICE_ERROR = 0x04;
const STATUS_CLEARABLE = 0x1e;
const CONTROL_INTERRUPT = 0x01;
const CONTROL_KILL = 0x02;
const CONTROL_START = 0x40;
const BLOCK = 32;

const SHAPE = {
  status: uint(8),
  control: uint(8),
  command: uint(8),
  address: uint(8),
  data0: uint(8),
  data1: uint(8),
  slaveControl: uint(8),
  slaveEvent: uint(16),
  block: bytes(BLOCK),
  position: uint(5),
};

export class Smbus implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #irq: IrqLine;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  /** @param irq the controller's interrupt, level. */
  constructor(irq: IrqLine) {
    this.#irq = irq;
    this.regions = [registerRegion('smbus', 16, REGISTERS, this)];
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#irq.set(false);
  }

  save(): StateRecord {
    return saveState('smbus', 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('smbus', 1, SHAPE, this.#state, record);
  }

  // What the register table calls.

  get state(): StateOf<typeof SHAPE> {
    return this.#state;
  }

  clearStatus(value: number): void {
    this.#state.status &= ~(value & STATUS_CLEARABLE);
    this.#drive();
  }

  readControl(): number {
    this.#state.position = 0;
    return this.#state.control & ~CONTROL_START;
  }

  writeControl(value: number): void {
    this.#state.control = value;
    const starts = (value & (CONTROL_START | CONTROL_KILL)) === CONTROL_START;
    if (starts) this.#state.status |= STATUS_DEVICE_ERROR;
    this.#drive();
  }

  readBlock(): number {
    const { block, position } = this.#state;
    this.#state.position = (position + 1) % BLOCK;
    return block[position]!;
  }

  writeBlock(value: number): void {
    this.#state.block[this.#state.position] = value;
    this.#state.position = (this.#state.position + 1) % BLOCK;
  }

  #drive(): void {
    const { status, control } = this.#state;
    this.#irq.set((control & CONTROL_INTERRUPT) !== 0 && (status & STATUS_CLEARABLE) !== 0);
  }
}

type StoredName = 'command' | 'address' | 'data0' | 'data1' | 'slaveControl';

const stored = (name: string, offset: number, member: StoredName): Register<Smbus> => ({
  name,
  offset,
  width: 1,
  reset: 0,
  access: 'RW',
  read: (bus) => bus.state[member],
  write: (bus, value) => {
    bus.state[member] = value;
  },
});

const REGISTERS: readonly Register<Smbus>[] = [
  {
    name: 'SMBHSTSTS',
    offset: 0,
    width: 1,
    reset: 0,
    access: 'RW1C',
    read: (bus) => bus.state.status,
    write: (bus, value) => bus.clearStatus(value),
  },
  { name: 'SMBSLVSTS', offset: 1, width: 1, reset: 0, access: 'RO', read: () => 0 },
  {
    name: 'SMBHSTCNT',
    offset: 2,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (bus) => bus.readControl(),
    write: (bus, value) => bus.writeControl(value),
  },
  stored('SMBHSTCMD', 3, 'command'),
  stored('SMBHSTADD', 4, 'address'),
  stored('SMBHSTDAT0', 5, 'data0'),
  stored('SMBHSTDAT1', 6, 'data1'),
  {
    name: 'SMBBLKDAT',
    offset: 7,
    width: 1,
    access: 'RW',
    read: (bus) => bus.readBlock(),
    write: (bus, value) => bus.writeBlock(value),
  },
  stored('SMBSLVCNT', 8, 'slaveControl'),
  { name: 'SMBSHDWCMD', offset: 9, width: 1, reset: 0, access: 'RO', read: () => 0 },
  {
    name: 'SMBSLVEVT',
    offset: 0xa,
    width: 2,
    reset: 0,
    access: 'RW',
    read: (bus) => bus.state.slaveEvent,
    write: (bus, value, lanes) => {
      bus.state.slaveEvent = (bus.state.slaveEvent & ~lanes & 0xffff) | value;
    },
  },
  { name: 'SMBSLVDAT', offset: 0xc, width: 2, reset: 0, access: 'RO', read: () => 0 },
];
