// Status codes of INT 13h, in AH and in the BIOS data area.
import type { DriveError } from '../wires.ts';

export const SUCCESS = 0x00;
export const BAD_COMMAND = 0x01;
export const WRITE_PROTECTED = 0x03;
export const NOT_FOUND = 0x04;
export const MEDIUM_CHANGED = 0x06;
export const MEDIUM_ERROR = 0x10;
export const TIMEOUT = 0x80;
export const NOT_LOCKED = 0xb0;
export const LOCKED = 0xb1;
export const NOT_REMOVABLE = 0xb2;

const STATUS: Readonly<Record<DriveError, number>> = {
  'no medium': TIMEOUT,
  'write protected': WRITE_PROTECTED,
  'not found': NOT_FOUND,
  'medium error': MEDIUM_ERROR,
};

/** The status for how a transfer ended. */
export const statusOf = (error: DriveError | null): number => (error === null ? SUCCESS : STATUS[error]);
