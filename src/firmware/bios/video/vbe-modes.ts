// The modes of VBE by number: sizes, depths, and where the colours are in a dot (VBE 2.0, section 3).

/** A mode of the extension. */
export interface VbeMode {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  /** Bits of a dot; 4 are four planes, as in the VGA's own modes. */
  readonly depth: 4 | 8 | 15 | 16 | 24 | 32;
}

/** Sizes with the numbers that VESA gave them at 8, 15, 16 and 24 bits, and our own at 32. */
const SIZES: readonly (readonly [width: number, height: number, numbers: readonly (number | null)[]])[] = [
  [640, 400, [0x100, null, null, null, 0x140]],
  [640, 480, [0x101, 0x110, 0x111, 0x112, 0x141]],
  [800, 600, [0x103, 0x113, 0x114, 0x115, 0x142]],
  [1024, 768, [0x105, 0x116, 0x117, 0x118, 0x143]],
  [1280, 720, [0x18c, null, 0x18d, 0x18e, 0x18f]],
  [1280, 1024, [0x107, 0x119, 0x11a, 0x11b, 0x144]],
  [1600, 1200, [0x11c, 0x11d, 0x11e, 0x11f, 0x145]],
  [1920, 1080, [0x190, null, 0x191, 0x192, 0x193]],
  [1920, 1200, [0x194, null, 0x195, 0x196, 0x197]],
];
const DEPTHS = [8, 15, 16, 24, 32] as const;
/** Of four planes there is the one that fits into the window: 800 by 600. */
const PLANAR: VbeMode = { number: 0x102, width: 800, height: 600, depth: 4 };
/** All of them. */
export const MODES: readonly VbeMode[] = [
  ...SIZES.flatMap(([width, height, numbers]) =>
    numbers.flatMap((number, i) => (number === null ? [] : [{ number, width, height, depth: DEPTHS[i]! }])),
  ),
  PLANAR,
];

/** Bytes of a line of so many dots; of planes, in each. */
export const bytesOf = (depth: number, dots: number): number =>
  depth === 4 ? Math.ceil(dots / 8) : dots * Math.ceil(depth / 8);
/** Dots of a line of so many bytes. */
export const dotsOf = (depth: number, bytes: number): number =>
  depth === 4 ? bytes * 8 : Math.ceil(bytes / Math.ceil(depth / 8));

/** Sizes and positions of red, green, blue and the rest, by depth. */
export const FIELDS: Readonly<Record<number, readonly number[]>> = {
  4: [0, 0, 0, 0, 0, 0, 0, 0],
  8: [0, 0, 0, 0, 0, 0, 0, 0],
  15: [5, 10, 5, 5, 5, 0, 1, 15],
  16: [5, 11, 6, 5, 5, 0, 0, 0],
  24: [8, 16, 8, 8, 8, 0, 0, 0],
  32: [8, 16, 8, 8, 8, 0, 8, 24],
};
