// What a client has not been sent yet, in tiles of 16 by 16 pixels.
import type { Rectangle } from '../../../backend/display/screen.ts';

const TILE = 16;

export class DamageMap {
  readonly #width: number;
  readonly #height: number;
  readonly #columns: number;
  readonly #tiles: Uint8Array;
  #any = false;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#columns = Math.ceil(width / TILE);
    this.#tiles = new Uint8Array(this.#columns * Math.ceil(height / TILE));
  }

  get any(): boolean {
    return this.#any;
  }

  /** Adds a rectangle; what lies outside the frame is left out. */
  add({ x, y, width, height }: Rectangle): void {
    const right = Math.min(x + width, this.#width);
    const bottom = Math.min(y + height, this.#height);
    if (right <= x || bottom <= y) return;
    const first = Math.floor(x / TILE);
    const last = Math.ceil(right / TILE);
    for (let row = Math.floor(y / TILE); row < Math.ceil(bottom / TILE); row++) {
      this.#tiles.fill(1, row * this.#columns + first, row * this.#columns + last);
    }
    this.#any = true;
  }

  /** Takes everything, as at most `most` rectangles: more of them become one around them all. */
  take(most: number): Rectangle[] {
    const open: { first: number; last: number; row: number; rows: number }[] = [];
    let previous: typeof open = [];
    const rows = this.#tiles.length / this.#columns;
    for (let row = 0; row < rows; row++) {
      const current: typeof open = [];
      const start = row * this.#columns;
      for (let column = 0; column < this.#columns; column++) {
        if (this.#tiles[start + column] === 0) continue;
        const first = column;
        while (column < this.#columns && this.#tiles[start + column] === 1) column++;
        // A run under one of the same width makes that taller.
        const above = previous.find((run) => run.first === first && run.last === column);
        if (above) above.rows++;
        else open.push({ first, last: column, row, rows: 1 });
        current.push(above ?? open.at(-1)!);
      }
      previous = current;
    }
    this.#tiles.fill(0);
    this.#any = false;
    const rectangles = open.map((run) => this.#inPixels(run.first, run.last, run.row, run.row + run.rows));
    if (rectangles.length <= most) return rectangles;
    return [
      this.#inPixels(
        Math.min(...open.map((run) => run.first)),
        Math.max(...open.map((run) => run.last)),
        Math.min(...open.map((run) => run.row)),
        Math.max(...open.map((run) => run.row + run.rows)),
      ),
    ];
  }

  #inPixels(first: number, last: number, top: number, bottom: number): Rectangle {
    return {
      x: first * TILE,
      y: top * TILE,
      width: Math.min(last * TILE, this.#width) - first * TILE,
      height: Math.min(bottom * TILE, this.#height) - top * TILE,
    };
  }
}
