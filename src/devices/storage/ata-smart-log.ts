// What an ATA disk writes down about itself (ATA/ATAPI-7 volume 1, clause 6.54.6.8: SMART READ LOG): the commands
// before an error in the summary error log, and the results of self-tests. Both are kept in the logs' own format, which
// ACS-2, annex A, has not changed.
//
//   summary error log (01h): 2 bytes, 5 x [5 x command (12 bytes), error (30 bytes)], count
//   self-test log (06h):     2 bytes, 21 x result (24 bytes), index of the newest
//
// An error is one of the medium: commands that are not known or address what is not there are none. Times count from when
// the machine was created: an image holds no memory of what was before.
import type { Clock } from '../../base/services.ts';
import { bytes, flag, initialState, integer, type StateOf } from '../chip.ts';
import type { TaskFileRegisters } from './ata-interface.ts';
import * as R from './ata-registers.ts';

const PAGE = 512;
const COMMAND = 12;
const COMMANDS = 5;
const ERROR = COMMANDS * COMMAND + 30;
const ERRORS = 5;
const RESULT = 24;
const RESULTS = 21;
const MOST_ERRORS = 0xffff;
const NANOSECONDS_AN_HOUR = 3.6e12;
/** The state of a device that was active or idle when the error occurred. */
const STATE_ACTIVE = 3;

export const SMART_LOG_SHAPE = {
  /** Whether SMART is enabled: errors are written down. */
  enabled: flag(true),
  /** The last five commands, the newest last, as the error log has them. */
  commands: bytes(COMMANDS * COMMAND),
  errors: bytes(ERRORS * ERROR),
  errorCount: integer(0, MOST_ERRORS),
  /** Sectors that could not be read, each time that a command met one. */
  uncorrectable: integer(0, MOST_ERRORS),
  results: bytes(RESULTS * RESULT),
  /** Which result is the newest, from 1; 0 for none. */
  newest: integer(0, RESULTS),
};

export class AtaSmartLog {
  state: StateOf<typeof SMART_LOG_SHAPE> = initialState(SMART_LOG_SHAPE);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Hours since power-on. */
  get hours(): number {
    return Math.floor(this.#clock.now() / NANOSECONDS_AN_HOUR);
  }

  /** A command begins. */
  note(command: number, r: TaskFileRegisters): void {
    const { commands } = this.state;
    commands.copyWithin(0, COMMAND);
    const at = commands.length - COMMAND;
    commands.set([0, r.features, r.count, r.low, r.mid, r.high, r.device, command], at);
    const milliseconds = Math.floor(this.#clock.now() / 1e6) % 2 ** 32;
    new DataView(commands.buffer, commands.byteOffset).setUint32(at + 8, milliseconds, true);
  }

  /** The newest command fails, and the registers will show this. */
  failed(r: TaskFileRegisters, error: number, status: number): void {
    const s = this.state;
    if (!s.enabled) return;
    const at = (s.errorCount % ERRORS) * ERROR;
    s.errors.set(s.commands, at);
    s.errors.fill(0, at + s.commands.length, at + ERROR);
    s.errors.set([0, error, r.count, r.low, r.mid, r.high, r.device, status], at + s.commands.length);
    s.errors[at + ERROR - 3] = STATE_ACTIVE;
    putWord(s.errors, at + ERROR - 2, this.hours);
    s.errorCount = Math.min(MOST_ERRORS, s.errorCount + 1);
    if ((error & R.ERROR_UNC) !== 0) s.uncorrectable = Math.min(MOST_ERRORS, s.uncorrectable + 1);
  }

  /** A self-test with this number has ended well. */
  tested(test: number): void {
    const s = this.state;
    s.newest = (s.newest % RESULTS) + 1;
    const at = (s.newest - 1) * RESULT;
    s.results.fill(0, at, at + RESULT);
    s.results[at] = test;
    putWord(s.results, at + 2, this.hours);
  }

  /** A log's page of 512 bytes, or undefined where there is no such log. */
  page(address: number): Uint8Array | undefined {
    const s = this.state;
    const page = new Uint8Array(PAGE);
    switch (address) {
      case 0x00: // the directory: pages of each log
        page[0] = 1;
        page[2 * 0x01] = 1;
        page[2 * 0x06] = 1;
        return page;
      case 0x01:
        page[0] = 1;
        page[1] = s.errorCount === 0 ? 0 : ((s.errorCount - 1) % ERRORS) + 1;
        page.set(s.errors, 2);
        putWord(page, 452, s.errorCount);
        return sealed(page);
      case 0x06:
        putWord(page, 0, 1);
        page.set(s.results, 2);
        page[508] = s.newest;
        return sealed(page);
      default:
        return undefined;
    }
  }
}

export function putWord(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >> 8;
}

/** With a checksum that makes all bytes add up to zero. */
export function sealed(page: Uint8Array): Uint8Array {
  page[PAGE - 1] = 0;
  page[PAGE - 1] = -page.reduce((sum, byte) => sum + byte, 0);
  return page;
}
