// PhysicalMemory: what page walks and LinearMemory need of guest-physical memory. RAM and everything
// else (through the bus) behind one face; the implementation tells them apart and marks code pages.
import type { GuestPhysical } from '../../base/addresses.ts';

export interface PhysicalMemory {
  read8(address: GuestPhysical): number;
  read16(address: GuestPhysical): number;
  /** Unsigned. Any alignment inside one page. */
  read32(address: GuestPhysical): number;
  /** Writes of any alignment inside one page; they invalidate decoded code on the page. */
  write8(address: GuestPhysical, value: number): void;
  write16(address: GuestPhysical, value: number): void;
  write32(address: GuestPhysical, value: number): void;
}
