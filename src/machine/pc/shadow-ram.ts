// The last 256 KiB of the first MiB: RAM or the ROMs in front of it, as the host bridge's PAM registers say for each of
// their segments (82441FX data sheet, section 3.2.18).
//
//   PAM0 7:4  F0000-FFFFF    PAM1 3:0  C0000-C3FFF    PAM1 7:4  C4000-C7FFF  ...  PAM6 7:4  EC000-EFFFF
//   of each four bits: 0 reads from RAM, 1 writes to RAM; otherwise reads show the ROM and writes vanish
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { OPTION_ROMS } from '../layout/memory.ts';

export const SHADOW_SIZE = 0x4_0000;
const SEGMENT_SIZE = 0x4000;
const BIOS_SEGMENT = 0xf_0000;
const BIOS_SEGMENT_SIZE = 0x1_0000;
const READ_RAM = 1;
const WRITE_RAM = 2;

/** Maps each segment as `pam`, PAM0 to PAM6, has it; `roms` holds what the ROMs show from 0xC0000 on. */
export function mapShadowRam(memory: GuestMemory, roms: PlainMemory, pam: readonly number[]): void {
  const map = (start: number, size: number, access: number) => {
    const writes = (access & WRITE_RAM) !== 0;
    if ((access & READ_RAM) !== 0) memory.mapRam(start, size, writes ? 'memory' : 'nowhere');
    else memory.mapPlain(start, size, roms, start - OPTION_ROMS, writes ? 'ram' : 'nowhere');
  };
  map(BIOS_SEGMENT, BIOS_SEGMENT_SIZE, pam[0]! >> 4);
  for (let segment = 0; segment < 12; segment++) {
    const access = pam[1 + (segment >> 1)]! >> (4 * (segment & 1));
    map(OPTION_ROMS + segment * SEGMENT_SIZE, SEGMENT_SIZE, access);
  }
}
