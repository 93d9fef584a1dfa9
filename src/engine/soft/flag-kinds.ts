// Flags that a region has not computed yet: its locals hold the operands of the last operation that
// set them, and a *kind* says which operation that was. Where the flags must be in the state, because
// the region is left or because a condition needs more than the operands tell, materializeFlags
// (core-arithmetic.ts) computes FLAG_RESULT and FLAG_AUX from kind and operands.
//
// A kind has twelve bits. The lowest six: 0 the flags are in the state already; 1 + 4 * operation + log2(bits / 8);
// or FLAGS_DYNAMIC, known only at run time, when a further local holds the kind.
//
//   operation   a, b, r
//   ADD, SUB    a + b, a - b: operands a and b
//   SUM, DIFFERENCE   the same of 32 or 64 bits, but a is the result: it is a register's anyway
//   LOGIC       a is the result; CF = OF = AF = 0
//   ADC, SBB    a carry or borrow went in: operands a and b, result r
//   SHL, SHR, SAR   a shifted by b, which is not 0 and below the width; r is the result
//   IMUL, MUL   product of a and b, signed or unsigned; r is its lower half
//
// The next two say that CF, or CF and OF, come from a fourth operand instead:
//
//   OVERRIDE_CARRY   CF is its bit 0
//   OVERRIDE_LEFT    as after a rotation of 32 bits to the left that gave it: CF is bit 0, OF bit 31 xor CF
//   OVERRIDE_RIGHT   to the right: CF is bit 31, OF bit 31 xor bit 30
//
// The upper four are 0, or say that INC or DEC came after all that (1 + 2 * log2(bits / 8), and 1 more for DEC): a fifth
// operand, the step's result, tells all flags but CF, which stays what the other bits say. So INC and DEC need not know CF,
// nor compute it. Wherever such a kind is known, the local for kinds holds it too.
export const FLAGS_IN_STATE = 0;
export const FLAGS_DYNAMIC = 63;
export const FLAGS_BASE = 63;
export const FLAGS_OVERRIDE = 192;
export const OVERRIDE_CARRY = 64;
export const OVERRIDE_LEFT = 128;
export const OVERRIDE_RIGHT = 192;
export const FLAGS_STEP = 0xf00;
export const STEP_SHIFT = 8;

export const OPERATION_ADD = 0;
export const OPERATION_SUB = 1;
export const OPERATION_LOGIC = 2;
export const OPERATION_ADC = 3;
export const OPERATION_SBB = 4;
export const OPERATION_SUM = 5;
export const OPERATION_DIFFERENCE = 6;
export const OPERATION_SHL = 7;
export const OPERATION_SHR = 8;
export const OPERATION_SAR = 9;
export const OPERATION_IMUL = 10;
export const OPERATION_MUL = 11;

/** The kind of an operation on 8, 16, 32 or 64 bits. */
export function flagKind(operation: number, bits: number): number {
  return 1 + 4 * operation + (bits === 8 ? 0 : bits === 16 ? 1 : bits === 32 ? 2 : 3);
}
/** The bits of a kind for INC ('add') or DEC ('sub') of 8, 16, 32 or 64 bits. */
export function stepKind(direction: 'add' | 'sub', bits: number): number {
  return (1 + 2 * (Math.log2(bits) - 3) + (direction === 'sub' ? 1 : 0)) << STEP_SHIFT;
}
/** What the step of a kind that has one was. */
export function stepOf(kind: number): { readonly direction: 'add' | 'sub'; readonly bits: 8 | 16 | 32 | 64 } {
  const code = ((kind & FLAGS_STEP) >> STEP_SHIFT) - 1;
  return { direction: code & 1 ? 'sub' : 'add', bits: (8 << (code >> 1)) as 8 | 16 | 32 | 64 };
}
/** Operation of a kind that is neither FLAGS_IN_STATE nor FLAGS_DYNAMIC. */
export function operationOf(kind: number): number {
  return ((kind & FLAGS_BASE) - 1) >> 2;
}
/** Its width in bits. */
export function bitsOf(kind: number): 8 | 16 | 32 | 64 {
  return (8 << (((kind & FLAGS_BASE) - 1) & 3)) as 8 | 16 | 32 | 64;
}
