// The PC board as its ACPI tables describe it.
import { SLEEP_TYPE_S3, SLEEP_TYPE_S4, SLEEP_TYPE_S5 } from '../../devices/platform/acpi-pm.ts';
import { HPET_CAPABILITIES } from '../../devices/timer/hpet.ts';
import { CMOS_CENTURY } from '../../devices/timer/rtc.ts';
import { BIOS_DATE, BIOS_VERSION } from '../../firmware/bios/layout.ts';
import type { AcpiPlatform } from '../../firmware/tables/platform.ts';
import type { SmbiosPlatform } from '../../firmware/tables/smbios.ts';
import { cpuFeatures } from '../../x86/cpuid/features.ts';
import { BRAND, processorIdentity } from '../../x86/cpuid/leaves.ts';
import {
  HPET,
  IO_APIC,
  LOCAL_APIC,
  PCI_MEMORY_WINDOW,
  PCI_MEMORY_WINDOW_END,
  VIDEO_MEMORY,
  VIDEO_MEMORY_SIZE,
} from './memory.ts';
import {
  ACPI_PM,
  COM1,
  DMA,
  DMA_CASCADE,
  DMA_FLOPPY,
  FLOPPY,
  FW_CFG,
  GSI_PIT,
  I8042_COMMAND,
  I8042_DATA,
  IO_APIC_ID,
  IRQ_FLOPPY,
  IRQ_KEYBOARD,
  IRQ_LPT1,
  IRQ_MOUSE,
  IRQ_PCI,
  IRQ_PIC_CASCADE,
  IRQ_PIT,
  IRQ_RTC,
  IRQ_SCI,
  LPT1,
  PCI_CONFIG_ADDRESS,
  PCI_ISA_BRIDGE,
  PIC_EDGE_LEVEL,
  PIC_FIRST,
  PIC_SECOND,
  PIT,
  RESET_CONTROL,
  RTC,
  SERIAL_PORTS,
  SMBUS,
  SYSTEM_CONTROL_B,
} from './ports.ts';

/** A hard reset: both bits of the reset control register at once. */
const HARD_RESET = 0x06;

/** What a board may have or not. */
export interface BoardParts {
  readonly vga?: boolean;
  /** I/O addresses of COM1 and those that follow. */
  readonly serialPorts?: readonly number[];
  /** A printer at the parallel port; a floppy drive. */
  readonly printer?: boolean;
  readonly floppy?: boolean;
  /** Where firmware has placed the PIIX4's power management ports; where we do, unless given. */
  readonly pmBase?: number;
  /** First address that devices of the PCI bus may be placed at; where we place them, unless given. */
  readonly pciWindow?: number;
  /** What firmware routes PIRQA# to PIRQD# to; as we do it, unless given. */
  readonly pirqs?: readonly number[];
  /** Devices of PCI bus 0; only the ISA bridge unless given. */
  readonly slots?: readonly number[];
}

/** What SeaBIOS routes PIRQA# to PIRQD# to, whatever the machine would like. */
export const SEABIOS_PIRQS = [10, 10, 11, 11] as const;

/** The platform of a board with `processors` vCPUs. */
export function pcAcpiPlatform(
  processors: number,
  {
    vga = false,
    serialPorts = [COM1],
    printer = false,
    floppy = false,
    pmBase = ACPI_PM,
    pciWindow = PCI_MEMORY_WINDOW,
    pirqs,
    slots = [PCI_ISA_BRIDGE[0]],
  }: BoardParts = {},
): AcpiPlatform {
  return {
    processors,
    ...processorIdentity(cpuFeatures()),
    localApic: LOCAL_APIC,
    ioApic: { address: IO_APIC, id: IO_APIC_ID },
    overrides: [
      { irq: IRQ_PIT, gsi: GSI_PIT, signal: 'as the bus' },
      { irq: IRQ_SCI, gsi: IRQ_SCI, signal: 'level, active high' },
    ],
    sci: IRQ_SCI,
    pm1aEvent: pmBase,
    pm1aControl: pmBase + 4,
    pmTimer: pmBase + 8,
    sleepTypes: { S3: SLEEP_TYPE_S3, S4: SLEEP_TYPE_S4, S5: SLEEP_TYPE_S5 },
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
          { port: pmBase, count: 0x40 },
          { port: SMBUS, count: 0x10 },
        ],
      },
      ...(printer
        ? [{ name: 'LPT1', identifier: 'PNP0400', ports: [{ port: LPT1, count: 3 }], irq: IRQ_LPT1 }]
        : []),
      ...(floppy
        ? [
            {
              name: 'FDC0',
              identifier: 'PNP0700',
              ports: [
                { port: FLOPPY[0], count: 6 },
                { port: FLOPPY[1], count: 1 },
              ],
              irq: IRQ_FLOPPY,
              dma: DMA_FLOPPY,
            },
          ]
        : []),
      {
        name: 'PIC',
        identifier: 'PNP0000',
        ports: [
          { port: PIC_FIRST, count: 2 },
          { port: PIC_SECOND, count: 2 },
          { port: PIC_EDGE_LEVEL, count: 2 },
        ],
        irq: IRQ_PIC_CASCADE,
      },
      { name: 'TIMR', identifier: 'PNP0100', ports: [{ port: PIT, count: 4 }], irq: IRQ_PIT },
      {
        name: 'DMAC',
        identifier: 'PNP0200',
        ports: [
          { port: DMA[0], count: 16 },
          { port: DMA[2], count: 15 },
          { port: DMA[1], count: 32 },
        ],
        dma: DMA_CASCADE,
      },
      { name: 'FWCF', identifier: 'QEMU0002', ports: [{ port: FW_CFG, count: 12 }] },
      { name: 'SPKR', identifier: 'PNP0800', ports: [{ port: SYSTEM_CONTROL_B, count: 1 }] },
      { name: 'HPET', identifier: 'PNP0103', ports: [], memory: { start: HPET, size: 0x400 } },
      { name: 'RTC', identifier: 'PNP0B00', ports: [{ port: RTC, count: 2 }], irq: IRQ_RTC },
    ],
    pci: {
      configuration: { port: PCI_CONFIG_ADDRESS, count: 8 },
      slots,
      router: { slot: PCI_ISA_BRIDGE[0], vendor: 0x8086, device: 0x7000 },
      memory: { start: pciWindow, end: PCI_MEMORY_WINDOW_END },
      videoMemory: { start: VIDEO_MEMORY, end: VIDEO_MEMORY + VIDEO_MEMORY_SIZE },
      // INTA# of slot 1 is PIRQA#.
      interrupts: pirqs ? [3, 0, 1, 2].map((pirq) => pirqs[pirq]!) : IRQ_PCI,
    },
  };
}

/** What SMBIOS tells of a board with so much memory. */
export function pcSmbiosPlatform(processors: number, ramSize: number): SmbiosPlatform {
  return {
    ramSize,
    processors,
    ...processorIdentity(cpuFeatures()),
    processorName: BRAND,
    version: BIOS_VERSION,
    date: BIOS_DATE,
  };
}
