// The PC board as its ACPI tables describe it.
import { SLEEP_TYPE_S5 } from '../../devices/platform/acpi-pm.ts';
import { CMOS_CENTURY } from '../../devices/timer/rtc.ts';
import type { AcpiPlatform } from '../../firmware/tables/platform.ts';
import { IO_APIC, LOCAL_APIC, PCI_MEMORY_WINDOW, PCI_MEMORY_WINDOW_END } from './memory.ts';
import {
  ACPI_PM_TIMER,
  ACPI_PM1A_CONTROL,
  ACPI_PM1A_EVENT,
  COM1,
  GSI_PIT,
  IO_APIC_ID,
  IRQ_COM1,
  IRQ_PCI,
  IRQ_PIT,
  IRQ_RTC,
  IRQ_SCI,
  PCI_CONFIG_ADDRESS,
  RESET_CONTROL,
  RTC,
} from './ports.ts';

/** A hard reset: both bits of the reset control register at once. */
const HARD_RESET = 0x06;

/** The platform of a board with `processors` vCPUs, with or without a VGA. */
export function pcAcpiPlatform(processors: number, vga = false): AcpiPlatform {
  return {
    processors,
    localApic: LOCAL_APIC,
    ioApic: { address: IO_APIC, id: IO_APIC_ID },
    overrides: [
      { irq: IRQ_PIT, gsi: GSI_PIT, signal: 'as the bus' },
      { irq: IRQ_SCI, gsi: IRQ_SCI, signal: 'level, active high' },
    ],
    sci: IRQ_SCI,
    pm1aEvent: ACPI_PM1A_EVENT,
    pm1aControl: ACPI_PM1A_CONTROL,
    pmTimer: ACPI_PM_TIMER,
    sleepTypeS5: SLEEP_TYPE_S5,
    reset: { port: RESET_CONTROL, value: HARD_RESET },
    centuryIndex: CMOS_CENTURY,
    keyboardController: false,
    vga,
    isaDevices: [
      { name: 'COM1', identifier: 'PNP0501', unique: 1, ports: [{ port: COM1, count: 8 }], irq: IRQ_COM1 },
      { name: 'RTC', identifier: 'PNP0B00', ports: [{ port: RTC, count: 2 }], irq: IRQ_RTC },
    ],
    pci: {
      configuration: { port: PCI_CONFIG_ADDRESS, count: 8 },
      memory: { start: PCI_MEMORY_WINDOW, end: PCI_MEMORY_WINDOW_END },
      interrupts: IRQ_PCI,
    },
  };
}
