// The table of contents of a disc with one data track (MMC-5 clause 6.25, READ TOC/PMA/ATIP).

export const DATA_TRACK = 0x14; // ADR 1; control: data, uninterrupted
const LEAD_OUT = 0xaa;
/** Two seconds before the first block. */
export const FIRST_FRAME = 150;

/** Minute, second and frame of a block: 75 frames a second. */
export function frameOf(lba: number): readonly [minute: number, second: number, frame: number] {
  const frames = lba + FIRST_FRAME;
  return [Math.floor(frames / 4500) & 0xff, Math.floor(frames / 75) % 60, frames % 75];
}

/** The block of a minute, second and frame; may be negative. */
export function blockOf(minute: number, second: number, frame: number): number {
  return (minute * 60 + second) * 75 + frame - FIRST_FRAME;
}

/** Four bytes that name a block, as a number or as minute, second and frame. */
export function address(lba: number, msf: boolean): number[] {
  if (msf) return [0, ...frameOf(lba)];
  return [(lba >>> 24) & 0xff, (lba >>> 16) & 0xff, (lba >>> 8) & 0xff, lba & 0xff];
}

function withHeader(first: number, last: number, descriptors: readonly number[][]): Uint8Array {
  const body = descriptors.flat();
  const length = body.length + 2;
  return Uint8Array.from([length >> 8, length & 0xff, first, last, ...body]);
}

/**
 * What READ TOC answers.
 *
 * @param format 0: tracks from `start`; 1: sessions; 2: everything of the lead-in from session `start`
 * @param blocks of 2,048 bytes on the disc
 * @returns undefined where the format or track is not there
 */
export function tableOfContents(
  format: number,
  start: number,
  msf: boolean,
  blocks: number,
): Uint8Array | undefined {
  const track = (number: number, lba: number): number[] => [0, DATA_TRACK, number, 0, ...address(lba, msf)];
  if (format === 0) {
    if (start > 1 && start !== LEAD_OUT) return undefined;
    const leadOut = track(LEAD_OUT, blocks);
    return withHeader(1, 1, start <= 1 ? [track(1, 0), leadOut] : [leadOut]);
  }
  if (format === 1) return withHeader(1, 1, [track(1, 0)]);
  if (format !== 2 || start > 1) return undefined;
  const raw = (point: number, values: readonly number[]): number[] => [
    1,
    DATA_TRACK,
    0,
    point,
    0,
    0,
    0,
    0,
    ...values,
  ];
  return withHeader(1, 1, [
    raw(0xa0, [1, 0, 0]), // the first track; a CD-ROM
    raw(0xa1, [1, 0, 0]), // the last track
    raw(0xa2, frameOf(blocks)),
    raw(1, frameOf(0)),
  ]);
}
