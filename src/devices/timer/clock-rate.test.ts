import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockRate, PIT_HZ, PM_TIMER_HZ, RTC_HZ, ticksAt, timeOfTick } from './clock-rate.ts';

test('ticks and times are inverse and exact over years', () => {
  for (const hertz of [PIT_HZ, PM_TIMER_HZ, RTC_HZ, 1_000_000_000, 100_000_000]) {
    const rate = clockRate(hertz);
    for (const time of [0, 1, 837, 838, 839, 1_000_000_000, 999_999_999, 123_456_789_012, 2 ** 52 + 12_345]) {
      const expected = (BigInt(time) * BigInt(hertz)) / 1_000_000_000n;
      assert.equal(ticksAt(rate, time), Number(expected));
      const begin = timeOfTick(rate, ticksAt(rate, time));
      assert.ok(begin <= time);
      assert.equal(ticksAt(rate, begin), ticksAt(rate, time));
      if (begin > 0) assert.ok(ticksAt(rate, begin - 1) < ticksAt(rate, time));
    }
  }
});

test('a divider divides', () => {
  const rate = clockRate(1_000_000_000, 16);
  assert.equal(ticksAt(rate, 1599), 99);
  assert.equal(ticksAt(rate, 1600), 100);
  assert.equal(timeOfTick(rate, 100), 1600);
});
