// Collects what has changed of a frame while it is drawn from top to bottom.
import type { Rectangle } from '../../backend/display/screen.ts';

/** Lines that one rectangle of changed lines takes in. */
const BAND = 16;

export class Damage {
  readonly #rectangles: { x: number; y: number; width: number; height: number }[] = [];

  /** Pixels `from` to `to` (excluded) of `height` lines from `y` have changed. */
  add(from: number, to: number, y: number, height: number): void {
    const last = this.#rectangles.at(-1);
    if (last !== undefined && last.y + last.height === y) {
      const same = last.x === from && last.x + last.width === to;
      if (same || last.height + height <= BAND) {
        const right = Math.max(last.x + last.width, to);
        last.x = Math.min(last.x, from);
        last.width = right - last.x;
        last.height += height;
        return;
      }
    }
    this.#rectangles.push({ x: from, y, width: to - from, height });
  }

  /** What has been added; begins anew. */
  take(): readonly Rectangle[] {
    return this.#rectangles.splice(0);
  }
}
