// The memory map that firmware reports to the operating system: what INT 15h, AX=E820h returns
// (ACPI Specification 6.5, section 15, "System Address Map Interfaces"). One list serves the Linux
// boot parameters, PVH's start information, Multiboot and, later, the BIOS call itself.
import type { GuestPhysical } from '../../base/addresses.ts';

/** Address range types of ACPI 6.5, table 15.2. */
export const E820_RAM = 1;
export const E820_RESERVED = 2;
export const E820_ACPI = 3;
export const E820_NVS = 4;

export interface MemoryRange {
  /** First byte. */
  readonly base: GuestPhysical;
  /** Bytes, never 0. */
  readonly size: number;
  /** One of E820_RAM, E820_RESERVED, E820_ACPI, E820_NVS. */
  readonly type: number;
}

/** Ranges in ascending order that do not overlap; what no range covers is not memory. */
export type MemoryMap = readonly MemoryRange[];

/** Where a board with `ramSize` bytes keeps its RAM, and what of the first MiB firmware keeps for itself. */
export interface RamShape {
  /** Bytes of RAM in all, a multiple of 4096, at least 1 MiB. */
  readonly ramSize: number;
  /** First byte of the extended BIOS data area: the end of conventional memory. */
  readonly extendedBiosDataArea: GuestPhysical;
  /** First byte of the firmware's area (tables, BIOS), which ends at 1 MiB. */
  readonly firmwareArea: GuestPhysical;
  /** Where RAM stops and the PCI hole begins; more RAM goes on at 4 GiB. */
  readonly pciHole: GuestPhysical;
}

const VIDEO_MEMORY = 0xa0000;
const ONE_MIB = 0x100000;
const FOUR_GIB = 0x1_0000_0000;

/** The map of a PC: conventional memory, the firmware's areas, RAM up to the PCI hole, RAM above 4 GiB. */
export function buildMemoryMap(shape: RamShape): MemoryMap {
  const low = Math.min(shape.ramSize, shape.pciHole);
  const ebda = shape.extendedBiosDataArea;
  const map: MemoryRange[] = [
    { base: 0, size: ebda, type: E820_RAM },
    { base: ebda, size: VIDEO_MEMORY - ebda, type: E820_RESERVED },
    { base: shape.firmwareArea, size: ONE_MIB - shape.firmwareArea, type: E820_RESERVED },
  ];
  if (low > ONE_MIB) map.push({ base: ONE_MIB, size: low - ONE_MIB, type: E820_RAM });
  if (shape.ramSize > low) map.push({ base: FOUR_GIB, size: shape.ramSize - low, type: E820_RAM });
  return map;
}

/** True where every byte of [base, base + size) is RAM that the operating system may use. */
export function isUsableRam(map: MemoryMap, base: GuestPhysical, size: number): boolean {
  return map.some(
    (range) => range.type === E820_RAM && base >= range.base && base + size <= range.base + range.size,
  );
}

/**
 * The highest `alignment`-aligned address (a power of two) where `size` bytes of usable RAM end at or
 * below `limit` and begin at or above `floor`; undefined where there is no such place.
 */
export function highestUsable(
  map: MemoryMap,
  size: number,
  floor: GuestPhysical,
  limit: GuestPhysical,
  alignment: number,
): GuestPhysical | undefined {
  for (const range of map.toReversed()) {
    if (range.type !== E820_RAM) continue;
    const end = Math.min(range.base + range.size, limit);
    const base = Math.floor((end - size) / alignment) * alignment;
    if (base >= Math.max(range.base, floor)) return base;
  }
  return undefined;
}

/** End of the RAM range that contains 1 MiB (the "extended memory" of old interfaces); 1 MiB if there is none. */
export function endOfExtendedMemory(map: MemoryMap): GuestPhysical {
  const range = map.find((r) => r.type === E820_RAM && r.base <= ONE_MIB && r.base + r.size > ONE_MIB);
  return range === undefined ? ONE_MIB : range.base + range.size;
}

/** The map as the 20-byte entries of INT 15h, AX=E820h: base (8), length (8), type (4), little-endian. */
export function encodeE820(map: MemoryMap): Uint8Array {
  const bytes = new Uint8Array(map.length * 20);
  const view = new DataView(bytes.buffer);
  map.forEach((range, i) => {
    view.setBigUint64(i * 20, BigInt(range.base), true);
    view.setBigUint64(i * 20 + 8, BigInt(range.size), true);
    view.setUint32(i * 20 + 16, range.type, true);
  });
  return bytes;
}
