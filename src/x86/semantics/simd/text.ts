// The string comparisons of SSE4.2 (SDM 2B, 4.1, PCMPESTRI PCMPESTRM PCMPISTRI PCMPISTRM). Memory operands
// need not be aligned. The explicit lengths are absolute values of rAX and rDX, at most the number of elements.
import { FIRST, SECOND } from '../../helpers/simd/float.ts';
import { compareText } from '../../helpers/simd/text.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import { FLAGS_STATUS, type I32, type Int, type V128 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { maskOfBits } from './shuffle.ts';
import { immediate8, readVector, vectorMeaning, zeroExtended } from './vector.ts';

const ELEMENTS_ARE_WORDS = 1;
/** Bit 6: the most significant index, or a mask of elements instead of one of bits. */
const OUTPUT_SELECT = 0x40;

/** |rAX| or |rDX|, at most 16. Its width follows REX.W. */
function explicitLength(b: Builder, register: number): I32 {
  const bits = b.form.operandSize === 64 ? 64 : 32;
  const value: Int = b.gpr(bits, register);
  const magnitude = b.select(b.ltS(value, 0), b.neg(value), value);
  return b.toI32(b.select(b.gtU(magnitude, 16), b.constantLike(magnitude, 16), magnitude));
}

/** The bits, from the least or most significant: an index, or the number of elements when there is none. */
function indexOf(b: Builder, bits: I32, immediate: I32): I32 {
  const count = b.shrU(b.i32(16), b.and(immediate, ELEMENTS_ARE_WORDS));
  const least = b.ctz(bits);
  const most = b.sub(b.i32(31), b.clz(bits));
  return b.select(bits, b.select(b.and(immediate, OUTPUT_SELECT), most, least), count);
}

/** A mask of bytes or words, or the bits themselves zero-extended. */
function maskOf(b: Builder, bits: I32, immediate: I32): V128 {
  const words = b.and(immediate, ELEMENTS_ARE_WORDS);
  const elements = b.select(words, maskOfBits(b, 16, bits), maskOfBits(b, 8, bits));
  return b.select(b.and(immediate, OUTPUT_SELECT), elements, zeroExtended(b, bits));
}

function compareStrings(
  mnemonic: string,
  lengths: 'explicit' | 'implicit',
  output: 'index' | 'mask',
): Meaning {
  return vectorMeaning(mnemonic, (b) => {
    const second = readVector(b, 1, { aligned: false });
    b.set(128, FIRST, readVector(b, 0));
    b.set(128, SECOND, second);
    const immediate = immediate8(b);
    const length = (register: number) => (lengths === 'explicit' ? explicitLength(b, register) : b.i32(-1));
    const packed = b.call(compareText, immediate, length(S.RAX), length(S.RDX)) as I32;
    const bits = b.shrU(packed, 16);
    if (output === 'index') b.setGpr(32, S.RCX, indexOf(b, bits, immediate));
    else b.set(128, S.XMM, maskOf(b, bits, immediate));
    b.flagsSet(FLAGS_STATUS, b.and(packed, 0xffff));
  });
}

export const textMeanings: readonly Meaning[] = [
  compareStrings('PCMPESTRI', 'explicit', 'index'),
  compareStrings('PCMPESTRM', 'explicit', 'mask'),
  compareStrings('PCMPISTRI', 'implicit', 'index'),
  compareStrings('PCMPISTRM', 'implicit', 'mask'),
];
