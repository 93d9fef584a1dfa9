// I/O ports of the PC board, and the interrupts that its chips drive.
//
//   0x000-0x00F  DMA, first         0x0C0-0x0DF  DMA, second
//   0x081-0x08F  DMA pages          0x3F0-0x3F5, 0x3F7  floppy controller
//   0x020-0x021  PIC, first         0x3F8-0x3FF  COM1
//   0x040-0x043  PIT                0x4D0-0x4D1  edge/level control of the PICs (ELCR)
//   0x060, 0x064 i8042              0x501        isa-debug-exit (when asked for)
//   0x061        system control B   0x600-0x603  ACPI PM1a event block
//   0x070-0x071  RTC and CMOS       0x604-0x605  ACPI PM1a control block
//   0x080        POST code          0x608-0x60B  ACPI PM timer
//   0x092        system control A   0xCF8        PCI configuration address
//   0x0B2-0x0B3  APM               0x2E8, 0x2F8, 0x3E8  COM4, COM2, COM3 (where asked for)
//   0x378-0x37A  LPT1 (likewise)
//   0x0A0-0x0A1  PIC, second        0xCF9        reset control
//   0x0E9        debug console      0xCFC-0xCFF  PCI configuration data
//   0x170-0x177  IDE, secondary     0x1F0-0x1F7  IDE, primary
//   0x376        and its control    0x3F6        and its control
//   0x1CE-0x1D0  VBE (with a VGA)   0x3B0-0x3DF  VGA (with one)
//   0x5658       VMware's backdoor (its pointer)
//   0x402        firmware's console 0x510-0x511  fw_cfg, its DMA at 0x514-0x51B

/** The DMA controllers and their page registers. */
export const DMA = [0x00, 0xc0, 0x81] as const;
export const PIC_FIRST = 0x20;
export const PIT = 0x40;
export const I8042_DATA = 0x60;
export const SYSTEM_CONTROL_B = 0x61;
export const I8042_COMMAND = 0x64;
export const RTC = 0x70;
export const POST_CODE = 0x80;
export const SYSTEM_CONTROL_A = 0x92;
export const PIC_SECOND = 0xa0;
export const DEBUG_CONSOLE = 0xe9;
/** Command block and control block of the IDE channels. */
export const IDE_PRIMARY = [0x1f0, 0x3f6] as const;
export const IDE_SECONDARY = [0x170, 0x376] as const;
export const FLOPPY = [0x3f0, 0x3f7] as const;
/** VGA: its CRT controller at two places, and the Bochs VBE extension. */
export const VGA_MONO = 0x3b0;
export const VGA = 0x3c0;
export const VGA_COLOUR = 0x3d0;
export const VBE = 0x1ce;
export const COM1 = 0x3f8;
/** COM1 to COM4: ports and interrupts. */
export const SERIAL_PORTS: readonly (readonly [port: number, irq: number])[] = [
  [0x3f8, 4],
  [0x2f8, 3],
  [0x3e8, 4],
  [0x2e8, 3],
];
export const LPT1 = 0x378;
export const APM = 0xb2;
export const PIC_EDGE_LEVEL = 0x4d0;
/** QEMU's customary place for isa-debug-exit in test kernels is 0xF4; its default is 0x501. */
export const DEBUG_EXIT = 0x501;
/** pc-testdev: its echo, the flushing of a page, the echo by bytes (without the debug console's), interrupt lines. */
export const TEST_DEVICE = [0xe0, 0xe4, 0xe8, 0x2000] as const;
/** The PIIX4's blocks, where firmware puts them. */
export const ACPI_PM = 0x600;
export const SMBUS = 0x700;
/** Where firmware writes its messages to. */
export const FIRMWARE_CONSOLE = 0x402;
export const FW_CFG = 0x510;
export const FW_CFG_DMA = 0x514;
/** VMware's backdoor, for the absolute pointer. */
export const VMWARE_BACKDOOR = 0x5658;
export const PCI_CONFIG_ADDRESS = 0xcf8;
export const RESET_CONTROL = 0xcf9;
export const PCI_CONFIG_DATA = 0xcfc;
/** The I/O ports that the PCI host bridge hands out to devices. */
export const PCI_IO_WINDOW = 0x1000;
export const PCI_IO_WINDOW_END = 0x1_0000;

/** Where a PCI function is plugged in: device and function on bus 0. */
export type PciSlot = readonly [device: number, func: number];
export const PCI_HOST_BRIDGE: PciSlot = [0, 0];
export const PCI_ISA_BRIDGE: PciSlot = [1, 0];
export const PCI_IDE: PciSlot = [1, 1];
export const PCI_POWER_MANAGEMENT: PciSlot = [1, 3];
export const PCI_VGA: PciSlot = [2, 0];
export const PCI_AHCI: PciSlot = [31, 0];

/** The DMA channel of the floppy controller. */
export const DMA_FLOPPY = 2;
/** The channel by which the first controller reaches the second. */
export const DMA_CASCADE = 4;

export const ISA_IRQS = 16;
/** ISA interrupt lines: inputs of the PICs, and of the I/O APIC except where overridden. */
export const IRQ_PIT = 0;
export const IRQ_KEYBOARD = 1;
export const IRQ_PIC_CASCADE = 2;
export const IRQ_COM1 = 4;
export const IRQ_FLOPPY = 6;
export const IRQ_LPT1 = 7;
export const IRQ_RTC = 8;
export const IRQ_MOUSE = 12;
export const IRQ_IDE = [14, 15] as const;
/** The ACPI system control interrupt: level, active high. */
export const IRQ_SCI = 9;
/** PCI INTA# to INTD# of the root bus arrive at these (level). */
export const IRQ_PCI: readonly number[] = [10, 11];

/** The I/O APIC's input that the PIT drives (IRQ 0), since input 0 belongs to the PICs. */
export const GSI_PIT = 2;
/** Inputs of the I/O APIC. */
export const IO_APIC_PINS = 24;
/** The I/O APIC's identifier in the ACPI tables. */
export const IO_APIC_ID = 0;
