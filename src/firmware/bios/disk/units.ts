// Units: what a drive number of INT 13h stands for. Floppies count from 00h, hard disks from 80h, CD-ROMs from E0h; a
// CD-ROM that was booted with emulation is a floppy or a hard disk in front of the others (el-torito.ts).
import type { BiosDrive, DriveError } from '../wires.ts';
import { disketteSectors, diskGeometry, floppyGeometry, type Geometry } from './geometry.ts';

export const FIRST_DISK = 0x80;
export const FIRST_CDROM = 0xe0;

export interface Unit {
  readonly drive: BiosDrive;
  readonly kind: BiosDrive['kind'];
  /** Bytes of a sector as the caller counts them. */
  readonly sectorBytes: number;
  /** In such sectors. */
  readonly sectors: number;
  readonly geometry: Geometry;
  /** Diskette type, 0 for others. */
  readonly floppyType: number;
  /** Part of a CD-ROM. */
  readonly emulated: boolean;
  read(sector: number, target: Uint8Array): DriveError | null;
  write(sector: number, source: Uint8Array): DriveError | null;
}

/** A drive as it is. */
export function wholeUnit(drive: BiosDrive): Unit {
  return drive.kind === 'floppy' ? disketteUnit(drive) : mediumUnit(drive);
}

function mediumUnit(drive: BiosDrive): Unit {
  return {
    drive,
    kind: drive.kind,
    sectorBytes: drive.sectorBytes,
    get sectors() {
      return drive.sectors;
    },
    get geometry() {
      return diskGeometry(drive.sectors);
    },
    floppyType: 0,
    emulated: false,
    read: (sector, target) => drive.read(sector, target),
    write: (sector, source) => drive.write(sector, source),
  };
}

/** An image may end before its diskette does: the rest is empty, and cannot be written, as for the floppy controller. */
function disketteUnit(drive: BiosDrive): Unit {
  return {
    ...mediumUnit(drive),
    get sectors() {
      return disketteSectors(drive.sectors);
    },
    get geometry() {
      return floppyGeometry(drive.sectors);
    },
    get floppyType() {
      return floppyGeometry(drive.sectors).type;
    },
    read(sector, target) {
      const there = Math.max(0, drive.sectors - sector) * drive.sectorBytes;
      target.fill(0, Math.min(there, target.length));
      return there === 0 ? null : drive.read(sector, target.subarray(0, there));
    },
    write: (sector, source) =>
      sector + source.length / drive.sectorBytes > drive.sectors ? 'not found' : drive.write(sector, source),
  };
}

/** `sectors` of 512 bytes from a sector of 2048 bytes of a CD-ROM on, as a diskette or hard disk that cannot be written. */
export function emulatedUnit(
  drive: BiosDrive,
  kind: 'floppy' | 'disk',
  start: number,
  sectors: number,
  geometry: Geometry,
): Unit {
  const perBlock = drive.sectorBytes / 512;
  return {
    drive,
    kind,
    sectorBytes: 512,
    sectors,
    geometry,
    floppyType: kind === 'floppy' ? floppyGeometry(sectors).type : 0,
    emulated: true,
    read(sector, target) {
      const first = start + Math.floor(sector / perBlock);
      const skip = (sector % perBlock) * 512;
      const blocks = Math.ceil((skip + target.length) / drive.sectorBytes);
      const bytes = new Uint8Array(blocks * drive.sectorBytes);
      const error = drive.read(first, bytes);
      if (error === null) target.set(bytes.subarray(skip, skip + target.length));
      return error;
    },
    write: () => 'write protected',
  };
}

/** All units by number. */
export class Units {
  readonly #numbers = new Map<number, Unit>();

  constructor(drives: readonly BiosDrive[]) {
    let floppy = 0;
    let disk = FIRST_DISK;
    let cdrom = FIRST_CDROM;
    for (const drive of drives) {
      const number = drive.kind === 'floppy' ? floppy++ : drive.kind === 'disk' ? disk++ : cdrom++;
      this.#numbers.set(number, wholeUnit(drive));
    }
  }

  get(number: number): Unit | undefined {
    return this.#numbers.get(number);
  }
  /** Numbers with their units, ascending. */
  entries(): [number, Unit][] {
    return [...this.#numbers].sort(([a], [b]) => a - b);
  }
  /** Floppies, or hard disks. */
  count(kind: 'floppy' | 'disk'): number {
    return this.entries().filter(([, unit]) => unit.kind === kind).length;
  }
  /** Puts a unit in front of those of its kind, which move up by one. Its number. */
  insert(unit: Unit): number {
    const first = unit.kind === 'floppy' ? 0 : FIRST_DISK;
    const others = this.entries().filter(([, other]) => other.kind === unit.kind);
    for (const [number] of others) this.#numbers.delete(number);
    for (const [number, other] of others) this.#numbers.set(number + 1, other);
    this.#numbers.set(first, unit);
    return first;
  }
  /** Takes an emulated unit out again. */
  remove(number: number): void {
    const gone = this.#numbers.get(number);
    if (!gone?.emulated) return;
    this.#numbers.delete(number);
    const others = this.entries().filter(([, other]) => other.kind === gone.kind);
    for (const [at] of others) this.#numbers.delete(at);
    for (const [at, other] of others) this.#numbers.set(at - 1, other);
  }
}
