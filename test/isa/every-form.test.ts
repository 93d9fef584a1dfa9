// Every opcode of every map, in every mode, with operand-size, address-size, repeat and lock prefixes,
// REX.W, and register and memory operands: what decodes must have a meaning whose micro-operations pass
// the verifier.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../src/x86/cpuid/feature-names.ts';
import { decode } from '../../src/x86/decode/decode.ts';
import type { Form } from '../../src/x86/decode/instruction.ts';
import {
  MODE_FLAT,
  MODE_KEY_32,
  MODE_KEY_64,
  MODE_KEY_REAL,
  MODE_PROTECTED,
  MODE_V86,
  type Mode,
  modeFromKey,
} from '../../src/x86/decode/mode.ts';
import { printInstruction } from '../../src/x86/decode/print.ts';
import { buildMeaning } from '../../src/x86/semantics/index.ts';
import { verify } from '../../src/x86/uops/verify.ts';

const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2], [0x67], [0xf0], [0x64]];
/** r/m bits of a ModRM byte: plain memory, memory with displacement, a register. */
const OPERANDS = [0x00, 0x45, 0xc1];

function problemsOf(form: Form): readonly string[] {
  try {
    return verify(buildMeaning(form).uops);
  } catch (error) {
    return [(error as Error).message];
  }
}

function* encodings(mode: Mode): Generator<Uint8Array> {
  const bytes = new Uint8Array(16);
  for (const map of MAPS) {
    for (const prefix of PREFIXES) {
      for (const rex of mode.bits === 64 ? [[], [0x48]] : [[]]) {
        for (let opcode = 0; opcode < 256; opcode++) {
          for (let extension = 0; extension < 8; extension++) {
            for (const operand of OPERANDS) {
              bytes.fill(0x11);
              bytes.set([...prefix, ...rex, ...map, opcode, operand | (extension << 3)]);
              yield bytes;
            }
          }
        }
      }
    }
  }
}

for (const [name, key] of [
  ['real mode', MODE_KEY_REAL],
  ['virtual-8086 mode', MODE_V86],
  ['flat 16-bit', MODE_PROTECTED | MODE_FLAT],
  ['flat 32-bit', MODE_KEY_32],
  ['segmented 32-bit', MODE_KEY_32 & ~MODE_FLAT],
  ['64-bit', MODE_KEY_64],
] as const) {
  test(`every form builds and verifies: ${name}`, () => {
    const mode = modeFromKey(key);
    const seen = new Set<number>();
    const problems = new Map<string, string>();
    for (const bytes of encodings(mode)) {
      const instruction = decode(bytes, bytes.length, mode, ALL_FEATURES)!;
      const { form } = instruction;
      if (seen.has(form.id)) continue;
      seen.add(form.id);
      for (const problem of problemsOf(form)) {
        const key = `${form.mnemonic}: ${problem}`;
        if (!problems.has(key)) problems.set(key, printInstruction(instruction));
      }
    }
    assert.deepEqual(
      [...problems].map(([problem, instruction]) => `${instruction}: ${problem}`),
      [],
    );
    assert.ok(seen.size > 1000, `${seen.size} forms`);
  });
}
