// What the screen shows of each kind of mode, and that only changes are told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildVga, MODES } from './vga-testing.ts';

type Table = ReturnType<typeof buildVga>;

const pixel = (v: Table, x: number, y: number): number =>
  v.screen.frame.pixels[y * v.screen.frame.width + x]!;

/** The sixteen colours where the BIOS's palette looks for them, each different. */
function loadColours(v: Table): void {
  for (const index of [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f]) {
    v.colour(index, index, 63 - index, index === 0 ? 0 : 63);
  }
}
const shade = (index: number): number => {
  const wide = (value: number) => (value << 2) | (value >> 4);
  return (wide(index) << 16) | (wide(63 - index) << 8) | wide(index === 0 ? 0 : 63);
};

/** A character's lines in plane 2, font 0. */
function loadGlyph(v: Table, character: number, lines: readonly number[]): void {
  lines.forEach((bits, line) => {
    v.memory.bytes[4 * (32 * character + line) + 2] = bits;
  });
  v.memory.written(0, 0x4_0000);
}

function textScreen(): Table {
  const v = buildVga();
  v.setMode(MODES.text);
  loadColours(v);
  loadGlyph(v, 0x41, new Array(16).fill(0x81));
  loadGlyph(v, 0xc4, new Array(16).fill(0x01));
  for (let cell = 0; cell < 2000; cell++) v.poke(0xb8000 + 2 * cell, 0x0720, 2);
  v.indexed(0x3d4, 0x0a, 0x20);
  return v;
}

test('before anything is set the screen is black', () => {
  const v = buildVga();
  v.screen.refresh();
  assert.ok(v.screen.frame.pixels.every((colour) => colour === 0));
  assert.equal(v.screen.text(), undefined);
});

test('text: glyphs of nine dots in their colours, only changed cells are told', () => {
  const v = textScreen();
  assert.deepEqual(v.screen.refresh(), [{ x: 0, y: 0, width: 720, height: 400 }]);
  assert.deepEqual(v.screen.refresh(), []);
  v.poke(0xb8000 + 160 + 4, 0x1f41, 2);
  assert.deepEqual(v.screen.refresh(), [{ x: 18, y: 16, width: 9, height: 16 }]);
  assert.deepEqual(
    [17, 18, 19, 25, 26, 27].map((x) => pixel(v, x, 20)),
    [shade(0), shade(0x3f), shade(1), shade(0x3f), shade(1), shade(0)],
  );
  // Line-drawing characters run on through the ninth dot.
  v.poke(0xb8000, 0x07c4, 2);
  v.screen.refresh();
  assert.equal(pixel(v, 7, 0), shade(7));
  assert.equal(pixel(v, 8, 0), shade(7));
  v.indexed(0x3c4, 1, 1); // eight dots
  v.screen.refresh();
  assert.equal(v.screen.frame.width, 640);
});

test('text: the cursor blinks, moves and has a shape', () => {
  const v = textScreen();
  v.screen.refresh();
  v.indexed(0x3d4, 0x0a, 0x0d);
  v.indexed(0x3d4, 0x0f, 81);
  assert.deepEqual(v.screen.refresh(), [{ x: 9, y: 16, width: 9, height: 16 }]);
  assert.equal(pixel(v, 9, 16 + 12), shade(0));
  assert.equal(pixel(v, 9, 16 + 13), shade(7));
  assert.equal(pixel(v, 9, 16 + 15), shade(0));
  v.clock.advance(120e6);
  v.screen.refresh();
  assert.equal(pixel(v, 9, 16 + 13), shade(0));
  assert.deepEqual(v.screen.text()!.cursor, { column: 1, row: 1 });
});

test('text: what it says, blinking, a second font, another start address', () => {
  const v = textScreen();
  for (const [i, character] of [...'Hello \xb3'].entries()) v.poke(0xb8000 + 2 * i, character.charCodeAt(0));
  v.poke(0xb8001, 0x9f);
  const text = v.screen.text()!;
  assert.equal(text.rows, 25);
  assert.equal(text.lines[0], 'Hello │'.padEnd(80));
  assert.equal(text.attributes[0], 0x9f);
  assert.equal(text.colours[15], shade(0x3f));
  v.poke(0xb8000, 0x8741, 2);
  v.screen.refresh();
  assert.equal(pixel(v, 0, 0), shade(7));
  v.clock.advance(230e6);
  v.screen.refresh();
  assert.equal(pixel(v, 0, 0), shade(0));
  v.attribute(0x10, 0x04); // bit 7 is a background now
  v.screen.refresh();
  assert.equal(pixel(v, 1, 0), shade(0x38));
  v.indexed(0x3d4, 0x0d, 80);
  v.poke(0xb8000 + 160, 0x0758, 2);
  assert.equal(v.screen.text()!.lines[0]![0], 'X');
  v.indexed(0x3d4, 0x0d, 0);
  // Font A in map 1 (4000h), for attributes with bit 3.
  v.indexed(0x3c4, 3, 0x04);
  v.memory.bytes[4 * (0x4000 + 32 * 0x41) + 2] = 0xff;
  v.memory.written(0x10000, 0x20000);
  v.poke(0xb8000, 0x0f41, 2);
  v.screen.refresh();
  assert.equal(pixel(v, 3, 0), shade(0x3f));
  assert.equal(pixel(v, 3, 1), shade(0));
});

test('planes: sixteen colours, panning, and only the lines that changed', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  loadColours(v);
  v.screen.refresh();
  assert.deepEqual([v.screen.frame.width, v.screen.frame.height], [640, 480]);
  v.indexed(0x3c4, 2, 0b0110);
  v.poke(0xa0000 + 80 * 100 + 3, 0x81);
  assert.deepEqual(v.screen.refresh(), [{ x: 24, y: 100, width: 8, height: 1 }]);
  assert.equal(pixel(v, 24, 100), shade(0x14));
  assert.equal(pixel(v, 25, 100), shade(0));
  v.attribute(0x13, 3);
  v.screen.refresh();
  assert.equal(pixel(v, 21, 100), shade(0x14));
  v.attribute(0x13, 0);
  v.indexed(0x3d4, 0x0c, 0x1f); // start at 1F40 = 80 * 100
  v.indexed(0x3d4, 0x0d, 0x40);
  v.screen.refresh();
  assert.equal(pixel(v, 24, 0), shade(0x14));
});

test('split screen: below the line compare memory begins anew', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  loadColours(v);
  v.poke(0xa0000, 0xff);
  v.indexed(0x3d4, 0x0c, 0x40);
  v.indexed(0x3d4, 0x18, 199); // the line compare's bits 8 and 9 are elsewhere
  v.indexed(0x3d4, 0x11, 0);
  v.indexed(0x3d4, 0x07, 0x2e);
  v.indexed(0x3d4, 0x09, 0x00);
  v.screen.refresh();
  assert.equal(pixel(v, 0, 0), shade(0));
  assert.equal(pixel(v, 0, 199), shade(0));
  assert.equal(pixel(v, 0, 200), shade(0x3f));
});

test('mode 13h and its unchained relative', () => {
  const v = buildVga();
  v.setMode(MODES.packed);
  v.colour(200, 63, 0, 32);
  v.poke(0xa0000 + 320 * 7 + 5, 200);
  v.screen.refresh();
  assert.deepEqual([v.screen.frame.width, v.screen.frame.height], [320, 200]);
  assert.equal(pixel(v, 5, 7), 0xff0082);
  for (let at = 0; at < 64_000; at += 4) v.poke(0xa0000 + at, 0xc8c8c8c8, 4);
  v.screen.refresh();
  assert.ok(v.screen.frame.pixels.every((colour) => colour === 0xff0082));
  v.indexed(0x3c4, 4, 0x06);
  v.indexed(0x3d4, 0x14, 0x00);
  v.indexed(0x3d4, 0x17, 0xe3);
  v.memory.bytes.fill(0);
  v.indexed(0x3c4, 2, 0b0100);
  v.poke(0xa0000 + 80 * 9 + 2, 200);
  v.screen.refresh();
  assert.equal(pixel(v, 10, 9), 0xff0082);
  v.indexed(0x3d4, 0x09, 0x40); // 400 lines
  v.screen.refresh();
  assert.equal(v.screen.frame.height, 400);
  v.out(0x3c6, 0x0f); // the DAC mask
  v.colour(8, 1, 1, 1);
  v.screen.refresh();
  assert.equal(pixel(v, 10, 9), 0x040404);
});

test('CGA: two bits a pixel, odd lines 8 KiB away', () => {
  const v = buildVga();
  v.setMode(MODES.cga);
  loadColours(v);
  for (const index of [0x13, 0x15, 0x17]) v.colour(index, index, 63 - index, 63);
  v.poke(0xb8000, 0b00_01_10_11);
  v.poke(0xb8001, 0b11_00_00_00);
  v.poke(0xba000, 0b10_00_00_00);
  v.screen.refresh();
  assert.deepEqual([v.screen.frame.width, v.screen.frame.height], [320, 200]);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((x) => pixel(v, x, 0)),
    [shade(0), shade(0x13), shade(0x15), shade(0x17), shade(0x17)],
  );
  assert.equal(pixel(v, 0, 1), shade(0x15));
});

test('a linear framebuffer at every depth, scrolled, and what changes is told', () => {
  for (const [depth, stored, shown] of [
    [8, [200], 0xff0082],
    [15, [0x1f, 0x7c], 0xff00ff],
    [16, [0xe0, 0x07], 0x00ff00],
    [24, [0x33, 0x22, 0x11], 0x112233],
    [32, [0x33, 0x22, 0x11, 0x99], 0x112233],
  ] as const) {
    const v = buildVga();
    v.colour(200, 63, 0, 32);
    v.setVbe(800, 600, depth);
    v.screen.refresh();
    const at = (800 * 300 + 17) * Math.ceil(depth / 8);
    v.memory.bytes.set(stored, at);
    v.memory.written(at, stored.length);
    assert.deepEqual(v.screen.refresh(), [{ x: 17, y: 300, width: 1, height: 1 }], `depth ${depth}`);
    assert.equal(pixel(v, 17, 300), shown);
    v.out(0x1ce, 9, 2);
    v.out(0x1cf, 100, 2);
    v.screen.refresh();
    assert.equal(pixel(v, 17, 200), shown);
  }
});

test('a VBE mode of four planes', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  loadColours(v);
  v.setVbe(1024, 768, 4);
  v.screen.refresh();
  v.out(0x1ce, 5, 2);
  v.out(0x1cf, 1, 2); // the second 64 KiB of the planes
  v.poke(0xa0000 + 128 * 600 - 0x10000, 0x80);
  v.screen.refresh();
  assert.equal(v.screen.frame.width, 1024);
  assert.equal(pixel(v, 0, 600), shade(0x3f));
});

test('switching the screen off blanks it', () => {
  const v = textScreen();
  v.poke(0xb8000, 0x7041, 2);
  v.screen.refresh();
  assert.notEqual(pixel(v, 2, 0), 0);
  v.indexed(0x3c4, 1, 0x20);
  v.screen.refresh();
  assert.equal(pixel(v, 2, 0), 0);
});
