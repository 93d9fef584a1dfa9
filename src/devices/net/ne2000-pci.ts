// The NE2000 as a PCI function: Realtek RTL8029AS (data sheet, section 6.2), whose 32 ports are the ISA board's.
import type { Chip } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { HeaderValues } from '../pci/config-space.ts';
import type { PciAddressSpaces } from '../pci/endpoint.ts';
import { PciEndpoint } from '../pci/endpoint.ts';
import { Ne2000, type Ne2000Options } from './ne2000.ts';

export const RTL8029_HEADER: HeaderValues = {
  vendor: 0x10ec,
  device: 0x8029,
  revision: 0,
  classCode: 0x02_00_00,
  commandWritable: 0x0001,
  status: 0x0200,
  subsystemVendor: 0x10ec,
  subsystem: 0x8029,
  interruptPin: 1,
};

const PORTS = 32;

export interface Ne2000PciOptions extends Omit<Ne2000Options, 'irq' | 'realtek'> {
  readonly spaces: PciAddressSpaces;
  /** Its interrupt pin. */
  readonly pin: IrqLine;
}

/** The chip and its function, which the board resets, saves and restores both. */
export function ne2000Pci(options: Ne2000PciOptions): {
  readonly chip: Ne2000;
  readonly pci: PciEndpoint & Chip;
} {
  const { mac, network, spaces, pin } = options;
  const irq: IrqLine = { set: (level) => pci.interrupt.set(level) };
  const chip = new Ne2000({ mac, network, irq, realtek: true });
  const bars = [{ space: 'ports', index: 0, size: PORTS, shows: chip.regions[0]! }] as const;
  const pci = new PciEndpoint({ name: 'rtl8029', header: RTL8029_HEADER, bars, spaces, pin });
  return { chip, pci };
}
