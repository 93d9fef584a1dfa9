import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY_CODES, type KeyCode } from '../../backend/input/keys.ts';
import { FakeClock } from '../testing.ts';
import { Ps2Keyboard } from './keyboard.ts';
import { KEYS, keyIndex } from './scan-codes.ts';

function build() {
  const clock = new FakeClock();
  let rooms = 0;
  const keyboard = new Ps2Keyboard({ clock, onRoom: () => rooms++ });
  keyboard.connect(() => {});
  const drain = () => {
    const bytes: number[] = [];
    for (let byte = keyboard.read(); byte >= 0; byte = keyboard.read()) bytes.push(byte);
    return bytes;
  };
  const send = (...bytes: number[]) => {
    const answers: number[] = [];
    for (const byte of bytes) {
      keyboard.write(byte);
      answers.push(...drain());
    }
    return answers;
  };
  const strike = (code: KeyCode) => {
    keyboard.key(code, true);
    keyboard.key(code, false);
    return drain();
  };
  return { clock, keyboard, drain, send, strike, rooms: () => rooms };
}

test('every key has its scan codes, no two the same', () => {
  assert.deepEqual(new Set(KEYS.map((key) => key.code)), new Set(KEY_CODES));
  for (const set of ['set1', 'set2', 'set3'] as const) {
    const codes = KEYS.map((key) => key[set]).filter((code) => code !== 0);
    assert.equal(new Set(codes).size, codes.length, set);
  }
  const key = (code: KeyCode) => KEYS[keyIndex(code)]!;
  assert.equal(key('Escape').set1, 0x01);
  assert.equal(key('F7').set1, 0x41);
  assert.equal(key('F11').set1, 0x57);
  assert.equal(key('Delete').set1, 0xe053);
  assert.equal(key('ContextMenu').set1, 0xe05d);
});

test('the three sets', () => {
  const k = build();
  assert.deepEqual(k.strike('KeyA'), [0x1c, 0xf0, 0x1c]);
  assert.deepEqual(k.strike('ControlRight'), [0xe0, 0x14, 0xe0, 0xf0, 0x14]);
  assert.deepEqual(k.send(0xf0, 0x00), [0xfa, 0xfa, 0x02]);
  k.send(0xf0, 0x01);
  assert.deepEqual(k.strike('KeyA'), [0x1e, 0x9e]);
  assert.deepEqual(k.strike('ControlRight'), [0xe0, 0x1d, 0xe0, 0x9d]);
  k.send(0xf0, 0x03);
  assert.deepEqual(k.strike('KeyA'), [0x1c]);
  assert.deepEqual(k.strike('ShiftLeft'), [0x12, 0xf0, 0x12]);
  k.send(0xfa);
  assert.deepEqual(k.strike('KeyA'), [0x1c, 0xf0, 0x1c]);
  k.send(0xfd, 0x1c);
  k.keyboard.key('KeyA', true);
  k.clock.advance(2e9);
  assert.deepEqual(k.drain(), [0x1c]);
});

test('PrintScreen and Pause', () => {
  const k = build();
  assert.deepEqual(k.strike('PrintScreen'), [0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12]);
  assert.deepEqual(k.strike('Pause'), [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
  k.send(0xf0, 0x01);
  assert.deepEqual(k.strike('Pause'), [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]);
  k.keyboard.key('AltLeft', true);
  k.drain();
  assert.deepEqual(k.strike('PrintScreen'), [0x54, 0xd4]);
});

test('a held key repeats after the delay, at the rate, and stops when another is pressed or it is let go', () => {
  const k = build();
  k.keyboard.key('KeyA', true);
  assert.deepEqual(k.drain(), [0x1c]);
  k.clock.advance(499e6);
  assert.deepEqual(k.drain(), []);
  k.clock.advance(2e6);
  assert.deepEqual(k.drain(), [0x1c]);
  k.clock.advance(92e6);
  assert.deepEqual(k.drain(), [0x1c]);
  k.keyboard.key('KeyB', true);
  k.clock.advance(501e6);
  assert.deepEqual(k.drain(), [0x32, 0x32]);
  k.keyboard.key('KeyB', false);
  k.clock.advance(2e9);
  assert.deepEqual(k.drain(), [0xf0, 0x32]);
  k.send(0xf3, 0x00); // 250 ms, 30 a second
  k.keyboard.key('KeyC', true);
  k.drain();
  k.clock.advance(251e6);
  k.clock.advance(34e6);
  assert.deepEqual(k.drain(), [0x21, 0x21]);
});

test('commands: echo, identify, indicators, resend, disable, reset', () => {
  const k = build();
  assert.deepEqual(k.send(0xee), [0xee]);
  assert.deepEqual(k.send(0xf2), [0xfa, 0xab, 0x83]);
  assert.deepEqual(k.send(0xfe), [0x83]);
  assert.deepEqual(k.send(0xed, 0x05), [0xfa, 0xfa]);
  assert.equal(k.keyboard.indicators, 5);
  // A command where an argument was due is a command.
  assert.deepEqual(k.send(0xed, 0xf4), [0xfa, 0xfa]);
  assert.deepEqual(k.send(0xf5), [0xfa]);
  assert.deepEqual(k.strike('KeyA'), []);
  assert.deepEqual(k.send(0xff), [0xfa, 0xaa]);
  assert.equal(k.keyboard.indicators, 0);
  assert.deepEqual(k.strike('KeyA'), [0x1c, 0xf0, 0x1c]);
  assert.deepEqual(k.send(0x12), [0xfe]);
});

test('a full buffer refuses keys and says when there is room', () => {
  const k = build();
  const pressed: KeyCode[] = [];
  for (const code of KEY_CODES) {
    if (!k.keyboard.key(code, true)) break;
    pressed.push(code);
  }
  assert.ok(pressed.length >= 9 && pressed.length <= 16);
  assert.equal(k.rooms(), 0);
  k.drain();
  assert.ok(k.rooms() > 0);
  assert.equal(k.keyboard.key('KeyZ', true), true);
});

test('keys wait while a command waits for its argument', () => {
  const k = build();
  for (const [command, argument] of [
    [0xed, 2],
    [0xf3, 0x20],
  ] as const) {
    assert.deepEqual(k.send(command), [0xfa]);
    assert.deepEqual(k.strike('KeyA'), []);
    assert.deepEqual(k.send(argument), [0xfa, 0x1c, 0xf0, 0x1c]);
  }
  // Another command in the argument's place is one.
  assert.deepEqual(k.send(0xed), [0xfa]);
  assert.deepEqual(k.strike('KeyA'), []);
  assert.deepEqual(k.send(0xee), [0xee, 0x1c, 0xf0, 0x1c]);
});
