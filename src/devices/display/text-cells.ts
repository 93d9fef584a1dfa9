// The characters of a text mode: what each cell of the screen shows, and the fonts (IBM PS/2 hardware interface technical
// reference, "Video subsystem", alphanumeric modes).
//
//   plane 0  character   plane 1  attribute   plane 2  fonts, 8 of 256 characters, 32 bytes each
//   attribute   3:0 foreground (bit 3 also chooses between fonts A and B)   6:4 background   7 blink, or background
//
// A cell as one number: character, attribute << 8, and the bits below. Two cells with the same number look the same.
import type { LinePlace, Raster } from './raster.ts';
import { addressOf } from './raster.ts';
import { AC_MODE, SEQ_CHARACTER_MAP, type VgaState } from './vga-state.ts';

export const CELL_CURSOR = 0x1_0000;
/** The cell blinks, and is in its dark half. */
export const CELL_DARK = 0x2_0000;

const MODE_BLINK = 0x08;
const CURSOR_OFF = 0x20;

/** Half a period of the cursor, and of blinking characters: 8 and 16 fields at 70 Hz, in ns. */
const CURSOR_TIME = 114_000_000;
const BLINK_TIME = 228_000_000;

/** Address of each font in plane 2. */
const FONT_ADDRESS = [0x0000, 0x4000, 0x8000, 0xc000, 0x2000, 0x6000, 0xa000, 0xe000];
export const FONT_BYTES = 0x2000;

/** The two fonts in use: A, for attributes with bit 3, behind B. */
export function updateFonts(state: VgaState, bytes: Uint8Array, fonts: Uint8Array): boolean {
  const select = state.sequencer[SEQ_CHARACTER_MAP]!;
  const b = FONT_ADDRESS[(select & 3) | ((select & 0x10) >> 2)]!;
  const a = FONT_ADDRESS[((select >> 2) & 3) | ((select & 0x20) >> 3)]!;
  let changed = false;
  for (let i = 0; i < 2 * FONT_BYTES; i++) {
    const at = i < FONT_BYTES ? b + i : a + i - FONT_BYTES;
    const value = bytes[4 * at + 2]!;
    if (fonts[i] === value) continue;
    fonts[i] = value;
    changed = true;
  }
  return changed;
}

export interface Cursor {
  /** Address counter of its cell; -1 where it is off. */
  readonly address: number;
  /** First and last scan line. */
  readonly first: number;
  readonly last: number;
}

/** The cursor, blinking or not. */
export function cursorOf(state: VgaState): Cursor {
  const { crtc } = state;
  const first = crtc[0x0a]! & 0x1f;
  const last = crtc[0x0b]! & 0x1f;
  const off = (crtc[0x0a]! & CURSOR_OFF) !== 0 || first > last;
  const skew = (crtc[0x0b]! >> 5) & 3;
  return { address: off ? -1 : (((crtc[0x0e]! << 8) | crtc[0x0f]!) + skew) & 0xffff, first, last };
}

/** Whether what blinks is in its bright half at a time (ns). */
export const cursorShows = (now: number): boolean => Math.floor(now / CURSOR_TIME) % 2 === 0;
export const blinkShows = (now: number): boolean => Math.floor(now / BLINK_TIME) % 2 === 0;

/** Whether attribute bit 7 means blinking. */
export const blinks = (state: VgaState): boolean => (state.attribute[AC_MODE]! & MODE_BLINK) !== 0;

/** Character and attribute of a cell. */
export function cellAt(words: Uint32Array, raster: Raster, place: LinePlace, column: number): number {
  return (words[addressOf(raster, place, column)] ?? 0) & 0xffff;
}
