// SMART of an ATA disk (ATA/ATAPI-7 volume 1, clause 6.54; ACS-2 clause 7.48): the command B0h by its features, and the
// attributes, whose format is older than the standard's "vendor specific" (SFF-8035i 2.0) and the same with every vendor.
//
//   Features  what to do    LBA Mid, High  4Fh C2h, or the command is aborted    LBA Low  test or log    Count  pages
//
// The attributes say what can be said truly of a disk that is a file: how long it is on, how often it was switched on, and
// how many sectors could not be read. No attribute ever falls below its threshold.
//
// A self-test ends well at once: there is no head, no motor and no other electronics to test, and the host looks after
// its own storage. It does not read the medium.
//
// Not modelled: automatic off-line collection, selective and conveyance self-tests, WRITE LOG and the host's own logs.
import type { StateOf } from '../chip.ts';
import { flag, initialState, record } from '../chip.ts';
import type { AtaDiskTransfer } from './ata-disk-transfer.ts';
import type { AtaInterface } from './ata-interface.ts';
import * as R from './ata-registers.ts';
import { type AtaSmartLog, putWord, SMART_LOG_SHAPE, sealed } from './ata-smart-log.ts';

const SIGNATURE_MID = 0x4f;
const SIGNATURE_HIGH = 0xc2;

/** The Features register. */
const READ_DATA = 0xd0;
const READ_THRESHOLDS = 0xd1;
const ATTRIBUTE_AUTOSAVE = 0xd2;
const SAVE_ATTRIBUTES = 0xd3;
const EXECUTE_OFF_LINE = 0xd4;
const READ_LOG = 0xd5;
const ENABLE_OPERATIONS = 0xd8;
const DISABLE_OPERATIONS = 0xd9;
const RETURN_STATUS = 0xda;

/** The Count register of ATTRIBUTE AUTOSAVE. */
const AUTOSAVE_OFF = 0x00;
const AUTOSAVE_ON = 0xf1;

/** The LBA Low register of EXECUTE OFF-LINE IMMEDIATE; a captive test is one that the host waits for. */
const OFF_LINE_COLLECTION = 0x00;
const SHORT_TEST = 0x01;
const EXTENDED_TEST = 0x02;
const ABORT_TEST = 0x7f;
const CAPTIVE = 0x80;

export const SMART_SHAPE = {
  autosave: flag(true),
  /** Off-line data has been collected. */
  collected: flag(),
  log: record(SMART_LOG_SHAPE),
};

/** Attributes: the raw value tells, the others are as good as they can be. */
interface Attribute {
  readonly id: number;
  /** 10h: counts events; 02h: updated while the disk works; 20h: keeps itself. */
  readonly flags: number;
  readonly raw: (log: AtaSmartLog) => number;
}
const GOOD = 100;
const ATTRIBUTES: readonly Attribute[] = [
  { id: 9, flags: 0x32, raw: (log) => log.hours }, // power-on hours
  { id: 12, flags: 0x32, raw: () => 1 }, // times switched on
  { id: 187, flags: 0x32, raw: (log) => log.state.uncorrectable }, // uncorrectable errors that were reported
];
const ATTRIBUTE_SIZE = 12;
const STRUCTURE_VERSION = 0x0010;

export class AtaSmart {
  state: StateOf<typeof SMART_SHAPE> = initialState(SMART_SHAPE);
  readonly #log: AtaSmartLog;
  readonly #transfer: AtaDiskTransfer;
  readonly #interface: AtaInterface;

  constructor(log: AtaSmartLog, transfer: AtaDiskTransfer, ataInterface: AtaInterface) {
    this.#log = log;
    this.#transfer = transfer;
    this.#interface = ataInterface;
  }

  get enabled(): boolean {
    return this.#log.state.enabled;
  }

  execute(): void {
    const r = this.#interface.state;
    const operation = r.features & 0xff;
    const signed = (r.mid & 0xff) === SIGNATURE_MID && (r.high & 0xff) === SIGNATURE_HIGH;
    const page = signed && this.enabled ? this.#page(operation) : undefined;
    if (page) this.#transfer.offerLog(page);
    else if (signed && (this.enabled || operation === ENABLE_OPERATIONS) && this.#change(operation))
      this.#interface.complete();
    else this.#interface.fail(R.ERROR_ABRT);
  }

  /** What the operations answer that the host reads from; undefined for the others. */
  #page(operation: number): Uint8Array | undefined {
    const r = this.#interface.state;
    switch (operation) {
      case READ_DATA:
        return this.#data();
      case READ_THRESHOLDS:
        return this.#thresholds();
      case READ_LOG:
        return (r.count & 0xff) === 1 ? this.#log.page(r.low & 0xff) : undefined;
      default:
        return undefined;
    }
  }

  /** The operations without data: whether this one was done. */
  #change(operation: number): boolean {
    const s = this.state;
    const r = this.#interface.state;
    switch (operation) {
      case ENABLE_OPERATIONS:
        this.#log.state.enabled = true;
        return true;
      case DISABLE_OPERATIONS:
        this.#log.state.enabled = false;
        return true;
      case ATTRIBUTE_AUTOSAVE: {
        const count = r.count & 0xff;
        if (count !== AUTOSAVE_OFF && count !== AUTOSAVE_ON) return false;
        s.autosave = count === AUTOSAVE_ON;
        return true;
      }
      case SAVE_ATTRIBUTES: // they are never lost
        return true;
      case RETURN_STATUS:
        this.#showGood();
        return true;
      case EXECUTE_OFF_LINE:
        return this.#executeOffLine(r.low & 0xff);
      default:
        return false;
    }
  }

  #executeOffLine(test: number): boolean {
    switch (test) {
      case OFF_LINE_COLLECTION:
        this.state.collected = true;
        return true;
      case ABORT_TEST: // none is under way
        return true;
      case SHORT_TEST:
      case EXTENDED_TEST:
        this.#log.tested(test);
        return true;
      case SHORT_TEST | CAPTIVE:
      case EXTENDED_TEST | CAPTIVE:
        this.#log.tested(test);
        this.#showGood();
        return true;
      default:
        return false;
    }
  }

  /** No threshold is exceeded, no captive test has failed. */
  #showGood(): void {
    const r = this.#interface.state;
    r.mid = SIGNATURE_MID;
    r.high = SIGNATURE_HIGH;
  }

  #data(): Uint8Array {
    const page = new Uint8Array(512);
    putWord(page, 0, STRUCTURE_VERSION);
    ATTRIBUTES.forEach(({ id, flags, raw }, index) => {
      const at = 2 + ATTRIBUTE_SIZE * index;
      page.set([id, flags, 0, GOOD, GOOD], at);
      const value = raw(this.#log);
      for (let byte = 0; byte < 6; byte++) page[at + 5 + byte] = Math.floor(value / 2 ** (8 * byte));
    });
    page[362] = this.state.collected ? 0x02 : 0x00; // off-line collection: ended well, or never begun
    page[363] = 0; // self-test: ended well, or never begun
    page[367] = 0x11; // EXECUTE OFF-LINE IMMEDIATE; short and extended self-tests
    putWord(page, 368, 0x0003); // attributes are saved, on their own too
    page[370] = 0x01; // errors are logged
    page[372] = 1; // minutes after which to look for the end of a short test
    page[373] = 1; // and of an extended one
    return sealed(page);
  }

  /** The attributes' thresholds: 0, below which nothing can fall. */
  #thresholds(): Uint8Array {
    const page = new Uint8Array(512);
    putWord(page, 0, STRUCTURE_VERSION);
    ATTRIBUTES.forEach(({ id }, index) => {
      page[2 + ATTRIBUTE_SIZE * index] = id;
    });
    return sealed(page);
  }
}
