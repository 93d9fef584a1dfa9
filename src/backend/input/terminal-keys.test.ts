import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TerminalKeys } from './terminal-keys.ts';

const keys = (text: string, decoder = new TerminalKeys()) =>
  decoder
    .decode(new TextEncoder().encode(text))
    .map(({ code, pressed }) => (pressed ? '+' : '-') + code)
    .join(' ');

test('characters, control characters, Alt', () => {
  assert.equal(keys('aB'), '+KeyA -KeyA +ShiftLeft +KeyB -KeyB -ShiftLeft');
  assert.equal(keys('\r\t\x7f'), '+Enter -Enter +Tab -Tab +Backspace -Backspace');
  assert.equal(keys('\x03'), '+ControlLeft +KeyC -KeyC -ControlLeft');
  assert.equal(keys('\x1c'), '+ControlLeft +Backslash -Backslash -ControlLeft');
  assert.equal(keys('\x1bx'), '+AltLeft +KeyX -KeyX -AltLeft');
});

test('cursor and function keys, with modifiers, of xterm and of the Linux console', () => {
  assert.equal(keys('\x1b[A\x1bOB'), '+ArrowUp -ArrowUp +ArrowDown -ArrowDown');
  assert.equal(keys('\x1b[15~\x1bOP\x1b[[B'), '+F5 -F5 +F1 -F1 +F2 -F2');
  assert.equal(keys('\x1b[1;5C'), '+ControlLeft +ArrowRight -ArrowRight -ControlLeft');
  assert.equal(keys('\x1b[3;2~'), '+ShiftLeft +Delete -Delete -ShiftLeft');
  assert.equal(keys('\x1b[Z'), '+ShiftLeft +Tab -Tab -ShiftLeft');
});

test('a sequence may come in pieces; an Escape alone is known by the silence after it', () => {
  const decoder = new TerminalKeys();
  assert.equal(keys('\x1b[', decoder), '');
  assert.equal(keys('A', decoder), '+ArrowUp -ArrowUp');
  assert.equal(keys('\x1b', decoder), '');
  assert.equal(decoder.waiting, true);
  assert.deepEqual(decoder.flush().length, 2);
  assert.equal(decoder.waiting, false);
  assert.equal(keys('\x1b\x1b[A', decoder), '+Escape -Escape +ArrowUp -ArrowUp');
});

test('rubbish gives no keys and does not stay', () => {
  const decoder = new TerminalKeys();
  keys(`\x1b[${'1;'.repeat(1000)}`, decoder);
  assert.equal(keys('\x1b[?25h', new TerminalKeys()), '');
  decoder.flush();
  assert.equal(keys('é'), '');
});
