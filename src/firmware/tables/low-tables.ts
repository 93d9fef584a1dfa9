// The tables that systems search the BIOS's segment for: SMBIOS, MP, $PIR, each on a 16-byte boundary.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { buildMpTable } from './mp-table.ts';
import { buildPciRouting } from './pci-routing.ts';
import type { AcpiPlatform } from './platform.ts';
import { buildSmbios, type SmbiosPlatform } from './smbios.ts';

const BOUNDARY = 16;

/** All of them, for the address `base` (a multiple of 16). Throws DoppelError where they take more than `size` bytes. */
export function buildLowTables(
  platform: AcpiPlatform,
  smbios: SmbiosPlatform,
  base: GuestPhysical,
  size: number,
): Uint8Array {
  const bytes = new Uint8Array(size);
  let next = 0;
  const place = (table: Uint8Array): void => {
    if (next + table.length > size) throw new DoppelError('the tables do not fit into the BIOS');
    bytes.set(table, next);
    next = Math.ceil((next + table.length) / BOUNDARY) * BOUNDARY;
  };
  place(buildPciRouting(platform.pci));
  place(buildMpTable(platform, base + next));
  // Both entry points come before the structures, whose place they name: 32 bytes each.
  const { anchor, anchor3, structures } = buildSmbios(smbios, base + next + 4 * BOUNDARY);
  place(anchor);
  place(anchor3);
  place(structures);
  return bytes;
}

/** The files of fw_cfg from which firmware makes its SMBIOS tables; it places them itself. */
export function smbiosFiles(platform: SmbiosPlatform): ReadonlyMap<string, Uint8Array> {
  const { anchor, structures } = buildSmbios(platform, 0);
  return new Map([
    ['etc/smbios/smbios-anchor', anchor],
    ['etc/smbios/smbios-tables', structures],
  ]);
}
