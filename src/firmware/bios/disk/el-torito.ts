// Bootable CD-ROMs: Phoenix and IBM, "El Torito" Bootable CD-ROM Format Specification 1.0. Finds the boot catalog's
// default entry and says how it is to be booted: its sectors loaded as they are (no emulation), or as the image of a
// diskette or hard disk. And INT 13h, AH=4Ah to 4Dh.
//
//   sector 17       boot record volume descriptor: "CD001", "EL TORITO SPECIFICATION", sector of the catalog at 47h
//   catalog  +0     validation entry: 01h, platform, ..., 55h AAh; the words of its 32 bytes sum up to 0
//            +32    default entry: 88h, medium, segment, system type, -, sectors of 512 bytes, sector of the image
//
// Sections for other platforms are skipped; the selection criteria of section entries are not used.
import type { BiosFrame } from '../frame.ts';
import type { BiosDrive, BiosMemory } from '../wires.ts';
import { diskGeometry, floppyGeometry, type Geometry } from './geometry.ts';
import { BAD_COMMAND, SUCCESS } from './status.ts';
import { emulatedUnit, FIRST_CDROM, type Unit, type Units } from './units.ts';

const BLOCK = 2048;
const BOOT_RECORD = 17;
const SYSTEM_IDENTIFIER = 'EL TORITO SPECIFICATION';
const CATALOG_POINTER = 0x47;
const BOOTABLE = 0x88;
const PLATFORM_X86 = 0;
/** Where the image goes unless the catalog says otherwise, and how much of it. */
const DEFAULT_SEGMENT = 0x07c0;
/** Sectors of 512 bytes between the default and what fits below 640 KiB. */
const MOST_SECTORS = 0x400;

export type ElToritoMedium = 'none' | '1.2M' | '1.44M' | '2.88M' | 'disk';
export const MEDIA: readonly ElToritoMedium[] = ['none', '1.2M', '1.44M', '2.88M', 'disk'];
const FLOPPY_SECTORS: Readonly<Record<string, number>> = { '1.2M': 2400, '1.44M': 2880, '2.88M': 5760 };

/** The default entry of a boot catalog. */
export interface ElToritoEntry {
  readonly medium: ElToritoMedium;
  readonly segment: number;
  readonly systemType: number;
  /** Sectors of 512 bytes to load. */
  readonly load: number;
  /** Sector of 2048 bytes where the image begins. */
  readonly start: number;
}

/** A CD-ROM that was booted from. */
export interface ElToritoBoot {
  readonly entry: ElToritoEntry;
  /** Drive number of the emulation, or of the CD-ROM itself. */
  readonly number: number;
  /** Which CD-ROM drive, from 0. */
  readonly device: number;
}

/** Who knows how the machine was booted. */
export interface CdBoot {
  readonly units: Units;
  /** null when it was not from a CD-ROM, or the emulation has ended. */
  cdBoot: ElToritoBoot | null;
  /** The number of disks has changed. */
  start(): void;
}

/** What makes a CD-ROM bootable; a sentence for a person when it is not. */
export function findElTorito(drive: BiosDrive): ElToritoEntry | string {
  const block = new Uint8Array(BLOCK);
  if (drive.sectors <= BOOT_RECORD || drive.read(BOOT_RECORD, block) !== null)
    return 'there is no readable disc';
  const text = (at: number, length: number) => String.fromCharCode(...block.subarray(at, at + length));
  if (text(1, 5) !== 'CD001') return 'the disc is empty or damaged';
  if (block[0] !== 0 || !text(7, 32).startsWith(SYSTEM_IDENTIFIER)) {
    return 'the disc has no boot record, it only holds files';
  }
  const view = new DataView(block.buffer);
  const catalog = view.getUint32(CATALOG_POINTER, true);
  if (catalog >= drive.sectors || drive.read(catalog, block) !== null)
    return 'the boot catalog cannot be read';
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += view.getUint16(at, true);
  const [header, platform] = block;
  const valid = header === 1 && block[30] === 0x55 && block[31] === 0xaa && (sum & 0xffff) === 0;
  if (!valid) return 'the boot catalog is damaged';
  if (platform !== PLATFORM_X86) return 'the disc boots another kind of computer';
  if (block[32] !== BOOTABLE) return 'the boot catalog has no bootable entry';
  const medium = MEDIA[block[33]! & 0x0f];
  const start = view.getUint32(40, true);
  if (medium === undefined || start >= drive.sectors) return 'the boot catalog is damaged';
  return {
    medium,
    segment: view.getUint16(34, true) || DEFAULT_SEGMENT,
    systemType: block[36]!,
    load: Math.min(Math.max(1, view.getUint16(38, true)), MOST_SECTORS),
    start,
  };
}

/** The image as a unit; null without emulation. */
export function emulationOf(drive: BiosDrive, entry: ElToritoEntry): Unit | null {
  const { medium, start } = entry;
  if (medium === 'none') return null;
  const sectors = FLOPPY_SECTORS[medium];
  if (sectors !== undefined) return emulatedUnit(drive, 'floppy', start, sectors, floppyGeometry(sectors));
  // A hard disk is as large as its first partition's end says.
  const mbr = new Uint8Array(BLOCK);
  drive.read(start, mbr);
  const view = new DataView(mbr.buffer);
  const end = view.getUint32(0x1c6, true) + view.getUint32(0x1ca, true);
  const most = (drive.sectors - start) * 4;
  const size = end > 0 && end <= most ? end : most;
  const heads = mbr[0x1c3]! + 1;
  const track = mbr[0x1c4]! & 0x3f;
  const geometry: Geometry =
    track > 0 && heads > 1
      ? { cylinders: Math.max(1, Math.min(1024, Math.ceil(size / (heads * track)))), heads, sectors: track }
      : diskGeometry(size);
  return emulatedUnit(drive, 'disk', start, size, geometry);
}

/** INT 13h, AH=4Ah to 4Dh. */
export function elToritoService(frame: BiosFrame, disks: CdBoot, memory: BiosMemory): number {
  const boot = disks.cdBoot;
  switch (frame.ah) {
    case 0x4b: {
      // AL = 0: end the emulation and tell how it was; AL = 1: only tell.
      if (!boot || (frame.dl !== boot.number && frame.dl !== 0x7f)) return BAD_COMMAND;
      const emulation = boot.entry.medium === 'none' ? undefined : disks.units.get(boot.number);
      memory.write(frame.ds(frame.si), specificationPacket(boot, emulation?.geometry));
      if (frame.al === 0 && boot.entry.medium !== 'none') {
        disks.units.remove(boot.number);
        disks.cdBoot = null;
        disks.start();
      }
      return SUCCESS;
    }
    case 0x4d: {
      // Sectors of the boot catalog: command packet at DS:SI.
      if (!boot) return BAD_COMMAND;
      const packet = frame.ds(frame.si);
      const count = memory.read8(packet + 1);
      const target = memory.read32(packet + 2);
      const first = memory.read16(packet + 6);
      const drive = disks.units.get(FIRST_CDROM + boot.device)?.drive;
      if (!drive || count === 0) return BAD_COMMAND;
      const block = new Uint8Array(BLOCK);
      if (drive.read(BOOT_RECORD, block) !== null) return BAD_COMMAND;
      const catalog = new DataView(block.buffer).getUint32(CATALOG_POINTER, true);
      const bytes = new Uint8Array(Math.min(count, 32) * BLOCK);
      if (drive.read(catalog + first, bytes) !== null) return BAD_COMMAND;
      memory.writePhysical(target, bytes);
      return SUCCESS;
    }
    default: // 4Ah, 4Ch: start an emulation
      return BAD_COMMAND;
  }
}

/** The specification packet of AH=4Bh, 19 bytes. The last three are those of AH=08h, without emulation 0. */
function specificationPacket(
  { entry, number, device }: ElToritoBoot,
  geometry: Geometry | undefined,
): Uint8Array {
  const bytes = new Uint8Array(0x13);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length;
  bytes[1] = MEDIA.indexOf(entry.medium);
  bytes[2] = number;
  bytes[3] = device >> 1;
  view.setUint32(4, entry.start, true);
  view.setUint16(8, device & 1, true);
  view.setUint16(12, entry.segment, true);
  view.setUint16(14, entry.load, true);
  if (geometry) {
    const lastCylinder = geometry.cylinders - 1;
    bytes[16] = lastCylinder;
    bytes[17] = geometry.sectors | ((lastCylinder >>> 2) & 0xc0);
    bytes[18] = geometry.heads - 1;
  }
  return bytes;
}
