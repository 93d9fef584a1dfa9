// Text as the keys that produce it on a keyboard with the US layout, for scripts that type.
import { DoppelError } from '../../base/errors.ts';
import type { KeyCode } from './keys.ts';

/** A key going down or up. */
export interface KeyEvent {
  readonly code: KeyCode;
  readonly pressed: boolean;
}

/** The key under a character, and whether shift is held with it. */
export interface KeyStroke {
  readonly code: KeyCode;
  readonly shift: boolean;
}

/** Key, character, character with shift. */
const PRINTABLE: readonly (readonly [KeyCode, string, string])[] = [
  ['Backquote', '`', '~'],
  ['Digit1', '1', '!'],
  ['Digit2', '2', '@'],
  ['Digit3', '3', '#'],
  ['Digit4', '4', '$'],
  ['Digit5', '5', '%'],
  ['Digit6', '6', '^'],
  ['Digit7', '7', '&'],
  ['Digit8', '8', '*'],
  ['Digit9', '9', '('],
  ['Digit0', '0', ')'],
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Backslash', '\\', '|'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
];

const STROKES: ReadonlyMap<string, KeyStroke> = new Map([
  ...PRINTABLE.flatMap(([code, plain, shifted]): [string, KeyStroke][] => [
    [plain, { code, shift: false }],
    [shifted, { code, shift: true }],
  ]),
  ...[...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((letter): [string, KeyStroke][] => {
    const code = `Key${letter}` as KeyCode;
    return [
      [letter.toLowerCase(), { code, shift: false }],
      [letter, { code, shift: true }],
    ];
  }),
  [' ', { code: 'Space', shift: false }],
  ['\n', { code: 'Enter', shift: false }],
  ['\r', { code: 'Enter', shift: false }],
  ['\t', { code: 'Tab', shift: false }],
  ['\b', { code: 'Backspace', shift: false }],
  ['\x1b', { code: 'Escape', shift: false }],
]);

/** The key for a character; undefined where the US layout has none. */
export function strokeOf(character: string): KeyStroke | undefined {
  return STROKES.get(character);
}

/** The presses and releases that type `text`; a line's end is one Enter, however it is written. Throws DoppelError for a character that the US layout lacks. */
export function keyEventsOf(text: string): KeyEvent[] {
  const events: KeyEvent[] = [];
  for (const character of text.replaceAll('\r\n', '\n')) {
    const stroke = strokeOf(character);
    if (stroke === undefined) {
      throw new DoppelError(`'${character}' cannot be typed: a keyboard with the US layout has no such key.`);
    }
    const { code, shift } = stroke;
    if (shift) events.push({ code: 'ShiftLeft', pressed: true });
    events.push({ code, pressed: true }, { code, pressed: false });
    if (shift) events.push({ code: 'ShiftLeft', pressed: false });
  }
  return events;
}
