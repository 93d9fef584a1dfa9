// The PCI function of an 82540EM (the manual's section 4.1): registers in memory at BAR 0, as ports at BAR 2.
import type { Chip } from '../chip.ts';
import type { DmaView, IrqLine } from '../lines.ts';
import type { PciAddressSpaces } from '../pci/endpoint.ts';
import { PciEndpoint } from '../pci/endpoint.ts';
import { E1000, E1000_DEVICE, type E1000Options } from './e1000.ts';

export interface E1000PciOptions extends Omit<E1000Options, 'irq'> {
  readonly spaces: PciAddressSpaces;
  readonly pin: IrqLine;
}

/** The chip and its function, which the board resets, saves and restores both. */
export function e1000Pci(options: E1000PciOptions): {
  readonly chip: E1000;
  readonly pci: PciEndpoint & Chip;
} {
  const { spaces, pin, memory: all, ...rest } = options;
  let pci: PciEndpoint | undefined;
  let reach: DmaView | undefined;
  const memory: DmaView = {
    read: (address, target) => reach?.read(address, target),
    write: (address, source) => reach?.write(address, source),
  };
  const chip = new E1000({ ...rest, memory, irq: { set: (level) => pci?.interrupt.set(level) } });
  pci = new PciEndpoint({
    name: 'e1000-pci',
    header: {
      vendor: 0x8086,
      device: E1000_DEVICE,
      revision: 2,
      classCode: 0x02_00_00,
      status: 0x0220,
      subsystemVendor: 0x8086,
      subsystem: 0x001e,
      interruptPin: 1,
    },
    bars: [
      { space: 'memory', index: 0, size: 0x2_0000, shows: chip.regions[0]! },
      { space: 'ports', index: 2, size: 64, shows: chip.regions[1]! },
    ],
    spaces,
    pin,
  });
  reach = pci.dma(all);
  return { chip, pci };
}
