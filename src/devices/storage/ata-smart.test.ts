import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk } from '../../backend/block/memory-disk.ts';
import { FaultyDisk } from '../../backend/block/testing.ts';
import { FakeClock } from '../testing.ts';
import { AtaDisk } from './ata-disk.ts';
import * as R from './ata-registers.ts';
import { AtapiCdrom } from './atapi-cdrom.ts';
import { IdeDriver, lba28, type TaskFile } from './testing.ts';

const READY = R.STATUS_DRDY | R.STATUS_DSC;
const ABORTED = READY | R.STATUS_ERR;
const HOUR = 3.6e12;

function build() {
  const clock = new FakeClock(1000);
  const medium = new FaultyDisk(emptyMemoryDisk(1000));
  const disk = new AtaDisk({ medium, clock });
  return { clock, medium, disk, ide: new IdeDriver(clock, disk.interface) };
}

const wordAt = (data: Uint8Array, offset: number): number => data[offset]! | (data[offset + 1]! << 8);
const smart = (features: number, more: TaskFile = {}): TaskFile => ({
  features,
  mid: 0x4f,
  high: 0xc2,
  ...more,
});

function page(ide: IdeDriver, features: number, more: TaskFile = {}): Uint8Array {
  ide.command(0xb0, smart(features, more));
  const data = ide.pioIn(512);
  assert.equal(data.reduce((a, b) => a + b, 0) & 0xff, 0, 'the checksum');
  return data;
}
const readLog = (ide: IdeDriver, address: number): Uint8Array => page(ide, 0xd5, { count: 1, low: address });

/** The raw value of an attribute. */
function attribute(data: Uint8Array, id: number): number {
  for (let at = 2; at < 362; at += 12) {
    if (data[at] === id) return wordAt(data, at + 5) + wordAt(data, at + 7) * 65536;
  }
  return assert.fail(`attribute ${id}`);
}

function identifyWord(ide: IdeDriver, word: number): number {
  ide.command(0xec);
  return wordAt(ide.pioIn(512), 2 * word);
}

test('IDENTIFY DEVICE announces SMART, its error log and self-test, and whether it is enabled', () => {
  const { ide } = build();
  assert.deepEqual(
    [identifyWord(ide, 82) & 1, identifyWord(ide, 84) & 3, identifyWord(ide, 87) & 3],
    [1, 3, 3],
  );
  assert.equal(identifyWord(ide, 85) & 1, 1);
  assert.equal(ide.plain(0xb0, smart(0xd9)), READY);
  assert.deepEqual([identifyWord(ide, 82) & 1, identifyWord(ide, 85) & 1], [1, 0]);
});

test('without its signature, with unknown features, and on a CD-ROM drive the command is aborted', () => {
  const { ide, clock } = build();
  for (const file of [
    smart(0xda, { mid: 0 }),
    smart(0xda, { high: 0x4f }),
    smart(0xcf),
    smart(0xd6),
    smart(0xdb),
    smart(0xd2, { count: 1 }),
    smart(0xd4, { low: 3 }),
    smart(0xd5, { count: 1, low: 0x80 }),
    smart(0xd5, { count: 2, low: 1 }),
    smart(0xd5, { count: 0, low: 1 }),
  ]) {
    assert.equal(ide.plain(0xb0, file), ABORTED, JSON.stringify(file));
    assert.equal(ide.read(R.REGISTER_FEATURES), R.ERROR_ABRT);
  }
  const cdrom = new IdeDriver(clock, new AtapiCdrom({ medium: null, clock }).interface);
  assert.equal(cdrom.plain(0xb0, smart(0xda)) & R.STATUS_ERR, R.STATUS_ERR);
});

test('while it is disabled only ENABLE OPERATIONS is taken, after a reset too', () => {
  const { ide, disk } = build();
  assert.equal(ide.plain(0xb0, smart(0xd9)), READY);
  disk.reset();
  for (const features of [0xd0, 0xd1, 0xd2, 0xd4, 0xd5, 0xd9, 0xda]) {
    assert.equal(ide.plain(0xb0, smart(features, { count: 1 })), ABORTED);
  }
  assert.equal(ide.plain(0xb0, smart(0xd8)), READY);
  assert.equal(ide.plain(0xb0, smart(0xda)), READY);
  assert.deepEqual([ide.read(R.REGISTER_MID), ide.read(R.REGISTER_HIGH)], [0x4f, 0xc2], 'all is well');
});

test('the attributes count hours, and READ THRESHOLDS names the same ones', () => {
  const { ide, clock } = build();
  assert.equal(attribute(page(ide, 0xd0), 9), 0);
  clock.advance(5.5 * HOUR);
  const data = page(ide, 0xd0);
  assert.deepEqual([attribute(data, 9), attribute(data, 12), attribute(data, 187)], [5, 1, 0]);
  const thresholds = page(ide, 0xd1);
  for (let at = 2; at < 362; at += 12) {
    assert.equal(thresholds[at], data[at]);
    assert.ok(data[at + 3]! >= thresholds[at + 1]!);
  }
  assert.equal(ide.plain(0xb0, smart(0xd2, { count: 0xf1 })), READY);
  assert.equal(ide.plain(0xb0, smart(0xd2, { count: 0 })), READY);
});

test('self-tests end at once and are logged, the newest of 21 over the oldest', () => {
  const { ide, clock } = build();
  assert.equal(readLog(ide, 6)[508], 0);
  clock.advance(2 * HOUR);
  assert.equal(ide.plain(0xb0, smart(0xd4, { low: 1 })), READY);
  assert.equal(ide.plain(0xb0, smart(0xd4, { low: 0x82 })), READY);
  assert.deepEqual([ide.read(R.REGISTER_MID), ide.read(R.REGISTER_HIGH)], [0x4f, 0xc2]);
  const log = readLog(ide, 6);
  assert.deepEqual([log[2], log[3], wordAt(log, 4)], [1, 0, 2]);
  assert.deepEqual([log[26], log[27], log[508]], [0x82, 0, 2]);
  for (let i = 0; i < 20; i++) ide.plain(0xb0, smart(0xd4, { low: 2 }));
  const full = readLog(ide, 6);
  assert.deepEqual([full[2], full[26], full[508]], [2, 0x82, 1]);
  assert.equal(page(ide, 0xd0)[363], 0);
  assert.equal(page(ide, 0xd0)[362], 0);
  assert.equal(ide.plain(0xb0, smart(0xd4, { low: 0 })), READY);
  assert.equal(page(ide, 0xd0)[362], 2);
  const directory = new Uint8Array(512);
  directory.set([1, 0, 1]);
  directory[12] = 1;
  ide.command(0xb0, smart(0xd5, { count: 1 }));
  assert.deepEqual(ide.pioIn(512), directory);
});

test('what the host cannot read is logged with the commands before it; what the guest does wrong is not', () => {
  const { ide, clock, medium } = build();
  ide.plain(0x40, lba28(2000, 1)); // beyond the end
  ide.plain(0x05); // no such command
  assert.equal(wordAt(readLog(ide, 1), 452), 0);
  clock.advance(HOUR);
  ide.plain(0x40, lba28(7, 1));
  medium.fail = 'io';
  assert.equal(ide.plain(0x40, lba28(0x123, 2)), ABORTED);
  medium.fail = undefined;
  const log = readLog(ide, 1);
  assert.deepEqual([log[0], log[1], wordAt(log, 452)], [1, 1, 1]);
  const [before, command, error] = [2 + 3 * 12, 2 + 4 * 12, 2 + 5 * 12];
  assert.deepEqual([log[before + 3], log[before + 7]], [7, 0x40]);
  assert.deepEqual([...log.subarray(command, command + 8)], [0, 0, 2, 0x23, 1, 0, 0xe0, 0x40]);
  assert.ok(wordAt(log, command + 8) + wordAt(log, command + 10) * 65536 >= 3_600_000, 'milliseconds');
  assert.deepEqual([...log.subarray(error, error + 8)], [0, R.ERROR_UNC, 2, 0x23, 1, 0, 0xe0, ABORTED]);
  assert.equal(wordAt(log, error + 28), 1, 'the hour');
  assert.equal(attribute(page(ide, 0xd0), 187), 1);
  medium.fail = 'io';
  for (let i = 0; i < 5; i++) ide.plain(0x40, lba28(i, 1));
  medium.fail = undefined;
  const more = readLog(ide, 1);
  assert.deepEqual([more[1], wordAt(more, 452), more[command + 3]], [1, 6, 4], 'the sixth over the first');
});

test('what was logged is saved and restored', () => {
  const { ide, disk } = build();
  ide.plain(0xb0, smart(0xd4, { low: 1 }));
  ide.plain(0xb0, smart(0xd9));
  const saved = structuredClone(disk.save());
  const other = build();
  other.disk.restore(saved);
  assert.equal(other.ide.plain(0xb0, smart(0xda)), ABORTED);
  assert.equal(other.ide.plain(0xb0, smart(0xd8)), READY);
  assert.equal(readLog(other.ide, 6)[508], 1);
});
