// Forms that a Linux kernel uses in its first seconds, one encoding of each, by mode: a list of
// examples, from which the handlers that will be wanted anyway are compiled in one module instead of
// hundreds. Nothing depends on its being complete or right; tools/common-forms.ts makes it anew.
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { decode } from '../../x86/decode/decode.ts';
import type { Form } from '../../x86/decode/instruction.ts';
import { MODE_KEY_32, MODE_KEY_64, type Mode } from '../../x86/decode/mode.ts';
import { ENCODINGS_32, ENCODINGS_64 } from './common-encodings.ts';

/** Mode key -> encodings in hexadecimal, separated by spaces. */
export const COMMON_FORMS: ReadonlyMap<number, string> = new Map([
  [MODE_KEY_32, ENCODINGS_32],
  [MODE_KEY_64, ENCODINGS_64],
]);

/** The forms of a list of encodings. */
export function decodeCommonForms(encodings: string, mode: Mode, features: DecodeFeatures): Form[] {
  const forms: Form[] = [];
  for (const text of encodings.split(/\s+/)) {
    const bytes = Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const instruction = decode(bytes, bytes.length, mode, features);
    if (instruction) forms.push(instruction.form);
  }
  return forms;
}
