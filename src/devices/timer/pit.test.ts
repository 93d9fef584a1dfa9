import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { clockRate, PIT_HZ, ticksAt, timeOfTick } from './clock-rate.ts';
import { Pit } from './pit.ts';

const RATE = clockRate(PIT_HZ);

function build() {
  const clock = new FakeClock();
  const irq = new LineProbe();
  const pit = new Pit({ clock, irq });
  const [port] = pit.regions;
  const write = (offset: number, value: number) => port!.write(offset, 1, value);
  const read = (offset: number) => port!.read(offset, 1);
  const ticks = (tick: number) => clock.advance(timeOfTick(RATE, tick) - clock.now());
  const count = (index: number) => {
    write(3, index << 6);
    return read(index) | (read(index) << 8);
  };
  return { clock, irq, pit, write, read, ticks, count };
}

/** OUT of counter 2 at ticks from `first` on, as a string of H and L. */
function wave(p: ReturnType<typeof build>, first: number, length: number): string {
  let text = '';
  for (let tick = first; tick < first + length; tick++) {
    p.ticks(tick);
    text += p.pit.output(2) ? 'H' : 'L';
  }
  return text;
}

test('mode 2 interrupts every n ticks and never drifts', () => {
  const p = build();
  p.write(3, 0x34);
  p.write(0, 11932 & 0xff);
  p.write(0, 11932 >> 8);
  p.clock.advance(10_000_000_000);
  // 10 s hold 11,931,820 ticks: 999 whole periods after the load at tick 1.
  assert.equal(p.irq.edges, 1 + 999);
});

test('mode 0: low until the terminal count, one edge, the count goes on', () => {
  const p = build();
  p.write(3, 0x30);
  assert.equal(p.irq.level, false);
  p.write(0, 100);
  p.write(0, 0);
  p.ticks(100);
  assert.equal(p.irq.level, false);
  p.ticks(101);
  assert.equal(p.irq.level, true);
  assert.equal(p.count(0), 0);
  p.ticks(102);
  assert.equal(p.count(0), 0xffff);
  p.clock.advance(1_000_000_000);
  assert.deepEqual(p.irq.history, [true]);
});

test('mode 0 stops while GATE is low, and on the first byte of a new count', () => {
  const p = build();
  p.write(3, 0xb0);
  p.write(2, 10);
  p.write(2, 0);
  p.ticks(5); // four counted
  p.pit.setGate(2, false);
  assert.equal(p.count(2), 6);
  p.ticks(500);
  assert.equal(p.count(2), 6);
  p.pit.setGate(2, true);
  p.ticks(506);
  assert.equal(p.pit.output(2), true);
  p.write(2, 5);
  assert.equal(p.pit.output(2), false);
  p.ticks(600);
  assert.equal(p.pit.output(2), false);
  p.write(2, 0);
  assert.equal(wave(p, 601, 7), 'LLLLLHH');
});

test('mode 1: GATE starts the one-shot and restarts it', () => {
  const p = build();
  p.write(3, 0x92);
  p.pit.setGate(2, false);
  p.write(2, 3);
  assert.equal(wave(p, 1, 3), 'HHH');
  p.pit.setGate(2, true);
  assert.equal(wave(p, 4, 5), 'LLLHH');
  p.pit.setGate(2, false);
  p.pit.setGate(2, true);
  assert.equal(wave(p, 9, 2), 'LL');
  p.pit.setGate(2, false);
  p.pit.setGate(2, true);
  assert.equal(wave(p, 11, 5), 'LLLHH');
});

test('mode 2: low for the last tick of each period; a new count waits for its end', () => {
  const p = build();
  p.write(3, 0x94);
  p.write(2, 4);
  assert.equal(wave(p, 1, 6), 'HHHLHH');
  p.write(2, 3);
  assert.equal(wave(p, 7, 8), 'HLHHLHHL');
});

test('mode 3: square wave, odd counts are high one tick longer; counts go by twos', () => {
  const p = build();
  p.write(3, 0x96);
  p.write(2, 5);
  assert.equal(wave(p, 1, 10), 'HHHLLHHHLL');
  const values: number[] = [];
  for (let tick = 11; tick < 16; tick++) {
    p.ticks(tick);
    p.write(3, 0x80);
    values.push(p.read(2));
  }
  assert.deepEqual(values, [4, 2, 0, 4, 2]);
});

test('mode 3: a new count is loaded at the end of the half', () => {
  const p = build();
  p.write(3, 0x96);
  p.write(2, 8);
  assert.equal(wave(p, 1, 2), 'HH');
  p.write(2, 4);
  assert.equal(wave(p, 3, 9), 'HHLLHHLLH');
});

test('mode 3: GATE low forces OUT high, its rise starts the wave again', () => {
  const p = build();
  p.write(3, 0x96);
  p.write(2, 4);
  assert.equal(wave(p, 1, 3), 'HHL');
  p.pit.setGate(2, false);
  assert.equal(wave(p, 4, 3), 'HHH');
  p.pit.setGate(2, true);
  assert.equal(wave(p, 7, 5), 'HHLLH');
});

test('modes 4 and 5: one low tick, then an edge', () => {
  const p = build();
  p.write(3, 0x98);
  p.write(2, 3);
  assert.equal(wave(p, 1, 6), 'HHHLHH');
  p.pit.setGate(2, false);
  p.write(3, 0x9a);
  p.write(2, 2);
  assert.equal(wave(p, 7, 2), 'HH');
  p.pit.setGate(2, true);
  assert.equal(wave(p, 9, 5), 'HHLHH');
  p.write(3, 0x38);
  p.write(0, 10);
  p.write(0, 0);
  const before = p.irq.edges;
  p.clock.advance(1_000_000);
  assert.equal(p.irq.edges, before + 1);
});

test('BCD counts in decimal', () => {
  const p = build();
  p.write(3, 0xb5);
  p.write(2, 0x00);
  p.write(2, 0x10); // 1000
  p.ticks(2);
  assert.equal(p.count(2), 0x0999);
  p.ticks(1000);
  assert.equal(p.count(2), 0x0001);
  p.ticks(1001);
  assert.equal(p.count(2), 0x1000);
});

test('a latched count stands still until it is read', () => {
  const p = build();
  p.write(3, 0xb4);
  p.write(2, 0);
  p.write(2, 0);
  p.ticks(101);
  p.write(3, 0x80);
  p.ticks(200);
  p.write(3, 0x80);
  assert.equal(p.read(2) | (p.read(2) << 8), 0xff9c);
  assert.equal(p.read(2), (0x10000 - 199) & 0xff);
});

test('read-back gives status, then count', () => {
  const p = build();
  p.write(3, 0xb6);
  p.write(3, 0xe8);
  assert.equal(p.read(2), 0xf6); // OUT high, null count
  p.write(2, 0x34);
  p.write(2, 0x12);
  p.ticks(1);
  p.write(3, 0xc8);
  assert.equal(p.read(2), 0xb6);
  assert.equal(p.read(2), 0x34);
  assert.equal(p.read(2), 0x12);
});

test('a late alarm gives one edge; those that were missed follow, and the phase is kept', () => {
  const p = build();
  p.write(3, 0x34);
  p.write(0, 0xa9);
  p.write(0, 0x04); // 1193 ticks, about 1 ms
  p.clock.advance(1_500_000);
  const before = p.irq.edges;
  p.clock.advanceLate(10_000_000);
  assert.equal(p.irq.edges, before + 1);
  p.clock.advance(1_100_000);
  assert.equal(p.irq.edges, before + 3, 'one every half period');
  p.clock.advance(18_900_000);
  assert.equal(p.irq.edges, before + 30, 'none is missing after a while');
  assert.equal((ticksAt(RATE, p.clock.nextDeadline()!) - 1) % 1193, 0);
});

test('the shortest period costs no more than fifty thousand alarms a second', () => {
  const p = build();
  p.write(3, 0x14);
  p.write(0, 2);
  p.clock.advance(100_000_000);
  assert.ok(p.clock.fired <= 5_001);
});

test('no more than a second of missed edges is made up for, and none after the counter is written', () => {
  const p = build();
  const program = () => {
    p.write(3, 0x34);
    p.write(0, 11932 & 0xff); // 100 Hz
    p.write(0, 11932 >> 8);
  };
  program();
  p.clock.advanceLate(60_000_000_000);
  p.clock.advance(5_000_000_000);
  assert.ok(p.irq.edges >= 598 && p.irq.edges <= 604, String(p.irq.edges));
  p.clock.advanceLate(500_000_000);
  program();
  const before = p.irq.edges;
  p.clock.advance(1_005_000_000);
  assert.equal(p.irq.edges, before + 100);
});
