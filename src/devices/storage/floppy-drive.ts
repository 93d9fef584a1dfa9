// Floppy drives as their controller sees them: a head that steps, a medium of some format, write protection
// and the disk change line (ANSI X3.80 and the drives' own data sheets).
//
// The disk change line is active from the moment a medium comes or goes until the head steps while a medium
// is there. Forty-track disks in a drive of eighty tracks lie on every second one.
import type { BlockDevice } from '../../backend/block/block-device.ts';
import type { FloppyFormat } from '../../backend/block/floppy-formats.ts';
import { floppyFormatFor } from '../../backend/block/floppy-formats.ts';
import type { StateOf } from '../chip.ts';
import { flag, uint } from '../chip.ts';

/** A drive's type as CMOS byte 10h tells it. */
export const FLOPPY_TYPE_NONE = 0;
export const FLOPPY_TYPE_360K = 1;
export const FLOPPY_TYPE_1_2M = 2;
export const FLOPPY_TYPE_720K = 3;
export const FLOPPY_TYPE_1_44M = 4;
export const FLOPPY_TYPE_2_88M = 5;

export const FLOPPY_DRIVE_SHAPE = {
  /** Track that the head is over. */
  track: uint(8),
  /** The disk change line. */
  changed: flag(true),
};

/** The drive that a PC would have for media of this format. */
export function driveTypeFor(format: FloppyFormat | undefined): number {
  if (format === undefined) return FLOPPY_TYPE_1_44M;
  if (format.size === 5.25) return format.cylinders === 40 ? FLOPPY_TYPE_360K : FLOPPY_TYPE_1_2M;
  return format.rate === 1000 ? FLOPPY_TYPE_2_88M : FLOPPY_TYPE_1_44M;
}

/** Outermost to innermost track that the head reaches. */
const LAST_TRACK = 83;

/** Data rates by the controller's rate select, in kilobits a second. */
const RATES = [500, 300, 250, 1000] as const;

export class FloppyDrive {
  /** Of the drive's kind: fixed. */
  readonly type: number;
  state: StateOf<typeof FLOPPY_DRIVE_SHAPE>;
  #medium: BlockDevice | null;
  #format: FloppyFormat | undefined;

  constructor(medium: BlockDevice | null, state: StateOf<typeof FLOPPY_DRIVE_SHAPE>) {
    this.#medium = medium;
    this.#format = medium === null ? undefined : floppyFormatFor(medium.sectors);
    this.type = driveTypeFor(this.#format);
    this.state = state;
  }

  get medium(): BlockDevice | null {
    return this.#medium;
  }
  /** Undefined without a medium, and with one of no known format: nothing can be read then. */
  get format(): FloppyFormat | undefined {
    return this.#format;
  }
  get writeProtected(): boolean {
    return this.#medium?.readOnly ?? false;
  }

  /** Puts a medium in, or (null) takes it out. */
  change(medium: BlockDevice | null): void {
    this.#medium = medium;
    this.#format = medium === null ? undefined : floppyFormatFor(medium.sectors);
    this.state.changed = true;
  }

  /** Moves the head. Step pulses take the disk change line back where a medium is there. */
  seek(track: number): void {
    const target = Math.max(0, Math.min(LAST_TRACK, track));
    if (target !== this.state.track && this.#medium !== null) this.state.changed = false;
    this.state.track = target;
  }

  /** The medium's cylinder under the head. */
  get cylinder(): number {
    const everySecond = this.#format?.cylinders === 40 && this.type !== FLOPPY_TYPE_360K;
    return everySecond ? this.state.track >> 1 : this.state.track;
  }

  /** Whether the medium can be read at the controller's rate select 0 to 3. */
  readableAt(rateSelect: number): boolean {
    const rate = RATES[rateSelect & 3];
    const own = this.#format?.rate;
    // Drives of 1.2 MB turn faster: what was written at 250 kbit/s comes at 300.
    return own === rate || (this.#format?.size === 5.25 && own === 250 && rate === 300);
  }
}
