// One ATA channel as the PC shows it: the command block and control block registers, shared by two
// devices (ATA/ATAPI-7 volume 2, clause 5; with one device or none, clause 9.16.1 of ATA/ATAPI-4).
//
//   region command block, 8 ports (0x1F0, 0x170)
//     0 data (16 or 32 bits)     1 error, features     2 sector count     3 low   4 mid   5 high
//     6 device: 4 DEV, 6 LBA     7 status, command
//   region control block, 1 port (0x3F6, 0x376)
//     0 alternate status, device control: 1 nIEN  2 SRST  7 HOB
//
// What is written goes to both devices; the selected one answers. Device 0 answers for a device 1 that is
// not there, with a status of zero. Where no device is selected at all, nobody drives the bus but the
// pull-down of DD7: 7Fh. INTRQ is the selected device's, unless nIEN hides it.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import type { AtaInterface } from './ata-interface.ts';
import * as R from './ata-registers.ts';

const NAME = 'ide-channel';
const VERSION = 1;
const FLOATING = 0x7f;
const EXECUTE_DEVICE_DIAGNOSTIC = 0x90;

const SHAPE = {
  /** DEV, as last written. */
  selected: uint(1),
  control: uint(8),
  /** INTRQ as the host adapter has seen it. */
  interrupt: flag(),
};

/** The bus master's end of a channel. */
export interface ChannelDma {
  /** The selected device has a block to be moved. */
  dmaReady(): void;
  /** INTRQ has risen. */
  interruptRaised(): void;
  /** AdapterEnd.lend and filled, for the selected device. */
  lend(bytes: number): readonly Uint8Array[] | undefined;
  filled(): void;
}

export interface IdeChannelOptions {
  readonly irq: IrqLine;
  /** Devices 0 and 1. */
  readonly devices: readonly [AtaInterface | undefined, AtaInterface | undefined];
  /** False while the host adapter does not decode the channel's ports; always true unless given. */
  readonly decodes?: () => boolean;
}

export class IdeChannel implements Chip {
  readonly regions: readonly RegisterRegion[];
  dma: ChannelDma | undefined;
  readonly #options: IdeChannelOptions;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  constructor(options: IdeChannelOptions) {
    this.#options = options;
    const table = registerRegion('ide-command', 8, COMMAND_BLOCK, this);
    this.regions = [
      {
        ...table,
        // The data port is the one that is used in earnest: it is not looked up.
        read: (offset, width) => (offset === 0 ? this.readData(width) : table.read(offset, width)),
        write: (offset, width, value) =>
          offset === 0 ? this.writeData(width, value) : table.write(offset, width, value),
      },
      registerRegion('ide-control', 1, CONTROL_BLOCK, this),
    ];
    options.devices.forEach((device, index) => {
      if (device === undefined) return;
      device.adapter = {
        interruptChanged: () => this.#updateInterrupt(),
        dmaReady: () => {
          if (this.#state.selected === index) this.dma?.dmaReady();
        },
        lend: (bytes) => (this.#state.selected === index ? this.dma?.lend(bytes) : undefined),
        filled: () => this.dma?.filled(),
      };
    });
  }

  /** The selected device, or undefined where it is not there. */
  get selected(): AtaInterface | undefined {
    return this.#options.devices[this.#state.selected];
  }

  /** Devices do their own reset: they are chips. */
  reset(): void {
    resetState(SHAPE, this.#state);
    this.#options.irq.set(false);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
  }

  // What the register tables call.

  readData(width: AccessWidth): number {
    const device = this.#decodes ? this.selected : undefined;
    if (device === undefined) return 0xffff_ffff >>> (32 - 8 * width);
    // The port is 16 bits wide at least: a byte access moves a word all the same.
    return width === 1 ? device.readData(2) & 0xff : device.readData(width);
  }

  writeData(width: AccessWidth, value: number): void {
    if (this.#decodes) this.selected?.writeData(width === 1 ? 2 : width, value);
  }

  readRegister(offset: number): number {
    const device = this.#answering;
    if (device === undefined) return FLOATING;
    if (offset !== R.REGISTER_DEVICE) {
      return device.readRegister(offset, (this.#state.control & R.CONTROL_HOB) !== 0);
    }
    return (device.readRegister(offset, false) & ~R.DEVICE_DEV) | (this.#state.selected << 4);
  }

  writeRegister(offset: number, value: number): void {
    if (!this.#decodes) return;
    this.#state.control &= ~R.CONTROL_HOB;
    for (const device of this.#options.devices) device?.writeRegister(offset, value);
    if (offset === R.REGISTER_DEVICE) this.#select((value & R.DEVICE_DEV) === 0 ? 0 : 1);
  }

  readStatus(alternate: boolean): number {
    if (this.#answering === undefined) return FLOATING;
    if ((this.#state.control & R.CONTROL_SRST) !== 0) return R.STATUS_BSY;
    const device = this.selected;
    if (device === undefined) return 0;
    return alternate ? device.alternateStatus() : device.readStatus();
  }

  writeCommand(command: number): void {
    if (!this.#decodes) return;
    this.#state.control &= ~R.CONTROL_HOB;
    if (command === EXECUTE_DEVICE_DIAGNOSTIC) this.#diagnose();
    else this.selected?.writeCommand(command);
  }

  writeControl(value: number): void {
    if (!this.#decodes) return;
    const resets = (this.#state.control & ~value & R.CONTROL_SRST) !== 0;
    const begins = (~this.#state.control & value & R.CONTROL_SRST) !== 0;
    this.#state.control = value;
    if (begins || resets) {
      for (const device of this.#options.devices) device?.softReset();
      this.#select(0);
    }
    this.#updateInterrupt();
  }

  get #decodes(): boolean {
    return this.#options.decodes?.() ?? true;
  }

  /** The device whose registers are on the bus. */
  get #answering(): AtaInterface | undefined {
    return this.#decodes ? (this.selected ?? this.#options.devices[0]) : undefined;
  }

  #diagnose(): void {
    const [first, second] = this.#options.devices;
    if (first?.busy === true || second?.busy === true) return;
    this.#select(0);
    second?.diagnose(false);
    first?.diagnose(true);
  }

  #select(device: number): void {
    this.#state.selected = device;
    this.#updateInterrupt();
    if (this.selected !== undefined && this.selected.dmaDirection !== null) this.dma?.dmaReady();
  }

  #updateInterrupt(): void {
    const s = this.#state;
    const wanted = this.selected?.state.interrupt === true && (s.control & R.CONTROL_NIEN) === 0;
    if (wanted === s.interrupt) return;
    s.interrupt = wanted;
    if (wanted) this.dma?.interruptRaised();
    this.#options.irq.set(wanted);
  }
}

const register = (
  name: string,
  offset: number,
  reset: number | undefined,
  writeName: string,
): readonly Register<IdeChannel>[] => [
  {
    name,
    offset,
    width: 1,
    reset,
    access: 'RO',
    read: (channel) => channel.readRegister(offset),
  },
  {
    name: writeName,
    offset,
    width: 1,
    access: 'WO',
    write: (channel, value) => channel.writeRegister(offset, value),
  },
];

const COMMAND_BLOCK: readonly Register<IdeChannel>[] = [
  ...register('ERROR', R.REGISTER_FEATURES, 0x01, 'FEATURES'),
  ...register('COUNT', R.REGISTER_COUNT, 0x01, 'COUNT'),
  ...register('LBA_LOW', R.REGISTER_LOW, 0x01, 'LBA_LOW'),
  ...register('LBA_MID', R.REGISTER_MID, undefined, 'LBA_MID'),
  ...register('LBA_HIGH', R.REGISTER_HIGH, undefined, 'LBA_HIGH'),
  ...register('DEVICE', R.REGISTER_DEVICE, 0x00, 'DEVICE'),
  {
    name: 'STATUS',
    offset: R.REGISTER_COMMAND,
    width: 1,
    access: 'RO',
    read: (channel) => channel.readStatus(false),
  },
  {
    name: 'COMMAND',
    offset: R.REGISTER_COMMAND,
    width: 1,
    access: 'WO',
    write: (channel, value) => channel.writeCommand(value),
  },
  // Last, so that its second byte is not taken for the register that follows it.
  {
    name: 'DATA',
    offset: 0,
    width: 2,
    access: 'RW',
    read: (channel) => channel.readData(2),
    write: (channel, value) => channel.writeData(2, value),
  },
];

const CONTROL_BLOCK: readonly Register<IdeChannel>[] = [
  {
    name: 'ALTERNATE_STATUS',
    offset: 0,
    width: 1,
    access: 'RO',
    read: (channel) => channel.readStatus(true),
  },
  {
    name: 'DEVICE_CONTROL',
    offset: 0,
    width: 1,
    access: 'WO',
    write: (channel, value) => channel.writeControl(value),
  },
];
