import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk, imageDisk } from '../../backend/block/memory-disk.ts';
import { DoppelError } from '../../base/errors.ts';
import { NoneVcpu } from '../../engine/none/none-vcpu.ts';
import { makeElf } from '../../firmware/boot/testing.ts';
import { Machine } from '../vm/machine.ts';
import type { StorageOptions } from './storage.ts';

/** A machine whose kernel does nothing: the test is the guest, at the board's ports. */
function build(storage: StorageOptions) {
  const time = { now: 0 };
  const machine = new Machine({
    memory: 16 << 20,
    boot: {
      kernel: makeElf({
        width: 32,
        physical: 0x20_0000,
        virtual: 0x20_0000,
        body: Uint8Array.of(0xf4),
        pvh: 0x20_0000,
      }),
      commandLine: '',
      modules: [],
    },
    serial: { write() {} },
    storage,
    engine: () => new NoneVcpu(),
    host: {
      clock: { now: () => time.now },
      wallClock: { nowMilliseconds: () => 0 },
      entropy: { fill() {} },
      scheduler: { breathe: async () => {}, sleep: async () => {}, wake() {} },
    },
  });
  const { board } = machine;
  const config = (register: number, value: number): void => {
    board.portWrite(0xcf8, 4, 0x8000_0900 | register);
    board.portWrite(0xcfc, 4, value);
  };
  return { machine, time, board, config };
}

test('disks are where firmware and kernels look for them', () => {
  const { board } = build({
    disks: [emptyMemoryDisk(100), { medium: emptyMemoryDisk(200) }, emptyMemoryDisk(300)],
  });
  const ready = (base: number, device: number): number => {
    board.portWrite(base + 6, 1, 0xa0 | (device << 4));
    return board.portRead(base + 7, 1);
  };
  assert.deepEqual([ready(0x1f0, 0), ready(0x1f0, 1)], [0x50, 0x50]);
  assert.equal(ready(0x170, 1), 0x50);
  assert.equal(ready(0x170, 0), 0x7f);
  const withDrive = build({ disks: [emptyMemoryDisk(100)], cdrom: null });
  withDrive.board.portWrite(0x176, 1, 0xa0);
  assert.equal(withDrive.board.portRead(0x174, 2), 0xeb14);
  assert.equal(withDrive.board.cdrom?.medium, null);
  const disk = emptyMemoryDisk(1);
  assert.throws(() => build({ disks: [disk, disk, disk, disk], cdrom: null }), DoppelError);
  assert.throws(() => build({ disks: Array.from({ length: 5 }, () => emptyMemoryDisk(1)) }), DoppelError);
});

test('disks on AHCI are at its ports, the CD-ROM drive behind them', () => {
  const disk = (sectors: number) => ({ medium: emptyMemoryDisk(sectors), bus: 'ahci' as const });
  const { board } = build({
    disks: [disk(100), emptyMemoryDisk(5), disk(200)],
    cdrom: null,
    cdromBus: 'ahci',
  });
  const config = (register: number): number => {
    board.portWrite(0xcf8, 4, 0x8000_f800 | register);
    return board.portRead(0xcfc, 4);
  };
  assert.equal(config(0x00), 0x2922_8086);
  assert.equal(config(0x08) >>> 8, 0x01_0601);
  board.portWrite(0xcf8, 4, 0x8000_f824);
  board.portWrite(0xcfc, 4, 0xf000_0000);
  board.portWrite(0xcf8, 4, 0x8000_f804);
  board.portWrite(0xcfc, 2, 6);
  const signatures = Array.from({ length: 6 }, (_, port) => board.mmioRead(0xf000_0124 + 0x80 * port, 4));
  assert.deepEqual(signatures.slice(0, 4), [0x101, 0x101, 0xeb14_0101, 0xffff_ffff]);
  board.portWrite(0x1f6, 1, 0xa0);
  assert.equal(board.portRead(0x1f7, 1), 0x50, 'the other disk is on IDE');
  assert.throws(() => build({ disks: Array.from({ length: 7 }, () => disk(1)) }), /room for 6/);
  assert.throws(
    () => build({ disks: Array.from({ length: 6 }, () => disk(1)), cdrom: null, cdromBus: 'ahci' }),
    DoppelError,
  );
  const plain = build({ disks: [emptyMemoryDisk(1)] }).board;
  plain.portWrite(0xcf8, 4, 0x8000_f800);
  assert.equal(plain.portRead(0xcfc, 4), 0xffff_ffff, 'no adapter without drives');
});

test('a sector goes by bus master into RAM, and IRQ 14 to the interrupt controllers', () => {
  const image = new Uint8Array(512 * 10).map((_, i) => i >> 2);
  const { machine, time, board, config } = build({ disks: [imageDisk(image)] });
  config(0x20, 0xc000);
  config(0x04, 5);
  board.memory.write(0x5000, Uint8Array.of(0, 0x60, 0, 0, 0, 4, 0, 0x80));
  board.portWrite(0xc004, 4, 0x5000);
  board.portWrite(0x1f2, 4, 0x0000_0702);
  board.portWrite(0x1f6, 1, 0xe0);
  board.portWrite(0x1f7, 1, 0xc8);
  board.portWrite(0xc000, 1, 9);
  while (board.portRead(0x3f6, 1) === 0x80) {
    time.now += 10_000;
    machine.alarms.fire();
  }
  assert.equal(board.portRead(0xc002, 1), 0x04);
  const moved = new Uint8Array(1024);
  board.memory.read(0x6000, moved);
  assert.deepEqual(moved, image.subarray(7 * 512, 9 * 512));
  board.portWrite(0xa0, 1, 0x0a);
  assert.equal(board.portRead(0xa0, 1) & 0x40, 0x40, 'requested at the second PIC');
});

test('floppy drives are told in CMOS, and answer at their ports', () => {
  const cmos = (board: ReturnType<typeof build>['board'], index: number): number => {
    board.portWrite(0x70, 1, index);
    return board.portRead(0x71, 1);
  };
  const none = build({}).board;
  assert.deepEqual([cmos(none, 0x10), cmos(none, 0x14) & 0xc1], [0x00, 0x00]);
  const { board, time, machine } = build({ floppies: [emptyMemoryDisk(2880), null] });
  assert.deepEqual([cmos(board, 0x10), cmos(board, 0x14) & 0xc1], [0x44, 0x41]);
  board.portWrite(0x3f2, 1, 0x0c);
  time.now += 1e6;
  machine.alarms.fire();
  board.portWrite(0x3f5, 1, 0x08);
  assert.equal(board.portRead(0x3f5, 1), 0xc0);
  board.portWrite(0x87, 1, 0x12);
  assert.equal(board.portRead(0x87, 1), 0x12);
});
