import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, LineProbe } from '../testing.ts';
import { Hpet } from './hpet.ts';

function build() {
  const clock = new FakeClock(777);
  const inputs = new Map<number, LineProbe>();
  const legacy = [new LineProbe(), new LineProbe()] as const;
  const replaced: boolean[] = [];
  const hpet = new Hpet({
    clock,
    input: (number) => {
      const probe = new LineProbe();
      inputs.set(number, probe);
      return probe;
    },
    legacy,
    replaceLegacy: (on) => replaced.push(on),
  });
  const region = hpet.regions[0]!;
  return {
    clock,
    inputs,
    legacy,
    replaced,
    hpet,
    read: (offset: number) => region.read(offset, 4),
    write: (offset: number, value: number) => region.write(offset, 4, value),
  };
}

const CONF = 0x10;
const STATUS = 0x20;
const COUNTER = 0xf0;
const T0 = 0x100;
const T2 = 0x140;

test('it says what it is, and counts 10 ns while it runs', () => {
  const { read, write, clock } = build();
  assert.equal(read(0), 0x8086_a201);
  assert.equal(read(4), 10_000_000);
  clock.advance(5000);
  assert.equal(read(COUNTER), 0);
  write(CONF, 1);
  clock.advance(5000);
  assert.equal(read(COUNTER), 500);
  write(CONF, 0);
  clock.advance(5000);
  assert.equal(read(COUNTER), 500);
  write(COUNTER, 0xffff_fff0);
  write(COUNTER + 4, 7);
  write(CONF, 1);
  clock.advance(1000);
  assert.deepEqual([read(COUNTER), read(COUNTER + 4)], [84, 8]);
});

test('as Linux has it: legacy replacement, timer 0 periodic by two writes of the comparator', () => {
  const { read, write, clock, legacy, replaced } = build();
  write(CONF, 3);
  assert.deepEqual(replaced, [true]);
  // Periodic, interrupts on, 32 bits, set the accumulator.
  write(T0, 0x14c);
  write(T0 + 8, read(COUNTER) + 100_000);
  write(T0 + 8, 100_000);
  for (let tick = 1; tick <= 5; tick++) {
    clock.advance(1_000_000);
    assert.equal(legacy[0].edges, tick);
  }
  // Late by more than two periods: the interrupts follow one another, and are in phase afterwards.
  clock.advanceLate(3_300_000);
  assert.equal(legacy[0].edges, 6);
  clock.advance(500_000);
  assert.equal(legacy[0].edges, 8);
  clock.advance(190_000);
  assert.equal(legacy[0].edges, 8);
  clock.advance(20_000);
  assert.equal(legacy[0].edges, 9);
  assert.equal(read(T0), 0x13c);
});

test('one-shot at an input of the I/O APIC, and again only after the counter has come round', () => {
  const { write, clock, inputs, read } = build();
  write(T2, (20 << 9) | 0x104);
  write(T2 + 8, 1000);
  write(CONF, 1);
  clock.advance(9_990);
  assert.equal(inputs.get(20)!.edges, 0);
  clock.advance(20);
  assert.equal(inputs.get(20)!.edges, 1);
  clock.advance(2 ** 32 * 10 - 1000);
  assert.equal(inputs.get(20)!.edges, 1);
  clock.advance(2000);
  assert.equal(inputs.get(20)!.edges, 2);
  assert.equal(read(STATUS), 0);
});

test('a level-sensitive timer is high until its status bit is cleared', () => {
  const { write, clock, inputs, read } = build();
  write(T2, (16 << 9) | 0x106);
  write(T2 + 8, 10);
  write(CONF, 1);
  clock.advance(200);
  assert.equal(inputs.get(16)!.level, true);
  assert.equal(read(STATUS), 4);
  write(STATUS, 4);
  assert.equal(inputs.get(16)!.level, false);
});

test('a period of a few ticks does not keep the host busy', () => {
  const { write, clock, legacy } = build();
  write(CONF, 3);
  write(T0, 0x14c);
  write(T0 + 8, 1);
  write(T0 + 8, 1);
  clock.advance(1_000_000);
  assert.ok(clock.fired <= 51, String(clock.fired));
  assert.ok(legacy[0].edges >= 45);
});

test('a periodic timer of 64 bits is set by writes of 64 bits', () => {
  const { write, read, clock, legacy } = build();
  const wide = (offset: number, value: number) => {
    write(offset, value);
    write(offset + 4, 0);
  };
  write(COUNTER, 5000);
  write(CONF, 3);
  // Interrupts, periodic, the next write sets the accumulator: then the period.
  write(T0, 0x4c);
  wide(T0 + 8, 6000);
  wide(T0 + 8, 2000);
  assert.deepEqual([read(T0 + 8), read(T0 + 12)], [6000, 0]);
  const edges = () => legacy[0].edges;
  clock.advance(10_000);
  assert.equal(edges(), 1);
  clock.advance(40_000);
  assert.equal(edges(), 3);
  // Halves that are set one by one: SET_VALUE each time.
  write(T0, 0x4c);
  write(T0 + 8, 0x10);
  write(T0, 0x4c);
  write(T0 + 12, 1);
  assert.deepEqual([read(T0 + 8), read(T0 + 12)], [0x10, 1]);
  // A write of another timer's in between, or of the period alone, changes no comparator.
  write(T0 + 8, 0x20);
  write(T0 + 12, 0);
  assert.deepEqual([read(T0 + 8), read(T0 + 12)], [0x10, 1]);
});
