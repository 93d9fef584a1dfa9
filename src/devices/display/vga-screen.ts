// The picture of a VGA: brought up to date from its registers and memory when somebody asks for it. Only what was
// written since the last time is looked at, and only what looks different is said to have changed.
import { CODE_PAGE_437 } from '../../backend/display/code-page-437.ts';
import type { Frame, Rectangle, Screen, TextScreen } from '../../backend/display/screen.ts';
import type { Clock } from '../../base/services.ts';
import type { PlainMemory } from '../../memory/plain-memory.ts';
import { updateAttributeColours, updateDacColours } from './colours.ts';
import { Damage } from './damage.ts';
import { drawLinearLine, drawPlaneLine, type LineSource } from './graphics-lines.ts';
import { addressOf, type LinePlace, placeOfLine, type Raster, rasterOf } from './raster.ts';
import { cellAt, cursorOf } from './text-cells.ts';
import { TextPainter } from './text-painter.ts';
import type { VgaState } from './vga-state.ts';

const PAGE_SHIFT = 12;

/** What the screen looks at: a Vga. */
export interface ScreenSource {
  readonly state: VgaState;
  readonly memory: PlainMemory;
  readonly clock: Clock;
}

function newFrame(width: number, height: number): Frame {
  return { width, height, pixels: new Uint32Array(width * height) };
}

export class VgaScreen implements Screen {
  readonly #vga: ScreenSource;
  readonly #source: LineSource;
  /** One a page of memory: written since it was last drawn. */
  readonly #written: Uint8Array;
  readonly #text = new TextPainter();
  readonly #damage = new Damage();
  readonly #place: LinePlace = { address: 0, rowScan: 0, below: false };
  #frame = newFrame(640, 480);
  #raster: Raster | undefined;
  /** A line, and room for a character and the pixels that panning moves off its ends. */
  #line = new Uint32Array(0);

  constructor(vga: ScreenSource) {
    this.#vga = vga;
    const { bytes } = vga.memory;
    this.#source = {
      bytes,
      words: new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2),
      dac: new Uint32Array(256),
      attributes: new Uint32Array(16),
    };
    this.#written = new Uint8Array(bytes.length >> PAGE_SHIFT);
  }

  get frame(): Frame {
    return this.#frame;
  }

  refresh(): readonly Rectangle[] {
    const { state, memory, clock } = this.#vga;
    const { bytes, words, dac, attributes } = this.#source;
    const raster = rasterOf(state, bytes.length);
    const last = this.#raster;
    const written = memory.takeWritten(this.#written);
    const dacChanged = updateDacColours(state, dac);
    const coloursChanged = updateAttributeColours(state, dac, attributes) || dacChanged;
    const resized = this.#resize(raster);
    // A text screen is compared cell by cell: that it begins elsewhere says nothing.
    const moved =
      last === undefined || (raster.kind === 'text' ? raster.kind !== last.kind : differs(raster, last));
    const all = resized || coloursChanged || moved;
    this.#raster = raster;
    if (raster.kind === 'text') {
      const now = clock.now();
      const picture = { state, bytes, words, raster, colours: attributes, now, frame: this.#frame };
      const changed = written || last === undefined || differs(raster, last);
      this.#text.paint(picture, this.#damage, all, changed);
    } else if (raster.kind === 'blank') {
      if (all) this.#blank();
    } else if (written || all) this.#drawLines(raster, all);
    if (written) this.#written.fill(0);
    const damage = this.#damage.take();
    return resized ? [{ x: 0, y: 0, width: raster.width, height: raster.height }] : damage;
  }

  text(): TextScreen | undefined {
    const { state } = this.#vga;
    const { bytes, words } = this.#source;
    const raster = rasterOf(state, bytes.length);
    if (raster.kind !== 'text') return undefined;
    const dac = new Uint32Array(256);
    const colours = new Uint32Array(16);
    updateDacColours(state, dac);
    updateAttributeColours(state, dac, colours);
    const rows = Math.floor(raster.height / raster.rowLines);
    const cells = new Uint8Array(rows * raster.columns);
    const lines: string[] = [];
    const { address } = cursorOf(state);
    let cursor: { column: number; row: number } | undefined;
    for (let row = 0; row < rows; row++) {
      placeOfLine(raster, row * raster.rowLines, this.#place);
      let line = '';
      for (let column = 0; column < raster.columns; column++) {
        const cell = cellAt(words, raster, this.#place, column);
        line += CODE_PAGE_437[cell & 0xff]!;
        cells[row * raster.columns + column] = cell >> 8;
        if (((this.#place.address + column) & 0xffff) === address) cursor = { column, row };
      }
      lines.push(line);
    }
    return { columns: raster.columns, rows, lines, attributes: cells, colours, cursor };
  }

  #resize(raster: Raster): boolean {
    const { width, height } = raster;
    if (width === this.#frame.width && height === this.#frame.height) return false;
    this.#frame = newFrame(width, height);
    return true;
  }

  #blank(): void {
    const { width, height, pixels } = this.#frame;
    pixels.fill(0);
    this.#damage.add(0, width, 0, height);
  }

  #drawLines(raster: Raster, all: boolean): void {
    const room = raster.width + 32;
    if (this.#line.length < room) this.#line = new Uint32Array(room);
    const line = this.#line;
    const place = this.#place;
    for (let y = 0; y < raster.height; y++) {
      if (raster.kind === 'linear') {
        const at = raster.start + y * raster.pitch;
        if (!all && !this.#wasWritten(at, at + raster.width * 4)) continue;
        drawLinearLine(this.#source, raster, at, line);
      } else {
        placeOfLine(raster, y, place);
        if (!all) {
          const first = 4 * addressOf(raster, place, 0);
          const last = 4 * addressOf(raster, place, raster.columns);
          // A line that runs over the end of the planes is drawn whatever was written.
          if (last >= first && !this.#wasWritten(first, last + 4)) continue;
        }
        drawPlaneLine(this.#source, raster, place, line);
      }
      this.#keep(y, line);
    }
  }

  /** Whether a page of bytes `from` to `to` was written. */
  #wasWritten(from: number, to: number): boolean {
    const last = (to - 1) >> PAGE_SHIFT;
    for (let page = from >> PAGE_SHIFT; page <= last; page++) if (this.#written[page] === 1) return true;
    return false;
  }

  /** Puts a line into the frame, as far as it is different. */
  #keep(y: number, line: Uint32Array): void {
    const { width, pixels } = this.#frame;
    const row = y * width;
    let from = 0;
    while (from < width && pixels[row + from] === line[from]) from++;
    if (from === width) return;
    let to = width;
    while (pixels[row + to - 1] === line[to - 1]) to--;
    for (let x = from; x < to; x++) pixels[row + x] = line[x]!;
    this.#damage.add(from, to, y, 1);
  }
}

function differs(a: Raster, b: Raster): boolean {
  return (Object.keys(a) as (keyof Raster)[]).some((name) => a[name] !== b[name]);
}
