// INT 10h, AX=4Fxxh: the VESA BIOS Extension 2.0 on the display's own extension registers (index port 1CEh, data port
// 1CFh: identifier, width, height, depth, enable, bank, virtual width and height, offsets).
import type { BiosFrame } from '../frame.ts';
import * as B from '../layout.ts';
import type { BiosMemory, BiosPorts } from '../wires.ts';
import { LinearSurface } from './linear-surface.ts';
import { linearMode, planarMode, type VideoMode } from './modes.ts';
import { bytesOf, dotsOf, FIELDS, MODES, type VbeMode } from './vbe-modes.ts';
import { displayAddress, FRAMEBUFFER_BAR, identityService, powerService } from './vbe-monitor.ts';
import { VBE_PROTECTED } from './vbe-protected.ts';
import { FAILED, INVALID, OK } from './vbe-status.ts';

const INDEX_PORT = 0x1ce;
const DATA_PORT = 0x1cf;
const R_IDENTIFIER = 0;
const R_WIDTH = 1;
const R_HEIGHT = 2;
const R_DEPTH = 3;
const R_ENABLE = 4;
const R_BANK = 5;
const R_VIRTUAL_WIDTH = 6;
const R_OFFSET_X = 8;
const R_OFFSET_Y = 9;
const R_VIDEO_MEMORY = 10;
const FIRST_IDENTIFIER = 0xb0c0;
const LAST_IDENTIFIER = 0xb0cf;
const ENABLED = 0x01;
const EIGHT_BIT_DAC = 0x20;
const LINEAR = 0x40;
const KEEP_MEMORY = 0x80;
const UNIT = 0x1_0000;

/** The VGA's mode whose registers do for planes of any size. */
const PLANAR_MODE = 0x12;
const MODE_LINEAR = 0x4000;
const MODE_KEEP = 0x8000;

/** The services that have the screen besides these. */
export interface VbeScreen {
  /** AH=00h. */
  setMode(mode: number): void;
  /** A VBE mode has been set: characters and dots are the surface's from now on. */
  linearMode(mode: VideoMode, surface: LinearSurface | null): void;
  /** As AH=1Ch: blocks of 64 bytes of the parts, save, restore. */
  blocks(what: number): number;
  save(what: number, at: number): void;
  restore(what: number, at: number): void;
  /** The surface has another shape. */
  newSurface(surface: LinearSurface | null, mode?: VideoMode): void;
}

export class VbeServices {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;
  readonly #screen: VbeScreen;
  #current: VbeMode | null = null;
  #linear = false;

  constructor(memory: BiosMemory, ports: BiosPorts, screen: VbeScreen) {
    this.#memory = memory;
    this.#ports = ports;
    this.#screen = screen;
  }

  #read(register: number): number {
    this.#ports.portWrite(INDEX_PORT, 2, register);
    return this.#ports.portRead(DATA_PORT, 2);
  }
  #write(register: number, value: number): void {
    this.#ports.portWrite(INDEX_PORT, 2, register);
    this.#ports.portWrite(DATA_PORT, 2, value);
  }
  /** Whether the display has the extension. */
  get #present(): boolean {
    const identifier = this.#read(R_IDENTIFIER);
    return identifier >= FIRST_IDENTIFIER && identifier <= LAST_IDENTIFIER;
  }
  /** The mode is none of the extension's. */
  forget(): void {
    this.#current = null;
  }
  /** Back to the VGA's own modes. */
  disable(): void {
    this.forget();
    if (this.#present) this.#write(R_ENABLE, 0);
  }
  get #videoMemory(): number {
    return this.#read(R_VIDEO_MEMORY) * UNIT;
  }
  /** Bytes of it that a line's bytes count in: those of a plane. */
  #memoryOf(depth: number): number {
    return depth === 4 ? this.#videoMemory / 4 : this.#videoMemory;
  }
  /** Physical address of the linear framebuffer; 0 where there is none. */
  get #framebuffer(): number {
    return displayAddress(this.#ports, FRAMEBUFFER_BAR);
  }
  /** Modes that fit into the video memory. */
  get #modes(): VbeMode[] {
    return MODES.filter(
      ({ width, height, depth }) => bytesOf(depth, width) * height <= this.#memoryOf(depth),
    );
  }

  service(frame: BiosFrame): void {
    frame.ax = this.#present ? this.#serve(frame) : 0x4f00 | frame.al;
  }
  #serve(frame: BiosFrame): number {
    switch (frame.al) {
      case 0x00:
        return this.#information(frame);
      case 0x01:
        return this.#modeInformation(frame);
      case 0x02:
        return this.#setMode(frame);
      case 0x03: {
        const kept = (this.#memory.read8(B.BDA_VIDEO_CONTROL) & KEEP_MEMORY) !== 0 ? MODE_KEEP : 0;
        const linear = this.#linear ? MODE_LINEAR : 0;
        const number = this.#current ? this.#current.number | linear : this.#memory.read8(B.BDA_VIDEO_MODE);
        frame.bx = number | kept;
        return OK;
      }
      case 0x04:
        return this.#state(frame);
      case 0x05:
        return this.#window(frame);
      case 0x06:
        return this.#lineLength(frame);
      case 0x07:
        return this.#displayStart(frame);
      case 0x08:
        return this.#dacWidth(frame);
      case 0x09:
        return this.#palette(frame);
      case 0x0a:
        return protectedModeInterface(frame);
      case 0x10:
        return powerService(frame, this.#ports);
      case 0x15:
        return identityService(frame, this.#memory, this.#ports);
      default:
        return FAILED;
    }
  }

  /** 256 bytes, or 512 for a caller that has written "VBE2": signature, version, strings, modes, memory. */
  #information(frame: BiosFrame): number {
    const at = frame.es(0) + frame.di;
    const m = this.#memory;
    const wide = m.read32(at) === 0x32454256;
    const block = new Uint8Array(wide ? 512 : 256);
    const view = new DataView(block.buffer);
    const segment = Math.floor(frame.es(0) / 16);
    const pointer = (offset: number, value: number) => {
      view.setUint16(offset, (frame.di + value) & 0xffff, true);
      view.setUint16(offset + 2, segment, true);
    };
    block.set(new TextEncoder().encode('VESA'));
    view.setUint16(4, 0x0200, true);
    view.setUint32(10, 1, true); // the DAC can be switched to 8 bits
    view.setUint16(18, Math.min(0xffff, this.#videoMemory / UNIT), true);
    // The list of modes lies in the reserved part of the block.
    const list = 34;
    pointer(14, list);
    const modes = this.#modes.slice(0, (256 - list) / 2 - 16);
    modes.forEach(({ number }, i) => {
      view.setUint16(list + 2 * i, number, true);
    });
    let end = list + 2 * modes.length;
    view.setUint16(end, 0xffff, true);
    end += 2;
    const text = (offset: number, string: string) => {
      pointer(offset, end);
      block.set(new TextEncoder().encode(string), end);
      end += string.length + 1;
    };
    text(6, 'Doppel');
    if (wide) {
      view.setUint16(20, 0x0100, true);
      text(22, 'Doppel');
      text(26, 'VGA');
      text(30, '1');
    }
    m.write(at, block);
    return OK;
  }

  #modeInformation(frame: BiosFrame): number {
    const mode = this.#modes.find(({ number }) => number === (frame.cx & 0x1ff));
    if (!mode) return FAILED;
    const { width, height, depth } = mode;
    const planar = depth === 4;
    const framebuffer = planar ? 0 : this.#framebuffer;
    const bytes = bytesOf(depth, width);
    const block = new Uint8Array(256);
    const view = new DataView(block.buffer);
    // Supported, information is there, colour, graphics, not by the VGA's registers; a linear framebuffer.
    view.setUint16(0, 0x003b | (framebuffer !== 0 ? 0x80 : 0), true);
    block[2] = 0x07; // window A: there, readable, writable
    view.setUint16(4, 64, true);
    view.setUint16(6, 64, true);
    view.setUint16(8, 0xa000, true);
    view.setUint16(12, B.ROM_VBE_WINDOW, true);
    view.setUint16(14, B.ROM_SEGMENT, true);
    view.setUint16(16, bytes, true);
    view.setUint16(18, width, true);
    view.setUint16(20, height, true);
    block[22] = 8;
    block[23] = 16;
    block[24] = planar ? 4 : 1;
    block[25] = depth;
    block[26] = 1;
    block[27] = planar ? 3 : depth === 8 ? 4 : 6; // planes, packed, or direct colour
    block[29] = Math.min(127, Math.max(0, Math.floor(this.#memoryOf(depth) / (height * bytes)) - 1));
    block[30] = 1;
    block.set(FIELDS[depth]!, 31);
    view.setUint32(40, framebuffer, true);
    this.#memory.write(frame.es(0) + frame.di, block);
    return OK;
  }

  #setMode(frame: BiosFrame): number {
    const number = frame.bx & 0x1ff;
    if (number < 0x100) {
      this.#screen.setMode((frame.bx & 0x7f) | ((frame.bx & MODE_KEEP) >> 8));
      return OK;
    }
    const mode = this.#modes.find((candidate) => candidate.number === number);
    if (!mode || (mode.depth === 4 && (frame.bx & MODE_LINEAR) !== 0)) return FAILED;
    if (mode.depth === 4) this.#screen.setMode(PLANAR_MODE | KEEP_MEMORY);
    this.#linear = (frame.bx & MODE_LINEAR) !== 0;
    this.#write(R_ENABLE, 0);
    this.#write(R_WIDTH, mode.width);
    this.#write(R_HEIGHT, mode.height);
    this.#write(R_DEPTH, mode.depth);
    this.#write(R_BANK, 0);
    const keep = (frame.bx & MODE_KEEP) !== 0 ? KEEP_MEMORY : 0;
    this.#write(R_ENABLE, ENABLED | keep | (this.#linear ? LINEAR : 0));
    const control = this.#memory.read8(B.BDA_VIDEO_CONTROL);
    this.#memory.write8(B.BDA_VIDEO_CONTROL, (control & ~KEEP_MEMORY) | keep);
    this.#current = mode;
    this.#screen.linearMode(videoModeOf(mode), this.#surface(mode));
    return OK;
  }
  /** Where the dots of a mode are now; null where they cannot be reached. */
  #surface({ width, depth }: VbeMode): LinearSurface | null {
    if (depth === 4) return null;
    const start = this.#framebuffer;
    const pitch = bytesOf(depth, this.#read(R_VIRTUAL_WIDTH) || width);
    return start === 0 ? null : new LinearSurface(this.#memory, { start, pitch, depth });
  }

  /** DL=0 blocks of 64 bytes that the parts of CX take, 1 save, 2 restore, at ES:BX. */
  #state(frame: BiosFrame): number {
    const what = frame.cx & 0x0f;
    const at = frame.es(frame.bx);
    if (frame.dl === 0) frame.bx = this.#screen.blocks(what);
    else if (frame.dl === 1) this.#screen.save(what, at);
    else if (frame.dl === 2) this.#screen.restore(what, at);
    else return FAILED;
    return OK;
  }
  /** The registers were restored to a mode of the extension. */
  resume(): void {
    const [width, height, depth] = [this.#read(R_WIDTH), this.#read(R_HEIGHT), this.#read(R_DEPTH)];
    const enable = this.#read(R_ENABLE);
    const mode = MODES.find((m) => m.width === width && m.height === height && m.depth === depth);
    if (!mode || (enable & ENABLED) === 0) return;
    this.#current = mode;
    this.#linear = (enable & LINEAR) !== 0;
    this.#screen.newSurface(this.#surface(mode), videoModeOf(mode));
  }

  #window(frame: BiosFrame): number {
    // Window B is not there; with a linear framebuffer there is none.
    if (this.#linear || !this.#current) return INVALID;
    if (frame.bl !== 0) return FAILED;
    if (frame.bh === 0) {
      if (frame.dx * UNIT >= this.#memoryOf(this.#current.depth)) return FAILED;
      this.#write(R_BANK, frame.dx);
    } else if (frame.bh === 1) frame.dx = this.#read(R_BANK);
    else return FAILED;
    return OK;
  }

  /** Length of a line: set in dots (0) or bytes (2), get (1), the longest (3). */
  #lineLength(frame: BiosFrame): number {
    const mode = this.#current;
    if (!mode) return FAILED;
    const { depth } = mode;
    const memory = this.#memoryOf(depth);
    const longest = Math.min(0xffff, Math.floor(dotsOf(depth, Math.floor(memory / mode.height))));
    const asked = frame.bl === 0 ? frame.cx : frame.bl === 2 ? dotsOf(depth, frame.cx) : 0;
    if (frame.bl === 0 || frame.bl === 2) {
      if (asked > longest) return 0x024f;
      this.#write(R_VIRTUAL_WIDTH, Math.max(asked, mode.width));
      this.#screen.newSurface(this.#surface(mode));
    } else if (frame.bl > 3) return FAILED;
    const width = frame.bl === 3 ? longest : this.#read(R_VIRTUAL_WIDTH) || mode.width;
    frame.bx = bytesOf(depth, width);
    frame.cx = width;
    frame.dx = Math.min(0xffff, Math.floor(memory / bytesOf(depth, width)));
    return OK;
  }
  #displayStart(frame: BiosFrame): number {
    if (!this.#current) return FAILED;
    if ((frame.bl & 0x7f) === 0) {
      this.#write(R_OFFSET_X, frame.cx);
      this.#write(R_OFFSET_Y, frame.dx);
    } else if (frame.bl === 1) {
      frame.bh = 0;
      frame.cx = this.#read(R_OFFSET_X);
      frame.dx = this.#read(R_OFFSET_Y);
    } else return FAILED;
    return OK;
  }
  #dacWidth(frame: BiosFrame): number {
    if (this.#current?.depth !== 8) return INVALID;
    const enable = this.#read(R_ENABLE);
    if (frame.bl === 0) {
      const wide = frame.bh >= 8;
      // Writing the enable register anew must not clear the memory.
      this.#write(R_ENABLE, (wide ? enable | EIGHT_BIT_DAC : enable & ~EIGHT_BIT_DAC) | KEEP_MEMORY);
      frame.bh = wide ? 8 : 6;
    } else if (frame.bl === 1) frame.bh = (enable & EIGHT_BIT_DAC) !== 0 ? 8 : 6;
    else return FAILED;
    return OK;
  }
  /** Entries of four bytes: blue, green, red, nothing. */
  #palette(frame: BiosFrame): number {
    const count = Math.min(frame.cx, 256 - Math.min(256, frame.dx));
    const at = frame.es(0) + frame.di;
    if (frame.bl === 0 || frame.bl === 0x80) {
      this.#ports.portWrite(0x3c8, 1, frame.dx);
      for (let i = 0; i < count; i++) {
        for (const component of [2, 1, 0]) {
          this.#ports.portWrite(0x3c9, 1, this.#memory.read8(at + 4 * i + component));
        }
      }
      return OK;
    }
    if (frame.bl !== 1) return FAILED;
    this.#ports.portWrite(0x3c7, 1, frame.dx);
    for (let i = 0; i < count; i++) {
      for (const component of [2, 1, 0])
        this.#memory.write8(at + 4 * i + component, this.#ports.portRead(0x3c9, 1));
      this.#memory.write8(at + 4 * i + 3, 0);
    }
    return OK;
  }
}

const videoModeOf = ({ width, height, depth }: VbeMode): VideoMode =>
  depth === 4 ? planarMode(width, height) : linearMode(width, height, depth);

/** AL=0Ah: ES:DI is the table of 32-bit routines in the ROM, CX its length with them. */
function protectedModeInterface(frame: BiosFrame): number {
  if (frame.bl !== 0) return FAILED;
  frame.setEs(B.ROM_SEGMENT);
  frame.di = B.ROM_VBE_PROTECTED;
  frame.cx = VBE_PROTECTED.length;
  return OK;
}
