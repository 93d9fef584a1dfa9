// The PCI interrupt routing table, "$PIR" (Microsoft, "PCI IRQ Routing Table Specification" 1.0): which input of the
// interrupt router each slot's pins are wired to, for systems that route them to the PICs themselves. The same entries
// answer INT 1Ah, AX=B10Eh (PCI BIOS Specification 2.1, section 4.8.1).
//
//   entry  0 bus  1 device << 3  2, 5, 8, 11 link of INTA# to INTD#  3, 6, 9, 12 interrupts it can have, as bits (16)
//          14 slot number, 0 on the board  15 reserved
//
// A link is named by the router's register that routes it: 60h to 63h of the PIIX3.
import { concatenate } from './aml.ts';
import { putText, setChecksum } from './bytes.ts';
import type { AcpiPlatform } from './platform.ts';

const HEADER_SIZE = 32;
const ENTRY_SIZE = 16;
const VERSION_1_0 = 0x0100;
const FIRST_LINK = 0x60;
const LINKS = 4;

/** `interrupts` (ISA) are those that a link can have. */
export type PciRouting = Pick<AcpiPlatform['pci'], 'slots' | 'router' | 'interrupts'>;

/** The entries, 16 bytes each. */
export function routingEntries({ slots, router, interrupts }: PciRouting): Uint8Array {
  const bitmap = interrupts.reduce((bits, irq) => bits | (1 << irq), 0);
  const bytes = new Uint8Array(slots.length * ENTRY_SIZE);
  slots.forEach((slot, i) => {
    const entry = bytes.subarray(i * ENTRY_SIZE);
    entry[1] = slot << 3;
    for (let pin = 0; pin < LINKS; pin++) {
      const link = FIRST_LINK + ((slot - router.slot + pin + LINKS * 8) % LINKS);
      entry.set([link, bitmap & 0xff, bitmap >>> 8], 2 + 3 * pin);
    }
    entry[14] = slot <= router.slot ? 0 : slot - router.slot;
  });
  return bytes;
}

/** The table for a 16-byte boundary between F0000h and 1 MiB. */
export function buildPciRouting(routing: PciRouting): Uint8Array {
  const header = new Uint8Array(HEADER_SIZE);
  const table = concatenate([header, routingEntries(routing)]);
  const view = new DataView(table.buffer);
  putText(table, 0, '$PIR');
  view.setUint16(4, VERSION_1_0, true);
  view.setUint16(6, table.length, true);
  table[9] = routing.router.slot << 3;
  // No interrupt belongs to PCI alone (10). A router that is compatible with this one (12):
  view.setUint16(12, routing.router.vendor, true);
  view.setUint16(14, routing.router.device, true);
  setChecksum(table, 31);
  return table;
}
