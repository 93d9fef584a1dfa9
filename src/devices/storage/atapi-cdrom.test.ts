import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { emptyMemoryDisk, imageDisk } from '../../backend/block/memory-disk.ts';
import { FaultyDisk } from '../../backend/block/testing.ts';
import { FakeClock } from '../testing.ts';
import * as R from './ata-registers.ts';
import { AtapiCdrom } from './atapi-cdrom.ts';
import { IdeDriver, packetDma, packetPio, sectorPattern } from './testing.ts';

const READY = R.STATUS_DRDY | R.STATUS_DSC;
const BLOCKS = 100;
const IMAGE = sectorPattern(BLOCKS, 2048);

const TEST_UNIT_READY = [0x00];
const REQUEST_SENSE = [0x03, 0, 0, 0, 18];
const EVENTS = [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8];
const LOCK = [0x1e, 0, 0, 0, 1];
const EJECT = [0x1b, 0, 0, 0, 2];
const LOAD = [0x1b, 0, 0, 0, 3];

/** A drive past its power-on attention. */
function build(medium: BlockDevice | null = imageDisk(IMAGE, { readOnly: true })) {
  const clock = new FakeClock(1000);
  const tray: boolean[] = [];
  const drive = new AtapiCdrom({ medium, clock, trayMoved: (open) => tray.push(open) });
  const ide = new IdeDriver(clock, drive.interface);
  const run = (cdb: readonly number[], limit?: number): Uint8Array => {
    const { data, key } = packetPio(ide, cdb, limit);
    if (key !== 0) assert.fail(`sense ${sense()}`);
    return data;
  };
  /** The sense data of a command that fails: key, ASC, ASCQ. */
  const fails = (cdb: readonly number[]): number[] => {
    assert.notEqual(packetPio(ide, cdb).key, 0);
    return sense();
  };
  const sense = (): number[] => {
    const { data } = packetPio(ide, REQUEST_SENSE);
    return [data[2]!, data[12]!, data[13]!];
  };
  return { clock, drive, ide, tray, run, fails, sense };
}

function buildReady(medium?: BlockDevice | null) {
  const built = build(medium);
  assert.deepEqual(built.fails(TEST_UNIT_READY), [6, 0x29, 0]);
  return built;
}

const blocksOf = (first: number, count: number): Uint8Array =>
  IMAGE.subarray(first * 2048, (first + count) * 2048);
const number32 = (data: Uint8Array, at: number): number =>
  new DataView(data.buffer, data.byteOffset).getUint32(at);

test('the drive is known by its signature and IDENTIFY PACKET DEVICE', () => {
  const { ide } = build();
  assert.deepEqual(
    [2, 3, 4, 5].map((offset) => ide.read(offset)),
    [1, 1, 0x14, 0xeb],
  );
  assert.equal(ide.alternateStatus, 0, 'not ready after a reset');
  assert.equal(ide.plain(0xec), READY | R.STATUS_ERR);
  assert.deepEqual([ide.read(R.REGISTER_MID), ide.read(R.REGISTER_HIGH)], [0x14, 0xeb]);
  ide.command(0xa1);
  const words = ide.pioIn(512);
  assert.deepEqual([words[0], words[1]], [0xc0, 0x85]);
  assert.equal(ide.plain(0xef, { features: 3, count: 0x42 }), READY);
  assert.equal(ide.plain(0x20, { count: 1 }), READY | R.STATUS_ERR);
  assert.deepEqual(
    [1, 4, 5].map((offset) => ide.read(offset)),
    [R.ERROR_ABRT, 0x14, 0xeb],
    'READ SECTORS leaves the signature, too',
  );
});

test('DEVICE RESET brings the signature back, also in the middle of a command', () => {
  const { ide } = buildReady();
  ide.command(0xa0, { mid: 0, high: 8 });
  ide.putWords(Uint8Array.of(0x28, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0));
  assert.equal(ide.alternateStatus, R.STATUS_BSY);
  ide.command(0x08);
  assert.deepEqual([ide.read(R.REGISTER_MID), ide.read(R.REGISTER_HIGH)], [0x14, 0xeb]);
  assert.equal(ide.alternateStatus, 0);
  ide.clock.advance(1e6);
  assert.equal(ide.irq.level, false);
});

test('INQUIRY, REQUEST SENSE and the like are not stopped by a unit attention', () => {
  const { run, fails } = build();
  const data = run([0x12, 0, 0, 0, 36]);
  assert.equal(data.length, 36);
  assert.deepEqual([...data.subarray(0, 2)], [0x05, 0x80]);
  assert.equal(String.fromCharCode(...data.subarray(8, 24)), 'DOPPEL  CD-ROM  ');
  assert.equal(run([0x12, 0, 0, 0, 5]).length, 5, 'no more than was asked for, even an odd count');
  run([0x46, 0, 0, 0, 0, 0, 0, 0, 8]);
  run(EVENTS);
  assert.deepEqual(fails(TEST_UNIT_READY), [6, 0x29, 0]);
  run(TEST_UNIT_READY);
  assert.deepEqual(fails([0x12, 1, 0x80, 0, 36]), [5, 0x24, 0]);
  assert.deepEqual(fails([0xff]), [5, 0x20, 0]);
});

test('blocks are read by PIO within the byte count limit', () => {
  const { ide, run } = buildReady();
  const read = [0x28, 0, 0, 0, 0, 7, 0, 0, 40];
  assert.deepEqual(run(read), blocksOf(7, 40));
  const edges = ide.irq.edges;
  assert.deepEqual(run(read, 2048), blocksOf(7, 40));
  assert.equal(ide.irq.edges - edges, 41, 'an interrupt a block, and one for the status');
  assert.deepEqual(run(read, 5000), blocksOf(7, 40), 'two blocks at a time');
  assert.deepEqual(run([0x28, 0, 0, 0, 0, 7, 0, 0, 1], 512), blocksOf(7, 1), 'a block in four');
  assert.deepEqual(run([0xa8, 0, 0, 0, 0, 50, 0, 0, 0, 50]), blocksOf(50, 50));
  assert.deepEqual(run([0xbe, 0, 0, 0, 0, 3, 0, 0, 2, 0x10]), blocksOf(3, 2), 'READ CD');
  assert.deepEqual(run([0xb9, 0, 0, 0, 2, 4, 0, 2, 6, 0x10]), blocksOf(4, 2), 'READ CD MSF');
});

test('blocks are read by DMA', () => {
  const { ide } = buildReady();
  const { data, key } = packetDma(ide, [0x28, 0, 0, 0, 0, 1, 0, 0, 99], 99 * 2048);
  assert.equal(key, 0);
  assert.deepEqual(data, blocksOf(1, 99));
  assert.equal(packetDma(ide, [0x28, 0, 0, 0, 0, 1, 0, 0, 100], 2048).key, 5);
  assert.equal(packetDma(ide, [0x12, 0, 0, 0, 36], 36).data[8], 0x44);
});

test('addresses beyond the end, raw sectors and a medium that cannot be read', () => {
  const medium = new FaultyDisk(imageDisk(IMAGE));
  const { run, fails } = buildReady(medium);
  assert.deepEqual(fails([0x28, 0, 0, 0, 0, 99, 0, 0, 2]), [5, 0x21, 0]);
  assert.deepEqual(fails([0x2b, 0, 0, 0, 0, 100]), [5, 0x21, 0]);
  run([0x2b, 0, 0, 0, 0, 99]);
  run([0x28, 0, 0, 0, 0, 99, 0, 0, 0]);
  assert.deepEqual(fails([0xbe, 0, 0, 0, 0, 3, 0, 0, 2, 0xf8]), [5, 0x64, 0]);
  medium.fail = 'io';
  assert.deepEqual(fails([0x28, 0, 0, 0, 0, 9, 0, 0, 2]), [3, 0x11, 0]);
});

test('capacity, table of contents and disc information', () => {
  const { run, fails } = buildReady();
  const capacity = run([0x25]);
  assert.deepEqual([number32(capacity, 0), number32(capacity, 4)], [BLOCKS - 1, 2048]);
  const toc = run([0x43, 0, 0, 0, 0, 0, 0, 0, 100]);
  assert.deepEqual([...toc.subarray(0, 4)], [0, 18, 1, 1]);
  assert.deepEqual([toc[5], toc[6], number32(toc, 8)], [0x14, 1, 0]);
  assert.deepEqual([toc[14], number32(toc, 16)], [0xaa, BLOCKS]);
  const msf = run([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 12]);
  assert.deepEqual([...msf.subarray(4)], [0, 0x14, 0xaa, 0, 0, 0, 3, 25], '250 frames: 0:03:25');
  assert.deepEqual(fails([0x43, 0, 0, 0, 0, 0, 2, 0, 12]), [5, 0x24, 0]);
  assert.deepEqual(
    run([0x43, 0, 1, 0, 0, 0, 0, 0, 12]),
    Uint8Array.of(0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0),
  );
  const full = run([0x43, 2, 2, 0, 0, 0, 0, 0, 100]);
  assert.equal(full.length, 4 + 4 * 11);
  assert.deepEqual([full[7], full[18], full[29], full[40]], [0xa0, 0xa1, 0xa2, 1]);
  assert.deepEqual(run([0x43, 0, 0, 0, 0, 0, 1, 0, 12, 0x40])[2], 1, 'the format where SFF-8020i has it');
  assert.equal(run([0x51, 0, 0, 0, 0, 0, 0, 0, 34])[2], 0x0e);
  assert.equal(number32(run([0x52, 0, 0, 0, 0, 1, 0, 0, 36]), 24), BLOCKS);
});

test('features and pages: a CD, a DVD, nothing', () => {
  const profile = (data: Uint8Array): number => (data[6]! << 8) | data[7]!;
  const configuration = [0x46, 0, 0, 0, 0, 0, 0, 1, 0];
  const cd = buildReady();
  assert.equal(profile(cd.run(configuration)), 0x08);
  assert.equal(profile(buildReady(null).run(configuration)), 0);
  const dvd = buildReady(emptyMemoryDisk(4_000_000));
  assert.equal(profile(dvd.run(configuration)), 0x10);
  assert.equal(number32(dvd.run([0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4]), 12), 0x30000 + 999_999);
  assert.deepEqual(cd.fails([0xad, 0, 0, 0, 0, 0, 0, 0, 8, 4]), [5, 0x24, 0]);
  const one = cd.run([0x46, 2, 0, 3, 0, 0, 0, 0, 100]);
  assert.deepEqual([...one.subarray(8)], [0, 3, 3, 4, 0x29, 0, 0, 0]);
  assert.equal(number32(one, 0), one.length - 4);
  const pages = cd.run([0x5a, 0, 0x3f, 0, 0, 0, 0, 1, 0]);
  assert.equal((pages[0]! << 8) | pages[1]!, pages.length - 2);
  const capabilities = cd.run([0x5a, 0, 0x2a, 0, 0, 0, 0, 1, 0]);
  assert.deepEqual([capabilities[2], capabilities[8], capabilities[9]], [1, 0x2a, 0x14]);
  assert.equal(cd.run([0x1a, 0, 0x2a, 0, 100])[4], 0x2a);
  assert.deepEqual(cd.fails([0x5a, 0, 0x33, 0, 0, 0, 0, 1, 0]), [5, 0x24, 0]);
  assert.deepEqual(cd.fails([0x5a, 0, 0xea, 0, 0, 0, 0, 1, 0]), [5, 0x39, 0]);
  assert.equal(cd.run([0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 8]).length, 8);
});

test('MODE SELECT takes its parameters', () => {
  const { ide } = buildReady();
  const { key } = packetPio(ide, [0x55, 0x10, 0, 0, 0, 0, 0, 0, 20], 0xfffe, new Uint8Array(20));
  assert.equal(key, 0);
});

test('an empty drive is not ready; a medium that comes in is told once', () => {
  const { drive, run, fails } = buildReady(null);
  assert.deepEqual(fails(TEST_UNIT_READY), [2, 0x3a, 1]);
  assert.deepEqual(fails([0x25]), [2, 0x3a, 1]);
  drive.insert(imageDisk(IMAGE));
  assert.deepEqual([...run(EVENTS)], [0, 6, 4, 0x10, 2, 2, 0, 0]);
  assert.deepEqual([...run(EVENTS)], [0, 6, 4, 0x10, 0, 2, 0, 0]);
  assert.deepEqual(fails(TEST_UNIT_READY), [6, 0x28, 0]);
  run(TEST_UNIT_READY);
  assert.equal(drive.eject(), true);
  assert.deepEqual([...run(EVENTS)], [0, 6, 4, 0x10, 3, 0, 0, 0]);
  assert.deepEqual(fails(TEST_UNIT_READY), [2, 0x3a, 1]);
});

test('the guest moves the tray', () => {
  const { drive, tray, run, fails } = buildReady();
  run(EJECT);
  assert.deepEqual(fails(TEST_UNIT_READY), [2, 0x3a, 2]);
  assert.equal(run(EVENTS)[5], 1, 'the door is open');
  assert.equal(drive.trayOpen, true);
  drive.reset();
  assert.equal(drive.trayOpen, true, 'also over a reset');
  assert.deepEqual(fails(TEST_UNIT_READY), [6, 0x29, 0]);
  run(LOAD);
  assert.equal([...run(EVENTS)][4], 2, 'an event for its own medium, no attention');
  run(TEST_UNIT_READY);
  assert.equal(run([0x25]).length, 8);
  assert.deepEqual(tray, [true, false]);
});

test('a locked drive asks the guest before it gives its medium away', () => {
  const { ide, drive, run, fails } = buildReady();
  run(LOCK);
  assert.deepEqual(fails(EJECT), [5, 0x53, 2]);
  assert.equal(drive.eject(), false);
  assert.deepEqual([...run(EVENTS)], [0, 6, 4, 0x10, 1, 2, 0, 0]);
  assert.equal((run([0x5a, 0, 0x2a, 0, 0, 0, 0, 1, 0])[14]! & 2) !== 0, true);
  ide.control(R.CONTROL_SRST);
  ide.control(0);
  assert.equal(drive.eject(), true, 'a reset unlocks');
  drive.insert(imageDisk(IMAGE));
  fails(TEST_UNIT_READY);
  run(LOCK);
  assert.equal(drive.eject(true), true);
});

test('a medium that is taken away in the middle of a read', () => {
  const { ide, drive, sense } = buildReady();
  ide.command(0xa0, { mid: 0, high: 8 });
  ide.putWords(Uint8Array.of(0x28, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0));
  ide.interrupt();
  drive.eject(true);
  for (let i = 0; i < 32; i++) ide.words(new Uint8Array(2048));
  assert.equal(ide.alternateStatus, READY | R.STATUS_ERR);
  ide.interrupt();
  assert.deepEqual(sense(), [2, 0x3a, 1]);
});

test('READ SUB-CHANNEL: the header alone, the position, and that there are no numbers', () => {
  const { run, fails } = buildReady();
  const sub = (subQ: number, format: number, msf = 0) => run([0x42, msf, subQ, format, 0, 0, 1, 0, 24]);
  assert.deepEqual([...sub(0, 1)], [0, 0x15, 0, 0]);
  run([0x28, 0, 0, 0, 0, 40, 0, 0, 10]); // up to block 50
  assert.deepEqual([...sub(0x40, 1)], [0, 0x15, 0, 12, 1, 0x14, 1, 1, 0, 0, 0, 50, 0, 0, 0, 50]);
  assert.deepEqual([...sub(0x40, 1, 2).subarray(8)], [0, 0, 2, 50, 0, 0, 0, 50]);
  assert.deepEqual([sub(0x40, 2).length, sub(0x40, 3).length, sub(0x40, 2)[8]], [24, 24, 0]);
  assert.deepEqual(fails([0x42, 0, 0x40, 4, 0, 0, 1, 0, 24]), [5, 0x24, 0]);
});
