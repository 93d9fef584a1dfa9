import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RealTimeClock } from './clocks.ts';

test('a halted machine waits for a near deadline itself, and sleeps towards a far one', () => {
  let time = 0;
  const clock = new RealTimeClock({
    now: () => {
      time += 1000;
      return time;
    },
  });
  assert.equal(clock.idleUntil(40_000), 0);
  assert.ok(time >= 40_000 && time < 60_000, 'the deadline has come');
  assert.ok(clock.idleUntil(10e6) > 9);
  assert.equal(clock.idleUntil(Number.POSITIVE_INFINITY), 1000);
});
