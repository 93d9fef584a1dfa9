// Bit and byte instructions (SDM 1, 5.1.6): BT BTS BTR BTC, BSF BSR, POPCNT, BSWAP, MOVBE, CRC32.
//
// Undefined: BSF and BSR of zero leave the destination alone (all 64 bits of it); their other flags
// are those of a logical result. BT and its kin change CF only. BSWAP of 16 bits gives zero.
import { crc32c } from '../helpers/crc32c.ts';
import type { Builder, MemoryReference } from '../uops/builder.ts';
import {
  FLAG_AF,
  FLAG_CF,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
  FLAGS_STATUS,
  type I32,
  type I64,
  type Int,
} from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { type IntBits, reverseBytes } from './operands.ts';

type BitOperation = 'test' | 'set' | 'reset' | 'complement';

/**
 * The place of the operand that holds the bit. A bit index in a register is signed and reaches
 * beyond the memory operand, in units of its width (SDM 2A, 3.1.1.9: bit strings).
 */
function bitStringReference(b: Builder, bits: 16 | 32 | 64): MemoryReference {
  const reference = b.reference(0);
  if (b.operand(1).kind === 'imm') return reference;
  const index = b.signExtendTo(64, bits, b.readInt(1)) as I64;
  const log2 = Math.log2(bits);
  const bytes = b.shl(b.shrS(index, log2), log2 - 3);
  return { ...reference, offset: b.truncate(b.form.addressSize, b.add(reference.offset, bytes)) };
}

function bitTest(b: Builder, operation: BitOperation): void {
  const bits = b.bits(0) as 16 | 32 | 64;
  const index = b.operand(1).kind === 'imm' ? b.wrap(b.immediate()) : b.toI32(b.readInt(1));
  const { value, write } = bitOperand(b, bits, operation);
  const position = bits === 16 ? b.and(index, 15) : index;
  const by: Int = bits === 64 ? b.extendU(position) : position;
  if (operation !== 'test') {
    const mask = b.shl(b.constant(bits, 1), by);
    if (operation === 'set') write(b.or(value, mask));
    else if (operation === 'complement') write(b.xor(value, mask));
    else write(b.and(value, b.xor(mask, -1)));
  }
  // flagsSet looks at bit 0 only.
  b.flagsSet(FLAG_CF, b.toI32(b.shrU(value, by)));
}

function bitOperand(
  b: Builder,
  bits: 16 | 32 | 64,
  operation: BitOperation,
): { value: Int; write: (v: Int) => void } {
  if (!b.isMemory(0)) return operation === 'test' ? { value: b.readInt(0), write: () => {} } : b.modify(0);
  const reference = bitStringReference(b, bits);
  const intent = operation === 'test' ? 'read' : 'write';
  const address = b.linear(reference, bits / 8, intent);
  const value = b.loadLinear(bits, address, intent, reference.stack) as Int;
  return { value, write: (result) => b.storeLinear(bits, address, result, reference.stack) };
}

function bitScan(b: Builder, direction: 'forward' | 'reverse'): void {
  const bits = b.bits(0);
  const value = b.readInt(1);
  b.if(b.ne(value, 0), () => {
    const top = value.type === 'i64' ? 63 : 31;
    if (direction === 'forward') b.write(0, b.unary('ctz', value));
    else b.write(0, b.xor(b.unary('clz', value) as Int, top));
  });
  b.flagsLogic(bits, value);
}

function populationCount(b: Builder): void {
  const value = b.readInt(1);
  b.write(0, b.unary('popcnt', value));
  b.flagsSet(FLAGS_STATUS, b.shl(b.eqz(value), 6));
}

function byteSwap(b: Builder): void {
  const bits = b.bits(0) as 16 | 32 | 64;
  b.write(0, bits === 16 ? b.i32(0) : reverseBytes(b, bits, b.readInt(0)));
}

function moveReversed(b: Builder): void {
  b.write(0, reverseBytes(b, b.bits(0) as 16 | 32 | 64, b.readInt(1)));
}

/** The accumulated CRC is the low half of the destination; a 64-bit one is zero-extended. */
function crc32(b: Builder): void {
  const bits: IntBits = b.bits(1);
  const data = b.toI64(b.readInt(1));
  const crc = b.call(crc32c, b.toI32(b.readInt(0)), data, b.i32(bits)) as I32;
  b.write(0, b.bits(0) === 64 ? b.extendU(crc) : crc);
}

const UNDEFINED_OF_BT = FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;
const UNDEFINED_OF_SCAN = FLAGS_STATUS & ~FLAG_ZF;

export const bitMeanings: readonly Meaning[] = [
  { mnemonic: 'BT', undefined: UNDEFINED_OF_BT, build: (b) => bitTest(b, 'test') },
  { mnemonic: 'BTS', undefined: UNDEFINED_OF_BT, build: (b) => bitTest(b, 'set') },
  { mnemonic: 'BTR', undefined: UNDEFINED_OF_BT, build: (b) => bitTest(b, 'reset') },
  { mnemonic: 'BTC', undefined: UNDEFINED_OF_BT, build: (b) => bitTest(b, 'complement') },
  { mnemonic: 'BSF', undefined: UNDEFINED_OF_SCAN, build: (b) => bitScan(b, 'forward') },
  { mnemonic: 'BSR', undefined: UNDEFINED_OF_SCAN, build: (b) => bitScan(b, 'reverse') },
  { mnemonic: 'POPCNT', build: populationCount },
  { mnemonic: 'BSWAP', build: byteSwap },
  { mnemonic: 'MOVBE', build: moveReversed },
  { mnemonic: 'CRC32', build: crc32 },
];
