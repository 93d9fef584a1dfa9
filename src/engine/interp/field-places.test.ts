import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../../x86/cpuid/feature-names.ts';
import { decode } from '../../x86/decode/decode.ts';
import { MODE_KEY_32, MODE_KEY_64, MODE_KEY_REAL, modeFromKey } from '../../x86/decode/mode.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import * as D from './descriptor.ts';
import { fieldPlaces } from './field-places.ts';

function places(hex: string, modeKey: number) {
  const bytes = Uint8Array.from(hex.match(/../g)!, (digits) => Number.parseInt(digits, 16));
  const { form } = decode(bytes, bytes.length, modeFromKey(modeKey), ALL_FEATURES)!;
  return fieldPlaces(buildMeaning(form).uops);
}

test('places of fields', () => {
  // mov rax, [rbx + 4 * rcx + 8]; mov dword [rbx + 8], 5
  assert.deepEqual(places('488b448b08', MODE_KEY_64), {
    branches: false,
    displacement: true,
    scale: true,
    r2: false,
    immediate2: false,
    segment: 0,
  });
  assert.equal(places('c7430805000000', MODE_KEY_64).displacement, true);
  assert.equal(places('b805000000', MODE_KEY_64).displacement, false);
  // jmp; enter 8, 1; jmp 1234:12345678
  assert.equal(places('eb00', MODE_KEY_64).branches, true);
  assert.equal(places('c8080001', MODE_KEY_64).immediate2, true);
  assert.equal(places('ea785634123412', MODE_KEY_32).immediate2, true);
});

test('the segment lies where the form has nothing else', () => {
  // mov [fs:rbx], rax; mov rax, [fs:rbx]; the same with 16 bits, in real mode
  assert.equal(places('64488903', MODE_KEY_64).segment, D.D_R0);
  assert.equal(places('64488b03', MODE_KEY_64).segment, D.D_R1);
  assert.equal(places('8907', MODE_KEY_REAL).segment, D.D_R0);
  assert.equal(places('8b07', MODE_KEY_REAL).segment, D.D_R1);
});
