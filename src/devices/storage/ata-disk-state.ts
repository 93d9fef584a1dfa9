// The state of an ATA disk (ata-disk.ts) behind its interface: settings, and the media command under way.
import { SECTOR_SIZE } from '../../backend/block/block-device.ts';
import { flag, integer, moment, record, type StateOf } from '../chip.ts';
import { type Geometry, geometryWith } from './ata-geometry.ts';
import { BUFFER_SIZE, INTERFACE_SHAPE } from './ata-interface.ts';
import { QUEUE_SHAPE } from './ata-queue.ts';
import { SMART_SHAPE } from './ata-smart.ts';
import { TRANSFER_SHAPE } from './transfer-mode.ts';

/** What a media command does with its sectors. */
export const READ = 0;
export const WRITE = 1;
export const VERIFY = 2;
export const TRIM = 3;
export const FLUSH = 4;

/** A command that moves sectors. */
export interface MediaCommand {
  readonly operation: typeof READ | typeof WRITE | typeof VERIFY;
  readonly dma?: boolean;
  readonly extended?: boolean;
  readonly multiple?: boolean;
  readonly forceUnit?: boolean;
}

/** Sectors of the largest block of READ MULTIPLE. */
export const MOST_MULTIPLE = 16;
/** Sectors of a DMA block: the buffer. */
export const DMA_BLOCK = BUFFER_SIZE / SECTOR_SIZE;

export const ATA_DISK_SHAPE = {
  interface: record(INTERFACE_SHAPE),
  ...TRANSFER_SHAPE,
  heads: integer(1, 16, 16),
  sectorsPerTrack: integer(1, 255, 63),
  /** Sectors of a block of READ MULTIPLE, 0 before SET MULTIPLE MODE. */
  multiple: integer(0, MOST_MULTIPLE),
  writeCache: flag(true),
  lookAhead: flag(true),
  standby: flag(),
  // the media command under way
  operation: integer(READ, FLUSH),
  dma: flag(),
  extended: flag(),
  forceUnit: flag(),
  /** Sectors of a block of PIO. */
  block: integer(1, MOST_MULTIPLE, 1),
  lba: moment(),
  /** Sectors that are not moved yet. */
  remaining: integer(0, 65_536),
  /** Sectors of the block that is in the buffer, or asked for. */
  pending: integer(0, DMA_BLOCK),
  /** Of a disk on a serial interface. */
  queue: record(QUEUE_SHAPE),
  smart: record(SMART_SHAPE),
};

export type AtaDiskState = StateOf<typeof ATA_DISK_SHAPE>;

/** The geometry in force, of a disk of so many sectors. */
export function currentGeometry(state: AtaDiskState, sectors: number): Geometry {
  return geometryWith(sectors, state.heads, state.sectorsPerTrack);
}
