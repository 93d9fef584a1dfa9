// The VGA as a PCI function (QEMU's "standard VGA PCI device" document): 1234:1111, which the drivers of Linux and of
// others know as the Bochs display.
//
//   BAR0  framebuffer: video memory in one piece
//   BAR2  4 KiB    000-0FF EDID    400-41F the VGA's ports 3C0-3DF    500-515 the VBE registers, words
//                  600 size of what follows, 8    604 byte order of the framebuffer: always little-endian
//   ROM   the VGA BIOS, where there is one
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { type PciAddressSpaces, type PciBar, PciEndpoint } from '../pci/endpoint.ts';
import { SUBSYSTEM } from '../pci/subsystem.ts';
import type { RegisterRegion } from '../registers.ts';
import type { Vga } from './vga.ts';

const PORTS = 0x400;
const PORTS_COUNT = 0x20;
const VBE = 0x500;
const VBE_COUNT = 0x16;
const EXTENDED = 0x600;
const LITTLE_ENDIAN = 0x1e1e_1e1e;

/** The registers behind BAR2. */
export function vgaMmio(vga: Vga, edid: Uint8Array): RegisterRegion {
  const [, low, high] = vga.regions;

  function readByte(offset: number): number {
    if (offset < 0x100) return edid[offset] ?? 0;
    if (offset >= PORTS && offset < PORTS + PORTS_COUNT) {
      const port = offset - PORTS;
      return port < 0x10 ? low!.read(port, 1) : high!.read(port - 0x10, 1);
    }
    if (offset >= VBE && offset < VBE + VBE_COUNT) {
      return (vga.readVbe((offset - VBE) >> 1) >> (8 * (offset & 1))) & 0xff;
    }
    if (offset >= EXTENDED && offset < EXTENDED + 4) return offset === EXTENDED ? 8 : 0;
    if (offset >= EXTENDED + 4 && offset < EXTENDED + 8) return LITTLE_ENDIAN & 0xff;
    return 0;
  }

  return {
    name: 'vga-mmio',
    size: 0x1000,
    registers: [
      { name: 'EDID', offset: 0, width: 1, access: 'RO' },
      { name: 'PORTS', offset: PORTS, width: 1, access: 'RW' },
      { name: 'VBE', offset: VBE, width: 2, access: 'RW' },
      { name: 'EXTENDED SIZE', offset: EXTENDED, width: 4, reset: 8, access: 'RO' },
      { name: 'BYTE ORDER', offset: EXTENDED + 4, width: 4, reset: LITTLE_ENDIAN, access: 'RO' },
    ],
    read(offset: number, width: AccessWidth): number {
      let value = 0;
      for (let i = 0; i < width; i++) value |= readByte(offset + i) << (8 * i);
      return value >>> 0;
    },
    write(offset: number, width: AccessWidth, value: number): void {
      if (offset >= VBE && offset < VBE + VBE_COUNT) {
        if (width === 2 && (offset & 1) === 0) vga.writeVbe((offset - VBE) >> 1, value);
        return;
      }
      for (let i = 0; i < width; i++) {
        const port = offset + i - PORTS;
        const byte = (value >>> (8 * i)) & 0xff;
        if (port >= 0 && port < 0x10) low!.write(port, 1, byte);
        else if (port >= 0x10 && port < PORTS_COUNT) high!.write(port - 0x10, 1, byte);
      }
    },
  };
}

export interface VgaFunctionOptions {
  readonly vga: Vga;
  /** EDID block (edid.ts). */
  readonly edid: Uint8Array;
  /** The VGA BIOS for the expansion ROM: a power of two of bytes. */
  readonly rom?: PlainMemory;
  readonly spaces: PciAddressSpaces;
}

/** The function, to be plugged into a PCI slot. */
export function vgaFunction({ vga, edid, rom, spaces }: VgaFunctionOptions): PciEndpoint {
  const bars: PciBar[] = [
    { space: 'memory', index: 0, size: vga.memory.bytes.length, prefetchable: true, shows: vga.memory },
    { space: 'memory', index: 2, size: 0x1000, shows: vgaMmio(vga, edid) },
  ];
  if (rom !== undefined) bars.push({ space: 'memory', index: 'rom', size: rom.bytes.length, shows: rom });
  return new PciEndpoint({
    name: 'vga-pci',
    header: {
      vendor: 0x1234,
      device: 0x1111,
      revision: 0x02,
      classCode: 0x03_00_00,
      commandWritable: 0x0103,
      ...SUBSYSTEM,
    },
    bars,
    spaces,
  });
}
