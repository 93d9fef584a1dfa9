// What code is decoded for: the part of the processor's mode that changes which instruction the
// bytes are or how its operands are reached. Blocks of decoded code are found by (page, mode).
//
//   bit 1:0  code size      0 = 16, 1 = 32, 2 = 64 bits (CS.L, CS.D)
//   bit 3:2  stack size     0 = 16, 1 = 32, 2 = 64 bits (SS.B)
//   bit 4    protected      CR0.PE, and not virtual-8086
//   bit 5    virtual-8086   EFLAGS.VM
//   bit 6    flat CS        base 0, limit 4 GiB - 1, readable: no check, no base
//   bit 7    flat SS        (likewise, writable)
//   bit 8    flat DS
//   bit 9    flat ES
// In 64-bit mode the flat bits are all set. FS and GS are never flat.

export type CodeSize = 16 | 32 | 64;

export interface Mode {
  /** Default size of code: 16, 32 or 64. */
  readonly bits: CodeSize;
  /** Width of the stack pointer in implicit stack accesses. */
  readonly stack: CodeSize;
  readonly protection: 'real' | 'protected' | 'v86';
  readonly flatCs: boolean;
  readonly flatSs: boolean;
  readonly flatDs: boolean;
  readonly flatEs: boolean;
  /** The encoding drawn above. */
  readonly key: number;
}

export const MODE_PROTECTED = 1 << 4;
export const MODE_V86 = 1 << 5;
export const MODE_FLAT_CS = 1 << 6;
export const MODE_FLAT_SS = 1 << 7;
export const MODE_FLAT_DS = 1 << 8;
export const MODE_FLAT_ES = 1 << 9;
export const MODE_FLAT = MODE_FLAT_CS | MODE_FLAT_SS | MODE_FLAT_DS | MODE_FLAT_ES;

const SIZES: readonly CodeSize[] = [16, 32, 64];
const modes = new Map<number, Mode>();

/** The Mode of a key; interned, so that modes compare by identity. */
export function modeFromKey(key: number): Mode {
  let mode = modes.get(key);
  if (!mode) {
    mode = {
      bits: SIZES[key & 3]!,
      stack: SIZES[(key >> 2) & 3]!,
      protection: key & MODE_V86 ? 'v86' : key & MODE_PROTECTED ? 'protected' : 'real',
      flatCs: (key & MODE_FLAT_CS) !== 0,
      flatSs: (key & MODE_FLAT_SS) !== 0,
      flatDs: (key & MODE_FLAT_DS) !== 0,
      flatEs: (key & MODE_FLAT_ES) !== 0,
      key,
    };
    modes.set(key, mode);
  }
  return mode;
}

export const MODE_KEY_64 = 2 | (2 << 2) | MODE_PROTECTED | MODE_FLAT;
/** Flat 32-bit protected mode. */
export const MODE_KEY_32 = 1 | (1 << 2) | MODE_PROTECTED | MODE_FLAT;
export const MODE_KEY_REAL = 0;
