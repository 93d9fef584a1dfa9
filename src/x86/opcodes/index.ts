// All rows of the opcode maps, in the manual's order.
import type { Row } from './notation.ts';
import { ONE_BYTE } from './one-byte.ts';
import { TWO_BYTE } from './two-byte.ts';
import { X87 } from './x87.ts';

export const OPCODE_ROWS: readonly Row[] = [...ONE_BYTE, ...X87, ...TWO_BYTE];
