// What the DAC holds after a mode was set: 64 colours of the EGA's six bits, 64 of the CGA's four, 64 shades of a monochrome
// display's two, or mode 13h's 256.
// IBM Video Subsystem Technical Reference (VGA), "Color palette".
import type { VideoMode } from './modes.ts';

const FULL = 63;

/** EGA: two bits a colour, 5:3 weak, 2:0 strong, as R G B. */
function ega(): number[] {
  const colors: number[] = [];
  for (let i = 0; i < 64; i++) {
    for (const shift of [2, 1, 0]) colors.push(((i >> shift) & 1) * 42 + ((i >> (shift + 3)) & 1) * 21);
  }
  return colors;
}

/** CGA: bit 4 is the intensity; dark yellow is brown. */
function cga(): number[] {
  const colors: number[] = [];
  for (let i = 0; i < 64; i++) colors.push(...cgaColor((i & 7) | ((i & 0x10) >> 1)));
  return colors;
}
function cgaColor(color: number): number[] {
  if (color === 6) return [42, 21, 0];
  const bright = (color & 8) !== 0 ? 21 : 0;
  return [2, 1, 0].map((shift) => ((color >> shift) & 1) * 42 + bright);
}

/** Monochrome: bit 3 is the dot, bit 4 its intensity. */
function monochrome(): number[] {
  const shades = [0, 42, 42, 63];
  return Array.from({ length: 64 }, (_, i) => shades[(i >> 3) & 3]!).flatMap((shade) => [
    shade,
    shade,
    shade,
  ]);
}

const GRAYS = [0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63];
/** Five steps from weak to strong of each group of 24 hues. */
const STEPS = [
  [0, 16, 31, 47, 63],
  [31, 39, 47, 55, 63],
  [45, 49, 54, 58, 63],
  [0, 7, 14, 21, 28],
  [14, 17, 21, 24, 28],
  [20, 22, 24, 26, 28],
  [0, 4, 8, 12, 16],
  [8, 10, 12, 14, 16],
  [11, 12, 13, 15, 16],
];

/** Mode 13h: the 16 colours, 16 grays, and nine circles of hues from blue on. */
function packed(): number[] {
  const colors: number[] = [];
  for (let i = 0; i < 16; i++) colors.push(...cgaColor(i));
  for (const gray of GRAYS) colors.push(gray, gray, gray);
  for (const steps of STEPS) {
    for (let hue = 0; hue < 24; hue++) {
      // Each edge of the circle moves one component: red up, blue down, green up, red down, blue up, green down.
      const edge = Math.floor(hue / 4);
      const up = steps[hue % 4]!;
      const down = steps[4 - (hue % 4)]!;
      const most = steps[4]!;
      const least = steps[0]!;
      const circle: readonly (readonly number[])[] = [
        [up, least, most],
        [most, least, down],
        [most, up, least],
        [down, most, least],
        [least, most, up],
        [least, down, most],
      ];
      colors.push(...circle[edge]!);
    }
  }
  while (colors.length < 768) colors.push(0);
  return colors;
}

export const EGA_COLORS: readonly number[] = ega();
export const CGA_COLORS: readonly number[] = cga();
export const MONOCHROME_COLORS: readonly number[] = monochrome();
export const PACKED_COLORS: readonly number[] = packed();

/** Luminance of a colour of 6 bits a component: for summing to gray (INT 10h, AX=101Bh). */
export const grayOf = (red: number, green: number, blue: number): number =>
  Math.min(FULL, Math.round(0.3 * red + 0.59 * green + 0.11 * blue));

/** Modes for monochrome displays, which the VGA also shows in their shades on one with colours. */
const MONOCHROME_MODES: ReadonlySet<number> = new Set([0x07, 0x0f]);

/** What a mode begins with. */
export function colorsOf({ number, kind, height }: VideoMode): readonly number[] {
  if (MONOCHROME_MODES.has(number)) return MONOCHROME_COLORS;
  if (kind === 'packed') return PACKED_COLORS;
  return height === 200 ? CGA_COLORS : EGA_COLORS;
}
