// Flash memory with Intel's command set, as firmware keeps its variables in: Intel 28F008SA data sheet ("Bus operations",
// "Command definitions") for the commands of one byte's width, 28F128J3A data sheet for query, write buffer and block locks,
// JESD68.01 for the query's answer (query-table.ts). Uniform blocks of 4 KiB; a part of no maker.
//
//   write            then                                    reads show
//   FFh                                                      the array: plain memory, without the chip's doing
//   90h                                                      identifier codes: 0 maker, 1 device (both 0), 2 block lock (0)
//   98h                                                      the query table
//   70h                                                      the status register
//   50h              clears the status register              the array
//   20h              D0h erases the block                    the status register
//   40h, 10h         data (of any width) is programmed       the status register
//   E8h              bytes - 1, as many data, D0h programs   the status register
//   60h              01h, D0h, 2Fh: locks, which do nothing  the status register
//
//   status register  7 ready   5 erase failed   4 program failed (both: not a sequence of commands)   1 block is locked
//
// Programming clears bits only; erasing sets them. An operation is over when the command is, and what it has changed is with
// the back end then. Status bit 7 is 0 from power-on and from 50h until the first operation, which is how firmware for
// this platform tells the chip from others (silicon is always ready there).
//
// Not modelled: suspending (nothing takes time), protection registers, x16 mode. A wide access is one command cycle, its low
// byte the command.
import type { FlashImage } from '../../backend/flash/flash-image.ts';
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, initialState, integer, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { RegisterRegion } from '../registers.ts';
import { ERASE_BLOCK, queryTable, WRITE_BUFFER } from './query-table.ts';

const READ_IDENTIFIER = 0x90;
const READ_QUERY = 0x98;
const READ_STATUS = 0x70;
const CLEAR_STATUS = 0x50;
const BLOCK_ERASE = 0x20;
const BYTE_PROGRAM = 0x40;
const BYTE_PROGRAM_ALTERNATE = 0x10;
const WRITE_TO_BUFFER = 0xe8;
const LOCK_SETUP = 0x60;
const CONFIRM = 0xd0;
const LOCK_BLOCK = 0x01;
const LOCK_DOWN_BLOCK = 0x2f;

const SR_READY = 0x80;
const SR_ERASE_FAILED = 0x20;
const SR_PROGRAM_FAILED = 0x10;
const SR_SEQUENCE = SR_ERASE_FAILED | SR_PROGRAM_FAILED;
const SR_LOCKED = 0x02;

/** What reads show. */
const ARRAY = 0;
const STATUS = 1;
const IDENTIFIER = 2;
const QUERY = 3;

/** What the next write is. */
const COMMAND = 0;
const ERASE_CONFIRM = 1;
const PROGRAM_DATA = 2;
const BUFFER_COUNT = 3;
const BUFFER_DATA = 4;
const BUFFER_CONFIRM = 5;
const LOCK_CODE = 6;

const NO_START = -1;

const SHAPE = {
  mode: integer(ARRAY, QUERY),
  cycle: integer(COMMAND, LOCK_CODE),
  status: uint(8),
  /** Where the block lies that the buffer is for, and the buffer's first byte, NO_START before there is one. */
  bufferBlock: uint(32),
  bufferStart: integer(NO_START, 2 ** 32 - 1, NO_START),
  /** Bytes that the guest said it would write, and those that are still to come. */
  bufferLength: integer(0, WRITE_BUFFER),
  bufferLeft: integer(0, WRITE_BUFFER),
  buffer: bytes(WRITE_BUFFER),
};

export interface IntelFlashOptions {
  /** The content, as large as the image: loaded here, changed by the guest's commands only. Saved with the guest's memory. */
  readonly memory: PlainMemory;
  readonly image: FlashImage;
  /** From now on reads show the array (which needs nobody to answer them), or what the chip's region answers. */
  readonly showArray: (array: boolean) => void;
}

export class IntelFlash implements Chip {
  readonly regions: readonly RegisterRegion[];
  readonly #memory: PlainMemory;
  readonly #image: FlashImage;
  readonly #showArray: (array: boolean) => void;
  readonly #query: Uint8Array;
  readonly #state: StateOf<typeof SHAPE> = initialState(SHAPE);

  /** The memory and the image have the same size, whole blocks. Throws DoppelError where the image cannot be read. */
  constructor({ memory, image, showArray }: IntelFlashOptions) {
    const { length } = memory.bytes;
    if (length !== image.size || length % ERASE_BLOCK !== 0)
      throw new Error(`${image.name}: ${length} bytes`);
    this.#memory = memory;
    this.#image = image;
    this.#showArray = showArray;
    this.#query = queryTable(length);
    image.load(memory.bytes);
    this.regions = [
      {
        name: 'flash',
        size: length,
        registers: [],
        read: (offset, width) => this.#read(offset, width),
        write: (offset, width, value) => this.#write(offset, width, value),
      },
    ];
  }

  reset(): void {
    resetState(SHAPE, this.#state);
    this.#showArray(true);
  }

  save(): StateRecord {
    return saveState('intel-flash', 1, SHAPE, this.#state);
  }

  restore(record: StateRecord): void {
    restoreState('intel-flash', 1, SHAPE, this.#state, record);
    this.#showArray(this.#state.mode === ARRAY);
  }

  #read(offset: number, width: AccessWidth): number {
    let value = 0;
    for (let i = 0; i < width; i++) value |= this.#readByte(offset + i) << (8 * i);
    return value >>> 0;
  }

  #readByte(offset: number): number {
    switch (this.#state.mode) {
      case ARRAY:
        return this.#memory.bytes[offset] ?? 0xff;
      case STATUS:
        return this.#state.status;
      case QUERY:
        return this.#query[offset] ?? 0;
      default:
        return 0;
    }
  }

  #write(offset: number, width: AccessWidth, value: number): void {
    const state = this.#state;
    const { cycle } = state;
    const code = value & 0xff;
    state.cycle = COMMAND;
    switch (cycle) {
      case COMMAND:
        this.#command(offset, code);
        break;
      case ERASE_CONFIRM:
        if (code === CONFIRM) this.#erase(offset);
        else state.status |= SR_SEQUENCE;
        break;
      case PROGRAM_DATA:
        this.#program(
          offset,
          Uint8Array.from({ length: width }, (_, i) => (value >>> (8 * i)) & 0xff),
        );
        break;
      case BUFFER_COUNT:
        state.bufferLength = code + 1;
        state.bufferLeft = code + 1;
        state.bufferStart = NO_START;
        state.buffer.fill(0xff);
        state.cycle = BUFFER_DATA;
        break;
      case BUFFER_DATA:
        state.cycle = BUFFER_DATA;
        for (let i = 0; i < width && state.cycle === BUFFER_DATA; i++) {
          this.#toBuffer(offset + i, (value >>> (8 * i)) & 0xff);
        }
        break;
      case BUFFER_CONFIRM:
        if (code === CONFIRM && state.bufferStart >= 0)
          this.#program(state.bufferStart, state.buffer.subarray(0, state.bufferLength));
        else state.status |= SR_SEQUENCE;
        break;
      case LOCK_CODE:
        // No block is ever locked.
        if (code !== LOCK_BLOCK && code !== LOCK_DOWN_BLOCK && code !== CONFIRM) state.status |= SR_SEQUENCE;
        break;
    }
  }

  #command(offset: number, code: number): void {
    switch (code) {
      case READ_IDENTIFIER:
        this.#show(IDENTIFIER);
        break;
      case READ_QUERY:
        this.#show(QUERY);
        break;
      case READ_STATUS:
        this.#show(STATUS);
        break;
      case CLEAR_STATUS:
        this.#state.status = 0;
        this.#show(ARRAY);
        break;
      case BLOCK_ERASE:
        this.#begin(ERASE_CONFIRM);
        break;
      case BYTE_PROGRAM:
      case BYTE_PROGRAM_ALTERNATE:
        this.#begin(PROGRAM_DATA);
        break;
      case WRITE_TO_BUFFER:
        this.#state.bufferBlock = offset - (offset % ERASE_BLOCK);
        this.#begin(BUFFER_COUNT);
        break;
      case LOCK_SETUP:
        this.#begin(LOCK_CODE);
        break;
      default:
        // FFh, and whatever is no command.
        this.#show(ARRAY);
    }
  }

  /** The first cycle of several: the status register shows, and says ready since nothing takes time. */
  #begin(cycle: number): void {
    this.#state.cycle = cycle;
    this.#state.status |= SR_READY;
    this.#show(STATUS);
  }

  #show(mode: number): void {
    const before = this.#state.mode;
    this.#state.mode = mode;
    if ((before === ARRAY) !== (mode === ARRAY)) this.#showArray(mode === ARRAY);
  }

  /** One byte for the buffer: within its length from the first, and within the block. */
  #toBuffer(offset: number, byte: number): void {
    const state = this.#state;
    if (state.bufferStart === NO_START) state.bufferStart = offset;
    const at = offset - state.bufferStart;
    const inBlock = offset >= state.bufferBlock && offset < state.bufferBlock + ERASE_BLOCK;
    if (at < 0 || at >= state.bufferLength || !inBlock) {
      state.status |= SR_PROGRAM_FAILED;
      state.cycle = COMMAND;
      return;
    }
    state.buffer[at] = byte;
    state.bufferLeft--;
    if (state.bufferLeft === 0) state.cycle = BUFFER_CONFIRM;
  }

  #program(offset: number, data: Uint8Array): void {
    const old = this.#memory.bytes.subarray(offset, offset + data.length);
    const programmed = old.map((byte, i) => byte & data[i]!);
    this.#state.status |= this.#change(offset, old, programmed, SR_PROGRAM_FAILED);
  }

  #erase(offset: number): void {
    const start = offset - (offset % ERASE_BLOCK);
    const old = this.#memory.bytes.subarray(start, start + ERASE_BLOCK);
    const erased = new Uint8Array(old.length).fill(0xff);
    this.#state.status |= this.#change(start, old, erased, SR_ERASE_FAILED);
  }

  /** Puts bytes in the place of others, with the back end first; the status bits of a failure. */
  #change(offset: number, old: Uint8Array, changed: Uint8Array, failure: number): number {
    if (this.#image.readOnly) return failure | SR_LOCKED;
    const same = old.every((byte, i) => byte === changed[i]);
    if (same) return 0;
    if (!this.#image.store(offset, changed)) return failure;
    this.#memory.written(offset, changed.length);
    old.set(changed);
    return 0;
  }
}
