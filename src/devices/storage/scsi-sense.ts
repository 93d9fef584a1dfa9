// Sense data: what a SCSI or ATAPI device says about a command that failed (SPC-3 clause 4.5; MMC-5 annex F
// for the codes that CD-ROM drives use).

export interface Sense {
  readonly key: number;
  /** Additional sense code, and its qualifier. */
  readonly asc: number;
  readonly ascq: number;
}

export const KEY_NOT_READY = 2;
export const KEY_MEDIUM_ERROR = 3;
export const KEY_ILLEGAL_REQUEST = 5;
export const KEY_UNIT_ATTENTION = 6;

const sense = (key: number, asc: number, ascq: number): Sense => ({ key, asc, ascq });

export const NO_SENSE = sense(0, 0, 0);
export const NO_MEDIUM_TRAY_CLOSED = sense(KEY_NOT_READY, 0x3a, 0x01);
export const NO_MEDIUM_TRAY_OPEN = sense(KEY_NOT_READY, 0x3a, 0x02);
export const UNRECOVERED_READ_ERROR = sense(KEY_MEDIUM_ERROR, 0x11, 0x00);
export const INVALID_COMMAND = sense(KEY_ILLEGAL_REQUEST, 0x20, 0x00);
export const ADDRESS_OUT_OF_RANGE = sense(KEY_ILLEGAL_REQUEST, 0x21, 0x00);
export const INVALID_FIELD = sense(KEY_ILLEGAL_REQUEST, 0x24, 0x00);
export const SAVING_NOT_SUPPORTED = sense(KEY_ILLEGAL_REQUEST, 0x39, 0x00);
export const REMOVAL_PREVENTED = sense(KEY_ILLEGAL_REQUEST, 0x53, 0x02);
export const ILLEGAL_MODE_FOR_TRACK = sense(KEY_ILLEGAL_REQUEST, 0x64, 0x00);
export const MEDIUM_CHANGED = sense(KEY_UNIT_ATTENTION, 0x28, 0x00);
export const POWER_ON = sense(KEY_UNIT_ATTENTION, 0x29, 0x00);

/** Fixed format sense data, 18 bytes. */
export function senseData(s: Sense): Uint8Array {
  const data = new Uint8Array(18);
  data[0] = 0x70;
  data[2] = s.key;
  data[7] = 10;
  data[12] = s.asc;
  data[13] = s.ascq;
  return data;
}
