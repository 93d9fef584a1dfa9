// A VNC client for tests: decodes Raw, CopyRect, ZRLE and Tight into a picture of its own (RFC 6143).
import { connect, type Socket } from 'node:net';
import { constants, createInflate, type Inflate } from 'node:zlib';
import { responseTo } from './authentication.ts';

export class TestClient {
  readonly socket: Socket;
  width = 0;
  height = 0;
  name = '';
  pixels = new Uint32Array(0);
  /** Encodings of the rectangles that have come. */
  readonly seen: number[] = [];
  /** Bytes that have come. */
  received = 0;
  readonly #zrleStream = createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
  readonly #tightStream = createInflate({ finishFlush: constants.Z_SYNC_FLUSH });
  #bytes = Buffer.alloc(0);
  #wake: () => void = () => {};
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.received += chunk.length;
      this.#wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  static connect(port: number): TestClient {
    return new TestClient(connect(port, '127.0.0.1'));
  }

  /** The next `count` bytes. Throws where the server has closed before. */
  async take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      if (this.closed) throw new Error('the server has closed the connection');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  /** The handshake of version 3.8; the result is the reason of a refusal, or undefined. */
  async open(password?: string): Promise<string | undefined> {
    await this.take(12);
    this.socket.write('RFB 003.008\n');
    const types = await this.take((await this.take(1))[0]!);
    this.socket.write(Uint8Array.of(types[0]!));
    if (types[0] === 2) this.socket.write(responseTo(await this.take(16), password ?? ''));
    if ((await this.take(4)).readUInt32BE() !== 0) {
      return (await this.take((await this.take(4)).readUInt32BE())).toString();
    }
    this.socket.write(Uint8Array.of(1));
    const init = await this.take(24);
    this.#resize(init.readUInt16BE(0), init.readUInt16BE(2));
    this.name = (await this.take(init.readUInt32BE(20))).toString();
    return undefined;
  }

  setEncodings(encodings: readonly number[]): void {
    const message = Buffer.alloc(4 + 4 * encodings.length);
    message[0] = 2;
    message.writeUInt16BE(encodings.length, 2);
    encodings.forEach((encoding, index) => {
      message.writeInt32BE(encoding, 4 + 4 * index);
    });
    this.socket.write(message);
  }

  request(incremental: boolean): void {
    const message = Buffer.alloc(10);
    message.set([3, incremental ? 1 : 0]);
    message.writeUInt16BE(this.width, 6);
    message.writeUInt16BE(this.height, 8);
    this.socket.write(message);
  }

  /** Asks for an update and takes it over; the areas that it named. */
  async update(incremental = true): Promise<{ x: number; y: number; width: number; height: number }[]> {
    this.request(incremental);
    const header = await this.take(4);
    if (header[0] !== 0) throw new Error(`message ${header[0]}`);
    const areas = [];
    for (let left = header.readUInt16BE(2); left > 0; left--) {
      const head = await this.take(12);
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at)) as [
        number,
        number,
        number,
        number,
      ];
      const encoding = head.readInt32BE(8);
      this.seen.push(encoding);
      if (encoding >= 0) areas.push({ x, y, width, height });
      await this.#rectangle(encoding, x, y, width, height);
    }
    return areas;
  }

  close(): void {
    this.socket.destroy();
  }

  async #rectangle(encoding: number, x: number, y: number, width: number, height: number): Promise<void> {
    switch (encoding) {
      case 0: {
        const data = await this.take(4 * width * height);
        for (let i = 0; i < width * height; i++)
          this.#put(x + (i % width), y + Math.floor(i / width), data.readUInt32LE(4 * i));
        break;
      }
      case 1: {
        const source = await this.take(4);
        const [fromX, fromY] = [source.readUInt16BE(0), source.readUInt16BE(2)];
        const old = this.pixels.slice();
        for (let row = 0; row < height; row++) {
          for (let column = 0; column < width; column++) {
            this.#put(x + column, y + row, old[(fromY + row) * this.width + fromX + column]!);
          }
        }
        break;
      }
      case 16:
        this.#zrle(
          await unpack(this.#zrleStream, await this.take((await this.take(4)).readUInt32BE())),
          x,
          y,
          width,
          height,
        );
        break;
      case 7:
        await this.#tight(x, y, width, height);
        break;
      case -308:
        await this.take(4 + 16);
        this.#resize(width, height);
        break;
      case -223:
        this.#resize(width, height);
        break;
      case -257:
      case -258:
        break;
      default:
        throw new Error(`encoding ${encoding}`);
    }
  }

  /** In the native format: three bytes a pixel. */
  async #tight(x: number, y: number, width: number, height: number): Promise<void> {
    const put = (i: number, colour: number): void =>
      this.#put(x + (i % width), y + Math.floor(i / width), colour);
    const colour = (bytes: Buffer, at: number): number => bytes.readUIntBE(at, 3);
    const control = (await this.take(1))[0]!;
    if (control === 0x80) {
      const pixel = colour(await this.take(3), 0);
      for (let i = 0; i < width * height; i++) put(i, pixel);
      return;
    }
    if (control !== 0 && control !== 0x40) throw new Error(`control ${control}`);
    let palette: number[] = [];
    if (control === 0x40) {
      const [filter, last] = await this.take(2);
      if (filter !== 1) throw new Error(`filter ${filter}`);
      const bytes = await this.take(3 * (last! + 1));
      palette = Array.from({ length: last! + 1 }, (_, i) => colour(bytes, 3 * i));
    }
    const stride = palette.length === 2 ? Math.ceil(width / 8) : palette.length > 0 ? width : 3 * width;
    const data = await this.#tightData(stride * height);
    for (let i = 0; i < width * height; i++) {
      const [row, column] = [Math.floor(i / width), i % width];
      if (palette.length === 0) put(i, colour(data, 3 * i));
      else if (palette.length === 2)
        put(i, palette[(data[row * stride + (column >> 3)]! >> (7 - (column & 7))) & 1]!);
      else put(i, palette[data[i]!]!);
    }
  }
  async #tightData(size: number): Promise<Buffer> {
    if (size < 12) return this.take(size);
    let length = 0;
    for (const shift of [0, 7, 14]) {
      const byte = (await this.take(1))[0]!;
      length |= (shift === 14 ? byte : byte & 0x7f) << shift;
      if (shift === 14 || (byte & 0x80) === 0) break;
    }
    const data = await unpack(this.#tightStream, await this.take(length));
    if (data.length !== size) throw new Error(`${data.length} bytes of ${size}`);
    return data;
  }

  #zrle(data: Buffer, x: number, y: number, width: number, height: number): void {
    let at = 0;
    const pixel = (): number => {
      at += 3;
      return data[at - 3]! | (data[at - 2]! << 8) | (data[at - 1]! << 16);
    };
    for (let top = 0; top < height; top += 64) {
      for (let left = 0; left < width; left += 64) {
        const w = Math.min(64, width - left);
        const h = Math.min(64, height - top);
        const put = (i: number, colour: number): void =>
          this.#put(x + left + (i % w), y + top + Math.floor(i / w), colour);
        const kind = data[at++]!;
        if (kind === 0) for (let i = 0; i < w * h; i++) put(i, pixel());
        else if (kind <= 16) {
          const palette = Array.from({ length: kind }, pixel);
          const bits = kind === 1 ? 0 : kind === 2 ? 1 : kind <= 4 ? 2 : 4;
          for (let row = 0; row < h; row++) {
            for (let column = 0; column < w; column++) {
              const bit = column * bits;
              const index =
                bits === 0 ? 0 : (data[at + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
              put(row * w + column, palette[index]!);
            }
            at += Math.ceil((w * bits) / 8);
          }
        } else if (kind === 128) {
          for (let i = 0; i < w * h; ) {
            const colour = pixel();
            let length = 1;
            while (data[at] === 255) length += data[at++]!;
            length += data[at++]!;
            while (length-- > 0) put(i++, colour);
          }
        } else throw new Error(`tile ${kind}`);
      }
    }
    if (at !== data.length) throw new Error('bytes are left over');
  }

  #put(x: number, y: number, colour: number): void {
    this.pixels[y * this.width + x] = colour & 0xffffff;
  }

  #resize(width: number, height: number): void {
    if (width === this.width && height === this.height) return;
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }
}

/** What has come on a zlib stream, unpacked. */
function unpack(stream: Inflate, data: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const keep = (piece: Buffer) => void pieces.push(piece);
  stream.on('data', keep);
  return new Promise((resolve) => {
    stream.write(data);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', keep);
      resolve(Buffer.concat(pieces));
    });
  });
}
