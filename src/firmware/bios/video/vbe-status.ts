// What VBE services answer in AX (VBE 2.0, section 4.2): AL 4Fh, supported; AH how it went.

export const OK = 0x004f;
export const FAILED = 0x014f;
/** Not in the present mode. */
export const INVALID = 0x034f;
