import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProbe } from '../testing.ts';
import { fanOut, SharedLine, SharedLines } from './wires.ts';

test('a fan-out drives every target', () => {
  const targets = [new LineProbe(), new LineProbe()];
  fanOut(...targets).set(true);
  assert.deepEqual(
    targets.map((target) => target.level),
    [true, true],
  );
});

test('a shared line is high while any driver is', () => {
  const target = new LineProbe();
  const shared = new SharedLine(target);
  const [a, b] = [shared.driver(), shared.driver()];
  a.set(true);
  b.set(true);
  a.set(false);
  assert.equal(target.level, true);
  b.set(false);
  assert.deepEqual(target.history, [true, false]);
});

test('a driver that is switched off has no effect, and its level when it is switched on', () => {
  const target = new LineProbe();
  const driver = new SharedLine(target).driver();
  driver.set(true);
  driver.on = false;
  assert.equal(target.level, false);
  driver.set(false);
  driver.set(true);
  assert.equal(target.level, false);
  assert.equal(driver.on, false);
  driver.on = true;
  assert.deepEqual(target.history, [true, false, true]);
});

test('shared lines remember who holds them', () => {
  const build = () => {
    const targets = [new LineProbe(), new LineProbe()];
    const lines = new SharedLines(targets);
    return { targets, lines, drivers: [lines.driver(1), lines.driver(1), lines.driver(0)] as const };
  };
  const first = build();
  first.drivers[0].set(true);
  first.drivers[1].set(true);
  first.drivers[2].set(true);
  first.drivers[2].on = false;
  const second = build();
  second.lines.restore(structuredClone(first.lines.save()));
  assert.deepEqual(second.targets[1]!.history, [], 'whoever listens restores what it saw itself');
  second.drivers[0].set(false);
  assert.equal(second.targets[1]!.level, true);
  second.drivers[1].set(false);
  assert.equal(second.targets[1]!.level, false);
  second.drivers[2].on = true;
  assert.equal(second.targets[0]!.level, true);
});
