// RDRAND and RDSEED (SDM 2B): a random register. There always is one to be had, so CF is 1 and the
// other status flags are 0.
import { randomBits } from '../helpers/random.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_CF, FLAGS_STATUS, type I64 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';

function random(b: Builder): void {
  const value = b.call(randomBits) as I64;
  b.write(0, b.bits(0) === 64 ? value : b.wrap(value));
  b.flagsSet(FLAGS_STATUS, b.i32(FLAG_CF));
}

export const randomMeanings: readonly Meaning[] = [
  { mnemonic: 'RDRAND', build: random },
  { mnemonic: 'RDSEED', build: random },
];
