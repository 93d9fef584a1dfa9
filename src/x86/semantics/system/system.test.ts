import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../cpuid/feature-names.ts';
import { decode } from '../../decode/decode.ts';
import { MODE_KEY_32, MODE_KEY_64, MODE_PROTECTED, MODE_V86, modeFromKey } from '../../decode/mode.ts';
import { Builder } from '../../uops/builder.ts';
import { verify } from '../../uops/verify.ts';
import { systemMeanings } from './index.ts';

const meanings = new Map(systemMeanings.map((meaning) => [meaning.mnemonic, meaning]));

/** Every one- and two-byte opcode with register and memory operands, in every kind of mode. */
function* instructions() {
  const modes = [0, MODE_V86, MODE_PROTECTED, MODE_KEY_32, MODE_KEY_64].map(modeFromKey);
  const prefixes = [[], [0x66], [0x67], [0x48], [0x64], [0xf3], [0xf3, 0x48], [0x66, 0x48]];
  const tails = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38];
  for (const mode of modes) {
    for (const prefix of prefixes) {
      for (let opcode = 0; opcode < 512; opcode++) {
        const head = opcode < 256 ? [opcode] : [0x0f, opcode & 0xff];
        for (const register of tails) {
          for (const rest of [0, 0xc0, 0xc1, 0xc2, 0xc3]) {
            const bytes = new Uint8Array([...prefix, ...head, register | rest, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            const instruction = decode(bytes, 15, mode, ALL_FEATURES);
            if (instruction) yield instruction;
          }
        }
      }
      const bytes = new Uint8Array([...prefix, 0x66, 0x0f, 0x38, 0x82, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      const instruction = decode(bytes, 15, mode, ALL_FEATURES);
      if (instruction) yield instruction;
    }
  }
}

test('every system meaning passes the verifier in every form', () => {
  const seen = new Set<number>();
  const mnemonics = new Set<string>();
  for (const { form } of instructions()) {
    if (seen.has(form.id)) continue;
    seen.add(form.id);
    const meaning = meanings.get(form.mnemonic);
    if (!meaning) continue;
    mnemonics.add(form.mnemonic);
    const builder = new Builder(form);
    meaning.build(builder);
    assert.deepEqual(
      verify(builder.uops),
      [],
      `${form.mnemonic} ${JSON.stringify(form.operands)} ${form.mode.key}`,
    );
  }
  const missing = [...meanings.keys()].filter((mnemonic) => !mnemonics.has(mnemonic));
  assert.deepEqual(missing, []);
});
