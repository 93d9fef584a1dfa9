// The client's way to write a pixel (RFC 6143, section 7.4), and pixels of frames (0x00RRGGBB) written so.

export interface PixelFormat {
  readonly bitsPerPixel: 8 | 16 | 32;
  readonly depth: number;
  readonly bigEndian: boolean;
  readonly trueColour: boolean;
  readonly red: Channel;
  readonly green: Channel;
  readonly blue: Channel;
}

interface Channel {
  readonly maximum: number;
  readonly shift: number;
}

/** The frames' own: 32 bits, little-endian, blue in the low byte. */
export const NATIVE_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  trueColour: true,
  red: { maximum: 255, shift: 16 },
  green: { maximum: 255, shift: 8 },
  blue: { maximum: 255, shift: 0 },
};

/** The 16 bytes of a PIXEL_FORMAT. */
export function writePixelFormat(format: PixelFormat): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.set([format.bitsPerPixel, format.depth, format.bigEndian ? 1 : 0, format.trueColour ? 1 : 0]);
  bytes.writeUInt16BE(format.red.maximum, 4);
  bytes.writeUInt16BE(format.green.maximum, 6);
  bytes.writeUInt16BE(format.blue.maximum, 8);
  bytes.set([format.red.shift, format.green.shift, format.blue.shift], 10);
  return bytes;
}

/** Undefined where it makes no sense. Without true colour: the map of 256 colours that COLOUR_MAP describes. */
export function readPixelFormat(bytes: Buffer): PixelFormat | undefined {
  const bitsPerPixel = bytes[0]!;
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) return undefined;
  const trueColour = bytes[3] !== 0;
  if (!trueColour) {
    const channels = { red: MAP_RED, green: MAP_GREEN, blue: MAP_BLUE };
    return { bitsPerPixel, depth: 8, bigEndian: bytes[2] !== 0, trueColour, ...channels };
  }
  const channel = (index: number): Channel => ({
    maximum: bytes.readUInt16BE(4 + 2 * index),
    shift: bytes[10 + index]!,
  });
  const [red, green, blue] = [channel(0), channel(1), channel(2)];
  const fits = [red, green, blue].every(
    ({ maximum, shift }) => shift < 32 && maximum * 2 ** shift < 2 ** bitsPerPixel,
  );
  if (!fits) return undefined;
  return { bitsPerPixel, depth: bytes[1]!, bigEndian: bytes[2] !== 0, trueColour, red, green, blue };
}

const MAP_RED = { maximum: 7, shift: 5 };
const MAP_GREEN = { maximum: 7, shift: 2 };
const MAP_BLUE = { maximum: 3, shift: 0 };

/** The message SetColourMapEntries for clients without true colour: 3 bits red, 3 green, 2 blue. */
export function colourMapMessage(): Buffer {
  const message = Buffer.alloc(6 + 6 * 256);
  message[0] = 1;
  message.writeUInt16BE(256, 4);
  for (let index = 0; index < 256; index++) {
    [MAP_RED, MAP_GREEN, MAP_BLUE].forEach(({ maximum, shift }, component) => {
      const value = Math.round((((index >> shift) & maximum) * 0xffff) / maximum);
      message.writeUInt16BE(value, 6 + 6 * index + 2 * component);
    });
  }
  return message;
}

export interface PixelWriter {
  /** Bytes of a pixel, and of a CPIXEL of ZRLE. */
  readonly bytes: 1 | 2 | 4;
  readonly compactBytes: 1 | 2 | 3 | 4;
  /** Writes `count` pixels from `from`; returns the place behind them. */
  write(pixels: Uint32Array, from: number, count: number, target: Buffer, at: number): number;
  /** The same as CPIXELs. */
  writeCompact(pixels: Uint32Array, from: number, count: number, target: Buffer, at: number): number;
}

const table = ({ maximum, shift }: Channel): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, value) => Math.round((value * maximum) / 255) * 2 ** shift);

/** Writes pixels in a format. */
export function pixelWriter(format: PixelFormat): PixelWriter {
  const [red, green, blue] = [table(format.red), table(format.green), table(format.blue)];
  const bytes = (format.bitsPerPixel / 8) as 1 | 2 | 4;
  const convert = (pixel: number): number =>
    (red[(pixel >> 16) & 0xff]! | green[(pixel >> 8) & 0xff]! | blue[pixel & 0xff]!) >>> 0;
  const used = convert(0xffffff);
  // A CPIXEL leaves out a byte that is always zero.
  const compact = bytes === 4 && format.depth <= 24 && format.trueColour;
  const lowThree = compact && used < 2 ** 24;
  const highThree = compact && !lowThree && (used & 0xff) === 0;
  const native = JSON.stringify({ ...format, depth: 24 }) === JSON.stringify(NATIVE_FORMAT);

  /** Writes `size` bytes of a value, beginning `skip` bits up. */
  const put = (target: Buffer, at: number, value: number, size: number, skip: number): void => {
    for (let i = 0; i < size; i++) {
      const shift = skip + 8 * (format.bigEndian ? size - 1 - i : i);
      target[at + i] = value >>> shift;
    }
  };
  const compactBytes = lowThree || highThree ? 3 : bytes;
  const writer = (size: number, skip: number) => {
    return (pixels: Uint32Array, from: number, count: number, target: Buffer, at: number): number => {
      for (let i = from; i < from + count; i++, at += size) put(target, at, convert(pixels[i]!), size, skip);
      return at;
    };
  };
  const writeNative: PixelWriter['write'] = (pixels, from, count, target, at) => {
    const source = Buffer.from(pixels.buffer, pixels.byteOffset + 4 * from, 4 * count);
    target.set(source, at);
    return at + 4 * count;
  };
  const writeNativeCompact: PixelWriter['write'] = (pixels, from, count, target, at) => {
    for (let i = from; i < from + count; i++, at += 3) {
      const pixel = pixels[i]!;
      target[at] = pixel;
      target[at + 1] = pixel >>> 8;
      target[at + 2] = pixel >>> 16;
    }
    return at;
  };
  return {
    bytes,
    compactBytes,
    write: native ? writeNative : writer(bytes, 0),
    writeCompact: native ? writeNativeCompact : writer(compactBytes, highThree ? 8 : 0),
  };
}
