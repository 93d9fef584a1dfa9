// The video modes of INT 10h, AH=00h: what their registers hold. IBM Video Subsystem Technical Reference (VGA),
// "Mode tables"; the timings give 70 Hz, 60 Hz with 480 lines.
/** How dots lie in memory: linear is that of VBE modes, which are not in this table. */
export type ModeKind = 'text' | 'cga' | 'planar' | 'packed' | 'linear';

export interface VideoMode {
  readonly number: number;
  readonly kind: ModeKind;
  readonly columns: number;
  readonly rows: number;
  /** Dots of a character. */
  readonly characterHeight: number;
  /** Dots; text modes as they are scanned. */
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  /** Segment of the first page, bytes of a page. */
  readonly segment: number;
  readonly pageSize: number;
  readonly pages: number;
  readonly miscellaneous: number;
  /** Registers 1 to 4; register 0 is 3. */
  readonly sequencer: readonly number[];
  readonly crtc: readonly number[];
  readonly graphics: readonly number[];
  readonly attribute: readonly number[];
  readonly cursor: readonly [start: number, end: number];
  readonly monochrome: boolean;
}

const bytes = (hex: string): number[] =>
  hex
    .trim()
    .split(/\s+/)
    .map((byte) => Number.parseInt(byte, 16));

// The four horizontal shapes and three vertical ones, of which the modes are made.
const HORIZONTAL_80 = '5f 4f 50 82';
const HORIZONTAL_40 = '2d 27 28 90';
const PALETTE_16 = '00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f';
const PALETTE_16_LOW = '00 01 02 03 04 05 06 07 10 11 12 13 14 15 16 17';
const PALETTE_CGA = '00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17';
const PALETTE_CGA_MONOCHROME = '00 17 17 17 17 17 17 17 17 17 17 17 17 17 17 17';
const PALETTE_TWO = '00 3f 00 3f 00 3f 00 3f 00 3f 00 3f 00 3f 00 3f';
const PALETTE_MONOCHROME = '00 08 08 08 08 08 08 08 10 18 18 18 18 18 18 18';
const PALETTE_256 = '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f';

/** Scan lines of a text mode, as AH=12h, BL=30h chooses them. */
export type TextLines = 200 | 350 | 400;

/** What differs with the number of lines: characters, clocks (and polarities, which say it to the monitor), CRTC, colours. */
const TEXT_LINES: Readonly<
  Record<
    TextLines,
    {
      readonly characterHeight: number;
      readonly dots: 8 | 9;
      readonly miscellaneous: number;
      readonly rows: string;
      readonly vertical: string;
      readonly palette: string;
    }
  >
> = {
  200: {
    characterHeight: 8,
    dots: 8,
    miscellaneous: 0x63,
    rows: 'c7 06 07',
    vertical: '9c 8e 8f',
    palette: PALETTE_16_LOW,
  },
  350: {
    characterHeight: 14,
    dots: 8,
    miscellaneous: 0xa3,
    rows: '4d 0b 0c',
    vertical: '83 85 5d',
    palette: PALETTE_16,
  },
  400: {
    characterHeight: 16,
    dots: 9,
    miscellaneous: 0x67,
    rows: '4f 0d 0e',
    vertical: '9c 8e 8f',
    palette: PALETTE_16,
  },
};

function textMode(number: number, columns: 40 | 80, monochrome = false, lines: TextLines = 400): VideoMode {
  const wide = columns === 80;
  const { characterHeight, miscellaneous, rows, vertical, palette } = TEXT_LINES[lines];
  const dots = monochrome ? 9 : TEXT_LINES[lines].dots;
  const clocking = (wide ? 0 : 8) | (dots === 8 ? 1 : 0);
  const underline = monochrome ? (lines === 350 ? '0d' : '0f') : '1f';
  return {
    number,
    kind: 'text',
    columns,
    rows: 25,
    characterHeight,
    width: columns * dots,
    height: lines,
    bitsPerPixel: 4,
    segment: monochrome ? 0xb000 : 0xb800,
    pageSize: wide ? 4096 : 2048,
    pages: 8,
    miscellaneous: monochrome ? (miscellaneous & 0xf0) | 0x06 : miscellaneous,
    sequencer: [clocking, 0x03, 0x00, 0x02],
    crtc: bytes(
      `${wide ? `${HORIZONTAL_80} 55 81` : `${HORIZONTAL_40} 2b a0`} bf 1f 00 ${rows} 00 00 00 00 ${vertical} ${
        wide ? '28' : '14'
      } ${underline} ${lines === 350 ? '63 ba' : '96 b9'} a3 ff`,
    ),
    graphics: bytes(`00 00 00 00 00 10 ${monochrome ? '0a' : '0e'} 00 ff`),
    attribute: bytes(
      `${monochrome ? PALETTE_MONOCHROME : palette} ${monochrome ? '0e' : dots === 9 ? '0c' : '08'} 00 0f ${
        dots === 9 ? '08' : '00'
      } 00`,
    ),
    cursor: [6, 7], // of a character of eight lines
    monochrome,
  };
}

interface Graphics {
  readonly kind: Exclude<ModeKind, 'text' | 'linear'>;
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly characterHeight: number;
  readonly segment: number;
  readonly pageSize: number;
  readonly pages: number;
  readonly miscellaneous: number;
  readonly sequencer: string;
  readonly crtc: string;
  readonly graphics: string;
  readonly attribute: string;
}

function graphicsMode(number: number, g: Graphics): VideoMode {
  return {
    number,
    kind: g.kind,
    columns: g.width / 8,
    rows: Math.floor(g.height / g.characterHeight),
    characterHeight: g.characterHeight,
    width: g.width,
    height: g.height,
    bitsPerPixel: g.bits,
    segment: g.segment,
    pageSize: g.pageSize,
    pages: g.pages,
    miscellaneous: g.miscellaneous,
    sequencer: bytes(g.sequencer),
    crtc: bytes(g.crtc),
    graphics: bytes(g.graphics),
    attribute: bytes(g.attribute),
    cursor: [0, 0],
    monochrome: false,
  };
}

/** What INT 10h, AH=0Fh says in a VBE mode. */
export const VBE_MODE = 0xff;

const ZEROS = '00 00 00 00 00 00';
const PLANAR = { kind: 'planar', bits: 4, segment: 0xa000, graphics: '00 00 00 00 00 00 05 0f ff' } as const;
const CGA = {
  kind: 'cga',
  height: 200,
  characterHeight: 8,
  segment: 0xb800,
  pageSize: 0x4000,
  pages: 1,
  miscellaneous: 0x63,
} as const;
/** What characters and dots need to know of a VBE mode; its registers are set elsewhere. */
export function linearMode(width: number, height: number, bitsPerPixel: number): VideoMode {
  return {
    number: VBE_MODE,
    kind: 'linear',
    columns: width >> 3,
    rows: Math.floor(height / 16),
    characterHeight: 16,
    width,
    height,
    bitsPerPixel,
    segment: 0xa000,
    pageSize: 0,
    pages: 1,
    miscellaneous: 0,
    sequencer: [],
    crtc: [],
    graphics: [],
    attribute: [],
    cursor: [0, 0],
    monochrome: false,
  };
}

/** Likewise of one of four planes. */
export const planarMode = (width: number, height: number): VideoMode => ({
  ...linearMode(width, height, 4),
  kind: 'planar',
  graphics: bytes(PLANAR.graphics),
});

const LINES_200 = '9c 8e 8f';
const LINES_350 = '83 85 5d';
const LINES_480 = 'ea 8c df';

const cga320 = (number: number): VideoMode =>
  graphicsMode(number, {
    ...CGA,
    width: 320,
    bits: 2,
    sequencer: '09 03 00 02',
    crtc: `${HORIZONTAL_40} 2b 80 bf 1f 00 c1 ${ZEROS} ${LINES_200} 14 00 96 b9 a2 ff`,
    graphics: '00 00 00 00 00 30 0f 00 ff',
    attribute: `${PALETTE_CGA} 01 00 03 00 00`,
  });

const lines480 = (number: number, palette: string): VideoMode =>
  graphicsMode(number, {
    ...PLANAR,
    width: 640,
    height: 480,
    characterHeight: 16,
    pageSize: 0xa000,
    pages: 1,
    miscellaneous: 0xe3,
    sequencer: '01 0f 00 06',
    crtc: `${HORIZONTAL_80} 54 80 0b 3e 00 40 ${ZEROS} ${LINES_480} 28 00 e7 04 e3 ff`,
    attribute: `${palette} 01 00 0f 00 00`,
  });

const lines350 = (number: number, palette: string, planes: string): VideoMode =>
  graphicsMode(number, {
    ...PLANAR,
    width: 640,
    height: 350,
    characterHeight: 14,
    pageSize: 0x8000,
    pages: 2,
    miscellaneous: 0xa3,
    sequencer: '01 0f 00 06',
    crtc: `${HORIZONTAL_80} 54 80 bf 1f 00 40 ${ZEROS} ${LINES_350} 28 0f 63 ba e3 ff`,
    attribute: `${palette} 01 00 ${planes} 00 00`,
  });

/** All modes by number. */
export const VIDEO_MODES: ReadonlyMap<number, VideoMode> = new Map(
  [
    textMode(0x00, 40),
    textMode(0x01, 40),
    textMode(0x02, 80),
    textMode(0x03, 80),
    cga320(0x04),
    cga320(0x05),
    graphicsMode(0x06, {
      ...CGA,
      width: 640,
      bits: 1,
      sequencer: '01 01 00 06',
      crtc: `${HORIZONTAL_80} 54 80 bf 1f 00 c1 ${ZEROS} ${LINES_200} 28 00 96 b9 c2 ff`,
      graphics: '00 00 00 00 00 00 0d 00 ff',
      attribute: `${PALETTE_CGA_MONOCHROME} 01 00 01 00 00`,
    }),
    textMode(0x07, 80, true),
    graphicsMode(0x0d, {
      ...PLANAR,
      width: 320,
      height: 200,
      characterHeight: 8,
      pageSize: 0x2000,
      pages: 8,
      miscellaneous: 0x63,
      sequencer: '09 0f 00 06',
      crtc: `${HORIZONTAL_40} 2b 80 bf 1f 00 c0 ${ZEROS} ${LINES_200} 14 00 96 b9 e3 ff`,
      attribute: `${PALETTE_16_LOW} 01 00 0f 00 00`,
    }),
    graphicsMode(0x0e, {
      ...PLANAR,
      width: 640,
      height: 200,
      characterHeight: 8,
      pageSize: 0x4000,
      pages: 4,
      miscellaneous: 0x63,
      sequencer: '01 0f 00 06',
      crtc: `${HORIZONTAL_80} 54 80 bf 1f 00 c0 ${ZEROS} ${LINES_200} 28 00 96 b9 e3 ff`,
      attribute: `${PALETTE_16_LOW} 01 00 0f 00 00`,
    }),
    lines350(0x0f, '00 08 00 00 18 18 00 00 00 08 00 00 00 18 00 00', '05'),
    lines350(0x10, PALETTE_16, '0f'),
    lines480(0x11, PALETTE_TWO),
    lines480(0x12, PALETTE_16),
    graphicsMode(0x13, {
      kind: 'packed',
      width: 320,
      height: 200,
      bits: 8,
      characterHeight: 8,
      segment: 0xa000,
      pageSize: 0x2000,
      pages: 1,
      miscellaneous: 0x63,
      sequencer: '01 0f 00 0e',
      crtc: `${HORIZONTAL_80} 54 80 bf 1f 00 41 ${ZEROS} ${LINES_200} 28 40 96 b9 a3 ff`,
      graphics: '00 00 00 00 00 40 05 0f ff',
      attribute: `${PALETTE_256} 41 00 0f 00 00`,
    }),
  ].map((mode) => [mode.number, mode]),
);

const TEXT_MODES: ReadonlyMap<number, (lines: TextLines) => VideoMode> = new Map([
  [0x00, (lines) => textMode(0x00, 40, false, lines)],
  [0x01, (lines) => textMode(0x01, 40, false, lines)],
  [0x02, (lines) => textMode(0x02, 80, false, lines)],
  [0x03, (lines) => textMode(0x03, 80, false, lines)],
  // The monochrome mode has no fewer than 350.
  [0x07, (lines) => textMode(0x07, 80, true, lines === 200 ? 400 : lines)],
]);

/** A mode by number; text modes with so many scan lines. */
export const videoMode = (number: number, lines: TextLines): VideoMode | undefined =>
  TEXT_MODES.get(number)?.(lines) ?? VIDEO_MODES.get(number);
