// The dots of a VBE mode, for characters and dots of INT 10h: a linear framebuffer of 8, 15, 16, 24 or 32 bits a dot, written by
// its physical address. Colours are numbers of the 256-colour palette; deeper modes get what the palette of mode 13h has
// there. (As in mode 13h, no colour means "mix".)
import type { BiosMemory } from '../wires.ts';
import { PACKED_COLORS } from './palettes.ts';

export interface LinearShape {
  /** Physical address of the first dot. */
  readonly start: number;
  /** Bytes of a line. */
  readonly pitch: number;
  readonly depth: 8 | 15 | 16 | 24 | 32;
}

/** Bits of red, green and blue from the top, by depth. */
const BITS: Readonly<Record<number, readonly [number, number, number]>> = {
  15: [5, 5, 5],
  16: [5, 6, 5],
  24: [8, 8, 8],
  32: [8, 8, 8],
};
const COLORS = 256;

/** A colour of the palette as a dot of a depth. */
function dotOf(color: number, depth: LinearShape['depth']): number {
  if (depth === 8) return color;
  return BITS[depth]!.reduce((value, bits, i) => {
    const component = PACKED_COLORS[3 * color + i]!; // 6 bits
    const scaled = bits <= 6 ? component >> (6 - bits) : (component << 2) | (component >> 4);
    return value * 2 ** bits + scaled;
  }, 0);
}

export class LinearSurface {
  readonly #memory: BiosMemory;
  readonly #shape: LinearShape;
  readonly #bytes: number;

  constructor(memory: BiosMemory, shape: LinearShape) {
    this.#memory = memory;
    this.#shape = shape;
    this.#bytes = Math.ceil(shape.depth / 8);
  }

  #at(x: number, y: number): number {
    return this.#shape.start + y * this.#shape.pitch + x * this.#bytes;
  }
  /** `count` dots, each of the colour that `colorAt` says. */
  #dots(count: number, colorAt: (index: number) => number): Uint8Array {
    const bytes = new Uint8Array(count * this.#bytes);
    for (let i = 0; i < count; i++) {
      let value = dotOf(colorAt(i), this.#shape.depth);
      for (let byte = 0; byte < this.#bytes; byte++, value >>>= 8) bytes[i * this.#bytes + byte] = value;
    }
    return bytes;
  }

  /** Rows of a glyph, the leftmost dot bit 7, on colour 0. */
  glyph(x: number, y: number, rows: Uint8Array, color: number): void {
    rows.forEach((row, line) => {
      const dots = this.#dots(8, (i) => ((row & (0x80 >> i)) !== 0 ? color : 0));
      this.#memory.writePhysical(this.#at(x, y + line), dots);
    });
  }
  fill(x: number, y: number, width: number, height: number, color: number): void {
    const dots = this.#dots(width, () => color);
    for (let line = 0; line < height; line++) this.#memory.writePhysical(this.#at(x, y + line), dots);
  }
  /** Copies lines to others of the same width, one after the other from the first. */
  copy(x: number, from: number, to: number, width: number, height: number): void {
    const dots = new Uint8Array(width * this.#bytes);
    for (let line = 0; line < height; line++) {
      this.#memory.readPhysical(this.#at(x, from + line), dots);
      this.#memory.writePhysical(this.#at(x, to + line), dots);
    }
  }
  writeDot(x: number, y: number, color: number): void {
    this.#memory.writePhysical(
      this.#at(x, y),
      this.#dots(1, () => color),
    );
  }
  /** The colour of a dot; 255 for one that the palette has not. */
  readDot(x: number, y: number): number {
    const bytes = new Uint8Array(this.#bytes);
    this.#memory.readPhysical(this.#at(x, y), bytes);
    const value = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const { depth } = this.#shape;
    if (depth === 8) return value;
    const wanted = depth === 32 ? value % 2 ** 24 : value;
    for (let color = 0; color < COLORS; color++) if (dotOf(color, depth) === wanted) return color;
    return COLORS - 1;
  }
}
