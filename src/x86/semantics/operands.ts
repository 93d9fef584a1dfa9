// What several families of meanings share: source operands, bit patterns of results, and the check
// of near branch targets.
import type { Builder } from '../uops/builder.ts';
import type { I32, I64, Int } from '../uops/ir.ts';

export type IntBits = 8 | 16 | 32 | 64;

/**
 * A source operand as a value of the type that `bits`-wide operands have. Immediates come sign-extended
 * and are not truncated: the bits above `bits` may be anything.
 */
export function source(b: Builder, index: number, bits: IntBits): Int {
  if (b.operand(index).kind !== 'imm') return b.readInt(index);
  const value = b.immediate();
  return bits === 64 ? value : b.wrap(value);
}

/** CF, 0 or 1, as the type of `bits`-wide operands. */
export function carryOf(b: Builder, bits: IntBits): Int {
  return bits === 64 ? b.extendU(b.carry()) : b.carry();
}

/** A count of a shift, or a bit, in the type of another value: the operands of an operation have one type. */
export function countLike(b: Builder, like: Int, count: I32): Int {
  return like.type === 'i64' ? b.extendU(count) : count;
}

/** Bit `index` of a value (which may have other bits above) as i32 0 or 1. */
export function bitOf(b: Builder, value: Int, index: number): I32 {
  return b.and(b.toI32(index ? b.shrU(value, index) : value), 1);
}

/** Target of a near relative branch (zero-extended to the branch's operand size). */
export function relativeTarget(b: Builder): I64 {
  const bits = b.branchBits();
  return b.truncate(bits, b.add(b.rip('next'), b.immediate()));
}

/** Whether a near branch can raise #GP: its target may lie outside CS, or not be canonical. */
export function branchesCanFault(b: Builder): boolean {
  return b.form.mode.bits === 64 || !b.form.mode.flatCs;
}

/** Raises the fault of a relative branch early, for instructions that write something before they branch. */
export function checkRelativeTarget(b: Builder, taken: I32 | null): void {
  if (!branchesCanFault(b)) return;
  if (taken) b.if(taken, () => b.checkJumpTarget(relativeTarget(b)));
  else b.checkJumpTarget(relativeTarget(b));
}

/** The bytes of a 32-bit value in reverse. */
export function reverse32(b: Builder, value: I32): I32 {
  return b.or(b.and(b.rotl(value, 8), 0x00ff00ff), b.and(b.rotr(value, 8), 0xff00ff00));
}

/** The bytes of a `bits`-wide value in reverse. */
export function reverseBytes(b: Builder, bits: 16 | 32 | 64, value: Int): Int {
  if (bits === 64) {
    const low = reverse32(b, b.wrap(value as I64));
    const high = reverse32(b, b.wrap(b.shrU(value as I64, 32)));
    return b.or(b.shl(b.extendU(low), 32), b.extendU(high));
  }
  const reversed = reverse32(b, value as I32);
  return bits === 32 ? reversed : b.shrU(reversed, 16);
}
