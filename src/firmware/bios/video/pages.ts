// Text on the screen, in text and graphics modes alike: cells, scrolling, single dots. Works on video memory as the
// processor sees it, with the VGA's registers as the mode's table leaves them.
import { vector } from '../layout.ts';
import type { BiosMemory } from '../wires.ts';
import { FONT_8X8, FONT_8X14, FONT_8X16 } from './font.ts';
import type { LinearSurface } from './linear-surface.ts';
import type { VideoMode } from './modes.ts';
import type { VgaRegisters } from './registers.ts';

const BLANK = 0x20;
/** Bytes of video memory of text modes. */
const TEXT_MEMORY = 0x8000;
/** AH=09h and 0Eh in graphics modes: the character is mixed with what is there. */
const XOR = 0x80;

/** The font of a mode's character height, 256 glyphs. */
export function fontOf(height: number): Uint8Array {
  return height === 8 ? FONT_8X8 : height === 14 ? FONT_8X14 : FONT_8X16;
}

export class TextPages {
  readonly #memory: BiosMemory;
  readonly #vga: VgaRegisters;
  mode: VideoMode;
  /** The dots of a linear mode; null where they cannot be reached. */
  linear: LinearSurface | null = null;

  constructor(memory: BiosMemory, vga: VgaRegisters, mode: VideoMode) {
    this.#memory = memory;
    this.#vga = vga;
    this.mode = mode;
  }

  /** What is not on the screen, or not in video memory, is left out. `attribute` null keeps what is there (text modes). */
  write(page: number, row: number, column: number, character: number, attribute: number | null): void {
    const { mode } = this;
    if (mode.kind !== 'text') {
      if (this.#shows(row, column)) this.#draw(page, row, column, character, attribute ?? 7);
      return;
    }
    const at = this.#cell(page, row, column);
    if (at >= mode.segment * 16 + TEXT_MEMORY) return;
    this.#memory.write8(at, character);
    if (attribute !== null) this.#memory.write8(at + 1, attribute);
  }
  /** Character in the low byte, attribute above it. */
  read(page: number, row: number, column: number): number {
    const { mode } = this;
    if (mode.kind === 'text') return this.#memory.read16(this.#cell(page, row, column));
    if (!this.#shows(row, column)) return 0;
    // The glyph that looks like what is there.
    const height = mode.characterHeight;
    const rows = new Uint8Array(height);
    let color = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < 8; x++) {
        const dot = this.readDot(page, column * 8 + x, row * height + y);
        if (dot === 0) continue;
        rows[y]! |= 0x80 >> x;
        color = dot;
      }
    }
    for (let code = 0; code < 256; code++) {
      const glyph = this.#glyph(code);
      if (rows.every((line, y) => line === glyph[y])) return (color << 8) | code;
    }
    return 0;
  }
  /** Whether a character is on the screen of a graphics mode. */
  #shows(row: number, column: number): boolean {
    const { columns, characterHeight, height } = this.mode;
    return column < columns && (row + 1) * characterHeight <= height;
  }
  /** Rows of a character in a graphics mode: INT 43h has the font, in CGA modes the second half is at INT 1Fh. */
  #glyph(character: number): Uint8Array {
    const { kind, characterHeight } = this.mode;
    const upper = kind === 'cga' && character >= 0x80;
    const m = this.#memory;
    const pointer = vector(upper ? 0x1f : 0x43);
    const font = m.read16(pointer + 2) * 16 + m.read16(pointer);
    const rows = new Uint8Array(characterHeight);
    m.read(font + (upper ? character - 0x80 : character) * characterHeight, rows);
    return rows;
  }
  #cell(page: number, row: number, column: number): number {
    const { mode } = this;
    return mode.segment * 16 + page * mode.pageSize + 2 * (row * mode.columns + column);
  }

  /** Moves the lines of a window by `lines` (up where positive); those that come in are blank. 0 clears it. */
  scroll(
    page: number,
    top: number,
    left: number,
    bottom: number,
    right: number,
    lines: number,
    attribute: number,
  ): void {
    const height = bottom - top + 1;
    const by = lines === 0 || Math.abs(lines) > height ? height : Math.abs(lines);
    const up = lines >= 0;
    for (let i = 0; i < height - by; i++) {
      const to = up ? top + i : bottom - i;
      this.#copyRow(page, up ? to + by : to - by, to, left, right);
    }
    for (let i = 0; i < by; i++) this.#clearRow(page, up ? bottom - i : top + i, left, right, attribute);
  }
  #copyRow(page: number, from: number, to: number, left: number, right: number): void {
    const { mode } = this;
    if (mode.kind === 'text') {
      const cells = new Uint8Array(2 * (right - left + 1));
      this.#memory.read(this.#cell(page, from, left), cells);
      this.#memory.write(this.#cell(page, to, left), cells);
      return;
    }
    if (mode.kind === 'linear') {
      const h = mode.characterHeight;
      this.linear?.copy(left * 8, from * h, to * h, (right - left + 1) * 8, h);
      return;
    }
    if (mode.kind === 'planar') this.#vga.graphics(5, 1); // write mode 1: the latches
    for (let y = 0; y < mode.characterHeight; y++) {
      const source = this.#line(page, from * mode.characterHeight + y);
      const target = this.#line(page, to * mode.characterHeight + y);
      const [first, count] = this.#span(left, right);
      if (mode.kind === 'planar') {
        for (let i = first; i < first + count; i++)
          this.#memory.write8(target + i, this.#memory.read8(source + i));
      } else {
        const bytes = new Uint8Array(count);
        this.#memory.read(source + first, bytes);
        this.#memory.write(target + first, bytes);
      }
    }
    if (mode.kind === 'planar') this.#vga.graphics(5, mode.graphics[5]!);
  }
  #clearRow(page: number, row: number, left: number, right: number, attribute: number): void {
    const { mode } = this;
    if (mode.kind === 'text') {
      const cells = new Uint8Array(2 * (right - left + 1));
      for (let i = 0; i < cells.length; i += 2) {
        cells[i] = BLANK;
        cells[i + 1] = attribute;
      }
      this.#memory.write(this.#cell(page, row, left), cells);
      return;
    }
    if (mode.kind === 'linear') {
      const h = mode.characterHeight;
      this.linear?.fill(left * 8, row * h, (right - left + 1) * 8, h, attribute);
      return;
    }
    const color = attribute & (mode.bitsPerPixel >= 8 ? 0xff : 2 ** mode.bitsPerPixel - 1);
    const fill = mode.bitsPerPixel === 2 ? color * 0x55 : mode.bitsPerPixel === 1 ? color * 0xff : color;
    const [first, count] = this.#span(left, right);
    if (mode.kind === 'planar') this.#vga.graphics(5, 2); // write mode 2: the colour
    for (let y = 0; y < mode.characterHeight; y++) {
      this.#memory.write(
        this.#line(page, row * mode.characterHeight + y) + first,
        new Uint8Array(count).fill(fill),
      );
    }
    if (mode.kind === 'planar') this.#vga.graphics(5, mode.graphics[5]!);
  }

  // ---- graphics modes ----

  /** Address of a line of dots. */
  #line(page: number, y: number): number {
    const { mode } = this;
    const base = mode.segment * 16 + page * mode.pageSize;
    // The CGA keeps odd lines 8 KiB behind the even ones.
    if (mode.kind === 'cga') return base + (y & 1) * 0x2000 + (y >> 1) * 80;
    return base + y * (mode.kind === 'packed' ? mode.width : mode.width / 8);
  }
  /** Bytes of a line that columns left to right take: first and count. */
  #span(left: number, right: number): [number, number] {
    const { mode } = this;
    const perColumn = mode.kind === 'packed' ? 8 : mode.kind === 'cga' && mode.bitsPerPixel === 2 ? 2 : 1;
    return [left * perColumn, (right - left + 1) * perColumn];
  }

  #draw(page: number, row: number, column: number, character: number, attribute: number): void {
    const { mode } = this;
    const height = mode.characterHeight;
    const glyph = this.#glyph(character);
    if (mode.kind === 'linear') {
      this.linear?.glyph(column * 8, row * height, glyph, attribute);
      return;
    }
    for (let y = 0; y < height; y++) {
      const dots = glyph[y]!;
      const line = row * height + y;
      if (mode.kind === 'planar') this.#drawPlanar(this.#line(page, line) + column, dots, attribute);
      else if (mode.kind === 'packed') {
        const at = this.#line(page, line) + column * 8;
        for (let x = 0; x < 8; x++) this.#memory.write8(at + x, (dots & (0x80 >> x)) !== 0 ? attribute : 0);
      } else {
        for (let x = 0; x < 8; x++) {
          const on = (dots & (0x80 >> x)) !== 0;
          const mixed = (attribute & XOR) !== 0;
          if (on || !mixed) this.writeDot(page, column * 8 + x, line, on ? attribute : 0);
        }
      }
    }
  }
  #drawPlanar(at: number, dots: number, attribute: number): void {
    const vga = this.#vga;
    const mixed = (attribute & XOR) !== 0;
    vga.graphics(5, 2);
    if (mixed) vga.graphics(3, 0x18);
    this.#memory.read8(at);
    vga.graphics(8, dots);
    this.#memory.write8(at, attribute & 0x0f);
    if (!mixed) {
      this.#memory.read8(at);
      vga.graphics(8, ~dots & 0xff);
      this.#memory.write8(at, 0);
    }
    vga.graphics(8, 0xff);
    vga.graphics(3, 0);
    vga.graphics(5, this.mode.graphics[5]!);
  }

  /** A dot; `color` with bit 7 is mixed with what is there, but in mode 13h. */
  writeDot(page: number, x: number, y: number, color: number): void {
    const { mode } = this;
    if (mode.kind === 'text' || x >= mode.width || y >= mode.height) return;
    if (mode.kind === 'linear') {
      this.linear?.writeDot(x, y, color);
      return;
    }
    if (mode.kind === 'packed') {
      this.#memory.write8(this.#line(page, y) + x, color);
      return;
    }
    if (mode.kind === 'planar') {
      this.#drawPlanarDot(this.#line(page, y) + (x >> 3), 0x80 >> (x & 7), color);
      return;
    }
    const bits = mode.bitsPerPixel;
    const perByte = 8 / bits;
    const at = this.#line(page, y) + Math.floor(x / perByte);
    const shift = 8 - bits - (x % perByte) * bits;
    const mask = (2 ** bits - 1) << shift;
    const now = this.#memory.read8(at);
    const value = (color << shift) & mask;
    this.#memory.write8(at, (color & XOR) !== 0 ? now ^ value : (now & ~mask) | value);
  }
  #drawPlanarDot(at: number, mask: number, color: number): void {
    const vga = this.#vga;
    vga.graphics(5, 2);
    if ((color & XOR) !== 0) vga.graphics(3, 0x18);
    vga.graphics(8, mask);
    this.#memory.read8(at);
    this.#memory.write8(at, color & 0x0f);
    vga.graphics(8, 0xff);
    vga.graphics(3, 0);
    vga.graphics(5, this.mode.graphics[5]!);
  }
  readDot(page: number, x: number, y: number): number {
    const { mode } = this;
    if (mode.kind === 'text' || x >= mode.width || y >= mode.height) return 0;
    if (mode.kind === 'linear') return this.linear?.readDot(x, y) ?? 0;
    if (mode.kind === 'packed') return this.#memory.read8(this.#line(page, y) + x);
    if (mode.kind === 'planar') {
      let color = 0;
      for (let plane = 0; plane < 4; plane++) {
        this.#vga.graphics(4, plane);
        const byte = this.#memory.read8(this.#line(page, y) + (x >> 3));
        if ((byte & (0x80 >> (x & 7))) !== 0) color |= 1 << plane;
      }
      this.#vga.graphics(4, mode.graphics[4]!);
      return color;
    }
    const bits = mode.bitsPerPixel;
    const perByte = 8 / bits;
    const shift = 8 - bits - (x % perByte) * bits;
    return (this.#memory.read8(this.#line(page, y) + Math.floor(x / perByte)) >> shift) & (2 ** bits - 1);
  }
}
