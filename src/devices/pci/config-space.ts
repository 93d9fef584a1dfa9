// The 256 bytes of configuration space of a PCI function (PCI Local Bus 3.0, chapter 6), declared as
// data: name, offset, width, value after reset, and which bits a write stores or, writing one, clears.
// Bytes that no register claims read as zero and ignore writes, as the specification asks.
//
// The size of a BAR is its mask: writing ones and reading back shows the bits that are writable.
import { DoppelError } from '../../base/errors.ts';
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { Saveable, StateRecord } from '../../base/state-record.ts';
import type { StateOf } from '../chip.ts';
import { bytes, initialState, restoreState, saveState } from '../chip.ts';

export const CONFIG_SPACE_SIZE = 256;

export interface ConfigRegister {
  readonly name: string;
  readonly offset: number;
  /** In bytes. */
  readonly width: AccessWidth;
  readonly reset: number;
  /** Bits that a write stores; none unless given. */
  readonly writable?: number;
  /** Bits that writing a one clears. */
  readonly clearable?: number;
}

/** What a bus asks of the function behind an address. */
export interface PciFunction {
  /** `offset + width` is at most 256. */
  readConfig(offset: number, width: AccessWidth): number;
  writeConfig(offset: number, width: AccessWidth, value: number): void;
}

/** What a configuration space saves. */
export const CONFIG_SHAPE = { bytes: bytes(CONFIG_SPACE_SIZE) };

export class PciConfigSpace implements PciFunction, Saveable {
  readonly registers: readonly ConfigRegister[];
  readonly #name: string;
  readonly #changed: ((offset: number, width: AccessWidth) => void) | undefined;
  readonly #state: StateOf<typeof CONFIG_SHAPE> = initialState(CONFIG_SHAPE);
  readonly #resetValues = new Uint8Array(CONFIG_SPACE_SIZE);
  readonly #writable = new Uint8Array(CONFIG_SPACE_SIZE);
  readonly #clearable = new Uint8Array(CONFIG_SPACE_SIZE);

  /** @param changed is called after each write, with the bytes that it covered. */
  constructor(
    name: string,
    registers: readonly ConfigRegister[],
    changed?: (offset: number, width: AccessWidth) => void,
  ) {
    this.#name = name;
    this.registers = registers;
    this.#changed = changed;
    for (const register of registers) {
      for (let byte = 0; byte < register.width; byte++) {
        const at = register.offset + byte;
        this.#resetValues[at] = register.reset >>> (8 * byte);
        this.#writable[at] = (register.writable ?? 0) >>> (8 * byte);
        this.#clearable[at] = (register.clearable ?? 0) >>> (8 * byte);
      }
    }
    this.#state.bytes.set(this.#resetValues);
  }

  readConfig(offset: number, width: AccessWidth): number {
    let value = 0;
    for (let byte = 0; byte < width; byte++) value |= this.#state.bytes[offset + byte]! << (8 * byte);
    return value >>> 0;
  }

  writeConfig(offset: number, width: AccessWidth, value: number): void {
    const stored = this.#state.bytes;
    for (let byte = 0; byte < width; byte++) {
      const at = offset + byte;
      const written = (value >>> (8 * byte)) & 0xff;
      const mask = this.#writable[at]!;
      stored[at] = ((stored[at]! & ~mask) | (written & mask)) & ~(written & this.#clearable[at]!);
    }
    this.#changed?.(offset, width);
  }

  /** What the device itself puts into a register, masks notwithstanding. */
  set(offset: number, width: AccessWidth, value: number): void {
    for (let byte = 0; byte < width; byte++) this.#state.bytes[offset + byte] = value >>> (8 * byte);
  }

  reset(): void {
    this.#state.bytes.set(this.#resetValues);
  }

  save(): StateRecord {
    return saveState(this.#name, 1, CONFIG_SHAPE, this.#state);
  }

  /** Also refuses a record whose read-only registers are those of another device. */
  restore(record: StateRecord): void {
    const restored = initialState(CONFIG_SHAPE);
    restoreState(this.#name, 1, CONFIG_SHAPE, restored, record);
    this.takeOver(restored);
  }

  /** The state, for a chip that saves it with its own. */
  get state(): StateOf<typeof CONFIG_SHAPE> {
    return this.#state;
  }

  /** Takes over a state; throws DoppelError where it is that of another device. */
  takeOver(restored: StateOf<typeof CONFIG_SHAPE>): void {
    for (let at = 0; at < 4; at++) {
      if (restored.bytes[at] !== this.#resetValues[at]) {
        throw new DoppelError(`The snapshot's ${this.#name} is damaged: it is another PCI device.`);
      }
    }
    this.#state.bytes = restored.bytes;
  }
}

/** COMMAND bits. */
export const PCI_COMMAND_IO = 0x0001;
export const PCI_COMMAND_MEMORY = 0x0002;
export const PCI_COMMAND_MASTER = 0x0004;

export interface HeaderValues {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, sub-class and programming interface, 24 bits. */
  readonly classCode: number;
  readonly command?: number;
  readonly commandWritable?: number;
  readonly status?: number;
  /** 0x80 for a device of several functions. */
  readonly headerType?: number;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
  /** 1 for INTA# .. 4 for INTD#; 0 for none. */
  readonly interruptPin?: number;
}

/** The registers of a type 0 header, without BARs. */
export function headerType0(values: HeaderValues): readonly ConfigRegister[] {
  const pin = values.interruptPin ?? 0;
  return [
    { name: 'Vendor ID', offset: 0x00, width: 2, reset: values.vendor },
    { name: 'Device ID', offset: 0x02, width: 2, reset: values.device },
    {
      name: 'Command',
      offset: 0x04,
      width: 2,
      reset: values.command ?? 0,
      writable: values.commandWritable ?? 0x0547,
    },
    { name: 'Status', offset: 0x06, width: 2, reset: values.status ?? 0, clearable: 0xf900 },
    { name: 'Revision ID', offset: 0x08, width: 1, reset: values.revision },
    { name: 'Programming Interface', offset: 0x09, width: 1, reset: values.classCode & 0xff },
    { name: 'Sub-class and Base Class', offset: 0x0a, width: 2, reset: values.classCode >>> 8 },
    { name: 'Cache Line Size', offset: 0x0c, width: 1, reset: 0, writable: 0xff },
    { name: 'Latency Timer', offset: 0x0d, width: 1, reset: 0, writable: 0xf8 },
    { name: 'Header Type', offset: 0x0e, width: 1, reset: values.headerType ?? 0 },
    { name: 'Subsystem Vendor ID', offset: 0x2c, width: 2, reset: values.subsystemVendor ?? 0 },
    { name: 'Subsystem ID', offset: 0x2e, width: 2, reset: values.subsystem ?? 0 },
    { name: 'Interrupt Line', offset: 0x3c, width: 1, reset: 0, writable: pin === 0 ? 0 : 0xff },
    { name: 'Interrupt Pin', offset: 0x3d, width: 1, reset: pin },
  ];
}

/** A BAR `index` 0..5 for `size` ports (a power of two, 4..256). */
export function ioBar(index: number, size: number): ConfigRegister {
  return { name: `BAR${index}`, offset: 0x10 + 4 * index, width: 4, reset: 1, writable: ~(size - 1) >>> 0 };
}

/** A 32-bit memory BAR `index` 0..5 for `size` bytes (a power of two, 16 bytes .. 2 GiB). */
export function memoryBar(index: number, size: number, prefetchable = false): ConfigRegister {
  return {
    name: `BAR${index}`,
    offset: 0x10 + 4 * index,
    width: 4,
    reset: prefetchable ? 8 : 0,
    writable: ~(size - 1) >>> 0,
  };
}

/** The BAR of an expansion ROM of `size` bytes (a power of two, 2 KiB .. 16 MiB); bit 0 lets it decode. */
export function romBar(size: number): ConfigRegister {
  return { name: 'Expansion ROM BAR', offset: 0x30, width: 4, reset: 0, writable: (~(size - 1) | 1) >>> 0 };
}
