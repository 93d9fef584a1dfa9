// Saving and restoring the video state: INT 10h, AH=1Ch, and AX=4F04h for the extension's registers too. IBM PS/2 and PC BIOS
// Interface Technical Reference, INT 10h; VBE 2.0, section 4.7. CX says what:
//
//   0 the VGA's registers   1 the BIOS data area and the font vectors   2 the DAC   3 the VBE extension's registers
//
// Each part that is asked for takes whole blocks of 64 bytes. How a part is laid out is our own business.
import * as B from '../layout.ts';
import type { BiosMemory, BiosPorts } from '../wires.ts';
import type { VgaRegisters } from './registers.ts';

const BLOCK = 64;
const DAC_COLORS = 256;
const DAC_MASK = 0x3c6;
const MISCELLANEOUS_READ = 0x3cc;
const SEQUENCER_REGISTERS = 5;
const CRTC_REGISTERS = 25;
const GRAPHICS_REGISTERS = 9;
const ATTRIBUTE_REGISTERS = 21;
const VBE_INDEX = 0x1ce;
const VBE_DATA = 0x1cf;
const VBE_ENABLE = 4;
/** Width, height, depth, bank, virtual width, offsets; the switch comes last. */
const VBE_REGISTERS = [1, 2, 3, 5, 6, 8, 9, VBE_ENABLE];
const VBE_KEEP_MEMORY = 0x80;

/** What of the BIOS data area belongs to the video services: first byte and length. */
const DATA_AREAS: readonly (readonly [number, number])[] = [
  [B.BDA_VIDEO_MODE, 0x1e],
  [B.BDA_VIDEO_ROWS, 7],
  [B.vector(0x1f), 4],
  [B.vector(0x43), 4],
];

const HARDWARE = 1;
const DATA = 2;
const DAC = 4;
const VBE = 8;
/** In the order in which they are kept: the extension's registers say how wide the DAC is. */
const PARTS = [HARDWARE, DATA, VBE, DAC];

/** Bytes in which the parts go: a writer and a reader of the same walk. */
class Cursor {
  readonly #memory: BiosMemory;
  at: number;

  constructor(memory: BiosMemory, at: number) {
    this.#memory = memory;
    this.at = at;
  }
  put(byte: number): void {
    this.#memory.write8(this.at++, byte);
  }
  take(): number {
    return this.#memory.read8(this.at++);
  }
}

export class VideoState {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;
  readonly #vga: VgaRegisters;

  constructor(memory: BiosMemory, ports: BiosPorts, vga: VgaRegisters) {
    this.#memory = memory;
    this.#ports = ports;
    this.#vga = vga;
  }

  /** Blocks of 64 bytes that the parts of `what` take. */
  blocks(what: number): number {
    return PARTS.reduce((sum, part) => sum + ((what & part) !== 0 ? this.#size(part) : 0), 0);
  }
  #size(part: number): number {
    return part === HARDWARE ? 2 : part === DAC ? Math.ceil((3 * DAC_COLORS + 1) / BLOCK) : 1;
  }

  save(what: number, to: number): void {
    this.#walk(what, to, (part, cursor) => this.#save(part, cursor));
  }
  restore(what: number, from: number): void {
    this.#walk(what, from, (part, cursor) => this.#restore(part, cursor));
  }
  #walk(what: number, start: number, visit: (part: number, cursor: Cursor) => void): void {
    let at = start;
    for (const part of PARTS) {
      if ((what & part) === 0) continue;
      visit(part, new Cursor(this.#memory, at));
      at += this.#size(part) * BLOCK;
    }
  }

  #save(part: number, out: Cursor): void {
    const vga = this.#vga;
    if (part === HARDWARE) {
      const each = (count: number, read: (index: number) => number) => {
        for (let i = 0; i < count; i++) out.put(read(i));
      };
      out.put(this.#ports.portRead(MISCELLANEOUS_READ, 1));
      each(SEQUENCER_REGISTERS, (i) => vga.readSequencer(i));
      each(CRTC_REGISTERS, (i) => vga.readCrtc(i));
      each(GRAPHICS_REGISTERS, (i) => vga.readGraphics(i));
      each(ATTRIBUTE_REGISTERS, (i) => vga.readAttribute(i));
    } else if (part === DATA) {
      for (const [start, length] of DATA_AREAS) {
        for (let i = 0; i < length; i++) out.put(this.#memory.read8(start + i));
      }
    } else if (part === DAC) {
      out.put(this.#ports.portRead(DAC_MASK, 1));
      for (const component of vga.colors(0, DAC_COLORS)) out.put(component);
    } else {
      for (const register of VBE_REGISTERS) {
        this.#ports.portWrite(VBE_INDEX, 2, register);
        const value = this.#ports.portRead(VBE_DATA, 2);
        out.put(value & 0xff);
        out.put(value >>> 8);
      }
    }
  }

  #restore(part: number, from: Cursor): void {
    const vga = this.#vga;
    if (part === HARDWARE) {
      const each = (count: number) => Array.from({ length: count }, () => from.take());
      const miscellaneous = from.take();
      vga.program({
        monochrome: (miscellaneous & 1) === 0,
        miscellaneous,
        sequencer: each(SEQUENCER_REGISTERS).slice(1),
        crtc: each(CRTC_REGISTERS),
        graphics: each(GRAPHICS_REGISTERS),
        attribute: each(ATTRIBUTE_REGISTERS),
      });
    } else if (part === DATA) {
      for (const [start, length] of DATA_AREAS) {
        for (let i = 0; i < length; i++) this.#memory.write8(start + i, from.take());
      }
    } else if (part === DAC) {
      const mask = from.take();
      vga.setColors(
        0,
        Array.from({ length: 3 * DAC_COLORS }, () => from.take()),
      );
      this.#ports.portWrite(DAC_MASK, 1, mask);
    } else {
      // The registers of a mode can only be set while it is off.
      this.#writeVbe(VBE_ENABLE, VBE_KEEP_MEMORY);
      for (const register of VBE_REGISTERS) {
        const value = from.take() | (from.take() << 8);
        this.#writeVbe(register, register === VBE_ENABLE ? value | VBE_KEEP_MEMORY : value);
      }
      // The offsets and the bank once more: switching a mode on clears them.
      from.at -= 2 * VBE_REGISTERS.length;
      for (const register of VBE_REGISTERS) {
        const value = from.take() | (from.take() << 8);
        if (register !== VBE_ENABLE) this.#writeVbe(register, value);
      }
    }
  }
  #writeVbe(register: number, value: number): void {
    this.#ports.portWrite(VBE_INDEX, 2, register);
    this.#ports.portWrite(VBE_DATA, 2, value);
  }
}
