// Keys of VNC clients as keys of the keyboard: X keysyms (X11 protocol, appendix A; RFC 6143, section 7.5.4), and the
// numbers of QEMU's extended key events, which are scan codes of set 1 with bit 7 for the prefix E0.
import type { KeyCode } from '../../../backend/input/keys.ts';
import { type KeyStroke, strokeOf } from '../../../backend/input/type-text.ts';
import { KEYS } from '../../../devices/input/scan-codes.ts';

const SPECIAL: ReadonlyMap<number, KeyCode> = new Map([
  [0xff08, 'Backspace'],
  [0xff09, 'Tab'],
  [0xfe20, 'Tab'],
  [0xff0d, 'Enter'],
  [0xff13, 'Pause'],
  [0xff6b, 'Pause'],
  [0xff14, 'ScrollLock'],
  [0xff15, 'PrintScreen'],
  [0xff61, 'PrintScreen'],
  [0xff1b, 'Escape'],
  [0xff50, 'Home'],
  [0xff51, 'ArrowLeft'],
  [0xff52, 'ArrowUp'],
  [0xff53, 'ArrowRight'],
  [0xff54, 'ArrowDown'],
  [0xff55, 'PageUp'],
  [0xff56, 'PageDown'],
  [0xff57, 'End'],
  [0xff63, 'Insert'],
  [0xffff, 'Delete'],
  [0xff67, 'ContextMenu'],
  [0xff7f, 'NumLock'],
  [0xff8d, 'NumpadEnter'],
  [0xff95, 'Numpad7'],
  [0xff96, 'Numpad4'],
  [0xff97, 'Numpad8'],
  [0xff98, 'Numpad6'],
  [0xff99, 'Numpad2'],
  [0xff9a, 'Numpad9'],
  [0xff9b, 'Numpad3'],
  [0xff9c, 'Numpad1'],
  [0xff9d, 'Numpad5'],
  [0xff9e, 'Numpad0'],
  [0xff9f, 'NumpadDecimal'],
  [0xffaa, 'NumpadMultiply'],
  [0xffab, 'NumpadAdd'],
  [0xffac, 'NumpadComma'],
  [0xffad, 'NumpadSubtract'],
  [0xffae, 'NumpadDecimal'],
  [0xffaf, 'NumpadDivide'],
  [0xffe1, 'ShiftLeft'],
  [0xffe2, 'ShiftRight'],
  [0xffe3, 'ControlLeft'],
  [0xffe4, 'ControlRight'],
  [0xffe5, 'CapsLock'],
  [0xffe7, 'MetaLeft'],
  [0xffe8, 'MetaRight'],
  [0xffe9, 'AltLeft'],
  [0xffea, 'AltRight'],
  [0xfe03, 'AltRight'],
  [0xff7e, 'AltRight'],
  [0xffeb, 'MetaLeft'],
  [0xffec, 'MetaRight'],
  ...Array.from({ length: 10 }, (_, digit): [number, KeyCode] => [
    0xffb0 + digit,
    `Numpad${digit}` as KeyCode,
  ]),
  ...Array.from({ length: 12 }, (_, i): [number, KeyCode] => [0xffbe + i, `F${i + 1}` as KeyCode]),
]);

/** The key for a keysym, and for printable characters whether the US layout needs shift; undefined where there is none. */
export function keyOfKeysym(keysym: number): { code: KeyCode; stroke?: KeyStroke } | undefined {
  const code = SPECIAL.get(keysym);
  if (code !== undefined) return { code };
  const character = keysym < 0x100 ? keysym : keysym >>> 24 === 1 ? keysym & 0xffffff : 0;
  if (character < 0x20 || character > 0x7e) return undefined;
  const stroke = strokeOf(String.fromCharCode(character));
  return stroke && { code: stroke.code, stroke };
}

const BY_SCAN_CODE: ReadonlyMap<number, KeyCode> = new Map([
  ...KEYS.map((key): [number, KeyCode] => [(key.set1 & 0x7f) | (key.set1 > 0xff ? 0x80 : 0), key.code]),
  [0x54, 'PrintScreen'],
  [0xc6, 'Pause'],
]);

/** The key for the number in an extended key event. */
export function keyOfScanCode(scanCode: number): KeyCode | undefined {
  return BY_SCAN_CODE.get(scanCode);
}
