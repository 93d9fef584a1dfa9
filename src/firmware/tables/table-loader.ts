// The script by which firmware of a virtual machine places ACPI tables that it was given in files (the "linker/loader" of
// QEMU's fw_cfg): commands of 128 bytes, executed in order.
//
//   1  allocate      0 command  4 file (56)  60 alignment  64 zone: 1 anywhere in RAM, 2 below 1 MiB
//   2  add pointer   4 file to change (56)  60 file pointed to (56)  116 offset  120 size of the pointer
//   3  add checksum  4 file (56)  60 offset of the byte  64 first byte  68 length
//
// A pointer in a file holds an offset into the other file, to which the firmware adds that file's address. A checksum that is to be
// added is 0 in the file: OVMF sums it up with the rest.
//
// Firmware reads the tables after it has placed the chipset's registers, and they say where those are: they are built when they
// are read, always as long.
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

/** The files of fw_cfg from which firmware makes the tables of `platform`, which is asked each time when they are read. */
export function acpiFiles(
  platform: () => AcpiPlatform,
): ReadonlyMap<string, Uint8Array | (() => Uint8Array)> {
  const build = () => {
    const tables = buildAcpiTables(platform(), 0, MOST);
    const script = loaderScript(tables);
    const rsdp = tables.bytes.slice(tables.rsdp, tables.rsdp + RSDP_SIZE);
    for (const { file, offset } of script.checksums) (file === RSDP_FILE ? rsdp : tables.bytes)[offset] = 0;
    return { tables: tables.bytes, rsdp, script: script.bytes };
  };
  const { rsdp, script } = build();
  return new Map<string, Uint8Array | (() => Uint8Array)>([
    [TABLES_FILE, () => build().tables],
    [RSDP_FILE, rsdp],
    [LOADER_FILE, script],
  ]);
}

/** A byte of a file that the script has firmware compute. */
interface Checksum {
  readonly file: string;
  readonly offset: number;
  readonly start: number;
  readonly length: number;
}

function loaderScript({ bytes, rsdp }: AcpiTables): { bytes: Uint8Array; checksums: readonly Checksum[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const commands: Uint8Array[] = [allocate(RSDP_FILE, 16, ZONE_LOW), allocate(TABLES_FILE, 64, ZONE_HIGH)];
  const checksums: Checksum[] = [];
  /** A table whose pointers, at offsets in it, are to be moved. */
  const table = (at: number, pointers: readonly (readonly [offset: number, size: number])[]) => {
    for (const [offset, size] of pointers) commands.push(addPointer(TABLES_FILE, at + offset, size));
    const length = view.getUint32(at + 4, true);
    checksums.push({ file: TABLES_FILE, offset: at + CHECKSUM, start: at, length });
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
  checksums.push(
    { file: RSDP_FILE, offset: 8, start: 0, length: 20 },
    { file: RSDP_FILE, offset: 32, start: 0, length: RSDP_SIZE },
  );
  const script = new Uint8Array((commands.length + checksums.length) * COMMAND_SIZE);
  [...commands, ...checksums.map(addChecksum)].forEach((command, i) => {
    script.set(command, i * COMMAND_SIZE);
  });
  return { bytes: script, checksums };
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

const addChecksum = ({ file, offset, start, length }: Checksum) =>
  command(3, [file], [[60, 4, offset], [64, 4, start], [68, 4, length]]); // biome-ignore format: short
