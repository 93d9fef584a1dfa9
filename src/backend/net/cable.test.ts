// Two ends of a cable, with cards that note what they get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkCable } from './cable.ts';
import type { PacketBackend } from './packet-backend.ts';

/** A card that takes frames while it has room. */
function card(network: PacketBackend) {
  const got: number[] = [];
  const links: boolean[] = [];
  const state = { got, links, room: Number.POSITIVE_INFINITY };
  network.connect({
    receive(frame) {
      if (state.room === 0) return false;
      state.room--;
      got.push(frame[0]!);
      return true;
    },
    linkChanged: (up) => void links.push(up),
  });
  return state;
}

const frame = (first: number) => new Uint8Array(60).fill(first);

test('each end gets what the other sends, in order', () => {
  const { ends } = networkCable();
  const [left, right] = [card(ends[0]), card(ends[1])];
  for (let i = 0; i < 3; i++) ends[0].send(frame(i));
  ends[1].send(frame(9));
  assert.deepEqual(right.got, [0, 1, 2]);
  assert.deepEqual(left.got, [9]);
});

test('frames wait for room, as many as the cable holds, and for a card that comes later', () => {
  const { ends } = networkCable(2);
  card(ends[0]);
  ends[0].send(frame(1));
  const right = card(ends[1]);
  assert.deepEqual(right.got, [1]);
  right.room = 0;
  const sent = frame(2);
  ends[0].send(sent);
  sent.fill(7);
  ends[0].send(frame(3));
  ends[0].send(frame(4));
  right.room = 9;
  ends[1].onRoom();
  assert.deepEqual(right.got, [1, 2, 3]);
});

test('what is on a cable that is pulled out is gone', () => {
  const { ends, plug } = networkCable();
  const [left, right] = [card(ends[0]), card(ends[1])];
  right.room = 0;
  ends[0].send(frame(1));
  plug(false);
  right.room = 9;
  ends[0].send(frame(2));
  assert.deepEqual([ends[0].linkUp, ends[1].linkUp], [false, false]);
  plug(false);
  plug(true);
  ends[0].send(frame(3));
  assert.deepEqual(right.got, [3]);
  assert.deepEqual(
    [left.links, right.links],
    [
      [false, true],
      [false, true],
    ],
  );
});

test('cards that answer every frame at once do not keep each other from anything else', () => {
  const { ends } = networkCable();
  let count = 0;
  for (const end of ends) {
    end.connect({
      receive(got) {
        if (count++ < 100_000) end.send(got);
        return true;
      },
      linkChanged() {},
    });
  }
  ends[0].send(frame(1));
  assert.ok(count > 0);
});
