// What holds firmware at the top of 4 GiB, and what of it shows below 1 MiB: its last 128 KiB, at 0xE0000.
//
//   0x1_0000_0000  +------------------------------+
//                  | firmware, read-only          |
//                  +------------------------------+
//                  | flash, where firmware keeps  |  and firmware itself, where there is none above
//                  | its variables                |
//                  +------------------------------+
import type { FlashImage } from '../../backend/flash/flash-image.ts';
import { DoppelError } from '../../base/errors.ts';
import { IntelFlash } from '../../devices/flash/intel-flash.ts';
import { ERASE_BLOCK } from '../../devices/flash/query-table.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { OPTION_ROMS } from '../layout/memory.ts';
import { SHADOW_SIZE } from './shadow-ram.ts';

const KIB = 1024;
const SMALLEST = 64 * KIB;
const LARGEST = 16 * KIB * KIB;
/** What the memory map is made of, and what flash is erased by. */
const UNIT = ERASE_BLOCK;
const FOUR_GIB = 0x1_0000_0000;
const ONE_MIB = 0x10_0000;
const BELOW_ONE_MIB = 128 * KIB;

/** What firmware comes in. */
export interface FirmwareParts {
  /** Read-only, its last byte at the end of 4 GiB; may be empty where there is flash. */
  readonly rom: Uint8Array;
  /** Right below it. */
  readonly flash: FlashImage | undefined;
}

/** Throws DoppelError unless files of these sizes can be firmware. */
export function checkFirmware({ rom, flash }: FirmwareParts): void {
  const romSize = rom.length;
  if (flash && (flash.size === 0 || flash.size % UNIT !== 0)) {
    throw new DoppelError(`${flash.name} has ${flash.size} bytes: flash memory has whole blocks of 4 KiB.`);
  }
  const size = romSize + (flash?.size ?? 0);
  if (size < SMALLEST || size > LARGEST || romSize % UNIT !== 0) {
    const both = flash && romSize > 0 ? ` (with the ${flash.size} of ${flash.name})` : '';
    throw new DoppelError(
      `The firmware has ${size} bytes${both}: it must be a ROM image of 64 KiB to 16 MiB, in whole 4 KiB.`,
    );
  }
}

/** Bytes of plain memory for the ROMs of a board, and its flash. */
export function romMemorySize(parts: FirmwareParts | undefined): number {
  return SHADOW_SIZE + (parts?.rom.length ?? 0) + (parts?.flash?.size ?? 0);
}

/** The flash that ends at `end`, mapped there: as memory while it shows its array, else as a device. */
export function installFlash(memory: GuestMemory, image: FlashImage, end: number): IntelFlash {
  const start = end - image.size;
  const content = memory.allocate('flash', image.size);
  const chip: IntelFlash = new IntelFlash({
    memory: content,
    image,
    showArray: (array) => {
      if (array) memory.mapFlash(start, content, chip.regions[0]!);
      else memory.map(start, image.size, chip.regions[0]!);
    },
  });
  chip.reset();
  return chip;
}

/** Places firmware at the top of 4 GiB. */
export function installFirmware(memory: GuestMemory, parts?: FirmwareParts): InstalledFirmware {
  const roms = memory.allocate('roms', SHADOW_SIZE);
  roms.bytes.fill(0xff);
  if (parts === undefined) return { roms };
  const { rom, flash: image } = parts;
  checkFirmware(parts);
  const romSize = rom.length;
  if (romSize > 0) {
    const firmware = memory.allocate('firmware', romSize);
    firmware.bytes.set(rom);
    memory.mapPlain(FOUR_GIB - romSize, romSize, firmware, 0, 'nowhere');
  }
  const flash = image && installFlash(memory, image, FOUR_GIB - romSize);
  const low = roms.bytes.subarray(ONE_MIB - BELOW_ONE_MIB - OPTION_ROMS);
  const size = Math.min(low.length, romSize + (image?.size ?? 0));
  memory.read(FOUR_GIB - size, low.subarray(low.length - size));
  return { roms, ...(flash && { flash }) };
}

export interface InstalledFirmware {
  /** What the ROMs show from 0xC0000 to 1 MiB. */
  readonly roms: PlainMemory;
  readonly flash?: IntelFlash;
}
