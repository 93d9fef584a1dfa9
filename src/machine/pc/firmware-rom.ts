// The ROM at the top of 4 GiB that holds firmware, and what of it shows below 1 MiB: its last 128 KiB, at 0xE0000.
import { DoppelError } from '../../base/errors.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { OPTION_ROMS } from '../layout/memory.ts';
import { SHADOW_SIZE } from './shadow-ram.ts';

const KIB = 1024;
const SMALLEST = 64 * KIB;
const LARGEST = 16 * KIB * KIB;
const FOUR_GIB = 0x1_0000_0000;
const ONE_MIB = 0x10_0000;
const BELOW_ONE_MIB = 128 * KIB;

/** Throws DoppelError unless a file of `size` bytes can be firmware. */
export function checkFirmwareSize(size: number): void {
  if (size < SMALLEST || size > LARGEST || size % SMALLEST !== 0) {
    throw new DoppelError(
      `The firmware has ${size} bytes: it must be a ROM image of 64 KiB to 16 MiB, in whole 64 KiB.`,
    );
  }
}

/** Bytes of plain memory for the ROMs of a board. */
export function romMemorySize(firmware: Uint8Array | undefined): number {
  return SHADOW_SIZE + (firmware?.length ?? 0);
}

/** Places firmware at the top of 4 GiB; returns what the ROMs show from 0xC0000 to 1 MiB. */
export function installRoms(memory: GuestMemory, firmware: Uint8Array | undefined): PlainMemory {
  const roms = memory.allocate('roms', SHADOW_SIZE);
  roms.bytes.fill(0xff);
  if (firmware === undefined) return roms;
  checkFirmwareSize(firmware.length);
  const flash = memory.allocate('firmware', firmware.length);
  flash.bytes.set(firmware);
  memory.mapPlain(FOUR_GIB - firmware.length, firmware.length, flash, 0, 'nowhere');
  const low = firmware.subarray(-Math.min(firmware.length, BELOW_ONE_MIB));
  roms.bytes.set(low, ONE_MIB - low.length - OPTION_ROMS);
  return roms;
}
