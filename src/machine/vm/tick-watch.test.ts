// Ticks that a resting guest handles: a toy processor with a loop, a part of which takes interrupts, and a handler.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TickWatch } from './tick-watch.ts';

const VECTOR = 8;

interface Options {
  /** Instructions of the loop, and those of them from which on interrupts are taken. */
  readonly loop: number;
  readonly open: number;
  readonly handler: number;
}

function build({ loop, open, handler }: Options) {
  // Place in the loop, instructions of the handler left, and a register that programs use.
  const registers = new Int32Array(4);
  const options = { handler, accesses: 1, vector: VECTOR, leaves: false };
  let retired = 0;
  let outside = 0;
  let interrupts = 0;
  let pending = false;
  const deliver = () => {
    if (!pending || registers[1] !== 0 || registers[0]! < open) return;
    pending = false;
    interrupts++;
    watch.taken(options.vector);
    registers[1] = options.handler;
  };
  const watch: TickWatch = new TickWatch({
    registers: new Uint8Array(registers.buffer),
    moreRegisters: new Uint8Array(4),
    flags: () => 2,
    retired: () => retired,
    outside: () => outside,
    interrupts: () => interrupts,
    place: () => registers[0]!,
    run(instructions) {
      deliver();
      for (let i = 0; i < instructions; i++) {
        retired++;
        if (registers[1]! > 0) {
          registers[1]!--;
          if (registers[1] === 0) {
            outside += options.accesses;
            if (options.leaves) registers[2]!++;
          }
        } else registers[0] = (registers[0]! + 1) % loop;
        deliver();
      }
      return true;
    },
  });
  return {
    options,
    retired: () => retired,
    tick(first: boolean): boolean {
      pending = true;
      return watch.handles(first);
    },
    /** A rest begins at the loop's head. */
    rest(): void {
      while (registers[0] !== 0) registers[0] = (registers[0]! + 1) % loop;
    },
    goOn(): void {
      registers[2]!++;
    },
  };
}

test('a guest that takes interrupts everywhere handles them where it rests, and comes back', () => {
  const { tick, retired } = build({ loop: 7, open: 0, handler: 40 });
  assert.equal(tick(true), false, 'the first is not known yet');
  const before = retired();
  for (let i = 0; i < 10; i++) assert.equal(tick(false), true);
  assert.equal(retired() - before, 400, 'the handler and nothing else');
});

test('one that takes them in a part of its loop rests there from the second on', () => {
  const { tick, rest, retired } = build({ loop: 9000, open: 8000, handler: 200 });
  rest();
  assert.equal(tick(true), false);
  for (let i = 0; i < 3; i++) {
    rest();
    assert.equal(tick(true), true);
    const before = retired();
    assert.equal(tick(false), true);
    assert.equal(tick(false), true);
    assert.equal(retired() - before, 400);
  }
  // The next rest begins elsewhere.
  assert.equal(tick(true), true);
});

test('a handler that takes longer, asks more, or is another one ends the rest, once', () => {
  const { tick, options } = build({ loop: 3, open: 0, handler: 40 });
  tick(true);
  assert.equal(tick(false), true);
  options.accesses = 3;
  assert.equal(tick(false), false);
  assert.equal(tick(false), true);
  options.vector = 9;
  assert.equal(tick(false), false);
  assert.equal(tick(false), true);
  options.handler = 70;
  assert.equal(tick(false), true, 'longer, but it comes back');
  options.handler = 100_000;
  assert.equal(tick(false), false);
});

test('whoever is elsewhere after a tick does not rest on', () => {
  const { tick, options } = build({ loop: 3, open: 0, handler: 40 });
  tick(true);
  options.leaves = true;
  assert.equal(tick(false), false);
});

test('nor whoever is interrupted with other registers than the last time, on its way', () => {
  const { tick, rest, goOn } = build({ loop: 900, open: 800, handler: 20 });
  for (let i = 0; i < 4; i++) {
    rest();
    tick(true);
  }
  rest();
  goOn();
  assert.equal(tick(true), false);
});
