// Who idles and who does not: sequences of what a BIOS reports.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PollWatch } from './poll-watch.ts';

/** A guest of a million instructions a millisecond; gives the sum of its rests (ns) over a number of askings. */
function rests(
  askings: number,
  instructions: number,
  registers: (i: number) => number,
  each = (_watch: PollWatch) => {},
) {
  const watch = new PollWatch();
  let retired = 0;
  let time = 0;
  let sum = 0;
  for (let i = 0; i < askings; i++) {
    retired += instructions;
    time += instructions;
    each(watch);
    const rest = watch.asked(registers(i), retired, time);
    time += rest;
    sum += rest;
  }
  return { sum, time };
}

test('a loop that asks for a key rests nearly all the time', () => {
  const { sum, time } = rests(2000, 20, () => 7);
  assert.equal(sum, 0, 'not at once');
  assert.ok(time < 1e6);
  const longer = rests(3000, 5600, () => 7);
  assert.ok(longer.sum / longer.time > 0.8);
});

test('one that asks at several places, or now and then with other registers, too', () => {
  assert.ok(rests(3000, 5600, (i) => i % 4).sum > 1e9);
  assert.ok(rests(3000, 5600, (i) => (i % 20 === 0 ? i : 7)).sum > 1e9);
});

test('a program that works in between does not', () => {
  assert.equal(rests(3000, 20_000, () => 7).sum, 0, 'by its instructions');
  assert.equal(rests(3000, 5000, (i) => i).sum, 0, 'by its registers');
  assert.equal(
    rests(
      3000,
      5000,
      () => 7,
      (watch) => watch.worked(),
    ).sum,
    0,
    'by what is done for it',
  );
});

test('a driver that counts askings with a timer between them does not; one that shows the time does', () => {
  const reading = (times: number) => (watch: PollWatch) => {
    for (let i = 0; i < times; i++) watch.timerRead();
  };
  assert.equal(rests(3000, 900, () => 7, reading(29)).sum, 0); // biome-ignore format: short
  assert.ok(rests(3000, 5600, () => 7, reading(2)).sum > 1e9);
});

test('whoever has got a key is awake', () => {
  const watch = new PollWatch();
  let now = 0;
  for (let i = 0; i < 20_000; i++) {
    now += 1000;
    watch.asked(1, i * 20, now);
  }
  assert.ok(watch.asked(1, 400_000, now) > 0);
  watch.answered();
  assert.equal(watch.asked(1, 400_020, now + 1000), 0);
});

test('a rest is a small part of the time spent idling', () => {
  const watch = new PollWatch();
  for (let i = 0, now = 0; i < 100_000; i++) {
    now += 1000;
    const rest = watch.asked(1, i * 20, now);
    assert.ok(rest <= now / 8 && rest <= 60e6);
  }
});

test('a long loop that did nothing else for a while rests over several ticks, until it takes more than a round again', () => {
  const watch = new PollWatch();
  let retired = 0;
  let now = 0;
  const ask = (instructions: number): number => {
    retired += instructions;
    now += instructions;
    const rest = watch.asked(7, retired, now);
    now += rest;
    if (rest > 0) watch.resumed(retired);
    return rest;
  };
  watch.confirmed(5000);
  for (let i = 0; i < 4000; i++) ask(5000);
  assert.equal(ask(5000), 250e6);
  assert.equal(ask(6500), 60e6, 'it has drawn a picture');
  for (let i = 0; i < 40; i++) assert.ok(ask(i % 2 === 0 ? 5000 : 6500) <= 60e6);
  watch.resumed(Number.NaN);
  assert.equal(ask(5000), 60e6, 'who knows what it has done');
  for (let i = 0; i < 100; i++) ask(5000);
  assert.equal(ask(5000), 250e6);
  watch.confirmed(500);
  assert.equal(ask(500), 60e6, 'a short loop');
});
