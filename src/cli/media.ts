// The media that the command line names: opened, recognised by what they hold, put into the drives.
//
//   doppel run debian.iso            a CD-ROM        doppel run disk.img        a hard disk
//   doppel run vmlinuz               a kernel        doppel run floppy.img      a diskette
//
// Images that are several things at once, as those for CD-ROM, USB stick and diskette are (ISO 9660 behind a boot sector):
//
//   ISO 9660, no boot record, but a partition table      a hard disk: it boots from nothing else
//   ISO 9660, boot sector, exactly as long as a diskette a diskette
//   the same, at most 2.88 MB, named .img, .ima, .flp    a diskette
//   ISO 9660 otherwise                                   a CD-ROM
//
// --disk, --cdrom and --floppy overrule all of it.
import { floppyFormat } from '../backend/block/floppy-formats.ts';
import { MEDIUM_HEAD, recogniseMedium } from '../backend/block/medium.ts';
import { recogniseNoMedium } from '../backend/block/no-medium.ts';
import { DoppelError } from '../base/errors.ts';
import { recogniseKernel } from '../firmware/boot/load.ts';
import { type FileDisk, openFileDisk } from '../host/node/file-disk.ts';
import { containerMessage, openMediaFile } from '../host/node/media-file.ts';
import { readStart } from '../host/node/open-file.ts';
import type { BootOrder } from '../machine/pc/own-bios.ts';
import type { StorageOptions } from '../machine/pc/storage.ts';
import type { DriveFile, RunOptions } from './options.ts';

/** What a file named without a flag is. */
export type FileKind = 'kernel' | 'cdrom' | 'disk' | 'floppy';

const DEFAULT_ORDER: BootOrder = ['floppy', 'cdrom', 'disk'];
const FLOPPY_DRIVES = 2;
/** Instead of a file: a drive without a medium. */
const NO_MEDIUM = 'none';

/** Opened media; `close` flushes them and lets go of the files. */
export interface OpenMedia {
  readonly storage: StorageOptions;
  readonly bootOrder: BootOrder;
  readonly any: boolean;
  close(): void;
}

/** Says what a file is by its first sectors. Throws DoppelError with what to do where it is nothing that can be run. */
export function recogniseFile(path: string): FileKind {
  const head = readStart(path, MEDIUM_HEAD);
  const sectors = Math.floor(head.size / 512);
  const medium = recogniseMedium(head.bytes, sectors);
  if (medium.kind !== 'cdrom' && isKernel(head.bytes)) return 'kernel';
  const used = medium.kind !== 'disk' || medium.partitions !== 'none' || medium.bootable;
  if (!used && head.bytes.some((byte) => byte !== 0)) {
    throw new DoppelError(whyUnknown(path, head.bytes));
  }
  if (medium.kind === 'container') {
    throw new DoppelError(containerMessage(path, medium.format));
  }
  if (medium.kind === 'cdrom') {
    if (medium.bootCatalog === undefined && medium.hybrid) return 'disk';
    const named = /\.(img|ima|flp)$/i.test(path) || floppyFormat(sectors) !== undefined;
    if (medium.fitsDiskette && named) return 'floppy';
  }
  return medium.kind;
}

/** What is said of a file that is nothing known, with what to do next. */
function whyUnknown(path: string, head: Uint8Array): string {
  const known = recogniseNoMedium(head);
  if (known?.unpack !== undefined)
    return `${path} is ${known.what}: unpack it first (${known.unpack} ${path}).`;
  if (known !== undefined) return `${path} is ${known.what}, no image: did the download go wrong?`;
  if (/\.iso$/i.test(path)) {
    return `${path} is no CD-ROM image: is the download complete? If it is a disk, give --disk.`;
  }
  return `${path} is no kernel, CD-ROM or disk that is known here; if it is a disk, give --disk.`;
}

/**
 * The options with every file that has no flag in its place: before those of its kind that have one, since it is what the
 * user wants run.
 */
export function placeFiles(options: RunOptions): RunOptions {
  let { kernel, cdrom } = options;
  const disks: DriveFile[] = [];
  const floppies: string[] = [];
  for (const path of options.files) {
    const kind = recogniseFile(path);
    if (kind === 'disk') disks.push({ path, bus: 'ide' });
    else if (kind === 'floppy') floppies.push(path);
    else if (kind === 'cdrom') {
      if (cdrom !== undefined)
        throw new DoppelError(`There is one CD-ROM drive: ${cdrom.path} is in it, not ${path}.`);
      cdrom = { path, bus: 'ide' };
    } else {
      if (kernel !== undefined)
        throw new DoppelError(`One kernel is booted: ${kernel}, not ${path} as well.`);
      kernel = path;
    }
  }
  disks.push(...options.disks);
  floppies.push(...options.floppies);
  return { ...options, kernel, cdrom, disks, floppies, files: [] };
}

const LINUX_MAGIC = [0x48, 0x64, 0x72, 0x53]; // "HdrS"
const LINUX_MAGIC_AT = 0x202;
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

function isKernel(bytes: Uint8Array): boolean {
  const has = (magic: readonly number[], at: number) => magic.every((byte, i) => bytes[at + i] === byte);
  if (has(LINUX_MAGIC, LINUX_MAGIC_AT) || has(ELF_MAGIC, 0)) return true;
  // The boot sector of a disk may be followed by a Multiboot header: a boot loader's.
  if (has([0x55, 0xaa], 510)) return false;
  try {
    recogniseKernel(bytes);
    return true;
  } catch (error) {
    if (error instanceof DoppelError) return false;
    throw error;
  }
}

/** Throws DoppelError for an image whose bytes are no sectors: a guest that writes to it would damage it. */
function examineDisk(path: string, report: (message: string) => void): void {
  const { bytes, size } = readStart(path, MEDIUM_HEAD);
  const medium = recogniseMedium(bytes, Math.floor(size / 512));
  if (medium.kind === 'container') throw new DoppelError(containerMessage(path, medium.format));
  if (medium.kind === 'disk' && /\.iso$/i.test(path)) {
    report(`${path} is a hard disk, since its content is no CD-ROM's: is the download complete?`);
  }
}

/** Opens all media. `report` gets sentences for the user while the machine runs. */
export function openMedia(options: RunOptions, report: (message: string) => void): OpenMedia {
  const opened: FileDisk[] = [];
  const keep = (file: FileDisk): FileDisk => {
    opened.push(file);
    return file;
  };
  const removable = (kind: 'cdrom' | 'floppy', path: string): FileDisk | null =>
    path === NO_MEDIUM ? null : keep(openMediaFile(kind, path, { report }));
  const close = () => {
    for (const file of opened) file.close();
  };
  try {
    const disks = options.disks.map(({ path, bus }) => {
      examineDisk(path, report);
      return { medium: keep(openFileDisk(path, { report })), bus };
    });
    if (options.floppies.length > FLOPPY_DRIVES) {
      throw new DoppelError(
        `There are ${FLOPPY_DRIVES} floppy drives, and ${options.floppies.length} diskettes.`,
      );
    }
    const floppies = options.floppies.map((path) => removable('floppy', path));
    const cdrom = options.cdrom === undefined ? undefined : removable('cdrom', options.cdrom.path);
    return {
      storage: {
        disks,
        floppies,
        ...(cdrom === undefined ? {} : { cdrom, cdromBus: options.cdrom!.bus }),
      },
      bootOrder: options.bootOrder ?? DEFAULT_ORDER,
      any: opened.length > 0,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
