// `doppel disk`: makes disk images.
import { DoppelError } from '../base/errors.ts';
import { createRawDisk } from '../host/node/file-disk.ts';
import { parseBytes } from './size.ts';

export const DISK_HELP = `Usage: doppel disk create FILE SIZE

Makes an empty raw disk image, which takes room on the host only where the guest has written.

  SIZE   bytes, or with a unit: 512M, 4G, 1.5T (multiples of 1024)

An existing file is left alone.
`;

const SECTOR = 512;

/** Bytes, a whole number of sectors; throws DoppelError. */
export function parseDiskSize(text: string): number {
  const size = parseBytes(text, 1);
  if (size === undefined) throw new DoppelError(`${text} is not a size; write for example 512M or 4G.`);
  const sectors = Math.ceil(size / SECTOR);
  if (sectors < 1) throw new DoppelError('A disk has at least one sector of 512 bytes.');
  return sectors * SECTOR;
}

/** Runs the words after `disk`; the result is the exit status. */
export function disk(words: readonly string[]): number {
  const [action, file, size, ...rest] = words;
  if (action === undefined || words.includes('--help') || words.includes('-h')) {
    process.stdout.write(DISK_HELP);
    return action === undefined ? 2 : 0;
  }
  if (action !== 'create' || !file || file.startsWith('-') || size === undefined || rest.length > 0) {
    throw new DoppelError(
      'Write `doppel disk create FILE SIZE`, for example `doppel disk create disk.img 4G`.',
    );
  }
  const bytes = parseDiskSize(size);
  createRawDisk(file, bytes);
  process.stdout.write(`${file}: ${bytes} bytes, empty.\n`);
  return 0;
}
