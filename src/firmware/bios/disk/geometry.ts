// Geometries: what INT 13h's cylinders, heads and sectors mean on a medium that only counts sectors.
// Floppy formats: IBM PC and PS/2 diskettes. Hard disks: LBA-assisted translation (Phoenix Enhanced Disk Drive
// Specification 3.0, annex), which every BIOS of the last thirty years does alike.
import {
  FLOPPY_FORMATS,
  type FloppyFormat,
  floppyFormatFor,
  floppySectors,
} from '../../../backend/block/floppy-formats.ts';

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  /** Sectors of 512 bytes a track, numbered from 1. */
  readonly sectors: number;
}

/** Diskette types of INT 13h, AH=08h (BL) and of the CMOS, by sectors of 512 bytes. */
const FLOPPY_TYPES: readonly (readonly [most: number, type: number])[] = [
  [720, 1], // 360 KB
  [1440, 3], // 720 KB
  [2400, 2], // 1.2 MB
  [3360, 4], // 1.44 MB and what is denser
  [5760, 5], // 2.88 MB
];

/** What a drive is taken for that has no diskette in it. */
const HIGH_DENSITY = FLOPPY_FORMATS.find((format) => floppySectors(format) === 2880)!;

/** The format that an image is read as: the floppy controller's; the largest where that knows none. */
function formatOf(total: number): FloppyFormat {
  return total === 0 ? HIGH_DENSITY : (floppyFormatFor(total) ?? FLOPPY_FORMATS.at(-1)!);
}

/** The geometry and type of the diskette whose image has so many sectors of 512 bytes; 0: of an empty drive. */
export function floppyGeometry(total: number): Geometry & { readonly type: number } {
  const format = formatOf(total);
  const [, type] = FLOPPY_TYPES.find(([most]) => floppySectors(format) <= most)!;
  return { cylinders: format.cylinders, heads: format.heads, sectors: format.sectorsPerTrack, type };
}

/** Sectors of the diskette, which may be more than its image has; 0 without one. */
export const disketteSectors = (total: number): number =>
  total === 0 ? 0 : Math.max(total, floppySectors(formatOf(total)));

const TRACK = 63;
const MOST_CYLINDERS = 1024;

/** The translated geometry of a hard disk: 63 sectors a track, as few heads as 1,024 cylinders allow. */
export function diskGeometry(total: number): Geometry {
  const heads = [16, 32, 64, 128].find((count) => total / (count * TRACK) <= MOST_CYLINDERS) ?? 255;
  const cylinders = Math.max(1, Math.min(MOST_CYLINDERS, Math.floor(total / (heads * TRACK))));
  return { cylinders, heads, sectors: TRACK };
}

/** The sector (from 0) at a place; -1 where there is no such place. */
export function sectorAt(geometry: Geometry, cylinder: number, head: number, sector: number): number {
  if (cylinder >= geometry.cylinders || head >= geometry.heads) return -1;
  if (sector < 1 || sector > geometry.sectors) return -1;
  return (cylinder * geometry.heads + head) * geometry.sectors + sector - 1;
}
