// What the BIOS is given by the machine that it runs in: the processor as its caller left it, memory as the
// processor sees it, the I/O ports, and the media.
import type { Linear, Port } from '../../base/addresses.ts';
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { MemoryMap } from '../tables/memory-map.ts';

/** Numbers of the general registers and the segment registers, as the processor encodes them. */
export const EAX = 0;
export const ECX = 1;
export const EDX = 2;
export const EBX = 3;
export const ESP = 4;
export const EBP = 5;
export const ESI = 6;
export const EDI = 7;
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;

export interface BiosCpu {
  /** A general register, 32 bits unsigned. */
  register(number: number): number;
  setRegister(number: number, value: number): void;
  /** Linear address of a segment's first byte. */
  base(segment: number): Linear;
  /** The carry flag of the code that is running, not of its caller: what a stub asks after a service. */
  setCarry(value: boolean): void;
}

/** Memory by linear address, through the page tables where paging is on; what is not mapped reads as ones. */
export interface BiosMemory {
  read8(address: Linear): number;
  read16(address: Linear): number;
  read32(address: Linear): number;
  write8(address: Linear, value: number): void;
  write16(address: Linear, value: number): void;
  write32(address: Linear, value: number): void;
  read(address: Linear, target: Uint8Array): void;
  write(address: Linear, source: Uint8Array): void;
  /** Likewise by physical address: for INT 15h, AH=87h. */
  readPhysical(address: number, target: Uint8Array): void;
  writePhysical(address: number, source: Uint8Array): void;
}

export interface BiosPorts {
  portRead(port: Port, width: AccessWidth): number;
  portWrite(port: Port, width: AccessWidth, value: number): void;
}

/** Why a drive could not do what it was asked, as INT 13h reports it. */
export type DriveError = 'no medium' | 'write protected' | 'not found' | 'medium error';

/** Where a drive is plugged in: the PCI function (on bus 0), its channel, the device on that, or the port of SATA. */
export interface DrivePlace {
  readonly interface: 'ATA' | 'SATA';
  readonly device: number;
  readonly function: number;
  readonly channel: number;
  readonly unit: number;
}

/** The tray of a drive with removable media. */
export interface BiosTray {
  /** Nothing can be taken out, by the guest's will. */
  locked: boolean;
  /** Opens it; it is not locked. */
  open(): void;
}

/** Thrown by a drive whose operation goes on: the service is to wait for an interrupt and to be asked again. */
export class DrivePending extends Error {
  override readonly name = 'DrivePending';
}

/** A medium with its drive. Sectors are numbered from 0. */
export interface BiosDrive {
  readonly kind: 'floppy' | 'disk' | 'cdrom';
  /** For the boot menu: "first hard disk, disk.img". */
  readonly label: string;
  /** 512, or 2048 for a CD-ROM. */
  readonly sectorBytes: number;
  /** Of the present medium; 0 without one. */
  readonly sectors: number;
  /** An ATA or ATAPI drive's place. */
  readonly place?: DrivePlace;
  readonly tray?: BiosTray;
  /** The medium has been changed since the drive was last asked. Asking forgets it. */
  mediumChanged(): boolean;
  /** Reads whole sectors: `target.length` is a multiple of sectorBytes. May throw DrivePending, as `write` may. */
  read(sector: number, target: Uint8Array): DriveError | null;
  write(sector: number, source: Uint8Array): DriveError | null;
}

export interface BiosWires {
  readonly cpu: BiosCpu;
  readonly memory: BiosMemory;
  readonly ports: BiosPorts;
  readonly memoryMap: MemoryMap;
  /** Bytes of RAM below the PCI hole. */
  readonly ramSize: number;
  /** In the order in which the guest shall see them: floppies, then hard disks, then CD-ROMs. */
  readonly drives: readonly BiosDrive[];
  /** Kinds in the order in which they are tried. */
  readonly bootOrder: readonly BiosDrive['kind'][];
  /** Milliseconds to wait for the key of the boot menu; no menu unless given. */
  readonly bootMenu?: number | undefined;
  /** I/O addresses of the serial and parallel ports that are there. */
  readonly serialPorts: readonly Port[];
  readonly parallelPorts: readonly Port[];
  /** Whether there is a VGA. */
  readonly hasDisplay: boolean;
  /** A program has asked for a key, or the time, in vain: it may be idling. */
  polled?(): void;
  /** A program has been given a key. */
  answered?(): void;
  /** Anything else has been done for it. */
  worked?(): void;
  /** A service is over, and has not to be asked again. */
  served?(): void;
  /** What the BIOS tells a person besides the screen. */
  log(line: string): void;
}
