// Files that hold a disk or flash memory, opened to be read and written in place.
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { DoppelError } from '../../base/errors.ts';
import { whyNot } from './file-reasons.ts';

/**
 * A descriptor of the file. Throws DoppelError where it cannot be opened, or is none; `denied` is what follows on the reason why
 * the host does not permit it: what to do then.
 */
export function openInPlace(path: string, readOnly: boolean, denied = ''): number {
  try {
    checkRegular(path, statSync(path));
    return openSync(path, readOnly ? 'r' : 'r+');
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const refused = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
    const what = refused ? ` cannot be ${readOnly ? 'read' : 'written'}` : '';
    throw new DoppelError(`${path}${what}: ${whyNot(error)}.${refused ? denied : ''}`, { cause: error });
  }
}

/** Bytes of an open file. */
export function sizeOf(file: number): number {
  return fstatSync(file).size;
}

/** The first bytes of a file, `most` of them at most, and how many it has. Throws DoppelError. */
export function readStart(path: string, most: number): { readonly bytes: Uint8Array; readonly size: number } {
  const file = openInPlace(path, true);
  try {
    const bytes = new Uint8Array(most);
    const length = readSync(file, bytes, 0, most, 0);
    return { bytes: bytes.subarray(0, length), size: sizeOf(file) };
  } catch (error) {
    throw new DoppelError(`${path} cannot be read: ${whyNot(error)}.`, { cause: error });
  } finally {
    closeSync(file);
  }
}

/** Before it is opened: a pipe would wait for somebody at its other end. */
function checkRegular(path: string, status: Stats): void {
  if (status.isFile()) return;
  if (status.isDirectory()) throw new DoppelError(`${path} is a folder: give an image file.`);
  if (status.isBlockDevice()) {
    throw new DoppelError(`${path} is a device: copy it into a file (dd if=${path} of=FILE bs=1M).`);
  }
  const what = status.isFIFO() ? 'a pipe' : status.isSocket() ? 'a socket' : 'a device';
  throw new DoppelError(`${path} is ${what}: give an image file.`);
}
