// Programs the VGA: a mode's registers, the palette, fonts. IBM Video Subsystem Technical Reference (VGA).
import type { BiosMemory, BiosPorts } from '../wires.ts';
import type { VideoMode } from './modes.ts';

const SEQUENCER = 0x3c4;
const GRAPHICS = 0x3ce;
const ATTRIBUTE = 0x3c0;
const ATTRIBUTE_READ = 0x3c1;
const MISCELLANEOUS = 0x3c2;
const DAC_MASK = 0x3c6;
const DAC_READ_INDEX = 0x3c7;
const DAC_WRITE_INDEX = 0x3c8;
const DAC_DATA = 0x3c9;
/** Attribute address: the palette is the display's again. */
const PALETTE_ON = 0x20;
const FONT_STRIDE = 32;
const CRTC_UNLOCK = 0x11;

/** What a mode's registers hold. */
export type RegisterValues = Pick<
  VideoMode,
  'monochrome' | 'miscellaneous' | 'sequencer' | 'crtc' | 'graphics' | 'attribute'
>;

export class VgaRegisters {
  readonly #memory: BiosMemory;
  readonly #ports: BiosPorts;
  /** 3D4h, or 3B4h in monochrome modes. */
  crtcPort = 0x3d4;

  constructor(memory: BiosMemory, ports: BiosPorts) {
    this.#memory = memory;
    this.#ports = ports;
  }

  #indexed(port: number, index: number, value: number): void {
    this.#ports.portWrite(port, 1, index);
    this.#ports.portWrite(port + 1, 1, value);
  }
  sequencer(index: number, value: number): void {
    this.#indexed(SEQUENCER, index, value);
  }
  graphics(index: number, value: number): void {
    this.#indexed(GRAPHICS, index, value);
  }
  crtc(index: number, value: number): void {
    this.#indexed(this.crtcPort, index, value);
  }
  #readIndexed(port: number, index: number): number {
    this.#ports.portWrite(port, 1, index);
    return this.#ports.portRead(port + 1, 1);
  }
  readSequencer(index: number): number {
    return this.#readIndexed(SEQUENCER, index);
  }
  readGraphics(index: number): number {
    return this.#readIndexed(GRAPHICS, index);
  }
  readCrtc(index: number): number {
    return this.#readIndexed(this.crtcPort, index);
  }
  /** The attribute controller's flip-flop points to the address after a read of the status register. */
  #resetFlipFlop(): void {
    this.#ports.portRead(this.crtcPort + 6, 1);
  }
  attribute(index: number, value: number): void {
    this.#resetFlipFlop();
    this.#ports.portWrite(ATTRIBUTE, 1, index);
    this.#ports.portWrite(ATTRIBUTE, 1, value);
    this.#ports.portWrite(ATTRIBUTE, 1, PALETTE_ON);
  }
  readAttribute(index: number): number {
    this.#resetFlipFlop();
    this.#ports.portWrite(ATTRIBUTE, 1, index);
    const value = this.#ports.portRead(ATTRIBUTE_READ, 1);
    this.#resetFlipFlop();
    this.#ports.portWrite(ATTRIBUTE, 1, PALETTE_ON);
    return value;
  }

  /** All registers of a mode; the screen is off meanwhile. */
  program(mode: RegisterValues): void {
    this.crtcPort = mode.monochrome ? 0x3b4 : 0x3d4;
    this.#resetFlipFlop();
    this.#ports.portWrite(ATTRIBUTE, 1, 0);
    this.sequencer(0, 1);
    this.#ports.portWrite(MISCELLANEOUS, 1, mode.miscellaneous);
    mode.sequencer.forEach((value, i) => {
      this.sequencer(i + 1, value);
    });
    this.sequencer(0, 3);
    this.crtc(CRTC_UNLOCK, 0);
    mode.crtc.forEach((value, i) => {
      this.crtc(i, value);
    });
    mode.graphics.forEach((value, i) => {
      this.graphics(i, value);
    });
    mode.attribute.forEach((value, i) => {
      this.#resetFlipFlop();
      this.#ports.portWrite(ATTRIBUTE, 1, i);
      this.#ports.portWrite(ATTRIBUTE, 1, value);
    });
    this.#resetFlipFlop();
    this.#ports.portWrite(ATTRIBUTE, 1, PALETTE_ON);
    this.#ports.portWrite(DAC_MASK, 1, 0xff);
  }

  /** Colours of 6 bits a component from entry `first` on. */
  setColors(first: number, colors: ArrayLike<number>): void {
    this.#ports.portWrite(DAC_WRITE_INDEX, 1, first);
    for (let i = 0; i < colors.length; i++) this.#ports.portWrite(DAC_DATA, 1, colors[i]!);
  }
  colors(first: number, count: number): Uint8Array {
    this.#ports.portWrite(DAC_READ_INDEX, 1, first);
    return Uint8Array.from({ length: 3 * count }, () => this.#ports.portRead(DAC_DATA, 1));
  }

  /** Puts glyphs of `height` bytes into one of the eight font maps of plane 2, from a character on. */
  loadFont(map: number, first: number, height: number, glyphs: Uint8Array, mode: VideoMode): void {
    const base = 0xa0000 + (map & 3) * 0x4000 + (map >> 2) * 0x2000;
    this.sequencer(2, 0x04);
    this.sequencer(4, 0x07);
    this.graphics(4, 0x02);
    this.graphics(5, 0x00);
    this.graphics(6, 0x04);
    const glyph = new Uint8Array(FONT_STRIDE);
    for (let at = 0, code = first; at + height <= glyphs.length && code < 256; at += height, code++) {
      glyph.fill(0);
      glyph.set(glyphs.subarray(at, at + Math.min(height, FONT_STRIDE)));
      this.#memory.write(base + code * FONT_STRIDE, glyph);
    }
    this.sequencer(2, mode.sequencer[1]!);
    this.sequencer(4, mode.sequencer[3]!);
    for (const index of [4, 5, 6]) this.graphics(index, mode.graphics[index]!);
  }
}
