// The flash chip as a firmware's driver uses it: detection, query, erasing, programming, the write buffer, failures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlashImage, memoryFlash } from '../../backend/flash/flash-image.ts';
import { plainMemory } from '../plain-memory-testing.ts';
import { IntelFlash } from './intel-flash.ts';

const SIZE = 0x84000;
const BLOCK = 0x3000;

function flash(change: (image: FlashImage) => FlashImage = (image) => image) {
  const content = new Uint8Array(SIZE).fill(0xff);
  content.set([0x8d, 0x2b, 0xf1], 0x10);
  const memory = plainMemory('flash', SIZE);
  const shown: boolean[] = [];
  const chip = new IntelFlash({
    memory,
    image: change(memoryFlash(content)),
    showArray: (array) => shown.push(array),
  });
  const [region] = chip.regions;
  const write = (offset: number, ...values: number[]) => {
    for (const value of values) region!.write(offset, 1, value);
  };
  const read = (offset: number) => region!.read(offset, 1);
  return { chip, content, memory, shown, write, read, region: region! };
}

test('firmware tells it from RAM and ROM', () => {
  const { write, read } = flash();
  assert.equal(read(0x10), 0x8d);
  write(0x10, 0x50);
  assert.equal(read(0x10), 0x8d);
  write(0x10, 0x70);
  assert.equal(read(0x10), 0x00);
  write(0x10, 0xff);
  assert.equal(read(0x10), 0x8d);
});

test('the board hears when reads show something else than the array', () => {
  const { chip, write, shown } = flash();
  write(0, 0x50, 0xff, 0x70, 0x90, 0x98, 0xff, 0x40, 0x00);
  assert.deepEqual(shown, [false, true, false]);
  chip.reset();
  assert.deepEqual(shown, [false, true, false, true]);
});

test('a block is erased and programmed; programming clears bits only', () => {
  const { write, read, content, memory } = flash();
  write(BLOCK + 7, 0x40, 0x5a);
  assert.equal(read(BLOCK), 0x80);
  write(BLOCK + 7, 0x10, 0xf3);
  write(0, 0xff);
  assert.equal(read(BLOCK + 7), 0x5a & 0xf3);
  assert.equal(content[BLOCK + 7], 0x5a & 0xf3);
  write(BLOCK + 0xfff, 0x40, 1, 0x40, 0xfe, 0x70);
  assert.equal(read(0), 0x80);
  write(BLOCK + 0x123, 0x20, 0xd0);
  assert.equal(read(0), 0x80);
  assert.ok(content.subarray(BLOCK, BLOCK + 0x1000).every((byte) => byte === 0xff));
  assert.equal(content[0x10], 0x8d);
  assert.deepEqual(memory.bytes, content);
});

test('a word is programmed at once', () => {
  const { region, content } = flash();
  region.write(BLOCK, 1, 0x40);
  region.write(BLOCK, 2, 0x1234);
  assert.deepEqual([...content.subarray(BLOCK, BLOCK + 3)], [0x34, 0x12, 0xff]);
});

test('the write buffer takes what lies in one block and within its length', () => {
  const { write, read, content } = flash();
  write(BLOCK, 0xe8);
  assert.equal(read(BLOCK) & 0x80, 0x80);
  write(BLOCK, 3);
  for (const i of [0, 2, 1, 3]) write(BLOCK + 0x40 + i, 0x11 * (i + 1));
  assert.equal(content[BLOCK + 0x40], 0xff);
  write(BLOCK, 0xd0);
  assert.equal(read(BLOCK), 0x80);
  assert.deepEqual([...content.subarray(BLOCK + 0x40, BLOCK + 0x45)], [0x11, 0x22, 0x33, 0x44, 0xff]);

  // Over the end of the block.
  write(BLOCK, 0xe8, 1);
  write(BLOCK + 0xfff, 0);
  write(BLOCK + 0x1000, 0);
  assert.equal(read(0), 0x90);
  write(0, 0x50, 0xff);
  assert.equal(content[BLOCK + 0xfff], 0xff);

  // All of it, and then something else than the confirmation.
  write(BLOCK, 0xe8, 0xff);
  for (let i = 0; i < 256; i++) write(BLOCK + 0x100 + i, i);
  write(BLOCK, 0xff);
  assert.equal(read(0), 0xb0);
  assert.equal(content[BLOCK + 0x101], 0xff);
});

test('a wrong second command is a failure of the sequence; locks are taken and do nothing', () => {
  const { write, read, content } = flash();
  write(0, 0x20, 0xff);
  assert.equal(read(0), 0xb0);
  assert.equal(content[0x10], 0x8d);
  write(0, 0x50, 0x60, 0x01);
  assert.equal(read(0), 0x80);
  write(0, 0x20, 0xd0);
  assert.equal(read(0), 0x80);
  assert.equal(content[0x10], 0xff);
  write(0, 0x60, 0xd0);
  assert.equal(read(0), 0x80);
  write(0, 0x60, 0x00);
  assert.equal(read(0), 0xb0);
});

test('the query table describes blocks that add up to the size (JESD68.01)', () => {
  const { write, region } = flash();
  write(0x55, 0x98);
  const byte = (offset: number) => region.read(offset, 1);
  const word = (offset: number) => region.read(offset, 2);
  assert.equal(String.fromCharCode(byte(0x10), byte(0x11), byte(0x12)), 'QRY');
  assert.equal(word(0x13), 1);
  const extended = word(0x15);
  assert.equal(String.fromCharCode(byte(extended), byte(extended + 1), byte(extended + 2)), 'PRI');
  assert.ok(2 ** byte(0x27) >= SIZE && 2 ** byte(0x27) < 2 * SIZE);
  assert.equal(2 ** word(0x2a), 256);
  assert.equal(byte(0x2c), 1);
  assert.equal((word(0x2d) + 1) * word(0x2f) * 256, SIZE);
  write(0, 0x90);
  assert.deepEqual([byte(0), byte(1), byte(BLOCK + 2)], [0, 0, 0]);
});

test('a read-only chip says that its blocks are locked', () => {
  const { write, read, content } = flash((image) => ({ ...image, readOnly: true }));
  write(0x10, 0x40, 0);
  assert.equal(read(0), 0x92);
  write(0x10, 0x50, 0x20, 0xd0);
  assert.equal(read(0), 0xa2);
  write(0, 0xff);
  assert.equal(read(0x10), 0x8d);
  assert.equal(content[0x10], 0x8d);
});

test('what could not be kept has failed, and is not seen', () => {
  const { write, read } = flash((image) => ({ ...image, store: () => false }));
  write(0x10, 0x40, 0);
  assert.equal(read(0), 0x90);
  write(0x10, 0x20, 0xd0);
  assert.equal(read(0), 0xb0);
  write(0, 0xff);
  assert.equal(read(0x10), 0x8d);
});
