// The commands of the 82077AA (Intel data sheet 290166, section 5): how many bytes each takes after its
// code, and which part of the controller carries it out.

/** What a command is. */
export type FloppyOperation =
  | 'read'
  | 'read-deleted'
  | 'read-track'
  | 'write'
  | 'verify'
  | 'format'
  | 'read-id'
  | 'specify'
  | 'sense-drive'
  | 'sense-interrupt'
  | 'recalibrate'
  | 'seek'
  | 'relative-seek'
  | 'configure'
  | 'dump-registers'
  | 'version'
  | 'perpendicular'
  | 'lock';

export interface FloppyCommand {
  readonly operation: FloppyOperation;
  /** Bytes after the code. */
  readonly parameters: number;
}

interface Row extends FloppyCommand {
  readonly code: number;
  /** Bits of the first byte that make up the code; the others are options (MT, MFM, SK, LOCK). */
  readonly mask: number;
}

const row = (code: number, mask: number, parameters: number, operation: FloppyOperation): Row => ({
  code,
  mask,
  parameters,
  operation,
});

const ROWS: readonly Row[] = [
  row(0x02, 0x9f, 8, 'read-track'),
  row(0x03, 0xff, 2, 'specify'),
  row(0x04, 0xff, 1, 'sense-drive'),
  row(0x05, 0x3f, 8, 'write'),
  row(0x06, 0x1f, 8, 'read'),
  row(0x07, 0xff, 1, 'recalibrate'),
  row(0x08, 0xff, 0, 'sense-interrupt'),
  row(0x09, 0x3f, 8, 'write'), // deleted data: the mark is not kept
  row(0x0a, 0xbf, 1, 'read-id'),
  row(0x0c, 0x1f, 8, 'read-deleted'),
  row(0x0d, 0xbf, 5, 'format'),
  row(0x0e, 0xff, 0, 'dump-registers'),
  row(0x0f, 0xff, 2, 'seek'),
  row(0x10, 0xff, 0, 'version'),
  row(0x12, 0xff, 1, 'perpendicular'),
  row(0x13, 0xff, 3, 'configure'),
  row(0x14, 0x7f, 0, 'lock'),
  row(0x16, 0x1f, 8, 'verify'),
  row(0x8f, 0xbf, 2, 'relative-seek'),
];

const BY_CODE: readonly (FloppyCommand | undefined)[] = Array.from({ length: 256 }, (_, byte) =>
  ROWS.find(({ code, mask }) => (byte & mask) === (code & mask)),
);

/** The command that a first byte begins; undefined for an invalid one. The scan commands are not there. */
export const floppyCommand = (byte: number): FloppyCommand | undefined => BY_CODE[byte];
