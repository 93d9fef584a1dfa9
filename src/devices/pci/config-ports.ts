// PCI configuration mechanism #1 (PCI Local Bus 3.0, section 3.2.2.3.2) and the bus behind it.
//
//   offset 0  CONFIG_ADDRESS  31 enable  23:16 bus  15:11 device  10:8 function  7:2 register; dwords only
//   offset 1  reset control (port 0xCF9): a byte access there is no configuration access
//   offset 4  CONFIG_DATA     the register's bytes, at any width
//
// An address without a function reads as all ones (master abort).

import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Region } from '../../memory/region.ts';
import type { Chip, StateOf } from '../chip.ts';
import { initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { RegisterDeclaration, RegisterRegion } from '../registers.ts';
import { bytesMask } from '../registers.ts';
import type { PciFunction } from './config-space.ts';

/** The functions of one PCI bus. */
export class PciBus {
  readonly #functions = new Map<number, PciFunction>();

  /** Plugs a function in. Throws RangeError where the place is no place or taken. */
  attach(device: number, func: number, target: PciFunction): void {
    const key = device * 8 + func;
    if (!(device >= 0 && device < 32 && func >= 0 && func < 8)) throw new RangeError('no such PCI slot');
    if (this.#functions.has(key)) throw new RangeError(`PCI slot ${device}.${func} is taken`);
    this.#functions.set(key, target);
  }

  find(device: number, func: number): PciFunction | undefined {
    return this.#functions.get(device * 8 + func);
  }
}

const ADDRESS_ENABLE = 0x8000_0000;
const ADDRESS_WRITABLE = 0x80ff_fffc;
const RESET_CONTROL = 1;
const DATA = 4;

const NAME = 'pci-config';
const SHAPE = { address: uint(32) };

const REGISTERS: readonly RegisterDeclaration[] = [
  { name: 'CONFIG_ADDRESS', offset: 0, width: 4, reset: 0, access: 'RW' },
  { name: 'CONFIG_DATA', offset: DATA, width: 4, access: 'RW' },
];

export class PciConfigPorts implements Chip {
  /** Ports 0xCF8 to 0xCFF. */
  readonly regions: readonly RegisterRegion[];
  readonly #bus: PciBus;
  readonly #resetControl: Region | undefined;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  /** @param resetControl answers byte accesses to port 0xCF9. */
  constructor(bus: PciBus, resetControl?: Region) {
    this.#bus = bus;
    this.#resetControl = resetControl;
    this.regions = [
      {
        name: 'pci-config',
        size: 8,
        registers: REGISTERS,
        read: (offset, width) => this.#read(offset, width),
        write: (offset, width, value) => this.#write(offset, width, value),
      },
    ];
  }

  reset(): void {
    resetState(SHAPE, this.#state);
  }

  save(): StateRecord {
    return saveState(NAME, 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, 1, SHAPE, this.#state, record);
  }

  #read(offset: number, width: AccessWidth): number {
    if (offset >= DATA) {
      const target = this.#target();
      const bytes = Math.max(Math.min(width, 8 - offset), 0);
      let value = bytesMask(width);
      if (target === undefined) return value;
      for (let byte = 0; byte < bytes; ) {
        // In one piece where it fits in the dword.
        const piece = (bytes === width ? width : 1) as AccessWidth;
        const read = target.readConfig(this.#register(offset + byte), piece);
        value = (value & ~((bytesMask(piece) << (8 * byte)) >>> 0)) | (read << (8 * byte));
        byte += piece;
      }
      return value >>> 0;
    }
    if (offset === 0 && width === 4) return this.#state.address;
    if (offset === RESET_CONTROL && width === 1 && this.#resetControl) return this.#resetControl.read(0, 1);
    return bytesMask(width);
  }

  #write(offset: number, width: AccessWidth, value: number): void {
    if (offset >= DATA) {
      const target = this.#target();
      if (target === undefined) return;
      if (offset + width <= 8) target.writeConfig(this.#register(offset), width, value);
      else {
        for (let byte = 0; offset + byte < 8; byte++) {
          target.writeConfig(this.#register(offset + byte), 1, (value >>> (8 * byte)) & 0xff);
        }
      }
    } else if (offset === 0 && width === 4) this.#state.address = (value & ADDRESS_WRITABLE) >>> 0;
    else if (offset === RESET_CONTROL && width === 1) this.#resetControl?.write(0, 1, value);
  }

  #target(): PciFunction | undefined {
    const { address } = this.#state;
    if ((address & ADDRESS_ENABLE) === 0 || ((address >>> 16) & 0xff) !== 0) return undefined;
    return this.#bus.find((address >>> 11) & 31, (address >>> 8) & 7);
  }

  #register(offset: number): number {
    return (this.#state.address & 0xfc) + (offset & 3);
  }
}
