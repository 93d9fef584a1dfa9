// The PCI function of an AHCI host bus adapter as in Intel's ICH9 (data sheet 316972, chapter 15: device 2922h in AHCI
// mode): registers at BAR 5, MSI of one vector. MAP and PCS are stored and read back: AHCI with all ports on.
// Not modelled: the index and data ports of BAR 4, the Serial ATA and power management capabilities.
import type { Chip } from '../chip.ts';
import type { DmaView, IrqLine, MsiTarget } from '../lines.ts';
import type { PciAddressSpaces } from '../pci/endpoint.ts';
import { PciEndpoint } from '../pci/endpoint.ts';
import { SUBSYSTEM } from '../pci/subsystem.ts';
import { AHCI_REGION_SIZE, Ahci, type AhciOptions } from './ahci.ts';

const MSI_CAPABILITY = 0x80;

export interface AhciPciOptions extends Omit<AhciOptions, 'irq' | 'again'> {
  readonly spaces: PciAddressSpaces;
  readonly pin: IrqLine;
  readonly messages: MsiTarget;
}

/** The chip and its function, which the board resets, saves and restores both. */
export function ahciPci(options: AhciPciOptions): { readonly chip: Ahci; readonly pci: PciEndpoint & Chip } {
  const { spaces, pin, messages, memory: all, ...rest } = options;
  let pci: PciEndpoint | undefined;
  let reach: DmaView | undefined;
  const memory: DmaView = {
    read: (address, target) => (reach ? reach.read(address, target) : target.fill(0xff)),
    write: (address, source) => reach?.write(address, source),
    lend: (address, length, use) => reach?.lend?.(address, length, use),
  };
  const chip = new Ahci({
    ...rest,
    memory,
    irq: { set: (level) => pci?.interrupt.set(level) },
    again: () => pci?.message(0),
  });
  pci = new PciEndpoint({
    name: 'ahci-pci',
    header: {
      vendor: 0x8086,
      device: 0x2922,
      revision: 2,
      classCode: 0x01_06_01,
      commandWritable: 0x0406,
      status: 0x0280,
      interruptPin: 1,
      ...SUBSYSTEM,
    },
    bars: [{ space: 'memory', index: 5, size: AHCI_REGION_SIZE, shows: chip.regions[0]! }],
    registers: [
      { name: 'MAP', offset: 0x90, width: 1, reset: 0x60 },
      { name: 'PCS', offset: 0x92, width: 2, reset: 0x003f, writable: 0x803f },
    ],
    msi: { wide: false, at: MSI_CAPABILITY },
    messages,
    spaces,
    pin,
  });
  reach = pci.dma(all);
  return { chip, pci };
}
