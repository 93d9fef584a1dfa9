// The PC board as its ACPI tables describe it.
import { SLEEP_TYPE_S5 } from '../../devices/platform/acpi-pm.ts';
import { HPET_CAPABILITIES } from '../../devices/timer/hpet.ts';
import { CMOS_CENTURY } from '../../devices/timer/rtc.ts';
import type { AcpiPlatform } from '../../firmware/tables/platform.ts';
import { HPET, IO_APIC, LOCAL_APIC, PCI_MEMORY_WINDOW, PCI_MEMORY_WINDOW_END } from './memory.ts';
import {
  ACPI_PM,
  ACPI_PM_TIMER,
  ACPI_PM1A_CONTROL,
  ACPI_PM1A_EVENT,
  COM1,
  GSI_PIT,
  I8042_COMMAND,
  I8042_DATA,
  IO_APIC_ID,
  IRQ_KEYBOARD,
  IRQ_MOUSE,
  IRQ_PCI,
  IRQ_PIT,
  IRQ_RTC,
  IRQ_SCI,
  PCI_CONFIG_ADDRESS,
  RESET_CONTROL,
  RTC,
  SERIAL_PORTS,
  SMBUS,
} from './ports.ts';

/** A hard reset: both bits of the reset control register at once. */
const HARD_RESET = 0x06;

/** What a board may have or not. */
export interface BoardParts {
  readonly vga?: boolean;
  /** I/O addresses of COM1 and those that follow. */
  readonly serialPorts?: readonly number[];
  /** What firmware routes PIRQA# to PIRQD# to; as we do it, unless given. */
  readonly pirqs?: readonly number[];
}

/** What SeaBIOS routes PIRQA# to PIRQD# to, whatever the machine would like. */
export const SEABIOS_PIRQS = [10, 10, 11, 11] as const;

/** The platform of a board with `processors` vCPUs. */
export function pcAcpiPlatform(
  processors: number,
  { vga = false, serialPorts = [COM1], pirqs }: BoardParts = {},
): AcpiPlatform {
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
    keyboardController: true,
    hpet: { address: HPET, capabilities: HPET_CAPABILITIES },
    vga,
    isaDevices: [
      ...SERIAL_PORTS.filter(([port]) => serialPorts.includes(port)).map(([port, irq], i) => ({
        name: `COM${i + 1}`,
        identifier: 'PNP0501',
        unique: i + 1,
        ports: [{ port, count: 8 }],
        irq,
      })),
      {
        name: 'KBD',
        identifier: 'PNP0303',
        ports: [
          { port: I8042_DATA, count: 1 },
          { port: I8042_COMMAND, count: 1 },
        ],
        irq: IRQ_KEYBOARD,
      },
      { name: 'MOU', identifier: 'PNP0F13', ports: [], irq: IRQ_MOUSE },
      // Ports that the PIIX4 has taken: nobody else may have them.
      {
        name: 'PMIO',
        identifier: 'PNP0C02',
        ports: [
          { port: ACPI_PM, count: 0x40 },
          { port: SMBUS, count: 0x10 },
        ],
      },
      { name: 'RTC', identifier: 'PNP0B00', ports: [{ port: RTC, count: 2 }], irq: IRQ_RTC },
    ],
    pci: {
      configuration: { port: PCI_CONFIG_ADDRESS, count: 8 },
      memory: { start: PCI_MEMORY_WINDOW, end: PCI_MEMORY_WINDOW_END },
      // INTA# of slot 1 is PIRQA#.
      interrupts: pirqs ? [3, 0, 1, 2].map((pirq) => pirqs[pirq]!) : IRQ_PCI,
    },
  };
}
