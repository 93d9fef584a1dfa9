// The VNC server against a client of our own, over a real socket.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Frame, type Rectangle, type Screen, ScreenHub } from '../../../backend/display/screen.ts';
import { DoppelError } from '../../../base/errors.ts';
import { randomNumbers } from '../../../devices/testing.ts';
import { responseTo } from './authentication.ts';
import { pixelWriter, readPixelFormat } from './pixel-format.ts';
import { findScroll } from './scroll.ts';
import { VncServer } from './server.ts';
import { TestClient } from './testing.ts';

/** A screen that a test paints. */
class PaintedScreen implements Screen {
  frame: Frame;
  #damage: Rectangle[] = [];

  constructor(width: number, height: number) {
    this.frame = { width, height, pixels: new Uint32Array(width * height) };
  }
  resize(width: number, height: number): void {
    this.frame = { width, height, pixels: new Uint32Array(width * height).fill(0x123456) };
    this.#damage = [{ x: 0, y: 0, width, height }];
  }
  fill(x: number, y: number, width: number, height: number, colour: (x: number, y: number) => number): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) {
        this.frame.pixels[row * this.frame.width + column] = colour(column, row);
      }
    }
    this.#damage.push({ x, y, width, height });
  }
  refresh(): readonly Rectangle[] {
    return this.#damage.splice(0);
  }
  text(): undefined {
    return undefined;
  }
}

async function serve(t: TestContext, width = 640, height = 480, password?: string, compressAlways = true) {
  const screen = new PaintedScreen(width, height);
  const log: string[] = [];
  const pointer = {
    absolute: false,
    move: (dx: number, dy: number, wheel: number, buttons: number) =>
      void log.push(`${dx},${dy} wheel ${wheel} buttons ${buttons}`),
    moveTo: (x: number, y: number, wheel: number, buttons: number) =>
      void log.push(`to ${x},${y} wheel ${wheel} buttons ${buttons}`),
  };
  const server = await VncServer.listen({
    port: 0,
    name: 'a machine',
    password,
    compressAlways,
    screen: new ScreenHub(screen),
    keys: { key: (code, pressed) => void log.push(`${pressed ? '+' : '-'}${code}`) },
    pointer,
  });
  const clients: TestClient[] = [];
  t.after(() => {
    for (const client of clients) client.close();
    server.close();
  });
  const join = () => {
    const client = TestClient.connect(server.port);
    clients.push(client);
    return client;
  };
  return { screen, server, log, pointer, join };
}

/** Whether a client's picture is the screen's (without the comparison in words that deepEqual would make of it). */
const shows = (client: TestClient, screen: Screen): boolean =>
  client.pixels.length === screen.frame.pixels.length &&
  client.pixels.every((pixel, i) => pixel === screen.frame.pixels[i]);

const settle = () => new Promise((resolve) => setTimeout(resolve, 60));
/** Kinds of pictures: one colour, few, runs of many, noise. */
const PICTURES: readonly ((x: number, y: number) => number)[] = [
  () => 0x336699,
  (x, y) => ((x ^ y) & 8 ? 0xffffff : 0),
  (x, y) => ((x >> 3) + (y >> 3)) % 3,
  (x, y) => (((x >> 2) * 7 + (y >> 2)) % 11) * 0x10203,
  (x, y) => (x >> 4) * 0x40100 + y,
  (x, y) => Math.imul(x * 640 + y, 0x9e3779b1) & 0xffffff,
];

test('a picture of every kind comes through, as Raw, as ZRLE and as Tight', async (t) => {
  const { screen, join } = await serve(t, 645, 485);
  for (const encodings of [[0], [16, 1, 0], [7, 16, 1, 0]]) {
    const client = join();
    assert.equal(await client.open(), undefined);
    assert.equal(client.name, 'a machine');
    client.setEncodings(encodings);
    await client.update(false);
    for (const picture of PICTURES) {
      screen.fill(0, 0, 645, 485, picture);
      await client.update();
      assert.ok(shows(client, screen));
    }
    assert.ok(client.seen.includes(encodings[0]!));
    client.close();
  }
});

test('Tight: small areas, wide pictures, and a change to ZRLE and back', async (t) => {
  const { screen, join } = await serve(t, 2500, 40);
  const client = join();
  await client.open();
  client.setEncodings([7]);
  screen.fill(0, 0, 2500, 40, (x, y) => (x * y) & 0xff);
  await client.update(false);
  assert.ok(shows(client, screen));
  for (const [encoding, width] of [
    [7, 3],
    [16, 900],
    [7, 2500],
    [16, 5],
    [7, 700],
  ] as const) {
    client.setEncodings([encoding]);
    screen.fill(7, 3, Math.min(width, 2493), 9, (x, y) => ((x ^ y) & 3) * 0x1234 + encoding);
    await client.update();
    assert.ok(shows(client, screen), `${encoding} ${width}`);
  }
});

test('on this host, what hardly shrinks is sent as it is', async (t) => {
  const { screen, join } = await serve(t, 645, 485, undefined, false);
  const client = join();
  await client.open();
  client.setEncodings([16, 0]);
  for (const picture of PICTURES) {
    screen.fill(0, 0, 645, 485, picture);
    await client.update();
    assert.ok(shows(client, screen));
  }
  assert.deepEqual(new Set(client.seen), new Set([16, 0]));
});

test('only what has changed is sent, and only when something has', async (t) => {
  const { screen, join } = await serve(t);
  const client = join();
  await client.open();
  client.setEncodings([16]);
  await client.update(false);
  const before = client.received;
  let answered = false;
  const answer = client.update().then((areas) => {
    answered = true;
    return areas;
  });
  await settle();
  assert.equal(answered, false);
  screen.fill(100, 200, 9, 16, () => 0xff0000);
  assert.deepEqual(await answer, [{ x: 96, y: 192, width: 16, height: 32 }]);
  assert.ok(client.received - before < 200);
  assert.ok(shows(client, screen));
});

test('what has only moved is copied', async (t) => {
  const { screen, join } = await serve(t);
  const client = join();
  await client.open();
  client.setEncodings([1, 16]);
  screen.fill(0, 0, 640, 480, (x, y) => ((x * 31 + (y >> 4) * 77) & 0x3f) << 8);
  screen.fill(0, 0, 640, 480, (x, y) => (((x ^ (y * 5)) & 0xff) << 12) | y);
  await client.update(false);
  const old = screen.frame.pixels.slice();
  screen.fill(0, 0, 640, 480, (x, y) => (y < 464 ? old[(y + 16) * 640 + x]! : 0x00ff00));
  await client.update();
  assert.ok(client.seen.includes(1));
  assert.ok(shows(client, screen));
});

test('scrolling is found in both directions, and not where there is none', () => {
  const random = randomNumbers(5);
  const frame = { width: 40, height: 200, pixels: Uint32Array.from({ length: 8000 }, () => random(1000)) };
  const old = new Uint32Array(8000);
  old.set(frame.pixels.subarray(0, 150 * 40), 50 * 40);
  const area = { x: 0, y: 0, width: 40, height: 200 };
  assert.deepEqual(findScroll(old, frame, area), { y: 0, height: 150, fromY: 50 });
  old.fill(7);
  old.set(frame.pixels.subarray(20 * 40), 0);
  assert.deepEqual(findScroll(old, frame, area), { y: 20, height: 180, fromY: 0 });
  assert.equal(findScroll(new Uint32Array(8000), frame, area), undefined);
});

test('several clients; one that stops reading does not hold up the others', async (t) => {
  const { screen, join, server } = await serve(t);
  const [one, two, idle] = [join(), join(), join()];
  for (const client of [one, two, idle]) await client.open();
  assert.equal(server.clients, 3);
  idle.request(false);
  idle.socket.pause();
  await one.update(false);
  await two.update(false);
  screen.fill(0, 0, 640, 480, (x, y) => x * y);
  await Promise.all([one.update(), two.update()]);
  assert.ok(shows(one, screen));
  assert.ok(shows(two, screen));
});

test('the size changes, in both ways to say so', async (t) => {
  const { screen, join } = await serve(t);
  for (const encoding of [-223, -308]) {
    screen.resize(640, 480);
    const client = join();
    await client.open();
    client.setEncodings([0, encoding]);
    await client.update(false);
    screen.resize(800, 600);
    const waiting = client.update();
    await waiting;
    assert.deepEqual([client.width, client.height], [800, 600]);
    assert.ok(shows(client, screen));
    client.close();
  }
});

test('keys by keysym and by scan code, and the pointer', async (t) => {
  const { join, log } = await serve(t);
  const client = join();
  await client.open();
  const key = (keysym: number, pressed: boolean) => {
    const message = Buffer.alloc(8);
    message.set([4, pressed ? 1 : 0]);
    message.writeUInt32BE(keysym, 4);
    client.socket.write(message);
  };
  key(0xffe1, true);
  key(0x41, true);
  key(0x41, false);
  key(0xffe1, false);
  key(0x21, true); // '!' from somebody who holds no shift
  key(0x21, false);
  key(0x123456, true);
  const extended = Buffer.from([255, 0, 0, 1, 0, 0, 0xff, 0x0d, 0, 0, 0, 0x9c]);
  client.socket.write(extended);
  const pointer = (mask: number, x: number, y: number) =>
    client.socket.write(Uint8Array.of(5, mask, x >> 8, x & 0xff, y >> 8, y & 0xff));
  pointer(0, 100, 100);
  pointer(1, 110, 95);
  pointer(0x10, 110, 95);
  await settle();
  assert.deepEqual(log, [
    '+ShiftLeft',
    '+KeyA',
    '-KeyA',
    '-ShiftLeft',
    '+ShiftLeft',
    '+Digit1',
    '-ShiftLeft',
    '-Digit1',
    '+NumpadEnter',
    '0,0 wheel 0 buttons 0',
    '10,-5 wheel 0 buttons 1',
    '0,0 wheel 1 buttons 0',
  ]);
  // Whoever leaves lets everything go.
  client.close();
  await settle();
  assert.deepEqual(log.slice(-2), ['-NumpadEnter', '0,0 wheel 0 buttons 0']);
});

test('VNC authentication lets in who knows the password', async (t) => {
  const { join } = await serve(t, 64, 64, 'secret');
  assert.equal(await join().open('secret'), undefined);
  assert.match((await join().open('wrong')) ?? '', /password/);
  // The classic example of DES, its key with every byte's bits reversed.
  const challenge = Buffer.from('0123456789abcdef'.repeat(2), 'hex');
  const key = Buffer.from('c82cea9ed93dfb8f', 'hex').toString('latin1');
  assert.equal(Buffer.from(responseTo(challenge, key)).toString('hex'), '85e813540f0ab405'.repeat(2));
  assert.deepEqual(responseTo(challenge, 'password'), responseTo(challenge, 'password and more'));
});

test('older versions of the protocol', async (t) => {
  const { join } = await serve(t);
  const client = join();
  await client.take(12);
  client.socket.write('RFB 003.003\n');
  assert.equal((await client.take(4)).readUInt32BE(), 1);
  client.socket.write(Uint8Array.of(1));
  assert.equal((await client.take(24)).readUInt16BE(0), 640);
});

test('pixel formats: 8, 16 and 32 bits, either byte order, nonsense', () => {
  const format = (bytes: number[]) => readPixelFormat(Buffer.from([...bytes, 0, 0, 0]));
  const rgb565 = format([16, 16, 1, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0])!;
  const target = Buffer.alloc(8);
  pixelWriter(rgb565).write(Uint32Array.of(0xff8000), 0, 1, target, 0);
  assert.equal(target.readUInt16BE(0), (31 << 11) | (32 << 5));
  const bgr233 = format([8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6])!;
  pixelWriter(bgr233).write(Uint32Array.of(0xff00ff), 0, 1, target, 0);
  assert.equal(target[0], 7 | (3 << 6));
  const high = format([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 24, 16, 8])!;
  const writer = pixelWriter(high);
  assert.equal(writer.compactBytes, 3);
  writer.writeCompact(Uint32Array.of(0x112233), 0, 1, target, 0);
  assert.deepEqual([...target.subarray(0, 3)], [0x33, 0x22, 0x11]);
  assert.equal(format([24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0]), undefined);
  assert.equal(format([16, 16, 0, 1, 0xff, 255, 0, 255, 0, 255, 16, 8, 0]), undefined);
});

test('whatever comes in, the server lives and lets others in', async (t) => {
  const { server, join } = await serve(t);
  const random = randomNumbers(77);
  for (let round = 0; round < 60; round++) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const pieces: Uint8Array[] = [];
    if (round % 3 > 0) pieces.push(Buffer.from('RFB 003.008\n'), Uint8Array.of(1, 1));
    for (let i = 0; i < 20; i++) {
      const message = Uint8Array.from({ length: random(40) + 1 }, () => random(256));
      if (round % 3 === 2) message[0] = [0, 2, 3, 4, 5, 6, 251, 255][random(8)]!;
      pieces.push(message);
    }
    socket.end(Buffer.concat(pieces));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).resume());
  }
  const client = join();
  assert.equal(await client.open(), undefined);
  await client.update(false);
  // A cut text of 3 GiB is skipped as it comes, not kept.
  client.socket.write(Uint8Array.of(6, 0, 0, 0, 0x40, 0, 0, 0));
  for (let i = 0; i < 40; i++) client.socket.write(new Uint8Array(65536));
  await settle();
  assert.equal(client.closed, false);
});

test('what a client gives cause for again and again is told once, with the next update', async (t) => {
  const { join } = await serve(t);
  const client = join();
  await client.open();
  client.setEncodings([0, -308]);
  await client.update(false);
  client.seen.length = 0;
  const before = client.received;
  const setDesktopSize = Uint8Array.of(251, 0, 2, 0, 1, 0, 0, 0);
  client.socket.write(Buffer.concat(Array.from({ length: 70_000 }, () => setDesktopSize)));
  // Eight bits a pixel without true colour: the colour map is needed before the next update, and no sooner.
  const colourMapped = Uint8Array.of(0, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  client.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => colourMapped)));
  await settle();
  assert.equal(client.received, before);
  client.request(true);
  const colourMap = await client.take(6);
  assert.equal(colourMap[0], 1);
  await client.take(6 * colourMap.readUInt16BE(4));
  const update = await client.take(4);
  assert.deepEqual([...update], [0, 0, 0, 1]);
  assert.equal((await client.take(12)).readInt32BE(8), -308);
});

test('the pointer goes to places once the guest takes them', async (t) => {
  const { join, log, pointer } = await serve(t);
  const client = join();
  await client.open();
  const event = (mask: number, x: number, y: number) =>
    client.socket.write(Uint8Array.of(5, mask, x >> 8, x & 0xff, y >> 8, y & 0xff));
  event(0, 100, 100);
  await settle();
  pointer.absolute = true;
  event(1, 0, 0);
  event(9, 639, 479);
  event(0, 2000, 240);
  await settle();
  pointer.absolute = false;
  event(0, 2001, 242);
  await settle();
  assert.deepEqual(log, [
    '0,0 wheel 0 buttons 0',
    'to 0,0 wheel 0 buttons 1',
    'to 65535,65535 wheel -1 buttons 1',
    'to 65535,32836 wheel 0 buttons 0',
    '1,2 wheel 0 buttons 0',
  ]);
});

test('a port that is taken is an error with a sentence', async (t) => {
  const { server } = await serve(t);
  await assert.rejects(
    VncServer.listen({
      port: server.port,
      name: '',
      screen: new ScreenHub(new PaintedScreen(8, 8)),
      keys: { key() {} },
      pointer: { absolute: false, move() {}, moveTo() {} },
    }),
    DoppelError,
  );
});
