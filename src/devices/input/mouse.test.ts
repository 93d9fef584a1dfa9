import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../testing.ts';
import { Ps2Mouse } from './mouse.ts';

function build() {
  const clock = new FakeClock(1e9);
  const mouse = new Ps2Mouse({ clock });
  const drain = () => {
    const bytes: number[] = [];
    for (let byte = mouse.read(); byte >= 0; byte = mouse.read()) bytes.push(byte);
    return bytes;
  };
  const send = (...bytes: number[]) => {
    const answers: number[] = [];
    for (const byte of bytes) {
      mouse.write(byte);
      answers.push(...drain());
    }
    return answers;
  };
  return { clock, mouse, drain, send };
}

test('reset, identify and status', () => {
  const m = build();
  assert.deepEqual(m.send(0xff), [0xfa, 0xaa, 0x00]);
  assert.deepEqual(m.send(0xf2), [0xfa, 0x00]);
  assert.deepEqual(m.send(0xe9), [0xfa, 0x00, 0x02, 100]);
  m.send(0xe8, 3, 0xf3, 40, 0xe7, 0xf4);
  m.mouse.move(0, 0, 0, 1);
  m.drain();
  assert.deepEqual(m.send(0xe9), [0xfa, 0x34, 0x03, 40]);
});

test('motion in stream mode, no faster than the sample rate', () => {
  const m = build();
  m.mouse.move(9, 9, 0, 0);
  assert.deepEqual(m.drain(), [], 'not enabled');
  m.send(0xf4);
  m.mouse.move(3, 4, 0, 0);
  m.mouse.move(1, 1, 0, 0);
  m.mouse.move(1, 1, 0, 2);
  assert.deepEqual(m.drain(), [0x28, 3, 0xfc]);
  assert.deepEqual(m.drain(), []);
  m.clock.advance(10_000_001);
  assert.deepEqual(m.drain(), [0x2a, 2, 0xfe]);
  m.clock.advance(1e9);
  assert.deepEqual(m.drain(), []);
});

test('a long way takes several packets', () => {
  const m = build();
  m.send(0xf4);
  m.mouse.move(600, 0, 0, 0);
  let moved = 0;
  for (let i = 0; i < 4; i++) {
    const bytes = m.drain();
    for (let at = 0; at < bytes.length; at += 3) moved += bytes[at + 1]! - ((bytes[at]! & 0x10) << 4);
    m.clock.advance(20e6);
  }
  assert.equal(moved, 600);
});

test('a long way to the left and down: no packet says -256, which drivers take for 0', () => {
  const m = build();
  m.send(0xf4);
  m.mouse.move(-600, 600, 0, 0);
  const packets: number[][] = [];
  for (let i = 0; i < 3; i++) {
    packets.push(m.drain());
    m.clock.advance(20e6);
  }
  assert.deepEqual(packets.flat(), [0x38, 1, 1, 0x38, 1, 1, 0x38, 0xa6, 0xa6]);
});

test('the magic sample rates bring out the wheel and the side buttons', () => {
  const m = build();
  m.send(0xf3, 200, 0xf3, 100, 0xf3, 80);
  assert.deepEqual(m.send(0xf2), [0xfa, 3]);
  m.send(0xf4);
  m.mouse.move(0, 0, -1, 0);
  assert.deepEqual(m.drain(), [0x08, 0, 0, 0xff]);
  m.send(0xf3, 200, 0xf3, 200, 0xf3, 80);
  assert.deepEqual(m.send(0xf2), [0xfa, 4]);
  m.clock.advance(1e9);
  m.mouse.move(0, 0, 1, 0x18);
  assert.deepEqual(m.drain(), [0x08, 0, 0, 0x31]);
  assert.deepEqual(m.send(0xff), [0xfa, 0xaa, 0]);
});

test('remote mode gives packets when asked; wrap mode gives the bytes back', () => {
  const m = build();
  m.send(0xf0, 0xf4);
  m.mouse.move(5, 0, 0, 0);
  assert.deepEqual(m.drain(), []);
  assert.deepEqual(m.send(0xeb), [0xfa, 0x08, 5, 0]);
  assert.deepEqual(m.send(0xee, 0x12, 0xf2, 0xec), [0xfa, 0x12, 0xf2, 0xfa]);
});

test('scaling 2:1 doubles what is more than small', () => {
  const m = build();
  m.send(0xe7, 0xf4);
  m.mouse.move(3, 0, 0, 0);
  assert.deepEqual(m.drain(), [0x08, 3, 0]);
  m.clock.advance(1e9);
  m.mouse.move(-10, 0, 0, 0);
  assert.deepEqual(m.drain(), [0x18, 0x100 - 20, 0]);
});

test('a click between two packets is told, and where it was', () => {
  const m = build();
  m.send(0xf4);
  m.mouse.move(5, 0, 0, 0);
  m.mouse.move(2, 0, 0, 1); // waits for the next sample
  m.mouse.move(0, 3, 0, 0);
  m.mouse.move(300, 0, 0, 2);
  m.mouse.move(0, 0, 0, 0);
  const packets = (): number[][] => {
    const bytes: number[] = [];
    for (let i = 0; i < 60; i++) {
      bytes.push(...m.drain());
      m.clock.advance(20e6);
    }
    return Array.from({ length: bytes.length / 3 }, (_, i) => bytes.slice(3 * i, 3 * i + 3));
  };
  assert.deepEqual(packets(), [
    [0x08, 5, 0],
    [0x09, 2, 0],
    [0x28, 0, 0xfd],
    [0x0a, 255, 0],
    [0x0a, 45, 0],
    [0x08, 0, 0],
  ]);
  // A guest that looks at nothing for long hears of so many clicks, and of where the buttons are at last.
  for (let i = 0; i < 100; i++) m.mouse.move(0, 0, 0, i & 1);
  m.mouse.move(0, 0, 0, 4);
  const told = packets();
  const presses = told.filter(([first]) => first === 0x09).length;
  assert.ok(presses >= 8 && presses <= 10, `${presses} clicks`);
  assert.deepEqual(told.at(-1), [0x0c, 0, 0]);
  // Nothing is kept for a mouse that tells nothing.
  m.send(0xf5);
  for (let i = 0; i < 6; i++) m.mouse.move(0, 0, 0, i & 1);
  m.send(0xf4);
  m.clock.advance(1e9);
  assert.deepEqual(m.drain(), []);
});
