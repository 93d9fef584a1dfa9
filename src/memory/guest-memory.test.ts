import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from './guest-memory.ts';
import type { Region } from './region.ts';

const MIB = 2 ** 20;
const BIOS = 0xf_0000;
const VIDEO = 0xe000_0000;

const registers = (name: string, value: number): Region => ({ name, read: () => value, write() {} });

test('a ROM is read at every place that shows it; writes vanish or reach the RAM behind it', () => {
  const memory = new GuestMemory(2 * MIB, 0x2_0000);
  const rom = memory.allocate('bios', 0x2_0000);
  rom.bytes.fill(0x55);
  memory.mapPlain(0xfffe_0000, 0x2_0000, rom, 0, 'nowhere');
  memory.mapPlain(BIOS, 0x1_0000, rom, 0x1_0000, 'ram');
  assert.equal(memory.read32(0xffff_fff0), 0x5555_5555);
  assert.equal(memory.place(BIOS), memory.place(0xffff_0000));
  memory.write32(0xffff_fff0, 0);
  memory.write16(BIOS, 0x1234);
  assert.equal(memory.read16(BIOS), 0x5555);
  // The RAM is what was written.
  memory.mapRam(BIOS, 0x1_0000, 'memory');
  assert.equal(memory.read32(BIOS), 0x1234);
  memory.mapRam(BIOS, 0x1_0000, 'nowhere');
  memory.write(BIOS, Uint8Array.of(7, 7));
  assert.equal(memory.read32(BIOS), 0x1234);
});

test('video memory is written where its BAR is, and tells what has changed', () => {
  const memory = new GuestMemory(2 * MIB, 4 * MIB);
  const video = memory.allocate('video', 4 * MIB);
  const pages = new Uint8Array(1024);
  assert.equal(video.takeWritten(pages), false);
  const unmap = memory.overlay(VIDEO, 4 * MIB, video);
  memory.write32(VIDEO + 0x5000, 0xaabb_ccdd);
  memory.write(VIDEO + 0x7fff, Uint8Array.of(1, 2));
  assert.equal(video.bytes[0x5003], 0xaa);
  assert.equal(video.takeWritten(pages), true);
  assert.deepEqual(
    [...pages.entries()].filter(([, written]) => written).map(([page]) => page),
    [5, 7, 8],
  );
  assert.equal(video.takeWritten(pages), false);
  unmap();
  assert.equal(memory.read32(VIDEO + 0x5000), 0xffff_ffff);
  memory.overlay(VIDEO + 0x100_0000, 4 * MIB, video);
  assert.equal(memory.read32(VIDEO + 0x100_5000), 0xaabb_ccdd);
  video.written(0x1fff, 2);
  pages.fill(0);
  assert.equal(video.takeWritten(pages), true);
  assert.deepEqual([...pages.subarray(0, 4)], [0, 1, 1, 0]);
});

test('code listeners hear of writes through every place of a page', () => {
  const memory = new GuestMemory(2 * MIB, 0x1000);
  const plain = memory.allocate('plain', 0x1000);
  memory.mapPlain(0x10_0000, 0x1000, plain, 0, 'memory');
  memory.mapPlain(0x11_0000, 0x1000, plain, 0, 'memory');
  const heard: number[][] = [];
  memory.onCodeWrite((...what) => heard.push(what));
  const page = memory.place(0x10_0000) / 4096;
  memory.codePages[page] = 1;
  memory.write16(0x11_0010, 1);
  memory.write(0x10_0020, Uint8Array.of(1, 2, 3));
  plain.written(0x30, 1);
  assert.deepEqual(heard, [[page, 0x10, 0x11], [page, 0x20, 0x22], [page, 0x30, 0x30]]); // biome-ignore format: short
});

test('devices copy over any number of pages of any kind, and are lent what is RAM throughout', () => {
  const memory = new GuestMemory(2 * MIB, 0x1000);
  const rom = memory.allocate('rom', 0x1000);
  rom.bytes.fill(0x55);
  memory.mapPlain(0x3000, 0x1000, rom, 0, 'nowhere');
  const heard: number[][] = [];
  memory.onCodeWrite((...what) => heard.push(what));
  for (const page of [1, 2, 4]) memory.codePages[page] = 1;
  const source = Uint8Array.from({ length: 0x3000 }, (_, i) => i % 251);
  memory.write(0x1ff0, source);
  assert.deepEqual(heard, [[1, 0xff0, 0xfff], [2, 0, 0xfff], [4, 0, 0xfef]]); // biome-ignore format: short
  assert.deepEqual([...memory.dirtyPages.subarray(0, 6)], [0, 1, 1, 0, 1, 0]);
  const back = new Uint8Array(0x3000);
  memory.read(0x1ff0, back);
  const expected = source.slice();
  expected.fill(0x55, 0x1010, 0x2010);
  assert.deepEqual(back, expected);
  // Around the end of RAM, and where there is none.
  const small = new Uint8Array(8);
  memory.write(2 * MIB - 4, source.subarray(0, 8));
  memory.read(2 * MIB - 4, small);
  assert.deepEqual([...small], [0, 1, 2, 3, 0xff, 0xff, 0xff, 0xff]);
  memory.read(-4, small);
  assert.deepEqual([...small.subarray(0, 4)], [0xff, 0xff, 0xff, 0xff]);

  heard.length = 0;
  assert.equal(memory.lend(0x2800, 0x1000, 'read'), undefined);
  assert.equal(memory.lend(2 * MIB - 512, 1024, 'write'), undefined);
  assert.equal(memory.lend(-512, 512, 'write'), undefined);
  assert.deepEqual(memory.lend(0x1ff0, 0x20, 'read'), source.subarray(0, 0x20));
  assert.deepEqual(heard, []);
  memory.dirtyPages.fill(0);
  memory.lend(0x1ff0, 0x20, 'write')!.fill(9);
  assert.equal(memory.read8(0x200f), 9);
  assert.deepEqual(heard, [[1, 0xff0, 0xfff], [2, 0, 0xf]]); // biome-ignore format: short
  assert.deepEqual([...memory.dirtyPages.subarray(0, 4)], [0, 1, 1, 0]);
});

test('the map is told of when memory moves, not for devices', () => {
  const memory = new GuestMemory(2 * MIB, 0x1_0000);
  let changes = 0;
  memory.onMapChange(() => changes++);
  memory.map(0xfec0_0000, 0x1000, registers('apic', 1));
  memory.overlay(VIDEO, 0x2000, registers('card', 2))();
  assert.equal(changes, 0);
  memory.map(0xa_0000, 0x2_0000, registers('video', 3));
  memory.unmap(0xc_0000, 0x1000);
  memory.unmap(0xc_0000, 0x1000);
  assert.equal(changes, 2);
  memory.overlay(VIDEO, 0x1_0000, memory.allocate('plain', 0x1_0000))();
  assert.equal(changes, 4);
});

test('a closed A20 gate shows even MiB in odd ones, devices and ROMs too', () => {
  const memory = new GuestMemory(4 * MIB, 0x1000);
  const rom = memory.allocate('rom', 0x1000);
  rom.bytes.fill(0x99);
  memory.mapPlain(0xc_0000, 0x1000, rom, 0, 'ram');
  memory.map(0xa_0000, 0x1000, registers('video', 0x42));
  memory.write8(0x500, 1);
  memory.write8(0x10_0500, 2);
  memory.a20 = false;
  assert.equal(memory.read8(0x10_0500), 1);
  memory.write8(0x30_0000, 9);
  assert.equal(memory.read8(0x20_0000), 9);
  assert.equal(memory.read8(0x1a_0000), 0x42);
  assert.equal(memory.read8(0x1c_0000), 0x99);
  memory.write8(0x1c_0000, 3);
  memory.unmap(0x1000, 0x1000);
  assert.equal(memory.read8(0x10_1000), 0xff);
  memory.a20 = true;
  assert.equal(memory.read8(0x10_0500), 2);
  assert.equal(memory.read8(0x30_0000), 0);
  memory.mapRam(0xc_0000, 0x1000, 'memory');
  assert.equal(memory.read8(0xc_0000), 3);
});

test('what cannot be is refused', () => {
  const memory = new GuestMemory(2 * MIB, 0x1_0000);
  const plain = memory.allocate('plain', 0x1_0000);
  assert.throws(() => memory.allocate('more', 0x1000), /no 4096 bytes/);
  assert.throws(() => memory.mapPlain(0, 0x1000, plain, 0x1_0000, 'memory'), /smaller/);
  assert.throws(() => new GuestMemory(MIB).mapPlain(0, 0x1000, plain, 0, 'memory'), /another/);
  assert.throws(() => memory.mapRam(2 * MIB, 0x1000, 'memory'), /no RAM/);
  assert.throws(() => memory.unmap(0x800, 0x1000), /granularity/);
  memory.map(0xfec0_0000, 0x1000, registers('one', 1));
  assert.throws(() => memory.map(0xfec0_0000, 0x1000, registers('two', 1)), /overlaps/);
});

test('flash is read as memory and written as a device, or is a device altogether', () => {
  const memory = new GuestMemory(2 * MIB, 0x1_0000);
  const plain = memory.allocate('flash', 0x1_0000, 'rom');
  plain.bytes.fill(0x77);
  const written: number[][] = [];
  const commands: Region = {
    name: 'flash',
    read: (offset) => 0x80 + offset,
    write: (...what) => written.push(what),
  };
  let changes = 0;
  memory.onMapChange(() => changes++);
  const start = 0xffff_0000;
  memory.mapFlash(start, plain, commands);
  memory.write8(start + 0x1234, 0x40);
  memory.write16(start + 0xfffe, 0xbeef);
  assert.equal(memory.read32(start + 0x1234), 0x7777_7777);
  assert.equal(memory.place(start + 5), memory.place(start) + 5);
  // Devices that write to memory do not reach it.
  memory.write(start, Uint8Array.of(1, 2, 3));
  assert.deepEqual(written, [[0x1234, 1, 0x40], [0xfffe, 2, 0xbeef]]); // biome-ignore format: short
  assert.equal(plain.bytes[0], 0x77);

  memory.map(start, 0x1_0000, commands);
  assert.equal(memory.read8(start + 2), 0x82);
  memory.mapFlash(start, plain, commands);
  assert.equal(memory.read8(start + 2), 0x77);
  assert.equal(changes, 3);
  assert.throws(() => memory.map(start + 0x1000, 0x1000, registers('other', 1)), /overlaps flash/);
});
