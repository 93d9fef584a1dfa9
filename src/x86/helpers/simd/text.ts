// The comparison that PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM share (SDM 2B, 4.1: "Imm8 control
// byte operation"). The fragments lie in the scratch area: the first operand at FIRST, the second at SECOND.
//
//   imm 1:0  elements: unsigned bytes, unsigned words, signed bytes, signed words
//   imm 3:2  aggregation: equal any, ranges, equal each, equal ordered
//   imm 5:4  polarity: bit 4 negates; with bit 5 only the second operand's valid elements
import { helper } from '../helper.ts';
import { FIRST, SECOND } from './float.ts';

const EQUAL_ANY = 0;
const RANGES = 1;
const EQUAL_EACH = 2;

const FLAG_CF = 0x001;
const FLAG_ZF = 0x040;
const FLAG_SF = 0x080;
const FLAG_OF = 0x800;

const first = new Int32Array(16);
const second = new Int32Array(16);

/** Copies the elements out; returns how many come before the first zero. */
function readElements(bytes: Uint8Array, at: number, immediate: number, out: Int32Array): number {
  const words = (immediate & 1) !== 0;
  const signed = (immediate & 2) !== 0;
  const count = words ? 8 : 16;
  let length = count;
  for (let i = 0; i < count; i++) {
    let value: number;
    if (words) {
      value = bytes[at + 2 * i]! | (bytes[at + 2 * i + 1]! << 8);
      if (signed) value = (value << 16) >> 16;
    } else {
      value = bytes[at + i]!;
      if (signed) value = (value << 24) >> 24;
    }
    out[i] = value;
    if (value === 0 && length === count) length = i;
  }
  return length;
}

/** Whether element j of the second operand matches, by the aggregation. */
function matches(
  aggregation: number,
  j: number,
  firstLength: number,
  secondLength: number,
  count: number,
): boolean {
  const valid = j < secondLength;
  switch (aggregation) {
    case EQUAL_ANY:
      for (let i = 0; valid && i < firstLength; i++) if (first[i] === second[j]) return true;
      return false;
    case RANGES:
      for (let i = 0; valid && i + 1 < firstLength; i += 2) {
        if (second[j]! >= first[i]! && second[j]! <= first[i + 1]!) return true;
      }
      return false;
    case EQUAL_EACH:
      if (valid && j < firstLength) return first[j] === second[j];
      return !valid && j >= firstLength;
    default:
      // The first operand begins at j, or does as far as the register reaches.
      for (let i = 0; i < firstLength && i + j < count; i++) {
        if (i + j >= secondLength || first[i] !== second[i + j]) return false;
      }
      return true;
  }
}

/**
 * (immediate, length of the first operand, length of the second): lengths are elements, or -1 when the
 * strings end with a zero element. Returns IntRes2 in bits 31:16 and the status flags below.
 */
export const compareText = helper(
  'compareText',
  ['i32', 'i32', 'i32'],
  'i32',
  (cpu, immediate, explicitFirst, explicitSecond) => {
    const { u8 } = cpu.state;
    const count = immediate & 1 ? 8 : 16;
    const firstEnd = readElements(u8, FIRST, immediate, first);
    const secondEnd = readElements(u8, SECOND, immediate, second);
    const firstLength = explicitFirst < 0 ? firstEnd : Math.min(explicitFirst, count);
    const secondLength = explicitSecond < 0 ? secondEnd : Math.min(explicitSecond, count);
    const aggregation = (immediate >> 2) & 3;
    let result = 0;
    for (let j = 0; j < count; j++) {
      if (matches(aggregation, j, firstLength, secondLength, count)) result |= 1 << j;
    }
    if (immediate & 0x10) result ^= immediate & 0x20 ? (1 << secondLength) - 1 : (1 << count) - 1;
    let flags = 0;
    if (result) flags |= FLAG_CF;
    if (secondLength < count) flags |= FLAG_ZF;
    if (firstLength < count) flags |= FLAG_SF;
    if (result & 1) flags |= FLAG_OF;
    return (result << 16) | flags;
  },
  { faults: false },
);
