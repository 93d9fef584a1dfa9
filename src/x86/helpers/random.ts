// Random numbers for RDRAND and RDSEED, from the entropy that the machine was given (decision D10).
import { helper } from './helper.ts';

const bytes = new Uint8Array(8);
const view = new DataView(bytes.buffer);

/** 64 random bits. */
export const randomBits = helper(
  'randomBits',
  [],
  'i64',
  (cpu) => {
    cpu.entropy.fill(bytes);
    return view.getBigInt64(0, true);
  },
  { faults: false },
);
