// The decoder agrees with iced-x86 over random bytes in 16-, 32- and 64-bit code, on validity, length,
// mnemonic and operands. DOPPEL_FUZZ_COUNT sets the number of byte strings (each decoded in the three
// code sizes), DOPPEL_FUZZ_SEED the seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE_FLAT, MODE_KEY_32, MODE_KEY_64, MODE_PROTECTED, modeFromKey } from './mode.ts';
import { compareWithIced } from './testing/iced.ts';

const COUNT = Number(process.env.DOPPEL_FUZZ_COUNT ?? 6000);
const SEED = Number(process.env.DOPPEL_FUZZ_SEED ?? 20260701);
const MODES = [MODE_PROTECTED | MODE_FLAT, MODE_KEY_32, MODE_KEY_64].map(modeFromKey);
const PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x66, 0xf2, 0xf3];
const ESCAPES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** Mulberry32. */
function randomSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const hexadecimal = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Compares in the three modes; adds what differs to `differences`. */
function check(bytes: Uint8Array, differences: string[]): void {
  for (const mode of MODES) {
    const difference = compareWithIced(bytes, mode);
    if (difference) differences.push(`${mode.bits}-bit ${hexadecimal(bytes)}: ${difference}`);
  }
}

test('random instructions, with prefixes more often than chance has them', () => {
  const random = randomSource(SEED);
  const bytes = new Uint8Array(20);
  const differences: string[] = [];
  for (let i = 0; i < COUNT && differences.length < 20; i++) {
    for (let j = 0; j < bytes.length; j++) bytes[j] = random();
    let length = 0;
    while (length < 14 && random() % 100 < 45) bytes[length++] = PREFIXES[random() % PREFIXES.length]!;
    if (random() & 1) bytes[length++] = 0x40 | (random() & 15);
    for (const escapeByte of ESCAPES[[0, 0, 0, 0, 1, 1, 1, 1, 2, 3][random() % 10]!]!)
      bytes[length++] = escapeByte;
    check(bytes, differences);
  }
  assert.deepEqual(differences, [], `seed ${SEED}`);
});

test('every opcode of every map, with each mandatory prefix and REX.W, and every ModRM byte by turns', () => {
  const random = randomSource(SEED + 1);
  const bytes = new Uint8Array(20);
  const differences: string[] = [];
  // In the normal run a few ModRM bytes an opcode, in long runs all.
  const step = COUNT >= 1_000_000 ? 1 : 61;
  let modRm = SEED & 0xff;
  for (const map of ESCAPES) {
    for (const prefix of [0, 0x66, 0xf3, 0xf2]) {
      for (const rex of [0, 0x48]) {
        for (let opcode = 0; opcode < 256 && differences.length < 20; opcode++) {
          for (let i = 0; i < 256; i += step) {
            for (let j = 0; j < bytes.length; j++) bytes[j] = random();
            let length = 0;
            if (prefix) bytes[length++] = prefix;
            if (rex) bytes[length++] = rex;
            for (const byte of map) bytes[length++] = byte;
            bytes[length++] = opcode;
            modRm = (modRm + 61) & 0xff;
            bytes[length] = modRm;
            check(bytes, differences);
          }
        }
      }
    }
  }
  assert.deepEqual(differences, [], `seed ${SEED}`);
});
