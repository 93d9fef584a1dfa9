// What a terminal sends for the keys of its user, as keys of the US keyboard (ECMA-48, 5.4; the function keys as xterm
// and the Linux console send them). A terminal tells presses only: each becomes a press and a release.
import type { KeyCode } from './keys.ts';
import { type KeyEvent, strokeOf } from './type-text.ts';

const ESCAPE = 0x1b;
/** An escape sequence longer than this is none. */
const LONGEST = 16;

/** By the last byte of ESC [ x and ESC O x. */
const BY_LETTER: Readonly<Record<string, KeyCode>> = {
  A: 'ArrowUp',
  B: 'ArrowDown',
  C: 'ArrowRight',
  D: 'ArrowLeft',
  E: 'Numpad5',
  F: 'End',
  H: 'Home',
  M: 'NumpadEnter',
  P: 'F1',
  Q: 'F2',
  R: 'F3',
  S: 'F4',
};

/** By the number of ESC [ n ~. */
const BY_NUMBER: Readonly<Record<number, KeyCode>> = {
  1: 'Home',
  2: 'Insert',
  3: 'Delete',
  4: 'End',
  5: 'PageUp',
  6: 'PageDown',
  7: 'Home',
  8: 'End',
  11: 'F1',
  12: 'F2',
  13: 'F3',
  14: 'F4',
  15: 'F5',
  17: 'F6',
  18: 'F7',
  19: 'F8',
  20: 'F9',
  21: 'F10',
  23: 'F11',
  24: 'F12',
};

const SHIFT = 1;
const ALT = 2;
const CONTROL = 4;

function strike(code: KeyCode, modifiers: number): KeyEvent[] {
  const held: KeyCode[] = [];
  if ((modifiers & CONTROL) !== 0) held.push('ControlLeft');
  if ((modifiers & ALT) !== 0) held.push('AltLeft');
  if ((modifiers & SHIFT) !== 0) held.push('ShiftLeft');
  return [
    ...held.map((key) => ({ code: key, pressed: true })),
    { code, pressed: true },
    { code, pressed: false },
    ...held.reverse().map((key) => ({ code: key, pressed: false })),
  ];
}

/** A character or control character. */
function plain(byte: number, modifiers: number): KeyEvent[] {
  if (byte === 0x7f) return strike('Backspace', modifiers);
  if (byte === 0) return strike('Space', modifiers | CONTROL);
  const stroke = strokeOf(String.fromCharCode(byte));
  if (stroke) return strike(stroke.code, modifiers | (stroke.shift ? SHIFT : 0));
  if (byte >= 0x20) return [];
  // Control with a letter, or with one of [ \ ] ^ _.
  const letter = strokeOf(String.fromCharCode(byte + 0x40).toLowerCase());
  return letter ? strike(letter.code, modifiers | CONTROL) : [];
}

/** ESC [ or ESC O with its parameters and last byte. */
function sequence(text: string): KeyEvent[] {
  const match = /^[[O]\[?(\d*)(?:;(\d+))?([A-Za-z~])$/.exec(text);
  if (!match) return [];
  const [, number, modifier, last] = match;
  const modifiers = modifier === undefined ? 0 : Number(modifier) - 1;
  if (last === 'Z') return strike('Tab', SHIFT);
  // The Linux console sends F1 to F5 as ESC [ [ A to E.
  if (text.startsWith('[[')) return strike(`F${last!.charCodeAt(0) - 64}` as KeyCode, 0);
  const code = last === '~' ? BY_NUMBER[Number(number)] : BY_LETTER[last!];
  return code === undefined ? [] : strike(code, modifiers);
}

/** Where an escape sequence at `at` (behind ESC) ends; -1 where more bytes may follow. */
function endOfSequence(bytes: Uint8Array, at: number): number {
  let end = at + 1;
  if (bytes[at] === 0x5b && bytes[end] === 0x5b) end++;
  for (; end < bytes.length && end - at < LONGEST; end++) {
    const byte = bytes[end]!;
    if (byte >= 0x40 && byte <= 0x7e) return end + 1;
    if (byte < 0x20 || byte > 0x7e) return end;
  }
  return end - at < LONGEST ? -1 : end;
}

/**
 * Takes the bytes of a terminal. An ESC at the end of what has come waits in `rest` for what follows it; `flush` says that
 * nothing will: it was the Escape key, or Alt.
 */
export class TerminalKeys {
  #rest = new Uint8Array(0);

  /** Bytes wait that may be the beginning of a sequence. */
  get waiting(): boolean {
    return this.#rest.length > 0;
  }

  decode(bytes: Uint8Array): KeyEvent[] {
    const all = new Uint8Array([...this.#rest, ...bytes]);
    this.#rest = new Uint8Array(0);
    const events: KeyEvent[] = [];
    for (let at = 0; at < all.length; ) {
      if (all[at] !== ESCAPE) {
        events.push(...plain(all[at++]!, 0));
        continue;
      }
      const next = all[at + 1];
      const end = next === 0x5b || next === 0x4f ? endOfSequence(all, at + 1) : 0;
      if (next === undefined || end < 0) {
        this.#rest = all.slice(at);
        break;
      }
      if (end > 0) {
        events.push(...sequence(String.fromCharCode(...all.subarray(at + 1, end))));
        at = end;
      } else if (next === ESCAPE) {
        events.push(...strike('Escape', 0));
        at++;
      } else {
        events.push(...plain(next, ALT));
        at += 2;
      }
    }
    return events;
  }

  /** Nothing has come for a while. */
  flush(): KeyEvent[] {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    if (rest.length === 0) return [];
    if (rest.length === 1) return strike('Escape', 0);
    return [...plain(rest[1]!, ALT), ...[...rest.subarray(2)].flatMap((byte) => plain(byte, 0))];
  }
}
