// The letterforms of the BIOS's fonts, drawn for it: five dots wide, seven high, on the baseline, an eighth row for
// what hangs below. A row is two hexadecimal digits, its leftmost dot bit 4. font.ts makes the 8 x 8, 8 x 14 and
// 8 x 16 dots of code page 437 from them.

/** Characters 20h to 7Eh. */
export const ASCII: Readonly<Record<string, string>> = {
  ' ': '00 00 00 00 00 00 00 00',
  '!': '04 04 04 04 04 00 04 00',
  '"': '0a 0a 0a 00 00 00 00 00',
  '#': '0a 0a 1f 0a 1f 0a 0a 00',
  $: '04 0f 14 0e 05 1e 04 00',
  '%': '18 19 02 04 08 13 03 00',
  '&': '0c 12 14 08 15 12 0d 00',
  "'": '06 04 08 00 00 00 00 00',
  '(': '02 04 08 08 08 04 02 00',
  ')': '08 04 02 02 02 04 08 00',
  '*': '00 04 15 0e 15 04 00 00',
  '+': '00 04 04 1f 04 04 00 00',
  ',': '00 00 00 00 00 06 04 08',
  '-': '00 00 00 1f 00 00 00 00',
  '.': '00 00 00 00 00 06 06 00',
  '/': '01 01 02 04 08 10 10 00',
  '0': '0e 11 13 15 19 11 0e 00',
  '1': '04 0c 04 04 04 04 0e 00',
  '2': '0e 11 01 06 08 10 1f 00',
  '3': '1f 02 04 06 01 11 0e 00',
  '4': '02 06 0a 12 1f 02 02 00',
  '5': '1f 10 1e 01 01 11 0e 00',
  '6': '06 08 10 1e 11 11 0e 00',
  '7': '1f 01 02 04 08 08 08 00',
  '8': '0e 11 11 0e 11 11 0e 00',
  '9': '0e 11 11 0f 01 02 0c 00',
  ':': '00 06 06 00 06 06 00 00',
  ';': '00 06 06 00 06 04 08 00',
  '<': '02 04 08 10 08 04 02 00',
  '=': '00 00 1f 00 1f 00 00 00',
  '>': '08 04 02 01 02 04 08 00',
  '?': '0e 11 01 06 04 00 04 00',
  '@': '0e 11 17 15 17 10 0e 00',
  A: '04 0a 11 11 1f 11 11 00',
  B: '1e 11 11 1e 11 11 1e 00',
  C: '0e 11 10 10 10 11 0e 00',
  D: '1c 12 11 11 11 12 1c 00',
  E: '1f 10 10 1e 10 10 1f 00',
  F: '1f 10 10 1e 10 10 10 00',
  G: '0e 11 10 17 11 11 0f 00',
  H: '11 11 11 1f 11 11 11 00',
  I: '0e 04 04 04 04 04 0e 00',
  J: '07 02 02 02 02 12 0c 00',
  K: '11 12 14 18 14 12 11 00',
  L: '10 10 10 10 10 10 1f 00',
  M: '11 1b 15 15 11 11 11 00',
  N: '11 19 19 15 13 13 11 00',
  O: '0e 11 11 11 11 11 0e 00',
  P: '1e 11 11 1e 10 10 10 00',
  Q: '0e 11 11 11 15 12 0d 00',
  R: '1e 11 11 1e 14 12 11 00',
  S: '0f 10 10 0e 01 01 1e 00',
  T: '1f 04 04 04 04 04 04 00',
  U: '11 11 11 11 11 11 0e 00',
  V: '11 11 11 11 0a 0a 04 00',
  W: '11 11 11 15 15 1b 11 00',
  X: '11 11 0a 04 0a 11 11 00',
  Y: '11 11 0a 04 04 04 04 00',
  Z: '1f 01 02 04 08 10 1f 00',
  '[': '0e 08 08 08 08 08 0e 00',
  '\\': '10 10 08 04 02 01 01 00',
  ']': '0e 02 02 02 02 02 0e 00',
  '^': '04 0a 11 00 00 00 00 00',
  _: '00 00 00 00 00 00 00 1f',
  '`': '0c 04 02 00 00 00 00 00',
  a: '00 00 0e 01 0f 11 0f 00',
  b: '10 10 1e 11 11 11 1e 00',
  c: '00 00 0f 10 10 10 0f 00',
  d: '01 01 0f 11 11 11 0f 00',
  e: '00 00 0e 11 1f 10 0e 00',
  f: '06 09 08 1c 08 08 08 00',
  g: '00 00 0f 11 11 0f 01 0e',
  h: '10 10 16 19 11 11 11 00',
  i: '04 00 0c 04 04 04 0e 00',
  j: '02 00 06 02 02 02 12 0c',
  k: '10 10 12 14 18 14 12 00',
  l: '0c 04 04 04 04 04 0e 00',
  m: '00 00 1a 15 15 15 15 00',
  n: '00 00 16 19 11 11 11 00',
  o: '00 00 0e 11 11 11 0e 00',
  p: '00 00 1e 11 11 1e 10 10',
  q: '00 00 0f 11 11 0f 01 01',
  r: '00 00 16 19 10 10 10 00',
  s: '00 00 0f 10 0e 01 1e 00',
  t: '08 08 1c 08 08 09 06 00',
  u: '00 00 11 11 11 13 0d 00',
  v: '00 00 11 11 11 0a 04 00',
  w: '00 00 11 11 15 15 0a 00',
  x: '00 00 11 0a 04 0a 11 00',
  y: '00 00 11 11 11 0f 01 0e',
  z: '00 00 1f 02 04 08 1f 00',
  '{': '03 04 04 08 04 04 03 00',
  '|': '04 04 04 04 04 04 04 04',
  '}': '18 04 04 02 04 04 18 00',
  '~': '00 00 08 15 02 00 00 00',
};

/** Characters 00h to 1Fh and 7Fh: signs. */
export const SIGNS: readonly string[] = [
  '00 00 00 00 00 00 00 00', // nothing
  '0e 11 1b 11 15 11 0e 00', // face
  '0e 1f 15 1f 1b 1f 0e 00', // dark face
  '0a 1f 1f 1f 0e 04 00 00', // heart
  '04 0e 1f 1f 0e 04 00 00', // diamond
  '0e 0e 1b 1f 1b 04 0e 00', // club
  '04 0e 1f 1f 15 04 0e 00', // spade
  '00 00 0e 0e 0e 00 00 00', // bullet
  '1f 1f 11 11 11 1f 1f 1f', // the same, dark
  '00 0e 11 11 11 0e 00 00', // circle
  '1f 11 0e 0e 0e 11 1f 1f', // the same, dark
  '07 03 05 0e 11 11 0e 00', // male
  '0e 11 11 0e 04 0e 04 00', // female
  '06 05 05 04 0c 1c 18 00', // note
  '0f 09 0f 09 09 1b 1b 00', // two notes
  '15 0e 1b 0e 15 00 00 00', // sun
  '10 18 1c 1f 1c 18 10 00', // to the right
  '01 03 07 1f 07 03 01 00', // to the left
  '04 0e 15 04 15 0e 04 00', // up and down
  '0a 0a 0a 0a 0a 00 0a 00', // two exclamation marks
  '0f 15 15 0d 05 05 05 00', // paragraph
  '0e 10 0e 11 0e 01 0e 00', // section
  '00 00 00 00 00 1f 1f 00', // bar
  '04 0e 15 04 15 0e 04 1f', // up and down, underlined
  '04 0e 15 04 04 04 04 00', // up
  '04 04 04 04 15 0e 04 00', // down
  '00 04 02 1f 02 04 00 00', // right
  '00 04 08 1f 08 04 00 00', // left
  '00 00 10 10 10 1f 00 00', // corner
  '00 00 0a 1f 0a 00 00 00', // left and right
  '00 04 04 0e 0e 1f 1f 00', // to the top
  '00 1f 1f 0e 0e 04 04 00', // to the bottom
  '00 04 0a 11 11 1f 00 00', // house
];

/** Accents, in the two rows above small letters; capitals give up their top row to them. */
export const ACCENTS = {
  acute: '02 04',
  grave: '08 04',
  circumflex: '04 0a',
  diaeresis: '0a 00',
  tilde: '0d 12',
  ring: '0e 0a',
} as const;
export type Accent = keyof typeof ACCENTS;

/** Characters 80h to A8h that are a letter with an accent: letter, accent. */
export const ACCENTED: readonly (readonly [code: number, letter: string, accent: Accent])[] = [
  [0x81, 'u', 'diaeresis'],
  [0x82, 'e', 'acute'],
  [0x83, 'a', 'circumflex'],
  [0x84, 'a', 'diaeresis'],
  [0x85, 'a', 'grave'],
  [0x86, 'a', 'ring'],
  [0x88, 'e', 'circumflex'],
  [0x89, 'e', 'diaeresis'],
  [0x8a, 'e', 'grave'],
  [0x8b, 'i', 'diaeresis'],
  [0x8c, 'i', 'circumflex'],
  [0x8d, 'i', 'grave'],
  [0x8e, 'A', 'diaeresis'],
  [0x8f, 'A', 'ring'],
  [0x90, 'E', 'acute'],
  [0x93, 'o', 'circumflex'],
  [0x94, 'o', 'diaeresis'],
  [0x95, 'o', 'grave'],
  [0x96, 'u', 'circumflex'],
  [0x97, 'u', 'grave'],
  [0x98, 'y', 'diaeresis'],
  [0x99, 'O', 'diaeresis'],
  [0x9a, 'U', 'diaeresis'],
  [0xa0, 'a', 'acute'],
  [0xa1, 'i', 'acute'],
  [0xa2, 'o', 'acute'],
  [0xa3, 'u', 'acute'],
  [0xa4, 'n', 'tilde'],
  [0xa5, 'N', 'tilde'],
];

/** The other characters from 80h on that are neither accented nor lines (font.ts draws those). */
export const OTHERS: Readonly<Record<number, string>> = {
  128: '0e 11 10 10 11 0e 04 0c', // C with cedilla
  135: '00 00 0f 10 10 0f 04 0c', // c with cedilla
  145: '00 00 1a 05 0f 14 0b 00', // ae
  146: '0f 14 14 1e 14 14 17 00', // AE
  155: '04 0f 14 14 14 0f 04 00', // cent
  156: '06 09 08 1c 08 08 1f 00', // pound
  157: '11 0a 04 1f 04 1f 04 00', // yen
  158: '1c 12 1c 12 17 12 12 00', // pesetas
  159: '02 05 04 0e 04 14 08 00', // f with hook
  166: '0e 01 0f 11 0f 00 1f 00', // feminine ordinal
  167: '0e 11 11 0e 00 1f 00 00', // masculine ordinal
  168: '04 00 04 0c 10 11 0e 00', // inverted question mark
  169: '00 00 00 1f 10 10 00 00', // not, reversed
  170: '00 00 00 1f 01 01 00 00', // not
  171: '10 12 14 0e 11 02 07 00', // one half
  172: '10 12 14 0b 15 07 01 00', // one quarter
  173: '04 00 04 04 04 04 04 00', // inverted exclamation mark
  174: '00 05 0a 14 0a 05 00 00', // quotes to the left
  175: '00 14 0a 05 0a 14 00 00', // quotes to the right
  224: '00 00 0d 12 12 12 0d 00', // alpha
  225: '0e 11 11 16 11 11 16 10', // sharp s
  226: '1f 11 10 10 10 10 10 00', // Gamma
  227: '00 00 1f 0a 0a 0a 0a 00', // pi
  228: '1f 11 08 04 08 11 1f 00', // Sigma
  229: '00 00 0f 14 12 12 0c 00', // sigma
  230: '00 00 12 12 12 1d 10 10', // mu
  231: '00 00 1f 04 04 04 02 00', // tau
  232: '0e 04 0e 15 0e 04 0e 00', // Phi
  233: '0e 11 11 1f 11 11 0e 00', // Theta
  234: '0e 11 11 11 0a 0a 1b 00', // Omega
  235: '06 08 04 0e 11 11 0e 00', // delta
  236: '00 00 0a 15 15 0a 00 00', // infinity
  237: '01 0e 13 15 19 0e 10 00', // phi
  238: '06 08 10 1e 10 08 06 00', // epsilon
  239: '00 0e 11 11 11 11 11 00', // intersection
  240: '00 1f 00 1f 00 1f 00 00', // identical
  241: '04 04 1f 04 04 00 1f 00', // plus or minus
  242: '10 08 04 08 10 00 1f 00', // at least
  243: '01 02 04 02 01 00 1f 00', // at most
  246: '00 04 00 1f 00 04 00 00', // divided by
  247: '00 08 15 02 08 15 02 00', // about
  248: '0c 12 12 0c 00 00 00 00', // degree
  249: '00 00 00 0c 0c 00 00 00', // dot
  250: '00 00 00 04 00 00 00 00', // small dot
  251: '07 04 04 04 14 0c 04 00', // root
  252: '1c 12 12 12 00 00 00 00', // small n
  253: '1c 02 04 08 1e 00 00 00', // squared
  254: '00 00 0e 0e 0e 0e 00 00', // square
};
