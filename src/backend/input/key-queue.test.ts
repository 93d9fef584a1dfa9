import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DoppelError } from '../../base/errors.ts';
import { FakeClock } from '../../devices/testing.ts';
import { KeyQueue } from './key-queue.ts';
import { keyEventsOf } from './type-text.ts';

test('text becomes keys of the US layout', () => {
  assert.deepEqual(
    keyEventsOf('a:').map(({ code, pressed }) => `${pressed ? '+' : '-'}${code}`),
    ['+KeyA', '-KeyA', '+ShiftLeft', '+Semicolon', '-Semicolon', '-ShiftLeft'],
  );
  assert.equal(keyEventsOf('\r\n\n\r').length, 6, 'three times Enter');
  assert.throws(() => keyEventsOf('é'), DoppelError);
});

test('live keys pass at once, typed ones at a pace; a full keyboard makes them wait', async () => {
  const clock = new FakeClock();
  const queue = new KeyQueue(clock);
  const got: string[] = [];
  let room = true;
  queue.connect({
    key(code, pressed) {
      if (room) got.push(`${pressed ? '+' : '-'}${code}`);
      return room;
    },
  });
  queue.key('KeyX', true);
  queue.key('KeyX', false);
  assert.deepEqual(got, ['+KeyX', '-KeyX']);
  const done = queue.type('ab');
  assert.equal(got.length, 3);
  clock.advance(9e6);
  assert.deepEqual(got.slice(2), ['+KeyA', '-KeyA']);
  room = false;
  clock.advance(1e9);
  assert.equal(queue.length, 2);
  room = true;
  queue.onRoom();
  clock.advance(9e6);
  assert.deepEqual(got.slice(4), ['+KeyB', '-KeyB']);
  await done;
});

test('a flood of presses is bounded, releases come through', () => {
  const queue = new KeyQueue(new FakeClock());
  for (let i = 0; i < 5000; i++) queue.key('KeyA', true);
  queue.key('KeyA', false);
  assert.equal(queue.length, 1025);
});

test('releases of keys that nobody holds are nothing, so that they cannot fill the memory either', () => {
  const queue = new KeyQueue(new FakeClock());
  queue.key('KeyA', true);
  for (let i = 0; i < 5000; i++) queue.key(i % 2 === 0 ? 'KeyA' : 'KeyB', false);
  assert.equal(queue.length, 2);
  // What was typed counts as well.
  void queue.press([{ code: 'ShiftLeft', pressed: true }]);
  queue.key('ShiftLeft', false);
  queue.key('ShiftLeft', false);
  assert.equal(queue.length, 4);
});
