// Intel 82371SB (PIIX3), function 1: the IDE controller (data sheet 290550, sections 2.4 and 2.7). Two
// channels at the ports where PCs have them, and a bus master at BAR 4. It is made of three chips, and a
// PCI function:
//
//   channels[0], channels[1]   command and control blocks (1F0h and 3F6h, 170h and 376h; IRQ 14 and 15)
//   busMaster                  the 16 ports of BAR 4
//   pci                        configuration: COMMAND.I/O and IDETIM.15 let a channel decode its ports
//
// Timing registers are stored and read back: data moves as fast as the host. After power-on COMMAND.I/O is off and firmware switches
// it on (`enableChannels` stands in for it); IDETIM.15 is on, unlike silicon's, since UEFI firmware for this platform (OVMF)
// leaves IDETIM alone.

import type { DmaView, IrqLine } from '../lines.ts';
import type { ConfigRegister, HeaderValues } from '../pci/config-space.ts';
import { PCI_COMMAND_IO } from '../pci/config-space.ts';
import type { PciAddressSpaces } from '../pci/endpoint.ts';
import { PciEndpoint } from '../pci/endpoint.ts';
import { SUBSYSTEM } from '../pci/subsystem.ts';
import type { AtaInterface } from './ata-interface.ts';
import { BusMasterIde } from './bus-master-ide.ts';
import { IdeChannel } from './ide-channel.ts';

const COMMAND = 0x04;
const IDETIM = 0x40;
const IDETIM_DECODE = 0x8000;
const BUS_MASTER_BAR = 4;
const BUS_MASTER_PORTS = 16;

export const PIIX3_IDE_HEADER: HeaderValues = {
  vendor: 0x8086,
  device: 0x7010,
  revision: 0,
  classCode: 0x01_01_80,
  commandWritable: 0x0005,
  status: 0x0280,
  ...SUBSYSTEM,
};

export const PIIX3_IDE_REGISTERS: readonly ConfigRegister[] = [
  { name: 'IDETIM0', offset: IDETIM, width: 2, reset: IDETIM_DECODE, writable: 0xf3ff },
  { name: 'IDETIM1', offset: IDETIM + 2, width: 2, reset: IDETIM_DECODE, writable: 0xf3ff },
  { name: 'SIDETIM', offset: 0x44, width: 1, reset: 0, writable: 0xff },
];

/** Devices 0 and 1 of a channel. */
export type IdeDevices = readonly [AtaInterface | undefined, AtaInterface | undefined];

export interface PiixIdeOptions {
  readonly spaces: PciAddressSpaces;
  readonly memory: DmaView;
  /** Of the two channels. */
  readonly irqs: readonly [IrqLine, IrqLine];
  readonly devices: readonly [IdeDevices, IdeDevices];
}

export class PiixIde {
  readonly channels: readonly [IdeChannel, IdeChannel];
  readonly busMaster: BusMasterIde;
  readonly pci: PciEndpoint;

  constructor(options: PiixIdeOptions) {
    const channel = (index: 0 | 1): IdeChannel =>
      new IdeChannel({
        irq: options.irqs[index],
        devices: options.devices[index],
        decodes: () => this.#decodes(index),
      });
    this.channels = [channel(0), channel(1)];
    const memory: DmaView = {
      read: (address, target) => reach.read(address, target),
      write: (address, source) => reach.write(address, source),
      lend: (address, length, use) => reach.lend?.(address, length, use),
    };
    this.busMaster = new BusMasterIde({ channels: this.channels, memory });
    this.pci = new PciEndpoint({
      name: 'piix3-ide',
      header: PIIX3_IDE_HEADER,
      registers: PIIX3_IDE_REGISTERS,
      bars: [
        {
          space: 'ports',
          index: BUS_MASTER_BAR,
          size: BUS_MASTER_PORTS,
          shows: this.busMaster.regions[0]!,
        },
      ],
      spaces: options.spaces,
    });
    const reach = this.pci.dma(options.memory);
  }

  /** What firmware does at power-on: both channels answer at their ports. */
  enableChannels(): void {
    this.pci.writeConfig(COMMAND, 2, PCI_COMMAND_IO);
    this.pci.writeConfig(IDETIM, 4, (IDETIM_DECODE << 16) | IDETIM_DECODE);
  }

  #decodes(index: number): boolean {
    const io = (this.pci.readConfig(COMMAND, 2) & PCI_COMMAND_IO) !== 0;
    return io && (this.pci.readConfig(IDETIM + 2 * index, 2) & IDETIM_DECODE) !== 0;
  }
}
