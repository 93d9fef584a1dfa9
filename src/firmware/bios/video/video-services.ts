// INT 10h: the screen. IBM PS/2 and PC BIOS Interface Technical Reference, INT 10h (VGA); AX=4Fxxh is in vbe.ts.
//
// Not offered: light pen.
import type { TextMode } from '../../boot/request.ts';
import type { BiosFrame } from '../frame.ts';
import * as B from '../layout.ts';
import type { BiosMemory, BiosPorts } from '../wires.ts';
import { fontPointer, fontService } from './font-services.ts';
import type { LinearSurface } from './linear-surface.ts';
import { type TextLines, VBE_MODE, VIDEO_MODES, type VideoMode, videoMode } from './modes.ts';
import { fontOf, TextPages } from './pages.ts';
import { paletteService } from './palette-services.ts';
import { colorsOf, PACKED_COLORS } from './palettes.ts';
import { VgaRegisters } from './registers.ts';
import { CURSOR_EMULATION_OFF, TextWriter } from './text-writer.ts';
import { VbeServices } from './vbe.ts';
import { VideoState } from './video-state.ts';

const INITIAL_MODE = 0x03;
/** Bit 7 of the mode: video memory keeps what it holds. */
const KEEP_MEMORY = 0x80;
const DEFAULT_ATTRIBUTE = 0x07;
/** Of the mode options in the BIOS data area: text modes have 200 or 400 lines, else 350. */
const OPTION_200_LINES = 0x80;
const OPTION_400_LINES = 0x10;
/** AH=12h, BL=30h: the bits for AL. */
const LINE_OPTIONS = [OPTION_200_LINES, 0, OPTION_400_LINES] as const;
/** VGA with a colour display. */
const COLOR_VGA = 0x08;

/** Puts the VGA into the mode that a BIOS leaves it in, for a kernel that is booted without one. */
export function setTextMode(memory: BiosMemory, ports: BiosPorts): TextMode {
  new VideoServices(memory, ports).start();
  const { number, columns, rows, characterHeight } = VIDEO_MODES.get(INITIAL_MODE)!;
  return { mode: number, columns, rows, characterHeight };
}

export class VideoServices {
  readonly #memory: BiosMemory;
  readonly #vga: VgaRegisters;
  readonly #pages: TextPages;
  readonly #text: TextWriter;
  readonly #vbe: VbeServices;
  readonly #state: VideoState;

  #isStale = false;

  constructor(memory: BiosMemory, ports: BiosPorts) {
    this.#memory = memory;
    this.#vga = new VgaRegisters(memory, ports);
    this.#pages = new TextPages(memory, this.#vga, VIDEO_MODES.get(INITIAL_MODE)!);
    this.#text = new TextWriter(memory, this.#vga, this.#pages);
    this.#state = new VideoState(memory, ports, this.#vga);
    this.#vbe = new VbeServices(memory, ports, {
      setMode: (mode) => this.#setMode(mode),
      linearMode: (mode, surface) => this.#linearMode(mode, surface),
      blocks: (what) => this.#state.blocks(what),
      save: (what, at) => this.#state.save(what, at),
      restore: (what, at) => this.#restoreState(what, at),
      newSurface: (surface, mode) => {
        this.#pages.linear = surface;
        if (mode) this.#pages.mode = mode;
      },
    });
  }

  start(): void {
    this.#isStale = false;
    const m = this.#memory;
    m.write8(B.BDA_VIDEO_CONTROL, 0x60);
    m.write8(B.BDA_VIDEO_SWITCHES, 0xf9);
    m.write8(B.BDA_VIDEO_MODE_OPTIONS, 0x51);
    m.write8(B.BDA_DISPLAY_COMBINATION, COLOR_VGA);
    this.#setMode(INITIAL_MODE);
  }

  get #mode(): VideoMode {
    return this.#pages.mode;
  }

  /** Memory and display have been restored: what this knows of the mode follows from them when it is next asked. */
  restored(): void {
    this.#isStale = true;
  }

  service(frame: BiosFrame): void {
    if (this.#isStale) this.#followMode();
    this.#believeDataArea();
    switch (frame.ah) {
      case 0x00:
        this.#setModeService(frame);
        return;
      case 0x01:
        this.#text.setCursorShape(frame.ch, frame.cl);
        return;
      case 0x02:
        this.#text.setCursor(frame.bh, frame.dh, frame.dl);
        return;
      case 0x03: {
        const at = this.#text.cursor(frame.bh);
        frame.dx = at;
        frame.cx = this.#memory.read16(B.BDA_CURSOR_SHAPE);
        return;
      }
      case 0x04: // light pen: none
        frame.ah = 0;
        return;
      case 0x05:
        this.#text.selectPage(frame.al);
        return;
      case 0x06:
      case 0x07:
        this.#text.scroll(frame);
        return;
      case 0x08: {
        const { row, column } = this.#text.place(frame.bh);
        frame.ax = this.#pages.read(frame.bh, row, column);
        return;
      }
      case 0x09:
      case 0x0a:
        this.#text.repeat(frame);
        return;
      case 0x0b:
        this.#cgaPalette(frame);
        return;
      case 0x0c:
        this.#pages.writeDot(frame.bh, frame.cx, frame.dx, frame.al);
        return;
      case 0x0d:
        frame.al = this.#pages.readDot(frame.bh, frame.cx, frame.dx);
        return;
      case 0x0e:
        this.#text.teletype(this.#text.page, frame.al, this.#mode.kind === 'text' ? null : frame.bl);
        return;
      case 0x0f:
        frame.al =
          this.#memory.read8(B.BDA_VIDEO_MODE) | (this.#memory.read8(B.BDA_VIDEO_CONTROL) & KEEP_MEMORY);
        frame.ah = this.#memory.read8(B.BDA_VIDEO_COLUMNS);
        frame.bh = this.#text.page;
        return;
      case 0x10:
        paletteService(frame, this.#memory, this.#vga);
        return;
      case 0x11:
        fontService(frame, this.#memory, this.#vga, this.#mode, (height, rows) =>
          this.#useHeight(height, rows),
        );
        return;
      case 0x12:
        this.#alternateSelect(frame);
        return;
      case 0x13:
        this.#text.writeString(frame);
        return;
      case 0x1a:
        this.#displayCombination(frame);
        return;
      case 0x1b:
        this.#stateInformation(frame);
        return;
      case 0x1c:
        this.#saveState(frame);
        return;
      case 0x4f:
        this.#vbe.service(frame);
        return;
      default:
    }
  }

  /** Text modes are as the BIOS data area says: programs that make modes of their own write it. */
  #believeDataArea(): void {
    const { mode } = this.#pages;
    if (mode.kind !== 'text') return;
    const m = this.#memory;
    const columns = m.read16(B.BDA_VIDEO_COLUMNS) & 0xff || mode.columns;
    const rows = m.read8(B.BDA_VIDEO_ROWS) + 1;
    const characterHeight = Math.min(32, m.read16(B.BDA_CHARACTER_HEIGHT)) || mode.characterHeight;
    const pageSize = m.read16(B.BDA_VIDEO_PAGE_SIZE);
    const same =
      columns === mode.columns &&
      rows === mode.rows &&
      characterHeight === mode.characterHeight &&
      pageSize === mode.pageSize;
    if (!same) this.#pages.mode = { ...mode, columns, rows, characterHeight, pageSize };
  }

  /** A text at the cursor of the shown page, as AH=0Eh writes it. */
  print(text: string): void {
    if (this.#isStale) this.#followMode();
    for (const character of text) this.#text.teletype(this.#text.page, character.charCodeAt(0) & 0xff, null);
  }

  // ---- modes ----

  #setModeService(frame: BiosFrame): void {
    const mode = frame.al;
    this.#setMode(mode);
    frame.al = (mode & 0x7f) > 7 ? 0x20 : (mode & 0x7f) === 6 ? 0x3f : 0x30;
  }
  #setMode(number: number): void {
    const mode = videoMode(number & 0x7f, this.#textLines);
    if (!mode) return;
    const m = this.#memory;
    this.#vbe.disable();
    this.#vga.program(mode);
    this.#pages.mode = mode;
    this.#vga.setColors(0, colorsOf(mode));
    if (mode.kind === 'text')
      this.#vga.loadFont(0, 0, mode.characterHeight, fontOf(mode.characterHeight), mode);
    if ((number & KEEP_MEMORY) === 0) this.#clear(mode);
    this.#describe(mode);
    m.write8(B.BDA_VIDEO_CONTROL, (m.read8(B.BDA_VIDEO_CONTROL) & 0x7f) | (number & KEEP_MEMORY));
    this.#text.selectPage(0);
    this.#text.setCursorShape(...mode.cursor);
    this.#fontVectors(mode);
  }
  /** Scan lines that text modes shall have. */
  get #textLines(): TextLines {
    const options = this.#memory.read8(B.BDA_VIDEO_MODE_OPTIONS);
    if ((options & OPTION_200_LINES) !== 0) return 200;
    return (options & OPTION_400_LINES) !== 0 ? 400 : 350;
  }
  /** A VBE mode has been set: characters and dots go there from now on. */
  #linearMode(mode: VideoMode, surface: LinearSurface | null): void {
    this.#pages.mode = mode;
    this.#pages.linear = surface;
    if (mode.bitsPerPixel === 8) this.#vga.setColors(0, PACKED_COLORS);
    this.#describe(mode);
    this.#memory.write16(B.BDA_VIDEO_PAGE_START, 0);
    this.#memory.write8(B.BDA_VIDEO_PAGE, 0);
    this.#fontVectors(mode);
  }
  /** The BIOS data area says what the mode is. */
  #describe(mode: VideoMode): void {
    const m = this.#memory;
    m.write8(B.BDA_VIDEO_MODE, mode.number);
    m.write16(B.BDA_VIDEO_COLUMNS, mode.columns);
    m.write16(B.BDA_VIDEO_PAGE_SIZE, mode.pageSize);
    m.write16(B.BDA_CRTC_PORT, this.#vga.crtcPort);
    m.write8(B.BDA_VIDEO_ROWS, mode.rows - 1);
    m.write16(B.BDA_CHARACTER_HEIGHT, mode.characterHeight);
    for (let page = 0; page < 8; page++) m.write16(B.BDA_CURSOR_POSITIONS + 2 * page, 0);
  }
  #clear(mode: VideoMode): void {
    const start = mode.segment * 16;
    if (mode.kind === 'text') {
      const cells = new Uint8Array(0x8000);
      for (let i = 0; i < cells.length; i += 2) {
        cells[i] = 0x20;
        cells[i + 1] = DEFAULT_ATTRIBUTE;
      }
      this.#memory.write(start, cells);
    } else this.#memory.write(start, new Uint8Array(mode.kind === 'cga' ? 0x8000 : 0x1_0000));
  }
  /** INT 1Fh and 43h: the fonts of graphics modes. */
  #fontVectors(mode: VideoMode): void {
    const point = (interrupt: number, offset: number) => {
      this.#memory.write16(B.vector(interrupt), offset);
      this.#memory.write16(B.vector(interrupt) + 2, B.ROM_SEGMENT);
    };
    point(0x1f, B.ROM_FONT_8X8_UPPER);
    point(0x43, fontPointer(mode.characterHeight));
  }
  /** Another character height: as many rows as fit, or as are given. */
  #useHeight(height: number, given?: number): void {
    const { mode } = this.#pages;
    const m = this.#memory;
    const fitting = Math.floor(mode.height / height);
    const rows = Math.min(given ?? fitting, fitting);
    if (mode.kind !== 'text') {
      this.#pages.mode = { ...mode, rows, characterHeight: height };
      m.write8(B.BDA_VIDEO_ROWS, rows - 1);
      m.write16(B.BDA_CHARACTER_HEIGHT, height);
      return;
    }
    this.#vga.crtc(0x09, (this.#vga.readCrtc(0x09) & 0xe0) | (height - 1));
    const lastLine = rows * height - 1;
    this.#vga.crtc(0x12, lastLine & 0xff);
    this.#pages.mode = { ...mode, rows, characterHeight: height, pageSize: mode.columns * rows * 2 + 256 };
    m.write8(B.BDA_VIDEO_ROWS, rows - 1);
    m.write16(B.BDA_CHARACTER_HEIGHT, height);
    m.write16(B.BDA_VIDEO_PAGE_SIZE, this.#pages.mode.pageSize);
    this.#text.setCursorShape(...mode.cursor);
  }

  // ---- the rest ----

  #cgaPalette(frame: BiosFrame): void {
    const { kind, bitsPerPixel } = this.#mode;
    if (frame.bh === 0) {
      this.#vga.attribute(0x11, frame.bl & 0x1f);
      if (kind !== 'text') this.#vga.attribute(0x00, (frame.bl & 0x0f) > 7 ? frame.bl + 8 : frame.bl & 0x0f);
    } else if (frame.bh === 1 && kind === 'cga' && bitsPerPixel === 2) {
      const colors = (frame.bl & 1) === 0 ? [0x12, 0x14, 0x16] : [0x13, 0x15, 0x17];
      colors.forEach((color, i) => {
        this.#vga.attribute(i + 1, color);
      });
    }
  }
  #alternateSelect(frame: BiosFrame): void {
    switch (frame.bl) {
      case 0x10: // colour or monochrome, 256 KiB
        frame.bx = (this.#vga.crtcPort === 0x3d4 ? 0x0000 : 0x0100) | 0x03;
        frame.cx = 0x0009;
        return;
      case 0x30: {
        // Scan lines of text modes, from the next mode on: 0 200, 1 350, 2 400.
        const lines = LINE_OPTIONS[frame.al];
        if (lines === undefined) return;
        const options = this.#memory.read8(B.BDA_VIDEO_MODE_OPTIONS);
        this.#memory.write8(
          B.BDA_VIDEO_MODE_OPTIONS,
          (options & ~(OPTION_200_LINES | OPTION_400_LINES)) | lines,
        );
        frame.al = 0x12;
        return;
      }
      case 0x31: // load the palette on a mode set
      case 0x32: // the VGA on or off
      case 0x33:
      case 0x36:
        frame.al = 0x12;
        return;
      case 0x34: {
        const control = this.#memory.read8(B.BDA_VIDEO_CONTROL);
        this.#memory.write8(B.BDA_VIDEO_CONTROL, (control & ~CURSOR_EMULATION_OFF) | (frame.al & 1));
        frame.al = 0x12;
        return;
      }
      case 0x35: // a second display: none to switch to
        frame.al = 0x12;
        return;
      default:
    }
  }
  #displayCombination(frame: BiosFrame): void {
    if (frame.al > 1) return;
    if (frame.al === 0) {
      frame.bl = this.#memory.read8(B.BDA_DISPLAY_COMBINATION);
      frame.bh = 0;
    } else this.#memory.write8(B.BDA_DISPLAY_COMBINATION, frame.bl);
    frame.al = 0x1a;
  }
  /** AH=1Ch: AL=0 blocks of 64 bytes, 1 save, 2 restore the parts of CX, at ES:BX. */
  #saveState(frame: BiosFrame): void {
    const what = frame.cx & 7;
    const at = frame.es(frame.bx);
    if (frame.al > 2) return;
    if (frame.al === 0) frame.bx = this.#state.blocks(what);
    else if (frame.al === 1) this.#state.save(what, at);
    else this.#restoreState(what, at);
    frame.al = 0x1c;
  }
  #restoreState(what: number, at: number): void {
    this.#state.restore(what, at);
    this.#followMode();
    if (VIDEO_MODES.has(this.#memory.read8(B.BDA_VIDEO_MODE))) this.#vbe.disable();
  }
  /** Characters and dots follow the mode that was restored. */
  #followMode(): void {
    this.#isStale = false;
    const number = this.#memory.read8(B.BDA_VIDEO_MODE);
    const mode = videoMode(number, this.#textLines);
    if (number === VBE_MODE) this.#vbe.resume();
    else if (mode) {
      const rows = this.#memory.read8(B.BDA_VIDEO_ROWS) + 1;
      const characterHeight = this.#memory.read16(B.BDA_CHARACTER_HEIGHT);
      this.#vbe.forget();
      this.#vga.crtcPort = mode.monochrome ? 0x3b4 : 0x3d4;
      this.#pages.mode = { ...mode, rows, characterHeight };
    }
  }
  /** AH=1Bh: 64 bytes at ES:DI, which begin with a pointer to what the hardware can do. */
  #stateInformation(frame: BiosFrame): void {
    if (frame.bx !== 0) return;
    const m = this.#memory;
    const at = frame.es(0) + frame.di;
    const table = new Uint8Array(64);
    const view = new DataView(table.buffer);
    view.setUint16(0, B.ROM_VIDEO_CAPABILITIES, true);
    view.setUint16(2, B.ROM_SEGMENT, true);
    for (let i = 0; i < 0x1e; i++) table[4 + i] = m.read8(B.BDA_VIDEO_MODE + i);
    table[0x22] = m.read8(B.BDA_VIDEO_ROWS) + 1;
    view.setUint16(0x23, m.read16(B.BDA_CHARACTER_HEIGHT), true);
    table[0x25] = m.read8(B.BDA_DISPLAY_COMBINATION);
    const { kind, bitsPerPixel, pages, height } = this.#mode;
    view.setUint16(0x27, kind === 'text' ? 16 : 2 ** bitsPerPixel, true);
    table[0x29] = pages;
    table[0x2a] = [200, 350, 400, 480].indexOf(height);
    table[0x31] = 3; // 256 KiB
    m.write(at, table);
    frame.al = 0x1b;
  }
}
