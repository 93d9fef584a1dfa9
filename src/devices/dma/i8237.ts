// The DMA controllers of the PC: two 8237A (Intel 8237A data sheet, 231466) and the page registers of the
// AT. The first moves bytes for channels 0 to 3, the second words for channels 5 to 7; its channel 4 cascades
// the first.
//
//   first controller   offset n      second controller   offset 2n
//     0,2,4,6  address of channel 0..3    1,3,5,7  count          (16 bits through a byte pointer)
//     8  status, command   9  request   A  one mask   B  mode
//     C  clear byte pointer   D  master clear   E  clear masks   F  all masks
//   page registers   15 ports from 0x81: A23..A16 of a channel (A16 of a word channel comes from its address)
//
//   mode      7:6 demand, single, block, cascade   5 decrement   4 autoinitialize   3:2 verify, write, read   1:0 channel
//   command   2 disable (the other bits have no effect)
//
// A device moves a whole stretch at once (`transfer`); what a channel that is masked or disabled cannot move
// waits, and the device is told (`ready`) when the channel may go on. Addresses wrap within their 64 KiB
// (128 KiB for words). Memory to memory transfers, software requests and priorities are not modelled.
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, flag, initialState, records, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { DmaView } from '../lines.ts';
import type { Register, RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';

const NAME = 'i8237-pair';
const VERSION = 1;
const PAGES = 15;
/** Offsets of the page registers of channels 0 to 7 from port 0x81. */
const PAGE_OF_CHANNEL = [6, 2, 0, 1, 14, 10, 8, 9] as const;

const COMMAND_DISABLE = 0x04;
const MODE_DECREMENT = 0x20;
const MODE_AUTOINITIALIZE = 0x10;
const MODE_CASCADE = 0xc0;
const TYPE_WRITE = 1;
const TYPE_READ = 2;

const CHANNEL_SHAPE = {
  baseAddress: uint(16),
  baseCount: uint(16),
  address: uint(16),
  count: uint(16),
  mode: uint(8),
};

const CONTROLLER_SHAPE = {
  channels: records(4, CHANNEL_SHAPE),
  command: uint(8),
  /** Terminal counts reached since the status was read. */
  terminal: uint(4),
  requests: uint(4),
  masks: uint(4, 15),
  /** The next byte of an address or count is the upper one. */
  upper: flag(),
};

const SHAPE = { controllers: records(2, CONTROLLER_SHAPE), pages: bytes(PAGES) };

/** A device's end of a channel. */
export interface DmaChannel {
  /**
   * Moves bytes between the device and memory: to memory where the guest has programmed a write, out of
   * memory for a read, nowhere for a verify, which counts all the same.
   *
   * @returns bytes moved: fewer than given where the count has run out, 0 while the channel is masked
   */
  transfer(data: Uint8Array, toMemory: boolean): number;
  /** Whether the last transfer has reached terminal count. */
  readonly terminalCount: boolean;
  /** Is called when a channel that could not move may be able to. */
  ready: () => void;
}

export class I8237Pair implements Chip {
  /** First controller (16 ports), second (32 ports), pages (15 ports). */
  readonly regions: readonly RegisterRegion[];
  readonly #memory: DmaView;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);
  readonly #channels: readonly Channel[];

  constructor(memory: DmaView) {
    this.#memory = memory;
    this.#channels = Array.from({ length: 8 }, (_, index) => new Channel(this, index));
    this.regions = [
      registerRegion('dma-first', 16, controllerRegisters(0), this),
      registerRegion('dma-second', 32, controllerRegisters(1), this),
      registerRegion('dma-pages', PAGES, PAGE_REGISTERS, this),
    ];
  }

  /** Channels 0 to 3 move bytes, 5 to 7 words. */
  channel(index: number): DmaChannel {
    return this.#channels[index]!;
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

  /** Moves up to `data.length` bytes for a channel; says how many, and whether the count ran out. */
  move(index: number, data: Uint8Array, toMemory: boolean): { moved: number; terminal: boolean } {
    const controller = this.#state.controllers[index >> 2]!;
    const bit = 1 << (index & 3);
    const channel = controller.channels[index & 3]!;
    const unit = index >= 4 ? 2 : 1;
    const off = (controller.masks & bit) !== 0 || (controller.command & COMMAND_DISABLE) !== 0;
    if (off || (channel.mode & MODE_CASCADE) === MODE_CASCADE) return { moved: 0, terminal: false };
    const type = (channel.mode >> 2) & 3;
    const wanted = Math.floor(data.length / unit);
    const count = Math.min(wanted, channel.count + 1);
    const part = data.subarray(0, count * unit);
    if (type === TYPE_WRITE && toMemory) this.#copy(index, part, true);
    else if (type === TYPE_READ && !toMemory) this.#copy(index, part, false);
    else if (!toMemory) part.fill(0xff);
    channel.address = (channel.address + ((channel.mode & MODE_DECREMENT) !== 0 ? -count : count)) & 0xffff;
    const terminal = count === channel.count + 1;
    channel.count = (channel.count - count) & 0xffff;
    if (terminal) {
      controller.terminal |= bit;
      if ((channel.mode & MODE_AUTOINITIALIZE) !== 0) {
        channel.address = channel.baseAddress;
        channel.count = channel.baseCount;
      } else controller.masks |= bit;
    }
    return { moved: count * unit, terminal };
  }

  /** Between memory and `data`, in stretches that do not wrap. */
  #copy(index: number, data: Uint8Array, toMemory: boolean): void {
    const unit = index >= 4 ? 2 : 1;
    const channel = this.#state.controllers[index >> 2]!.channels[index & 3]!;
    const page = this.#state.pages[PAGE_OF_CHANNEL[index]!]!;
    const base = unit === 2 ? (page & 0xfe) * 0x1_0000 : page * 0x1_0000;
    const backwards = (channel.mode & MODE_DECREMENT) !== 0;
    let address = channel.address;
    for (let done = 0; done < data.length; ) {
      const stretch = backwards ? unit : Math.min(data.length - done, (0x1_0000 - address) * unit);
      const part = data.subarray(done, done + stretch);
      if (toMemory) this.#memory.write(base + address * unit, part);
      else this.#memory.read(base + address * unit, part);
      address = (address + (backwards ? -1 : stretch / unit)) & 0xffff;
      done += stretch;
    }
  }

  // What the register tables call.

  readHalf(controller: number, channel: number, count: boolean): number {
    const c = this.#state.controllers[controller]!;
    const value = count ? c.channels[channel]!.count : c.channels[channel]!.address;
    c.upper = !c.upper;
    return c.upper ? value & 0xff : value >> 8;
  }

  writeHalf(controller: number, channel: number, count: boolean, byte: number): void {
    const c = this.#state.controllers[controller]!;
    const s = c.channels[channel]!;
    const merged = (old: number): number => (c.upper ? (old & 0xff) | (byte << 8) : (old & 0xff00) | byte);
    if (count) {
      s.baseCount = merged(s.baseCount);
      s.count = s.baseCount;
    } else {
      s.baseAddress = merged(s.baseAddress);
      s.address = s.baseAddress;
    }
    c.upper = !c.upper;
  }

  readStatus(controller: number): number {
    const c = this.#state.controllers[controller]!;
    const status = (c.requests << 4) | c.terminal;
    c.terminal = 0;
    return status;
  }

  writeCommand(controller: number, value: number): void {
    this.#state.controllers[controller]!.command = value;
    this.#announce(controller);
  }

  writeRequest(controller: number, value: number): void {
    const c = this.#state.controllers[controller]!;
    const bit = 1 << (value & 3);
    c.requests = (value & 4) !== 0 ? c.requests | bit : c.requests & ~bit;
  }

  readMasks(controller: number): number {
    return 0xf0 | this.#state.controllers[controller]!.masks;
  }

  writeOneMask(controller: number, value: number): void {
    const { masks } = this.#state.controllers[controller]!;
    const bit = 1 << (value & 3);
    this.writeMasks(controller, (value & 4) !== 0 ? masks | bit : masks & ~bit);
  }

  writeMasks(controller: number, value: number): void {
    this.#state.controllers[controller]!.masks = value & 15;
    this.#announce(controller);
  }

  writeMode(controller: number, value: number): void {
    this.#state.controllers[controller]!.channels[value & 3]!.mode = value & 0xfc;
  }

  clearBytePointer(controller: number): void {
    this.#state.controllers[controller]!.upper = false;
  }

  masterClear(controller: number): void {
    const c = this.#state.controllers[controller]!;
    c.command = 0;
    c.terminal = 0;
    c.requests = 0;
    c.masks = 15;
    c.upper = false;
  }

  readPage(index: number): number {
    return this.#state.pages[index]!;
  }

  writePage(index: number, value: number): void {
    this.#state.pages[index] = value;
  }

  #announce(controller: number): void {
    const c = this.#state.controllers[controller]!;
    if ((c.command & COMMAND_DISABLE) !== 0) return;
    for (let i = 0; i < 4; i++) {
      if ((c.masks & (1 << i)) === 0) this.#channels[4 * controller + i]!.ready();
    }
  }
}

class Channel implements DmaChannel {
  terminalCount = false;
  ready: () => void = () => {};
  readonly #pair: I8237Pair;
  readonly #index: number;

  constructor(pair: I8237Pair, index: number) {
    this.#pair = pair;
    this.#index = index;
  }

  transfer(data: Uint8Array, toMemory: boolean): number {
    const { moved, terminal } = this.#pair.move(this.#index, data, toMemory);
    this.terminalCount = terminal;
    return moved;
  }
}

function controllerRegisters(controller: 0 | 1): readonly Register<I8237Pair>[] {
  const at = (n: number): number => n << controller;
  const half = (channel: number, count: boolean): Register<I8237Pair> => ({
    name: `${count ? 'COUNT' : 'ADDRESS'}${4 * controller + channel}`,
    offset: at(2 * channel + (count ? 1 : 0)),
    width: 1,
    reset: 0,
    access: 'RW',
    read: (pair) => pair.readHalf(controller, channel, count),
    write: (pair, value) => pair.writeHalf(controller, channel, count, value),
  });
  const only = (
    name: string,
    n: number,
    write: (pair: I8237Pair, value: number) => void,
  ): Register<I8237Pair> => ({ name, offset: at(n), width: 1, access: 'WO', write });
  return [
    ...[0, 1, 2, 3].flatMap((channel) => [half(channel, false), half(channel, true)]),
    {
      name: 'STATUS',
      offset: at(8),
      width: 1,
      reset: 0,
      access: 'RO',
      read: (pair) => pair.readStatus(controller),
    },
    only('COMMAND', 8, (pair, value) => pair.writeCommand(controller, value)),
    only('REQUEST', 9, (pair, value) => pair.writeRequest(controller, value)),
    only('SINGLE_MASK', 10, (pair, value) => pair.writeOneMask(controller, value)),
    only('MODE', 11, (pair, value) => pair.writeMode(controller, value)),
    only('CLEAR_BYTE_POINTER', 12, (pair) => pair.clearBytePointer(controller)),
    only('MASTER_CLEAR', 13, (pair) => pair.masterClear(controller)),
    only('CLEAR_MASKS', 14, (pair) => pair.writeMasks(controller, 0)),
    {
      name: 'MASKS',
      offset: at(15),
      width: 1,
      reset: 0xff,
      access: 'RW',
      read: (pair) => pair.readMasks(controller),
      write: (pair, value) => pair.writeMasks(controller, value),
    },
  ];
}

const PAGE_REGISTERS: readonly Register<I8237Pair>[] = Array.from({ length: PAGES }, (_, index) => {
  const channel = (PAGE_OF_CHANNEL as readonly number[]).indexOf(index);
  return {
    name: channel < 0 ? `SCRATCH_${(0x81 + index).toString(16).toUpperCase()}` : `PAGE${channel}`,
    offset: index,
    width: 1,
    reset: 0,
    access: 'RW',
    read: (pair) => pair.readPage(index),
    write: (pair, value) => pair.writePage(index, value),
  } satisfies Register<I8237Pair>;
});
