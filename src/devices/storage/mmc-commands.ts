// The commands of a CD-ROM drive (MMC-5 clause 6; SPC-3 clause 6; SFF-8020i), by opcode: what each asks of
// the unit that carries it out. Command descriptor blocks are 12 bytes, numbers big-endian.
import * as answers from './mmc-answers.ts';
import { blockOf, frameOf, tableOfContents } from './mmc-toc.ts';
import * as S from './scsi-sense.ts';

/** What commands find in the drive and do with it. Each ends in one of reply, good, fail, read or receive. */
export interface MmcUnit {
  readonly condition: answers.DriveCondition;
  readonly names: { readonly vendor: string; readonly product: string; readonly revision: string };
  /** The block behind the one that was read last. */
  readonly position: number;
  /** Sends the first `allocation` bytes of `data`. */
  reply(data: Uint8Array, allocation: number): void;
  good(): void;
  fail(sense: S.Sense): void;
  /** Sends `count` blocks of 2,048 bytes. */
  read(lba: number, count: number): void;
  /** Takes `length` bytes, which are ignored. */
  receive(length: number): void;
  /** Sense data of the last failure, which is over when it has been told. */
  takeSense(): S.Sense;
  /** The media event that is due: 0 none, 1 eject request, 2 new medium, 3 removal. */
  takeEvent(): number;
  setLock(locked: boolean): void;
  /** Opens or closes the tray. */
  moveTray(open: boolean): void;
}

/** A command descriptor block. */
export type Cdb = Uint8Array;

interface Command {
  readonly run: (unit: MmcUnit, cdb: Cdb) => void;
  /** Fails as not ready without a medium. */
  readonly needsMedium?: boolean;
  /** Is carried out while a unit attention is pending, and leaves it pending. */
  readonly ignoresAttention?: boolean;
}

const word = (cdb: Cdb, at: number): number => (cdb[at]! << 8) | cdb[at + 1]!;
const triple = (cdb: Cdb, at: number): number => (cdb[at]! << 16) | word(cdb, at + 1);
const double = (cdb: Cdb, at: number): number => word(cdb, at) * 65_536 + word(cdb, at + 2);

/** Replies, or refuses where there is nothing to reply. */
function answer(unit: MmcUnit, data: Uint8Array | undefined, allocation: number): void {
  if (data === undefined) unit.fail(S.INVALID_FIELD);
  else unit.reply(data, allocation);
}

function readBlocks(unit: MmcUnit, lba: number, count: number): void {
  if (lba < 0 || lba + count > unit.condition.blocks) unit.fail(S.ADDRESS_OUT_OF_RANGE);
  else if (count === 0) unit.good();
  else unit.read(lba, count);
}

const USER_DATA = 0x10;

/** READ CD: user data of mode 1, which is all that an image holds. */
function readCd(unit: MmcUnit, cdb: Cdb, lba: number, count: number): void {
  const type = (cdb[1]! >> 2) & 7;
  const wanted = cdb[9]! & 0xf8;
  const fits = (type === 0 || type === 2) && (cdb[10]! & 7) === 0;
  if (!fits || (wanted !== USER_DATA && wanted !== 0)) unit.fail(S.ILLEGAL_MODE_FOR_TRACK);
  else readBlocks(unit, lba, wanted === 0 ? 0 : count);
}

function readCdMsf(unit: MmcUnit, cdb: Cdb): void {
  const first = blockOf(cdb[3]!, cdb[4]!, cdb[5]!);
  const end = blockOf(cdb[6]!, cdb[7]!, cdb[8]!);
  if (end < first) unit.fail(S.INVALID_FIELD);
  else readCd(unit, cdb, first, end - first);
}

function modeSense(unit: MmcUnit, cdb: Cdb, header: 8 | 4): void {
  const control = cdb[2]! >> 6;
  if (control === 3) {
    unit.fail(S.SAVING_NOT_SUPPORTED);
    return;
  }
  const data = answers.modeSense(cdb[2]! & 0x3f, control === 1, unit.condition, header);
  answer(unit, data, header === 8 ? word(cdb, 7) : cdb[4]!);
}

function startStop(unit: MmcUnit, cdb: Cdb): void {
  const loadEject = (cdb[4]! & 2) !== 0;
  const start = (cdb[4]! & 1) !== 0;
  const { locked, trayOpen } = unit.condition;
  if (!loadEject || (cdb[4]! & 0xf0) !== 0) unit.good();
  else if (!start && locked && !trayOpen) unit.fail(S.REMOVAL_PREVENTED);
  else {
    unit.moveTray(!start);
    unit.good();
  }
}

function readToc(unit: MmcUnit, cdb: Cdb): void {
  // SFF-8020i put the format into the upper bits of the control byte.
  const format = cdb[2]! & 15 || cdb[9]! >> 6;
  const data = tableOfContents(format, cdb[6]!, (cdb[1]! & 2) !== 0, unit.condition.blocks);
  answer(unit, data, word(cdb, 7));
}

function readSubChannel(unit: MmcUnit, cdb: Cdb): void {
  const format = (cdb[2]! & 0x40) !== 0 ? cdb[3]! : 0;
  const position = Math.min(unit.position, unit.condition.blocks - 1);
  answer(unit, answers.subChannel(format, (cdb[1]! & 2) !== 0, position), word(cdb, 7));
}

function readHeader(unit: MmcUnit, cdb: Cdb): void {
  const lba = double(cdb, 2);
  if (lba >= unit.condition.blocks) {
    unit.fail(S.ADDRESS_OUT_OF_RANGE);
    return;
  }
  const msf = (cdb[1]! & 2) !== 0;
  const address = msf ? [0, ...frameOf(lba)] : cdb.subarray(2, 6);
  unit.reply(Uint8Array.of(1, 0, 0, 0, ...address), word(cdb, 7));
}

function getEvents(unit: MmcUnit, cdb: Cdb): void {
  if ((cdb[1]! & 1) === 0) {
    unit.fail(S.INVALID_FIELD); // asynchronous notification
    return;
  }
  const event = (cdb[4]! & 0x10) === 0 ? 0 : unit.takeEvent();
  unit.reply(answers.eventStatus(cdb[4]!, event, unit.condition), word(cdb, 7));
}

function readCapacity(unit: MmcUnit): void {
  const data = new Uint8Array(8);
  const view = new DataView(data.buffer);
  view.setUint32(0, unit.condition.blocks - 1);
  view.setUint32(4, 2048);
  unit.reply(data, 8);
}

function inquiry(unit: MmcUnit, cdb: Cdb): void {
  const { vendor, product, revision } = unit.names;
  const vital = (cdb[1]! & 1) !== 0 || cdb[2] !== 0;
  answer(unit, vital ? undefined : answers.inquiryData(vendor, product, revision), word(cdb, 3));
}

function seek(unit: MmcUnit, cdb: Cdb): void {
  if (double(cdb, 2) >= unit.condition.blocks) unit.fail(S.ADDRESS_OUT_OF_RANGE);
  else unit.good();
}

export const MMC_COMMANDS: ReadonlyMap<number, Command> = new Map<number, Command>([
  [0x00, { run: (unit) => unit.good(), needsMedium: true }], // TEST UNIT READY
  [
    0x03, // REQUEST SENSE
    { run: (unit, cdb) => unit.reply(S.senseData(unit.takeSense()), cdb[4]!), ignoresAttention: true },
  ],
  [0x12, { run: inquiry, ignoresAttention: true }], // INQUIRY
  [0x15, { run: (unit, cdb) => unit.receive(cdb[4]!) }], // MODE SELECT(6)
  [0x1a, { run: (unit, cdb) => modeSense(unit, cdb, 4) }], // MODE SENSE(6)
  [0x1b, { run: startStop }], // START STOP UNIT
  [
    0x1e, // PREVENT ALLOW MEDIUM REMOVAL
    {
      run: (unit, cdb) => {
        unit.setLock((cdb[4]! & 1) !== 0);
        unit.good();
      },
    },
  ],
  [0x25, { run: readCapacity, needsMedium: true }], // READ CAPACITY
  [0x28, { run: (unit, cdb) => readBlocks(unit, double(cdb, 2), word(cdb, 7)), needsMedium: true }], // READ(10)
  [0x2b, { run: seek, needsMedium: true }], // SEEK(10)
  [0x42, { run: readSubChannel, needsMedium: true }], // READ SUB-CHANNEL
  [0x43, { run: readToc, needsMedium: true }], // READ TOC/PMA/ATIP
  [0x44, { run: readHeader, needsMedium: true }], // READ HEADER
  [
    0x46, // GET CONFIGURATION
    {
      run: (unit, cdb) =>
        answer(unit, answers.configuration(cdb[1]! & 3, word(cdb, 2), unit.condition), word(cdb, 7)),
      ignoresAttention: true,
    },
  ],
  [0x4a, { run: getEvents, ignoresAttention: true }], // GET EVENT STATUS NOTIFICATION
  [0x4e, { run: (unit) => unit.good(), needsMedium: true }], // STOP PLAY/SCAN
  [
    0x51, // READ DISC INFORMATION
    { run: (unit, cdb) => unit.reply(answers.discInformation(), word(cdb, 7)), needsMedium: true },
  ],
  [
    0x52, // READ TRACK INFORMATION
    {
      run: (unit, cdb) => unit.reply(answers.trackInformation(unit.condition), word(cdb, 7)),
      needsMedium: true,
    },
  ],
  [0x55, { run: (unit, cdb) => unit.receive(word(cdb, 7)) }], // MODE SELECT(10)
  [0x5a, { run: (unit, cdb) => modeSense(unit, cdb, 8) }], // MODE SENSE(10)
  [0xa8, { run: (unit, cdb) => readBlocks(unit, double(cdb, 2), double(cdb, 6)), needsMedium: true }], // READ(12)
  [
    0xad, // READ DVD STRUCTURE
    {
      run: (unit, cdb) => answer(unit, answers.dvdStructure(cdb[7]!, unit.condition), word(cdb, 8)),
      needsMedium: true,
    },
  ],
  [0xb9, { run: readCdMsf, needsMedium: true }], // READ CD MSF
  [0xbb, { run: (unit) => unit.good() }], // SET CD SPEED
  [0xbd, { run: (unit, cdb) => unit.reply(answers.mechanismStatus(unit.condition), word(cdb, 8)) }], // MECHANISM STATUS
  [0xbe, { run: (unit, cdb) => readCd(unit, cdb, double(cdb, 2), triple(cdb, 6)), needsMedium: true }], // READ CD
]);
