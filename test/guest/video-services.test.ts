// Characters and dots by INT 10h in every kind of graphics mode, the video state, and the 32-bit interface of VBE: by a program
// in a guest, under our BIOS.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CallResult, callResult, calls, run, type Step } from './bios-calls.ts';
import { noCompiler } from './build.ts';

const skip = noCompiler();
const VBE = 0x100;
const video = (eax: number, rest: Partial<CallResult> = {}): Step => ({ int: 0x10, eax, ...rest });
const setMode = (mode: number): Step => (mode < VBE ? video(mode) : video(0x4f02, { ebx: 0x4000 | mode }));
const cursor = (row: number, column: number): Step => video(0x0200, { edx: (row << 8) | column });

/** Mode, rows of text, a colour that it has. */
const MODES: readonly (readonly [mode: number, rows: number, color: number])[] = [
  [0x04, 25, 2],
  [0x06, 25, 1],
  [0x0d, 25, 9],
  [0x0e, 25, 10],
  [0x10, 25, 12],
  [0x12, 30, 5],
  [0x13, 25, 0x2c],
  [0x101, 30, 0x2c],
  [0x110, 30, 14],
  [0x114, 37, 3],
  [0x115, 37, 6],
  [0x143, 48, 11],
];

describe('characters and dots', { skip }, () => {
  for (const [mode, rows, color] of MODES) {
    test(`mode ${mode.toString(16)}h`, async () => {
      const told = await calls([
        setMode(mode), // 0
        cursor(3, 5),
        video(0x0941, { ebx: color, ecx: 2 }), // two As
        cursor(3, 6),
        video(0x0800), // 4
        video(0x0e58, { ebx: color }), // X over the second A
        video(0x0300), // 6
        cursor(3, 6),
        video(0x0800), // 8
        video(0x0601, { edx: 0x1827, ebx: 0 }), // up by a row
        cursor(2, 5),
        video(0x0800), // 11
        video(0x0701, { edx: 0x1827, ebx: 0 }), // and down
        cursor(3, 5),
        video(0x0800), // 14
        // A line feed in the last row scrolls everything.
        cursor(rows - 1, 0),
        video(0x0e0a),
        video(0x0300), // 17
        cursor(2, 5),
        video(0x0800), // 19
        cursor(3, 5),
        video(0x0800), // 21
        // Dots.
        video(0x0c00 | color, { ecx: 301, edx: 150 }),
        video(0x0d00, { ecx: 301, edx: 150 }), // 23
        video(0x0d00, { ecx: 302, edx: 150 }),
      ]);
      const characters = [4, 8, 11, 14, 19, 21].map((i) => told[i]!.eax & 0xffff);
      const of = (letter: string) => (color << 8) | letter.charCodeAt(0);
      assert.deepEqual(characters, [of('A'), of('X'), of('A'), of('A'), of('A'), 0]);
      assert.deepEqual([told[6]!.edx, told[17]!.edx], [0x0307, (rows - 1) << 8]);
      assert.deepEqual([told[23]!.al, told[24]!.al], [color, 0]);
    });
  }
  test('a colour with bit 7 mixes in planar modes', async () => {
    const told = await calls([
      setMode(0x12),
      video(0x0c05, { ecx: 9, edx: 9 }),
      video(0x0c86, { ecx: 9, edx: 9 }),
      video(0x0d00, { ecx: 9, edx: 9 }),
    ]);
    assert.equal(told[3]!.al, 3);
  });
  test('a font of the program, at INT 43h', async () => {
    const told = await run([
      setMode(0x13),
      { poke: [0x5000, 8 * 0x41, [0xff, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0xff]] },
      video(0x1121, { ebx: 0, ecx: 8, edx: 20, es: 0x5000, ebp: 0 }),
      video(0x0941, { ebx: 4, ecx: 1 }),
      video(0x0d00, { ecx: 0, edx: 1 }),
      video(0x0d00, { ecx: 1, edx: 1 }),
      video(0x0d00, { ecx: 7, edx: 7 }),
      { tell: [0x40, 0x84, 2] },
    ]);
    assert.deepEqual(
      told.slice(-4, -1).map((bytes) => callResult(bytes).al),
      [4, 0, 4],
    );
    assert.deepEqual([...told.at(-1)!], [19, 8]);
  });
});

describe('the video state', { skip }, () => {
  test('AH=1Ch: registers, data area and colours come back', async () => {
    const told = await calls([
      setMode(3),
      video(0x1112, { ebx: 0 }), // 50 rows
      video(0x1000, { ebx: 0x2a01 }), // palette register 1
      video(0x1010, { ebx: 0x2a, edx: 0x0100, ecx: 0x0203 }), // a colour
      video(0x0200, { edx: 0x2d07 }),
      video(0x1c00, { ecx: 7 }),
      video(0x1c01, { ecx: 7, ebx: 0, es: 0x3000 }),
      setMode(0x12),
      video(0x1c02, { ecx: 7, ebx: 0, es: 0x3000 }),
      video(0x0f00), // 9
      video(0x0300), // 10
      video(0x1007, { ebx: 1 }), // 11
      video(0x1015, { ebx: 0x2a }), // 12
      video(0x0e0a), // the last rows are there: no scrolling
      video(0x0300), // 14
    ]);
    assert.ok(told[5]!.ebx > 0 && told[5]!.ebx < 20);
    assert.deepEqual([told[9]!.eax & 0xffff, told[10]!.edx], [0x5003, 0x2d07]);
    assert.deepEqual([told[11]!.ebx, told[12]!.edx >> 8, told[12]!.ecx], [0x2a01, 1, 0x0203]);
    assert.equal(told[14]!.edx, 0x2e07);
  });
  test('AX=4F04h: a VBE mode comes back, with its picture', async () => {
    const told = await calls([
      setMode(0x115),
      video(0x4f06, { ebx: 0, ecx: 1024 }),
      video(0x0941, { ebx: 3, ecx: 1 }),
      video(0x4f07, { ebx: 0, ecx: 8, edx: 16 }),
      video(0x4f04, { edx: 1, ecx: 0xf, ebx: 0, es: 0x3000 }),
      setMode(0x101),
      video(0x4f04, { edx: 2, ecx: 0xf, ebx: 0, es: 0x3000 }),
      video(0x4f03), // 7
      video(0x4f06, { ebx: 1 }), // 8
      video(0x4f07, { ebx: 1 }), // 9
      video(0x0f00),
    ]);
    assert.equal(told[7]!.ebx, 0x4115);
    assert.equal(told[8]!.ecx, 1024);
    assert.deepEqual([told[9]!.ecx, told[9]!.edx], [8, 16]);
    assert.equal(told[10]!.eax & 0xffff, (100 << 8) | 0xff);
  });
});

test('the 32-bit routines of VBE', { skip }, async () => {
  const [asked] = await calls([video(0x4f0a)]);
  assert.deepEqual([asked!.eax & 0xffff, asked!.es], [0x004f, 0xf000]);
  const table = 0xf_0000 + asked!.edi;
  const [offsets] = await run([{ tell: [0xf000, asked!.edi, 8] }]);
  const [window, start, palette] = [0, 2, 4].map((at) => table + offsets![at]! + 256 * offsets![at + 1]!);
  const told = await run([
    video(0x4f02, { ebx: 0x103 }), // 800 x 600, 8 bits, in windows
    video(0x4f06, { ebx: 0, ecx: 1000 }),
    { far32: window!, ebx: 0, edx: 3 },
    video(0x4f05, { ebx: 0x100 }),
    { far32: start!, ecx: (1000 * 20 + 12) / 4 },
    video(0x4f07, { ebx: 1 }),
    // The palette routine takes its table at ES:EDI, where far32 has the routine's own address: read what it wrote instead.
    { far32: palette!, ecx: 1, edx: 0x50 },
    video(0x1015, { ebx: 0x50 }),
    { tell: [0xf000, palette! - 0xf_0000, 3] },
  ]);
  const results = told.slice(0, -1).map(callResult);
  assert.deepEqual([results[2]!.eax & 0xffff, results[3]!.edx], [0x4f, 3]);
  assert.deepEqual([results[5]!.ecx, results[5]!.edx], [12, 20]);
  const [blue, green, red] = told.at(-1)!;
  const color = [results[7]!.edx >> 8, (results[7]!.ecx >> 8) & 0xff, results[7]!.ecx & 0xff];
  assert.deepEqual(color, [red! & 0x3f, green! & 0x3f, blue! & 0x3f]);
});
