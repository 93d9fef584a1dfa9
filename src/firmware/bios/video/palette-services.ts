// INT 10h, AH=10h: the attribute controller's palette and the DAC. IBM PS/2 and PC BIOS Interface Technical Reference.
import type { BiosFrame } from '../frame.ts';
import type { BiosMemory } from '../wires.ts';
import { grayOf } from './palettes.ts';
import type { VgaRegisters } from './registers.ts';

const OVERSCAN = 0x11;
const MODE_CONTROL = 0x10;
const COLOR_SELECT = 0x14;
const BLINK = 0x08;
const PAGES_OF_16 = 0x80;

export function paletteService(frame: BiosFrame, memory: BiosMemory, vga: VgaRegisters): void {
  switch (frame.al) {
    case 0x00:
      if (frame.bl <= COLOR_SELECT) vga.attribute(frame.bl, frame.bh);
      return;
    case 0x01:
      vga.attribute(OVERSCAN, frame.bh);
      return;
    case 0x02: {
      const at = frame.es(0) + frame.dx;
      for (let i = 0; i < 16; i++) vga.attribute(i, memory.read8(at + i));
      vga.attribute(OVERSCAN, memory.read8(at + 16));
      return;
    }
    case 0x03: {
      const control = vga.readAttribute(MODE_CONTROL);
      vga.attribute(MODE_CONTROL, frame.bl === 0 ? control & ~BLINK : control | BLINK);
      return;
    }
    case 0x07:
      frame.bh = vga.readAttribute(frame.bl & 0x1f);
      return;
    case 0x08:
      frame.bh = vga.readAttribute(OVERSCAN);
      return;
    case 0x09: {
      const at = frame.es(0) + frame.dx;
      for (let i = 0; i < 16; i++) memory.write8(at + i, vga.readAttribute(i));
      memory.write8(at + 16, vga.readAttribute(OVERSCAN));
      return;
    }
    case 0x10:
      vga.setColors(frame.bl, [frame.dh, frame.ch, frame.cl]);
      return;
    case 0x12: {
      const colors = new Uint8Array(3 * Math.min(frame.cx, 256));
      memory.read(frame.es(0) + frame.dx, colors);
      vga.setColors(frame.bl, colors);
      return;
    }
    case 0x13: {
      const control = vga.readAttribute(MODE_CONTROL);
      if (frame.bl === 0)
        vga.attribute(MODE_CONTROL, frame.bh === 0 ? control & ~PAGES_OF_16 : control | PAGES_OF_16);
      else
        vga.attribute(COLOR_SELECT, (control & PAGES_OF_16) !== 0 ? frame.bh & 0x0f : (frame.bh << 2) & 0x0c);
      return;
    }
    case 0x15: {
      const [red, green, blue] = vga.colors(frame.bl, 1);
      frame.dh = red!;
      frame.ch = green!;
      frame.cl = blue!;
      return;
    }
    case 0x17:
      memory.write(frame.es(0) + frame.dx, vga.colors(frame.bl, Math.min(frame.cx, 256)));
      return;
    case 0x1a: {
      const sixteen = (vga.readAttribute(MODE_CONTROL) & PAGES_OF_16) !== 0;
      const select = vga.readAttribute(COLOR_SELECT);
      frame.bl = sixteen ? 1 : 0;
      frame.bh = sixteen ? select & 0x0f : (select & 0x0c) >> 2;
      return;
    }
    case 0x1b: {
      const count = Math.min(frame.cx, 256 - frame.bl);
      const colors = vga.colors(frame.bl, count);
      for (let i = 0; i < count; i++) {
        colors.fill(grayOf(colors[3 * i]!, colors[3 * i + 1]!, colors[3 * i + 2]!), 3 * i, 3 * i + 3);
      }
      vga.setColors(frame.bl, colors);
      return;
    }
    default:
  }
}
