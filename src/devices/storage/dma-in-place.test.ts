// A read by DMA that goes to memory without a detour comes to the same as one by blocks: in memory, in registers, in errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../backend/block/block-device.ts';
import { imageDisk } from '../../backend/block/memory-disk.ts';
import { FakeClock } from '../testing.ts';
import { AhciDriver, lba48, queued } from './ahci-testing.ts';
import { AtaDisk } from './ata-disk.ts';
import { IdeDriver, sectorPattern } from './testing.ts';

const SECTORS = 6000;
const IMAGE = sectorPattern(SECTORS);
const READ_DMA_EXT = 0x25;
const READ_FPDMA_QUEUED = 0x60;
const MEMORY = 1 << 20;
const HOLE = 0xf000_0000;

type Pieces = readonly (readonly [address: number, bytes: number])[];
interface Case {
  readonly name: string;
  readonly lba: number;
  readonly count: number;
  readonly pieces: Pieces;
  /** Whether memory is lent for it. */
  readonly inPlace: boolean;
}

const pages = (count: number, of: (index: number) => number): Pieces =>
  Array.from({ length: count }, (_, i) => [of(i), 4096] as const);

const CASES: readonly Case[] = [
  { name: 'a page', lba: 7, count: 8, pieces: [[0x8000, 4096]], inPlace: true },
  {
    name: 'scattered pages',
    lba: 100,
    count: 256,
    pieces: pages(32, (i) => 0x80000 - i * 0x2000),
    inPlace: true,
  },
  {
    name: 'a sector in halves',
    lba: 3,
    count: 1,
    pieces: [
      [0x8000, 256],
      [0x9000, 256],
    ],
    inPlace: false,
  },
  {
    name: 'an odd piece at the end',
    lba: 3,
    count: 3,
    pieces: [
      [0x8000, 1024],
      [0x9000, 2],
      [0x9100, 510],
    ],
    inPlace: false,
  },
  { name: 'a table that is too short', lba: 9, count: 16, pieces: [[0x8000, 4096]], inPlace: false },
  {
    name: 'a table that is too long',
    lba: 9,
    count: 8,
    pieces: [
      [0x8000, 4096],
      [0xa000, 4096],
    ],
    inPlace: true,
  },
  { name: 'a piece that is too long', lba: 9, count: 8, pieces: [[0x8000, 8192]], inPlace: true },
  {
    name: 'no memory',
    lba: 9,
    count: 16,
    pieces: [
      [0x8000, 4096],
      [HOLE, 4096],
    ],
    inPlace: false,
  },
  { name: 'over the end of memory', lba: 9, count: 16, pieces: [[MEMORY - 4096, 8192]], inPlace: false },
  { name: 'onto its own table', lba: 50, count: 2, pieces: [[0x1000, 1024]], inPlace: true },
  { name: 'beyond the end', lba: SECTORS - 1, count: 2, pieces: [[0x8000, 1024]], inPlace: false },
  {
    name: 'more than is read at a time',
    lba: 0,
    count: 4600,
    pieces: pages(575, (i) => 0x10000 + (i % 128) * 4096),
    inPlace: true,
  },
];

function diskOf(medium: BlockDevice, clock: FakeClock, serialAta = false): AtaDisk {
  return new AtaDisk({ medium, clock, serialAta });
}

test('IDE', () => {
  for (const { name, lba, count, pieces, inPlace } of CASES) {
    const outcome = (lends: boolean) => {
      const clock = new FakeClock();
      const ide = new IdeDriver(clock, diskOf(imageDisk(IMAGE), clock).interface);
      ide.memory.lends = lends;
      ide.memory.bytes.fill(0xee);
      ide.descriptors(0x1000, pieces);
      ide.command(
        READ_DMA_EXT,
        { count: count & 0xff, low: lba & 0xff, mid: lba >> 8, device: 0xe0 },
        { count: count >> 8 },
      );
      ide.startDma(true);
      for (let i = 0; i < 100; i++) clock.advance(10_000);
      if (lends && inPlace) assert.ok(ide.memory.lent > 0, name);
      const registers = Array.from({ length: 6 }, (_, i) => ide.read(i + 1));
      return {
        memory: ide.memory.bytes.slice(),
        registers,
        status: [ide.dmaStatus, ide.alternateStatus, ide.irq.level],
        master: ide.master.save(),
      };
    };
    assert.deepEqual(outcome(true), outcome(false), name);
  }
});

test('AHCI, queued and not', () => {
  for (const { name, lba, count, pieces, inPlace } of CASES) {
    if (pieces.length > 56) continue; // the tables of the test are short
    for (const isQueued of [false, true]) {
      const outcome = (lends: boolean) => {
        const clock = new FakeClock();
        const ahci = new AhciDriver(clock, [diskOf(imageDisk(IMAGE), clock, true).interface]);
        ahci.start();
        ahci.memory.lends = lends;
        const command = isQueued ? READ_FPDMA_QUEUED : READ_DMA_EXT;
        const registers = isQueued ? queued(lba, count, 3) : lba48(lba, count);
        // The command list lies where the IDE test has its table.
        const moved = pieces.map(([at, bytes]) => [at === 0x1000 ? 0x4c00 : at, bytes] as const);
        ahci.issue(3, { command, registers, pieces: moved }, isQueued);
        for (let i = 0; i < 100; i++) clock.advance(10_000);
        if (lends && inPlace) assert.ok(ahci.memory.lent > 0, name);
        return { memory: ahci.memory.bytes.slice(), adapter: ahci.hba.save() };
      };
      assert.deepEqual(outcome(true), outcome(false), `${name}${isQueued ? ', queued' : ''}`);
    }
  }
});

test('a host that cannot read gives the same error', () => {
  for (const lends of [true, false]) {
    const clock = new FakeClock();
    const good = imageDisk(IMAGE);
    const medium: BlockDevice = {
      ...good,
      read: (_offset, _target, done) => done('io'),
      readNow: () => 'io',
    };
    const ide = new IdeDriver(clock, diskOf(medium, clock).interface);
    ide.memory.lends = lends;
    const status = ide.transfer(0xc8, true, [[0x8000, 1024]], { count: 2, low: 5, device: 0xe0 });
    assert.equal(status, 0x51);
    assert.deepEqual([ide.read(1), ide.read(2), ide.read(3)], [0x40, 2, 5]);
  }
});
