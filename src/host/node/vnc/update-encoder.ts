// Turns what has changed of a frame into the rectangles of a FramebufferUpdate for one client (RFC 6143, section 7.7):
// CopyRect for what has moved, then ZRLE, Tight or Raw, whichever the client likes best. The client's picture is kept, to see what has moved.
import { constants, createDeflate } from 'node:zlib';
import type { Frame, Rectangle } from '../../../backend/display/screen.ts';
import {
  ENCODING_COPY_RECT,
  ENCODING_RAW,
  ENCODING_TIGHT,
  ENCODING_ZRLE,
  rectangleHeader,
  uint32,
} from './messages.ts';
import { NATIVE_FORMAT, type PixelFormat, pixelWriter } from './pixel-format.ts';
import { findScroll } from './scroll.ts';
import { compactLength, TightEncoder, tightPieces } from './tight.ts';
import { ZrleTiles } from './zrle.ts';

/** Rectangles of fewer bytes are sent as they are. */
const RAW_BELOW = 256;
/** To a client on this host: a blinking cursor is. */
const LOCAL_RAW_BELOW = 4096;
/** So are those of more bytes to a client on this host: packing them takes longer than sending them. */
const LOCAL_RAW_ABOVE = 4 << 20;

/** A rectangle on its way: what is sent as it is, and what is compressed behind that. */
interface Part {
  readonly rectangle: Rectangle;
  readonly encoding: number;
  readonly head: Buffer;
  readonly data: Buffer | undefined;
}

export class UpdateEncoder {
  /** Each encoding has a stream of its own. */
  readonly #zrle = new Compressor();
  readonly #tight = new Compressor();
  readonly #tightEncoder = new TightEncoder();
  readonly #tiles = new ZrleTiles();
  #format = NATIVE_FORMAT;
  #writer = pixelWriter(NATIVE_FORMAT);
  #copies = false;
  /** ENCODING_ZRLE, ENCODING_TIGHT, or ENCODING_RAW for neither. */
  #packing = ENCODING_RAW;
  /** What the client shows. */
  #shown = new Uint32Array(0);
  #width = 0;

  /** Bytes are cheap on the way to the client: what hardly shrinks is sent as it is. */
  readonly #local: boolean;

  constructor(local: boolean) {
    this.#local = local;
  }

  set format(format: PixelFormat) {
    this.#format = format;
    this.#writer = pixelWriter(format);
  }

  set encodings(encodings: readonly number[]) {
    this.#copies = encodings.includes(ENCODING_COPY_RECT);
    // The client's order is its preference; Raw is always allowed.
    const known = [ENCODING_RAW, ENCODING_ZRLE, ENCODING_TIGHT];
    this.#packing = encodings.find((encoding) => known.includes(encoding)) ?? ENCODING_RAW;
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
    const parts = rest.flatMap((rectangle) => {
      this.#remember(frame, rectangle);
      return this.#parts(frame, rectangle);
    });
    for (const { rectangle, encoding, head, data } of parts) {
      const { x, y, width, height } = rectangle;
      count++;
      bytes.push(rectangleHeader(x, y, width, height, encoding), head);
      if (data === undefined) continue;
      const tight = encoding === ENCODING_TIGHT;
      const pieces = await (tight ? this.#tight : this.#zrle).compress(data);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      bytes.push(tight ? compactLength(length) : uint32(length), ...pieces);
    }
    return { count, bytes };
  }

  close(): void {
    this.#zrle.close();
    this.#tight.close();
  }

  /** A rectangle as it is to be sent. */
  #parts(frame: Frame, rectangle: Rectangle): Part[] {
    const size = rectangle.width * rectangle.height * this.#writer.bytes;
    const pack =
      this.#packing !== ENCODING_RAW &&
      size >= (this.#local ? LOCAL_RAW_BELOW : RAW_BELOW) &&
      !(this.#local && size > LOCAL_RAW_ABOVE);
    // What hardly shrinks is not worth a nearby client's time.
    const worthwhile = (length: number) => !(this.#local && length > size / 4);
    if (pack && this.#packing === ENCODING_ZRLE) {
      const tiles = this.#tiles.encode(frame, rectangle, this.#writer);
      if (worthwhile(tiles.length))
        return [{ rectangle, encoding: ENCODING_ZRLE, head: NOTHING, data: Buffer.from(tiles) }];
    } else if (pack) {
      const parts = this.#tightParts(frame, rectangle);
      if (worthwhile(parts.reduce((sum, { data }) => sum + (data?.length ?? 0), 0))) return parts;
    }
    return [{ rectangle, encoding: ENCODING_RAW, head: this.#raw(frame, rectangle), data: undefined }];
  }
  #tightParts(frame: Frame, rectangle: Rectangle): Part[] {
    return [...tightPieces(rectangle)].map((piece) => ({
      encoding: ENCODING_TIGHT,
      ...this.#tightEncoder.encode(frame, piece, this.#format, this.#writer),
    }));
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

const NOTHING = Buffer.alloc(0);

/** A zlib stream that is brought to a byte's end after each piece. */
class Compressor {
  readonly #deflate = createDeflate({ level: 1 });
  readonly #compressed: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (piece: Buffer) => this.#compressed.push(piece));
  }
  compress(data: Buffer): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#deflate.once('error', reject);
      this.#deflate.write(data);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('error', reject);
        resolve(this.#compressed.splice(0));
      });
    });
  }
  close(): void {
    this.#deflate.destroy();
  }
}
