// The bytes that a key gives when it goes down and up, in the three scan code sets (IBM PS/2 hardware interface
// technical reference, "Scan codes").
//
//   set 1   [E0] code            [E0] code|80
//   set 2   [E0] code            [E0] F0 code
//   set 3   code                 F0 code
//
// PrintScreen and Pause give other codes while shift, control or alt is held, and Pause none when it goes up.
import type { KeyCode } from '../../backend/input/keys.ts';
import { KEYS, keyIndex, translated } from './scan-codes.ts';

/** What a key of set 3 does: repeats while it is held; tells its release. */
export const TYPE_TYPEMATIC = 1;
export const TYPE_BREAK = 2;

const BREAK = 0xf0;

/** Set 3: keys that tell their release, and those that give one code each time they go down; the others repeat. */
const MAKE_AND_BREAK: readonly KeyCode[] = ['ShiftLeft', 'ShiftRight', 'ControlLeft', 'AltLeft', 'CapsLock'];
const MAKE_ONLY: readonly KeyCode[] = [
  ...(['AltRight', 'ControlRight', 'Insert', 'Home', 'End', 'PageUp', 'PageDown', 'Escape'] as const),
  ...(['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'] as const),
  ...(['PrintScreen', 'ScrollLock', 'Pause', 'NumLock'] as const),
  ...(['NumpadDivide', 'NumpadMultiply', 'NumpadSubtract', 'NumpadEnter', 'NumpadDecimal'] as const),
  ...(['Numpad0', 'Numpad1', 'Numpad2', 'Numpad3', 'Numpad4'] as const),
  ...(['Numpad5', 'Numpad6', 'Numpad7', 'Numpad8', 'Numpad9'] as const),
];

/** TYPE_* of each key of KEYS after a reset. */
export function defaultKeyTypes(): Uint8Array {
  return Uint8Array.from(KEYS, ({ code }) => {
    if (MAKE_AND_BREAK.includes(code)) return TYPE_BREAK;
    return MAKE_ONLY.includes(code) ? 0 : TYPE_TYPEMATIC;
  });
}

const PRINT_SCREEN = keyIndex('PrintScreen');
const PAUSE = keyIndex('Pause');
const SHIFTS = [keyIndex('ShiftLeft'), keyIndex('ShiftRight')];
const CONTROLS = [keyIndex('ControlLeft'), keyIndex('ControlRight')];
const ALTS = [keyIndex('AltLeft'), keyIndex('AltRight')];

/** Bytes of a key that goes down, or repeats, with the keys in `held` (1 for each key of KEYS) down. */
export function makeSequence(set: number, index: number, held: Uint8Array): readonly number[] {
  if (set === 3) return KEYS[index]!.set3 === 0 ? [] : [KEYS[index]!.set3];
  return inSet(set, makeInSet2(index, held));
}

/** Bytes of a key that goes up. */
export function breakSequence(set: number, index: number, held: Uint8Array): readonly number[] {
  if (set === 3) return KEYS[index]!.set3 === 0 ? [] : [BREAK, KEYS[index]!.set3];
  return inSet(set, breakInSet2(index, held));
}

function anyHeld(keys: readonly number[], held: Uint8Array): boolean {
  return keys.some((index) => held[index] === 1);
}

function makeInSet2(index: number, held: Uint8Array): readonly number[] {
  if (index === PRINT_SCREEN) {
    if (anyHeld(ALTS, held)) return [0x84];
    if (anyHeld(CONTROLS, held) || anyHeld(SHIFTS, held)) return [0xe0, 0x7c];
    return [0xe0, 0x12, 0xe0, 0x7c];
  }
  if (index === PAUSE) {
    if (anyHeld(CONTROLS, held)) return [0xe0, 0x7e, 0xe0, BREAK, 0x7e];
    return [0xe1, 0x14, 0x77, 0xe1, BREAK, 0x14, BREAK, 0x77];
  }
  const code = KEYS[index]!.set2;
  return code > 0xff ? [0xe0, code & 0xff] : [code];
}

function breakInSet2(index: number, held: Uint8Array): readonly number[] {
  if (index === PRINT_SCREEN) {
    if (anyHeld(ALTS, held)) return [BREAK, 0x84];
    if (anyHeld(CONTROLS, held) || anyHeld(SHIFTS, held)) return [0xe0, BREAK, 0x7c];
    return [0xe0, BREAK, 0x7c, 0xe0, BREAK, 0x12];
  }
  if (index === PAUSE) return [];
  const code = KEYS[index]!.set2;
  return code > 0xff ? [0xe0, BREAK, code & 0xff] : [BREAK, code];
}

/** A sequence of set 2 in set 1 or 2. */
function inSet(set: number, sequence: readonly number[]): readonly number[] {
  if (set === 2) return sequence;
  const result: number[] = [];
  let released = 0;
  for (const byte of sequence) {
    if (byte === BREAK) released = 0x80;
    else {
      result.push(translated(byte) | released);
      released = 0;
    }
  }
  return result;
}
