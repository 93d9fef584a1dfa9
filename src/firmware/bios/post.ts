// Power-on: interrupt vectors, the BIOS data area, the interrupt controllers, as the PC AT's POST leaves them.
// IBM PC AT Technical Reference; Intel 8259A data sheet (initialization command words).
import { biosDataArea } from '../tables/bios-data-area.ts';
import { fixedDiskTable } from './disk/disk-services.ts';
import { FIRST_DISK, type Units } from './disk/units.ts';
import * as B from './layout.ts';
import type { BiosRom } from './rom.ts';
import type { BiosPorts, BiosWires } from './wires.ts';

const PIC_1 = 0x20;
const PIC_2 = 0xa0;
const INITIALIZE = 0x11;
const FIRST_VECTOR = 0x08;
const SECOND_VECTOR = 0x70;
const SLAVE_ON_IRQ_2 = 0x04;
const SLAVE_IDENTITY = 0x02;
const MODE_8086 = 0x01;
/** Open at the start: timer, keyboard, cascade, diskette; clock, mouse, coprocessor, disks. */
const FIRST_MASK = 0xb8;
const SECOND_MASK = 0x8e;
const READ_IN_SERVICE = 0x0b;
const END_OF_INTERRUPT = 0x20;

// Equipment word, besides what biosDataArea() says in it; the diskette drives are counted by DiskServices.
const MOUSE = 1 << 2;
const COLOR_80 = 2 << 4;
const PARALLEL_SHIFT = 14;

/** KiB below the extended BIOS data area, which takes the last of the 640. */
const CONVENTIONAL_KIB = 639;
const EBDA = CONVENTIONAL_KIB * 1024;
const BIOS_DATA_AREA = 0x400;
const EBDA_DISK_TABLE = 0x3d;
const SERIAL_TIMEOUT = 1;
const PARALLEL_TIMEOUT = 20;

/** Vectors that point to tables, not code: none unless said here. */
const TABLE_VECTORS: ReadonlyMap<number, number> = new Map([
  [0x1e, B.ROM_DISKETTE_TABLE],
  [0x1f, 0],
  [0x46, 0],
]);
/** For programs of the user. */
const FIRST_USER_VECTOR = 0x60;
const LAST_USER_VECTOR = 0x67;

export function powerOnSetup(wires: BiosWires, rom: BiosRom, units: Units): void {
  const { memory } = wires;
  for (const [interrupt, offset] of rom.handlers) {
    const unused = interrupt >= FIRST_USER_VECTOR && interrupt <= LAST_USER_VECTOR;
    memory.write16(B.vector(interrupt), unused ? 0 : offset);
    memory.write16(B.vector(interrupt) + 2, unused ? 0 : B.ROM_SEGMENT);
  }
  for (const [interrupt, offset] of TABLE_VECTORS) {
    memory.write16(B.vector(interrupt), offset);
    memory.write16(B.vector(interrupt) + 2, offset === 0 ? 0 : B.ROM_SEGMENT);
  }
  writeDataArea(wires);
  // The first hard disk's table lies in the extended area.
  memory.write(EBDA + EBDA_DISK_TABLE, fixedDiskTable(units.get(FIRST_DISK)));
  memory.write16(B.vector(0x41), EBDA_DISK_TABLE);
  memory.write16(B.vector(0x41) + 2, EBDA >> 4);
  setUpInterruptControllers(wires.ports);
}

function writeDataArea(wires: BiosWires): void {
  const { memory } = wires;
  const resetFlag = memory.read16(B.BDA_RESET_FLAG);
  memory.write(BIOS_DATA_AREA, biosDataArea(wires.serialPorts, EBDA));
  memory.write16(B.BDA_RESET_FLAG, resetFlag);
  wires.serialPorts.slice(0, 4).forEach((_, i) => {
    memory.write8(B.BDA_SERIAL_TIMEOUTS + i, SERIAL_TIMEOUT);
  });
  wires.parallelPorts.slice(0, 3).forEach((port, i) => {
    memory.write16(B.BDA_PARALLEL_PORTS + 2 * i, port);
    memory.write8(B.BDA_PARALLEL_TIMEOUTS + i, PARALLEL_TIMEOUT);
  });
  const equipment =
    memory.read16(B.BDA_EQUIPMENT) |
    MOUSE |
    (wires.hasDisplay ? COLOR_80 : 0) |
    (Math.min(3, wires.parallelPorts.length) << PARALLEL_SHIFT);
  memory.write16(B.BDA_EQUIPMENT, equipment & 0xffff);
  // Its first byte is its size in KiB.
  memory.write8(EBDA, 640 - CONVENTIONAL_KIB);
}

function setUpInterruptControllers(ports: BiosPorts): void {
  const setUp = (base: number, first: number, cascade: number, mask: number) => {
    ports.portWrite(base, 1, INITIALIZE);
    ports.portWrite(base + 1, 1, first);
    ports.portWrite(base + 1, 1, cascade);
    ports.portWrite(base + 1, 1, MODE_8086);
    ports.portWrite(base + 1, 1, mask);
  };
  setUp(PIC_1, FIRST_VECTOR, SLAVE_ON_IRQ_2, FIRST_MASK);
  setUp(PIC_2, SECOND_VECTOR, SLAVE_IDENTITY, SECOND_MASK);
}

/** Ends the interrupt in service, on the second controller too when it came from there. */
export function endOfInterrupt(ports: BiosPorts): void {
  ports.portWrite(PIC_2, 1, READ_IN_SERVICE);
  if (ports.portRead(PIC_2, 1) !== 0) ports.portWrite(PIC_2, 1, END_OF_INTERRUPT);
  ports.portWrite(PIC_1, 1, END_OF_INTERRUPT);
}
