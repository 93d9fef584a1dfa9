// Tight ("The RFB Protocol", community version, section 7.7.9), before compression; without JPEG, whose colours are not exact. A
// rectangle of one colour, of two (a bit a pixel), of up to 256 (a byte a pixel), or as it is:
//
//   control  80h one colour   40h a filter's number follows (1: palette)   00h no filter; always the first zlib stream
//   palette  number of colours less one, the colours   data  its length in 7, 7 and 8 bits, compressed; short data as it is
//
// Pixels are three bytes, red, green, blue, where the client's format is 32 bits with eight of each.
import type { Frame, Rectangle } from '../../../backend/display/screen.ts';
import type { PixelFormat, PixelWriter } from './pixel-format.ts';

const ONE_COLOUR = 0x80;
const FILTERED = 0x40;
const PALETTE_FILTER = 1;
const UNFILTERED = 0;
const MOST_COLOURS = 256;
const TABLE = 1024;
/** Data of fewer bytes is not compressed, and has no length before it. */
const SHORT = 12;
const WIDEST = 2048;
const MOST_PIXELS = 0x1_0000;

/** What goes as it is, and what is compressed behind it. */
export interface TightPiece {
  readonly rectangle: Rectangle;
  readonly head: Buffer;
  readonly data: Buffer | undefined;
}

/** Pieces that decoders take. */
export function* tightPieces({ x, y, width, height }: Rectangle): Generator<Rectangle> {
  const across = Math.min(width, WIDEST);
  const down = Math.max(1, Math.floor(MOST_PIXELS / across));
  for (let top = 0; top < height; top += down) {
    for (let left = 0; left < width; left += across) {
      yield {
        x: x + left,
        y: y + top,
        width: Math.min(across, width - left),
        height: Math.min(down, height - top),
      };
    }
  }
}

/** The length of compressed data: 7 bits, 7 more, 8 more, as many as are needed. */
export function compactLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x4000) return Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
  return Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
}

const isThreeBytes = (format: PixelFormat): boolean =>
  format.trueColour &&
  format.bitsPerPixel === 32 &&
  format.depth === 24 &&
  [format.red, format.green, format.blue].every(({ maximum }) => maximum === 255);

/** Writes pieces of frames. */
export class TightEncoder {
  readonly #palette = new Uint32Array(MOST_COLOURS);
  /** By a hash of the colour: the colour and its place in the palette plus one. */
  readonly #hashed = new Uint32Array(TABLE);
  readonly #places = new Uint16Array(TABLE);
  readonly #indices = new Uint8Array(MOST_PIXELS);

  encode(frame: Frame, rectangle: Rectangle, format: PixelFormat, writer: PixelWriter): TightPiece {
    const write = (pixels: Uint32Array, from: number, count: number, target: Buffer, at: number): number => {
      if (!isThreeBytes(format)) return writer.write(pixels, from, count, target, at);
      let to = at;
      for (let i = from; i < from + count; i++) {
        const pixel = pixels[i]!;
        target[to++] = pixel >>> 16;
        target[to++] = pixel >>> 8;
        target[to++] = pixel;
      }
      return to;
    };
    const bytes = isThreeBytes(format) ? 3 : writer.bytes;
    const { width, height } = rectangle;
    const colours = this.#countColours(frame, rectangle);
    if (colours === 0) {
      const data = Buffer.allocUnsafe(width * height * bytes);
      let at = 0;
      for (let row = 0; row < height; row++) {
        at = write(frame.pixels, (rectangle.y + row) * frame.width + rectangle.x, width, data, at);
      }
      return finish(rectangle, Buffer.from([UNFILTERED]), data);
    }
    const palette = Buffer.allocUnsafe(colours * bytes);
    write(this.#palette, 0, colours, palette, 0);
    if (colours === 1) {
      return { rectangle, head: Buffer.concat([Buffer.from([ONE_COLOUR]), palette]), data: undefined };
    }
    const head = Buffer.concat([Buffer.from([FILTERED, PALETTE_FILTER, colours - 1]), palette]);
    const indices = this.#indices.subarray(0, width * height);
    return finish(rectangle, head, colours === 2 ? bitmap(indices, width, height) : Buffer.from(indices));
  }

  /** Fills palette and indices; 0 for more colours than a palette has. */
  #countColours(frame: Frame, { x, y, width, height }: Rectangle): number {
    this.#places.fill(0);
    let colours = 0;
    let last = -1;
    let index = 0;
    let at = 0;
    for (let row = y; row < y + height; row++) {
      const from = row * frame.width + x;
      for (let i = from; i < from + width; i++) {
        const pixel = frame.pixels[i]!;
        if (pixel !== last) {
          last = pixel;
          let slot = (Math.imul(pixel, 0x9e37_79b1) >>> 22) & (TABLE - 1);
          while (this.#places[slot] !== 0 && this.#hashed[slot] !== pixel) slot = (slot + 1) & (TABLE - 1);
          if (this.#places[slot] === 0) {
            if (colours === MOST_COLOURS) return 0;
            this.#palette[colours++] = pixel;
            this.#hashed[slot] = pixel;
            this.#places[slot] = colours;
          }
          index = this.#places[slot]! - 1;
        }
        this.#indices[at++] = index;
      }
    }
    return colours;
  }
}

/** Rows of bits, the leftmost pixel in the uppermost bit. */
function bitmap(indices: Uint8Array, width: number, height: number): Buffer {
  const stride = (width + 7) >> 3;
  const bits = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (indices[row * width + column] !== 0) bits[row * stride + (column >> 3)]! |= 0x80 >> (column & 7);
    }
  }
  return bits;
}

function finish(rectangle: Rectangle, head: Buffer, data: Buffer): TightPiece {
  return data.length < SHORT
    ? { rectangle, head: Buffer.concat([head, data]), data: undefined }
    : { rectangle, head, data };
}
