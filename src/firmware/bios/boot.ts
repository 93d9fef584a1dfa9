// INT 19h: looks for something to boot, in the user's order, and sends the processor there. INT 18h: what was booted gives up;
// it is the turn of what follows (BIOS Boot Specification 1.01, sections 6.5 and 6.7).
//   diskette, hard disk: the first sector to 0000:7C00, when it ends in 55h AAh (a diskette may do without)
//   CD-ROM: what its boot catalog says (disk/el-torito.ts)
// DL is the drive's number. What is in the way of each drive is told when nothing was found.

import type { DiskServices } from './disk/disk-services.ts';
import { emulationOf, findElTorito } from './disk/el-torito.ts';
import { FIRST_CDROM, FIRST_DISK, type Unit } from './disk/units.ts';
import type { BiosFrame } from './frame.ts';
import type { BiosMemory, BiosWires } from './wires.ts';

const LOAD = 0x7c00;
const SECTOR = 512;

export class BootLoader {
  readonly #wires: BiosWires;
  readonly #memory: BiosMemory;
  readonly #disks: DiskServices;
  readonly #say: (line: string) => void;

  constructor(wires: BiosWires, disks: DiskServices, say: (line: string) => void) {
    this.#wires = wires;
    this.#memory = wires.memory;
    this.#disks = disks;
    this.#say = say;
  }

  /**
   * Loads what comes first, or first after the drive of number `after`, and makes the stub's IRET go there. The number of its
   * drive; null, with the reasons said, when there is nothing.
   */
  boot(frame: BiosFrame, after?: number): number | null {
    const reasons: string[] = [];
    const units = this.#disks.units.entries().filter(([, unit]) => !unit.emulated);
    const order = this.#wires.bootOrder.flatMap((kind) => units.filter(([, unit]) => unit.kind === kind));
    const first = order.findIndex(([number]) => number === after) + 1;
    for (const [number, unit] of order.slice(first)) {
      const reason = this.#bootUnit(frame, number, unit);
      if (reason === null) return number;
      reasons.push(`${unit.drive.label}: ${reason}`);
    }
    for (const reason of reasons) this.#say(reason);
    return null;
  }

  /** Likewise from one drive, by its number. */
  bootFrom(frame: BiosFrame, number: number): boolean {
    const unit = this.#disks.units.get(number);
    const reason = unit ? this.#bootUnit(frame, number, unit) : 'not there';
    if (reason !== null) this.#say(`${unit?.drive.label ?? 'drive'}: ${reason}`);
    return reason === null;
  }

  /** null when it boots; otherwise why not. */
  #bootUnit(frame: BiosFrame, number: number, unit: Unit): string | null {
    const reason =
      unit.kind === 'cdrom' ? this.#bootDisc(frame, number, unit) : this.#bootSector(frame, number, unit);
    if (reason === null) this.#say(`Booting from ${unit.drive.label}...`);
    return reason;
  }

  #start(frame: BiosFrame, segment: number, offset: number, drive: number): void {
    frame.dx = drive;
    frame.ax = 0xaa55;
    frame.setEs(0);
    frame.flags = 0x0202;
    frame.setReturn(segment, offset);
  }

  /** null when it boots; otherwise why not. */
  #bootSector(frame: BiosFrame, number: number, unit: Unit): string | null {
    if (unit.sectors === 0) return 'no medium';
    unit.drive.mediumChanged();
    const sector = new Uint8Array(SECTOR);
    const error = unit.read(0, sector);
    if (error !== null) return error;
    const marked = sector[510] === 0x55 && sector[511] === 0xaa;
    // Diskettes from before the mark begin with a jump.
    const jumps = sector[0] === 0xeb || sector[0] === 0xe9 || sector[0] === 0xfa;
    if (!marked && !(number < FIRST_DISK && jumps)) return 'no boot sector';
    this.#memory.write(LOAD, sector);
    this.#start(frame, 0, LOAD, number);
    return null;
  }

  #bootDisc(frame: BiosFrame, number: number, unit: Unit): string | null {
    const { drive } = unit;
    if (drive.sectors === 0) return 'no disc';
    const entry = findElTorito(drive);
    if (typeof entry === 'string') return entry;
    const device = number - FIRST_CDROM;
    const emulation = emulationOf(drive, entry);
    const load = emulation ? SECTOR : entry.load * SECTOR;
    const bytes = new Uint8Array(Math.ceil(load / drive.sectorBytes) * drive.sectorBytes);
    // An image may end with the disc.
    const error = drive.read(
      entry.start,
      bytes.subarray(0, (drive.sectors - entry.start) * drive.sectorBytes),
    );
    if (error !== null) return error;
    this.#memory.write(entry.segment * 16, bytes.subarray(0, load));
    const booted = emulation ? this.#disks.units.insert(emulation) : number;
    this.#disks.cdBoot = { entry, number: booted, device };
    this.#disks.start();
    this.#start(
      frame,
      entry.segment === 0x07c0 ? 0 : entry.segment,
      entry.segment === 0x07c0 ? LOAD : 0,
      booted,
    );
    return null;
  }
}
