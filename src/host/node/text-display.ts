// The VGA's text screen on a terminal (ECMA-48 control sequences): characters, the sixteen colours as the terminal has
// them, and the cursor. Only cells that have changed are written. Of a graphics mode it says that there is one.
import type { ScreenHub, TextScreen } from '../../backend/display/screen.ts';

/** Where it is drawn. */
export interface TerminalOutput {
  write(text: string): void;
  /** Of the terminal, if known (0 is not): what does not fit is cut off. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Milliseconds between two looks at the screen. */
const INTERVAL = 40;

/** Colours 0 to 7 of the VGA (bits blue, green, red) in the terminal's order (red, green, blue). */
const TERMINAL_COLOUR = [0, 4, 2, 6, 1, 5, 3, 7];

/** The sequence that chooses a VGA attribute's colours. */
export function attributeSequence(attribute: number): string {
  const foreground = TERMINAL_COLOUR[attribute & 7]! + ((attribute & 8) !== 0 ? 90 : 30);
  const background = TERMINAL_COLOUR[(attribute >> 4) & 7]! + 40;
  return `\x1b[0;${foreground};${background}${(attribute & 0x80) !== 0 ? ';5' : ''}m`;
}

const sameShape = (a: TextScreen, b: TextScreen): boolean => a.columns === b.columns && a.rows === b.rows;

export class TextDisplay {
  readonly #screen: ScreenHub;
  readonly #output: TerminalOutput;
  readonly #timer: NodeJS.Timeout;
  #shown: TextScreen | string | undefined;
  #closed = false;

  constructor(screen: ScreenHub, output: TerminalOutput) {
    this.#screen = screen;
    this.#output = output;
    // The alternate screen, so that the terminal's own contents come back at the end.
    output.write('\x1b[?1049h\x1b[2J');
    this.#timer = setInterval(() => this.refresh(), INTERVAL);
  }

  /** Brings the terminal up to date. */
  refresh(): void {
    const text = this.#screen.text();
    if (text === undefined) this.#say();
    else this.#draw(text);
  }

  /** Gives the terminal back, with what the screen said last below what was there. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.refresh();
    this.#output.write('\x1b[0m\x1b[?25h\x1b[?1049l');
    if (typeof this.#shown !== 'object') return;
    const lines = this.#shown.lines.map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    this.#output.write(`${lines.join('\r\n')}\r\n`);
  }

  #say(): void {
    const { width, height, pixels } = this.#screen.frame();
    const dark = pixels.every((colour) => colour === 0);
    const message = dark ? '' : `[graphics, ${width} x ${height}: use --display vnc to see it]`;
    if (this.#shown === message) return;
    this.#shown = message;
    this.#output.write(`\x1b[0m\x1b[2J\x1b[H${message}\x1b[?25l`);
  }

  #draw(text: TextScreen): void {
    const last = typeof this.#shown === 'object' && sameShape(this.#shown, text) ? this.#shown : undefined;
    const rows = Math.min(text.rows, this.#output.rows || text.rows);
    const columns = Math.min(text.columns, this.#output.columns || text.columns);
    let output = last === undefined ? '\x1b[0m\x1b[2J' : '';
    for (let row = 0; row < rows; row++) output += this.#row(text, last, row, columns);
    const cursor = text.cursor;
    const moved =
      last === undefined || last.cursor?.row !== cursor?.row || last.cursor?.column !== cursor?.column;
    if (output !== '' || moved) {
      const shows = cursor !== undefined && cursor.row < rows && cursor.column < columns;
      output += shows ? `\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h` : '\x1b[?25l';
      this.#output.write(output);
    }
    this.#shown = text;
  }

  /** The sequences that bring one row up to date. */
  #row(text: TextScreen, last: TextScreen | undefined, row: number, columns: number): string {
    const start = row * text.columns;
    const line = text.lines[row]!;
    const lastLine = last?.lines[row];
    let output = '';
    let attribute = -1;
    let at = -1;
    for (let column = 0; column < columns; column++) {
      const wanted = text.attributes[start + column]!;
      if (lastLine?.[column] === line[column] && last?.attributes[start + column] === wanted) continue;
      if (at !== column) output += `\x1b[${row + 1};${column + 1}H`;
      if (attribute !== wanted) output += attributeSequence(wanted);
      output += line[column];
      attribute = wanted;
      at = column + 1;
    }
    return output;
  }
}
