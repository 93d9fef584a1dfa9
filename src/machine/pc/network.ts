// The network cards of the PC board, in PCI slots from 3 on, or on the ISA bus where the user says so.
import type { MacAddress } from '../../backend/net/ethernet.ts';
import type { PacketBackend } from '../../backend/net/packet-backend.ts';
import { DoppelError } from '../../base/errors.ts';

/** e1000: Intel 82540EM. ne2k_pci: Realtek RTL8029AS. ne2k_isa: Novell's NE2000 at the port and interrupt given. */
export const NETWORK_MODELS = ['e1000', 'ne2k_pci', 'ne2k_isa'] as const;
export type NetworkModel = (typeof NETWORK_MODELS)[number];
/** What --net gives: systems from Windows Vista and Linux 2.4 on have its driver, and it is the fastest. */
export const DEFAULT_NETWORK_MODEL: NetworkModel = 'e1000';

export interface NetworkCard {
  readonly model: NetworkModel;
  /** Where its cable leads to. A back end serves one card. */
  readonly backend: PacketBackend;
  /** Six bytes; 02:44:50:00:00:01 and so on unless given. */
  readonly mac?: MacAddress;
  /** Of ne2k_isa: first of its 32 ports (0x300 unless given) and its interrupt (5 unless given). */
  readonly port?: number;
  readonly irq?: number;
}

/** Cards that a board has room for. */
const MOST_CARDS = 8;
export const FIRST_NETWORK_SLOT = 3;
/** IRQ 9, which other machines' NE2000 has, belongs to ACPI here. */
export const ISA_NETWORK = { port: 0x300, irq: 5 };
const ISA_IRQS = [3, 4, 5, 7, 9, 10, 11, 12, 15];

/** Throws DoppelError unless a board can have these cards. */
export function checkNetwork(cards: readonly NetworkCard[]): void {
  if (cards.length > MOST_CARDS) {
    throw new DoppelError(`There are ${cards.length} network cards, and room for ${MOST_CARDS}.`);
  }
  for (const { irq, mac } of cards) {
    if (irq !== undefined && !ISA_IRQS.includes(irq)) {
      throw new DoppelError(`A network card cannot have IRQ ${irq}: choose one of ${ISA_IRQS.join(', ')}.`);
    }
    if (mac !== undefined && (mac.length !== 6 || (mac[0]! & 1) !== 0)) {
      throw new DoppelError('The address of a network card has six bytes, the first of them even.');
    }
  }
}

/** The address of a card that the user has given none. */
export const defaultMac = (index: number): MacAddress => [0x02, 0x44, 0x50, 0, 0, index + 1];
