import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysFromDate, secondsFromTime, timeFromSeconds, weekday } from './calendar.ts';

test('agrees with the host over nine thousand years', () => {
  for (let seconds = -62_167_219_200; seconds < 253_402_300_800; seconds += 86_400 * 97 + 12_345) {
    const date = new Date(seconds * 1000);
    const time = timeFromSeconds(seconds);
    assert.deepEqual(
      [time.year, time.month, time.day, time.hour, time.minute, time.second],
      [
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
      ],
    );
    assert.equal(secondsFromTime(time), seconds);
    assert.equal(weekday(Math.floor(seconds / 86_400)), date.getUTCDay());
  }
});

test('leap days and out-of-range fields', () => {
  assert.equal(daysFromDate(2000, 2, 29) + 1, daysFromDate(2000, 3, 1));
  assert.equal(daysFromDate(1900, 2, 28) + 1, daysFromDate(1900, 3, 1));
  assert.equal(daysFromDate(2026, 13, 1), daysFromDate(2027, 1, 1));
  assert.equal(daysFromDate(2026, 0, 1), daysFromDate(2025, 12, 1));
});
