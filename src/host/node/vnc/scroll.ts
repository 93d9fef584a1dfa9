// Finds out whether a picture is the last one moved up or down, so that CopyRect can say so.
import type { Frame, Rectangle } from '../../../backend/display/screen.ts';

/** Lines `y` to `y + height` of the new picture are those from `fromY` of the old one. */
export interface Scroll {
  readonly y: number;
  readonly height: number;
  readonly fromY: number;
}

/** Below so many lines it is not worth while. */
const FEWEST = 32;

/** Of every fifth pixel: lines that look alike by that are compared in full. */
function lineHash(pixels: Uint32Array, from: number, width: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < from + width; i += 5) hash = Math.imul(hash ^ pixels[i]!, 0x01000193);
  return hash;
}

function sameLine(a: Uint32Array, b: Uint32Array, fromA: number, fromB: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (a[fromA + i] !== b[fromB + i]) return false;
  return true;
}

/** The longest stretch of lines in `area` that has moved vertically; undefined where there is none of note. */
export function findScroll(old: Uint32Array, frame: Frame, area: Rectangle): Scroll | undefined {
  const { pixels, width: stride } = frame;
  if (area.height < 2 * FEWEST) return undefined;
  // Where each line of the old picture was, if no other looked the same.
  const places = new Map<number, number>();
  for (let y = area.y; y < area.y + area.height; y++) {
    const hash = lineHash(old, y * stride + area.x, area.width);
    places.set(hash, places.has(hash) ? -1 : y);
  }
  const votes = new Map<number, number>();
  for (let y = area.y; y < area.y + area.height; y++) {
    const place = places.get(lineHash(pixels, y * stride + area.x, area.width)) ?? -1;
    if (place >= 0 && place !== y) votes.set(place - y, (votes.get(place - y) ?? 0) + 1);
  }
  let distance = 0;
  let most = 0;
  for (const [candidate, count] of votes) if (count > most) [distance, most] = [candidate, count];
  if (most < 8) return undefined;
  let best: Scroll | undefined;
  let start = -1;
  const first = Math.max(area.y, area.y - distance);
  const end = Math.min(area.y + area.height, area.y + area.height - distance);
  for (let y = first; y <= end; y++) {
    const at = y * stride + area.x;
    const same = y < end && sameLine(pixels, old, at, at + distance * stride, area.width);
    if (same && start < 0) start = y;
    if (same || start < 0) continue;
    if (y - start > (best?.height ?? FEWEST - 1))
      best = { y: start, height: y - start, fromY: start + distance };
    start = -1;
  }
  return best;
}
