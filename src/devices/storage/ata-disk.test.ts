import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { emptyMemoryDisk, imageDisk } from '../../backend/block/memory-disk.ts';
import { contents, FaultyDisk } from '../../backend/block/testing.ts';
import { FakeClock } from '../testing.ts';
import { AtaDisk } from './ata-disk.ts';
import * as R from './ata-registers.ts';
import { IdeDriver, lba28, sectorPattern } from './testing.ts';

const READY = R.STATUS_DRDY | R.STATUS_DSC;

function build(medium: BlockDevice) {
  const clock = new FakeClock(1000);
  const disk = new AtaDisk({ medium, clock, identity: { serial: 'QM00007', model: 'A disk' } });
  return { clock, disk, ide: new IdeDriver(clock, disk.interface) };
}

const wordOf = (data: Uint8Array, index: number): number => data[2 * index]! | (data[2 * index + 1]! << 8);
const textOf = (data: Uint8Array, first: number, words: number): string => {
  let text = '';
  for (let i = first; i < first + words; i++) {
    text += String.fromCharCode(data[2 * i + 1]!, data[2 * i]!);
  }
  return text.trim();
};

function identify(ide: IdeDriver): Uint8Array {
  ide.command(0xec);
  return ide.pioIn(512);
}

test('IDENTIFY DEVICE tells size, geometry, names and modes, with a checksum', () => {
  const { ide } = build(emptyMemoryDisk(16 * 63 * 1000));
  const data = identify(ide);
  assert.equal(wordOf(data, 0), 0x0040);
  assert.deepEqual([wordOf(data, 1), wordOf(data, 3), wordOf(data, 6)], [1000, 16, 63]);
  assert.equal(textOf(data, 10, 10), 'QM00007');
  assert.equal(textOf(data, 27, 20), 'A disk');
  assert.equal(wordOf(data, 60) + wordOf(data, 61) * 65536, 16 * 63 * 1000);
  assert.equal(wordOf(data, 100) + wordOf(data, 101) * 65536, 16 * 63 * 1000);
  assert.equal(wordOf(data, 83) & 0xc400, 0x4400);
  assert.equal(data.reduce((a, b) => a + b, 0) & 0xff, 0);
  assert.equal(ide.alternateStatus, READY);
  assert.equal(ide.irq.level, false, 'data in ends without a further interrupt');
});

test('a large disk says so beyond 28 bits', () => {
  const { ide } = build(emptyMemoryDisk(2 ** 33));
  const data = identify(ide);
  assert.deepEqual([wordOf(data, 60), wordOf(data, 61)], [0xffff, 0x0fff]);
  assert.deepEqual(
    [100, 101, 102, 103].map((word) => wordOf(data, word)),
    [0, 0, 2, 0],
  );
  assert.equal(wordOf(data, 1), 16383);
});

test('sectors are read by LBA, each with an interrupt, and the registers tell the last one', () => {
  const image = sectorPattern(100);
  const { ide } = build(imageDisk(image));
  ide.command(0x20, lba28(17, 3));
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  assert.deepEqual(ide.pioIn(3 * 512), image.subarray(17 * 512, 20 * 512));
  assert.equal(ide.read(R.REGISTER_LOW), 19);
  assert.equal(ide.read(R.REGISTER_COUNT), 0);
  assert.equal(ide.read(R.REGISTER_DEVICE), 0xe0);
});

test('sectors are read by cylinder, head and sector, also after INITIALIZE DEVICE PARAMETERS', () => {
  const image = sectorPattern(16 * 63 * 3);
  const { ide } = build(imageDisk(image));
  ide.command(0x20, { count: 1, low: 5, mid: 2, device: 0xa3 });
  const lba = (2 * 16 + 3) * 63 + 4;
  assert.deepEqual(ide.pioIn(512), image.subarray(lba * 512, lba * 512 + 512));
  assert.equal(ide.plain(0x91, { count: 17, device: 0xa3 }), READY);
  ide.command(0x20, { count: 2, low: 17, mid: 10, device: 0xa1 });
  const other = (10 * 4 + 1) * 17 + 16;
  assert.deepEqual(ide.pioIn(1024), image.subarray(other * 512, other * 512 + 1024));
  assert.deepEqual([ide.read(R.REGISTER_LOW), ide.read(R.REGISTER_DEVICE) & 15], [1, 2], 'the next head');
  const data = identify(ide);
  assert.deepEqual([wordOf(data, 54), wordOf(data, 55), wordOf(data, 56)], [44, 4, 17]);
  for (const bad of [{ low: 0 }, { low: 18 }, { low: 1, device: 0xa4 }, { low: 1, mid: 44 }]) {
    assert.equal(ide.plain(0x20, { count: 1, ...bad }), READY | R.STATUS_ERR);
    assert.equal(ide.read(R.REGISTER_FEATURES), R.ERROR_IDNF);
  }
});

test('a count of zero is 256 sectors, or 65,536 of an EXT command', () => {
  const { ide } = build(emptyMemoryDisk(65_536));
  ide.command(0x20, lba28(0, 0));
  ide.pioIn(256 * 512);
  assert.equal(ide.alternateStatus, READY);
  assert.equal(ide.plain(0x42, { device: 0xe0 }, {}), READY);
  assert.equal(ide.plain(0x42, { device: 0xe0, low: 1 }, {}), READY | R.STATUS_ERR);
});

test('sectors are written, and read back from the file', () => {
  const medium = emptyMemoryDisk(1000);
  const { ide } = build(medium);
  const data = sectorPattern(4);
  ide.command(0x30, lba28(500, 4));
  assert.equal(ide.irq.level, false, 'the first block comes without an interrupt');
  assert.equal(ide.pioOut(data), READY);
  assert.deepEqual(contents(medium, 500 * 512, 4 * 512), data);
});

test('READ and WRITE MULTIPLE move blocks of the size that was set', () => {
  const medium = emptyMemoryDisk(1000);
  const { ide } = build(medium);
  assert.equal(ide.plain(0xc4, lba28(0, 4)), READY | R.STATUS_ERR, 'not set yet');
  assert.equal(ide.read(R.REGISTER_FEATURES), R.ERROR_ABRT);
  assert.equal(ide.plain(0xc6, { count: 3 }), READY | R.STATUS_ERR);
  assert.equal(ide.plain(0xc6, { count: 32 }), READY | R.STATUS_ERR);
  assert.equal(ide.plain(0xc6, { count: 8 }), READY);
  const data = sectorPattern(19);
  ide.command(0xc5, lba28(7, 19));
  assert.equal(ide.pioOut(data, 8 * 512), READY);
  ide.command(0xc4, lba28(7, 19));
  const edges = ide.irq.edges;
  assert.deepEqual(ide.pioIn(19 * 512, 8 * 512), data);
  assert.equal(ide.irq.edges - edges, 3);
  assert.equal(wordOf(identify(ide), 59), 0x0108);
});

test('EXT commands address 48 bits; HOB shows what was written before', () => {
  const medium = emptyMemoryDisk(2 ** 36);
  const { ide } = build(medium);
  const lba = 0x9_8765_4321;
  const upper = { count: 0, low: 0x87, mid: 0x09, high: 0 };
  const lower = { count: 2, low: 0x21, mid: 0x43, high: 0x65, device: 0x40 };
  ide.command(0x34, lower, upper);
  assert.equal(ide.pioOut(sectorPattern(2)), READY);
  assert.deepEqual(contents(medium, lba * 512, 1024), sectorPattern(2));
  ide.control(R.CONTROL_HOB);
  assert.deepEqual([ide.read(R.REGISTER_LOW), ide.read(R.REGISTER_MID)], [0x87, 0x09]);
  ide.write(R.REGISTER_FEATURES, 0);
  assert.equal(ide.read(R.REGISTER_LOW), 0x22, 'a write takes HOB back');
  assert.equal(ide.plain(0x27), READY);
  ide.control(R.CONTROL_HOB);
  assert.deepEqual([ide.read(R.REGISTER_LOW), ide.read(R.REGISTER_MID)], [0xff, 0x0f]);
  assert.equal(ide.plain(0xf8), READY);
  assert.equal(ide.read(R.REGISTER_DEVICE) & 15, 15);
});

test('DMA moves data by a table of descriptors', () => {
  const medium = emptyMemoryDisk(4096);
  const { ide } = build(medium);
  const data = sectorPattern(300);
  ide.memory.bytes.set(data.subarray(0, 100_000), 0x20_000);
  ide.memory.bytes.set(data.subarray(100_000), 0x60_000);
  const out = [
    [0x20_000, 0],
    [0x30_000, 100_000 - 65_536],
    [0x60_000, 300 * 512 - 100_000],
  ] as const;
  assert.equal(ide.transfer(0x35, false, out, { ...lba28(9, 300 & 255), device: 0x40 }, { count: 1 }), READY);
  assert.deepEqual(contents(medium, 9 * 512, 300 * 512), data);
  ide.memory.bytes.fill(0, 0x20_000);
  const back = [
    [0x20_000, 2],
    [0x20_002, 998],
    [0x40_000, 300 * 512 - 1000 - 2 * 65_536],
    [0x60_000, 0],
    [0x80_000, 0],
  ] as const;
  assert.equal(ide.transfer(0x25, true, back, { ...lba28(9, 300 & 255), device: 0x40 }, { count: 1 }), READY);
  assert.deepEqual(ide.memory.bytes.subarray(0x20_000, 0x20_000 + 1000), data.subarray(0, 1000));
  assert.deepEqual(ide.memory.bytes.subarray(0x80_000, 0x90_000), data.subarray(300 * 512 - 65_536));
  assert.equal(ide.dmaStatus & 0x07, 0);
});

test('DMA begins when both sides are ready, in either order', () => {
  const { ide } = build(imageDisk(sectorPattern(64)));
  ide.descriptors(0x1000, [[0x8000, 512]]);
  ide.startDma(true);
  assert.equal(ide.dmaStatus, 0x01);
  ide.command(0xc8, lba28(3, 1));
  assert.equal(ide.interrupt(), READY);
  assert.deepEqual(ide.memory.bytes.subarray(0x8000, 0x8200), sectorPattern(64).subarray(3 * 512, 4 * 512));
  assert.equal(ide.dmaStatus, 0x04, 'the table was used up');
  ide.stopDma();
  ide.clearDma();
  ide.command(0xc8, lba28(4, 1));
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, false);
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  ide.startDma(true);
  assert.equal(ide.irq.level, true);
});

test('a table that is too long or too short shows in the status', () => {
  const { ide } = build(imageDisk(sectorPattern(64)));
  ide.descriptors(0x1000, [[0x8000, 2048]]);
  ide.command(0xc8, lba28(0, 1));
  ide.startDma(true);
  ide.interrupt();
  assert.equal(ide.dmaStatus & 0x07, 0x05, 'interrupt, still active');
  ide.stopDma();
  ide.clearDma();
  ide.descriptors(0x1000, [[0x8000, 700]]);
  ide.command(0xc8, lba28(0, 2));
  ide.startDma(true);
  ide.clock.advance(1e6);
  assert.equal(ide.dmaStatus & 0x07, 0x00, 'neither');
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  ide.stopDma();
  ide.control(R.CONTROL_SRST);
  ide.control(0);
  assert.equal(ide.wait(), READY);
  assert.equal(ide.plain(0x20, lba28(64, 1)), READY | R.STATUS_ERR);
});

test('the wrong direction moves nothing', () => {
  const { ide } = build(imageDisk(sectorPattern(64)));
  ide.descriptors(0x1000, [[0x8000, 512]]);
  ide.command(0xc8, lba28(0, 1));
  ide.startDma(false);
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, false);
  assert.equal(ide.memory.bytes[0x8001], 0);
});

test('errors: beyond the end, a host that cannot read, write or flush, a read-only image', () => {
  const medium = new FaultyDisk(emptyMemoryDisk(100));
  const { ide } = build(medium);
  const error = (status: number, bits: number): void => {
    assert.equal(status, READY | R.STATUS_ERR);
    assert.equal(ide.read(R.REGISTER_FEATURES), bits);
  };
  error(ide.plain(0x20, lba28(98, 3)), R.ERROR_IDNF);
  assert.equal(ide.read(R.REGISTER_LOW), 100);
  medium.fail = 'io';
  error(ide.plain(0x20, lba28(5, 3)), R.ERROR_UNC);
  assert.deepEqual([ide.read(R.REGISTER_LOW), ide.read(R.REGISTER_COUNT)], [5, 3]);
  error(ide.plain(0xc8, lba28(5, 3)), R.ERROR_UNC);
  error(ide.plain(0x40, lba28(5, 3)), R.ERROR_UNC);
  medium.fail = 'no-space';
  ide.command(0x30, lba28(5, 1));
  assert.equal(ide.pioOut(sectorPattern(1)), READY | R.STATUS_ERR | R.STATUS_DF);
  assert.equal(ide.plain(0xe7), READY | R.STATUS_ERR | R.STATUS_DF);
  const locked = build(emptyMemoryDisk(100, { readOnly: true }));
  locked.ide.command(0x30, lba28(5, 1));
  assert.equal(locked.ide.pioOut(sectorPattern(1)), READY | R.STATUS_ERR);
  assert.equal(locked.ide.read(R.REGISTER_FEATURES), R.ERROR_WP | R.ERROR_ABRT);
});

test('a host that takes its time keeps the device busy; a reset forgets the request', () => {
  const medium = new FaultyDisk(imageDisk(sectorPattern(100)));
  const { ide } = build(medium);
  medium.held = true;
  ide.command(0x20, lba28(5, 1));
  ide.clock.advance(1e9);
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  ide.write(R.REGISTER_LOW, 77);
  assert.equal(medium.log.length, 1, 'polling does not ask again');
  medium.release();
  assert.deepEqual(ide.pioIn(512), sectorPattern(100).subarray(5 * 512, 6 * 512));
  medium.held = true;
  ide.command(0x20, lba28(6, 1));
  ide.clock.advance(1e6);
  ide.control(R.CONTROL_SRST);
  ide.control(0);
  medium.release();
  assert.equal(ide.alternateStatus, READY);
  assert.equal(ide.irq.level, false);
});

test('flush reaches the host; FUA writes and writes without a cache do so by themselves', () => {
  const medium = new FaultyDisk(emptyMemoryDisk(100));
  const { ide } = build(medium);
  const log = (): string[] => medium.log.splice(0);
  assert.equal(ide.plain(0xea), READY);
  assert.deepEqual(log(), ['flush']);
  ide.transfer(0x3d, false, [[0x2000, 512]], lba28(1, 1), {});
  assert.deepEqual(log(), ['write 512+512', 'flush']);
  ide.transfer(0x35, false, [[0x2000, 512]], lba28(1, 1), {});
  assert.deepEqual(log(), ['write 512+512']);
  assert.equal(ide.plain(0xef, { features: 0x82 }), READY);
  assert.equal(wordOf(identify(ide), 85) & 0x20, 0);
  log();
  ide.transfer(0xca, false, [[0x2000, 512]], lba28(1, 1));
  assert.deepEqual(log(), ['write 512+512', 'flush']);
});

test('TRIM discards the ranges that it lists', () => {
  const medium = new FaultyDisk(emptyMemoryDisk(10_000));
  const { ide } = build(medium);
  const view = new DataView(ide.memory.bytes.buffer);
  view.setUint32(0x2000, 100, true);
  view.setUint16(0x2006, 50, true);
  view.setUint32(0x2010, 9000, true);
  view.setUint16(0x2016, 1000, true);
  const file = { features: 1, count: 1, device: 0x40 };
  assert.equal(ide.transfer(0x06, false, [[0x2000, 512]], file, {}), READY);
  assert.deepEqual(medium.log, ['discard 51200+25600', 'discard 4608000+512000']);
  view.setUint16(0x2016, 1001, true);
  assert.equal(ide.transfer(0x06, false, [[0x2000, 512]], file, {}), READY | R.STATUS_ERR);
  assert.equal(ide.plain(0x06, { count: 1 }), READY | R.STATUS_ERR, 'nothing but TRIM');
});

test('modes, power and the commands without effect', () => {
  const { ide } = build(emptyMemoryDisk(100));
  assert.equal(ide.plain(0xef, { features: 3, count: 0x45 }), READY);
  assert.equal(wordOf(identify(ide), 88), 0x203f);
  assert.equal(ide.plain(0xef, { features: 3, count: 0x21 }), READY);
  assert.equal(wordOf(identify(ide), 63), 0x0207);
  assert.equal(ide.plain(0xef, { features: 3, count: 0x0c }), READY);
  assert.equal(ide.plain(0xef, { features: 3, count: 0x46 }), READY | R.STATUS_ERR);
  assert.equal(ide.plain(0xef, { features: 0x99 }), READY | R.STATUS_ERR);
  for (const command of [0x10, 0x1f, 0x70, 0xe1, 0xe3]) assert.equal(ide.plain(command, { low: 1 }), READY);
  ide.plain(0xe5);
  assert.equal(ide.read(R.REGISTER_COUNT), 0xff);
  ide.plain(0xe0);
  ide.plain(0xe5);
  assert.equal(ide.read(R.REGISTER_COUNT), 0x00);
  for (const command of [0x00, 0x08, 0x22, 0xa0, 0xa1, 0xb0, 0xf9, 0xff]) {
    assert.equal(ide.plain(command), READY | R.STATUS_ERR, command.toString(16));
    assert.equal(ide.read(R.REGISTER_FEATURES), R.ERROR_ABRT);
  }
  ide.command(0xe8);
  assert.equal(ide.pioOut(sectorPattern(1)), READY);
  ide.command(0xe4);
  assert.deepEqual(ide.pioIn(512), sectorPattern(1));
  assert.equal(ide.plain(0xe6), READY);
  ide.command(0xec);
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, false, 'asleep');
  ide.control(R.CONTROL_SRST);
  ide.control(0);
  identify(ide);
});

test('resets and diagnostics show the signature', () => {
  const { ide } = build(emptyMemoryDisk(100));
  const signature = (): number[] => [1, 2, 3, 4, 5, 6].map((offset) => ide.read(offset));
  assert.deepEqual(signature(), [1, 1, 1, 0, 0, 0]);
  ide.command(0x20, lba28(7, 2));
  ide.control(R.CONTROL_SRST);
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  ide.control(0);
  assert.deepEqual(signature(), [1, 1, 1, 0, 0, 0]);
  assert.equal(ide.wait(), READY);
  ide.command(0x20, lba28(200, 1));
  ide.interrupt();
  assert.equal(ide.plain(0x90), READY);
  assert.deepEqual(signature(), [1, 1, 1, 0, 0, 0]);
});

test('device 0 answers for a device 1 that is not there; nobody answers on an empty channel', () => {
  const { ide } = build(emptyMemoryDisk(100));
  ide.select(1);
  assert.equal(ide.alternateStatus, 0);
  ide.write(R.REGISTER_COUNT, 0x55);
  assert.equal(ide.read(R.REGISTER_COUNT), 0x55);
  ide.command(0xec);
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, false);
  ide.select(0);
  assert.equal(ide.alternateStatus, READY);
  const empty = new IdeDriver(new FakeClock(), undefined);
  empty.write(R.REGISTER_COUNT, 0x55);
  assert.deepEqual([empty.read(R.REGISTER_COUNT), empty.read(7), empty.alternateStatus], [0x7f, 0x7f, 0x7f]);
  assert.equal(empty.channel.regions[0]!.read(0, 2), 0xffff);
});

test('two disks share a channel', () => {
  const clock = new FakeClock();
  const one = new AtaDisk({ medium: imageDisk(sectorPattern(50)), clock });
  const two = new AtaDisk({ medium: imageDisk(sectorPattern(60).reverse()), clock });
  const ide = new IdeDriver(clock, one.interface, two.interface);
  ide.select(1);
  assert.equal(wordOf(identify(ide), 60), 60);
  ide.command(0x20, lba28(0, 1));
  assert.deepEqual(ide.pioIn(512), sectorPattern(60).reverse().subarray(0, 512));
  ide.select(0);
  assert.equal(wordOf(identify(ide), 60), 50);
  ide.select(1);
  ide.command(0x20, lba28(0, 1));
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, true);
  ide.write(R.REGISTER_DEVICE, 0xa0);
  assert.equal(ide.irq.level, false, "the interrupt is the selected device's");
});

test('nIEN hides the interrupt until it is taken back', () => {
  const { ide } = build(emptyMemoryDisk(100));
  ide.control(R.CONTROL_NIEN);
  ide.command(0xec);
  assert.equal(ide.wait(), READY | R.STATUS_DRQ);
  assert.equal(ide.irq.level, false);
  ide.control(0);
  assert.equal(ide.irq.level, true);
  ide.read(R.REGISTER_COMMAND);
  assert.equal(ide.irq.level, false);
  const data = new Uint8Array(512);
  for (let i = 0; i < 512; i += 4) {
    new DataView(data.buffer).setUint32(i, ide.channel.regions[0]!.read(0, 4), true);
  }
  assert.equal(wordOf(data, 0), 0x0040, 'the data port is 32 bits wide where asked');
});

test('what a slow back end still does when the disk is reset does not meet the next command', () => {
  const image = sectorPattern(100);
  const slow = new FaultyDisk(imageDisk(image.slice()));
  const { ide, clock } = build(slow);
  const reset = (): void => {
    ide.control(R.CONTROL_SRST);
    ide.control(0);
    assert.equal(ide.wait(), READY);
  };
  slow.held = true;
  ide.command(0x20, lba28(17, 1));
  clock.advance(100_000);
  reset();
  ide.command(0xec);
  assert.equal(ide.interrupt() & R.STATUS_DRQ, R.STATUS_DRQ);
  slow.release();
  const words = new Uint8Array(512);
  ide.words(words);
  assert.equal(words.reduce((a, b) => a + b, 0) & 0xff, 0, 'IDENTIFY, not sector 17');
  // A write is what it was when it was reported to the back end.
  const first = new Uint8Array(512).fill(0x5a);
  slow.held = true;
  ide.command(0x30, lba28(20, 1));
  ide.wait();
  ide.putWords(first);
  clock.advance(100_000);
  reset();
  ide.command(0xe8);
  ide.wait();
  ide.putWords(new Uint8Array(512).fill(0xa5));
  slow.release();
  assert.deepEqual(contents(slow, 20 * 512, 512), first);
});
