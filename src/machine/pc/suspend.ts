// Suspend to RAM (ACPI Specification 6.5, section 16.1.3, state S3) on this board: what loses its power meanwhile, and what firmware
// does when the machine wakes.
//
// Memory, clock and CMOS RAM, power management and the display adapter keep their power. The others are reset, but PCI functions
// keep their configuration, as if firmware had restored it, and the host bridge with it what shows in place of the ROMs: firmware
// for this platform (SeaBIOS) goes on in its copy in RAM. What was called shutdown status in the PC AT (CMOS byte 0Fh) tells
// firmware why it starts.
import type { Chip } from '../../devices/chip.ts';
import { wakingVectorOf } from '../../firmware/tables/acpi.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import * as M from '../layout/memory.ts';
import * as P from '../layout/ports.ts';

const KEEP_POWER: ReadonlySet<string> = new Set([
  ...['acpi-pm', 'rtc', 'vga'],
  ...['host-bridge', 'isa-bridge', 'power-management'],
]);
const PCI_FUNCTION = '-pci';
/** What CMOS byte 0Fh says to firmware that wakes the machine. */
export const CMOS_SHUTDOWN_STATUS = 0x0f;
export const SHUTDOWN_STATUS_RESUME = 0xfe;
const A20_OPEN = 0x02;

/** Resets the chips whose power goes off. */
export function losePower(chips: ReadonlyMap<string, Chip>): void {
  for (const [name, chip] of chips) {
    if (!KEEP_POWER.has(name) && !name.endsWith(PCI_FUNCTION)) chip.reset();
  }
}

/** A place to go on at, in real mode. */
export interface WakingVector {
  readonly segment: number;
  readonly offset: number;
}

/**
 * Where the system that suspended the machine wants to go on, after whoever has set up the chipset; address line 20 is open then.
 * Null where there is none: tables of ours are in memory, and nobody has left anything in them.
 */
export function wakingVector(
  memory: GuestMemory,
  portWrite: (port: number, width: 1, value: number) => void,
): WakingVector | null {
  portWrite(P.SYSTEM_CONTROL_A, 1, A20_OPEN);
  const vector = memory.read32(wakingVectorOf(M.ACPI_TABLES)) >>> 0;
  // Section 5.2.10: CS is the physical address / 16, IP what remains.
  return vector === 0 || vector >= 1 << 20 ? null : { segment: vector >>> 4, offset: vector & 0xf };
}
