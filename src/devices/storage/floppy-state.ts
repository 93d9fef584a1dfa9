// The floppy controller's registers as bits, and its state (Intel 82077AA data sheet 290166, sections 2 and 5).
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import { bytes, flag, integer, moment, queue, records, uint } from '../chip.ts';
import type { FloppyOperation } from './floppy-commands.ts';
import { FLOPPY_DRIVE_SHAPE } from './floppy-drive.ts';

export const DOR_NOT_RESET = 0x04;
export const DOR_GATE = 0x08;
export const DSR_RESET = 0x80;
export const RATE_250 = 2;

/** Operations that end with an interrupt and seven result bytes. */
export const OPERATIONS_WITH_SECTORS: ReadonlySet<FloppyOperation> = new Set([
  'read',
  'read-deleted',
  'read-track',
  'write',
  'verify',
  'format',
  'read-id',
]);

export const MSR_READY = 0x80;
export const MSR_TO_HOST = 0x40;
export const MSR_NON_DMA = 0x20;
export const MSR_BUSY = 0x10;

export const ST0_ABNORMAL = 0x40;
export const ST0_INVALID = 0x80;
export const ST0_SEEK_END = 0x20;
export const ST0_EQUIPMENT = 0x10;
export const ST0_READY_CHANGED = 0xc0;
export const ST1_MISSING_MARK = 0x01;
export const ST1_NOT_WRITABLE = 0x02;
export const ST1_NO_DATA = 0x04;
export const ST1_DATA_ERROR = 0x20;
export const ST1_END_OF_CYLINDER = 0x80;
export const ST2_WRONG_CYLINDER = 0x10;
export const ST2_DATA_ERROR = 0x20;
export const ST2_CONTROL_MARK = 0x40;

export const CONFIGURE_IMPLIED_SEEK = 0x40;
export const CONFIGURE_RESET = 0x20;
export const COMMAND_MULTI_TRACK = 0x80;
/** Of VERIFY's second byte: the last one is a count of sectors. */
export const VERIFY_ENABLE_COUNT = 0x80;
export const COMMAND_SKIP = 0x20;
export const SPECIFY_NON_DMA = 0x01;

export const PHASE_COMMAND = 0;
/** Waits for the alarm, or for the medium. */
export const PHASE_EXECUTE = 1;
/** The sector in the buffer waits for the DMA channel. */
export const PHASE_DMA = 2;
/** The sector is moved through the FIFO. */
export const PHASE_FIFO = 3;
export const PHASE_RESULT = 4;

/** An address mark of FORMAT TRACK: C, H, R, N. */
export const FORMAT_BYTES = 4;

export const DRIVES = 2;
export const UNITS = 4;

export const FLOPPY_SHAPE = {
  dor: uint(8),
  tdr: uint(2),
  rate: uint(2, RATE_250),
  phase: integer(PHASE_COMMAND, PHASE_RESULT),
  /** The command so far. */
  command: queue(9),
  result: queue(10),
  buffer: bytes(SECTOR_SIZE),
  /** Bytes of the buffer that have been moved. */
  position: integer(0, SECTOR_SIZE),
  /** The sector under way: cylinder, head, record. */
  cylinder: uint(8),
  head: uint(1),
  sector: uint(8),
  terminalCount: flag(),
  /** Sectors that VERIFY with EC is still to look at; 0: it ends with the track. */
  toVerify: uint(9),
  interrupt: flag(),
  stepAt: moment(-1),
  /** Drives that are seeking, and when they arrive; -1 for none. */
  seeking: uint(UNITS),
  /** Those of them that look for track 0. */
  recalibrating: uint(UNITS),
  seekAt: moment(-1),
  resetting: flag(),
  /** What SENSE INTERRUPT will tell: ST0, and the track in the upper byte. */
  sense: queue(UNITS, 16),
  specify: queue(2),
  configuration: uint(8, CONFIGURE_RESET),
  precompensation: uint(8),
  locked: flag(),
  perpendicular: uint(8),
  lastSector: uint(8),
  drives: records(DRIVES, FLOPPY_DRIVE_SHAPE),
};

/** What a software reset leaves alone. */
export const KEPT_OVER_RESET = [
  'dor',
  'tdr',
  'rate',
  'specify',
  'locked',
  'drives',
  'lastSector',
  'perpendicular',
] as const;
