// Actions out of JSON, names of keys, and what is waited for on a serial line.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAction } from './actions.ts';
import { heldKeys, keyCombination } from './key-names.ts';
import { failure, parseRequest } from './protocol.ts';
import { SerialLog } from './serial-log.ts';

describe('actions', () => {
  test('get what is not said, and lose what nobody knows', () => {
    assert.deepEqual(parseAction({ action: 'wait', text: 'x', colour: 3 }), {
      action: 'wait',
      text: 'x',
      regex: false,
      on: 'screen',
      line: 0,
      seconds: 60,
    });
    assert.deepEqual(parseRequest('{"id":7,"action":"eject","drive":"cdrom"}'), {
      id: 7,
      action: { action: 'eject', drive: 'cdrom', force: false },
    });
  });
  for (const [value, code, message] of [
    [{}, 'bad-request', /needs an "action"/],
    [{ action: 'toString' }, 'unknown-action', /no action 'toString'/],
    [{ action: 'type' }, 'bad-request', /'type' needs "text": a text/],
    [{ action: 'type', text: 5 }, 'bad-request', /"text"/],
    [{ action: 'key', keys: ['a', 1] }, 'bad-request', /a list of keys/],
    [{ action: 'eject', drive: 'tape' }, 'bad-request', /one of cdrom, floppy0, floppy1/],
    [{ action: 'serial', text: '', line: 4 }, 'bad-request', /from 0 to 3/],
    [{ action: 'wait', text: 'x', seconds: Number.NaN }, 'bad-request', /seconds/],
    [{ action: 'wait', text: '' }, 'bad-request', /a text of 1 to/],
    [{ action: 'key-hold', keys: 'shift' }, 'bad-request', /a list of keys/],
    [{ action: 'pointer-move', dx: 1.5 }, 'bad-request', /whole number/],
  ] as const) {
    test(`${JSON.stringify(value)} is refused`, () => {
      assert.throws(
        () => parseAction(value),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
  test('an error that is a defect keeps its details to itself', () => {
    assert.deepEqual(failure(1, new TypeError('secret')), {
      id: 1,
      error: { code: 'failed', message: 'The action failed.' },
    });
  });
});

describe('keys', () => {
  const pressed = (text: string) =>
    keyCombination(text)
      .filter((event) => event.pressed)
      .map(({ code }) => code);
  test('by their names, in combinations', () => {
    assert.deepEqual(pressed('ctrl-alt-delete'), ['ControlLeft', 'AltLeft', 'Delete']);
    assert.deepEqual(pressed('Shift+Tab'), ['ShiftLeft', 'Tab']);
    assert.deepEqual(pressed('F12'), ['F12']);
    assert.deepEqual(pressed('A'), ['ShiftLeft', 'KeyA']);
    assert.deepEqual(pressed('-'), ['Minus']);
    assert.deepEqual(pressed('ctrl--'), ['ControlLeft', 'Minus']);
    assert.deepEqual(pressed('numpadenter'), ['NumpadEnter']);
  });
  test('are let go in the other order', () => {
    assert.deepEqual(
      keyCombination('alt-x').map(({ code, pressed: down }) => `${code} ${down}`),
      ['AltLeft true', 'KeyX true', 'KeyX false', 'AltLeft false'],
    );
  });
  test('that are to be held are held once', () => {
    assert.deepEqual(heldKeys(['ctrl-shift', 'shift', 'Up']), ['ControlLeft', 'ShiftLeft', 'ArrowUp']);
    assert.deepEqual(heldKeys([]), []);
  });
  test('that do not exist are refused', () => {
    assert.throws(() => keyCombination('hyper-x'), /no key 'hyper'/);
    assert.throws(() => keyCombination(''), /no key/);
  });
});

describe('a serial line', () => {
  test('passes everything on, and what was waited for is not found again', () => {
    const passed: number[] = [];
    const log = new SerialLog({ write: (byte) => passed.push(byte) });
    const say = (text: string) => {
      for (const byte of new TextEncoder().encode(text)) log.write(byte);
    };
    say('one # two');
    assert.equal(log.take('#'), 'one #');
    assert.equal(log.take('#'), undefined);
    say(' grün #');
    assert.equal(log.take('grün'), ' two grün');
    assert.equal(log.take(/#$/), ' #');
    assert.equal(log.text, '');
    assert.equal(passed.length, log.written);
  });
  test('keeps the last part of much output', () => {
    const log = new SerialLog({ write() {} });
    for (let i = 0; i < 300_000; i++) log.write(0x61);
    log.write(0x62);
    assert.equal(log.text.length, 262_144);
    assert.ok(log.take('ab')!.endsWith('aab'));
    assert.equal(log.take('a'), undefined);
  });
});
