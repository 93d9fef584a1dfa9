import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Register } from './registers.ts';
import { merge, registerRegion } from './registers.ts';

interface Cells {
  a: number;
  b: number;
  wide: number;
  bank: boolean;
  lanes: number[];
}

const TABLE: readonly Register<Cells>[] = [
  {
    name: 'A',
    offset: 0,
    width: 1,
    access: 'RW',
    when: (c) => !c.bank,
    read: (c) => c.a,
    write: (c, v) => {
      c.a = v;
    },
  },
  { name: 'A2', offset: 0, width: 1, access: 'RO', when: (c) => c.bank, read: () => 0xee },
  {
    name: 'B',
    offset: 1,
    width: 1,
    access: 'RW',
    read: (c) => c.b,
    write: (c, v) => {
      c.b = v;
    },
  },
  {
    name: 'WIDE',
    offset: 4,
    width: 4,
    access: 'RW',
    read: (c) => c.wide,
    write: (c, v, lanes) => {
      c.lanes.push(lanes);
      c.wide = merge(c.wide, v, lanes);
    },
  },
];

const cells = (): Cells => ({ a: 1, b: 2, wide: 0x44332211, bank: false, lanes: [] });

test('wide accesses are split over narrow registers, little-endian', () => {
  const chip = cells();
  const region = registerRegion('test', 8, TABLE, chip);
  assert.equal(region.read(0, 4), 0xffff_0201);
  region.write(0, 2, 0xbbaa);
  assert.deepEqual([chip.a, chip.b], [0xaa, 0xbb]);
});

test('narrow accesses see the bytes of a wide register', () => {
  const chip = cells();
  const region = registerRegion('test', 8, TABLE, chip, { unclaimed: 0 });
  assert.equal(region.read(5, 2), 0x3322);
  assert.equal(region.read(6, 4), 0x4433);
  region.write(5, 1, 0xaa);
  region.write(6, 4, 0x1234_5678);
  assert.equal(chip.wide, 0x5678_aa11);
  assert.deepEqual(chip.lanes, [0xff00, 0xffff_0000]);
  region.write(4, 4, 0xffff_ffff);
  assert.equal(region.read(4, 4), 0xffff_ffff);
});

test('whole writes only, where the chip wants that', () => {
  const chip = cells();
  const region = registerRegion('test', 8, TABLE, chip, { wholeWritesOnly: true });
  region.write(4, 2, 0);
  assert.equal(chip.wide, 0x44332211);
  region.write(4, 4, 0);
  assert.equal(chip.wide, 0);
});

test('banks take turns; what nobody claims reads as ones and swallows writes', () => {
  const chip = cells();
  const region = registerRegion('test', 8, TABLE, chip);
  chip.bank = true;
  assert.equal(region.read(0, 1), 0xee);
  region.write(0, 1, 9);
  assert.equal(chip.a, 1);
  assert.equal(region.read(2, 2), 0xffff);
  assert.equal(region.read(100, 4), 0xffff_ffff);
  region.write(100, 4, 1);
});
