import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { fixedWallClock, Rtc } from './rtc.ts';

const SECOND = 1_000_000_000;
/** 2024-02-28T23:59:58Z, a Wednesday. */
const START = Date.UTC(2024, 1, 28, 23, 59, 58);

function build(start = START) {
  const clock = new FakeClock();
  const irq = new LineProbe();
  const rtc = new Rtc({ clock, wallClock: fixedWallClock(clock, start), irq });
  const [port] = rtc.regions;
  const read = (index: number) => {
    port!.write(0, 1, index);
    return port!.read(1, 1);
  };
  const write = (index: number, value: number) => {
    port!.write(0, 1, index);
    port!.write(1, 1, value);
  };
  const time = () =>
    [0x32, 9, 8, 7, 4, 2, 0].map((index) => read(index).toString(16).padStart(2, '0')).join(' ');
  return { clock, irq, rtc, read, write, time };
}

test('shows the wall clock in BCD, over a leap day', () => {
  const r = build();
  assert.equal(r.time(), '20 24 02 28 23 59 58');
  assert.equal(r.read(6), 4);
  r.clock.advance(2 * SECOND);
  assert.equal(r.time(), '20 24 02 29 00 00 00');
  assert.equal(r.read(6), 5);
  assert.equal(r.read(0x0d), 0x80);
});

test('binary and twelve hours', () => {
  const r = build();
  r.write(0x0b, 0x04);
  assert.deepEqual([r.read(4), r.read(2), r.read(7)], [0x8b, 59, 28]);
  r.clock.advance(2 * SECOND);
  assert.equal(r.read(4), 12); // midnight is 12 AM
  r.write(0x0b, 0x00);
  assert.equal(r.read(4), 0x12);
});

test('SET holds the registers; leaving it takes them over', () => {
  const r = build();
  r.write(0x0b, 0x82);
  r.clock.advance(10 * SECOND);
  assert.equal(r.time(), '20 24 02 28 23 59 58');
  r.write(0x32, 0x19);
  r.write(9, 0x99);
  r.write(8, 0x12);
  r.write(7, 0x31);
  r.write(6, 0x06);
  r.write(0x0b, 0x02);
  assert.equal(r.time(), '19 99 12 31 23 59 58');
  r.clock.advance(2 * SECOND);
  assert.equal(r.time(), '20 00 01 01 00 00 00');
  assert.equal(r.read(6), 7);
});

test('leaving the divider reset begins half a second before the update', () => {
  const r = build();
  r.write(0x0a, 0x76);
  r.clock.advance(3 * SECOND);
  r.write(0x0a, 0x26);
  assert.equal(r.read(0), 0x58);
  r.clock.advance(0.499 * SECOND);
  assert.equal(r.read(0), 0x58);
  r.clock.advance(0.002 * SECOND);
  assert.equal(r.read(0), 0x59);
});

test('UIP announces the update', () => {
  const r = build();
  assert.equal(r.read(0x0a), 0x26);
  r.clock.advance(0.998 * SECOND);
  assert.equal(r.read(0x0a), 0xa6);
  r.clock.advance(0.002 * SECOND);
  assert.equal(r.read(0x0a), 0x26);
});

test('the update-ended interrupt comes each second, once C is read', () => {
  const r = build();
  r.write(0x0b, 0x12);
  r.clock.advance(1.001 * SECOND);
  assert.equal(r.irq.level, true);
  r.clock.advance(5 * SECOND);
  assert.equal(r.irq.edges, 1);
  assert.equal(r.read(0x0c) & 0x90, 0x90);
  assert.equal(r.irq.level, false);
  assert.equal(r.read(0x0c), 0);
  r.clock.advance(1 * SECOND);
  assert.equal(r.irq.edges, 2);
});

test('the periodic interrupt keeps its rate', () => {
  const r = build();
  r.write(0x0a, 0x26); // 1024 Hz
  r.write(0x0b, 0x42);
  let count = 0;
  while (r.clock.now() < SECOND) {
    r.clock.advance(SECOND / 4096);
    if (r.irq.level) {
      count++;
      assert.equal(r.read(0x0c) & 0xc0, 0xc0);
    }
  }
  assert.equal(count, 1024);
});

test('flags are set without interrupts too', () => {
  const r = build();
  r.clock.advance(1.5 * SECOND);
  assert.equal(r.read(0x0c), 0x50);
  assert.equal(r.irq.edges, 0);
});

test('the alarm matches a time, or any with C0', () => {
  const r = build();
  r.write(1, 0x05);
  r.write(3, 0xc0);
  r.write(5, 0x00);
  r.write(0x0b, 0x22);
  r.clock.advance(6.9 * SECOND);
  assert.equal(r.irq.level, false);
  r.clock.advance(0.2 * SECOND);
  assert.equal(r.irq.level, true);
  assert.equal(r.read(0x0c) & 0xa0, 0xa0);
  r.clock.advance(60 * SECOND);
  assert.equal(r.irq.edges, 2);
});

test('RAM holds what is written, register D and C do not', () => {
  const r = build();
  r.write(0x40, 0x5a);
  r.write(0x0d, 0);
  r.rtc.setRam(0x34, 0x77);
  assert.deepEqual([r.read(0x40), r.read(0x0d), r.read(0x34)], [0x5a, 0x80, 0x77]);
});

test('bit 7 of the index masks NMI', () => {
  const r = build();
  r.read(0x8f);
  assert.equal(r.rtc.nmiMasked, true);
  r.read(0x0f);
  assert.equal(r.rtc.nmiMasked, false);
});
