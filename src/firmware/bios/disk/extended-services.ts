// INT 13h by sector number: Phoenix Enhanced Disk Drive Specification 1.1 and 3.0 (AH=41h to 49h, 4Eh). The packet:
//
//   +0 size  +2 sectors  +4 buffer offset, segment  +8 first sector (64 bits)  +16 flat address (64 bits, EDD 3.0)
//
// Locking (45h), ejecting (46h) and change (49h) belong to removable media: CD-ROMs.
import { setChecksum } from '../../tables/bytes.ts';
import type { BiosFrame } from '../frame.ts';
import type { BiosMemory, DriveError, DrivePlace } from '../wires.ts';
import {
  BAD_COMMAND,
  LOCKED,
  MEDIUM_CHANGED,
  NOT_FOUND,
  NOT_LOCKED,
  NOT_REMOVABLE,
  SUCCESS,
  statusOf,
  TIMEOUT,
} from './status.ts';
import type { Unit } from './units.ts';

const MAGIC = 0x55aa;
const ANSWER = 0xaa55;
/** Version 3.0. */
const VERSION = 0x30;
/** Fixed disk access, locking and ejecting, enhanced disk drive support. */
const SUBSETS = 0x0007;
const SMALLEST_PACKET = 16;
const FLAT_PACKET = 24;
/** More than the 127 of the specification, since some loaders ask for more. */
const MOST_SECTORS = 1024;
const NO_SEGMENT = 0xffff_ffff;

// Information flags of AH=48h.
const GEOMETRY_VALID = 0x0002;
const REMOVABLE = 0x0004;
const CHANGE_LINE = 0x0010;
const LOCKABLE = 0x0020;

const HARDWARE_CONFIGURATION = 0x4e;

export const isExtended = (ah: number): boolean =>
  (ah >= 0x41 && ah <= 0x49) || ah === HARDWARE_CONFIGURATION;

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
    case 0x45:
      return lock(frame, unit);
    case 0x46:
      return eject(unit);
    case 0x47: // seek
      return SUCCESS;
    case 0x48:
      return parameters(frame, unit, memory);
    case 0x49:
      return unit.kind === 'cdrom' && unit.drive.mediumChanged() ? MEDIUM_CHANGED : SUCCESS;
    case HARDWARE_CONFIGURATION: // prefetching, PIO and DMA modes: nothing to choose, and no other drive is touched
      if (frame.al > 0x06) return BAD_COMMAND;
      frame.al = 0;
      return SUCCESS;
    default:
      return BAD_COMMAND;
  }
}

/** AL=0 lock, 1 unlock, 2 the status: AL=1 locked. */
function lock(frame: BiosFrame, unit: Unit): number {
  const { tray } = unit.drive;
  const operation = frame.al;
  if (operation > 2) return BAD_COMMAND;
  if (!tray) {
    frame.al = 0;
    return SUCCESS;
  }
  if (operation === 1 && !tray.locked) {
    frame.al = 0;
    return NOT_LOCKED;
  }
  if (operation < 2) tray.locked = operation === 0;
  frame.al = tray.locked ? 1 : 0;
  return SUCCESS;
}
function eject(unit: Unit): number {
  const { tray } = unit.drive;
  if (!tray) return NOT_REMOVABLE;
  if (tray.locked) return LOCKED;
  if (unit.sectors === 0) return TIMEOUT;
  tray.open();
  return SUCCESS;
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
  const { place } = unit.drive;
  const written = size >= WITH_PATH && place ? WITH_PATH : size >= 30 ? 30 : 26;
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
  if (written >= 30) view.setUint32(26, 0xffff_ffff, true);
  if (written === WITH_PATH) buffer.set(devicePath(place!), 30);
  memory.write(at, buffer);
  return SUCCESS;
}

/** A result buffer with the path to the drive (EDD 3.0, section 7.8). */
const WITH_PATH = 66;
const PATH_SIZE = 36;

/** Key, length, bus and interface, function and channel, device (or port: EDD 4), and a byte that makes the sum zero. */
function devicePath(place: DrivePlace): Uint8Array {
  const bytes = new Uint8Array(PATH_SIZE);
  bytes.set([0xdd, 0xbe, PATH_SIZE]);
  bytes.set(new TextEncoder().encode(`PCI ${place.interface.padEnd(8)}`), 6);
  bytes.set([0, place.device, place.function, place.channel], 18);
  bytes[26] = place.unit;
  setChecksum(bytes, PATH_SIZE - 1);
  return bytes;
}
