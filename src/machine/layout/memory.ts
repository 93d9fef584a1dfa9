// Guest-physical memory of the PC board: every address that the board, not a chip, decides.
//
//   0x1_0000_0000  RAM above 4 GiB (later)
//   0x0_FFFF_FFFF  +----------------------------+
//                  | firmware's ROM, if any     |
//   0x0_FF00_0000  | pc-testdev, if any, 64 KiB |  TEST_DEVICE
//   0x0_FEE0_0000  | local APIC, 4 KiB          |  LOCAL_APIC
//   0x0_FED0_0000  | HPET, 1 KiB                |  HPET
//   0x0_FEC0_0000  | I/O APIC, 4 KiB            |  IO_APIC
//                  | PCI memory windows         |
//   0x0_C000_0000  +----------------------------+  PCI_HOLE   (end of RAM at most)
//                  | nothing, above the RAM     |
//   RAM size       +----------------------------+
//                  | extended memory            |
//   0x0_0010_0000  +----------------------------+  EXTENDED_MEMORY
//                  | BIOS area                  |
//   0x0_000F_6000  | SMBIOS, MP, $PIR tables    |  BIOS_TABLES
//   0x0_000E_0000  | ACPI tables                |  ACPI_TABLES
//   0x0_000C_0000  | option ROMs                |  OPTION_ROMS
//   0x0_000A_0000  | video memory               |  VIDEO_MEMORY
//   0x0_0009_FC00  | extended BIOS data area    |  EXTENDED_BIOS_DATA_AREA
//                  | free                       |
//   0x0_0002_0000  +----------------------------+
//                  | command lines, 64 KiB      |  BOOT_AREA.commandLine
//   0x0_0001_0000  |----------------------------|
//                  | free                       |
//   0x0_0000_9000  |----------------------------|
//                  | boot page tables, 6 pages  |  BOOT_AREA.pageTables
//   0x0_0000_3000  |----------------------------|
//                  | boot_params, start_info    |  BOOT_AREA.information
//   0x0_0000_2000  |----------------------------|
//                  | boot GDT                   |  BOOT_AREA.gdt
//   0x0_0000_1000  |----------------------------|
//   0x0_0000_0400  | BIOS data area             |  BIOS_DATA_AREA
//   0x0_0000_0000  +----------------------------+  real-mode interrupt vectors
//
// The boot structures lie in RAM that the E820 map gives to the operating system: they are read before
// it allocates any. RAM at 0xA0000-0xFFFFF exists but is not reported as usable.
import { DoppelError } from '../../base/errors.ts';
import { ROM_SEGMENT, ROM_TABLES, ROM_TABLES_SIZE } from '../../firmware/bios/layout.ts';
import type { BootArea } from '../../firmware/boot/request.ts';
import { buildMemoryMap, type MemoryMap } from '../../firmware/tables/memory-map.ts';

export const BIOS_DATA_AREA = 0x400;
export const EXTENDED_BIOS_DATA_AREA = 0x9_fc00;
export const VIDEO_MEMORY = 0xa_0000;
export const VIDEO_MEMORY_SIZE = 0x2_0000;
export const OPTION_ROMS = 0xc_0000;
export const ACPI_TABLES = 0xe_0000;
export const ACPI_TABLES_SIZE = 0x1_0000;
/** In the segment that systems look for them in, where the BIOS's ROM leaves room. */
export const BIOS_TABLES = ROM_SEGMENT * 16 + ROM_TABLES;
export const BIOS_TABLES_SIZE = ROM_TABLES_SIZE;
export const EXTENDED_MEMORY = 0x10_0000;
export const PCI_HOLE = 0xc000_0000;
export const PCI_HOLE_END = 0x1_0000_0000;
/** The window in the hole that the PCI host bridge hands out to devices. */
export const PCI_MEMORY_WINDOW = 0xc000_0000;
export const PCI_MEMORY_WINDOW_END = 0xfec0_0000;
export const IO_APIC = 0xfec0_0000;
export const IO_APIC_SIZE = 0x1000;
export const HPET = 0xfed0_0000;
/** The page that it has to itself. */
export const HPET_SIZE = 0x1000;
export const LOCAL_APIC = 0xfee0_0000;
export const LOCAL_APIC_SIZE = 0x1000;
export const TEST_DEVICE = 0xff00_0000;

/** Where the loader leaves what it tells the kernel. */
export const BOOT_AREA: BootArea = {
  gdt: 0x1000,
  information: 0x2000,
  pageTables: 0x3000,
  commandLine: 0x1_0000,
  commandLineSize: 0x1_0000,
};

const MINIMUM_RAM = 0x20_0000;
/** WebAssembly's page. */
const RAM_UNIT = 0x1_0000;

/**
 * Throws DoppelError unless a board can have `bytes` of RAM: a multiple of 64 KiB, from 2 MiB up to the
 * PCI hole (3 GiB).
 */
export function checkRamSize(bytes: number): void {
  if (!Number.isInteger(bytes) || bytes % RAM_UNIT !== 0 || bytes < MINIMUM_RAM || bytes > PCI_HOLE) {
    throw new DoppelError('the memory size must be a multiple of 64 KiB, at least 2 MiB and at most 3 GiB');
  }
}

/** What firmware reports of `ramSize` bytes. */
export function pcMemoryMap(ramSize: number): MemoryMap {
  return buildMemoryMap({
    ramSize,
    extendedBiosDataArea: EXTENDED_BIOS_DATA_AREA,
    firmwareArea: ACPI_TABLES,
    pciHole: PCI_HOLE,
  });
}
