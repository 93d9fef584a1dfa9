// The floating-point formats of the x86 and the encodings of its control and status bits.
//
// Sources: Intel SDM volume 1, 4.2.2 (floating-point data types), 4.8.4 (rounding), 8.1.3 and 8.1.5 (x87
// status and control word), 10.2.3 (MXCSR); AMD APM volume 1, 4.4 and 6.3.
//
//   binary32   s | 8 bits of biased exponent  | 23 bits of fraction
//   binary64   s | 11 bits of biased exponent | 52 bits of fraction
//   extended   s | 15 bits of biased exponent | explicit integer bit | 63 bits of fraction
//
// A format says where a result is rounded: to how many bits, and between which exponents. The x87's
// precision control gives three formats that share the exponent range of the extended one.

/** Where a result is rounded. Exponents are unbiased: a normal number is 1.f times 2 to the exponent. */
export interface Format {
  /** Bits of significand, the integer bit included. */
  readonly precision: number;
  /** Unbiased exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Unbiased exponent of the largest finite number. */
  readonly maxExponent: number;
}

export const BINARY32: Format = { precision: 24, minExponent: -126, maxExponent: 127 };
export const BINARY64: Format = { precision: 53, minExponent: -1022, maxExponent: 1023 };
/** The double extended-precision format: precision control 3 (64 bits). */
export const EXTENDED: Format = { precision: 64, minExponent: -16382, maxExponent: 16383 };
/** Precision control 2: 53 bits, with the exponent range of the extended format. */
export const EXTENDED_53: Format = { precision: 53, minExponent: -16382, maxExponent: 16383 };
/** Precision control 0: 24 bits, with the exponent range of the extended format. */
export const EXTENDED_24: Format = { precision: 24, minExponent: -16382, maxExponent: 16383 };

/** The format that the precision-control field (bits 8 and 9 of the x87 control word) selects; 1 is reserved. */
export const PRECISION_CONTROL: readonly Format[] = [EXTENDED_24, EXTENDED, EXTENDED_53, EXTENDED];

/** Exception flags, and masks, as they lie in FSW, FCW (bits 0..5), and MXCSR (flags 0..5, masks 7..12). */
export const FLAG_IE = 1;
export const FLAG_DE = 2;
export const FLAG_ZE = 4;
export const FLAG_OE = 8;
export const FLAG_UE = 16;
export const FLAG_PE = 32;
/** Exceptions found before the operation is computed: unmasked, they leave the destination as it was. */
export const PRE_COMPUTATION = FLAG_IE | FLAG_DE | FLAG_ZE;

/** Rounding control, as encoded in FCW bits 10..11, MXCSR bits 13..14 and the immediate of ROUNDxx. */
export const ROUND_NEAREST = 0;
export const ROUND_DOWN = 1;
export const ROUND_UP = 2;
export const ROUND_ZERO = 3;
