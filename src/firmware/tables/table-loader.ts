// The script by which firmware of a virtual machine places ACPI tables that it was given in files (the "linker/loader" of
// QEMU's fw_cfg): commands of 128 bytes, executed in order.
//
//   1  allocate      0 command  4 file (56)  60 alignment  64 zone: 1 anywhere in RAM, 2 below 1 MiB
//   2  add pointer   4 file to change (56)  60 file pointed to (56)  116 offset  120 size of the pointer
//   3  add checksum  4 file (56)  60 offset of the byte  64 first byte  68 length
//
// A pointer in a file holds an offset into the other file, to which the firmware adds that file's address.
import { type AcpiTables, buildAcpiTables } from './acpi.ts';
import type { AcpiPlatform } from './platform.ts';

const COMMAND_SIZE = 128;
const RSDP_SIZE = 36;
const TABLES_FILE = 'etc/acpi/tables';
const RSDP_FILE = 'etc/acpi/rsdp';
const LOADER_FILE = 'etc/table-loader';
const ZONE_HIGH = 1;
const ZONE_LOW = 2;
const MOST = 0x1_0000;

const HEADER_SIZE = 36;
const CHECKSUM = 9;
/** Pointers of the FADT: FIRMWARE_CTRL, DSDT, X_DSDT (ACPI Specification 6.5, table 5.9). */
const FADT_POINTERS = [
  [36, 4],
  [40, 4],
  [140, 8],
] as const;

/** The files of fw_cfg from which firmware makes the tables of `platform`. */
export function acpiFiles(platform: AcpiPlatform): ReadonlyMap<string, Uint8Array> {
  const tables = buildAcpiTables(platform, 0, MOST);
  return new Map([
    [TABLES_FILE, tables.bytes],
    [RSDP_FILE, tables.bytes.slice(tables.rsdp, tables.rsdp + RSDP_SIZE)],
    [LOADER_FILE, loaderScript(tables)],
  ]);
}

function loaderScript({ bytes, rsdp }: AcpiTables): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const commands: Uint8Array[] = [allocate(RSDP_FILE, 16, ZONE_LOW), allocate(TABLES_FILE, 64, ZONE_HIGH)];
  const checksums: Uint8Array[] = [];
  /** A table whose pointers, at offsets in it, are to be moved. */
  const table = (at: number, pointers: readonly (readonly [offset: number, size: number])[]) => {
    for (const [offset, size] of pointers) commands.push(addPointer(TABLES_FILE, at + offset, size));
    checksums.push(addChecksum(TABLES_FILE, at + CHECKSUM, at, view.getUint32(at + 4, true)));
  };
  const rsdt = view.getUint32(rsdp + 16, true);
  const xsdt = view.getUint32(rsdp + 24, true);
  const fadt = view.getUint32(rsdt + HEADER_SIZE, true);
  for (const [root, size] of [
    [rsdt, 4],
    [xsdt, 8],
  ] as const) {
    const end = view.getUint32(root + 4, true);
    const offsets = Array.from({ length: (end - HEADER_SIZE) / size }, (_, i) => HEADER_SIZE + i * size);
    table(
      root,
      offsets.map((offset) => [offset, size] as const),
    );
  }
  table(fadt, FADT_POINTERS);
  commands.push(addPointer(RSDP_FILE, 16, 4), addPointer(RSDP_FILE, 24, 8));
  checksums.push(addChecksum(RSDP_FILE, 8, 0, 20), addChecksum(RSDP_FILE, 32, 0, RSDP_SIZE));
  const script = new Uint8Array((commands.length + checksums.length) * COMMAND_SIZE);
  [...commands, ...checksums].forEach((command, i) => {
    script.set(command, i * COMMAND_SIZE);
  });
  return script;
}

/** A command: its number, names of files from offset 4 on, and numbers (offset, width in bytes, value). */
function command(
  number: number,
  files: readonly string[],
  numbers: readonly (readonly [offset: number, width: 1 | 4, value: number])[],
): Uint8Array {
  const bytes = new Uint8Array(COMMAND_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number, true);
  files.forEach((name, i) => {
    bytes.set(new TextEncoder().encode(name), 4 + 56 * i);
  });
  for (const [offset, width, value] of numbers) {
    if (width === 1) view.setUint8(offset, value);
    else view.setUint32(offset, value, true);
  }
  return bytes;
}

const allocate = (file: string, alignment: number, zone: number) =>
  command(1, [file], [[60, 4, alignment], [64, 1, zone]]); // biome-ignore format: short

const addPointer = (file: string, offset: number, size: number) =>
  command(2, [file, TABLES_FILE], [[116, 4, offset], [120, 1, size]]); // biome-ignore format: short

const addChecksum = (file: string, offset: number, start: number, length: number) =>
  command(3, [file], [[60, 4, offset], [64, 4, start], [68, 4, length]]); // biome-ignore format: short
