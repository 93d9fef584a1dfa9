// SMBIOS (DMTF DSP0134, System Management BIOS Reference Specification 3.0): what machine this is, for `dmidecode`, inventories
// and kernels that look for it by name. An entry point, found by its signature on a 16-byte boundary between F0000h and
// 1 MiB, names a table of structures:
//
//   type (1) length (1) handle (2)  fields ...  the strings that fields count from 1, each with a zero byte, and another zero
//
// Both entry points are there: that of 2.8 (_SM_, 31 bytes) and that of 3.0 (_SM3_, 24 bytes), for the same table.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { concatenate } from './aml.ts';
import { littleEndian, putText, setChecksum } from './bytes.ts';

/** What the table tells. */
export interface SmbiosPlatform {
  /** Bytes of RAM from address 0 on. */
  readonly ramSize: number;
  readonly processors: number;
  /** CPUID leaf 1, EAX and EDX, and the processor's name. */
  readonly signature: number;
  readonly features: number;
  readonly processorName: string;
  /** Of the firmware that runs: its version, and its day as mm/dd/yyyy. */
  readonly version: string;
  readonly date: string;
  /** 16 bytes in the order of RFC 4122; none unless given. */
  readonly uuid?: Uint8Array;
}

const MANUFACTURER = 'Doppel';
const PRODUCT = 'PC';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Size field of a memory device: MiB, or KiB with this bit. */
const IN_KIB = 0x8000;
const NO_HANDLE = 0xffff;
const NOT_TOLD = 0xfffe;
const OTHER = 1;
const NONE = 3;
const SAFE = 3;

// Handles, by the type in the upper byte.
const CHASSIS = 0x300;
const PROCESSOR = 0x400;
const MEMORY_ARRAY = 0x1000;
const MEMORY_DEVICE = 0x1100;
const MAPPED_ARRAY = 0x1300;

// BIOS characteristics (section 7.1.1).
const ISA = 2 ** 4;
const PCI = 2 ** 7;
const SHADOWING = 2 ** 12;
const BOOT_FROM_CD = 2 ** 15;
const SELECTABLE_BOOT = 2 ** 16;
const EDD = 2 ** 19;
const FLOPPY_SERVICES = 2 ** 22 + 2 ** 23 + 2 ** 24 + 2 ** 25;
const KEYBOARD_SERVICES = 2 ** 27;
const SERIAL_SERVICES = 2 ** 28;
const PRINTER_SERVICES = 2 ** 29;
const VIDEO_SERVICES = 2 ** 30;
const CHARACTERISTICS =
  ISA + PCI + SHADOWING + BOOT_FROM_CD + SELECTABLE_BOOT + EDD + FLOPPY_SERVICES + KEYBOARD_SERVICES;
const SERVICES = SERIAL_SERVICES + PRINTER_SERVICES + VIDEO_SERVICES;
/** Extension bytes: ACPI; a virtual machine. */
const ACPI = 0x01;
const VIRTUAL_MACHINE = 0x10;

const byte = (value: number) => littleEndian(value, 1);
const word = (value: number) => littleEndian(value, 2);
const doubleWord = (value: number) => littleEndian(value, 4);
const quadWord = (value: number) => littleEndian(value, 8);

/** A structure under construction: strings are put behind the fields. */
function structure(
  type: number,
  handle: number,
  fields: (text: (value: string) => Uint8Array) => readonly Uint8Array[],
): Uint8Array {
  const strings: string[] = [];
  const text = (value: string) => byte(strings.push(value));
  const body = concatenate([...fields(text)]);
  const end = strings.length === 0 ? '\0\0' : `${strings.join('\0')}\0\0`;
  return concatenate([byte(type), byte(4 + body.length), word(handle), body, new TextEncoder().encode(end)]);
}

function structures(platform: SmbiosPlatform): Uint8Array[] {
  const { ramSize, processors, uuid = new Uint8Array(16) } = platform;
  if (uuid.length !== 16) throw new DoppelError('a UUID has 16 bytes');
  // The first three fields of a UUID are little-endian here (section 7.2.1).
  const swapped = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => uuid[i]!);
  const kib = ramSize / KIB;
  return [
    structure(0, 0, (text) => [
      ...[text(MANUFACTURER), text(platform.version), word(0xf000), text(platform.date)],
      ...[byte(0), quadWord(CHARACTERISTICS + SERVICES), byte(ACPI), byte(VIRTUAL_MACHINE)],
      ...[byte(1), byte(0), byte(0xff), byte(0xff)],
    ]),
    structure(1, 0x100, (text) => [
      ...[text(MANUFACTURER), text(PRODUCT), text(platform.version), byte(0)],
      ...[Uint8Array.from(swapped), byte(6), byte(0), byte(0)], // woken by the power switch
    ]),
    structure(3, CHASSIS, (text) => [
      ...[text(MANUFACTURER), byte(OTHER), text(platform.version), byte(0), byte(0)],
      ...[byte(SAFE), byte(SAFE), byte(SAFE), byte(NONE), doubleWord(0)],
      ...[byte(0), byte(0), byte(0), byte(0), byte(0)], // height, cords, contained elements, SKU number
    ]),
    ...Array.from({ length: processors }, (_, i) => processor(platform, i)),
    structure(16, MEMORY_ARRAY, () => [
      ...[byte(3), byte(3), byte(NONE)], // on the system board, system memory, no error correction
      ...[doubleWord(kib), word(NOT_TOLD), word(1), quadWord(0)],
    ]),
    structure(17, MEMORY_DEVICE, (text) => [
      ...[word(MEMORY_ARRAY), word(NOT_TOLD), word(NO_HANDLE), word(NO_HANDLE)],
      ...[word(ramSize % MIB === 0 ? ramSize / MIB : IN_KIB | Math.min(kib, IN_KIB - 1))],
      ...[byte(9), byte(0), text('DIMM 0'), byte(0), byte(7), word(2)], // DIMM, RAM, other details
      ...[word(0), text(MANUFACTURER), byte(0), byte(0), byte(0), byte(0)],
      ...[doubleWord(0), word(0), word(0), word(0), word(0)],
    ]),
    structure(19, MAPPED_ARRAY, () => [
      ...[doubleWord(0), doubleWord(kib - 1), word(MEMORY_ARRAY), byte(1), quadWord(0), quadWord(0)],
    ]),
    structure(20, 0x1400, () => [
      ...[doubleWord(0), doubleWord(kib - 1), word(MEMORY_DEVICE), word(MAPPED_ARRAY)],
      ...[byte(1), byte(0), byte(0), quadWord(0), quadWord(0)],
    ]),
    structure(32, 0x2000, () => [new Uint8Array(6), byte(0)]), // no errors detected
    structure(127, 0x7f00, () => []),
  ];
}

/** Section 7.5; the lengths of version 3.0. */
function processor({ signature, features, processorName }: SmbiosPlatform, index: number): Uint8Array {
  const central = 3;
  const characteristics = 0x0004; // 64 bits
  return structure(4, PROCESSOR + index, (text) => [
    ...[text(`CPU ${index}`), byte(central), byte(OTHER), text(MANUFACTURER)],
    ...[doubleWord(signature), doubleWord(features), text(processorName)],
    ...[byte(0), word(0), word(0), word(0), byte(0x41), byte(OTHER)], // there and enabled
    ...[word(NO_HANDLE), word(NO_HANDLE), word(NO_HANDLE), byte(0), byte(0), byte(0)],
    ...[byte(1), byte(1), byte(1), word(characteristics), word(OTHER), word(1), word(1), word(1)],
  ]);
}

export interface SmbiosTables {
  /** The entry point of version 2.8. */
  readonly anchor: Uint8Array;
  /** The entry point of version 3.0. */
  readonly anchor3: Uint8Array;
  readonly structures: Uint8Array;
}

/** Entry points that name a table at `address`, and the table. */
export function buildSmbios(platform: SmbiosPlatform, address: GuestPhysical): SmbiosTables {
  const list = structures(platform);
  const table = concatenate(list);
  const anchor = new Uint8Array(31);
  const view = new DataView(anchor.buffer);
  putText(anchor, 0, '_SM_');
  anchor.set([anchor.length, 2, 8], 5);
  view.setUint16(8, Math.max(...list.map((entry) => entry.length)), true);
  putText(anchor, 16, '_DMI_');
  view.setUint16(22, table.length, true);
  view.setUint32(24, address, true);
  view.setUint16(28, list.length, true);
  anchor[30] = 0x28;
  setChecksum(anchor.subarray(16), 5);
  setChecksum(anchor, 4);

  const anchor3 = new Uint8Array(24);
  const view3 = new DataView(anchor3.buffer);
  putText(anchor3, 0, '_SM3_');
  anchor3.set([anchor3.length, 3, 0, 0, 1], 6);
  view3.setUint32(12, table.length, true);
  view3.setUint32(16, address, true);
  setChecksum(anchor3, 5);
  return { anchor, anchor3, structures: table };
}
