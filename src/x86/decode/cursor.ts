// Where the decoder stands in the bytes of one instruction. Reading past the end (of what is there, or
// of the 15 bytes an instruction may have) gives zeros and sets `starved`: the decoder looks at it
// before it believes what it has decoded.

export interface Cursor {
  bytes: Uint8Array;
  /** Indices in `bytes`: of the next byte, and of the first that may not be read. */
  position: number;
  limit: number;
  starved: boolean;
}

export function byte(cursor: Cursor): number {
  if (cursor.position < cursor.limit) return cursor.bytes[cursor.position++]!;
  cursor.starved = true;
  return 0;
}
export function signedByte(cursor: Cursor): number {
  return (byte(cursor) << 24) >> 24;
}
/** 16 bits, zero-extended. */
export function word(cursor: Cursor): number {
  const { bytes, position } = cursor;
  if (position + 2 > cursor.limit) {
    cursor.starved = true;
    return 0;
  }
  cursor.position = position + 2;
  return bytes[position]! | (bytes[position + 1]! << 8);
}
/** 32 bits, signed. */
export function dword(cursor: Cursor): number {
  const { bytes, position } = cursor;
  if (position + 4 > cursor.limit) {
    cursor.starved = true;
    return 0;
  }
  cursor.position = position + 4;
  return (
    bytes[position]! |
    (bytes[position + 1]! << 8) |
    (bytes[position + 2]! << 16) |
    (bytes[position + 3]! << 24)
  );
}
