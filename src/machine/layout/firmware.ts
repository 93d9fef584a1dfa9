// What firmware leaves in the RAM of a PC board before the kernel runs: the ACPI tables and the BIOS
// data areas, at the addresses of memory.ts.
import type { GuestPhysical } from '../../base/addresses.ts';
import { buildAcpiTables } from '../../firmware/tables/acpi.ts';
import { biosDataArea } from '../../firmware/tables/bios-data-area.ts';
import { pcAcpiPlatform } from './acpi.ts';
import { ACPI_TABLES, ACPI_TABLES_SIZE, BIOS_DATA_AREA, EXTENDED_BIOS_DATA_AREA } from './memory.ts';
import { COM1 } from './ports.ts';

/** Writes the tables into guest RAM (`ram` begins at physical address 0). Answers the RSDP's address. */
export function installPcFirmware(ram: Uint8Array, processors: number): GuestPhysical {
  const tables = buildAcpiTables(pcAcpiPlatform(processors), ACPI_TABLES, ACPI_TABLES_SIZE);
  ram.set(tables.bytes, ACPI_TABLES);
  ram.set(biosDataArea([COM1], EXTENDED_BIOS_DATA_AREA), BIOS_DATA_AREA);
  ram[EXTENDED_BIOS_DATA_AREA] = 1; // Its own size in KiB.
  return tables.rsdp;
}
