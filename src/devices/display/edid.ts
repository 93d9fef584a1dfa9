// What a monitor says of itself: an EDID 1.4 base block of 128 bytes (VESA, "Enhanced Extended Display Identification
// Data", release A revision 2), with timings by VESA's "Coordinated Video Timings", reduced blanking.

/** Size of the preferred mode, in pixels. */
export interface PreferredMode {
  readonly width: number;
  readonly height: number;
}

const BLOCK = 128;
const HERTZ = 60;
/** Pixels to a millimetre, as on a screen of 96 dots an inch. */
const PER_MILLIMETRE = 96 / 25.4;

/** Three letters in 15 bits. */
function manufacturer(letters: string): number {
  return [...letters].reduce((sum, letter) => (sum << 5) | (letter.charCodeAt(0) - 64), 0);
}

/** 18 bytes: a mode in full (section 3.10.2). */
function detailedTiming({ width, height }: PreferredMode): number[] {
  const horizontal = { blank: 160, front: 48, sync: 32 };
  // At least 460 us without picture, at 60 Hz.
  const lineTime = (1e6 / HERTZ - 460) / height;
  const blankLines = Math.max(Math.ceil(460 / lineTime), 3 + 6 + 6);
  const vertical = { blank: blankLines, front: 3, sync: 6 };
  const clock = Math.round(((width + horizontal.blank) * (height + vertical.blank) * HERTZ) / 10_000);
  const millimetres = {
    width: Math.round(width / PER_MILLIMETRE),
    height: Math.round(height / PER_MILLIMETRE),
  };
  return [
    ...[clock & 0xff, clock >> 8],
    ...[width & 0xff, horizontal.blank & 0xff, ((width >> 8) << 4) | (horizontal.blank >> 8)],
    ...[height & 0xff, vertical.blank & 0xff, ((height >> 8) << 4) | (vertical.blank >> 8)],
    ...[horizontal.front, horizontal.sync, (vertical.front << 4) | vertical.sync, 0],
    ...[millimetres.width & 0xff, millimetres.height & 0xff],
    ((millimetres.width >> 8) << 4) | (millimetres.height >> 8),
    ...[0, 0, 0x1a], // no border; digital separate syncs, horizontal positive
  ];
}

/** 18 bytes: a descriptor with text (section 3.10.3). */
function textDescriptor(tag: number, text: string): number[] {
  const bytes = [...text.slice(0, 13)].map((character) => character.charCodeAt(0));
  if (bytes.length < 13) bytes.push(0x0a);
  while (bytes.length < 13) bytes.push(0x20);
  return [0, 0, 0, tag, 0, ...bytes];
}

/** Two bytes: a mode of the list of standard timings, at 60 Hz (section 3.9). */
function standardTiming(width: number, aspect: 0 | 1 | 2 | 3): number[] {
  return [(width >> 3) - 31, aspect << 6];
}

/** The block for a monitor that prefers `mode`, at most 4,095 pixels each way. */
export function buildEdid(mode: PreferredMode): Uint8Array {
  const id = manufacturer('DPL');
  const [ratio16to10, ratio4to3, ratio5to4, ratio16to9] = [0, 1, 2, 3] as const;
  const block = Uint8Array.from([
    ...[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
    ...[id >> 8, id & 0xff, 0x01, 0x00, 0, 0, 0, 0],
    ...[0, 2026 - 1990, 1, 4],
    0xa5, // digital, 8 bits a colour, DisplayPort
    ...[
      Math.round(mode.width / PER_MILLIMETRE / 10),
      Math.round(mode.height / PER_MILLIMETRE / 10),
      120,
      0x06,
    ],
    ...[0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54], // the colours of sRGB
    ...[0x21, 0x08, 0x00], // 640 by 480, 800 by 600, 1024 by 768 at 60 Hz
    ...standardTiming(1920, ratio16to10),
    ...standardTiming(1920, ratio16to9),
    ...standardTiming(1680, ratio16to10),
    ...standardTiming(1600, ratio4to3),
    ...standardTiming(1440, ratio16to10),
    ...standardTiming(1280, ratio5to4),
    ...standardTiming(1280, ratio4to3),
    ...standardTiming(1152, ratio4to3),
    ...detailedTiming(mode),
    ...textDescriptor(0xfc, 'Doppel'),
    ...textDescriptor(0xff, '1'),
    ...[0, 0, 0, 0x10, 0, ...new Array<number>(13).fill(0)], // not used
    ...[0, 0],
  ]);
  block[BLOCK - 1] = -block.reduce((sum, byte) => sum + byte, 0) & 0xff;
  return block;
}
