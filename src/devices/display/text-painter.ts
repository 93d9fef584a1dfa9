// Draws a text screen into a frame, cell by cell and only those cells that look different from the last time.
import type { Frame } from '../../backend/display/screen.ts';
import type { Damage } from './damage.ts';
import { type LinePlace, placeOfLine, type Raster } from './raster.ts';
import {
  blinkShows,
  blinks,
  CELL_CURSOR,
  CELL_DARK,
  type Cursor,
  cellAt,
  cursorOf,
  cursorShows,
  FONT_BYTES,
  updateFonts,
} from './text-cells.ts';
import { AC_MODE, type VgaState } from './vga-state.ts';

const MODE_MONO = 0x02;
const MODE_LINE_GRAPHICS = 0x04;

/** Bytes of the CRT controller's, the attribute controller's and the sequencer's registers, and more. */
const REGISTERS = 128;

/** What is drawn in one go: some scan lines of a row of characters. */
interface Strip {
  readonly y: number;
  readonly height: number;
  readonly rowScan: number;
  readonly pan: number;
}

/** A text mode, and where it is drawn. */
export interface TextPicture {
  readonly state: VgaState;
  /** Video memory, as bytes and as little-endian words. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly raster: Raster;
  /** The sixteen attribute colours. */
  readonly colours: Uint32Array;
  /** The time, in ns: what blinks follows it. */
  readonly now: number;
  readonly frame: Frame;
}

export class TextPainter {
  readonly #fonts = new Uint8Array(2 * FONT_BYTES);
  readonly #place: LinePlace = { address: 0, rowScan: 0, below: false };
  /** What each cell showed when it was drawn, strip by strip. */
  #drawn = new Uint32Array(0);
  #strips = '';
  /** The registers that its looks follow from, and whether something was in the half of its blinking that shows. */
  readonly #registers = new Uint8Array(REGISTERS);
  #cursorOn = false;
  #bright = false;
  #anyBlinks = true;

  /**
   * Draws what has changed, or everything (`all`: a new frame, other colours).
   *
   * @param written memory has been written to since the last time, or the raster is another one
   */
  paint(picture: TextPicture, damage: Damage, all: boolean, written: boolean): void {
    const { state, bytes, words, raster, now, frame } = picture;
    const sameRegisters = this.#keepRegisters(state);
    const cursorOn = cursorShows(now);
    const blinking = blinks(state);
    const bright = blinkShows(now);
    const sameTime = cursorOn === this.#cursorOn && (bright === this.#bright || !this.#anyBlinks);
    if (!all && !written && sameRegisters && sameTime) return;
    this.#cursorOn = cursorOn;
    this.#bright = bright;
    this.#anyBlinks = false;
    const strips = this.#stripsOf(raster);
    const perStrip = raster.columns + 1;
    // A change of the strips' places, or of the meaning of attributes, redraws everything.
    const key = JSON.stringify([
      strips,
      raster.columns,
      raster.cellWidth,
      state.attribute[AC_MODE],
      state.crtc[0x14],
    ]);
    let redraw = ((written || !sameRegisters) && updateFonts(state, bytes, this.#fonts)) || all;
    if (key !== this.#strips || this.#drawn.length !== strips.length * perStrip) {
      this.#strips = key;
      this.#drawn = new Uint32Array(strips.length * perStrip);
      redraw = true;
    }
    const cursor = cursorOf(state);
    const place = this.#place;
    strips.forEach((strip, index) => {
      placeOfLine(raster, strip.y, place);
      const count = raster.columns + (strip.pan > 0 ? 1 : 0);
      let first = -1;
      let last = -1;
      for (let column = 0; column < count; column++) {
        let cell = cellAt(words, raster, place, column);
        if (cursorOn && ((place.address + column) & 0xffff) === cursor.address) {
          // The cursor's shape is part of what the cell looks like.
          cell |= CELL_CURSOR | (cursor.first << 18) | (cursor.last << 23);
        }
        if (blinking && (cell & 0x8000) !== 0) {
          this.#anyBlinks = true;
          if (!bright) cell |= CELL_DARK;
        }
        const at = index * perStrip + column;
        if (!redraw && this.#drawn[at] === cell) continue;
        this.#drawn[at] = cell;
        if (first < 0) first = column;
        last = column;
        this.#draw(picture, strip, column, cell, cursor, blinking);
      }
      if (first < 0) return;
      const from = Math.max(0, first * raster.cellWidth - strip.pan);
      const to = Math.min(frame.width, (last + 1) * raster.cellWidth - strip.pan);
      damage.add(from, to, strip.y, strip.height);
    });
  }

  /** Whether they are what they were. */
  #keepRegisters({ crtc, attribute, sequencer }: VgaState): boolean {
    const kept = this.#registers;
    let same = true;
    let at = 0;
    for (const registers of [crtc, attribute, sequencer]) {
      for (let i = 0; i < registers.length; i++, at++) {
        const value = registers[i]!;
        if (kept[at] === value) continue;
        kept[at] = value;
        same = false;
      }
    }
    return same;
  }

  /** The screen from top to bottom: rows of characters, perhaps cut by its edges or the split. */
  #stripsOf(raster: Raster): readonly Strip[] {
    const strips: Strip[] = [];
    const place: LinePlace = { address: 0, rowScan: 0, below: false };
    const split = Math.ceil(raster.splitLine / raster.repeat);
    for (let y = 0; y < raster.height; ) {
      placeOfLine(raster, y, place);
      let height = Math.min(raster.rowLines - place.rowScan, raster.height - y);
      if (y < split) height = Math.min(height, split - y);
      strips.push({ y, height, rowScan: place.rowScan, pan: place.below ? raster.panBelow : raster.pan });
      y += height;
    }
    return strips;
  }

  #draw(
    picture: TextPicture,
    strip: Strip,
    column: number,
    cell: number,
    cursor: Cursor,
    blinking: boolean,
  ): void {
    const { state, raster, colours, frame } = picture;
    const character = cell & 0xff;
    const attribute = (cell >> 8) & 0xff;
    const mode = state.attribute[AC_MODE]!;
    const background = colours[(attribute >> 4) & (blinking ? 7 : 15)]!;
    const foreground = (cell & CELL_DARK) !== 0 ? background : colours[attribute & 15]!;
    const font = ((attribute & 8) !== 0 ? FONT_BYTES : 0) + 32 * character;
    const ninth = (mode & MODE_LINE_GRAPHICS) !== 0 && character >= 0xc0 && character <= 0xdf ? 1 : 0;
    const underline = (mode & MODE_MONO) !== 0 && (attribute & 7) === 1 ? state.crtc[0x14]! & 0x1f : -1;
    const { width, pixels } = frame;
    const left = column * raster.cellWidth - strip.pan;
    for (let line = 0; line < strip.height; line++) {
      const scan = strip.rowScan + line;
      let bits = this.#fonts[font + (scan & 31)]! << 1;
      bits |= (bits >> 1) & ninth;
      if (scan === underline) bits = 0x1ff;
      if ((cell & CELL_CURSOR) !== 0 && scan >= cursor.first && scan <= cursor.last) bits = 0x1ff;
      const row = (strip.y + line) * width;
      for (let dot = 0; dot < raster.cellWidth; dot++) {
        const x = left + dot;
        if (x < 0 || x >= width) continue;
        pixels[row + x] = (bits & (0x100 >> dot)) !== 0 ? foreground : background;
      }
    }
  }
}
