import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteStream, InputQueue } from './char.ts';

/** Takes `room` bytes and then no more, until told. */
function receiver(room: number) {
  const taken: number[] = [];
  return {
    taken,
    room,
    receive(bytes: Uint8Array): number {
      const count = Math.min(this.room, bytes.length);
      taken.push(...bytes.subarray(0, count));
      this.room -= count;
      return count;
    },
  };
}

test('input waits until somebody is connected and has room', () => {
  const queue = new InputQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  const chip = receiver(2);
  queue.connect(chip);
  assert.deepEqual(chip.taken, [1, 2]);
  queue.push(Uint8Array.of(4));
  assert.equal(queue.length, 2);
  chip.room = 9;
  byteStream({ write() {} }, queue).onRoom();
  assert.deepEqual(chip.taken, [1, 2, 3, 4]);
  assert.equal(queue.length, 0);
});

test('a receiver may ask for more while it is being given', () => {
  const queue = new InputQueue();
  const taken: number[] = [];
  queue.connect({
    receive(bytes) {
      taken.push(bytes[0]!);
      queue.onRoom();
      return 1;
    },
  });
  queue.push(Uint8Array.of(5, 6, 7));
  assert.deepEqual(taken, [5, 6, 7]);
});
