// The host side of a disk, a CD-ROM or a floppy: sectors that can be read and written. Drives see this
// interface only; files, memory and overlays sit behind it.
//
// An operation ends by its callback, once, during the call (a file on Node) or later (a browser's
// store). The caller leaves the array alone until then. Write caching is the host's: what `write` has
// reported as done survives the end of this process, and what `flush` has reported survives the host's.

/** Bytes of a sector: offsets and lengths are multiples of it. */
export const SECTOR_SIZE = 512;

/**
 * Why an operation failed.
 *
 * - `out-of-range`: beyond the last sector;
 * - `read-only`: a write to a medium that takes none;
 * - `no-space`: the host has no room for the data (now);
 * - `io`: the host could not read or write, or the image has become shorter than it was.
 */
export type BlockError = 'out-of-range' | 'read-only' | 'no-space' | 'io';

/** Called once when an operation is over; null where it succeeded. */
export type BlockDone = (error: BlockError | null) => void;

export interface BlockDevice {
  /** For messages: a file name. */
  readonly name: string;
  /** Sectors of 512 bytes. Does not change. */
  readonly sectors: number;
  readonly readOnly: boolean;
  /** Fills `target` from byte `offset`. After an error its content is undefined. */
  read(offset: number, target: Uint8Array, done: BlockDone): void;
  /**
   * Where the back end always answers during the call: fills `targets`, each of them whole sectors, one after the other from
   * byte `offset`, and tells what `read` would. Who passes on a device with another `read` has another one of these, too, or none.
   */
  readNow?(offset: number, targets: readonly Uint8Array[]): BlockError | null;
  /** Writes `source` at byte `offset`. After an error any part of it may have been written. */
  write(offset: number, source: Uint8Array, done: BlockDone): void;
  /** Makes all that was written so far survive a power cut. */
  flush(done: BlockDone): void;
  /** The guest no longer needs this range; what it reads as is undefined until it is written. */
  discard(offset: number, length: number, done: BlockDone): void;
}

/** 'out-of-range' unless the range lies within the device and on sector borders. */
export function checkRange(device: BlockDevice, offset: number, length: number): BlockError | null {
  const aligned = offset % SECTOR_SIZE === 0 && length % SECTOR_SIZE === 0;
  const inside = offset >= 0 && length >= 0 && offset + length <= device.sectors * SECTOR_SIZE;
  return aligned && inside ? null : 'out-of-range';
}
