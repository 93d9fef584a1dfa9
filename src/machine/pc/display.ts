// The display adapter of the PC board: a VGA in a PCI slot, with its memory and, where the user gives one, a VGA BIOS.
import { DoppelError } from '../../base/errors.ts';
import type { Clock } from '../../base/services.ts';
import type { Chip } from '../../devices/chip.ts';
import { buildEdid, type PreferredMode } from '../../devices/display/edid.ts';
import { Vga } from '../../devices/display/vga.ts';
import { vgaFunction } from '../../devices/display/vga-pci.ts';
import type { PciAddressSpaces, PciEndpoint } from '../../devices/pci/endpoint.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';

/** A display adapter and the monitor at it. */
export interface DisplayOptions {
  /** The VGA BIOS in the adapter's expansion ROM: up to 16 MiB, beginning with 55h AAh. */
  readonly rom?: Uint8Array;
  /** What the monitor likes best; 1024 x 768 unless given. */
  readonly preferred?: PreferredMode;
}

const VIDEO_MEMORY_SIZE = 16 * 2 ** 20;
const SMALLEST_ROM = 4096;
const LARGEST_ROM = 16 * 2 ** 20;
const PREFERRED: PreferredMode = { width: 1024, height: 768 };

const romSize = (rom: Uint8Array) => 2 ** Math.ceil(Math.log2(Math.max(rom.length, SMALLEST_ROM)));

/** Bytes of plain memory that the adapter needs. */
export function displayMemorySize(options: DisplayOptions | undefined): number {
  if (options === undefined) return 0;
  return VIDEO_MEMORY_SIZE + (options.rom === undefined ? 0 : romSize(options.rom));
}

/** Throws DoppelError unless a file can be a VGA BIOS. */
export function checkVideoRom(rom: Uint8Array): void {
  if (rom.length > LARGEST_ROM || rom[0] !== 0x55 || rom[1] !== 0xaa) {
    throw new DoppelError('The VGA BIOS is no expansion ROM: it must begin with the bytes 55 AA.');
  }
}

/** The adapter and its PCI function, both still to be plugged in. */
export function buildDisplay(
  options: DisplayOptions,
  memory: GuestMemory,
  clock: Clock,
  spaces: PciAddressSpaces,
): { readonly vga: Vga; readonly pci: PciEndpoint & Chip } {
  const vga = new Vga({ clock, memory: memory.allocate('video-memory', VIDEO_MEMORY_SIZE) });
  const edid = buildEdid(options.preferred ?? PREFERRED);
  if (options.rom === undefined) return { vga, pci: vgaFunction({ vga, edid, spaces }) };
  checkVideoRom(options.rom);
  const rom = memory.allocate('video-rom', romSize(options.rom), 'rom');
  rom.bytes.set(options.rom);
  return { vga, pci: vgaFunction({ vga, edid, rom, spaces }) };
}
