// A PCI function of a chip (PCI Local Bus 3.0, chapter 6): configuration space with base address registers
// that show the chip's regions where the guest asks for them, an interrupt pin or messages in its place (msi.ts,
// msi-x.ts), and the right to be bus master.
//
// It is a chip of its own beside the one that it belongs to: the board resets, saves and restores both.
//
//   COMMAND   0 I/O space   1 memory space   2 bus master   10 INTx off
//   STATUS    3 INTx asserted
//   ROM BAR   0 decode      31:11 address
//
// A BAR decodes nothing at address 0, nor up to the very end of its space: that is where it stands before it
// has an address, and while software writes ones to learn its size. I/O BARs decode 16 bits, memory BARs 32.
// Messages are writes to memory: they are lost while the function may not be bus master.
// Not modelled: 64-bit BARs, parity and system errors.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { MemoryTarget } from '../../memory/plain-memory.ts';
import type { Region, Unmap } from '../../memory/region.ts';
import type { Chip } from '../chip.ts';
import { initialState, restoreState, saveState } from '../chip.ts';
import type { DmaView, IrqLine, MsiTarget } from '../lines.ts';
import type { RegisterRegion } from '../registers.ts';
import { type PciCapability, placeCapabilities, STATUS_CAPABILITY_LIST } from './capabilities.ts';
import type { ConfigRegister, HeaderValues, PciFunction } from './config-space.ts';
import {
  CONFIG_SHAPE,
  headerType0,
  ioBar,
  memoryBar,
  PCI_COMMAND_IO,
  PCI_COMMAND_MASTER,
  PCI_COMMAND_MEMORY,
  PciConfigSpace,
  romBar,
} from './config-space.ts';
import { Msi, type MsiOptions } from './msi.ts';
import { Msix, type MsixOptions } from './msi-x.ts';

const VERSION = 1;
const COMMAND = 0x04;
const STATUS = 0x06;
const COMMAND_INTX_OFF = 0x0400;
const STATUS_INTX = 0x0008;
const FIRST_BAR = 0x10;
const BARS_END = 0x28;
const ROM_BAR = 0x30;
const ROM_DECODE = 1;
const HEADER_END = 0x40;

/** A base address register and what it shows: registers, or (in memory) memory as plain as RAM. */
export type PciBar =
  | {
      readonly space: 'ports';
      /** 0 to 5. */
      readonly index: number;
      /** Ports: a power of two, 4 to 256. */
      readonly size: number;
      readonly shows: Region;
    }
  | {
      readonly space: 'memory';
      readonly index: number | 'rom';
      /** Bytes: a power of two, whole pages of 4 KiB, up to 2 GiB. */
      readonly size: number;
      readonly prefetchable?: boolean;
      readonly shows: MemoryTarget;
    };

/** The address spaces that BARs are placed in: the board's. */
export interface PciAddressSpaces {
  /** Shows a region at `size` ports from `start`, as far as nobody else has them. */
  ports(start: number, size: number, shows: Region): Unmap;
  /** Shows it in guest-physical memory where neither RAM nor another device is. */
  memory(start: number, size: number, shows: MemoryTarget): Unmap;
}

export interface PciEndpointOptions {
  /** Of the record that it is saved as. */
  readonly name: string;
  readonly header: HeaderValues;
  readonly bars?: readonly PciBar[];
  /** Registers behind the header, from 0x40. */
  readonly registers?: readonly ConfigRegister[];
  /** In the order of the list. MSI and MSI-X come before them. */
  readonly capabilities?: readonly PciCapability[];
  /** Interrupts by messages; `messages` is where they go. */
  readonly msi?: MsiOptions;
  readonly msix?: MsixOptions;
  readonly messages?: MsiTarget;
  readonly spaces: PciAddressSpaces;
  /** Where the header's interrupt pin leads to. */
  readonly pin?: IrqLine;
  /** Told each write to configuration space, after it has taken effect, and a reset or restore (all 256 bytes). */
  readonly changed?: (offset: number, bytes: number) => void;
}

/** How a function interrupts: the guest's choice. */
export type InterruptMode = 'pin' | 'msi' | 'msi-x';

interface PlacedBar {
  start: number;
  unmap: Unmap;
}

const NOWHERE = -1;

export class PciEndpoint implements Chip, PciFunction {
  /** Table and pending bits of MSI-X, where it has that. */
  readonly regions: readonly RegisterRegion[];
  readonly config: PciConfigSpace;
  /**
   * INTx as the chip drives it. While the guest has chosen MSI, each rise sends vector 0 instead; while it has chosen MSI-X,
   * the line has no effect.
   */
  readonly interrupt: IrqLine;
  readonly #msi: Msi | undefined;
  readonly #msix: Msix | undefined;
  readonly #options: PciEndpointOptions;
  readonly #bars: readonly PciBar[];
  readonly #placed: PlacedBar[];

  constructor(options: PciEndpointOptions) {
    this.#options = options;
    const send: MsiTarget = {
      send: (address, data) => {
        if (this.busMaster) options.messages?.send(address, data);
      },
    };
    this.#msi = options.msi && new Msi(options.msi, send);
    this.#msix = options.msix && new Msix(options.msix, send);
    this.regions = this.#msix ? [this.#msix.region] : [];
    this.#bars = [
      ...(options.bars ?? []),
      ...this.regions.map((shows): PciBar => {
        return { space: 'memory', index: options.msix!.bar, size: shows.size, shows };
      }),
    ];
    this.#placed = this.#bars.map(() => ({ start: NOWHERE, unmap: () => {} }));
    const messages = [this.#msi, this.#msix].filter((one) => one !== undefined);
    const capabilities = placeCapabilities([
      ...messages.map(({ capability }) => capability),
      ...(options.capabilities ?? []),
    ]);
    const listed = capabilities.offsets.length > 0 ? STATUS_CAPABILITY_LIST : 0;
    const registers = [
      ...headerType0({ ...options.header, status: (options.header.status ?? 0) | listed }),
      ...this.#bars.map((bar) => barRegister(bar)),
      ...(options.registers ?? []),
      ...capabilities.registers,
    ];
    this.config = new PciConfigSpace(options.name, registers, (offset, bytes) =>
      this.#written(offset, bytes),
    );
    messages.forEach((one, i) => {
      one.place.set(this.config, capabilities.offsets[i]!);
    });
    this.interrupt = { set: (level) => this.#setInterrupt(level) };
  }

  /** How the guest wants to be interrupted. */
  get interruptMode(): InterruptMode {
    if (this.#msix?.enabled === true) return 'msi-x';
    return this.#msi?.enabled === true ? 'msi' : 'pin';
  }
  /** Vectors that the guest lets the function use: 0 while it has chosen the pin. */
  get vectors(): number {
    if (this.#msix?.enabled === true) return this.#msix.vectors;
    return this.#msi?.enabled === true ? this.#msi.vectors : 0;
  }
  /** Sends a vector by MSI-X or MSI, whichever the guest has chosen; one that is masked waits. Nothing for the pin. */
  message(vector: number): void {
    if (this.#msix?.enabled === true) this.#msix.signal(vector);
    else this.#msi?.signal(vector);
  }
  /** A vector that was sent while it was masked is no longer needed. */
  withdraw(vector: number): void {
    this.#msix?.withdraw(vector);
    this.#msi?.withdraw(vector);
  }

  /** Whether the guest lets the function read and write memory by itself. */
  get busMaster(): boolean {
    return (this.config.readConfig(COMMAND, 2) & PCI_COMMAND_MASTER) !== 0;
  }

  /** Memory as the function can reach it: while it may not be bus master, reads give ones and writes vanish. */
  dma(memory: DmaView): DmaView {
    return {
      read: (address, target) => {
        if (this.busMaster) memory.read(address, target);
        else target.fill(0xff);
      },
      write: (address, source) => {
        if (this.busMaster) memory.write(address, source);
      },
      lend: (address, length, use) => (this.busMaster ? memory.lend?.(address, length, use) : undefined),
    };
  }

  /** Where a BAR decodes at present, or undefined. */
  addressOf(index: number | 'rom'): number | undefined {
    const at = this.#bars.findIndex((bar) => bar.index === index);
    const start = this.#placed[at]?.start ?? NOWHERE;
    return start === NOWHERE ? undefined : start;
  }

  readConfig(offset: number, width: AccessWidth): number {
    return this.config.readConfig(offset, width);
  }

  writeConfig(offset: number, width: AccessWidth, value: number): void {
    this.config.writeConfig(offset, width, value);
  }

  reset(): void {
    this.config.reset();
    this.#msix?.reset();
    this.#options.pin?.set(false);
    this.#placeBars();
    this.#options.changed?.(0, 256);
  }

  save(): StateRecord {
    const state = { bytes: this.config.state.bytes };
    const { name } = this.#options;
    if (!this.#msix) return saveState(name, VERSION, CONFIG_SHAPE, state);
    return saveState(
      name,
      VERSION,
      { ...CONFIG_SHAPE, ...this.#msix.shape },
      { ...state, ...this.#msix.state },
    );
  }

  restore(record: StateRecord): void {
    const shape = { ...CONFIG_SHAPE, ...this.#msix?.shape };
    const restored = initialState(shape);
    restoreState(this.#options.name, VERSION, shape, restored, record);
    const { bytes, ...vectors } = restored;
    this.config.takeOver({ bytes });
    this.#msix?.restored({ ...this.#msix.state, ...vectors });
    this.#placeBars();
    this.#options.changed?.(0, 256);
  }

  #written(offset: number, bytes: number): void {
    const end = offset + bytes;
    const command = offset < COMMAND + 2 && end > COMMAND;
    const bars = (offset < BARS_END && end > FIRST_BAR) || (offset < ROM_BAR + 4 && end > ROM_BAR);
    if (command || bars) this.#placeBars();
    if (command || end > HEADER_END) this.#driveInterrupt();
    if (end > HEADER_END) {
      this.#msi?.written();
      this.#msix?.written();
    }
    this.#options.changed?.(offset, bytes);
  }

  #placeBars(): void {
    this.#bars.forEach((bar, i) => {
      const placed = this.#placed[i]!;
      const start = this.#wanted(bar);
      if (start === placed.start) return;
      placed.unmap();
      placed.start = start;
      if (start === NOWHERE) placed.unmap = () => {};
      else if (bar.space === 'ports') {
        placed.unmap = this.#options.spaces.ports(start, bar.size, bar.shows);
      } else placed.unmap = this.#options.spaces.memory(start, bar.size, bar.shows);
    });
  }

  /** Where a BAR is to decode, or NOWHERE. */
  #wanted(bar: PciBar): number {
    const enable = bar.space === 'ports' ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
    if ((this.config.readConfig(COMMAND, 2) & enable) === 0) return NOWHERE;
    const value = this.config.readConfig(barOffset(bar), 4);
    if (bar.index === 'rom' && (value & ROM_DECODE) === 0) return NOWHERE;
    const start = (value & ~(bar.size - 1)) >>> 0;
    const top = bar.space === 'ports' ? 0x1_0000 : 0x1_0000_0000;
    return start === 0 || start + bar.size >= top ? NOWHERE : start;
  }

  #setInterrupt(level: boolean): void {
    const status = this.config.readConfig(STATUS, 2);
    const before = (status & STATUS_INTX) !== 0;
    this.config.set(STATUS, 2, level ? status | STATUS_INTX : status & ~STATUS_INTX);
    if (this.interruptMode === 'msi' && level !== before) {
      if (level) this.#msi?.signal(0);
      else this.#msi?.withdraw(0);
    }
    this.#driveInterrupt();
  }

  /** The pin is silent while it is switched off, and while messages take its place. */
  #driveInterrupt(): void {
    const off = (this.config.readConfig(COMMAND, 2) & COMMAND_INTX_OFF) !== 0;
    const asserted = (this.config.readConfig(STATUS, 2) & STATUS_INTX) !== 0;
    this.#options.pin?.set(asserted && !off && this.interruptMode === 'pin');
  }
}

function barOffset(bar: { readonly index: number | 'rom' }): number {
  return bar.index === 'rom' ? ROM_BAR : FIRST_BAR + 4 * bar.index;
}

function barRegister(bar: PciBar): ConfigRegister {
  if (bar.space === 'ports') return ioBar(bar.index, bar.size);
  return bar.index === 'rom' ? romBar(bar.size) : memoryBar(bar.index, bar.size, bar.prefetchable);
}
