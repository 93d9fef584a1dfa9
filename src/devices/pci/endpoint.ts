// A PCI function of a chip (PCI Local Bus 3.0, chapter 6): configuration space with base address registers
// that show the chip's regions where the guest asks for them, an interrupt pin, and the right to be bus master.
//
// It is a chip of its own beside the one that it belongs to: the board resets, saves and restores both.
//
//   COMMAND   0 I/O space   1 memory space   2 bus master   10 INTx off
//   STATUS    3 INTx asserted
//   ROM BAR   0 decode      31:11 address
//
// A BAR decodes nothing at address 0, nor up to the very end of its space: that is where it stands before it
// has an address, and while software writes ones to learn its size. I/O BARs decode 16 bits, memory BARs 32.
// Not modelled: 64-bit BARs, capabilities (a chip may declare registers for them), parity and system errors.
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { MemoryTarget } from '../../memory/plain-memory.ts';
import type { Region, Unmap } from '../../memory/region.ts';
import type { Chip } from '../chip.ts';
import type { DmaView, IrqLine } from '../lines.ts';
import type { ConfigRegister, HeaderValues, PciFunction } from './config-space.ts';
import {
  headerType0,
  ioBar,
  memoryBar,
  PCI_COMMAND_IO,
  PCI_COMMAND_MASTER,
  PCI_COMMAND_MEMORY,
  PciConfigSpace,
  romBar,
} from './config-space.ts';

const COMMAND = 0x04;
const STATUS = 0x06;
const COMMAND_INTX_OFF = 0x0400;
const STATUS_INTX = 0x0008;
const FIRST_BAR = 0x10;
const BARS_END = 0x28;
const ROM_BAR = 0x30;
const ROM_DECODE = 1;

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
  readonly spaces: PciAddressSpaces;
  /** Where the header's interrupt pin leads to. */
  readonly pin?: IrqLine;
  /** Told each write to configuration space, after it has taken effect, and a reset or restore (all 256 bytes). */
  readonly changed?: (offset: number, bytes: number) => void;
}

interface PlacedBar {
  start: number;
  unmap: Unmap;
}

const NOWHERE = -1;

export class PciEndpoint implements Chip, PciFunction {
  readonly regions = [];
  readonly config: PciConfigSpace;
  /** INTx as the chip drives it. */
  readonly interrupt: IrqLine;
  readonly #options: PciEndpointOptions;
  readonly #bars: readonly PciBar[];
  readonly #placed: PlacedBar[];

  constructor(options: PciEndpointOptions) {
    this.#options = options;
    this.#bars = options.bars ?? [];
    this.#placed = this.#bars.map(() => ({ start: NOWHERE, unmap: () => {} }));
    const registers = [
      ...headerType0(options.header),
      ...this.#bars.map((bar) => barRegister(bar)),
      ...(options.registers ?? []),
    ];
    this.config = new PciConfigSpace(options.name, registers, (offset, bytes) =>
      this.#written(offset, bytes),
    );
    this.interrupt = { set: (level) => this.#setInterrupt(level) };
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
    this.#options.pin?.set(false);
    this.#placeBars();
    this.#options.changed?.(0, 256);
  }

  save(): StateRecord {
    return this.config.save();
  }

  restore(record: StateRecord): void {
    this.config.restore(record);
    this.#placeBars();
    this.#options.changed?.(0, 256);
  }

  #written(offset: number, bytes: number): void {
    const end = offset + bytes;
    const command = offset < COMMAND + 2 && end > COMMAND;
    const bars = (offset < BARS_END && end > FIRST_BAR) || (offset < ROM_BAR + 4 && end > ROM_BAR);
    if (command || bars) this.#placeBars();
    if (command) this.#driveInterrupt();
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
    this.config.set(STATUS, 2, level ? status | STATUS_INTX : status & ~STATUS_INTX);
    this.#driveInterrupt();
  }

  #driveInterrupt(): void {
    const off = (this.config.readConfig(COMMAND, 2) & COMMAND_INTX_OFF) !== 0;
    const asserted = (this.config.readConfig(STATUS, 2) & STATUS_INTX) !== 0;
    this.#options.pin?.set(asserted && !off);
  }
}

function barOffset(bar: { readonly index: number | 'rom' }): number {
  return bar.index === 'rom' ? ROM_BAR : FIRST_BAR + 4 * bar.index;
}

function barRegister(bar: PciBar): ConfigRegister {
  if (bar.space === 'ports') return ioBar(bar.index, bar.size);
  return bar.index === 'rom' ? romBar(bar.size) : memoryBar(bar.index, bar.size, bar.prefetchable);
}
