// Screen and keyboard of a machine through its firmware: a boot sector that puts on the screen what is typed, and fills
// the screen with a colour in mode 13h at Enter. Under Doppel's own BIOS and under SeaBIOS with its VGA BIOS (Debian
// package seabios); keys come from a script and from a VNC client.
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import type { Frame } from '../../src/backend/display/screen.ts';
import { screenshot, waitForScreenText } from '../../src/host/node/automation.ts';
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { VncServer } from '../../src/host/node/vnc/server.ts';
import { TestClient } from '../../src/host/node/vnc/testing.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { Boot } from '../../src/machine/vm/machine-options.ts';
import { noViewer, Viewer } from './x-display.ts';

const MIB = 2 ** 20;
const WAIT = 20_000;
const images = new Map<string, Uint8Array>();

before(async () => {
  const wanted = /\/(bios-256k|vgabios-stdvga)\.bin$/;
  const members = readDebianPackage(fetchDebianPackage('seabios', 'amd64'), (path) => wanted.test(path));
  for await (const member of members) {
    if (member.kind === 'file') images.set(member.path.split('/').at(-1)!, member.bytes);
  }
});

const SEABIOS = (): Boot => ({ firmware: images.get('bios-256k.bin')! });

const PROMPT = /^>$/m;
const ECHO: readonly number[] = [
  ...[0xfb, 0xb8, 0x03, 0x00, 0xcd, 0x10], // sti; mov ax, 3; int 10h
  ...[0xb8, 0x3e, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10], // mov ax, 0e3eh ('>'); mov bx, 7; int 10h
  ...[0x30, 0xe4, 0xcd, 0x16], // 1: xor ah, ah; int 16h
  ...[0x3c, 0x0d, 0x74, 0x09], // cmp al, 0dh; je 2f
  ...[0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xeb, 0xef], // mov ah, 0eh; mov bx, 7; int 10h; jmp 1b
  ...[0xb8, 0x13, 0x00, 0xcd, 0x10], // 2: mov ax, 13h; int 10h
  ...[0xb8, 0x00, 0xa0, 0x8e, 0xc0, 0x31, 0xff], // mov ax, 0a000h; mov es, ax; xor di, di
  ...[0xb9, 0x00, 0xfa, 0xb0, 0x04, 0xfc, 0xf3, 0xaa], // mov cx, 64000; mov al, 4; cld; rep stosb
  ...[0xf4, 0xeb, 0xfd], // 3: hlt; jmp 3b
];

/** Modes beyond the VGA's own are set by the VBE service. */
const setMode = (mode: number): readonly number[] =>
  mode < 0x100
    ? [0xb8, mode, 0x00, 0xcd, 0x10] // mov ax, mode; int 10h
    : [0xb8, 0x02, 0x4f, 0xbb, mode & 0xff, mode >> 8, 0xcd, 0x10]; // mov ax, 4f02h; mov bx, mode; int 10h

/** Sets a mode, and dots of the colours (x XOR y) AND `colours`, for x and y below 96. */
const dots = (mode: number, colours: number): readonly number[] => [
  ...[0xfb, ...setMode(mode)], // sti
  ...[0x31, 0xff], // xor di, di
  ...[0x31, 0xf6], // 1: xor si, si
  ...[0x89, 0xf0, 0x31, 0xf8, 0x24, colours], // 2: mov ax, si; xor ax, di; and al, colours
  ...[0xb4, 0x0c, 0x30, 0xff, 0x89, 0xf1, 0x89, 0xfa, 0xcd, 0x10], // mov ah, 0ch; xor bh, bh; mov cx, si; mov dx, di; int 10h
  ...[0x46, 0x83, 0xfe, 96, 0x75, 0xea], // inc si; cmp si, 96; jne 2b
  ...[0x47, 0x83, 0xff, 96, 0x75, 0xe2], // inc di; cmp di, 96; jne 1b
  ...[0xf4, 0xeb, 0xfd], // 3: hlt; jmp 3b
];

/** Whether a frame shows those dots: each value in one colour of its own. */
function showsDots({ width, pixels }: Frame, colours: number): boolean {
  const colourOf = new Map<number, number>();
  for (let y = 0; y < 96; y++) {
    for (let x = 0; x < 96; x++) {
      const value = (x ^ y) & colours;
      const colour = pixels[y * width + x]!;
      if (!colourOf.has(value)) colourOf.set(value, colour);
      else if (colourOf.get(value) !== colour) return false;
    }
  }
  return new Set(colourOf.values()).size === colourOf.size;
}

function start(t: TestContext, boot: Boot, rom?: Uint8Array, program = ECHO): Machine {
  const disk = emptyMemoryDisk(2048, { name: 'echo' });
  const sector = new Uint8Array(512);
  sector.set(program);
  sector.set([0x55, 0xaa], 510);
  disk.write(0, sector, () => {});
  const machine = new Machine({
    memory: 16 * MIB,
    boot,
    storage: { disks: [disk] },
    display: rom === undefined ? {} : { rom },
    serial: { write() {} },
    host: nodeHost(),
  });
  const ended = machine.run();
  t.after(async () => {
    machine.stop();
    await ended;
    machine.close();
  });
  return machine;
}

for (const [name, prepare] of [
  ["Doppel's own BIOS", (t) => start(t, { media: ['disk'] })],
  ['SeaBIOS', (t) => start(t, { firmware: images.get('bios-256k.bin')! }, images.get('vgabios-stdvga.bin')!)],
] as const satisfies readonly (readonly [string, (t: TestContext) => Machine])[]) {
  test(`${name}: what is typed is on the screen, and a picture after it`, async (t) => {
    const machine = prepare(t);
    await waitForScreenText(machine, PROMPT, WAIT);
    await machine.type('Hello, World! {42} ~/x');
    await waitForScreenText(machine, 'Hello, World! {42} ~/x', WAIT);
    const picture = Buffer.from(screenshot(machine));
    assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [720, 400]);
    await machine.type('\n');
    await until(() => machine.screen!.frame().width === 320);
    await until(() => machine.screen!.frame().pixels.every((colour) => colour === 0xaa0000));
  });

  test(`${name}: a VNC viewer types and sees the result`, async (t) => {
    const machine = prepare(t);
    const server = await VncServer.listen({
      port: 0,
      name: 'echo',
      screen: machine.screen!,
      keys: machine,
      pointer: machine.pointer,
    });
    t.after(() => server.close());
    await waitForScreenText(machine, PROMPT, WAIT);
    const viewer = TestClient.connect(server.port);
    t.after(() => viewer.close());
    await viewer.open();
    viewer.setEncodings([16, 1, 0, -308]);
    await viewer.update(false);
    for (const character of 'From afar') {
      for (const pressed of [1, 0]) {
        viewer.socket.write(Uint8Array.of(4, pressed, 0, 0, 0, 0, 0, character.charCodeAt(0)));
      }
    }
    await waitForScreenText(machine, 'From afar', WAIT);
    viewer.socket.write(Uint8Array.of(4, 1, 0, 0, 0, 0, 0xff, 0x0d));
    const end = performance.now() + WAIT;
    while (!(viewer.width === 320 && viewer.pixels.every((colour) => colour === 0xaa0000))) {
      assert.ok(performance.now() < end, `${viewer.width} x ${viewer.height}`);
      await viewer.update();
    }
  });
}

test("the BIOSes' graphics modes have their size and colours", async (t) => {
  for (const [mode, colours, width, height] of [
    [0x04, 3, 320, 200],
    [0x06, 1, 640, 200],
    [0x0d, 15, 320, 200],
    [0x0e, 15, 640, 200],
    [0x10, 15, 640, 350],
    [0x11, 1, 640, 480],
    [0x12, 15, 640, 480],
    [0x13, 15, 320, 200],
    [0x101, 15, 640, 480],
  ] as const) {
    await t.test(`mode ${mode.toString(16)}h`, async (t) => {
      // Doppel's BIOS sets single dots in the VGA's own modes only.
      const machine =
        mode < 0x100
          ? start(t, { media: ['disk'] }, undefined, dots(mode, colours))
          : start(t, SEABIOS(), images.get('vgabios-stdvga.bin')!, dots(mode, colours));
      await until(() => showsDots(machine.screen!.frame(), colours));
      const frame = machine.screen!.frame();
      assert.deepEqual([frame.width, frame.height], [width, height]);
    });
  }
});

test('TigerVNC connects, types and shows the result', { skip: noViewer() }, async (t) => {
  const machine = start(t, { media: ['disk'] });
  const server = await VncServer.listen({
    port: 0,
    name: 'echo',
    screen: machine.screen!,
    keys: machine,
    pointer: machine.pointer,
  });
  t.after(() => server.close());
  await waitForScreenText(machine, PROMPT, WAIT);
  const viewer = await Viewer.open(server.port);
  t.after(() => viewer.close());
  await until(async () => (await viewer.count(0xaaaaaa)) > 10); // the prompt
  const before = await viewer.count(0xaaaaaa);
  await viewer.press('H', 'i', 'space', '4', '2', 'exclam');
  await waitForScreenText(machine, '>Hi 42!', WAIT);
  await until(async () => (await viewer.count(0xaaaaaa)) > before + 50);
  await viewer.press('Return');
  await until(async () => (await viewer.count(0xaa0000)) >= 320 * 200);
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT;
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
