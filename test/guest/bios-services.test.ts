// BIOS services called by a program in a guest, as programs call them: by INT through the vectors and stubs, with the
// devices behind them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildRom } from '../../src/firmware/bios/rom.ts';
import { type CallResult, callResult, calls, run, type Step } from './bios-calls.ts';
import { noCompiler } from './build.ts';

const skip = noCompiler();

describe('the PCI BIOS', { skip }, () => {
  const C = { eax: 0xb101 };
  test('finds and reads functions, and routes interrupts', async () => {
    const [there, bridge, none, header, size, options, set, link] = await calls([
      { int: 0x1a, ...C },
      { int: 0x1a, eax: 0xb102, ecx: 0x7000, edx: 0x8086 },
      { int: 0x1a, eax: 0xb103, ecx: 0x03_0000, esi: 1 },
      { int: 0x1a, eax: 0xb10a, ebx: 8 },
      { poke: [0, 0x600, [0, 0, 0, 0x08, 0, 0]] },
      { int: 0x1a, eax: 0xb10e, edi: 0x600 },
      { poke: [0, 0x600, [0x40]] },
      { int: 0x1a, eax: 0xb10e, edi: 0x600 },
      { int: 0x1a, eax: 0xb10f, ebx: 0x10, ecx: 0x0b0a },
      { int: 0x1a, eax: 0xb108, ebx: 8, edi: 0x61 },
    ]);
    assert.deepEqual([there!.edx, there!.ebx, there!.carry], [0x2049_4350, 0x210, false]);
    assert.deepEqual([bridge!.ebx, bridge!.ah], [8, 0]);
    assert.deepEqual([none!.carry, none!.ah], [true, 0x86]);
    assert.equal(header!.ecx, 0x7000_8086);
    assert.deepEqual([size!.carry, size!.ah], [true, 0x89]);
    assert.deepEqual([options!.carry, set!.carry, link!.ecx & 0xff], [false, false, 11]);
  });
  test('answers 32-bit code through the BIOS32 directory', async () => {
    const { bytes } = buildRom();
    const directory = Array.from({ length: 0x1000 }, (_, i) => 16 * i).find(
      (at) => String.fromCharCode(...bytes.subarray(at, at + 4)) === '_32_',
    )!;
    assert.equal(bytes.subarray(directory, directory + 16).reduce((a, b) => a + b, 0) & 0xff, 0);
    const entry = new DataView(bytes.buffer).getUint32(directory + 4, true);
    const [found, unknown] = await calls([
      { far32: entry, eax: 0x4943_5024 },
      { far32: entry, eax: 0x4943_5025 },
    ]);
    assert.deepEqual([found!.al, found!.ebx, unknown!.al], [0, 0xf_0000, 0x80]);
    const pci = found!.ebx + found!.edx;
    const [there, bridge, none] = await calls([
      { far32: pci, ...C },
      { far32: pci, eax: 0xb102, ecx: 0x7000, edx: 0x8086 },
      { far32: pci, eax: 0xb102, ecx: 0x7001, edx: 0x8086 },
    ]);
    assert.deepEqual([there!.edx, there!.carry], [0x2049_4350, false]);
    assert.deepEqual([bridge!.ebx, bridge!.carry, none!.carry], [8, false, true]);
  });
});

/** A routine at 5000:0 that adds the low bytes of status, X and Y to a list at 600h, whose end is at 5FEh. */
const ROUTINE = [
  ...[0x55, 0x89, 0xe5, 0x60, 0x1e, 0x31, 0xc0, 0x8e, 0xd8], // push bp; mov bp, sp; pusha; push ds; xor ax, ax; mov ds, ax
  ...[0x8b, 0x1e, 0xfe, 0x05], // mov bx, [5feh]
  ...[0x8a, 0x46, 0x0c, 0x88, 0x07], // mov al, [bp+12]; mov [bx], al
  ...[0x8a, 0x46, 0x0a, 0x88, 0x47, 0x01], // mov al, [bp+10]; mov [bx+1], al
  ...[0x8a, 0x46, 0x08, 0x88, 0x47, 0x02], // mov al, [bp+8]; mov [bx+2], al
  ...[0x83, 0xc3, 0x03, 0x89, 0x1e, 0xfe, 0x05], // add bx, 3; mov [5feh], bx
  ...[0x1f, 0x61, 0x5d, 0xcb], // pop ds; popa; pop bp; retf
];

describe('the mouse, INT 15h, AH=C2h', { skip }, () => {
  const mouse = (al: number, bh = 0, rest: Partial<CallResult> = {}): Step => ({
    int: 0x15,
    eax: 0xc200 | al,
    ebx: bh << 8,
    ...rest,
  });
  test('is reset, set and asked', async () => {
    const [early, start, reset, rate, bad, resolution, scaling, status, id, unknown] = await calls([
      mouse(0, 1),
      mouse(5, 3),
      mouse(1),
      mouse(2, 6),
      mouse(2, 7),
      mouse(3, 1),
      mouse(6, 2),
      mouse(6),
      mouse(4),
      mouse(0x0a),
    ]);
    assert.deepEqual([early!.carry, early!.ah], [true, 5]);
    assert.deepEqual([start!.carry, start!.ah, reset!.ebx], [false, 0, 0x00aa]);
    assert.deepEqual([rate!.carry, bad!.ah, resolution!.carry, scaling!.carry], [false, 2, false, false]);
    assert.deepEqual([status!.ebx & 0xff, status!.ecx & 0xff, status!.edx & 0xff], [0x10, 1, 200]);
    assert.deepEqual([id!.ebx, unknown!.carry, unknown!.ah], [0, true, 1]);
  });
  test('calls the routine of a program with each package', async () => {
    const told = await run(
      [
        { poke: [0x5000, 0, ROUTINE] },
        { poke: [0, 0x5fe, [0x00, 0x06]] },
        mouse(5, 3),
        { int: 0x15, eax: 0xc207, es: 0x5000 },
        mouse(0, 1),
        { ticks: 8 },
        mouse(0, 0),
        { tell: [0, 0x5fe, 8] },
      ],
      {
        after: 3,
        then: (machine) => {
          machine.pointer.move(5, -3, 0, 0);
          machine.pointer.move(0, 0, 0, 1);
        },
      },
    );
    assert.deepEqual([...told.at(-1)!], [0x06, 0x06, 0x08, 5, 3, 0x09, 0, 0]);
  });
});

describe('waiting, INT 15h, AH=83h and 86h, and the alarm, INT 1Ah, AH=06h', { skip }, () => {
  /** At 5000:0: counts its calls at 0:700h. */
  const COUNTER = [0x1e, 0x6a, 0x00, 0x1f, 0xfe, 0x06, 0x00, 0x07, 0x1f, 0xcf]; // push ds; push 0; pop ds; inc [700h]; pop ds; iret
  test('a byte is set when the time is over, and one wait goes on at a time', async () => {
    const told = await run([
      { poke: [0, 0x600, [0]] },
      { int: 0x15, eax: 0x8300, edx: 20_000, ebx: 0x600 },
      { int: 0x15, eax: 0x8300, edx: 20_000, ebx: 0x600 },
      { tell: [0, 0x600, 1] },
      { ticks: 2 },
      { tell: [0, 0x600, 1] },
      // Much shorter than a tick.
      ...Array.from({ length: 20 }, (): Step => ({ int: 0x15, eax: 0x8600, edx: 2000 })),
      { tell: [0x40, 0x6c, 4] },
    ]);
    assert.deepEqual([callResult(told[0]!).carry, callResult(told[1]!).carry], [false, true]);
    assert.deepEqual([told[2]![0], told[3]![0]], [0, 0x80]);
    assert.ok(told.slice(4, -1).every((bytes) => !callResult(bytes).carry));
    const start = told.at(-1)!;
    assert.ok(start[0]! + 256 * start[1]! < 30, `${start}`);
  });
  test('the alarm calls INT 4Ah', async () => {
    const told = await run([
      { poke: [0x5000, 0, COUNTER] },
      { poke: [0, 0x128, [0, 0, 0, 0x50]] },
      { poke: [0, 0x700, [0]] },
      { int: 0x1a, eax: 0x0600, ecx: 0xffff, edx: 0xff00 },
      { int: 0x1a, eax: 0x0600, ecx: 0xffff, edx: 0xff00 },
      { int: 0x1a, eax: 0x0900 },
      { ticks: 30 },
      { tell: [0, 0x700, 1] },
      { int: 0x1a, eax: 0x0700 },
    ]);
    const [set, again, asked] = told.slice(0, 3).map(callResult);
    assert.deepEqual([set!.carry, again!.carry, asked!.ecx, asked!.edx], [false, true, 0xffff, 0xff01]);
    assert.ok(told[3]![0]! >= 1 && told[3]![0]! <= 2, `${told[3]}`);
  });
});

describe('drives, INT 13h', { skip }, () => {
  const CDROM = 0xe0;
  const drive = (ax: number, dl: number, rest: Partial<CallResult> = {}): Step => ({
    int: 0x13,
    eax: ax,
    edx: dl,
    ...rest,
  });
  test('EDD 3.0 says where a drive is plugged in', async () => {
    const path = (told: Uint8Array) => [...told.subarray(30)];
    const told = await run(
      [
        { poke: [0, 0x600, [0x42, 0]] },
        drive(0x4800, 0x81, { esi: 0x600 }),
        { tell: [0, 0x600, 0x42] },
        { poke: [0, 0x600, [0x42, 0]] },
        drive(0x4800, CDROM, { esi: 0x600 }),
        { tell: [0, 0x600, 0x42] },
      ],
      { storage: { disks: [imageDisk(new Uint8Array(1 << 20))], cdrom: imageDisk(new Uint8Array(1 << 20)) } },
    );
    const [disk, disc] = [told[1]!, told[3]!];
    assert.deepEqual(path(disk).slice(0, 3), [0xdd, 0xbe, 36]);
    assert.equal(String.fromCharCode(...path(disk).slice(6, 18)), 'PCI ATA     ');
    // Function 1.1, first channel, second device; the CD-ROM is the first device of the second channel.
    assert.deepEqual([path(disk).slice(18, 22), path(disk)[26]], [[0, 1, 1, 0], 1]);
    assert.deepEqual([path(disc).slice(18, 22), path(disc)[26]], [[0, 1, 1, 1], 0]);
    for (const block of [disk, disc]) assert.equal(path(block).reduce((a, b) => a + b, 0) & 0xff, 0);
    assert.equal(disc[24]! + 256 * disc[25]!, 2048);
  });
  test('a disc is locked, unlocked and ejected', async () => {
    const steps = [0x4502, 0x4500, 0x4502, 0x4600, 0x4501, 0x4501, 0x4600, 0x4600, 0x4900].map((ax) =>
      drive(ax, CDROM),
    );
    let open = false;
    const told = await calls([...steps, drive(0x4600, 0x80)], {
      storage: {
        cdrom: imageDisk(new Uint8Array(1 << 20)),
        trayMoved: (now) => {
          open = now;
        },
      },
    });
    assert.deepEqual(
      told.map(({ ah, al, carry }, i) => (i < 3 ? al : carry ? ah : 0)),
      [0, 1, 1, 0xb1, 0, 0xb0, 0, 0x80, 0x06, 0xb2],
    );
    assert.equal(open, true);
  });
  test('many sectors at once, a hundred and twenty-eight and more', async () => {
    const disk = Uint8Array.from({ length: 1 << 20 }, (_, i) => i >> 9);
    const told = await run(
      [
        { poke: [0, 0x600, [16, 0, 0xff, 0, 0, 0, 0, 0x40, 1, 0, 0, 0, 0, 0, 0, 0]] },
        drive(0x4200, 0x81, { esi: 0x600 }),
        { tell: [0x5fc0, 0x0000, 1] },
      ],
      { storage: { disks: [imageDisk(disk)] } },
    );
    assert.equal(callResult(told[0]!).carry, false);
    assert.equal(told[1]![0], 0xff);
  });
});

test('serial ports and a printer, INT 11h, 14h and 17h', { skip }, async () => {
  const sent: number[] = [];
  const printed: number[] = [];
  const [equipment, serial, printer, none] = await calls(
    [
      { int: 0x11 },
      { int: 0x14, eax: 0x0141, edx: 1 },
      { int: 0x17, eax: 0x0042 },
      { int: 0x17, eax: 0x0043, edx: 1 },
    ],
    {
      parts: {
        moreSerial: [{ write: (byte) => void sent.push(byte) }],
        printer: { write: (byte) => void printed.push(byte) },
      },
    },
  );
  assert.deepEqual([(equipment!.eax >> 9) & 7, (equipment!.eax >> 14) & 3], [2, 1]);
  assert.deepEqual([sent, printed], [[0x41], [0x42]]);
  assert.deepEqual([serial!.ah & 0x80, printer!.ah & 0x01, none!.ah], [0, 0, 1]);
});

describe('the A20 gate', { skip }, () => {
  /** What address 600h shows after 11h was written there, and 22h a MiB above it. */
  const aliased: Step[] = [
    { poke: [0, 0x600, [0x11]] },
    { poke: [0xffff, 0x610, [0x22]] },
    { tell: [0, 0x600, 1] },
  ];
  const service = (al: number): Step => ({ int: 0x15, eax: 0x2400 | al });

  test('is closed, opened and told, whoever holds it open', async () => {
    const told = await run([
      service(2),
      service(0),
      ...aliased,
      service(2),
      service(1),
      ...aliased,
      service(2),
      { out: [0x64, 0xdd] }, // the keyboard controller's share; port 92h's stays
      ...aliased,
      service(2),
      { out: [0x92, 0] },
      service(2),
      { out: [0x64, 0xdf] },
      service(2),
    ]);
    const open = (i: number) => callResult(told[i]!).al;
    assert.deepEqual([open(0), told[2]![0], open(3)], [1, 0x22, 0]);
    assert.deepEqual([told[5]![0], open(6), told[7]![0], open(8)], [0x11, 1, 0x11, 1]);
    assert.deepEqual([open(9), open(10)], [0, 1]);
  });

  test('is open for a block move, and closed again behind it', async () => {
    const descriptor = (base: number) => [
      ...[0xff, 0xff, base & 0xff, (base >> 8) & 0xff, base >> 16, 0x93, 0, 0],
    ];
    const none = new Array<number>(16).fill(0);
    const told = await run([
      service(0),
      ...aliased,
      { poke: [0, 0x500, [0x77, 0x78]] },
      { poke: [0, 0x700, [...none, ...descriptor(0x500), ...descriptor(0x10_0600), ...none]] },
      { int: 0x15, eax: 0x8700, ecx: 1, esi: 0x700 },
      { tell: [0, 0x600, 1] },
      service(2),
      service(1),
      { tell: [0xffff, 0x610, 2] },
    ]);
    assert.equal(callResult(told[2]!).carry, false);
    assert.equal(told[3]![0], 0x22, 'what lies a MiB below is as it was');
    assert.equal(callResult(told[4]!).al, 0);
    assert.deepEqual([...told[6]!], [0x77, 0x78]);
  });
});

test('INT 0Eh tells programs that the diskette controller has interrupted', { skip }, async () => {
  const image = imageDisk(new Uint8Array(1440 * 1024));
  const told = await run(
    [
      { poke: [0, 0x43e, [0]] },
      { out: [0x3f2, 0x00] },
      { out: [0x3f2, 0x0c] },
      { ticks: 2 },
      { tell: [0, 0x43e, 1] },
      { poke: [0, 0x43e, [0]] },
      { ticks: 2 },
      { tell: [0, 0x43e, 1] },
    ],
    { storage: { floppies: [image] } },
  );
  assert.deepEqual([told[0]![0], told[1]![0]], [0x80, 0]);
});
