// Turns what has changed of a frame into the rectangles of a FramebufferUpdate for one client (RFC 6143, section 7.7):
// CopyRect for what has moved, then ZRLE or Raw. The client's picture is kept, to see what has moved.
import { constants, createDeflate } from 'node:zlib';
import type { Frame, Rectangle } from '../../../backend/display/screen.ts';
import { ENCODING_COPY_RECT, ENCODING_RAW, ENCODING_ZRLE, rectangleHeader, uint32 } from './messages.ts';
import { NATIVE_FORMAT, type PixelFormat, pixelWriter } from './pixel-format.ts';
import { findScroll } from './scroll.ts';
import { ZrleTiles } from './zrle.ts';

/** Rectangles of fewer bytes are sent as they are. */
const RAW_BELOW = 256;
/** So are those of more bytes to a client on this host: packing them takes longer than sending them. */
const LOCAL_RAW_ABOVE = 4 << 20;

export class UpdateEncoder {
  readonly #deflate = createDeflate({ level: 1 });
  readonly #compressed: Buffer[] = [];
  readonly #tiles = new ZrleTiles();
  #writer = pixelWriter(NATIVE_FORMAT);
  #copies = false;
  #compresses = false;
  /** What the client shows. */
  #shown = new Uint32Array(0);
  #width = 0;

  /** Bytes are cheap on the way to the client: what hardly shrinks is sent as it is. */
  readonly #local: boolean;

  constructor(local: boolean) {
    this.#local = local;
    this.#deflate.on('data', (piece: Buffer) => this.#compressed.push(piece));
  }

  set format(format: PixelFormat) {
    this.#writer = pixelWriter(format);
  }

  set encodings(encodings: readonly number[]) {
    this.#copies = encodings.includes(ENCODING_COPY_RECT);
    // The client's order is its preference; Raw is always allowed.
    const raw = encodings.indexOf(ENCODING_RAW);
    const zrle = encodings.indexOf(ENCODING_ZRLE);
    this.#compresses = zrle >= 0 && (raw < 0 || zrle < raw);
  }

  /** The rectangles as the client gets them, headers and data. The frame may change as soon as the promise is made. */
  async encode(frame: Frame, rectangles: readonly Rectangle[]): Promise<{ count: number; bytes: Buffer[] }> {
    const bytes: Buffer[] = [];
    const known = this.#width === frame.width && this.#shown.length === frame.pixels.length;
    if (!known) {
      this.#shown = new Uint32Array(frame.pixels.length);
      this.#width = frame.width;
    }
    let rest = rectangles;
    let count = 0;
    if (known && this.#copies && rectangles.length === 1) {
      const copied = this.#copyRect(frame, rectangles[0]!, bytes);
      count += copied.count;
      rest = copied.rest;
    }
    // All pixels are read before anything is waited for: the frame goes on changing meanwhile.
    const plain: (Buffer | undefined)[] = [];
    const tiles: Buffer[] = [];
    for (const rectangle of rest) {
      this.#remember(frame, rectangle);
      const size = rectangle.width * rectangle.height * this.#writer.bytes;
      const packed =
        this.#compresses && size >= RAW_BELOW && !(this.#local && size > LOCAL_RAW_ABOVE)
          ? this.#tiles.encode(frame, rectangle, this.#writer)
          : undefined;
      const compress = packed !== undefined && !(this.#local && packed.length > size / 4);
      plain.push(compress ? undefined : this.#raw(frame, rectangle));
      if (compress) tiles.push(Buffer.from(packed));
    }
    for (const [index, { x, y, width, height }] of rest.entries()) {
      const raw = plain[index];
      count++;
      bytes.push(rectangleHeader(x, y, width, height, raw ? ENCODING_RAW : ENCODING_ZRLE));
      if (raw) bytes.push(raw);
      else {
        const pieces = await this.#compress(tiles.shift()!);
        bytes.push(uint32(pieces.reduce((sum, piece) => sum + piece.length, 0)), ...pieces);
      }
    }
    return { count, bytes };
  }

  close(): void {
    this.#deflate.destroy();
  }

  #compress(data: Buffer): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#deflate.once('error', reject);
      this.#deflate.write(data);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('error', reject);
        resolve(this.#compressed.splice(0));
      });
    });
  }

  #raw(frame: Frame, { x, y, width, height }: Rectangle): Buffer {
    const data = Buffer.allocUnsafe(width * height * this.#writer.bytes);
    let at = 0;
    for (let row = y; row < y + height; row++) {
      at = this.#writer.write(frame.pixels, row * frame.width + x, width, data, at);
    }
    return data;
  }

  #remember(frame: Frame, { x, y, width, height }: Rectangle): void {
    for (let row = y; row < y + height; row++) {
      const from = row * frame.width + x;
      this.#shown.set(frame.pixels.subarray(from, from + width), from);
    }
  }

  /** Sends what has only moved, and says what is left to do. */
  #copyRect(frame: Frame, area: Rectangle, bytes: Buffer[]): { count: number; rest: readonly Rectangle[] } {
    const scroll = findScroll(this.#shown, frame, area);
    if (scroll === undefined) return { count: 0, rest: [area] };
    const { y, height, fromY } = scroll;
    const source = Buffer.alloc(4);
    source.writeUInt16BE(area.x, 0);
    source.writeUInt16BE(fromY, 2);
    bytes.push(rectangleHeader(area.x, y, area.width, height, ENCODING_COPY_RECT), source);
    this.#remember(frame, { ...area, y, height });
    const above = { ...area, height: y - area.y };
    const below = { ...area, y: y + height, height: area.y + area.height - y - height };
    return { count: 1, rest: [above, below].filter((part) => part.height > 0) };
  }
}
