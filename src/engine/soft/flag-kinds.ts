// Flags that a region has not computed yet: its locals hold the operands of the last operation that
// set them, and a *kind* says which operation that was. Where the flags must be in the state, because
// the region is left or because a condition needs more than the operands tell, materializeFlags
// (core-arithmetic.ts) computes FLAG_RESULT and FLAG_AUX from kind and operands.
//
// A kind has eight bits. The lower six: 0 the flags are in the state already; 1 + 4 * operation + log2(bits / 8);
// or FLAGS_DYNAMIC, known only at run time, when a further local holds the kind.
//
//   operation   a, b, r
//   ADD, SUB    a + b, a - b: operands a and b
//   SUM, DIFFERENCE   the same of 32 or 64 bits, but a is the result: it is a register's anyway
//   LOGIC       a is the result; CF = OF = AF = 0
//   ADC, SBB    a carry or borrow went in: operands a and b, result r
//   INC, DEC    a + 1, a - 1; b is CF, 0 or 1
//   SHL, SHR, SAR   a shifted by b, which is not 0 and below the width; r is the result
//   IMUL, MUL   product of a and b, signed or unsigned; r is its lower half
//
// The upper two say that CF, or CF and OF, come from a fourth operand instead:
//
//   OVERRIDE_CARRY   CF is its bit 0
//   OVERRIDE_LEFT    as after a rotation of 32 bits to the left that gave it: CF is bit 0, OF bit 31 xor CF
//   OVERRIDE_RIGHT   to the right: CF is bit 31, OF bit 31 xor bit 30
export const FLAGS_IN_STATE = 0;
export const FLAGS_DYNAMIC = 63;
export const FLAGS_BASE = 63;
export const FLAGS_OVERRIDE = 192;
export const OVERRIDE_CARRY = 64;
export const OVERRIDE_LEFT = 128;
export const OVERRIDE_RIGHT = 192;

export const OPERATION_ADD = 0;
export const OPERATION_SUB = 1;
export const OPERATION_LOGIC = 2;
export const OPERATION_ADC = 3;
export const OPERATION_SBB = 4;
export const OPERATION_INC = 5;
export const OPERATION_DEC = 6;
export const OPERATION_SUM = 7;
export const OPERATION_DIFFERENCE = 8;
export const OPERATION_SHL = 9;
export const OPERATION_SHR = 10;
export const OPERATION_SAR = 11;
export const OPERATION_IMUL = 12;
export const OPERATION_MUL = 13;

/** The kind of an operation on 8, 16, 32 or 64 bits. */
export function flagKind(operation: number, bits: number): number {
  return 1 + 4 * operation + (bits === 8 ? 0 : bits === 16 ? 1 : bits === 32 ? 2 : 3);
}
/** Operation of a kind that is neither FLAGS_IN_STATE nor FLAGS_DYNAMIC. */
export function operationOf(kind: number): number {
  return ((kind & FLAGS_BASE) - 1) >> 2;
}
/** Its width in bits. */
export function bitsOf(kind: number): 8 | 16 | 32 | 64 {
  return (8 << (((kind & FLAGS_BASE) - 1) & 3)) as 8 | 16 | 32 | 64;
}
