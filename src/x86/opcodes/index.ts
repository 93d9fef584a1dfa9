// All rows of the opcode maps, in the manual's order.
import type { Row } from './notation.ts';
import { ONE_BYTE } from './one-byte.ts';
import { THREE_BYTE_3A } from './three-byte-3a.ts';
import { THREE_BYTE_38 } from './three-byte-38.ts';
import { TWO_BYTE } from './two-byte.ts';
import { TWO_BYTE_SIMD } from './two-byte-simd.ts';
import { X87 } from './x87.ts';

export const OPCODE_ROWS: readonly Row[] = [
  ...ONE_BYTE,
  ...X87,
  ...TWO_BYTE,
  ...TWO_BYTE_SIMD,
  ...THREE_BYTE_38,
  ...THREE_BYTE_3A,
];
