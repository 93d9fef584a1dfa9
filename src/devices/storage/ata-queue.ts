// Native command queuing of a disk (ATA/ATAPI-8 ACS, READ FPDMA QUEUED 60h and WRITE FPDMA QUEUED 61h; Serial ATA 2.6,
// clause 13.6): up to 32 commands wait under their tags, and are carried out one after the other in the order in which
// they came. Back ends do one thing at a time, so that nothing would be gained by another order.
//
//   Features  sectors (0: 65,536)    Count 7:3 tag    LBA 48 bits    Device 7 force unit access
//
// When one fails, those that wait are dropped, and every further command is aborted until the host has read what failed:
// page 10h of the log (READ LOG EXT), or has reset the device.
import type { StateOf } from '../chip.ts';
import { bytes, flag, initialState, integer, moment, queue, records, resetState } from '../chip.ts';
import type { AtaDiskTransfer } from './ata-disk-transfer.ts';
import type { AtaInterface, TaskFileRegisters } from './ata-interface.ts';
import * as R from './ata-registers.ts';
import type { AtaSmartLog } from './ata-smart-log.ts';

const READ_FPDMA_QUEUED = 0x60;
const WRITE_FPDMA_QUEUED = 0x61;
export const QUEUE_DEPTH = 32;
const DEVICE_FUA = 0x80;
const NOTHING = -1;

/** Logs (ACS-2, annex A): the directory, and the page about the queue. */
const LOG_DIRECTORY = 0x00;
const LOG_QUEUED_ERROR = 0x10;
const LOG_PAGE = 512;

const COMMAND_SHAPE = {
  write: flag(),
  lba: moment(),
  count: integer(0, 65_536),
  forceUnit: flag(),
};

export const QUEUE_SHAPE = {
  commands: records(QUEUE_DEPTH, COMMAND_SHAPE),
  /** Tags that wait, the oldest first. */
  order: queue(QUEUE_DEPTH, 5),
  /** The tag that is carried out, or -1. */
  active: integer(NOTHING, QUEUE_DEPTH - 1, NOTHING),
  /** The host has been told whose data comes. */
  announced: flag(),
  /** A queued command has failed, and the host has not asked what. */
  failed: flag(),
  /** Log page 10h. */
  log: bytes(LOG_PAGE),
};

export type QueuedCommand = Readonly<StateOf<typeof COMMAND_SHAPE>>;

export class AtaQueue {
  state: StateOf<typeof QUEUE_SHAPE> = initialState(QUEUE_SHAPE);
  readonly #transfer: AtaDiskTransfer;
  readonly #interface: AtaInterface;
  readonly #log: AtaSmartLog;

  constructor(transfer: AtaDiskTransfer, ataInterface: AtaInterface, log: AtaSmartLog) {
    this.#transfer = transfer;
    this.#interface = ataInterface;
    this.#log = log;
  }

  static takes(command: number): boolean {
    return command === READ_FPDMA_QUEUED || command === WRITE_FPDMA_QUEUED;
  }

  get busy(): boolean {
    return this.state.active !== NOTHING || this.state.order.length > 0;
  }
  /** Everything but reading the log is aborted. */
  get failed(): boolean {
    return this.state.failed;
  }
  /** The tag whose command is carried out, or -1. */
  get active(): number {
    return this.state.active;
  }
  /** True once for each command: whose data comes is to be announced. */
  announce(): boolean {
    const { announced } = this.state;
    this.state.announced = true;
    return !announced;
  }

  /** Takes a command; false where its tag is in use. `start` is next. */
  accept(command: number, r: TaskFileRegisters): boolean {
    const s = this.state;
    const tag = (r.count >> 3) & (QUEUE_DEPTH - 1);
    if (s.active === tag || s.order.includes(tag)) return false;
    const upper = (r.high >> 8) * 2 ** 40 + (r.mid >> 8) * 2 ** 32 + (r.low >> 8) * 2 ** 24;
    s.commands[tag] = {
      write: command === WRITE_FPDMA_QUEUED,
      lba: upper + ((r.high & 0xff) << 16) + ((r.mid & 0xff) << 8) + (r.low & 0xff),
      count: r.features === 0 ? 65_536 : r.features,
      forceUnit: (r.device & DEVICE_FUA) !== 0,
    };
    s.order.push(tag);
    return true;
  }

  /** Begins the oldest command, where none is under way. */
  start(): void {
    const s = this.state;
    const tag = s.active === NOTHING ? s.order.shift() : undefined;
    if (tag === undefined) return;
    s.active = tag;
    s.announced = false;
    this.#note(tag, s.commands[tag]!);
    this.#transfer.startQueued(s.commands[tag]!);
  }

  #note(tag: number, { write, lba, count }: QueuedCommand): void {
    const [low, mid, high] = [lba, lba / 2 ** 8, lba / 2 ** 16];
    const registers = { features: count, count: tag << 3, low, mid, high, device: R.DEVICE_LBA };
    this.#log.note(write ? WRITE_FPDMA_QUEUED : READ_FPDMA_QUEUED, registers);
  }

  /** The command under way is over, well or not: its tag. */
  end(): number {
    const s = this.state;
    const tag = s.active;
    s.active = NOTHING;
    const { status, error } = this.#interface.state;
    if ((status & R.STATUS_ERR) !== 0) this.#fail(tag, status, error);
    return tag;
  }

  /** Forgets all commands. */
  clear(): void {
    const { log } = this.state;
    resetState(QUEUE_SHAPE, this.state);
    this.state.log = log;
  }

  /** A page of 512 bytes of a log, or undefined where there is none. Reading what failed ends the failure. */
  readLog(address: number, page: number): Uint8Array | undefined {
    if (page !== 0) return undefined;
    if (address === LOG_DIRECTORY) {
      const directory = new Uint8Array(LOG_PAGE);
      directory[0] = 1; // the version
      directory[2 * LOG_QUEUED_ERROR] = 1; // a page
      return directory;
    }
    if (address !== LOG_QUEUED_ERROR) return undefined;
    this.state.failed = false;
    return this.state.log;
  }

  #fail(tag: number, status: number, error: number): void {
    const s = this.state;
    s.order = [];
    s.failed = true;
    const r = this.#interface.state;
    s.log.fill(0);
    s.log.set([tag, 0, status, error, r.low, r.mid, r.high, r.device]);
    s.log.set([r.low >> 8, r.mid >> 8, r.high >> 8], 8);
    s.log[12] = tag << 3;
    s.log[LOG_PAGE - 1] = -s.log.reduce((sum, byte) => sum + byte, 0);
  }
}
