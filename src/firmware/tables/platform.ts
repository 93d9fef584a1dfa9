// What the ACPI and MP tables say about a board. The board fills it in; nothing here knows an address.
import type { GuestPhysical, Port } from '../../base/addresses.ts';

/** An ISA interrupt whose I/O APIC input or signalling differs from "same number, edge, active high". */
export interface InterruptOverride {
  readonly irq: number;
  /** Global system interrupt: the I/O APIC's input. */
  readonly gsi: number;
  readonly signal: 'as the bus' | 'level, active high';
}

/** A device at fixed ISA resources. */
export interface IsaDevice {
  /** Name in the namespace, four characters at most. */
  readonly name: string;
  /** EISA identifier, e.g. "PNP0501", or one of ACPI's own, e.g. "QEMU0002". */
  readonly identifier: string;
  /** Tells several of a kind apart. */
  readonly unique?: number;
  readonly ports: readonly { readonly port: Port; readonly count: number }[];
  readonly irq?: number;
  /** A DMA channel. */
  readonly dma?: number;
  readonly memory?: { readonly start: GuestPhysical; readonly size: number };
}

export interface AcpiPlatform {
  /** Processors, 1 to 254; their APIC identifiers count from 0. */
  readonly processors: number;
  /** EAX and EDX of CPUID, leaf 1: signature and features. */
  readonly signature: number;
  readonly features: number;
  readonly localApic: GuestPhysical;
  readonly ioApic: { readonly address: GuestPhysical; readonly id: number };
  readonly overrides: readonly InterruptOverride[];
  /** System control interrupt. */
  readonly sci: number;
  readonly pm1aEvent: Port;
  readonly pm1aControl: Port;
  /** 32 bits wide. */
  readonly pmTimer: Port;
  /** SLP_TYP of suspend to RAM, of suspend to disk, of soft off. */
  readonly sleepTypes: Readonly<Record<'S3' | 'S4' | 'S5', number>>;
  /** Writing `value` to `port` resets the machine. */
  readonly reset: { readonly port: Port; readonly value: number };
  /** CMOS index of the century. */
  readonly centuryIndex: number;
  /** A keyboard controller with devices behind it, worth probing. */
  readonly keyboardController: boolean;
  /** A VGA adapter may be touched. */
  readonly vga: boolean;
  /** The HPET's registers, and the low half of its first one. */
  readonly hpet?: { readonly address: GuestPhysical; readonly capabilities: number };
  readonly isaDevices: readonly IsaDevice[];
  readonly pci: {
    /** Ports of configuration mechanism #1, which the host bridge keeps to itself. */
    readonly configuration: { readonly port: Port; readonly count: number };
    /** Memory that devices may be given: first byte, and the byte after the last. */
    readonly memory: { readonly start: GuestPhysical; readonly end: GuestPhysical };
    /** Likewise, where the VGA has its window. */
    readonly videoMemory: { readonly start: GuestPhysical; readonly end: GuestPhysical };
    /** Devices of bus 0 that there are. */
    readonly slots: readonly number[];
    /** The bridge that routes interrupts: its slot, vendor and device. INTA# of that slot is PIRQA#. */
    readonly router: { readonly slot: number; readonly vendor: number; readonly device: number };
    /** Slot S, pin P (INTA# is 0) arrives at the I/O APIC input and IRQ `interrupts[(S + P) % length]`. */
    readonly interrupts: readonly number[];
  };
}
