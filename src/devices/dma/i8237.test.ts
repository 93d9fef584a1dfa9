import assert from 'node:assert/strict';
import { test } from 'node:test';
import { I8237Pair } from './i8237.ts';

function build() {
  const memory = new Uint8Array(0x40_0000);
  const pair = new I8237Pair({
    read: (address, target) => target.set(memory.subarray(address, address + target.length)),
    write: (address, source) => memory.set(source, address),
  });
  const out = (controller: 0 | 1, n: number, value: number): void =>
    pair.regions[controller]!.write(n << controller, 1, value);
  const inb = (controller: 0 | 1, n: number): number => pair.regions[controller]!.read(n << controller, 1);
  /** Programs a channel as drivers do; `count` in units, `address` in units of the page. */
  const program = (channel: number, mode: number, page: number, address: number, count: number): void => {
    const controller = channel < 4 ? 0 : 1;
    const at = channel & 3;
    out(controller, 10, 4 | at);
    out(controller, 12, 0);
    out(controller, 11, mode | at);
    out(controller, 2 * at, address & 0xff);
    out(controller, 2 * at, address >> 8);
    out(controller, 2 * at + 1, (count - 1) & 0xff);
    out(controller, 2 * at + 1, (count - 1) >> 8);
    pair.regions[2]!.write([6, 2, 0, 1, 14, 10, 8, 9][channel]!, 1, page);
    out(controller, 10, at);
  };
  return { memory, pair, out, inb, program };
}

const data = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 3 + 1) & 0xff);

test('a device writes to memory until the terminal count', () => {
  const { memory, pair, inb, program, out } = build();
  program(2, 0x44, 0x12, 0x3400, 1000);
  const channel = pair.channel(2);
  assert.equal(channel.transfer(data(512), true), 512);
  assert.equal(channel.terminalCount, false);
  out(0, 12, 0);
  assert.equal(inb(0, 4) | (inb(0, 4) << 8), 0x3600);
  assert.equal(inb(0, 5) | (inb(0, 5) << 8), 487);
  assert.equal(channel.transfer(data(512), true), 488);
  assert.equal(channel.terminalCount, true);
  assert.deepEqual(memory.subarray(0x12_3400, 0x12_3600), data(512));
  assert.deepEqual(memory.subarray(0x12_3600, 0x12_3600 + 488), data(488));
  assert.equal(memory[0x12_3600 + 488], 0);
  assert.equal(inb(0, 8), 0x04);
  assert.equal(inb(0, 8), 0x00, 'reading the status clears it');
  assert.equal(channel.transfer(data(1), true), 0, 'masked by the terminal count');
  assert.equal(inb(0, 15), 0xff);
});

test('a device reads memory; a verify only counts', () => {
  const { memory, pair, program } = build();
  memory.set(data(600), 0x5_0000);
  program(1, 0x48, 5, 0, 600);
  const target = new Uint8Array(512);
  assert.equal(pair.channel(1).transfer(target, false), 512);
  assert.deepEqual(target, data(512));
  program(1, 0x40, 5, 0, 600);
  assert.equal(pair.channel(1).transfer(data(600).fill(9), true), 600);
  assert.equal(memory[0x5_0000], 1);
  assert.equal(pair.channel(1).terminalCount, true);
});

test('addresses wrap within their page, and count down where asked', () => {
  const { memory, pair, program } = build();
  program(3, 0x44, 2, 0xfffe, 4);
  pair.channel(3).transfer(Uint8Array.of(1, 2, 3, 4), true);
  assert.deepEqual([memory[0x2_fffe], memory[0x2_ffff], memory[0x2_0000], memory[0x2_0001]], [1, 2, 3, 4]);
  program(3, 0x64, 2, 0x10, 3);
  pair.channel(3).transfer(Uint8Array.of(7, 8, 9), true);
  assert.deepEqual([...memory.subarray(0x2_000e, 0x2_0011)], [9, 8, 7]);
});

test('the second controller moves words', () => {
  const { memory, pair, program } = build();
  program(5, 0x44, 0x13, 0x8000, 2);
  assert.equal(pair.channel(5).transfer(Uint8Array.of(1, 2, 3, 4, 5, 6), true), 4);
  assert.deepEqual([...memory.subarray(0x13_0000, 0x13_0006)], [1, 2, 3, 4, 0, 0]);
  assert.equal(pair.channel(5).terminalCount, true);
});

test('autoinitialize begins anew; masks and the disable bit hold a channel, and it is told when they go', () => {
  const { memory, pair, out, program } = build();
  program(2, 0x54, 1, 0, 2);
  const channel = pair.channel(2);
  assert.equal(channel.transfer(Uint8Array.of(1, 2), true), 2);
  assert.equal(channel.transfer(Uint8Array.of(3), true), 1);
  assert.deepEqual([...memory.subarray(0x1_0000, 0x1_0002)], [3, 2]);
  let told = 0;
  channel.ready = () => told++;
  out(0, 8, 0x04);
  assert.equal(channel.transfer(Uint8Array.of(3), true), 0);
  out(0, 8, 0);
  out(0, 10, 6);
  assert.equal(channel.transfer(Uint8Array.of(3), true), 0);
  assert.equal(told, 1);
  out(0, 14, 0);
  assert.equal(told, 2);
  out(0, 13, 0);
  assert.equal(channel.transfer(Uint8Array.of(3), true), 0, 'a master clear masks all');
});
