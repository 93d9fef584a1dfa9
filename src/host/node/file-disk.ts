// Disks in files: raw images, read and written in place. Every operation is over when the call returns:
// the page cache answers within microseconds, and a deterministic run stays exact. What a write has
// reported survives the end of this process; what a flush has reported survives the host's (fdatasync).
//
// A file whose size is no whole number of sectors loses its last bytes from view. One that becomes
// shorter while it is open gives `io` beyond its end. Discard does nothing: Node cannot punch holes.
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  readvSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { BlockDevice, BlockError } from '../../backend/block/block-device.ts';
import { checkRange, SECTOR_SIZE } from '../../backend/block/block-device.ts';
import { DoppelError } from '../../base/errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { whyNot, whyNotMade } from './file-reasons.ts';
import { openInPlace, sizeOf } from './open-file.ts';

export interface FileDiskOptions {
  readonly readOnly?: boolean;
  /** A sentence for the user: bytes left out, a host that has failed. The first failure of each kind is told. */
  readonly report?: (message: string) => void;
}

export interface FileDisk extends BlockDevice {
  /** Flushes what is not read-only, and unlocks. Operations fail from now on. */
  close(): void;
}

/** Opens a raw image. Throws DoppelError where it cannot be opened, is locked, or has no sector. */
export function openFileDisk(path: string, options: FileDiskOptions = {}): FileDisk {
  const readOnly = options.readOnly ?? false;
  const file = openInPlace(
    path,
    readOnly,
    readOnly ? '' : ' Make a copy that can be, for the guest to write to.',
  );
  let lock: FileLock | undefined;
  try {
    const size = sizeOf(file);
    const rest = size % SECTOR_SIZE;
    if (size < SECTOR_SIZE) {
      const advice = size === 0 ? ' `doppel disk create` makes empty disks.' : '';
      throw new DoppelError(`${path} has ${size} bytes: a medium has at least one sector of 512.${advice}`);
    }
    if (rest !== 0) {
      options.report?.(`${path} is no whole number of sectors of 512 bytes: its last ${rest} are left out.`);
    }
    if (!readOnly) lock = lockFile(path);
    return fileDisk(path, file, Math.floor(size / SECTOR_SIZE), readOnly, lock, options.report);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Makes an empty raw image, which takes room on the host where it is written. Throws DoppelError; never overwrites. */
export function createRawDisk(path: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < SECTOR_SIZE || size % SECTOR_SIZE !== 0) {
    const why =
      size > Number.MAX_SAFE_INTEGER ? 'there are at most 8191 TiB' : 'give a multiple of 512, such as 4G';
    throw new DoppelError(`A disk of ${size} bytes cannot be had: ${why}.`);
  }
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new DoppelError(`${path} exists already; it is left alone.`);
    throw new DoppelError(`${path} cannot be made: ${whyNotMade(error)}.`, { cause: error });
  }
  try {
    ftruncateSync(file, size);
  } catch (error) {
    unlinkSync(path);
    throw new DoppelError(`${path} cannot have ${size} bytes: ${whyNot(error)}.`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function fileDisk(
  path: string,
  file: number,
  sectors: number,
  readOnly: boolean,
  lock: FileLock | undefined,
  report: ((message: string) => void) | undefined,
): FileDisk {
  const told = new Set<string>();
  let closed = false;
  const fail = (what: string, error: unknown): BlockError => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const kind: BlockError = code === 'ENOSPC' || code === 'EDQUOT' ? 'no-space' : 'io';
    if (!told.has(what + code)) {
      told.add(what + code);
      const reason = kind === 'no-space' ? 'the host has no room left' : code;
      report?.(`${path} could not be ${what} (${reason}); the guest gets an error.`);
    }
    return kind;
  };
  const attempt = (what: string, operation: () => void): BlockError | null => {
    if (closed) return 'io';
    try {
      operation();
      return null;
    } catch (error) {
      return fail(what, error);
    }
  };

  const disk: FileDisk = {
    name: path,
    sectors,
    readOnly,
    read(offset, target, done) {
      const range = checkRange(disk, offset, target.length);
      done(range ?? attempt('read', () => readWhole(file, target, offset)));
    },
    readNow(offset, targets) {
      const length = targets.reduce((sum, target) => sum + target.length, 0);
      return checkRange(disk, offset, length) ?? attempt('read', () => readPieces(file, targets, offset));
    },
    write(offset, source, done) {
      const range = readOnly ? 'read-only' : checkRange(disk, offset, source.length);
      done(range ?? attempt('written', () => writeWhole(file, source, offset)));
    },
    flush(done) {
      done(readOnly ? null : attempt('flushed', () => fdatasyncSync(file)));
    },
    discard(offset, length, done) {
      done(readOnly ? 'read-only' : checkRange(disk, offset, length));
    },
    close() {
      if (closed) return;
      if (!readOnly) attempt('flushed', () => fdatasyncSync(file));
      closed = true;
      closeSync(file);
      lock?.release();
    },
  };
  return disk;
}

class ShortFile extends Error {
  readonly code = 'it has become shorter';
}

function readWhole(file: number, target: Uint8Array, offset: number): void {
  for (let done = 0; done < target.length; ) {
    const count = readSync(file, target, done, target.length - done, offset + done);
    if (count === 0) throw new ShortFile();
    done += count;
  }
}

/** As readWhole; the host takes so many pieces at once. */
const MOST_PIECES = 512;
function readPieces(file: number, targets: readonly Uint8Array[], offset: number): void {
  let at = offset;
  for (let first = 0; first < targets.length; first += MOST_PIECES) {
    const pieces = targets.length <= MOST_PIECES ? targets : targets.slice(first, first + MOST_PIECES);
    let left = readvSync(file, pieces, at);
    for (const piece of pieces) {
      // What the host has not filled at once is read in the simple way.
      if (left < piece.length) readWhole(file, piece.subarray(left), at + left);
      left = Math.max(0, left - piece.length);
      at += piece.length;
    }
  }
}

function writeWhole(file: number, source: Uint8Array, offset: number): void {
  for (let done = 0; done < source.length; ) {
    done += writeSync(file, source, done, source.length - done, offset + done);
  }
}
