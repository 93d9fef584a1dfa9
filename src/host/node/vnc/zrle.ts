// ZRLE (RFC 6143, section 7.7.6), before compression: tiles of 64 by 64 pixels, each in the form that is shortest.
//
//   1 solid   2..16 packed palette of so many colours   128 plain run lengths   0 raw
import type { Frame, Rectangle } from '../../../backend/display/screen.ts';
import type { PixelWriter } from './pixel-format.ts';

const TILE = 64;
const MOST_COLOURS = 16;

/** Writes rectangles of frames as tiles. Keeps a buffer of its own: the result is valid until the next call. */
export class ZrleTiles {
  readonly #pixels = new Uint32Array(TILE * TILE);
  readonly #palette = new Uint32Array(MOST_COLOURS);
  readonly #indices = new Uint8Array(TILE * TILE);
  #buffer = Buffer.alloc(0);

  encode(frame: Frame, rectangle: Rectangle, writer: PixelWriter): Buffer {
    // The longest form is raw, with a byte in front.
    const tiles = Math.ceil(rectangle.width / TILE) * Math.ceil(rectangle.height / TILE);
    const size = tiles + rectangle.width * rectangle.height * writer.compactBytes;
    if (this.#buffer.length < size) this.#buffer = Buffer.alloc(size);
    let at = 0;
    for (let y = 0; y < rectangle.height; y += TILE) {
      const height = Math.min(TILE, rectangle.height - y);
      for (let x = 0; x < rectangle.width; x += TILE) {
        const width = Math.min(TILE, rectangle.width - x);
        at = this.#tile(frame, rectangle.x + x, rectangle.y + y, width, height, writer, at);
      }
    }
    return this.#buffer.subarray(0, at);
  }

  #tile(
    frame: Frame,
    x: number,
    y: number,
    width: number,
    height: number,
    writer: PixelWriter,
    at: number,
  ): number {
    const buffer = this.#buffer;
    const pixels = this.#pixels;
    const palette = this.#palette;
    const indices = this.#indices;
    let count = 0;
    let colours = 0;
    let runs = 0;
    let last = -1;
    let lastIndex = 0;
    for (let row = 0; row < height; row++) {
      const from = (y + row) * frame.width + x;
      for (let column = 0; column < width; column++) {
        const pixel = frame.pixels[from + column]!;
        if (pixel !== last) {
          last = pixel;
          runs++;
          if (colours <= MOST_COLOURS) {
            lastIndex = 0;
            while (lastIndex < colours && palette[lastIndex] !== pixel) lastIndex++;
            if (lastIndex === colours) {
              if (colours < MOST_COLOURS) palette[colours] = pixel;
              colours++;
            }
          }
        }
        indices[count] = lastIndex;
        pixels[count++] = pixel;
      }
    }
    if (colours <= MOST_COLOURS) {
      buffer[at++] = colours;
      at = writer.writeCompact(palette, 0, colours, buffer, at);
      return colours === 1 ? at : this.#packed(width, height, colours, at);
    }
    if (runs * (writer.compactBytes + 1) < count * writer.compactBytes * 0.75) {
      buffer[at++] = 128;
      return this.#runs(count, writer, at);
    }
    buffer[at++] = 0;
    return writer.writeCompact(pixels, 0, count, buffer, at);
  }

  /** Indices of 1, 2 or 4 bits, each row beginning with a byte. */
  #packed(width: number, height: number, colours: number, at: number): number {
    const bits = colours === 2 ? 1 : colours <= 4 ? 2 : 4;
    for (let row = 0; row < height; row++) {
      let byte = 0;
      let free = 8;
      for (let column = 0; column < width; column++) {
        free -= bits;
        byte |= this.#indices[row * width + column]! << free;
        if (free === 0) {
          this.#buffer[at++] = byte;
          byte = 0;
          free = 8;
        }
      }
      if (free < 8) this.#buffer[at++] = byte;
    }
    return at;
  }

  #runs(count: number, writer: PixelWriter, at: number): number {
    for (let i = 0; i < count; ) {
      let end = i + 1;
      while (end < count && this.#pixels[end] === this.#pixels[i]) end++;
      at = writer.writeCompact(this.#pixels, i, 1, this.#buffer, at);
      let length = end - i - 1;
      for (; length >= 255; length -= 255) this.#buffer[at++] = 255;
      this.#buffer[at++] = length;
      i = end;
    }
    return at;
  }
}
