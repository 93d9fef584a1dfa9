// INT 10h, AH=11h: fonts. IBM PS/2 and PC BIOS Interface Technical Reference.
import type { BiosFrame } from '../frame.ts';
import * as B from '../layout.ts';
import type { BiosMemory } from '../wires.ts';
import type { VideoMode } from './modes.ts';
import { fontOf } from './pages.ts';
import type { VgaRegisters } from './registers.ts';

/** Heights of the ROM's fonts for AL = x1h, x2h, x4h. */
const ROM_HEIGHTS: Readonly<Record<number, number>> = { 1: 14, 2: 8, 4: 16 };

/** `useHeight`: the mode's characters have another height from now on, and so many rows (as fit, unless given). */
export function fontService(
  frame: BiosFrame,
  memory: BiosMemory,
  vga: VgaRegisters,
  mode: VideoMode,
  useHeight: (height: number, rows?: number) => void,
): void {
  const function_ = frame.al & 0x0f;
  switch (frame.al >> 4) {
    case 0: // load
    case 1: // load, and fit the mode to it
      if (function_ === 0) {
        const height = frame.bh;
        if (height === 0 || height > 32) return;
        const glyphs = new Uint8Array(height * Math.min(frame.cx, 256));
        memory.read(frame.es(0) + frame.bp, glyphs);
        vga.loadFont(frame.bl & 7, frame.dx & 0xff, height, glyphs, mode);
        if (frame.al >= 0x10) useHeight(height);
      } else if (function_ === 3) vga.sequencer(3, frame.bl);
      else {
        const height = ROM_HEIGHTS[function_];
        if (height === undefined) return;
        vga.loadFont(frame.bl & 7, 0, height, fontOf(height), mode);
        if (frame.al >= 0x10) useHeight(height);
      }
      return;
    case 2: // of graphics modes
      graphicsFont(frame, memory, function_, useHeight);
      return;
    case 3:
      information(frame, memory, function_);
      return;
    default:
  }
}

/** Rows that BL stands for in the functions 21h to 24h; 0 takes DL. */
const ROWS: Readonly<Record<number, number>> = { 1: 14, 2: 25, 3: 43 };

function graphicsFont(
  frame: BiosFrame,
  memory: BiosMemory,
  function_: number,
  useHeight: (height: number, rows: number) => void,
): void {
  const interrupt = function_ === 0 ? 0x1f : 0x43;
  const rom = fontPointer(function_ === 2 ? 14 : function_ === 3 ? 8 : 16);
  const users = function_ <= 1;
  memory.write16(B.vector(interrupt), users ? frame.bp : rom);
  memory.write16(B.vector(interrupt) + 2, users ? Math.floor(frame.es(0) / 16) : B.ROM_SEGMENT);
  if (function_ === 0) return;
  const height = users ? frame.cx : function_ === 2 ? 14 : function_ === 3 ? 8 : 16;
  const rows = ROWS[frame.bl] ?? frame.dl;
  if (height > 0 && height <= 32 && rows > 0) useHeight(height, rows);
}

/** AL=30h: ES:BP is the font that BH asks for, CX the height of the present characters, DL the last row. */
function information(frame: BiosFrame, memory: BiosMemory, function_: number): void {
  if (function_ !== 0) return;
  frame.cx = memory.read8(B.BDA_CHARACTER_HEIGHT);
  frame.dl = memory.read8(B.BDA_VIDEO_ROWS);
  const vectors: Readonly<Record<number, number>> = { 0: 0x1f, 1: 0x43 };
  const interrupt = vectors[frame.bh];
  if (interrupt !== undefined) {
    frame.bp = memory.read16(B.vector(interrupt));
    frame.setEs(memory.read16(B.vector(interrupt) + 2));
    return;
  }
  const pointers: Readonly<Record<number, number>> = {
    2: fontPointer(14),
    3: B.ROM_FONT_8X8_WHOLE,
    4: B.ROM_FONT_8X8_UPPER,
    5: fontPointer(14),
    6: fontPointer(16),
    7: fontPointer(16),
  };
  frame.bp = pointers[frame.bh] ?? 0;
  frame.setEs(B.ROM_SEGMENT);
}
/** Offset of a font of 256 characters in the ROM. */
export const fontPointer = (height: number): number =>
  height === 8 ? B.ROM_FONT_8X8_WHOLE : height === 14 ? B.ROM_FONT_8X14 : B.ROM_FONT_8X16;
