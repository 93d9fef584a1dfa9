// One line of a graphics mode as pixels 0x00RRGGBB.
import type { LinePlace, Raster } from './raster.ts';
import { addressOf } from './raster.ts';

/** What the converters read. */
export interface LineSource {
  readonly bytes: Uint8Array;
  /** The same as little-endian words: the four planes at an address. */
  readonly words: Uint32Array;
  /** The DAC's 256 colours and the attribute controller's 16. */
  readonly dac: Uint32Array;
  readonly attributes: Uint32Array;
}

/** A byte of one plane with each bit in a nibble of its own, the leftmost pixel in the highest. */
const SPREAD = Uint32Array.from({ length: 256 }, (_, byte) => {
  let spread = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) spread |= 1 << (4 * bit);
  return spread;
});

/** Draws a line of the planes into `line`, which has room for a character more than the raster is wide. */
export function drawPlaneLine(source: LineSource, raster: Raster, place: LinePlace, line: Uint32Array): void {
  const pan = place.below ? raster.panBelow : raster.pan;
  const count = raster.columns + (pan > 0 ? 1 : 0);
  let at = -pan;
  for (let column = 0; column < count; column++) {
    const planes = source.words[addressOf(raster, place, column)] ?? 0;
    if (raster.kind === 'packed') at = drawPacked(source.dac, planes, line, at);
    else
      at = drawNibbles(source.attributes, raster.kind === 'cga' ? pairs(planes) : single(planes), line, at);
  }
}

/** Sixteen colours: a bit of each plane. Stores before the line's beginning are lost, as they should be. */
function single(planes: number): number {
  return (
    SPREAD[planes & 0xff]! |
    (SPREAD[(planes >>> 8) & 0xff]! << 1) |
    (SPREAD[(planes >>> 16) & 0xff]! << 2) |
    (SPREAD[planes >>> 24]! << 3)
  );
}

/** Four colours: two bits of plane 0 for each of four pixels, then of plane 1; planes 2 and 3 give two bits more. */
function pairs(planes: number): number {
  let result = 0;
  for (let half = 0; half < 2; half++) {
    const low = (planes >>> (8 * half)) & 0xff;
    const high = (planes >>> (8 * half + 16)) & 0xff;
    for (let pixel = 6; pixel >= 0; pixel -= 2) {
      result = (result << 4) | ((low >> pixel) & 3) | (((high >> pixel) & 3) << 2);
    }
  }
  return result;
}

function drawNibbles(colours: Uint32Array, nibbles: number, line: Uint32Array, at: number): number {
  for (let shift = 28; shift >= 0; shift -= 4) line[at++] = colours[(nibbles >>> shift) & 15]!;
  return at;
}

function drawPacked(colours: Uint32Array, planes: number, line: Uint32Array, at: number): number {
  line[at] = colours[planes & 0xff]!;
  line[at + 1] = colours[(planes >>> 8) & 0xff]!;
  line[at + 2] = colours[(planes >>> 16) & 0xff]!;
  line[at + 3] = colours[planes >>> 24]!;
  return at + 4;
}

/** Draws a line of a linear framebuffer that begins at byte `at`; the raster has made sure that it lies in memory. */
export function drawLinearLine(source: LineSource, raster: Raster, at: number, line: Uint32Array): void {
  const { bytes, dac } = source;
  const { width } = raster;
  switch (raster.bitsPerPixel) {
    case 8:
      for (let x = 0; x < width; x++) line[x] = dac[bytes[at + x]!]!;
      break;
    case 15:
      for (let x = 0; x < width; x++, at += 2) {
        const pixel = bytes[at]! | (bytes[at + 1]! << 8);
        const wide = ((pixel & 0x7c00) << 9) | ((pixel & 0x03e0) << 6) | ((pixel & 0x001f) << 3);
        line[x] = wide | ((wide >>> 5) & 0x070707);
      }
      break;
    case 16:
      for (let x = 0; x < width; x++, at += 2) {
        const pixel = bytes[at]! | (bytes[at + 1]! << 8);
        const wide = ((pixel & 0xf800) << 8) | ((pixel & 0x07e0) << 5) | ((pixel & 0x001f) << 3);
        line[x] = wide | ((wide >>> 5) & 0x070007) | ((wide >>> 6) & 0x000300);
      }
      break;
    case 24:
      for (let x = 0; x < width; x++, at += 3) {
        line[x] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      }
      break;
    default:
      if ((at & 3) === 0) {
        const first = at >> 2;
        for (let x = 0; x < width; x++) line[x] = source.words[first + x]! & 0xffffff;
      } else {
        for (let x = 0; x < width; x++, at += 4) {
          line[x] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
        }
      }
  }
}
