// CRC32 of SSE4.2: the polynomial 11EDC6F41h, bits reflected (SDM 2A, CRC32).
import { helper } from './helper.ts';

const POLYNOMIAL_REFLECTED = 0x82f63b78;

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL_REFLECTED : crc >>> 1;
  return crc;
});

/** The checksum `crc` continued by the low `bits` (8..64) of the value, lowest byte first. */
export const crc32c = helper(
  'crc32c',
  ['i32', 'i64', 'i32'],
  'i32',
  (_cpu, crc, value, bits) => {
    let result = crc;
    let word = Number(BigInt.asUintN(32, value));
    for (let done = 0; done < bits; done += 8) {
      if (done === 32) word = Number(BigInt.asUintN(32, value >> 32n));
      result = table[(result ^ word) & 0xff]! ^ (result >>> 8);
      word >>>= 8;
    }
    return result | 0;
  },
  { faults: false },
);
