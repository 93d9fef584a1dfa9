// Flags that a region has not computed yet: its locals hold the operands of the last operation that
// set them, and a *kind* says which operation that was. Where the flags must be in the state, because
// the region is left or because a condition needs more than the operands tell, materializeFlags
// (core-arithmetic.ts) computes FLAG_RESULT and FLAG_AUX from kind and operands.
//
// A kind has six bits: 0 the flags are in the state already; 1 + 4 * operation + log2(bits / 8);
// FLAGS_DYNAMIC, known only at run time, when a further local holds the kind; and, on top of any of them
// but the last, FLAGS_OVERRIDE: CF and OF come from a fourth operand instead (rotations, products).
//
//   operation   a, b, r
//   ADD, SUB    a + b, a - b: operands a and b
//   LOGIC       a is the result; CF = OF = AF = 0
//   ADC, SBB    a carry or borrow went in: operands a and b, result r
//   INC, DEC    a + 1, a - 1; b is CF, 0 or 1
export const FLAGS_IN_STATE = 0;
export const FLAGS_DYNAMIC = 31;
export const FLAGS_OVERRIDE = 32;

export const OPERATION_ADD = 0;
export const OPERATION_SUB = 1;
export const OPERATION_LOGIC = 2;
export const OPERATION_ADC = 3;
export const OPERATION_SBB = 4;
export const OPERATION_INC = 5;
export const OPERATION_DEC = 6;

/** The kind of an operation on 8, 16, 32 or 64 bits. */
export function flagKind(operation: number, bits: number): number {
  return 1 + 4 * operation + (bits === 8 ? 0 : bits === 16 ? 1 : bits === 32 ? 2 : 3);
}
/** Operation of a kind that is neither FLAGS_IN_STATE nor FLAGS_DYNAMIC. */
export function operationOf(kind: number): number {
  return ((kind & 31) - 1) >> 2;
}
/** Its width in bits. */
export function bitsOf(kind: number): 8 | 16 | 32 | 64 {
  return (8 << (((kind & 31) - 1) & 3)) as 8 | 16 | 32 | 64;
}
