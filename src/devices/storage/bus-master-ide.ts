// The bus master of a PCI IDE function (Programming Interface for Bus Master IDE Controller, revision
// 1.0; 82371SB PIIX3 data sheet, 290550, section 2.7): eight ports for each of two channels.
//
//   0  BMICX   0 start   3 to memory (a read of the disk)
//   2  BMISX   0 active  1 error (RW1C)  2 interrupt (RW1C)  5, 6 device 0, 1 can do DMA (stored)
//   4  BMIDTPX 31:2 address of the descriptor table
//
//   descriptor: 31:1 address of memory  |  15:1 bytes, 0 for 64 KiB; 31 of the second word: the last
//
// The engine moves a block as soon as it is started and the device has one. It stops being active when
// the last descriptor is used up; interrupt without active is then a transfer that fits its table, active
// with interrupt a table that is longer, and neither a table that is too short: the device waits for
// more until it is reset. Clearing start stops the engine; the table is begun anew at the next start.
// Not modelled: descriptors that cross a 64 KiB boundary wrap on silicon and go straight on here.
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { flag, initialState, records, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { DmaView } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { merge, registerRegion } from '../registers.ts';
import type { IdeChannel } from './ide-channel.ts';

const NAME = 'bus-master-ide';
const VERSION = 1;

const COMMAND_START = 0x01;
const COMMAND_TO_MEMORY = 0x08;
const STATUS_ACTIVE = 0x01;
const STATUS_ERROR = 0x02;
const STATUS_INTERRUPT = 0x04;
const STATUS_STORED = 0x60;
const LAST_DESCRIPTOR = 0x8000;
/** Descriptors of a table whose memory is lent at once. */
const MOST_PIECES = 512;

const ENGINE_SHAPE = {
  command: uint(8),
  status: uint(8),
  table: uint(32),
  /** The next descriptor. */
  next: uint(32),
  /** Of the descriptor in use: where it goes on, bytes left, and whether it is the last. */
  address: uint(32),
  left: uint(17),
  last: flag(),
};

const SHAPE = { engines: records(2, ENGINE_SHAPE) };

export interface BusMasterIdeOptions {
  readonly channels: readonly [IdeChannel, IdeChannel];
  /** Memory as the function can reach it. */
  readonly memory: DmaView;
}

export class BusMasterIde implements Chip {
  /** 16 ports, for BAR 4. */
  readonly regions: readonly RegisterRegion[];
  readonly #options: BusMasterIdeOptions;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  readonly #descriptor = new Uint8Array(8);
  readonly #descriptorView = new DataView(this.#descriptor.buffer);
  readonly #moving = [false, false];
  /** The engine behind what it has lent. */
  #ahead: StateOf<typeof ENGINE_SHAPE> | undefined;

  constructor(options: BusMasterIdeOptions) {
    this.#options = options;
    this.regions = [registerRegion('bus-master-ide', 16, REGISTERS, this, { unclaimed: 0 })];
    options.channels.forEach((channel, index) => {
      channel.dma = {
        dmaReady: () => this.#move(index),
        interruptRaised: () => {
          this.#state.engines[index]!.status |= STATUS_INTERRUPT;
        },
        lend: (bytes) => this.#lend(index, bytes),
        filled: () => this.#filled(index),
      };
    });
  }

  reset(): void {
    resetState(SHAPE, this.#state);
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.#state, record);
  }

  // What the register table calls.

  readCommand(index: number): number {
    return this.#state.engines[index]!.command;
  }

  writeCommand(index: number, value: number): void {
    const engine = this.#state.engines[index]!;
    const started = (engine.command & COMMAND_START) !== 0;
    // The direction cannot be changed while the engine is active.
    const direction = (engine.status & STATUS_ACTIVE) !== 0 && started ? engine.command : value;
    engine.command = (value & COMMAND_START) | (direction & COMMAND_TO_MEMORY);
    if ((value & COMMAND_START) === 0) {
      engine.status &= ~STATUS_ACTIVE;
    } else if (!started) {
      engine.status |= STATUS_ACTIVE;
      engine.next = engine.table;
      engine.left = 0;
      engine.last = false;
      this.#move(index);
    }
  }

  readStatus(index: number): number {
    this.#options.channels[index]!.selected?.catchUp();
    return this.#state.engines[index]!.status;
  }

  writeStatus(index: number, value: number): void {
    const engine = this.#state.engines[index]!;
    const cleared = value & (STATUS_ERROR | STATUS_INTERRUPT);
    engine.status = (engine.status & ~cleared & ~STATUS_STORED) | (value & STATUS_STORED);
  }

  readTable(index: number): number {
    return this.#state.engines[index]!.table;
  }

  writeTable(index: number, value: number, lanes: number): void {
    const engine = this.#state.engines[index]!;
    engine.table = merge(engine.table, value & ~3, lanes);
  }

  /** Moves blocks while the device has some and the table has room. */
  #move(index: number): void {
    if (this.#moving[index]) return; // the device offers its next block inside moved: the loop below takes it
    this.#moving[index] = true;
    const engine = this.#state.engines[index]!;
    const device = this.#options.channels[index]!.selected;
    while (device !== undefined && (engine.status & STATUS_ACTIVE) !== 0) {
      const direction = device.dmaDirection;
      if (direction === null) break;
      const toMemory = (engine.command & COMMAND_TO_MEMORY) !== 0;
      if (toMemory !== (direction === 'in')) break;
      const moved = this.#moveBlock(engine, device.block, toMemory);
      if (engine.last && engine.left === 0) engine.status &= ~STATUS_ACTIVE;
      if (moved === 0) break;
      device.moved(moved);
    }
    this.#moving[index] = false;
  }

  /** Bytes moved: fewer than the block has where the table ends. */
  #moveBlock(engine: StateOf<typeof ENGINE_SHAPE>, block: Uint8Array, toMemory: boolean): number {
    let moved = 0;
    while (moved < block.length) {
      if (engine.left === 0) {
        if (engine.last) break;
        this.#fetchDescriptor(engine);
      }
      const count = Math.min(engine.left, block.length - moved);
      const part = block.subarray(moved, moved + count);
      if (toMemory) this.#options.memory.write(engine.address, part);
      else this.#options.memory.read(engine.address, part);
      engine.address = (engine.address + count) >>> 0;
      engine.left -= count;
      moved += count;
    }
    return moved;
  }

  /** Memory for so many bytes, where the engine waits for them, and all of it is RAM in pieces of whole sectors. */
  #lend(index: number, bytes: number): readonly Uint8Array[] | undefined {
    const engine = this.#state.engines[index]!;
    const toMemory = (engine.command & COMMAND_TO_MEMORY) !== 0;
    const { memory } = this.#options;
    if ((engine.status & STATUS_ACTIVE) === 0 || !toMemory || !memory.lend) return undefined;
    const ahead = { ...engine };
    const pieces: Uint8Array[] = [];
    for (let left = bytes; left > 0; ) {
      if (ahead.left === 0) {
        if (ahead.last || pieces.length >= MOST_PIECES) return undefined;
        this.#fetchDescriptor(ahead);
      }
      const count = Math.min(ahead.left, left);
      const piece = count % SECTOR_SIZE === 0 ? memory.lend(ahead.address, count, 'write') : undefined;
      if (!piece) return undefined;
      pieces.push(piece);
      ahead.address = (ahead.address + count) >>> 0;
      ahead.left -= count;
      left -= count;
    }
    this.#ahead = ahead;
    return pieces;
  }

  #filled(index: number): void {
    const engine = this.#state.engines[index]!;
    Object.assign(engine, this.#ahead);
    if (engine.last && engine.left === 0) engine.status &= ~STATUS_ACTIVE;
  }

  #fetchDescriptor(engine: StateOf<typeof ENGINE_SHAPE>): void {
    const view = this.#descriptorView;
    this.#options.memory.read(engine.next, this.#descriptor);
    engine.address = (view.getUint32(0, true) & ~1) >>> 0;
    engine.left = view.getUint16(4, true) & ~1 || 0x1_0000;
    engine.last = (view.getUint16(6, true) & LAST_DESCRIPTOR) !== 0;
    engine.next = (engine.next + 8) >>> 0;
  }
}

const engineRegisters = (index: 0 | 1): readonly Register<BusMasterIde>[] => [
  {
    name: `BMIC${index}`,
    offset: 8 * index,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readCommand(index),
    write: (chip, value) => chip.writeCommand(index, value),
  },
  {
    name: `BMIS${index}`,
    offset: 8 * index + 2,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readStatus(index),
    write: (chip, value) => chip.writeStatus(index, value),
  },
  {
    name: `BMIDTP${index}`,
    offset: 8 * index + 4,
    width: 4,
    reset: 0,
    access: 'RW',
    read: (chip) => chip.readTable(index),
    write: (chip, value, lanes) => chip.writeTable(index, value, lanes),
  },
];

const REGISTERS: readonly Register<BusMasterIde>[] = [...engineRegisters(0), ...engineRegisters(1)];
