import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineProbe } from '../testing.ts';
import { fanOut, SharedLine } from './wires.ts';

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
