// Flash memory in a file: its bytes as they are, as QEMU's pflash images have them (OVMF_VARS.fd). Every change is written
// when it is made, so that a process that ends in any way loses nothing of it; close() sees to it that the host's
// disk has it too. One machine at a time (file-lock.ts).
import { closeSync, fdatasyncSync, readSync, writeSync } from 'node:fs';
import type { FlashImage } from '../../backend/flash/flash-image.ts';
import { DoppelError } from '../../base/errors.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { whyNot } from './file-reasons.ts';
import { openInPlace, sizeOf } from './open-file.ts';

/** What no flash for firmware is larger than. */
const LARGEST = 16 * 2 ** 20;

export interface FlashFileOptions {
  /** The guest is told that every block is locked; the file is not opened for writing, and not locked. */
  readonly readOnly?: boolean;
  /** A sentence for the user when the host fails to write, once. */
  readonly report?: (message: string) => void;
}

export interface FlashFile extends FlashImage {
  /** Unlocks; changes are refused from now on. */
  close(): void;
}

/** Opens flash in a file. Throws DoppelError where it cannot be opened for what it is for, is locked, or has no such size. */
export function openFlashFile(path: string, options: FlashFileOptions = {}): FlashFile {
  const { readOnly = false, report = () => {} } = options;
  const file = openInPlace(
    path,
    readOnly,
    readOnly ? '' : ' Firmware would keep its variables there: make a copy that can be.',
  );
  let lock: FileLock | undefined;
  try {
    const size = sizeOf(file);
    if (size === 0 || size > LARGEST) {
      throw new DoppelError(`${path} has ${size} bytes: flash memory has up to 16 MiB.`);
    }
    if (!readOnly) lock = lockFile(path);
    return flashFile({ path, file, size, readOnly, lock, report });
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

interface OpenFile {
  readonly path: string;
  readonly file: number;
  readonly size: number;
  readonly readOnly: boolean;
  readonly lock: FileLock | undefined;
  readonly report: (message: string) => void;
}

function flashFile({ path, file, size, readOnly, lock, report }: OpenFile): FlashFile {
  let closed = false;
  let told = false;
  return {
    name: path,
    size,
    readOnly,
    load(target) {
      for (let done = 0; done < size; ) {
        const count = readSync(file, target, done, size - done, done);
        if (count === 0) throw new DoppelError(`${path} has become shorter.`);
        done += count;
      }
    },
    store(offset, bytes) {
      if (closed || readOnly) return false;
      try {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(file, bytes, done, bytes.length - done, offset + done);
        }
        return true;
      } catch (error) {
        if (!told) {
          report(`${path} could not be written (${whyNot(error)}); the guest gets an error.`);
        }
        told = true;
        return false;
      }
    },
    close() {
      if (closed) return;
      closed = true;
      try {
        if (!readOnly) fdatasyncSync(file);
      } catch (error) {
        report(`${path} could not be flushed (${whyNot(error)}).`);
      }
      closeSync(file);
      lock?.release();
    },
  };
}
