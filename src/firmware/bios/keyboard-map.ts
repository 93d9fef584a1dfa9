// What INT 09h puts into the keyboard buffer for a scan code of set 1: scan code in the upper byte, character in the
// lower, as the enhanced keyboard's BIOS does (IBM PS/2 and PC BIOS Interface Technical Reference, INT 16h, "Scan
// code / character code combinations"). US layout.

/** Keys that give a character: scan code -> alone, with Shift. Ctrl gives the character's control code. */
const CHARACTERS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [0x02, '1234567890-=', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x39, ' ', ' '],
];

const PLAIN = new Map<number, string>();
const SHIFTED = new Map<number, string>();
for (const [first, plain, shifted] of CHARACTERS) {
  for (let i = 0; i < plain.length; i++) {
    PLAIN.set(first + i, plain[i]!);
    SHIFTED.set(first + i, shifted[i]!);
  }
}

/** Keys with combinations of their own: alone, with Shift, with Ctrl, with Alt; null gives nothing. */
type Combinations = readonly [plain: number, shift: number, control: number | null, alt: number | null];
const SPECIAL: ReadonlyMap<number, Combinations> = new Map<number, Combinations>([
  [0x01, [0x011b, 0x011b, 0x011b, 0x0100]], // Esc
  [0x0e, [0x0e08, 0x0e08, 0x0e7f, 0x0e00]], // Backspace
  [0x0f, [0x0f09, 0x0f00, 0x9400, 0xa500]], // Tab
  [0x1c, [0x1c0d, 0x1c0d, 0x1c0a, 0x1c00]], // Enter
  [0x37, [0x372a, 0x372a, 0x9600, 0x3700]], // keypad *
  [0x4a, [0x4a2d, 0x4a2d, 0x8e00, 0x4a00]], // keypad -
  [0x4e, [0x4e2b, 0x4e2b, 0x9000, 0x4e00]], // keypad +
  [0x57, [0x8500, 0x8700, 0x8900, 0x8b00]], // F11
  [0x58, [0x8600, 0x8800, 0x8a00, 0x8c00]], // F12
]);
/** The keypad's keys from 47h: digit, and what Ctrl gives. */
const KEYPAD = '789-456+1230.';
const KEYPAD_CONTROL = [0x77, 0x8d, 0x84, 0, 0x73, 0x8f, 0x74, 0, 0x75, 0x91, 0x76, 0x92, 0x93];
const FIRST_KEYPAD = 0x47;
const LAST_KEYPAD = 0x53;
const FIRST_FUNCTION = 0x3b;
const LAST_FUNCTION = 0x44;
/** The gray keys, which send E0h before a keypad's scan code: what Alt gives. */
const GRAY_ALT: ReadonlyMap<number, number> = new Map([
  ...[0x47, 0x48, 0x49, 0x4b, 0x4d, 0x4f, 0x50, 0x51, 0x52, 0x53].map((code): [number, number] => [
    code,
    (code + 0x50) << 8,
  ]),
]);
const ENTER = 0x1c;
const SLASH = 0x35;
const PRINT_SCREEN = 0x37;
const EXTENDED_MARK = 0xe0;

export interface Modifiers {
  readonly shift: boolean;
  readonly control: boolean;
  readonly alt: boolean;
  readonly capsLock: boolean;
  readonly numLock: boolean;
}

/** The buffer's word for a key that is pressed; null when it gives none. `extended`: E0h came before. */
export function keyWord(scan: number, extended: boolean, held: Modifiers): number | null {
  const { shift, control, alt } = held;
  if (extended) return grayWord(scan, held);
  const special = SPECIAL.get(scan);
  if (special) return special[alt ? 3 : control ? 2 : shift ? 1 : 0];
  if (scan >= FIRST_FUNCTION && scan <= LAST_FUNCTION) {
    const base = alt ? 0x68 : control ? 0x5e : shift ? 0x54 : FIRST_FUNCTION;
    return (base + scan - FIRST_FUNCTION) << 8;
  }
  if (scan >= FIRST_KEYPAD && scan <= LAST_KEYPAD) {
    const index = scan - FIRST_KEYPAD;
    if (alt) return null;
    if (control) return KEYPAD_CONTROL[index] ? KEYPAD_CONTROL[index]! << 8 : null;
    const digit = held.numLock !== shift;
    if (!digit) return scan === 0x4c ? 0x4c00 : scan << 8;
    return (scan << 8) | KEYPAD.charCodeAt(index);
  }
  const plain = PLAIN.get(scan);
  if (plain === undefined) return null;
  if (alt) {
    // The digits' row has codes of its own.
    if (scan >= 0x02 && scan <= 0x0d) return (scan + 0x76) << 8;
    return scan === 0x39 ? 0x3920 : scan << 8;
  }
  if (control) return controlWord(scan, plain);
  const letter = plain >= 'a' && plain <= 'z';
  const upper = letter ? shift !== held.capsLock : shift;
  return (scan << 8) | (upper ? SHIFTED : PLAIN).get(scan)!.charCodeAt(0);
}

/** Ctrl with a letter or one of the few others that have a control code. */
function controlWord(scan: number, plain: string): number | null {
  if (plain >= 'a' && plain <= 'z') return (scan << 8) | (plain.charCodeAt(0) - 0x60);
  switch (plain) {
    case '2':
      return 0x0300;
    case '6':
      return 0x071e;
    case '-':
      return 0x0c1f;
    case '[':
      return 0x1a1b;
    case ']':
      return 0x1b1d;
    case '\\':
      return 0x2b1c;
    case ' ':
      return 0x3920;
    default:
      return null;
  }
}

function grayWord(scan: number, { control, alt }: Modifiers): number | null {
  if (scan === ENTER) return alt ? 0xa600 : control ? 0xe00a : 0xe00d;
  if (scan === PRINT_SCREEN) return control ? 0x7200 : null;
  if (scan === SLASH) return alt ? 0xa400 : control ? 0x9500 : 0xe02f;
  const alternative = GRAY_ALT.get(scan);
  if (alternative === undefined) return null;
  if (alt) return alternative;
  if (control) return (KEYPAD_CONTROL[scan - FIRST_KEYPAD]! << 8) | EXTENDED_MARK;
  return (scan << 8) | EXTENDED_MARK;
}
