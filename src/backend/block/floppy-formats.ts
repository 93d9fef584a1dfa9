// The floppy formats of the PC, by the size of their images (ECMA-66, -70, -78, -99, -100, -125; the
// 1.68 MB format is Microsoft's DMF).

export interface FloppyFormat {
  readonly cylinders: number;
  readonly heads: number;
  /** Sectors of 512 bytes on a track. */
  readonly sectorsPerTrack: number;
  /** Kilobits a second on the wire (MFM): what the controller has to be set to. */
  readonly rate: 250 | 300 | 500 | 1000;
  /** Inches of the disk. */
  readonly size: 3.5 | 5.25;
}

const format = (
  cylinders: number,
  heads: number,
  sectorsPerTrack: number,
  rate: FloppyFormat['rate'],
  size: FloppyFormat['size'],
): FloppyFormat => ({ cylinders, heads, sectorsPerTrack, rate, size });

export const FLOPPY_FORMATS: readonly FloppyFormat[] = [
  format(40, 1, 8, 250, 5.25), // 160 KB
  format(40, 1, 9, 250, 5.25), // 180 KB
  format(40, 2, 8, 250, 5.25), // 320 KB
  format(40, 2, 9, 250, 5.25), // 360 KB
  format(80, 2, 9, 250, 3.5), // 720 KB
  format(80, 2, 15, 500, 5.25), // 1.2 MB
  format(80, 2, 18, 500, 3.5), // 1.44 MB
  format(80, 2, 21, 500, 3.5), // 1.68 MB
  format(80, 2, 36, 1000, 3.5), // 2.88 MB
];

/** Sectors of 512 bytes on the whole disk. */
export const floppySectors = (f: FloppyFormat): number => f.cylinders * f.heads * f.sectorsPerTrack;

/** The format whose images have this many sectors. */
export function floppyFormat(sectors: number): FloppyFormat | undefined {
  return FLOPPY_FORMATS.find((candidate) => floppySectors(candidate) === sectors);
}

/**
 * The format that an image is put into a drive with: its own, or for an image that does not fill a disk (boot
 * floppies are often cut off behind their content) 1.44 MB or 2.88 MB, whichever it fits. Undefined for a larger one.
 */
export function floppyFormatFor(sectors: number): FloppyFormat | undefined {
  const common = FLOPPY_FORMATS.filter((f) => f.sectorsPerTrack === 18 || f.sectorsPerTrack === 36);
  return floppyFormat(sectors) ?? common.find((f) => floppySectors(f) >= sectors);
}
