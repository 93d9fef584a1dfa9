// The VGA's registers and its way into memory, as Ferraro describes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildVga, MODES } from './vga-testing.ts';

test('the CRT controller answers at 3Bx or 3Dx, and protects its timing', () => {
  const v = buildVga();
  v.out(0x3c2, 0x66);
  v.out(0x3b4, 0x0e);
  v.out(0x3b5, 0x12);
  assert.equal(v.input(0x3b5), 0x12);
  assert.equal(v.input(0x3d5), 0xff);
  v.out(0x3c2, 0x67);
  assert.equal(v.input(0x3cc), 0x67);
  assert.equal(v.input(0x3d4), 0x0e);
  assert.equal(v.input(0x3b5), 0xff);
  v.indexed(0x3d4, 0x00, 0x5f);
  v.indexed(0x3d4, 0x11, 0x80);
  v.indexed(0x3d4, 0x00, 0x11);
  v.indexed(0x3d4, 0x07, 0xff);
  v.out(0x3d4, 0x00);
  assert.equal(v.input(0x3d5), 0x5f);
  v.out(0x3d4, 0x07);
  assert.equal(v.input(0x3d5), 0x10);
});

test('the attribute controller takes index and data in turn; reading status 1 begins with the index', () => {
  const v = buildVga();
  v.setMode(MODES.text);
  v.input(0x3da);
  v.out(0x3c0, 0x30);
  v.out(0x3c0, 0x0c);
  assert.equal(v.input(0x3c0), 0x30);
  assert.equal(v.input(0x3c1), 0x0c);
  v.out(0x3c0, 0x31);
  v.input(0x3da);
  v.out(0x3c0, 0x06);
  assert.equal(v.input(0x3c1), 0x14);
});

test('the DAC: three components a colour, the index goes on, 6 bits or 8', () => {
  const v = buildVga();
  v.out(0x3c8, 0x10);
  for (const component of [1, 2, 3, 0xff, 5, 6]) v.out(0x3c9, component);
  assert.equal(v.input(0x3c8), 0x12);
  v.out(0x3c7, 0x10);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => v.input(0x3c9)),
    [1, 2, 3, 0x3f, 5, 6],
  );
  assert.equal(v.input(0x3c7), 3);
  v.setVbe(640, 480, 8, 0x61);
  v.out(0x3c8, 0);
  for (const component of [0xff, 0x80, 0x41]) v.out(0x3c9, component);
  v.out(0x3c7, 0);
  assert.deepEqual(
    [1, 2, 3].map(() => v.input(0x3c9)),
    [0xff, 0x80, 0x41],
  );
});

test('write mode 0: rotate, set/reset, functions and bit mask', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  const planes = (address: number) =>
    [0, 1, 2, 3].map((plane) => {
      v.indexed(0x3ce, 4, plane);
      return v.peek(address);
    });
  v.poke(0xa0000, 0xa5);
  assert.deepEqual(planes(0xa0000), [0xa5, 0xa5, 0xa5, 0xa5]);
  v.indexed(0x3c4, 2, 0b0101);
  v.poke(0xa0000, 0x0f);
  assert.deepEqual(planes(0xa0000), [0x0f, 0xa5, 0x0f, 0xa5]);
  v.indexed(0x3c4, 2, 0x0f);
  v.indexed(0x3ce, 3, 4); // rotate by 4
  v.poke(0xa0001, 0x1f);
  assert.deepEqual(planes(0xa0001), [0xf1, 0xf1, 0xf1, 0xf1]);
  v.indexed(0x3ce, 3, 0x18); // XOR
  v.peek(0xa0001);
  v.poke(0xa0001, 0xff);
  assert.deepEqual(planes(0xa0001), [0x0e, 0x0e, 0x0e, 0x0e]);
  v.indexed(0x3ce, 3, 0);
  v.indexed(0x3ce, 0, 0b1001); // set/reset for planes 0, 1, 3
  v.indexed(0x3ce, 1, 0b1011);
  v.indexed(0x3ce, 8, 0xf0);
  v.peek(0xa0001);
  v.poke(0xa0001, 0x55);
  assert.deepEqual(planes(0xa0001), [0xfe, 0x0e, 0x5e, 0xfe]);
});

test('write modes 1, 2 and 3', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  const words = new Uint32Array(v.memory.bytes.buffer, v.memory.bytes.byteOffset, 16);
  words[0] = 0x44332211;
  v.indexed(0x3ce, 5, 1);
  v.peek(0xa0000);
  v.poke(0xa0005, 0x00);
  assert.equal(words[5], 0x44332211);
  v.indexed(0x3ce, 5, 2);
  v.indexed(0x3ce, 8, 0x81);
  v.peek(0xa0006);
  v.poke(0xa0006, 0b0110);
  assert.equal(words[6], 0x00818100);
  v.indexed(0x3ce, 5, 3);
  v.indexed(0x3ce, 8, 0xff);
  v.indexed(0x3ce, 0, 0b1000);
  v.peek(0xa0000);
  v.poke(0xa0000, 0x0f);
  assert.equal(words[0], 0x4f302010);
});

test('read mode 1 compares colours, planes that do not care aside', () => {
  const v = buildVga();
  v.setMode(MODES.planar);
  const words = new Uint32Array(v.memory.bytes.buffer, v.memory.bytes.byteOffset, 16);
  words[3] = 0xff00f00f; // colours: 9 where plane 0, C where plane 1 ...
  v.indexed(0x3ce, 5, 8);
  v.indexed(0x3ce, 2, 0b1001);
  v.indexed(0x3ce, 7, 0x0f);
  assert.equal(v.peek(0xa0003), 0x0f);
  v.indexed(0x3ce, 2, 0b1000);
  v.indexed(0x3ce, 7, 0b1000);
  assert.equal(v.peek(0xa0003), 0xff);
  v.indexed(0x3ce, 7, 0);
  assert.equal(v.peek(0xa0001), 0xff);
});

test('odd/even, chained and unchained addresses', () => {
  const v = buildVga();
  v.setMode(MODES.text);
  v.poke(0xb8000, 0x0741, 2);
  v.poke(0xb8002, 0x42);
  assert.deepEqual([...v.memory.bytes.subarray(0, 12)], [0x41, 0x07, 0, 0, 0, 0, 0, 0, 0x42, 0, 0, 0]);
  assert.equal(v.peek(0xb8000, 4), 0x0042_0741);
  assert.equal(v.peek(0xa0000), 0xff);
  v.setMode(MODES.packed);
  v.memory.bytes.fill(0);
  v.poke(0xa0000, 0x04030201, 4);
  v.poke(0xa0005, 0x55);
  assert.deepEqual([...v.memory.bytes.subarray(0, 4)], [1, 2, 3, 4]);
  assert.equal(v.memory.bytes[4 * 4 + 1], 0x55);
  assert.equal(v.peek(0xa0000, 4), 0x04030201);
  v.indexed(0x3c4, 4, 0x06);
  v.indexed(0x3c4, 2, 0b0010);
  v.poke(0xa0001, 0x66);
  assert.equal(v.memory.bytes[4 * 1 + 1], 0x66);
});

test('status 1 shows retrace as a field passes', () => {
  const v = buildVga();
  v.setMode(MODES.text);
  let retraces = 0;
  let blanked = 0;
  let before = 0;
  for (let i = 0; i < 14_269; i++) {
    const status = v.input(0x3da);
    if ((status & 8) !== 0 && (before & 8) === 0) retraces++;
    if ((status & 1) !== 0) blanked++;
    before = status;
    v.clock.advance(1000);
  }
  assert.equal(retraces, 1);
  assert.ok(blanked > 2500 && blanked < 6000, String(blanked));
});

test('VBE: identification, capabilities, a mode, virtual size, banks', () => {
  const v = buildVga();
  const get = (index: number) => {
    v.out(0x1ce, index, 2);
    return v.input(0x1cf, 2);
  };
  const set = (index: number, value: number) => {
    v.out(0x1ce, index, 2);
    v.out(0x1cf, value, 2);
  };
  assert.equal(get(0), 0xb0c5);
  set(0, 0xb0c0);
  assert.equal(get(0), 0xb0c0);
  set(0, 0x1234);
  assert.equal(get(0), 0xb0c0);
  assert.equal(get(10), 256);
  set(4, 2);
  assert.deepEqual([get(1), get(2), get(3)], [2560, 1600, 32]);
  v.memory.bytes.fill(0xaa, 0, 100);
  v.setVbe(800, 600, 16);
  assert.equal(v.memory.bytes[0], 0);
  assert.deepEqual([get(1), get(2), get(3), get(4), get(6)], [800, 600, 16, 0x41, 800]);
  set(1, 640);
  assert.equal(get(1), 800);
  set(6, 1024);
  assert.deepEqual([get(6), get(7)], [1024, 8192]);
  set(6, 100);
  assert.equal(get(6), 1024);
  set(8, 224);
  set(8, 225);
  assert.equal(get(8), 224);
  set(5, 3);
  v.poke(0xa0010, 0x99);
  assert.equal(v.memory.bytes[0x30010], 0x99);
  assert.equal(v.peek(0xa0010), 0x99);
  set(4, 0);
  v.setVbe(1920, 1200, 32, 0xc1);
  assert.equal(get(4), 0xc1);
  v.setVbe(2560, 1600, 15);
  assert.equal(get(4), 0x41);
});

test('a VBE mode that does not fit is not set', () => {
  const v = buildVga(1);
  v.setVbe(1024, 768, 32);
  assert.equal(v.input(0x1cf, 2), 0x40);
});

test('a reset leaves the memory and clears the registers', () => {
  const v = buildVga();
  v.setMode(MODES.text);
  v.poke(0xb8000, 0x41);
  v.setVbe(640, 480, 32, 0xc1);
  v.vga.reset();
  assert.equal(v.input(0x3cc), 0);
  assert.equal(v.memory.bytes[0], 0x41);
  v.out(0x1ce, 4, 2);
  assert.equal(v.input(0x1cf, 2), 0);
});
