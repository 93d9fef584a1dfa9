import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diskGeometry, floppyGeometry, sectorAt } from './disk/geometry.ts';
import { keyWord } from './keyboard-map.ts';
import * as B from './layout.ts';
import { setUpPci } from './pci-setup.ts';
import { buildRom } from './rom.ts';
import { FakeMachine, fakeDrive } from './testing.ts';
import { FONT_8X8, FONT_8X14, FONT_8X16 } from './video/font.ts';
import { VIDEO_MODES } from './video/modes.ts';

const NOTHING_HELD = { shift: false, control: false, alt: false, capsLock: false, numLock: true };

/** A diskette whose sectors begin with their number. */
function floppy(sectors = 2880) {
  const bytes = new Uint8Array(sectors * 512);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < sectors; i++) view.setUint32(i * 512, i, true);
  return fakeDrive('floppy', bytes);
}

describe('the ROM', () => {
  const { bytes, handlers } = buildRom();
  test('has its entry points where programs expect them', () => {
    assert.equal(bytes.length, 0x1_0000);
    assert.deepEqual([...bytes.subarray(0xfff0, 0xfff5)], [0xea, 0x5b, 0xe0, 0x00, 0xf0]);
    assert.equal(bytes[0xfffe], 0xfc);
    for (const [interrupt, entry] of [
      [0x10, 0xf065],
      [0x13, 0xe3fe],
      [0x16, 0xe82e],
      [0x19, 0xe6f2],
      [0x1a, 0xfe6e],
    ]) {
      assert.equal(handlers.get(interrupt!), entry);
      assert.equal(bytes[entry!], 0xe9);
    }
    assert.equal(bytes[B.ROM_IRET], 0xcf);
  });
  test('has nothing on top of anything else', () => {
    // Every jump to a stub goes below the fonts, and the tables are as they were put.
    for (const entry of handlers.values()) {
      if (bytes[entry] !== 0xe9) continue;
      const target = (entry + 3 + (bytes[entry + 1]! | (bytes[entry + 2]! << 8))) & 0xffff;
      assert.ok(target >= B.ROM_FREE && target < B.ROM_FONT_8X16, target.toString(16));
    }
    assert.deepEqual(bytes.subarray(B.ROM_FONT_8X8, B.ROM_FONT_8X8 + 1024), FONT_8X8.subarray(0, 1024));
    assert.deepEqual(bytes.subarray(B.ROM_FONT_8X14, B.ROM_FONT_8X14 + FONT_8X14.length), FONT_8X14);
    assert.equal(bytes[B.ROM_INT_1A], 0xe9);
  });
});

describe('fonts', () => {
  test('every printable character has dots, all of them different', () => {
    for (const [font, height] of [
      [FONT_8X8, 8],
      [FONT_8X14, 14],
      [FONT_8X16, 16],
    ] as const) {
      const seen = new Map<string, number>();
      for (let code = 0x21; code < 0xff; code++) {
        const glyph = font.subarray(code * height, (code + 1) * height);
        assert.ok(
          glyph.some((row) => row !== 0),
          `character ${code} of height ${height} is empty`,
        );
        const key = glyph.join();
        assert.ok(!seen.has(key), `characters ${seen.get(key)} and ${code} of height ${height} are alike`);
        seen.set(key, code);
      }
    }
  });
  test('lines reach the edges of their cells', () => {
    const row = (code: number, y: number) => FONT_8X16[code * 16 + y]!;
    assert.equal(row(0xc4, 8), 0xff); // horizontal
    assert.equal(row(0xb3, 0), 0x18); // vertical
    assert.equal(row(0xb3, 15), 0x18);
    assert.equal(row(0xcd, 7), 0xff); // double horizontal
    assert.equal(row(0xcd, 9), 0xff);
    assert.equal(row(0xda, 0), 0); // a corner has no upper arm
    assert.equal(row(0xda, 15), 0x18);
  });
});

describe('power-on', () => {
  test('fills vectors and the data area', () => {
    const machine = new FakeMachine({ drives: [floppy(), fakeDrive('disk', new Uint8Array(1 << 20))] });
    assert.equal(machine.read16(4 * 0x13), B.ROM_INT_13);
    assert.equal(machine.read16(4 * 0x13 + 2), 0xf000);
    assert.equal(machine.read16(4 * 0x60), 0);
    assert.equal(machine.read16(B.BDA_SERIAL_PORTS), 0x3f8);
    assert.equal(machine.read16(B.BDA_PARALLEL_PORTS), 0x378);
    assert.equal(machine.call(0x12).eax, 639);
    const equipment = machine.call(0x11).eax;
    assert.equal(equipment & 0xc1, 0x01); // one diskette drive
    assert.equal((equipment >> 9) & 7, 1);
    assert.equal(machine.bytes[B.BDA_DISK_COUNT], 1);
    // The interrupt controllers: vectors 8 and 70h.
    const sent = machine.written.filter(([port]) => port === 0x21 || port === 0xa1).map(([, value]) => value);
    assert.ok(sent.includes(0x08) && sent.includes(0x70));
  });
});

describe('keyboard', () => {
  test('scan codes become words', () => {
    assert.equal(keyWord(0x1e, false, NOTHING_HELD), 0x1e61);
    assert.equal(keyWord(0x1e, false, { ...NOTHING_HELD, shift: true }), 0x1e41);
    assert.equal(keyWord(0x1e, false, { ...NOTHING_HELD, shift: true, capsLock: true }), 0x1e61);
    assert.equal(keyWord(0x02, false, { ...NOTHING_HELD, capsLock: true }), 0x0231);
    assert.equal(keyWord(0x2e, false, { ...NOTHING_HELD, control: true }), 0x2e03);
    assert.equal(keyWord(0x1e, false, { ...NOTHING_HELD, alt: true }), 0x1e00);
    assert.equal(keyWord(0x02, false, { ...NOTHING_HELD, alt: true }), 0x7800);
    assert.equal(keyWord(0x3b, false, NOTHING_HELD), 0x3b00);
    assert.equal(keyWord(0x3b, false, { ...NOTHING_HELD, shift: true }), 0x5400);
    assert.equal(keyWord(0x48, true, NOTHING_HELD), 0x48e0);
    assert.equal(keyWord(0x48, false, NOTHING_HELD), 0x4838);
    assert.equal(keyWord(0x48, false, { ...NOTHING_HELD, numLock: false }), 0x4800);
    assert.equal(keyWord(0x1c, true, NOTHING_HELD), 0xe00d);
    assert.equal(keyWord(0x7f, false, NOTHING_HELD), null);
  });
  test('INT 16h waits for a key, looks without taking, and takes', () => {
    const machine = new FakeMachine();
    const scan = (...codes: number[]) => {
      for (const code of codes) machine.call(0x09, { eax: code });
    };
    assert.equal(machine.call(0x16, { eax: 0x0000 }).waits, true);
    assert.equal(machine.call(0x16, { eax: 0x0100 }).zero, true);
    scan(0x1e, 0x9e, 0xe0, 0x4b, 0xe0, 0xcb);
    assert.deepEqual(
      [machine.call(0x16, { eax: 0x0100 }).zero, machine.call(0x16, { eax: 0x0100 }).eax],
      [false, 0x1e61],
    );
    assert.equal(machine.call(0x16, { eax: 0x0000 }).eax, 0x1e61);
    // A gray key, to the old function and to the new one.
    assert.equal(machine.call(0x16, { eax: 0x0100 }).eax, 0x4b00);
    assert.equal(machine.call(0x16, { eax: 0x1000 }).eax, 0x4be0);
    scan(0x2a);
    assert.equal(machine.call(0x16, { eax: 0x0200 }).eax & 0xff, 0x02);
    scan(0x30, 0xaa);
    assert.equal(machine.call(0x16, { eax: 0x0000 }).eax, 0x3042);
    assert.equal(machine.call(0x16, { eax: 0x0200 }).eax & 0xff, 0x00);
    // Alt with digits of the keypad, and a full buffer.
    scan(0x38, 0x4d, 0x4c, 0xb8);
    assert.equal(machine.call(0x16, { eax: 0x0000 }).eax, 65);
    for (let i = 0; i < 15; i++) assert.equal(machine.call(0x16, { eax: 0x0500, ecx: i }).eax & 0xff, 0);
    assert.equal(machine.call(0x16, { eax: 0x0500, ecx: 99 }).eax & 0xff, 1);
  });
  test('Ctrl-Alt-Del resets', () => {
    const machine = new FakeMachine();
    for (const code of [0x1d, 0x38, 0x53]) machine.call(0x09, { eax: code });
    assert.deepEqual(machine.written.at(-1), [0xcf9, 0x06]);
    assert.equal(machine.read16(B.BDA_RESET_FLAG), 0x1234);
  });
});

describe('INT 15h and 1Ah', () => {
  test('the memory map comes entry by entry', () => {
    const machine = new FakeMachine();
    const first = machine.call(0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 20, ebx: 0, edi: 0x8000 });
    assert.equal(first.eax, 0x534d4150);
    assert.equal(first.carry, false);
    assert.deepEqual(
      [machine.read32(0x8000), machine.read32(0x8008), machine.read32(0x8010)],
      [0, 0x9_fc00, 1],
    );
    const second = machine.call(0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 24, ebx: first.ebx, edi: 0x8000 });
    assert.equal(second.ebx, 0);
    assert.equal(second.ecx, 24);
    assert.equal(machine.read32(0x8000), 0x10_0000);
    assert.equal(machine.call(0x15, { eax: 0xe820, edx: 1, ecx: 20, edi: 0x8000 }).carry, true);
    assert.equal(
      machine.call(0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 20, ebx: 7, edi: 0x8000 }).carry,
      true,
    );
  });
  test('sizes of memory', () => {
    const machine = new FakeMachine();
    const sizes = machine.call(0x15, { eax: 0xe801 });
    assert.deepEqual([sizes.eax, sizes.ebx], [15 * 1024, 48 * 16]);
    assert.equal(machine.call(0x15, { eax: 0x8800 }).eax, 63 * 1024);
  });
  test('a block move copies through the descriptors', () => {
    const machine = new FakeMachine();
    machine.bytes.set([1, 2, 3, 4], 0x5000);
    machine.write16(0x8012, 0x5000);
    machine.write16(0x801a, 0x6000);
    assert.equal(machine.call(0x15, { eax: 0x8700, ecx: 2, esi: 0x8000 }).carry, false);
    assert.deepEqual([...machine.bytes.subarray(0x6000, 0x6004)], [1, 2, 3, 4]);
  });
  test('what is not there says so', () => {
    const result = new FakeMachine().call(0x15, { eax: 0x5300 });
    assert.deepEqual([result.carry, result.eax >> 8], [true, 0x86]);
  });
  test('ticks are counted, to midnight', () => {
    const machine = new FakeMachine();
    machine.call(0x1a, { eax: 0x0100, ecx: 0x0018, edx: 0x00ae });
    machine.call(0x08);
    assert.equal(machine.call(0x1a).edx, 0x00af);
    machine.call(0x08);
    const after = machine.call(0x1a);
    assert.deepEqual([after.ecx, after.edx, after.eax & 0xff], [0, 0, 1]);
    assert.equal(machine.call(0x1a).eax & 0xff, 0);
  });
  test('a wait ends with the ticks', () => {
    const machine = new FakeMachine();
    const wait = () => machine.call(0x15, { eax: 0x8600, ecx: 1, edx: 0xadb0 }).waits; // 110 ms
    assert.equal(wait(), true);
    for (let i = 0; i < 3; i++) machine.call(0x08);
    assert.equal(wait(), true);
    machine.call(0x08);
    assert.equal(wait(), false);
  });
});

describe('INT 13h', () => {
  test('geometries', () => {
    assert.deepEqual(floppyGeometry(2880), { cylinders: 80, heads: 2, sectors: 18, type: 4 });
    assert.deepEqual(floppyGeometry(720), { cylinders: 40, heads: 2, sectors: 9, type: 1 });
    assert.deepEqual(diskGeometry(1024 * 16 * 63), { cylinders: 1024, heads: 16, sectors: 63 });
    assert.deepEqual(diskGeometry(8 * 2 ** 21), { cylinders: 1024, heads: 255, sectors: 63 });
    assert.equal(sectorAt({ cylinders: 80, heads: 2, sectors: 18 }, 1, 1, 1), 54);
    assert.equal(sectorAt({ cylinders: 80, heads: 2, sectors: 18 }, 1, 1, 19), -1);
  });
  test('reads and writes sectors of a diskette', () => {
    const drive = floppy();
    const machine = new FakeMachine({ drives: [drive] });
    const read = machine.call(0x13, { eax: 0x0202, ecx: 0x0101, edx: 0x0100, ebx: 0x8000 });
    assert.deepEqual([read.carry, read.eax], [false, 0x0002]);
    assert.deepEqual([machine.read32(0x8000), machine.read32(0x8200)], [54, 55]);
    machine.bytes.fill(7, 0x8000, 0x8200);
    assert.equal(machine.call(0x13, { eax: 0x0301, ecx: 0x0001, ebx: 0x8000 }).carry, false);
    assert.equal(drive.bytes[511], 7);
    const beyond = machine.call(0x13, { eax: 0x0201, ecx: 0x5001, ebx: 0x8000 });
    assert.deepEqual([beyond.carry, beyond.eax], [true, 0x0400]);
    drive.failure = 'write protected';
    assert.equal(machine.call(0x13, { eax: 0x0301, ecx: 0x0001, ebx: 0x8000 }).eax >> 8, 0x03);
    assert.equal(machine.call(0x13, { eax: 0x0100 }).eax & 0xff, 0x03);
    drive.changed = true;
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x0001, ebx: 0x8000 }).eax >> 8, 0x06);
  });
  test('tells of drives, also of those that are not there', () => {
    const machine = new FakeMachine({
      drives: [floppy(), fakeDrive('disk', new Uint8Array(63 * 16 * 512 * 20))],
    });
    const parameters = machine.call(0x13, { eax: 0x0800 });
    assert.deepEqual([parameters.ecx, parameters.edx, parameters.ebx & 0xff], [0x4f12, 0x0101, 4]);
    assert.equal(parameters.es, 0xf000);
    const disk = machine.call(0x13, { eax: 0x0800, edx: 0x80 });
    assert.deepEqual([disk.ecx, disk.edx], [0x133f, 0x0f01]);
    assert.equal(machine.call(0x13, { eax: 0x1500, edx: 0x80 }).eax >> 8, 3);
    assert.equal(machine.call(0x13, { eax: 0x1500, edx: 0x81 }).eax >> 8, 0);
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 1, edx: 0x81 }).carry, true);
  });
  test('extended services read by sector number', () => {
    const disk = fakeDrive(
      'disk',
      new Uint8Array(1 << 20).map((_, i) => i >> 9),
    );
    const machine = new FakeMachine({ drives: [disk] });
    const check = machine.call(0x13, { eax: 0x4100, ebx: 0x55aa, edx: 0x80 });
    assert.deepEqual([check.ebx, check.carry], [0xaa55, false]);
    const packet = (count: number, sector: number) => {
      machine.bytes.set([16, 0, count, 0, 0x00, 0x80, 0, 0], 0x6000);
      machine.bytes.fill(0, 0x6008, 0x6010);
      machine.write16(0x6008, sector);
    };
    packet(3, 5);
    assert.equal(machine.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x6000 }).carry, false);
    assert.deepEqual([machine.bytes[0x8000], machine.bytes[0x8400]], [5, 7]);
    packet(3, 2047);
    assert.equal(machine.call(0x13, { eax: 0x4200, edx: 0x80, esi: 0x6000 }).eax >> 8, 0x04);
    assert.equal(machine.bytes[0x6002], 0);
    machine.write16(0x6000, 30);
    assert.equal(machine.call(0x13, { eax: 0x4800, edx: 0x80, esi: 0x6000 }).carry, false);
    assert.equal(machine.read32(0x6010), 2048);
    assert.equal(machine.read16(0x6018), 512);
  });

  test('the path to a drive: its interface, the PCI function, the device or port', () => {
    for (const [interfaceName, channel] of [
      ['ATA', 1],
      ['SATA', 0],
    ] as const) {
      const disk = fakeDrive('disk', new Uint8Array(1 << 20));
      const place = { interface: interfaceName, device: 31, function: 2, channel, unit: 3 };
      const machine = new FakeMachine({ drives: [Object.assign(disk, { place })] });
      machine.write16(0x6000, 66);
      assert.equal(machine.call(0x13, { eax: 0x4800, edx: 0x80, esi: 0x6000 }).carry, false);
      const path = machine.bytes.subarray(0x601e, 0x6042);
      assert.equal(String.fromCharCode(...path.subarray(6, 18)), `PCI ${interfaceName.padEnd(8)}`);
      assert.deepEqual([...path.subarray(18, 27)], [0, 31, 2, channel, 0, 0, 0, 0, 3]);
      assert.equal(path.reduce((sum, byte) => sum + byte, 0) & 0xff, 0);
    }
  });
});

describe('booting', () => {
  const bootable = () => {
    const drive = floppy();
    drive.bytes.set([0x55, 0xaa], 510);
    return drive;
  };
  test('a boot sector goes to 7C00h with the drive in DL', () => {
    const machine = new FakeMachine({ drives: [bootable()] });
    const boot = machine.call(0x19);
    assert.deepEqual([boot.returnsTo, boot.edx, machine.read16(0x7dfe)], [0x7c00, 0, 0xaa55]);
  });
  test('the order is kept, and each reason told when nothing boots', () => {
    const disk = fakeDrive('disk', new Uint8Array(1 << 20));
    disk.bytes.set([0x55, 0xaa], 510);
    const both = new FakeMachine({ drives: [bootable(), disk], bootOrder: ['disk', 'floppy'] });
    assert.equal(both.call(0x19).edx, 0x80);
    const none = new FakeMachine({
      drives: [fakeDrive('disk', new Uint8Array(1 << 20)), fakeDrive('cdrom', new Uint8Array(1 << 17))],
    });
    none.call(0x19);
    assert.deepEqual(none.lines.slice(-3, -1), [
      'cdrom: the disc is empty or damaged',
      'disk: no boot sector',
    ]);
  });

  test('INT 18h boots what follows, until nothing does', () => {
    const disk = fakeDrive('disk', new Uint8Array(1 << 20));
    disk.bytes.set([0x55, 0xaa], 510);
    const empty = fakeDrive('disk', new Uint8Array(1 << 20));
    const machine = new FakeMachine({ drives: [bootable(), empty, disk], bootOrder: ['floppy', 'disk'] });
    assert.equal(machine.call(0x18).waits, true, 'nothing was booted yet');
    assert.equal(machine.call(0x19).edx, 0);
    const saved = machine.bios.save();
    const next = machine.call(0x18);
    assert.deepEqual([next.returnsTo, next.edx, next.waits], [0x7c00, 0x81, false]);
    const before = machine.lines.length;
    assert.equal(machine.call(0x18).waits, true);
    assert.match(machine.lines.slice(before).join(), /^Nothing to boot from/);
    assert.equal(machine.call(0x18).waits, true);
    assert.equal(machine.lines.length, before + 1, 'it is said once');
    machine.bios.restore(saved);
    assert.equal(machine.call(0x18).edx, 0x81);
    assert.equal(machine.call(0x19).edx, 0, 'INT 19h begins anew');
  });

  /** A disc with an El Torito catalog of one entry. */
  function disc(medium: number, load: number): Uint8Array {
    const bytes = new Uint8Array(2048 * 2000);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('\0CD001\x01EL TORITO SPECIFICATION'), 17 * 2048);
    view.setUint32(17 * 2048 + 0x47, 19, true);
    bytes.set([1, 0], 19 * 2048);
    view.setUint16(19 * 2048 + 30, 0xaa55, true);
    view.setUint16(19 * 2048 + 28, 0x10000 - 0xaa55 - 1, true);
    bytes.set([0x88, medium], 19 * 2048 + 32);
    view.setUint16(19 * 2048 + 38, load, true);
    view.setUint32(19 * 2048 + 40, 25, true);
    bytes.fill(0x42, 25 * 2048, 26 * 2048);
    return bytes;
  }
  test('a disc without emulation', () => {
    const machine = new FakeMachine({ drives: [fakeDrive('cdrom', disc(0, 4))] });
    const boot = machine.call(0x19);
    assert.deepEqual([boot.returnsTo, boot.edx], [0x7c00, 0xe0]);
    assert.deepEqual([machine.bytes[0x7c00], machine.bytes[0x83ff], machine.bytes[0x8400]], [0x42, 0x42, 0]);
    assert.equal(machine.call(0x13, { eax: 0x4b01, edx: 0xe0, esi: 0x6000 }).carry, false);
    assert.deepEqual([machine.bytes[0x6001], machine.bytes[0x6002], machine.read32(0x6004)], [0, 0xe0, 25]);
    // Sectors of 2048 bytes by the extended services.
    machine.bytes.set([16, 0, 1, 0, 0x00, 0x90, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0], 0x6000);
    assert.equal(machine.call(0x13, { eax: 0x4200, edx: 0xe0, esi: 0x6000 }).carry, false);
    assert.equal(machine.bytes[0x97ff], 0x42);
  });
  test('a disc that is a diskette: other diskettes move up, until the emulation ends', () => {
    const machine = new FakeMachine({
      drives: [floppy(), fakeDrive('cdrom', disc(2, 1))],
      bootOrder: ['cdrom'],
    });
    const boot = machine.call(0x19);
    assert.deepEqual([boot.returnsTo, boot.edx], [0x7c00, 0]);
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x0002, ebx: 0x8000 }).carry, false);
    assert.equal(machine.bytes[0x8000], 0x42);
    assert.equal(machine.call(0x13, { eax: 0x0301, ecx: 0x0002, ebx: 0x8000 }).eax >> 8, 0x03);
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x0002, edx: 1, ebx: 0x8000 }).carry, false);
    assert.equal(machine.read32(0x8000), 1);
    assert.equal(machine.call(0x13, { eax: 0x4b00, edx: 0, esi: 0x6000 }).carry, false);
    assert.equal(machine.call(0x13, { eax: 0x0201, ecx: 0x0002, ebx: 0x8000 }).carry, false);
    assert.equal(machine.read32(0x8000), 1);
  });
  test('a reset ends the emulation', () => {
    const machine = new FakeMachine({
      drives: [floppy(), fakeDrive('cdrom', disc(2, 1))],
      bootOrder: ['cdrom'],
    });
    const drives = () => [0, 1, 2].map((edx) => machine.call(0x13, { eax: 0x1500, edx }).eax >> 8);
    machine.call(0x19);
    assert.deepEqual(drives(), [2, 2, 0]);
    machine.bios.afterReset();
    machine.call(0xf0);
    assert.deepEqual(drives(), [2, 0, 0]);
    machine.call(0x19);
    assert.deepEqual(drives(), [2, 2, 0]);
  });
  test('what it keeps is saved and restored', () => {
    for (const [medium, number] of [
      [0, 0xe0],
      [2, 0x00],
      [4, 0x80],
    ] as const) {
      const drives = () => [floppy(), fakeDrive('cdrom', disc(medium, 1))];
      const machine = new FakeMachine({ drives: drives(), bootOrder: ['cdrom'] });
      machine.call(0x19);
      const other = new FakeMachine({ drives: drives() });
      other.bytes.set(machine.bytes);
      other.bios.restore(structuredClone(machine.bios.save()));
      assert.deepEqual(other.bios.save(), machine.bios.save());
      for (const registers of [
        { eax: 0x4b01, edx: number, esi: 0x6000 },
        { eax: 0x0800, edx: number },
        { eax: 0x0201, ecx: 0x0002, edx: number, ebx: 0x8000 },
        { eax: 0x4b00, edx: number, esi: 0x6000 },
        { eax: 0x0201, ecx: 0x0002, ebx: 0x8000 },
      ]) {
        assert.deepEqual(other.call(0x13, registers), machine.call(0x13, registers));
        assert.deepEqual(other.bytes, machine.bytes);
      }
      assert.deepEqual(other.bios.save(), machine.bios.save());
    }
    const fresh = new FakeMachine();
    assert.throws(() => fresh.bios.restore({ ...fresh.bios.save(), version: 9 }), /version 9/);
    assert.throws(() => fresh.bios.restore({ ...fresh.bios.save(), fields: {} }), /damaged/);
  });
  test('the boot menu goes on where it was', () => {
    const machine = new FakeMachine({ drives: [floppy()], bootMenu: 5000 });
    machine.call(0x19);
    const other = new FakeMachine({ drives: [floppy()], bootMenu: 5000 });
    other.bytes.set(machine.bytes);
    other.bios.restore(structuredClone(machine.bios.save()));
    const said = other.lines.length;
    other.call(0x19);
    assert.equal(other.lines.length, said, 'it has asked for F12 already');
    assert.deepEqual(other.bios.save(), machine.bios.save());
  });
  test('damaged catalogs are refused', () => {
    const bytes = disc(0, 4);
    bytes[19 * 2048 + 5] = 1;
    const machine = new FakeMachine({ drives: [fakeDrive('cdrom', bytes)] });
    machine.call(0x19);
    assert.ok(machine.lines.includes('cdrom: the boot catalog is damaged'));
  });
});

describe('video', () => {
  test('the tables of all modes are whole', () => {
    for (const mode of VIDEO_MODES.values()) {
      assert.equal(mode.sequencer.length, 4);
      assert.equal(mode.crtc.length, 25);
      assert.equal(mode.graphics.length, 9);
      assert.equal(mode.attribute.length, 21);
      // The CRTC's idea of the width and height: characters of 8 or 9 dots, lines doubled in 200-line modes.
      const shown = (mode.crtc[1]! + 1) * 8;
      const doubled = (mode.sequencer[0]! & 8) !== 0 || mode.kind === 'packed' ? 2 : 1;
      if (mode.kind !== 'text')
        assert.equal(
          shown,
          (mode.width * doubled) / (mode.kind === 'packed' && doubled === 2 ? 1 : doubled),
          `mode ${mode.number}`,
        );
      const overflow = mode.crtc[7]!;
      const lines = mode.crtc[0x12]! + ((overflow & 2) << 7) + ((overflow & 0x40) << 3) + 1;
      assert.equal(lines, mode.height === 200 ? 400 : mode.height, `mode ${mode.number}`);
    }
  });
  test('teletype writes, wraps and scrolls', () => {
    const machine = new FakeMachine({ hasDisplay: true });
    machine.call(0x10, { eax: 0x0003 });
    const text = (row: number, length: number) =>
      String.fromCharCode(...Array.from({ length }, (_, i) => machine.bytes[0xb8000 + row * 160 + 2 * i]!));
    const say = (string: string) => {
      for (const character of string) machine.call(0x10, { eax: 0x0e00 | character.charCodeAt(0) });
    };
    say('hello\r\nworld\b!');
    assert.equal(text(0, 5), 'hello');
    assert.equal(text(1, 5), 'worl!');
    assert.equal(machine.call(0x10, { eax: 0x0300 }).edx, 0x0105);
    say('\n'.repeat(24));
    assert.deepEqual([text(0, 5), text(1, 5)], ['worl!', '     ']);
    machine.call(0x10, { eax: 0x0200, edx: 0x184f });
    say('x');
    assert.equal(machine.call(0x10, { eax: 0x0300 }).edx, 0x1800);
    machine.call(0x10, { eax: 0x0200, edx: 0x0000 });
    machine.call(0x10, { eax: 0x0941, ebx: 0x001e, ecx: 3 });
    assert.equal(machine.call(0x10, { eax: 0x0800 }).eax, 0x1e41);
  });
});

test('PCI functions get addresses, by size, and interrupts by slot', () => {
  // One function in slot 3: a memory BAR of 16 MiB, an I/O BAR of 32, a pin.
  const config = new Map<number, number>([
    [0x00, 0x1234_8086],
    [0x14, 1],
    [0x3c, 0x0100],
  ]);
  let address = 0;
  const writable: Record<number, number> = { 4: 0xffff, 16: 0xff00_0000, 20: 0xffe0, 60: 0xff };
  const fixed: Record<number, number> = { 20: 1 };
  const homeless = setUpPci(
    {
      portRead: (port, width) => {
        const register = address & 0xfc;
        if ((address >> 8) % 0x8000_00 !== 24 && ((address >> 8) & 0xffff) !== 24)
          return 2 ** (8 * width) - 1;
        return ((config.get(register) ?? 0) >>> (8 * (port & 3))) % 2 ** (8 * width);
      },
      portWrite: (port, width, value) => {
        if (port === 0xcf8) {
          address = value;
          return;
        }
        const register = address & 0xfc;
        if (((address >> 8) & 0xffff) !== 24) return;
        const shift = 8 * (port & 3);
        const lanes = ((2 ** (8 * width) - 1) << shift) >>> 0;
        const mask = ((writable[register] ?? 0) & (width === 4 ? 0xffff_ffff : lanes)) >>> 0;
        const old = config.get(register) ?? 0;
        config.set(register, ((old & ~mask) | ((value << shift) & mask) | (fixed[register] ?? 0)) >>> 0);
      },
    },
    { io: 0xc000, ioEnd: 0x1_0000, memory: 0xe000_0000, memoryEnd: 0xfe00_0000, routes: [10, 10, 11, 11] },
  );
  assert.deepEqual(homeless, []);
  assert.equal(config.get(0x10), 0xe000_0000);
  assert.equal(config.get(0x14), 0xc001);
  assert.equal(config.get(4)! & 7, 7);
  assert.equal(config.get(0x3c)! & 0xff, 11);
});
