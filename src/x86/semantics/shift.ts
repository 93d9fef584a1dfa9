// Shifts and rotates (SDM 1, 5.1.5): SHL SHR SAR, ROL ROR, RCL RCR, SHLD SHRD. Counts are taken
// modulo 32 (64 for 64-bit operands), as on every processor since the 80286. A count of zero leaves
// the flags alone, but the destination is written all the same (a 32-bit register is zero-extended).
//
// Undefined: OF of counts above one (not declared, since it is defined for one) is what the last of that many single steps would leave;
// AF is cleared by SHR, SAR, SHLD and SHRD (AMD processors set it). SHLD and SHRD of 16 bits by more
// than 16 shift the source in a second time, as AMD processors do.
import type { Builder } from '../uops/builder.ts';
import { FLAG_AF, FLAG_CF, FLAG_OF, type FlagOrigin, type I32, type I64, type Int } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { bitOf, countLike, type IntBits } from './operands.ts';

/** The masked count of operand `index`, i32. */
function shiftCount(b: Builder, index: number, bits: IntBits): I32 {
  const operand = b.operand(index);
  if (operand.kind === 'one') return b.i32(1);
  const count = operand.kind === 'imm' ? b.wrap(b.immediate()) : b.toI32(b.readInt(index));
  return b.and(count, bits === 64 ? 63 : 31);
}

/** Runs `flags` unless the count is zero. */
function ifCounted(b: Builder, index: number, count: I32, flags: () => void): void {
  if (b.operand(index).kind === 'one') flags();
  else b.if(count, flags);
}

/** OF (bit 11) and CF (bit 0) as an RFLAGS value. */
function overflowAndCarry(b: Builder, overflow: I32, carry: I32): I32 {
  return b.or(b.shl(overflow, 11), carry);
}

/** The last single step is x + x, and so are its flags. */
function shiftLeft(b: Builder): void {
  const bits = b.bits(0);
  const count = shiftCount(b, 1, bits);
  const { value, write } = b.modify(0);
  const result = b.shl(value, countLike(b, value, count));
  write(result);
  ifCounted(b, 1, count, () => {
    const last = b.shl(value, countLike(b, value, b.sub(count, 1)));
    b.flagsCarries(bits, last, result, { operation: 'shl', a: value, b: count });
  });
}

/**
 * Flags of a shift to the right whose last single step was of `last`: CF is its bit 0; OF is 0, or its top
 * bit. Written as x + x: the carries out of such a sum are x itself, and OF is the exclusive or of the upper two.
 */
function flagsShiftedOut(
  b: Builder,
  bits: IntBits,
  last: Int,
  overflow: 'clear' | 'top',
  result: Int,
  origin: FlagOrigin,
): void {
  const carry = b.and(last, 1);
  const below = overflow === 'clear' ? carry : b.and(b.xor(last, b.shrU(last, bits - 1)), 1);
  const carries = b.or(b.shl(carry, bits - 1), b.shl(below, bits - 2));
  b.flagsCarries(bits, carries, result, origin);
}

function shiftRight(b: Builder, arithmetic: boolean): void {
  const bits = b.bits(0);
  const count = shiftCount(b, 1, bits);
  const { value, write } = b.modify(0);
  const operand = arithmetic ? b.signExtend(bits, value) : value;
  const shift = arithmetic ? 'shrS' : 'shrU';
  const result = b[shift](operand, countLike(b, value, count));
  write(result);
  ifCounted(b, 1, count, () => {
    const last = b[shift](operand, countLike(b, value, b.sub(count, 1)));
    const origin = { operation: arithmetic ? 'sar' : 'shr', a: value, b: count } as const;
    flagsShiftedOut(b, bits, last, arithmetic ? 'clear' : 'top', result, origin);
  });
}

/** A value repeated until it fills 32 bits, so that a 32-bit rotation rotates it. */
function fill(b: Builder, bits: IntBits, value: Int): Int {
  if (bits === 8) return b.mul(value, 0x01010101);
  if (bits === 16) return b.or(value, b.shl(value, 16));
  return value;
}

function rotate(b: Builder, direction: 'left' | 'right'): void {
  const bits = b.bits(0);
  const count = shiftCount(b, 1, bits);
  const { value, write } = b.modify(0);
  const by = countLike(b, value, count);
  const filled = fill(b, bits, value);
  const result = direction === 'left' ? b.rotl(filled, by) : b.rotr(filled, by);
  write(result);
  ifCounted(b, 1, count, () => {
    const top = bitOf(b, result, bits - 1);
    const carry = direction === 'left' ? bitOf(b, result, 0) : top;
    const overflow = b.xor(top, direction === 'left' ? carry : bitOf(b, result, bits - 2));
    const origin = bits === 32 ? { direction, result: result as I32 } : undefined;
    b.flagsSet(FLAG_CF | FLAG_OF, overflowAndCarry(b, overflow, carry), origin);
  });
}

/** Rotation through the carry of bits + 1 bits, for widths up to 32: CF:value as one i64. */
function rotateThroughCarry(b: Builder, direction: 'left' | 'right'): void {
  const bits = b.bits(0);
  if (bits === 64) {
    rotateThroughCarry64(b, direction);
    return;
  }
  const masked = shiftCount(b, 1, bits);
  const count = bits === 32 || b.operand(1).kind === 'one' ? masked : b.remU(masked, bits + 1);
  const { value, write } = b.modify(0);
  const ring = b.or(b.toI64(value), b.shl(b.extendU(b.carry()), bits));
  const by = b.extendU(count);
  const back = b.sub(b.i64(bits + 1), by);
  const rotated =
    direction === 'left'
      ? b.or(b.shl(ring, by), b.shrU(ring, back))
      : b.or(b.shrU(ring, by), b.shl(ring, back));
  const result = b.wrap(rotated);
  write(result);
  ifCounted(b, 1, masked, () => setRotateFlags(b, bits, direction, result, bitOf(b, rotated, bits)));
}

function rotateThroughCarry64(b: Builder, direction: 'left' | 'right'): void {
  const count = shiftCount(b, 1, 64);
  const { value, write } = b.modify(0);
  // Nothing below is used for a count of zero; shifts by 64 are made of two.
  const carry = b.extendU(b.carry());
  const v = value as I64;
  const by = b.extendU(count);
  const before = b.sub(by, 1);
  const back = b.sub(b.i64(64), by);
  const left = direction === 'left';
  const kept = left ? b.shl(v, by) : b.shrU(v, by);
  const wrapped = left ? b.shrU(b.shrU(v, 1), back) : b.shl(b.shl(v, 1), back);
  const rotated = b.or(b.or(kept, wrapped), b.shl(carry, left ? before : back));
  const result = b.operand(1).kind === 'one' ? rotated : b.select(count, rotated, v);
  write(result);
  ifCounted(b, 1, count, () => {
    const out = bitOf(b, left ? b.shrU(v, back) : b.shrU(v, before), 0);
    setRotateFlags(b, 64, direction, result, out);
  });
}

/** CF is the bit that left the value last; OF as after the last single step. */
function setRotateFlags(
  b: Builder,
  bits: IntBits,
  direction: 'left' | 'right',
  result: Int,
  carry: I32,
): void {
  const top = bitOf(b, result, bits - 1);
  const overflow = b.xor(top, direction === 'left' ? carry : bitOf(b, result, bits - 2));
  b.flagsSet(FLAG_CF | FLAG_OF, overflowAndCarry(b, overflow, carry));
}

/** SHLD and SHRD: [destination, register that gives the bits, count]. */
function doubleShift(b: Builder, direction: 'left' | 'right'): void {
  const bits = b.bits(0) as 16 | 32 | 64;
  const left = direction === 'left';
  const count = shiftCount(b, 2, bits);
  const filler = b.readInt(1);
  const { value, write } = b.modify(0);
  const result =
    bits === 64
      ? doubleShift64(b, direction, value as I64, filler as I64, b.extendU(count))
      : doubleShiftNarrow(b, bits, direction, b.toI64(value), b.toI64(filler), b.extendU(count));
  write(result);
  b.if(count, () => {
    const before = countLike(b, value, b.sub(count, 1));
    const last = left ? b.shl(value, before) : b.shrU(value, before);
    const carry = bitOf(b, last, left ? bits - 1 : 0);
    const overflow = left
      ? b.xor(carry, bitOf(b, last, bits - 2))
      : b.xor(bitOf(b, result, bits - 1), bitOf(b, result, bits - 2));
    b.flagsLogic(bits, result);
    b.flagsSet(FLAG_CF | FLAG_OF, overflowAndCarry(b, overflow, carry));
  });
}

/** A shift of the filler by 64 (for a count of zero) is made of two. */
function doubleShift64(b: Builder, direction: 'left' | 'right', value: I64, filler: I64, by: I64): I64 {
  const back = b.sub(b.i64(63), by);
  if (direction === 'left') return b.or(b.shl(value, by), b.shrU(b.shrU(filler, 1), back));
  return b.or(b.shrU(value, by), b.shl(b.shl(filler, 1), back));
}

/** Value and fillers as one i64: fillers lie on the side that they come from, twice for 16 bits. */
function doubleShiftNarrow(
  b: Builder,
  bits: 16 | 32,
  direction: 'left' | 'right',
  value: I64,
  filler: I64,
  by: I64,
): I32 {
  const fillers = bits === 32 ? filler : b.or(b.shl(filler, 16), filler);
  if (direction === 'left') return b.wrap(b.shrU(b.shl(b.or(b.shl(value, 32), fillers), by), 32));
  return b.wrap(b.shrU(b.or(value, b.shl(fillers, bits)), by));
}

export const shiftMeanings: readonly Meaning[] = [
  { mnemonic: 'SHL', undefined: FLAG_AF, build: shiftLeft },
  { mnemonic: 'SHR', undefined: FLAG_AF, build: (b) => shiftRight(b, false) },
  { mnemonic: 'SAR', undefined: FLAG_AF, build: (b) => shiftRight(b, true) },
  { mnemonic: 'ROL', build: (b) => rotate(b, 'left') },
  { mnemonic: 'ROR', build: (b) => rotate(b, 'right') },
  { mnemonic: 'RCL', reads: FLAG_CF, build: (b) => rotateThroughCarry(b, 'left') },
  { mnemonic: 'RCR', reads: FLAG_CF, build: (b) => rotateThroughCarry(b, 'right') },
  { mnemonic: 'SHLD', undefined: FLAG_AF, build: (b) => doubleShift(b, 'left') },
  { mnemonic: 'SHRD', undefined: FLAG_AF, build: (b) => doubleShift(b, 'right') },
];
