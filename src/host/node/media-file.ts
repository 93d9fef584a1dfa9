// A file as the medium of a drive whose media come and go: diskettes and CD-ROMs.
import { accessSync, constants } from 'node:fs';
import { floppyFormatFor } from '../../backend/block/floppy-formats.ts';
import { MEDIUM_HEAD, recogniseMedium } from '../../backend/block/medium.ts';
import { DoppelError } from '../../base/errors.ts';
import { type FileDisk, openFileDisk } from './file-disk.ts';
import { readStart } from './open-file.ts';

const CD_BLOCK = 2048;

export interface MediaFileOptions {
  /** A diskette is read-only too where its file may not be written; a CD-ROM always is. */
  readonly readOnly?: boolean;
  /** Sentences for the user. */
  readonly report?: (message: string) => void;
}

/** Opens an image. Throws DoppelError where it cannot be opened, is locked, or is no image of such a medium. */
export function openMediaFile(
  kind: 'cdrom' | 'floppy',
  path: string,
  { readOnly = false, report = () => {} }: MediaFileOptions = {},
): FileDisk {
  const medium = openFileDisk(path, { readOnly: readOnly || kind === 'cdrom' || !isWritable(path), report });
  try {
    const content = recogniseMedium(readStart(path, MEDIUM_HEAD).bytes, medium.sectors);
    if (content.kind === 'container') {
      throw new DoppelError(containerMessage(path, content.format));
    }
    const missing = content.kind === 'cdrom' ? content.volumeBlocks * CD_BLOCK - medium.sectors * 512 : 0;
    if (missing > 0)
      report(
        `${path} is cut off: its last ${missing} bytes are missing. Fetch it again if it was downloaded.`,
      );
    if (kind === 'cdrom' && medium.sectors * 512 < CD_BLOCK) {
      throw new DoppelError(
        `${path} is too short for a CD-ROM: that has at least one block of ${CD_BLOCK} bytes.`,
      );
    }
    if (kind === 'floppy' && floppyFormatFor(medium.sectors) === undefined) {
      throw new DoppelError(
        `${path} is too large for a diskette: that has 2,880 KiB at most. If it is a disk, give --disk.`,
      );
    }
    return medium;
  } catch (error) {
    medium.close();
    throw error;
  }
}

/** What is said of an image in another program's format. */
export function containerMessage(path: string, format: string): string {
  return `${path} is a ${format} image: this version takes raw images (qemu-img convert -O raw ${path} FILE makes one).`;
}

/** A diskette in a file that may not be written has its tab open. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
