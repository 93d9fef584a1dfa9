// Identity page tables of the first 4 GiB for the Linux 64-bit entry: one PML4, one PDPT, four page
// directories of 2 MiB pages (Intel SDM volume 3, section 4.5). Six pages at `base`, in that order.
import type { GuestPhysical } from '../../base/addresses.ts';
import type { RamWriter } from './bytes.ts';
import { PAGE_TABLES_SIZE } from './request.ts';

const PRESENT_WRITABLE = 0b11;
const LARGE_PAGE = 1 << 7;
const TWO_MIB = 0x20_0000;

export function writeIdentityPageTables(ram: RamWriter, base: GuestPhysical): void {
  const pdpt = base + 0x1000;
  const directories = base + 0x2000;
  ram.zero(base, PAGE_TABLES_SIZE);
  ram.u64(base, pdpt | PRESENT_WRITABLE);
  for (let i = 0; i < 4; i++) ram.u64(pdpt + i * 8, (directories + i * 0x1000) | PRESENT_WRITABLE);
  for (let i = 0; i < 4 * 512; i++) {
    ram.u64(directories + i * 8, i * TWO_MIB + (LARGE_PAGE | PRESENT_WRITABLE));
  }
}
