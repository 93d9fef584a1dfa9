// Numbers of the RFB protocol (RFC 6143; "The RFB Protocol", community version, for the extensions).

export const VERSION_3_8 = 'RFB 003.008\n';
export const VERSION_BYTES = 12;

export const SECURITY_NONE = 1;
export const SECURITY_VNC = 2;

/** Client to server, with the bytes of their fixed part. */
export const SET_PIXEL_FORMAT = 0;
export const SET_ENCODINGS = 2;
export const UPDATE_REQUEST = 3;
export const KEY_EVENT = 4;
export const POINTER_EVENT = 5;
export const CLIENT_CUT_TEXT = 6;
export const SET_DESKTOP_SIZE = 251;
export const QEMU_MESSAGE = 255;
export const QEMU_KEY_EVENT = 0;

export const ENCODING_RAW = 0;
export const ENCODING_COPY_RECT = 1;
export const ENCODING_TIGHT = 7;
export const ENCODING_ZRLE = 16;
export const ENCODING_DESKTOP_SIZE = -223;
export const ENCODING_POINTER_MOTION_CHANGE = -257;
export const ENCODING_EXTENDED_KEY_EVENT = -258;
export const ENCODING_EXTENDED_DESKTOP_SIZE = -308;

/** Why an ExtendedDesktopSize comes, and what became of a client's wish. */
export const SIZE_BY_SERVER = 0;
export const SIZE_BY_CLIENT = 1;
export const SIZE_PROHIBITED = 1;

/** The 12 bytes before a rectangle's data. */
export function rectangleHeader(
  x: number,
  y: number,
  width: number,
  height: number,
  encoding: number,
): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(x, 0);
  bytes.writeUInt16BE(y, 2);
  bytes.writeUInt16BE(width, 4);
  bytes.writeUInt16BE(height, 6);
  bytes.writeInt32BE(encoding, 8);
  return bytes;
}

/** FramebufferUpdate with so many rectangles to come. */
export function updateHeader(rectangles: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(rectangles, 2);
  return bytes;
}

/** A pseudo-rectangle ExtendedDesktopSize with one screen. */
export function extendedDesktopSize(reason: number, status: number, width: number, height: number): Buffer {
  const screen = Buffer.alloc(20);
  screen[0] = 1;
  screen.writeUInt16BE(width, 12);
  screen.writeUInt16BE(height, 14);
  return Buffer.concat([
    rectangleHeader(reason, status, width, height, ENCODING_EXTENDED_DESKTOP_SIZE),
    screen,
  ]);
}

/** A string with its length before it, as reasons and names are sent. */
export function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
