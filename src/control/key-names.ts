// Keys as people write them: "ctrl-alt-delete", "shift+a", "f12", "page-up" by its key's name "PageUp". Case does not matter,
// except of a letter by itself, whose capital holds Shift.
import { KEY_CODES, type KeyCode } from '../backend/input/keys.ts';
import { type KeyEvent, strokeOf } from '../backend/input/type-text.ts';
import { ControlError } from './actions.ts';

const NAMES: ReadonlyMap<string, KeyCode> = new Map<string, KeyCode>([
  ...KEY_CODES.map((code): [string, KeyCode] => [code.toLowerCase(), code]),
  ['ctrl', 'ControlLeft'],
  ['control', 'ControlLeft'],
  ['alt', 'AltLeft'],
  ['altgr', 'AltRight'],
  ['shift', 'ShiftLeft'],
  ['meta', 'MetaLeft'],
  ['win', 'MetaLeft'],
  ['super', 'MetaLeft'],
  ['esc', 'Escape'],
  ['return', 'Enter'],
  ['del', 'Delete'],
  ['ins', 'Insert'],
  ['pgup', 'PageUp'],
  ['pgdn', 'PageDown'],
  ['up', 'ArrowUp'],
  ['down', 'ArrowDown'],
  ['left', 'ArrowLeft'],
  ['right', 'ArrowRight'],
  ['menu', 'ContextMenu'],
  ['print', 'PrintScreen'],
  ['plus', 'NumpadAdd'],
]);

/** The keys of one name, in the order in which they go down; undefined where nobody knows it. */
function keysOf(name: string): readonly KeyCode[] | undefined {
  const stroke = strokeOf(name);
  if (stroke !== undefined) return stroke.shift ? ['ShiftLeft', stroke.code] : [stroke.code];
  const code = NAMES.get(name.toLowerCase());
  return code && [code];
}

/** The keys of a combination, in the order in which they go down. Throws ControlError. */
function combinedKeys(text: string): readonly KeyCode[] {
  // A hyphen or plus by itself, or at the end after another one, is the key.
  const names = text.length === 1 ? [text] : text.split(/[-+](?=.)/);
  const codes = names.flatMap((name) => {
    const keys = keysOf(name);
    if (keys === undefined) {
      throw new ControlError(
        'bad-request',
        `There is no key '${name}'. Keys are for example a, enter, f12, ctrl-alt-delete, shift-tab, PageUp.`,
      );
    }
    return keys;
  });
  return [...new Set(codes)];
}

/** Presses and releases of a combination. Throws ControlError. */
export function keyCombination(text: string): KeyEvent[] {
  const held = combinedKeys(text);
  return [
    ...held.map((code) => ({ code, pressed: true })),
    ...held.toReversed().map((code) => ({ code, pressed: false })),
  ];
}

/** All keys of some combinations, each once. Throws ControlError. */
export function heldKeys(combinations: readonly string[]): readonly KeyCode[] {
  return [...new Set(combinations.flatMap(combinedKeys))];
}
