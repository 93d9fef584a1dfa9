// Keys by their names in the W3C's "UI Events KeyboardEvent code Values": the place of a key on the keyboard, whatever
// is printed on it. Every source of input (a viewer, a terminal, a script) and every keyboard device speaks these.

/** The keys of a 104-key keyboard, those of its Brazilian and Japanese cousins, and the usual media keys. */
export const KEY_CODES = [
  ...['Escape', 'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'],
  ...['PrintScreen', 'ScrollLock', 'Pause'],
  ...['Backquote', 'Digit1', 'Digit2', 'Digit3', 'Digit4', 'Digit5', 'Digit6', 'Digit7', 'Digit8', 'Digit9'],
  ...['Digit0', 'Minus', 'Equal', 'Backspace'],
  ...['Tab', 'KeyQ', 'KeyW', 'KeyE', 'KeyR', 'KeyT', 'KeyY', 'KeyU', 'KeyI', 'KeyO', 'KeyP'],
  ...['BracketLeft', 'BracketRight', 'Backslash'],
  ...['CapsLock', 'KeyA', 'KeyS', 'KeyD', 'KeyF', 'KeyG', 'KeyH', 'KeyJ', 'KeyK', 'KeyL'],
  ...['Semicolon', 'Quote', 'Enter'],
  ...['ShiftLeft', 'IntlBackslash', 'KeyZ', 'KeyX', 'KeyC', 'KeyV', 'KeyB', 'KeyN', 'KeyM'],
  ...['Comma', 'Period', 'Slash', 'ShiftRight'],
  ...['ControlLeft', 'MetaLeft', 'AltLeft', 'Space', 'AltRight', 'MetaRight', 'ContextMenu', 'ControlRight'],
  ...['Insert', 'Home', 'PageUp', 'Delete', 'End', 'PageDown'],
  ...['ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowRight'],
  ...['NumLock', 'NumpadDivide', 'NumpadMultiply', 'NumpadSubtract', 'NumpadAdd', 'NumpadEnter'],
  ...['Numpad1', 'Numpad2', 'Numpad3', 'Numpad4', 'Numpad5', 'Numpad6', 'Numpad7', 'Numpad8', 'Numpad9'],
  ...['Numpad0', 'NumpadDecimal', 'NumpadComma'],
  ...['IntlRo', 'IntlYen', 'KanaMode', 'Convert', 'NonConvert'],
  ...['AudioVolumeMute', 'AudioVolumeDown', 'AudioVolumeUp'],
  ...['MediaTrackNext', 'MediaTrackPrevious', 'MediaStop', 'MediaPlayPause'],
  ...['Power', 'Sleep', 'WakeUp'],
] as const;

export type KeyCode = (typeof KEY_CODES)[number];

const NAMES: ReadonlySet<string> = new Set(KEY_CODES);

/** Whether a word names a key. */
export function isKeyCode(name: string): name is KeyCode {
  return NAMES.has(name);
}
