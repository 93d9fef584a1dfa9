// The chipset as firmware leaves it to an operating system, for machines that boot a kernel without firmware: RAM in
// place of the ROMs, the power management and SMBus ports, PCI interrupts routed and level-sensitive, BARs placed,
// AHCI ports without what happened at power-on.
import type { GuestBus } from '../../base/guest-bus.ts';
import { PMBASE, PMREGMISC, SMBBA, SMBHSTCFG } from '../../devices/pci/power-management.ts';
import { writePci } from '../../firmware/bios/pci-services.ts';
import { setUpPci } from '../../firmware/bios/pci-setup.ts';
import * as M from '../layout/memory.ts';
import * as P from '../layout/ports.ts';
import { setUpAhci } from './ahci-setup.ts';

const PAM0 = 0x59;
const PAMS = 7;
const READ_WRITE_RAM = 0x33;
const PIRQS = 4;
const INTERRUPT_LINE = 0x3c;
const ENABLE = 1;

const slotOf = ([device, func]: P.PciSlot) => device * 8 + func;

/** IRQs of PIRQA# to PIRQD#. PIRQA# is INTA# of slot 1; the DSDT's _PRT says the same. */
const ROUTES = Array.from({ length: PIRQS }, (_, i) => P.IRQ_PCI[(1 + i) % P.IRQ_PCI.length]!);

export function setUpChipset(bus: GuestBus): void {
  const hostBridge = slotOf(P.PCI_HOST_BRIDGE);
  for (let i = 0; i < PAMS; i++) writePci(bus, hostBridge, PAM0 + i, 1, READ_WRITE_RAM);
  setUpPci(bus, {
    io: P.PCI_IO_WINDOW,
    ioEnd: P.PCI_IO_WINDOW_END,
    memory: M.PCI_MEMORY_WINDOW,
    memoryEnd: M.PCI_MEMORY_WINDOW_END,
    routes: ROUTES,
  });
  setUpAhci(bus);
  setUpInterruptLevels(bus);
  const power = slotOf(P.PCI_POWER_MANAGEMENT);
  writePci(bus, power, PMBASE, 4, P.ACPI_PM | ENABLE);
  writePci(bus, power, PMREGMISC, 1, ENABLE);
  writePci(bus, power, SMBBA, 4, P.SMBUS | ENABLE);
  writePci(bus, power, SMBHSTCFG, 1, ENABLE);
  writePci(bus, power, INTERRUPT_LINE, 1, P.IRQ_SCI);
}

/** The interrupts of PCI are level-sensitive. */
export function setUpInterruptLevels(bus: GuestBus): void {
  for (const irq of P.IRQ_PCI) {
    const port = P.PIC_EDGE_LEVEL + (irq >> 3);
    bus.portWrite(port, 1, bus.portRead(port, 1) | (1 << (irq & 7)));
  }
}
