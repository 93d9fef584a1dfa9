// INT 13h: diskettes and hard disks by cylinder, head and sector (IBM PS/2 and PC BIOS Interface Technical Reference),
// by sector number (extended-services.ts), and CD-ROMs that were booted from (el-torito.ts).
//
// The media are read and written as they are, not through the guest's controllers: a guest that drives those itself
// meanwhile sees the same sectors.
import { initialState, integer, type StateOf, uint } from '../../../devices/chip.ts';
import type { BiosFrame } from '../frame.ts';
import {
  BDA_DISK_COUNT,
  BDA_DISK_STATUS,
  BDA_DISKETTE_STATUS,
  BDA_EQUIPMENT,
  ROM_DISKETTE_TABLE,
  ROM_SEGMENT,
} from '../layout.ts';
import type { BiosMemory, DriveError } from '../wires.ts';
import { type CdBoot, type ElToritoBoot, elToritoService, MEDIA } from './el-torito.ts';
import { extendedService, isExtended } from './extended-services.ts';
import { sectorAt } from './geometry.ts';
import { BAD_COMMAND, MEDIUM_CHANGED, NOT_FOUND, SUCCESS, statusOf, TIMEOUT } from './status.ts';
import { emulatedUnit, FIRST_CDROM, FIRST_DISK, type Unit, type Units } from './units.ts';

/** AH=15h: what is at a drive number. */
const TYPE_NONE = 0;
const TYPE_FLOPPY_WITH_CHANGE_LINE = 2;
const TYPE_DISK = 3;
const MOST_SECTORS = 128;
/** The equipment word: there are diskette drives, and how many more than one. */
const EQUIPMENT_FLOPPY = 0x0001;
const EQUIPMENT_MORE_FLOPPIES = 6;
const EQUIPMENT_FLOPPIES = 0x00c1;
/** What a CD-ROM knows besides the extended services: reset, ready?, recalibrate, diagnostic. */
const RESETS: ReadonlySet<number> = new Set([0x00, 0x0d, 0x10, 0x11, 0x14]);

/** How the machine was booted from a CD-ROM, and the drive that it emulates. */
export const DISK_SERVICES_SHAPE = {
  /** Which CD-ROM drive; -1: not from one. */
  device: integer(-1, 15, -1),
  number: uint(8),
  medium: integer(0, MEDIA.length - 1),
  segment: uint(16),
  systemType: uint(8),
  load: uint(16),
  start: uint(32),
  sectors: uint(32),
  cylinders: integer(1, 0xffff, 1),
  heads: integer(1, 256, 1),
  track: integer(1, 63, 1),
};

export class DiskServices implements CdBoot {
  readonly #memory: BiosMemory;
  readonly units: Units;
  /** How the machine was booted from a CD-ROM, if it was. */
  cdBoot: ElToritoBoot | null = null;

  constructor(memory: BiosMemory, units: Units) {
    this.#memory = memory;
    this.units = units;
  }

  /** At power-on: the drives are those of the machine. */
  forgetEmulation(): void {
    if (this.cdBoot) this.units.remove(this.cdBoot.number);
    this.cdBoot = null;
  }

  save(): StateOf<typeof DISK_SERVICES_SHAPE> {
    const state = initialState(DISK_SERVICES_SHAPE);
    if (!this.cdBoot) return state;
    const { entry, number, device } = this.cdBoot;
    const { segment, systemType, load, start } = entry;
    const medium = MEDIA.indexOf(entry.medium);
    Object.assign(state, { device, number, medium, segment, systemType, load, start });
    const unit = this.units.get(number);
    if (unit?.emulated) {
      const { cylinders, heads, sectors: track } = unit.geometry;
      Object.assign(state, { sectors: unit.sectors, cylinders, heads, track });
    }
    return state;
  }
  /** The medium is not asked: that may take time. */
  restore(state: StateOf<typeof DISK_SERVICES_SHAPE>): void {
    this.forgetEmulation();
    const drive = this.units.get(FIRST_CDROM + state.device)?.drive;
    if (state.device < 0 || !drive) return;
    const { segment, systemType, load, start, number, device } = state;
    const medium = MEDIA[state.medium]!;
    this.cdBoot = { entry: { medium, segment, systemType, load, start }, number, device };
    if (medium === 'none') return;
    const geometry = { cylinders: state.cylinders, heads: state.heads, sectors: state.track };
    this.units.insert(
      emulatedUnit(drive, medium === 'disk' ? 'disk' : 'floppy', start, state.sectors, geometry),
    );
  }

  /** The BIOS data area says how many drives there are: for INT 11h, too. */
  start(): void {
    this.#memory.write8(BDA_DISK_COUNT, this.units.count('disk'));
    const floppies = Math.min(4, this.units.count('floppy'));
    const others = this.#memory.read16(BDA_EQUIPMENT) & ~EQUIPMENT_FLOPPIES;
    const ours = floppies === 0 ? 0 : EQUIPMENT_FLOPPY | ((floppies - 1) << EQUIPMENT_MORE_FLOPPIES);
    this.#memory.write16(BDA_EQUIPMENT, others | ours);
  }

  service(frame: BiosFrame): void {
    const number = frame.dl;
    const status = this.#serve(frame, number);
    if (status === null) return;
    if (number < FIRST_DISK) this.#memory.write8(BDA_DISKETTE_STATUS, status);
    else this.#memory.write8(BDA_DISK_STATUS, status);
    frame.ah = status;
    frame.carry = status !== SUCCESS;
  }

  /** The status for AH and CF; null when the service has set both itself. */
  #serve(frame: BiosFrame, number: number): number | null {
    if (frame.ah >= 0x4a && frame.ah <= 0x4d) return elToritoService(frame, this, this.#memory);
    const unit = this.units.get(number);
    if (frame.ah === 0x15) return this.#type(frame, unit);
    if (frame.ah === 0x01) return this.#lastStatus(frame, number);
    if (!unit)
      return frame.ah === 0x08
        ? this.#noParameters(frame, number)
        : number < FIRST_DISK
          ? TIMEOUT
          : BAD_COMMAND;
    if (isExtended(frame.ah)) return extendedService(frame, unit, this.#memory);
    if (unit.kind === 'cdrom') return RESETS.has(frame.ah) ? SUCCESS : BAD_COMMAND;
    switch (frame.ah) {
      case 0x00: // reset
      case 0x0d:
      case 0x0c: // seek
      case 0x10: // ready?
      case 0x11: // recalibrate
      case 0x14: // controller diagnostic
      case 0x09: // set the parameters of the drive
        return unit.sectors === 0 && frame.ah !== 0x00 ? TIMEOUT : SUCCESS;
      case 0x02:
      case 0x03:
      case 0x04:
        return this.#transfer(frame, unit);
      case 0x05:
        return this.#format(frame, unit);
      case 0x08:
        return this.#parameters(frame, unit, number);
      case 0x16:
        if (unit.kind !== 'floppy') return BAD_COMMAND;
        return unit.drive.mediumChanged() ? MEDIUM_CHANGED : SUCCESS;
      case 0x17:
        return unit.kind === 'floppy' ? SUCCESS : BAD_COMMAND;
      case 0x18:
        return this.#mediaType(frame, unit);
      default:
        return BAD_COMMAND;
    }
  }

  /** The status of the last operation is given in AH, and AH of that operation in CF. */
  #lastStatus(frame: BiosFrame, number: number): number {
    const status = this.#memory.read8(number < FIRST_DISK ? BDA_DISKETTE_STATUS : BDA_DISK_STATUS);
    frame.al = status;
    return status;
  }

  #transfer(frame: BiosFrame, unit: Unit): number {
    const count = frame.al;
    if (count === 0 || count > MOST_SECTORS) return BAD_COMMAND;
    if (unit.kind === 'floppy' && unit.drive.mediumChanged()) {
      frame.al = 0;
      return MEDIUM_CHANGED;
    }
    if (unit.sectors === 0) return TIMEOUT;
    const cylinder = frame.ch | ((frame.cl & 0xc0) << 2);
    const first = sectorAt(unit.geometry, cylinder, frame.dh, frame.cl & 0x3f);
    if (first < 0 || first + count > unit.sectors) {
      frame.al = 0;
      return NOT_FOUND;
    }
    const bytes = new Uint8Array(count * unit.sectorBytes);
    const at = frame.es(0) + frame.bx;
    let error: DriveError | null;
    if (frame.ah === 0x03) {
      this.#memory.read(at, bytes);
      error = unit.write(first, bytes);
    } else {
      error = unit.read(first, bytes);
      if (error === null && frame.ah === 0x02) this.#memory.write(at, bytes);
    }
    if (error !== null) frame.al = 0;
    return statusOf(error);
  }

  /** Format track: of a diskette, the track's sectors are filled as a format does. */
  #format(frame: BiosFrame, unit: Unit): number {
    if (unit.kind !== 'floppy') return BAD_COMMAND;
    const first = sectorAt(unit.geometry, frame.ch, frame.dh, 1);
    if (first < 0) return NOT_FOUND;
    const count = Math.min(unit.geometry.sectors, unit.sectors - first);
    if (count <= 0) return NOT_FOUND;
    return statusOf(unit.write(first, new Uint8Array(count * 512).fill(0xf6)));
  }

  #parameters(frame: BiosFrame, unit: Unit, number: number): number {
    const { geometry } = unit;
    const lastCylinder = geometry.cylinders - 1;
    frame.ch = lastCylinder & 0xff;
    frame.cl = geometry.sectors | ((lastCylinder >>> 2) & 0xc0);
    frame.dh = geometry.heads - 1;
    frame.dl = this.units.count(number < FIRST_DISK ? 'floppy' : 'disk');
    frame.al = 0;
    if (number < FIRST_DISK) {
      frame.bx = unit.floppyType;
      frame.setEs(ROM_SEGMENT);
      frame.di = ROM_DISKETTE_TABLE;
    }
    return SUCCESS;
  }
  #noParameters(frame: BiosFrame, number: number): number {
    frame.cx = 0;
    frame.dh = 0;
    frame.dl = this.units.count(number < FIRST_DISK ? 'floppy' : 'disk');
    if (number >= FIRST_DISK) return BAD_COMMAND;
    frame.bx = 0;
    return SUCCESS;
  }

  #type(frame: BiosFrame, unit: Unit | undefined): number | null {
    if (!unit || unit.kind === 'cdrom') {
      frame.ah = TYPE_NONE;
      frame.carry = false;
      return null;
    }
    if (unit.kind === 'disk') {
      frame.cx = Math.min(unit.sectors, 0xffff_ffff) >>> 16;
      frame.dx = unit.sectors & 0xffff;
      frame.ah = TYPE_DISK;
    } else frame.ah = TYPE_FLOPPY_WITH_CHANGE_LINE;
    frame.carry = false;
    return null;
  }
  /** Set media type for format: only what the medium is. */
  #mediaType(frame: BiosFrame, unit: Unit): number {
    const { geometry } = unit;
    if (unit.kind !== 'floppy') return BAD_COMMAND;
    if (frame.ch !== geometry.cylinders - 1 || (frame.cl & 0x3f) !== geometry.sectors) return 0x0c;
    frame.setEs(ROM_SEGMENT);
    frame.di = ROM_DISKETTE_TABLE;
    return SUCCESS;
  }
}

/** The table that INT 41h (and 46h) points to: the first (second) hard disk's geometry. Bytes for the ROM. */
export function fixedDiskTable(unit: Unit | undefined): Uint8Array {
  const table = new Uint8Array(16);
  if (!unit) return table;
  const { cylinders, heads, sectors } = unit.geometry;
  const view = new DataView(table.buffer);
  view.setUint16(0, cylinders, true);
  table[2] = heads;
  view.setUint16(5, 0xffff, true); // no write precompensation
  table[8] = heads > 8 ? 0x08 : 0;
  view.setUint16(12, cylinders, true);
  table[14] = sectors;
  return table;
}
