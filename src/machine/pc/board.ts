// The PC board: which chips there are, how they are wired, where they are mapped. It reads as a
// recipe, one line a part, in order (decision D9); addresses come from layout/.
//
//   PIT, RTC, UART, i8042, SCI --IRQ n--> 8259 pair --INTR--> LINT0 of the local APIC --> vCPU
//                             \--GSI n--> I/O APIC --messages--> local APIC ------------/
import type { ByteSink, ByteStream } from '../../backend/char.ts';
import { KeyQueue } from '../../backend/input/key-queue.ts';
import { DoppelError } from '../../base/errors.ts';
import type { AccessWidth, GuestBus } from '../../base/guest-bus.ts';
import type { AlarmSource, WallClock } from '../../base/services.ts';
import type { Saveable } from '../../base/state-record.ts';
import { ParallelPort } from '../../devices/char/parallel-port.ts';
import { Uart16550 } from '../../devices/char/uart16550.ts';
import type { Chip } from '../../devices/chip.ts';
import type { Vga } from '../../devices/display/vga.ts';
import { I8237Pair } from '../../devices/dma/i8237.ts';
import { I8042 } from '../../devices/input/i8042.ts';
import { Ps2Keyboard } from '../../devices/input/keyboard.ts';
import { Ps2Mouse } from '../../devices/input/mouse.ts';
import { type BackdoorRegisters, VmwarePointer } from '../../devices/input/vmware-pointer.ts';
import { ApicBus } from '../../devices/intc/apic-bus.ts';
import { I8259Pair } from '../../devices/intc/i8259.ts';
import { IoApic } from '../../devices/intc/io-apic.ts';
import { type ApicProcessor, LocalApic } from '../../devices/intc/local-apic.ts';
import { fanOut, messageWires, SharedLines, type SwitchedDriver } from '../../devices/intc/wires.ts';
import { type IrqLine, type MsiTarget, unconnected } from '../../devices/lines.ts';
import type { E1000 } from '../../devices/net/e1000.ts';
import { e1000Pci } from '../../devices/net/e1000-pci.ts';
import { Ne2000 } from '../../devices/net/ne2000.ts';
import { ne2000Pci } from '../../devices/net/ne2000-pci.ts';
import { PciBus, PciConfigPorts } from '../../devices/pci/config-ports.ts';
import type { PciAddressSpaces, PciEndpoint } from '../../devices/pci/endpoint.ts';
import { HostBridge440Fx } from '../../devices/pci/host-bridge.ts';
import { Piix3IsaBridge } from '../../devices/pci/isa-bridge.ts';
import { Piix4PowerManagement } from '../../devices/pci/power-management.ts';
import { AcpiPm } from '../../devices/platform/acpi-pm.ts';
import { ApmPorts } from '../../devices/platform/apm-ports.ts';
import { DebugConsole, DebugExit, PostPort } from '../../devices/platform/debug-ports.ts';
import { type FirmwareItems, FwCfg } from '../../devices/platform/fw-cfg.ts';
import { Smbus } from '../../devices/platform/smbus.ts';
import {
  A20Gate,
  ResetControl,
  type ResetKind,
  SystemControlPortA,
  SystemControlPortB,
} from '../../devices/platform/system-control.ts';
import { TEST_LINES, TestDevice } from '../../devices/platform/test-device.ts';
import { ahciPci } from '../../devices/storage/ahci-pci.ts';
import type { AtapiCdrom } from '../../devices/storage/atapi-cdrom.ts';
import { FloppyController } from '../../devices/storage/floppy-controller.ts';
import { PiixIde } from '../../devices/storage/piix-ide.ts';
import { Hpet } from '../../devices/timer/hpet.ts';
import { Pit } from '../../devices/timer/pit.ts';
import { CMOS_CENTURY, Rtc } from '../../devices/timer/rtc.ts';
import { pciFunctions } from '../../firmware/bios/pci-services.ts';
import { buildAcpiTables } from '../../firmware/tables/acpi.ts';
import { BIOS_DATA_AREA_SIZE, biosDataArea } from '../../firmware/tables/bios-data-area.ts';
import { buildLowTables } from '../../firmware/tables/low-tables.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_UNMAPPED } from '../../memory/memory-map.ts';
import { PortSpace } from '../../memory/port-space.ts';
import type { Region } from '../../memory/region.ts';
import { type BoardParts, pcAcpiPlatform, pcSmbiosPlatform } from '../layout/acpi.ts';
import * as M from '../layout/memory.ts';
import * as P from '../layout/ports.ts';
import { setUpAhci } from './ahci-setup.ts';
import { setUpChipset, setUpInterruptLevels } from './chipset-setup.ts';
import { buildDisplay, type DisplayOptions } from './display.ts';
import { cmosBytes } from './firmware-items.ts';
import { type FirmwareParts, installFirmware } from './firmware-rom.ts';
import { checkNetwork, defaultMac, FIRST_NETWORK_SLOT, ISA_NETWORK, type NetworkCard } from './network.ts';
import { mapShadowRam } from './shadow-ram.ts';
import { buildDrives, type StorageOptions } from './storage.ts';
import {
  CMOS_SHUTDOWN_STATUS,
  losePower,
  SHUTDOWN_STATUS_RESUME,
  type WakingVector,
  wakingVector,
} from './suspend.ts';

/** Status register of the keyboard controller: OBF. */
const I8042_OUTPUT_FULL = 0x01;

/** Devices that test suites for hypervisors expect, by the names that QEMU gave them. */
export type DebugDevice = 'pc-testdev';

/** What the board is given from outside. */
export interface BoardOptions {
  readonly memory: GuestMemory;
  readonly clock: AlarmSource;
  readonly wallClock: WallClock;
  readonly processor: ApicProcessor;
  /** The processor's registers, for the device that is asked by them. */
  readonly backdoorRegisters: BackdoorRegisters;
  readonly timeOfTsc: (value: bigint) => number;
  /** COM1 to COM4, as many as are given. */
  readonly serial: readonly ByteStream[];
  /** What the parallel port prints on; without it there is none. */
  readonly printer?: ByteSink | undefined;
  readonly storage?: StorageOptions;
  readonly network?: readonly NetworkCard[];
  /** Told when a frame has come in. */
  readonly frameArrived?: () => void;
  /** The display adapter; without it there is none. */
  readonly display?: DisplayOptions | undefined;
  readonly debugConsole: ByteSink;
  /** Port 0x402, which firmware writes its messages to. */
  readonly firmwareConsole: ByteSink;
  /** What the processor starts in; without it, kernels are booted. */
  readonly firmware?: FirmwareParts | undefined;
  /** Port of isa-debug-exit, where there is one. */
  readonly debugExitPort?: number;
  readonly debugDevices?: readonly DebugDevice[];
  /** The guest reads a port of the keyboard controller, which holds a byte for it or not. */
  readonly keyboardRead?: (full: boolean) => void;
  /** The guest reads the ACPI timer. */
  readonly timerRead?: () => void;
  readonly powerOff: () => void;
  /** The guest has suspended the machine to RAM: the processor is to stop, and `suspend` to be called. */
  readonly suspend?: () => void;
  readonly reset: (kind: ResetKind) => void;
  readonly debugExit: (status: number) => void;
}

/** What a chip with a PCI function is given for it. */
export interface PciSlotWires {
  readonly spaces: PciAddressSpaces;
  /** Its interrupt pin, and where its messages go. */
  readonly pin: IrqLine;
  readonly messages: MsiTarget;
}

export class Board implements GuestBus {
  readonly memory: GuestMemory;
  readonly ports = new PortSpace();
  readonly localApic: LocalApic;
  readonly pci: PciBus;
  /** COM1 and those that follow. */
  readonly uarts: readonly Uart16550[];
  readonly power: AcpiPm;
  readonly #rtc: Rtc;
  readonly ide: PiixIde;
  /** The interrupt of the primary IDE channel, for a BIOS that reads media by itself. */
  readonly diskIrq: IrqLine;
  readonly floppy: FloppyController;
  /** The CD-ROM drive, where there is one. */
  readonly cdrom: AtapiCdrom | undefined;
  readonly vga: Vga | undefined;
  readonly #fwCfg: FwCfg;
  readonly #powerManagement: Piix4PowerManagement;
  /** Keys for the PS/2 keyboard. */
  readonly keys: KeyQueue;
  readonly mouse: Ps2Mouse;
  /** The mouse, or an absolute pointer where the guest has a driver for it. */
  readonly pointer: VmwarePointer;
  /** Every chip by name, for reset and snapshots, in the order in which they are restored. */
  readonly chips: ReadonlyMap<string, Chip & Saveable>;
  /** The processor's accesses to devices so far. */
  accesses = 0;
  /** Those of them to the chips that tell the time: PIT, RTC, HPET (`clockChips`). */
  clockAccesses = 0;
  /** What those chips hold, as text to compare. */
  readonly clockChips: () => string;

  constructor(options: BoardOptions) {
    const { memory, clock, wallClock } = options;
    this.memory = memory;
    const chips = new Map<string, Chip>();
    const add = <C extends Chip>(name: string, chip: C, ...starts: readonly number[]): C => {
      chips.set(name, chip);
      starts.forEach((start, i) => {
        const region = chip.regions[i]!;
        this.ports.map(start, region.size, region);
      });
      return chip;
    };

    // interrupt controllers
    const apicBus = new ApicBus();
    let pic!: I8259Pair;
    const apic = new LocalApic({
      id: 0,
      bus: apicBus,
      clock,
      processor: options.processor,
      acknowledgeExternal: () => pic.acknowledge(),
      timeOfTsc: options.timeOfTsc,
    });
    this.localApic = add('local-apic', apic);
    pic = add('pic', new I8259Pair(apic.lint(0)), P.PIC_FIRST, P.PIC_SECOND, P.PIC_EDGE_LEVEL);
    const ioApic = add('io-apic', new IoApic({ bus: apicBus, id: P.IO_APIC_ID }));
    apicBus.attachListener(ioApic);
    const inputs = Array.from({ length: P.ISA_IRQS }, (_, number) =>
      fanOut(pic.line(number), ioApic.pin(number === P.IRQ_PIT ? P.GSI_PIT : number)),
    );
    const irqs = add('isa-interrupts', new SharedLines(inputs));
    const irq = (number: number): SwitchedDriver => irqs.driver(number);

    // clocks and timers
    const sci = irq(P.IRQ_SCI);
    this.power = add(
      'acpi-pm',
      new AcpiPm({ clock, sci, powerOff: options.powerOff, suspend: () => options.suspend?.() }),
    );
    const pitIrq = irq(P.IRQ_PIT);
    const rtcIrq = irq(P.IRQ_RTC);
    const pit = add('pit', new Pit({ clock, irq: pitIrq }), P.PIT);
    const rtcInterrupt = fanOut(rtcIrq, this.power.rtcInterrupt);
    const rtc = add('rtc', new Rtc({ clock, wallClock, irq: rtcInterrupt }), P.RTC);
    this.#rtc = rtc;
    this.clockChips = () => textOfStates([pit, rtc, hpet]);
    const hpet = add(
      'hpet',
      new Hpet({
        clock,
        input: (number) =>
          number < P.ISA_IRQS ? irq(number === P.GSI_PIT ? P.IRQ_PIT : number) : ioApic.pin(number),
        legacy: [irq(P.IRQ_PIT), irq(P.IRQ_RTC)],
        replaceLegacy: (replaced) => {
          pitIrq.on = !replaced;
          rtcIrq.on = !replaced;
        },
      }),
    );

    // platform
    const a20 = new A20Gate((open) => {
      memory.a20 = open;
    });
    const resetControl = add('reset-control', new ResetControl(options.reset));
    const reset = () => options.reset('soft');
    add('port-a', new SystemControlPortA({ a20, reset }), P.SYSTEM_CONTROL_A);
    add('port-b', new SystemControlPortB({ clock, timer: pit }), P.SYSTEM_CONTROL_B);
    add('apm', new ApmPorts(), P.APM);
    add('post', new PostPort(), P.POST_CODE);
    add('debug-console', new DebugConsole(options.debugConsole), P.DEBUG_CONSOLE);
    add('firmware-console', new DebugConsole(options.firmwareConsole), P.FIRMWARE_CONSOLE);
    this.#fwCfg = add('fw-cfg', new FwCfg({ memory }), P.FW_CFG, P.FW_CFG_DMA);

    // keyboard and mouse
    const keyboard = add('keyboard', new Ps2Keyboard({ clock, onRoom: () => this.keys.onRoom() }));
    this.keys = new KeyQueue(clock);
    this.keys.connect(keyboard);
    this.mouse = add('mouse', new Ps2Mouse({ clock }));
    const [keyboardIrq, mouseIrq] = [irq(P.IRQ_KEYBOARD), irq(P.IRQ_MOUSE)];
    const controller = new I8042({ clock, keyboardIrq, mouseIrq, keyboard, mouse: this.mouse, a20, reset });
    add('i8042', controller);
    const [data, command] = controller.regions;
    /** Whoever reads these ports looks for a key: whether there is one tells if the guest idles. */
    const watched = (region: Region): Region => ({
      name: region.name,
      read: (offset, width) => {
        options.keyboardRead?.((command!.read(0, 1) & I8042_OUTPUT_FULL) !== 0);
        return region.read(offset, width);
      },
      write: (offset, width, value) => region.write(offset, width, value),
    });
    this.ports.map(P.I8042_DATA, data!.size, watched(data!));
    this.ports.map(P.I8042_COMMAND, command!.size, watched(command!));
    const backdoor = { registers: options.backdoorRegisters, mouse: this.mouse };
    this.pointer = add('vmware-pointer', new VmwarePointer(backdoor), P.VMWARE_BACKDOOR);

    // serial and parallel ports
    this.uarts = options.serial.map((stream, i) => {
      const [port, number] = P.SERIAL_PORTS[i]!;
      return add(`uart${i}`, new Uart16550({ irq: irq(number), clock, stream }), port);
    });
    if (options.printer) {
      add('parallel', new ParallelPort({ irq: irq(P.IRQ_LPT1), printer: options.printer }), P.LPT1);
    }

    // PCI
    this.pci = new PciBus();
    const { roms, flash } = installFirmware(memory, options.firmware);
    if (flash) add('flash', flash);
    const shadowChanged = (pam: readonly number[]) => mapShadowRam(memory, roms, pam);
    const bridge = add('host-bridge', new HostBridge440Fx({ shadowChanged }));
    this.pci.attach(...P.PCI_HOST_BRIDGE, bridge);
    const isaBridge = add('isa-bridge', new Piix3IsaBridge(irq));
    this.pci.attach(...P.PCI_ISA_BRIDGE, isaBridge);
    // What a chip with a PCI function is given, and the function plugged in (under a name of its own among the chips):
    //   const ide = add('ide', new Ide({ pci: pciSlot(P.PCI_IDE, 1), ... }));
    //   plug('ide-pci', P.PCI_IDE, ide.pci);
    const spaces: PciAddressSpaces = {
      ports: (start, size, shows) => this.ports.overlay(start, size, shows),
      memory: (start, size, shows) => memory.overlay(start, size, shows),
    };
    const messages = messageWires(apicBus, memory);
    const pciSlot = ([device, func]: P.PciSlot, pin: 1 | 2 | 3 | 4): PciSlotWires => ({
      spaces,
      pin: isaBridge.pin(device, func, pin),
      messages,
    });
    const plug = (name: string, [device, func]: P.PciSlot, endpoint: PciEndpoint): void => {
      this.pci.attach(device, func, add(name, endpoint));
    };

    // display
    const display = options.display && buildDisplay(options.display, memory, clock, spaces);
    this.vga = display?.vga;
    if (display) {
      add('vga', display.vga, P.VGA_MONO, P.VGA, P.VGA_COLOUR, P.VBE);
      plug('vga-pci', P.PCI_VGA, display.pci);
    }

    // drives
    const drives = buildDrives(options.storage ?? {}, clock);
    for (const [name, drive] of drives.chips) add(name, drive);
    this.cdrom = drives.cdrom;
    this.diskIrq = irq(P.IRQ_IDE[0]);
    const ideIrqs = [irq(P.IRQ_IDE[0]), irq(P.IRQ_IDE[1])] as const;
    this.ide = new PiixIde({ ...pciSlot(P.PCI_IDE, 1), memory, irqs: ideIrqs, devices: drives.ide });
    add('ide0', this.ide.channels[0], ...P.IDE_PRIMARY);
    add('ide1', this.ide.channels[1], ...P.IDE_SECONDARY);
    add('ide-bus-master', this.ide.busMaster);
    plug('ide-pci', P.PCI_IDE, this.ide.pci);
    if (drives.ahci.length > 0) {
      const made = ahciPci({ ...pciSlot(P.PCI_AHCI, 1), memory, clock, devices: drives.ahci });
      add('ahci', made.chip);
      plug('ahci-pci', P.PCI_AHCI, made.pci);
    }
    const dma = add('dma', new I8237Pair(memory), ...P.DMA);
    const media = options.storage?.floppies ?? [];
    const floppyWires = { clock, irq: irq(P.IRQ_FLOPPY), dma: dma.channel(P.DMA_FLOPPY) };
    this.floppy = add('floppy', new FloppyController({ ...floppyWires, media }), ...P.FLOPPY);

    // network cards
    const cards = options.network ?? [];
    checkNetwork(cards);
    cards.forEach((card, i) => {
      const { backend: network, mac = defaultMac(i) } = card;
      const name = `net${i}`;
      let chip: Ne2000 | E1000;
      if (card.model === 'e1000') {
        const slot: P.PciSlot = [FIRST_NETWORK_SLOT + i, 0];
        const made = e1000Pci({ ...pciSlot(slot, 1), mac, network, memory, clock });
        chip = add(name, made.chip);
        plug(`${name}-pci`, slot, made.pci);
      } else if (card.model === 'ne2k_pci') {
        const slot: P.PciSlot = [FIRST_NETWORK_SLOT + i, 0];
        const made = ne2000Pci({ ...pciSlot(slot, 1), mac, network });
        chip = add(name, made.chip);
        plug(`${name}-pci`, slot, made.pci);
      } else {
        const { port = ISA_NETWORK.port, irq: number = ISA_NETWORK.irq } = card;
        chip = new Ne2000({ mac, network, irq: irq(number) });
        this.#checkPorts(port, chip.regions[0]!.size);
        add(name, chip, port);
      }
      network.connect({
        linkChanged: (up) => chip.linkChanged(up),
        receive: (frame) => {
          const taken = chip.receive(frame);
          if (taken) options.frameArrived?.();
          return taken;
        },
      });
    });

    const smbus = add('smbus', new Smbus(unconnected)).regions[0]!;
    const [events, control, timer] = this.power.regions;
    const timed: Region = {
      name: timer!.name,
      read: (offset, width) => {
        options.timerRead?.();
        return timer!.read(offset, width);
      },
      write: (offset, width, value) => timer!.write(offset, width, value),
    };
    const power = new Piix4PowerManagement({ pm1: [events!, control!, timed], smbus, spaces });
    this.#powerManagement = add('power-management', power);
    this.pci.attach(...P.PCI_POWER_MANAGEMENT, power);
    add('pci-config', new PciConfigPorts(this.pci, resetControl.regions[0]!), P.PCI_CONFIG_ADDRESS);

    // what test suites want, at the user's choice of port
    if (options.debugDevices?.includes('pc-testdev')) {
      const lines = Array.from({ length: TEST_LINES }, (_, number) =>
        number < P.ISA_IRQS ? irq(number) : ioApic.pin(number),
      );
      const device = add('test-device', new TestDevice(lines));
      P.TEST_DEVICE.forEach((start, i) => {
        this.ports.overlay(start, device.regions[i]!.size, device.regions[i]!);
      });
      const [shown] = device.regions.slice(-1);
      if (memory.kind(M.TEST_DEVICE) !== PAGE_UNMAPPED) {
        throw new DoppelError('pc-testdev has memory where this firmware begins, which is too large for it.');
      }
      memory.map(M.TEST_DEVICE, shown!.size, shown!);
    }
    if (options.debugExitPort !== undefined) {
      const debugExit = new DebugExit(options.debugExit);
      this.#checkPorts(options.debugExitPort, debugExit.regions[0]!.size);
      add('debug-exit', debugExit, options.debugExitPort);
    }

    // memory map
    const videoWindow = display?.vga.regions[4];
    if (videoWindow) memory.map(M.VIDEO_MEMORY, M.VIDEO_MEMORY_SIZE, videoWindow);
    else memory.unmap(M.VIDEO_MEMORY, M.VIDEO_MEMORY_SIZE);
    memory.map(M.IO_APIC, M.IO_APIC_SIZE, ioApic.regions[0]!);
    memory.map(M.HPET, M.HPET_SIZE, hpet.regions[0]!);
    memory.map(M.LOCAL_APIC, M.LOCAL_APIC_SIZE, apic.regions[0]!);
    rtc.setRam(CMOS_CENTURY, 0x20);
    for (const [index, value] of cmosBytes(memory.size, 1, this.floppy.driveTypes)) rtc.setRam(index, value);
    this.chips = chips;
  }

  /** Throws DoppelError unless a device that the user asked for can have these ports. */
  #checkPorts(start: number, count: number): void {
    if (!Number.isInteger(start) || start < 0 || start + count > 0x1_0000) {
      throw new DoppelError(`There are no ${count} I/O ports from ${start}: ports are 0 to 0xffff.`);
    }
    const owner = this.ports.owner(start, count);
    if (owner !== undefined) {
      throw new DoppelError(
        `The ${count} I/O ports from 0x${start.toString(16)} are not free: ${owner} has some of them.`,
      );
    }
  }

  /** What firmware will find in fw_cfg. */
  offerToFirmware(items: () => FirmwareItems): void {
    this.#fwCfg.offer(items);
  }

  /**
   * Does what firmware does before it boots a kernel, and leaves in memory what it leaves there: the tables that describe
   * the machine, and the BIOS data area. Returns the address of the RSDP.
   */
  actAsFirmware(): number {
    setUpChipset(this);
    this.ide.enableChannels();
    const slots = [...new Set([...pciFunctions(this)].map((slot) => slot >> 3))];
    const platform = pcAcpiPlatform(1, { ...this.parts, slots });
    const tables = buildAcpiTables(platform, M.ACPI_TABLES, M.ACPI_TABLES_SIZE);
    this.memory.write(M.ACPI_TABLES, tables.bytes);
    const low = buildLowTables(
      platform,
      pcSmbiosPlatform(1, this.memory.size),
      M.BIOS_TABLES,
      M.BIOS_TABLES_SIZE,
    );
    this.memory.write(M.BIOS_TABLES, low);
    const area = biosDataArea(this.#serialPorts(), M.EXTENDED_BIOS_DATA_AREA);
    this.memory.write(M.BIOS_DATA_AREA, area.subarray(0, BIOS_DATA_AREA_SIZE));
    this.localApic.enterVirtualWireMode();
    return tables.rsdp;
  }

  /** What it has and another may not have. */
  get parts(): BoardParts {
    const pmBase = this.#powerManagement.base;
    return {
      ...(pmBase !== undefined && { pmBase }),
      vga: this.vga !== undefined,
      serialPorts: this.#serialPorts(),
      printer: this.chips.has('parallel'),
      floppy: this.floppy.driveTypes.some((type) => type !== 0),
    };
  }

  #serialPorts(): readonly number[] {
    return this.uarts.map((_, i) => P.SERIAL_PORTS[i]![0]);
  }

  /** The machine has been suspended to RAM: what has no power now is reset. */
  suspend(): void {
    losePower(this.chips);
    this.#rtc.setRam(CMOS_SHUTDOWN_STATUS, SHUTDOWN_STATUS_RESUME);
    this.keys.onRoom();
  }

  /** It wakes, and there is no firmware but us: answers where its system goes on, if anywhere. */
  wakeAsFirmware(): WakingVector | null {
    this.#rtc.setRam(CMOS_SHUTDOWN_STATUS, 0);
    setUpInterruptLevels(this);
    setUpAhci(this);
    this.localApic.enterVirtualWireMode();
    return wakingVector(this.memory, (port, width, value) => this.portWrite(port, width, value));
  }

  /** Resets every chip. */
  reset(): void {
    for (const chip of this.chips.values()) chip.reset();
    // The keyboard's buffer is empty now.
    this.keys.onRoom();
  }

  // ---- GuestBus ----
  mmioRead(address: number, width: AccessWidth): number {
    this.accesses++;
    if (isHpet(address)) this.clockAccesses++;
    return this.memory.mmioRead(address, width);
  }
  mmioWrite(address: number, width: AccessWidth, value: number): void {
    this.accesses++;
    if (isHpet(address)) this.clockAccesses++;
    this.memory.mmioWrite(address, width, value);
  }
  portRead(port: number, width: AccessWidth): number {
    this.accesses++;
    if (isClockPort(port, width)) this.clockAccesses++;
    return this.ports.read(port, width);
  }
  portWrite(port: number, width: AccessWidth, value: number): void {
    this.accesses++;
    if (isClockPort(port, width)) this.clockAccesses++;
    this.ports.write(port, width, value);
  }
}

/** Equal where what the chips hold is equal. */
function textOfStates(chips: readonly Saveable[]): string {
  return JSON.stringify(
    chips.map((chip) => chip.save()),
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
  );
}

const isClockPort = (port: number, width: AccessWidth): boolean =>
  width === 1 && (port >> 2 === P.PIT >> 2 || port >> 1 === P.RTC >> 1);
const isHpet = (address: number): boolean => address >>> 10 === M.HPET >>> 10;
