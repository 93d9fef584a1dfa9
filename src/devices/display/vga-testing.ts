// A VGA on the table, and the register values of the BIOS's modes (IBM PS/2 hardware interface technical reference,
// "Video subsystem", values of the BIOS's parameter tables), for tests.
import { GuestMemory } from '../../memory/guest-memory.ts';
import { FakeClock } from '../testing.ts';
import { Vga } from './vga.ts';
import { VgaScreen } from './vga-screen.ts';

interface ModeRegisters {
  readonly miscellaneous: number;
  readonly sequencer: string;
  readonly crtc: string;
  readonly attribute: string;
  readonly graphics: string;
}

const TEXT_PALETTE = '00 01 02 03 04 05 14 07 38 39 3A 3B 3C 3D 3E 3F';

export const MODES = {
  /** 80 by 25 characters of 9 by 16 dots. */
  text: {
    miscellaneous: 0x67,
    sequencer: '03 00 03 00 02',
    crtc: '5F 4F 50 82 55 81 BF 1F 00 4F 0D 0E 00 00 00 00 9C 8E 8F 28 1F 96 B9 A3 FF',
    attribute: `${TEXT_PALETTE} 0C 00 0F 08 00`,
    graphics: '00 00 00 00 00 10 0E 00 FF',
  },
  /** Mode 4: 320 by 200, four colours of the CGA. */
  cga: {
    miscellaneous: 0x63,
    sequencer: '03 09 03 00 02',
    crtc: '2D 27 28 90 2B 80 BF 1F 00 C1 00 00 00 00 00 00 9C 8E 8F 14 00 96 B9 A2 FF',
    attribute: '00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17 01 00 03 00 00',
    graphics: '00 00 00 00 00 30 0F 00 FF',
  },
  /** Mode 12h: 640 by 480, 16 colours. */
  planar: {
    miscellaneous: 0xe3,
    sequencer: '03 01 0F 00 06',
    crtc: '5F 4F 50 82 54 80 0B 3E 00 40 00 00 00 00 00 00 EA 8C DF 28 00 E7 04 E3 FF',
    attribute: `${TEXT_PALETTE} 01 00 0F 00 00`,
    graphics: '00 00 00 00 00 00 05 0F FF',
  },
  /** Mode 13h: 320 by 200, 256 colours. */
  packed: {
    miscellaneous: 0x63,
    sequencer: '03 01 0F 00 0E',
    crtc: '5F 4F 50 82 54 80 BF 1F 00 41 00 00 00 00 00 00 9C 8E 8F 28 40 96 B9 A3 FF',
    attribute: '00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 41 00 0F 00 00',
    graphics: '00 00 00 00 00 40 05 0F FF',
  },
} as const satisfies Record<string, ModeRegisters>;

const parse = (text: string): number[] => text.split(' ').map((word) => Number.parseInt(word, 16));

export function buildVga(megabytes = 16) {
  const clock = new FakeClock();
  const guest = new GuestMemory(1 << 20, megabytes << 20);
  const memory = guest.allocate('video-memory', megabytes << 20);
  const vga = new Vga({ clock, memory });
  const [mono, low, colour, vbe, window] = vga.regions;
  const out = (port: number, value: number, width: 1 | 2 = 1) => {
    if (port >= 0x1ce && port <= 0x1d0) vbe!.write(port - 0x1ce, width, value);
    else if (port < 0x3c0) mono!.write(port - 0x3b0, width, value);
    else if (port < 0x3d0) low!.write(port - 0x3c0, width, value);
    else colour!.write(port - 0x3d0, width, value);
  };
  const input = (port: number, width: 1 | 2 = 1) => {
    if (port >= 0x1ce && port <= 0x1d0) return vbe!.read(port - 0x1ce, width);
    if (port < 0x3c0) return mono!.read(port - 0x3b0, width);
    return port < 0x3d0 ? low!.read(port - 0x3c0, width) : colour!.read(port - 0x3d0, width);
  };
  const indexed = (port: number, index: number, value: number) => out(port, index | (value << 8), 2);
  const attribute = (index: number, value: number) => {
    input(0x3da);
    out(0x3c0, index);
    out(0x3c0, value);
    out(0x3c0, 0x20);
  };
  return {
    clock,
    vga,
    memory,
    screen: new VgaScreen(vga),
    out,
    input,
    indexed,
    attribute,
    /** A byte of the window; addresses as the guest gives them. */
    poke: (address: number, value: number, width: 1 | 2 | 4 = 1) =>
      window!.write(address - 0xa0000, width, value),
    peek: (address: number, width: 1 | 2 | 4 = 1) => window!.read(address - 0xa0000, width),
    setMode(mode: ModeRegisters) {
      out(0x3c2, mode.miscellaneous);
      for (const [index, value] of parse(mode.sequencer).entries()) indexed(0x3c4, index, value);
      indexed(0x3d4, 0x11, 0);
      for (const [index, value] of parse(mode.crtc).entries()) indexed(0x3d4, index, value);
      for (const [index, value] of parse(mode.graphics).entries()) indexed(0x3ce, index, value);
      for (const [index, value] of parse(mode.attribute).entries()) attribute(index, value);
    },
    /** A colour of the DAC, 6 bits a component. */
    colour(index: number, red: number, green: number, blue: number) {
      out(0x3c8, index);
      for (const component of [red, green, blue]) out(0x3c9, component);
    },
    setVbe(width: number, height: number, bitsPerPixel: number, enable = 0x41) {
      const set = (index: number, value: number) => {
        out(0x1ce, index, 2);
        out(0x1cf, value, 2);
      };
      set(4, 0);
      set(1, width);
      set(2, height);
      set(3, bitsPerPixel);
      set(4, enable);
    },
  };
}
