// How long a VNC client waits for a whole new picture: the guest's framebuffer has changed everywhere, the client asks, and the
// last byte has come. Adapter, comparison with the picture before, encoding and the way over a socket of this host are in it;
// decoding is the client's business. Where the client is said to be far, everything is packed.
//
//   node bench/screen.ts [--rounds N]
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { NoneVcpu } from '../src/engine/none/none-vcpu.ts';
import { readPci } from '../src/firmware/bios/pci-services.ts';
import { nodeHost } from '../src/host/node/platform.ts';
import { VncServer } from '../src/host/node/vnc/server.ts';
import { PCI_VGA } from '../src/machine/layout/ports.ts';
import { Machine } from '../src/machine/vm/machine.ts';
import { type Goal, goalRows, hostLine, median, table } from './report.ts';

export const SCREEN_HELP = `node bench/screen.ts [options]: a whole new picture for a VNC client

  --rounds N     pictures of each kind (default 25)
`;

/** Milliseconds from the request to the last byte, 1024 x 768 to a client on this host. */
const GOAL = 20;
/** Milliseconds between two pictures: longer than the server waits between two looks. */
const PAUSE = 60;
const WARM_UP = 5;
const [WIDTH, HEIGHT, DEPTH, ENABLE] = [1, 2, 3, 4];
const ENABLED_LINEAR = 0x41;
const ENCODING_RAW = 0;
const ENCODING_COPY_RECT = 1;
const ENCODING_ZRLE = 16;

export interface ScreenOptions {
  readonly rounds: number;
}

/** A colour for each place in picture number `time`. */
type Picture = (x: number, y: number, time: number) => number;
const PICTURES: readonly (readonly [name: string, picture: Picture])[] = [
  // Panels with lines of "text" on them, all moved and recoloured.
  ['a desktop', (x, y, time) => {
    const panel = ((x >> 8) + (y >> 7) + time) & 7;
    const letter = (Math.imul((x >> 3) + 57 * (y >> 4) + 31 * time, 0x9e37_79b1) >>> 8) & 0xff;
    const ink = (y & 15) < 11 && (x & 7) < 6 && ((letter >> ((x + y) & 7)) & 1) !== 0;
    return ink ? 0x20_2020 : 0xc0_c0c0 + panel * 0x04_0608;
  }],
  ['slopes of colour', (x, y, time) => (((x + time) & 0xff) << 16) | (((y + time) & 0xff) << 8) | ((x + y) & 0xff)],
  ['noise', (x, y, time) => Math.imul((x * 7919 + y * 104_729 + time * 15_485_863) | 1, 0x9e37_79b1) >>> 8],
]; // biome-ignore format: a picture an entry

/** A client that counts bytes and nothing else. */
class Client {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  received = 0;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      this.received += chunk.length;
      this.#wake();
    });
  }
  async #take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }
  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const piece = Math.min(left, Math.max(1, this.#bytes.length));
      await this.#take(piece);
      left -= piece;
    }
  }
  async open(): Promise<void> {
    await this.#take(12);
    this.#socket.write('RFB 003.008\n');
    await this.#take((await this.#take(1))[0]!);
    this.#socket.write(Uint8Array.of(1));
    await this.#take(4);
    this.#socket.write(Uint8Array.of(1));
    await this.#take((await this.#take(24)).readUInt32BE(20));
    const message = Buffer.from([2, 0, 0, 3, ...new Uint8Array(12)]);
    [ENCODING_COPY_RECT, ENCODING_ZRLE, ENCODING_RAW].forEach((encoding, i) => {
      message.writeInt32BE(encoding, 4 + 4 * i);
    });
    this.#socket.write(message);
  }
  /** Milliseconds until a whole update has come; null where nothing of that size has. */
  async update(width: number, height: number): Promise<number> {
    const request = Buffer.from([3, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    request.writeUInt16BE(width, 6);
    request.writeUInt16BE(height, 8);
    const start = performance.now();
    this.#socket.write(request);
    const header = await this.#take(4);
    for (let left = header.readUInt16BE(2); left > 0; left--) {
      const rectangle = await this.#take(12);
      const encoding = rectangle.readInt32BE(8);
      const pixels = rectangle.readUInt16BE(4) * rectangle.readUInt16BE(6);
      if (encoding === ENCODING_RAW) await this.#skip(4 * pixels);
      else if (encoding === ENCODING_COPY_RECT) await this.#skip(4);
      else if (encoding === ENCODING_ZRLE) await this.#skip((await this.#take(4)).readUInt32BE());
    }
    return performance.now() - start;
  }
  close(): void {
    this.#socket.destroy();
  }
}

/** A machine without a processor, in a VBE mode; `paint` writes its framebuffer. */
function screenOf(
  width: number,
  height: number,
): { machine: Machine; paint(picture: Picture, time: number): void } {
  const machine = new Machine({
    memory: 16 << 20,
    boot: { media: ['disk'] },
    display: {},
    serial: { write() {} },
    engine: () => new NoneVcpu(),
    host: nodeHost(),
  });
  const { board, memory } = machine;
  for (const [register, value] of [
    [WIDTH, width],
    [HEIGHT, height],
    [DEPTH, 32],
    [ENABLE, ENABLED_LINEAR],
  ] as const) {
    board.portWrite(0x1ce, 2, register);
    board.portWrite(0x1cf, 2, value);
  }
  const framebuffer = (readPci(board, PCI_VGA[0] * 8, 0x10, 4) & ~0xf) >>> 0;
  const pixels = new Uint32Array(width * height);
  return {
    machine,
    paint(picture, time) {
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) pixels[y * width + x] = picture(x, y, time);
      memory.write(framebuffer, new Uint8Array(pixels.buffer));
    },
  };
}

async function measure(
  width: number,
  height: number,
  picture: Picture,
  far: boolean,
  rounds: number,
): Promise<{ time: number; size: number }> {
  const { machine, paint } = screenOf(width, height);
  const server = await VncServer.listen({
    port: 0,
    name: 'bench',
    screen: machine.screen!,
    keys: { key() {} },
    pointer: machine.pointer,
    compressAlways: far,
  });
  const client = new Client(server.port);
  try {
    await client.open();
    const times: number[] = [];
    let bytes = 0;
    for (let time = 0; time < WARM_UP + rounds; time++) {
      paint(picture, time);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const before = client.received;
      const taken = await client.update(width, height);
      if (time >= WARM_UP) {
        times.push(taken);
        bytes += client.received - before;
      }
    }
    return { time: median(times), size: bytes / rounds };
  } finally {
    client.close();
    server.close();
    machine.close();
  }
}

/** null when help is asked for. */
export function parseScreenOptions(words: readonly string[]): ScreenOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: { rounds: { type: 'string', default: '25' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return null;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1 up');
  return { rounds };
}

export async function screenBenchmark({ rounds }: ScreenOptions): Promise<Goal[]> {
  process.stdout.write(`Whole new pictures for a VNC client: ${await hostLine()}\n\n`);
  const rows = [['picture', 'client', 'time', 'sent']];
  const goals: Goal[] = [];
  for (const [name, picture] of PICTURES) {
    for (const [width, height, far] of [
      [1024, 768, false],
      [1024, 768, true],
      [1920, 1200, false],
    ] as const) {
      const { time, size } = await measure(width, height, picture, far, rounds);
      rows.push([
        `${name}, ${width} x ${height}`,
        far ? 'far' : 'here',
        `${time.toFixed(1)} ms`,
        `${(size / 1024).toFixed(0)} KiB`,
      ]);
      if (far || width !== 1024) continue;
      goals.push({
        text: `full VNC update of ${name}, 1024 x 768: below ${GOAL} ms`,
        measured: `${time.toFixed(1)} ms`,
        met: time < GOAL,
      });
    }
  }
  process.stdout.write(`${table(rows)}\n`);
  return goals;
}

if (import.meta.main) {
  const options = parseScreenOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(SCREEN_HELP);
  else process.stdout.write(goalRows(await screenBenchmark(options)));
}
