// Division of a 128-bit dividend, which WebAssembly has no instruction for. The meanings of DIV and
// IDIV (semantics/multiply.ts) come here only when the dividend does not fit 64 bits.
import { DE, GuestFault } from '../exceptions/fault.ts';
import { helper } from './helper.ts';

/** high:low / divisor, unsigned; the caller has checked high < divisor. */
export const divideUnsigned = helper(
  'divideUnsigned',
  ['i64', 'i64', 'i64'],
  'i64',
  (_cpu, high, low, divisor) => {
    const dividend = (BigInt.asUintN(64, high) << 64n) | BigInt.asUintN(64, low);
    return BigInt.asIntN(64, dividend / BigInt.asUintN(64, divisor));
  },
  { faults: false },
);

/** high:low / divisor, signed, towards zero; #DE when the quotient needs more than 64 bits. The divisor is not zero. */
export const divideSigned = helper(
  'divideSigned',
  ['i64', 'i64', 'i64'],
  'i64',
  (_cpu, high, low, divisor) => {
    const dividend = (BigInt.asIntN(64, high) << 64n) | BigInt.asUintN(64, low);
    const quotient = dividend / BigInt.asIntN(64, divisor);
    if (BigInt.asIntN(64, quotient) !== quotient) throw new GuestFault(DE);
    return quotient;
  },
);
