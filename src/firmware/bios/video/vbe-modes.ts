// The modes of VBE by number: sizes, depths, and where the colours are in a dot (VBE 2.0, section 3).

/** A mode of the extension. */
export interface VbeMode {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly depth: 8 | 15 | 16 | 24 | 32;
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
/** All of them. */
export const MODES: readonly VbeMode[] = SIZES.flatMap(([width, height, numbers]) =>
  numbers.flatMap((number, i) => (number === null ? [] : [{ number, width, height, depth: DEPTHS[i]! }])),
);

/** Sizes and positions of red, green, blue and the rest, by depth. */
export const FIELDS: Readonly<Record<number, readonly number[]>> = {
  8: [0, 0, 0, 0, 0, 0, 0, 0],
  15: [5, 10, 5, 5, 5, 0, 1, 15],
  16: [5, 11, 6, 5, 5, 0, 0, 0],
  24: [8, 16, 8, 8, 8, 0, 0, 0],
  32: [8, 16, 8, 8, 8, 0, 8, 24],
};
