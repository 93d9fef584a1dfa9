import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProbe } from '../testing.ts';
import { Piix3IsaBridge } from './isa-bridge.ts';

function build() {
  const irqs = Array.from({ length: 16 }, () => new LineProbe());
  const bridge = new Piix3IsaBridge((number) => irqs[number]!);
  return { bridge, high: () => irqs.flatMap((line, number) => (line.level ? [number] : [])) };
}

test('it is the PIIX3 of a multi-function device', () => {
  const { bridge } = build();
  assert.equal(bridge.readConfig(0, 4), 0x7000_8086);
  assert.equal(bridge.readConfig(8, 4), 0x0601_0000);
  assert.equal(bridge.readConfig(0x0e, 1), 0x80);
  assert.equal(bridge.readConfig(0x60, 4), 0x8080_8080);
});

test('pins of slots reach the interrupts that PIRQRC names, shared and level-sensitive', () => {
  const { bridge, high } = build();
  // As firmware does: PIRQA and C to 10, B and D to 11.
  bridge.writeConfig(0x60, 4, 0x0b0a_0b0a);
  // INTA# of slot 1 is PIRQA, of slot 2 PIRQB; INTD# of slot 1, where the PM function sits, is PIRQD.
  const usb = bridge.pin(1, 2, 4);
  const card = bridge.pin(2, 0, 1);
  const other = bridge.pin(6, 0, 1);
  usb.set(true);
  assert.deepEqual(high(), [11]);
  usb.set(false);
  card.set(true);
  other.set(true);
  card.set(false);
  assert.deepEqual(high(), [11]);
  other.set(false);
  assert.deepEqual(high(), []);
  bridge.pin(5, 0, 1).set(true);
  assert.deepEqual(high(), [10]);
});

test('a new route moves the level; off and reserved numbers lead nowhere', () => {
  const { bridge, high } = build();
  const pin = bridge.pin(3, 0, 1); // PIRQC
  pin.set(true);
  assert.deepEqual(high(), []);
  bridge.writeConfig(0x62, 1, 5);
  assert.deepEqual(high(), [5]);
  bridge.writeConfig(0x62, 1, 9);
  assert.deepEqual(high(), [9]);
  bridge.writeConfig(0x62, 1, 13);
  assert.deepEqual(high(), []);
  bridge.writeConfig(0x62, 1, 0x89);
  assert.deepEqual(high(), []);
});

test('a restored bridge repeats the levels of its interrupts', () => {
  const { bridge } = build();
  bridge.writeConfig(0x60, 1, 10);
  bridge.pin(1, 1, 1).set(true);
  const copy = build();
  copy.bridge.restore(bridge.save());
  assert.deepEqual(copy.high(), [10]);
  copy.bridge.reset();
  assert.deepEqual(copy.high(), []);
});
