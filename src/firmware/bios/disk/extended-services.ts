// INT 13h by sector number: Phoenix Enhanced Disk Drive Specification 1.1 and 3.0 (AH=41h to 48h). The packet:
//
//   +0 size  +2 sectors  +4 buffer offset, segment  +8 first sector (64 bits)  +16 flat address (64 bits, EDD 3.0)
//
// Locking (45h) and ejecting (46h) belong to removable media: only the CD-ROM's lock is kept, by nobody.
import type { BiosFrame } from '../frame.ts';
import type { BiosMemory, DriveError } from '../wires.ts';
import { BAD_COMMAND, NOT_FOUND, NOT_REMOVABLE, SUCCESS, statusOf } from './status.ts';
import type { Unit } from './units.ts';

const MAGIC = 0x55aa;
const ANSWER = 0xaa55;
/** Version 3.0. */
const VERSION = 0x30;
/** Fixed disk access and enhanced disk drive support. */
const SUBSETS = 0x0005;
const SMALLEST_PACKET = 16;
const FLAT_PACKET = 24;
const MOST_SECTORS = 127;
const NO_SEGMENT = 0xffff_ffff;

// Information flags of AH=48h.
const GEOMETRY_VALID = 0x0002;
const REMOVABLE = 0x0004;
const CHANGE_LINE = 0x0010;
const LOCKABLE = 0x0020;

export const isExtended = (ah: number): boolean => ah >= 0x41 && ah <= 0x48;

export function extendedService(frame: BiosFrame, unit: Unit, memory: BiosMemory): number | null {
  // Diskettes have none of this.
  if (unit.kind === 'floppy') return BAD_COMMAND;
  switch (frame.ah) {
    case 0x41:
      if (frame.bx !== MAGIC) return BAD_COMMAND;
      frame.bx = ANSWER;
      frame.cx = SUBSETS;
      frame.ah = VERSION;
      frame.carry = false;
      return null;
    case 0x42:
    case 0x43:
    case 0x44:
      return transfer(frame, unit, memory);
    case 0x45: // lock, unlock, status
      frame.al = 0;
      return SUCCESS;
    case 0x46: // eject
      return unit.kind === 'cdrom' ? NOT_REMOVABLE : BAD_COMMAND;
    case 0x47: // seek
      return SUCCESS;
    case 0x48:
      return parameters(frame, unit, memory);
    default:
      return BAD_COMMAND;
  }
}

function transfer(frame: BiosFrame, unit: Unit, memory: BiosMemory): number {
  const packet = frame.ds(frame.si);
  const size = memory.read8(packet);
  if (size < SMALLEST_PACKET) return BAD_COMMAND;
  const count = memory.read16(packet + 2);
  const segmented = memory.read32(packet + 4);
  const first = memory.read32(packet + 8) + memory.read32(packet + 12) * 2 ** 32;
  const flat = segmented === NO_SEGMENT && size >= FLAT_PACKET;
  const at = flat
    ? memory.read32(packet + 16) + memory.read32(packet + 20) * 2 ** 32
    : (segmented >>> 16) * 16 + (segmented & 0xffff);
  const refuse = (status: number) => {
    memory.write16(packet + 2, 0);
    return status;
  };
  if (count > MOST_SECTORS) return refuse(BAD_COMMAND);
  if (first + count > unit.sectors) return refuse(NOT_FOUND);
  const bytes = new Uint8Array(count * unit.sectorBytes);
  let error: DriveError | null;
  if (frame.ah === 0x43) {
    if (flat) memory.readPhysical(at, bytes);
    else memory.read(at, bytes);
    error = unit.write(first, bytes);
  } else {
    error = unit.read(first, bytes);
    if (error === null && frame.ah === 0x42) {
      if (flat) memory.writePhysical(at, bytes);
      else memory.write(at, bytes);
    }
  }
  return error === null ? SUCCESS : refuse(statusOf(error));
}

/** The result buffer at DS:SI: as much of it as its size says. */
function parameters(frame: BiosFrame, unit: Unit, memory: BiosMemory): number {
  const at = frame.ds(frame.si);
  const size = memory.read16(at);
  if (size < 26) return BAD_COMMAND;
  const removable = unit.kind === 'cdrom';
  const { cylinders, heads, sectors } = unit.geometry;
  const written = size >= 30 ? 30 : 26;
  const buffer = new Uint8Array(written);
  const view = new DataView(buffer.buffer);
  view.setUint16(0, written, true);
  view.setUint16(2, removable ? REMOVABLE | CHANGE_LINE | LOCKABLE : GEOMETRY_VALID, true);
  view.setUint32(4, removable ? 0xffff_ffff : cylinders, true);
  view.setUint32(8, removable ? 0xffff_ffff : heads, true);
  view.setUint32(12, removable ? 0xffff_ffff : sectors, true);
  view.setBigUint64(16, BigInt(unit.sectors), true);
  view.setUint16(24, unit.sectorBytes, true);
  // No table of the drive's parameters.
  if (written === 30) view.setUint32(26, 0xffff_ffff, true);
  memory.write(at, buffer);
  return SUCCESS;
}
