// What an image is, by its content: a CD (ISO 9660 with or without an El Torito boot record), a floppy,
// a hard disk with a partition table or without, or a format of another program's.
//
//   sector 0      byte 446: four partition entries   byte 510: 55 AA       (MBR)
//   sector 1      "EFI PART"                                               (GPT, UEFI 2.10 section 5.3)
//   byte 32,768   volume descriptors of 2,048 bytes: type, "CD001", version  (ECMA-119 section 8)
//                 type 0 and "EL TORITO SPECIFICATION": boot catalogue at byte 71  (El Torito 1.0)
//
// Discs that are for USB sticks too carry a partition table before the ISO 9660 descriptors: they are a
// CD and a disk at once, and `hybrid` says so.
import type { BlockDevice, BlockError } from './block-device.ts';
import { SECTOR_SIZE } from './block-device.ts';
import type { FloppyFormat } from './floppy-formats.ts';
import { floppyFormat, floppyFormatFor } from './floppy-formats.ts';

export type PartitionTable = 'mbr' | 'gpt' | 'none';

export type Medium =
  | {
      readonly kind: 'cdrom';
      readonly label: string;
      /** Blocks of 2,048 bytes that the volume says it has: more than the image's are a truncated file. */
      readonly volumeBlocks: number;
      /** Block of the El Torito boot catalogue; undefined where the disc cannot boot. */
      readonly bootCatalog: number | undefined;
      readonly hybrid: boolean;
      /** It is small enough for a diskette and has a boot sector: it may be meant for one. */
      readonly fitsDiskette: boolean;
    }
  | { readonly kind: 'floppy'; readonly format: FloppyFormat; readonly bootable: boolean }
  | { readonly kind: 'disk'; readonly partitions: PartitionTable; readonly bootable: boolean }
  /** An image in a container format: not the sectors themselves. */
  | { readonly kind: 'container'; readonly format: string };

/** Bytes from the start of an image that `recogniseMedium` looks at. */
export const MEDIUM_HEAD = 32_768 + 16 * 2048;

const ISO_DESCRIPTORS = 32_768;
const ISO_BLOCK = 2048;

/**
 * Says what an image is.
 *
 * @param head the first MEDIUM_HEAD bytes, or all of a shorter image
 * @param sectors of 512 bytes in the whole image
 */
export function recogniseMedium(head: Uint8Array, sectors: number): Medium {
  const container = containerFormat(head);
  if (container !== undefined) return { kind: 'container', format: container };
  const partitions = partitionTable(head);
  const bootable = hasBootSignature(head);
  const cd = isoVolume(head);
  if (cd !== undefined) {
    const fitsDiskette = bootable && floppyFormatFor(sectors) !== undefined;
    return { kind: 'cdrom', ...cd, hybrid: partitions !== 'none', fitsDiskette };
  }
  const format = floppyFormat(sectors);
  if (format !== undefined && partitions !== 'gpt') return { kind: 'floppy', format, bootable };
  return { kind: 'disk', partitions, bootable };
}

/** Reads what `recogniseMedium` needs. */
export function examineMedium(
  device: BlockDevice,
  done: (error: BlockError | null, medium?: Medium) => void,
): void {
  const head = new Uint8Array(Math.min(MEDIUM_HEAD, device.sectors * SECTOR_SIZE));
  device.read(0, head, (error) =>
    error === null ? done(null, recogniseMedium(head, device.sectors)) : done(error),
  );
}

const CONTAINERS: readonly { readonly format: string; readonly offset: number; readonly magic: string }[] = [
  { format: 'QCOW', offset: 0, magic: 'QFI\xfb' },
  { format: 'VMDK', offset: 0, magic: 'KDMV' },
  { format: 'VMDK', offset: 0, magic: '# Disk DescriptorFile' },
  { format: 'VHDX', offset: 0, magic: 'vhdxfile' },
  { format: 'VHD', offset: 0, magic: 'conectix' },
  { format: 'VDI', offset: 64, magic: '\x7f\x10\xda\xbe' },
];

function containerFormat(head: Uint8Array): string | undefined {
  return CONTAINERS.find(({ offset, magic }) => text(head, offset, magic.length) === magic)?.format;
}

function partitionTable(head: Uint8Array): PartitionTable {
  if (text(head, SECTOR_SIZE, 8) === 'EFI PART') return 'gpt';
  if (!hasBootSignature(head)) return 'none';
  let used = 0;
  for (let entry = 446; entry < 510; entry += 16) {
    const status = head[entry]!;
    const type = head[entry + 4]!;
    if (status !== 0 && status !== 0x80) return 'none';
    if (type !== 0 && word32(head, entry + 12) !== 0) used++;
  }
  return used > 0 ? 'mbr' : 'none';
}

function hasBootSignature(head: Uint8Array): boolean {
  return head[510] === 0x55 && head[511] === 0xaa;
}

function isoVolume(
  head: Uint8Array,
): { label: string; volumeBlocks: number; bootCatalog: number | undefined } | undefined {
  let primary: { label: string; volumeBlocks: number } | undefined;
  let bootCatalog: number | undefined;
  for (let at = ISO_DESCRIPTORS; at + ISO_BLOCK <= head.length; at += ISO_BLOCK) {
    if (text(head, at + 1, 5) !== 'CD001') break;
    const type = head[at]!;
    if (type === 255) break;
    if (type === 1 && primary === undefined) {
      primary = { label: text(head, at + 40, 32).trimEnd(), volumeBlocks: word32(head, at + 80) };
    }
    if (type === 0 && text(head, at + 7, 23) === 'EL TORITO SPECIFICATION') {
      bootCatalog = word32(head, at + 71);
    }
  }
  return primary && { ...primary, bootCatalog };
}

function text(head: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...head.subarray(offset, offset + length));
}

function word32(head: Uint8Array, offset: number): number {
  return new DataView(head.buffer, head.byteOffset, head.length).getUint32(offset, true);
}
