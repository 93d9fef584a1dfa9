// The fonts of code page 437, 256 characters each, made from the letterforms of glyphs.ts: 8 x 8 as they are drawn,
// 8 x 14 and 8 x 16 with longer and wider strokes. Lines and blocks fill their cells, so that they join.
import { ACCENTED, ACCENTS, ASCII, OTHERS, SIGNS } from './glyphs.ts';

/** Rows of a letterform, five dots wide. */
const rowsOf = (text: string): number[] => text.split(' ').map((row) => Number.parseInt(row, 16));

/** Which rows of a letterform are doubled for ten rows above the baseline, so that strokes only grow longer. */
const TALL_ROWS = [0, 1, 1, 2, 3, 3, 4, 5, 5, 6];
/** The cells: rows in all, the first row of the letterform, its scale. */
interface Cell {
  readonly height: 8 | 14 | 16;
  readonly top: number;
  readonly tall: boolean;
}
const CELLS: readonly Cell[] = [
  { height: 8, top: 0, tall: false },
  { height: 14, top: 1, tall: true },
  { height: 16, top: 2, tall: true },
];

/** All letterforms by code. */
function letterforms(): Map<number, number[]> {
  const forms = new Map<number, number[]>();
  for (const [code, sign] of SIGNS.entries()) forms.set(code < 0x20 ? code : 0x7f, rowsOf(sign));
  for (const [character, rows] of Object.entries(ASCII)) forms.set(character.charCodeAt(0), rowsOf(rows));
  for (const [code, rows] of Object.entries(OTHERS)) forms.set(Number(code), rowsOf(rows));
  for (const [code, letter, accent] of ACCENTED) {
    const [first, second] = rowsOf(ACCENTS[accent]);
    const base = rowsOf(ASCII[letter]!);
    const capital = letter < 'a';
    // A capital is squeezed by a row; a small letter has room for the accent.
    if (capital) forms.set(code, [first! | second!, ...[0, 1, 3, 4, 5, 6, 7].map((row) => base[row]!)]);
    else forms.set(code, [first!, second!, ...base.slice(2)]);
  }
  return forms;
}

/** Five dots as eight: a dot of margin, and in tall cells strokes of two dots, where no gap is closed by that. */
function widen(row: number, tall: boolean): number {
  const dots = row << 2;
  return tall ? dots | ((dots >> 1) & ~(dots << 1)) : dots;
}

function glyphOf(form: readonly number[], { height, top, tall }: Cell): number[] {
  const rows: number[] = new Array(height).fill(0);
  const order = tall ? TALL_ROWS : [0, 1, 2, 3, 4, 5, 6];
  order.forEach((from, i) => {
    rows[top + i] = widen(form[from]!, tall);
  });
  const below = widen(form[7]!, tall);
  rows[top + order.length] = below;
  // What hangs below is two rows in a tall cell, unless it is the line that underlines.
  if (tall && form[7] !== 0x1f && top + order.length + 1 < height) rows[top + order.length + 1] = below;
  return rows;
}

// ---- lines and blocks, B0h to DFh and some more ----

/**
 * Lines from the middle of the cell: up, right, down, left, each 0, 1 or 2 strokes. In the order of the code page
 * from B3h on.
 */
const LINES =
  '1010 1011 1012 2021 0021 0012 2022 2020 0022 2002 2001 1002 0011 1100 1101 0111 1110 0101 1111 1210 2120 2200 0220 ' +
  '2202 0222 2220 0202 2222 1202 2101 0212 0121 2100 1200 0210 0120 2121 1212 1001 0110';
const FIRST_LINE = 0xb3;

function lineGlyph(arms: string, height: number): number[] {
  const [up, right, down, left] = Array.from(arms, Number) as [number, number, number, number];
  const middle = height >> 1;
  const rows: number[] = new Array(height).fill(0);
  // Columns of one stroke: 3 and 4; of two: 2 and 5. Rows: the middle one, or the ones around it.
  const vertical = (strokes: number) => (strokes === 1 ? 0x18 : strokes === 2 ? 0x24 : 0);
  const thick = Math.max(left, right) === 2 ? 1 : 0;
  for (let y = 0; y < height; y++) {
    // An end of a line is as long as the line that it meets is thick; double lines leave the middle of a crossing open.
    const open = left > 0 && right > 0;
    if (y <= middle + thick && (y <= middle - thick || up === 1 || !open)) rows[y]! |= vertical(up);
    if (y >= middle - thick && (y >= middle + thick || down === 1 || !open)) rows[y]! |= vertical(down);
  }
  const reach = Math.max(up, down) === 2 ? 0x3c : 0x18;
  const horizontal = (strokes: number, side: number) => {
    if (strokes === 1) rows[middle]! |= side;
    if (strokes === 2) {
      rows[middle - 1]! |= side;
      rows[middle + 1]! |= side;
    }
  };
  horizontal(left, 0xe0 | (reach & (right > 0 ? 0xff : 0xf8)));
  horizontal(right, 0x07 | (reach & (left > 0 ? 0xff : 0x1f)));
  // Where double lines cross or turn, their middle stays open.
  if (left === 2 && right === 2 && up === 2) rows[middle - 1]! &= ~0x18;
  if (left === 2 && right === 2 && down === 2) rows[middle + 1]! &= ~0x18;
  if (up === 2 && down === 2 && right === 2 && left === 0) rows[middle]! = 0x24;
  if (up === 2 && down === 2 && left === 2 && right === 0) rows[middle]! = 0x24;
  return rows;
}

/** Shades, blocks, and the pieces of an integral sign. */
function blockGlyph(code: number, height: number): number[] | null {
  const fill = (row: (y: number) => number) => Array.from({ length: height }, (_, y) => row(y));
  const middle = height >> 1;
  switch (code) {
    case 0xb0:
      return fill((y) => (y % 2 === 0 ? 0x22 : 0x88));
    case 0xb1:
      return fill((y) => (y % 2 === 0 ? 0x55 : 0xaa));
    case 0xb2:
      return fill((y) => (y % 2 === 0 ? 0xdd : 0x77));
    case 0xdb:
      return fill(() => 0xff);
    case 0xdc:
      return fill((y) => (y >= middle ? 0xff : 0));
    case 0xdd:
      return fill(() => 0xf0);
    case 0xde:
      return fill(() => 0x0f);
    case 0xdf:
      return fill((y) => (y < middle ? 0xff : 0));
    case 0xf4:
      return fill((y) => (y === 1 ? 0x0c : y === 2 ? 0x1a : y > 2 ? 0x18 : 0));
    case 0xf5:
      return fill((y) => (y < height - 3 ? 0x18 : y === height - 3 ? 0x58 : y === height - 2 ? 0x30 : 0));
    default:
      return null;
  }
}

function makeFont(cell: Cell): Uint8Array {
  const font = new Uint8Array(256 * cell.height);
  const set = (code: number, rows: readonly number[]) => font.set(rows, code * cell.height);
  for (const [code, form] of letterforms()) set(code, glyphOf(form, cell));
  for (const [i, arms] of LINES.split(' ').entries()) set(FIRST_LINE + i, lineGlyph(arms, cell.height));
  for (let code = 0x80; code < 0x100; code++) {
    const block = blockGlyph(code, cell.height);
    if (block) set(code, block);
  }
  return font;
}

const [small, medium, large] = CELLS.map(makeFont);
/** 256 glyphs of 8, 14 and 16 rows of eight dots, the leftmost dot bit 7. */
export const FONT_8X8: Uint8Array = small!;
export const FONT_8X14: Uint8Array = medium!;
export const FONT_8X16: Uint8Array = large!;
