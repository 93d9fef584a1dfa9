// Writing text: the cursor and the pages, characters one by one and in strings, scrolling (INT 10h, AH=01h to 03h, 05h to
// 0Ah, 0Eh, 13h), in text and graphics modes alike. IBM PS/2 and PC BIOS Interface Technical Reference, INT 10h.
import type { BiosFrame } from '../frame.ts';
import * as B from '../layout.ts';
import type { BiosMemory } from '../wires.ts';
import type { VideoMode } from './modes.ts';
import type { TextPages } from './pages.ts';
import type { VgaRegisters } from './registers.ts';

const CURSOR_START = 0x0a;
const CURSOR_END = 0x0b;
const START_HIGH = 0x0c;
const CURSOR_HIGH = 0x0e;
const BELL = 0x07;
const BACKSPACE = 0x08;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
/** Of the video control byte in the BIOS data area. */
export const CURSOR_EMULATION_OFF = 0x01;

const CONTROLS: ReadonlySet<number> = new Set([BELL, BACKSPACE, LINE_FEED, RETURN]);

interface Place {
  row: number;
  column: number;
}
/** Where the cursor goes with a character, which may be below the last row. */
function advance({ row, column }: Place, character: number, columns: number): Place {
  switch (character) {
    case BELL:
      return { row, column };
    case BACKSPACE:
      return { row, column: Math.max(0, column - 1) };
    case LINE_FEED:
      return { row: row + 1, column };
    case RETURN:
      return { row, column: 0 };
    default:
      return column + 1 < columns ? { row, column: column + 1 } : { row: row + 1, column: 0 };
  }
}

export class TextWriter {
  readonly #memory: BiosMemory;
  readonly #vga: VgaRegisters;
  readonly #pages: TextPages;

  constructor(memory: BiosMemory, vga: VgaRegisters, pages: TextPages) {
    this.#memory = memory;
    this.#vga = vga;
    this.#pages = pages;
  }

  get #mode(): VideoMode {
    return this.#pages.mode;
  }
  /** The page that is shown. */
  get page(): number {
    return this.#memory.read8(B.BDA_VIDEO_PAGE);
  }

  /** First and last line of the cursor, as AH=01h has them. */
  setCursorShape(start: number, end: number): void {
    this.#memory.write16(B.BDA_CURSOR_SHAPE, (start << 8) | end);
    const height = this.#mode.characterHeight;
    const emulate = (this.#memory.read8(B.BDA_VIDEO_CONTROL) & CURSOR_EMULATION_OFF) === 0;
    // Shapes of the CGA's 8 lines are put at the foot of taller characters.
    const scale = emulate && height > 8 && (end & 0x1f) < 8 && (start & 0x20) === 0;
    const move = (line: number) => (line >= 5 ? line + height - 8 - 1 : line);
    this.#vga.crtc(CURSOR_START, scale ? move(start & 0x1f) : start);
    this.#vga.crtc(CURSOR_END, scale ? move(end & 0x1f) : end);
  }
  /** Row in the high byte, column in the low one. */
  cursor(page: number): number {
    return this.#memory.read16(B.BDA_CURSOR_POSITIONS + 2 * (page & 7));
  }
  place(page: number): { row: number; column: number } {
    const at = this.cursor(page);
    return { row: at >>> 8, column: at & 0xff };
  }
  /** Puts a page's cursor somewhere; it is shown where the page is. */
  setCursor(page: number, row: number, column: number): void {
    this.#memory.write16(B.BDA_CURSOR_POSITIONS + 2 * (page & 7), (row << 8) | column);
    if (page === this.page) this.#showCursor();
  }
  #showCursor(): void {
    const { mode } = this.#pages;
    const { row, column } = this.place(this.page);
    const at = (this.#memory.read16(B.BDA_VIDEO_PAGE_START) >> 1) + row * mode.columns + column;
    this.#vga.crtc(CURSOR_HIGH, (at >>> 8) & 0xff);
    this.#vga.crtc(CURSOR_HIGH + 1, at & 0xff);
  }
  /** Shows a page; one that the mode has not is left alone. */
  selectPage(page: number): void {
    const { mode } = this.#pages;
    if (page >= mode.pages) return;
    const start = page * mode.pageSize;
    this.#memory.write8(B.BDA_VIDEO_PAGE, page);
    this.#memory.write16(B.BDA_VIDEO_PAGE_START, start & 0xffff);
    const shown = mode.kind === 'text' ? start >> 1 : start;
    this.#vga.crtc(START_HIGH, (shown >>> 8) & 0xff);
    this.#vga.crtc(START_HIGH + 1, shown & 0xff);
    this.#showCursor();
  }

  /** AH=06h and 07h. */
  scroll(frame: BiosFrame): void {
    const { columns, rows } = this.#mode;
    const bottom = Math.min(frame.dh, rows - 1);
    const right = Math.min(frame.dl, columns - 1);
    if (frame.ch > bottom || frame.cl > right) return;
    const lines = frame.ah === 0x06 ? frame.al : -frame.al;
    this.#pages.scroll(this.page, frame.ch, frame.cl, bottom, right, lines, frame.bh);
  }
  /** AH=09h and 0Ah. */
  repeat(frame: BiosFrame): void {
    const { columns, rows, kind } = this.#mode;
    const { row, column } = this.place(frame.bh);
    const attribute = frame.ah === 0x09 || kind !== 'text' ? frame.bl : null;
    const first = row * columns + column;
    const count = Math.min(frame.cx, Math.max(0, rows * columns - first));
    for (let i = 0; i < count; i++) {
      const at = first + i;
      this.#pages.write(frame.bh, Math.floor(at / columns), at % columns, frame.al, attribute);
    }
  }
  /** A character at a page's cursor, which moves on, as AH=0Eh has it. Without `attribute`, that of the place. */
  teletype(page: number, character: number, attribute: number | null): void {
    const { columns, rows, kind } = this.#mode;
    if (character === BELL) return;
    const now = this.place(page);
    if (!CONTROLS.has(character)) this.#pages.write(page, now.row, now.column, character, attribute);
    let { row, column } = advance(now, character, columns);
    if (row >= rows) {
      row = rows - 1;
      // The new line takes the attribute at the cursor.
      const fill = kind === 'text' ? this.#pages.read(page, row, column) >>> 8 : 0;
      this.#pages.scroll(page, 0, 0, rows - 1, columns - 1, 1, fill);
    }
    this.setCursor(page, row, column);
  }
  /** AH=13h: AL bit 0 moves the cursor, bit 1: attributes are in the string. */
  writeString(frame: BiosFrame): void {
    const page = frame.bh;
    const before = this.cursor(page);
    let at = frame.es(0) + frame.bp;
    this.setCursor(page, frame.dh, frame.dl);
    const { columns, rows } = this.#mode;
    // What scrolls off within the call need not be moved: a string of line feeds only costs as much as the screen.
    let unseen = this.#scrollsOf(frame, at) - rows;
    for (let i = 0; i < frame.cx; i++) {
      const character = this.#memory.read8(at++);
      const attribute = (frame.al & 2) !== 0 ? this.#memory.read8(at++) : frame.bl;
      if (unseen > 0) {
        const place = advance(this.place(page), character, columns);
        if (place.row >= rows) {
          unseen--;
          this.setCursor(page, rows - 1, place.column);
          continue;
        }
      }
      this.teletype(page, character, attribute);
    }
    if ((frame.al & 1) === 0) this.setCursor(page, before >>> 8, before & 0xff);
  }

  /** How often a string of AH=13h scrolls the screen. */
  #scrollsOf(frame: BiosFrame, start: number): number {
    const { columns, rows } = this.#mode;
    const stride = (frame.al & 2) !== 0 ? 2 : 1;
    let place = { row: frame.dh, column: frame.dl };
    let scrolls = 0;
    for (let i = 0; i < frame.cx; i++) {
      place = advance(place, this.#memory.read8(start + stride * i), columns);
      if (place.row < rows) continue;
      place.row = rows - 1;
      scrolls++;
    }
    return scrolls;
  }
}
