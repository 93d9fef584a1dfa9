// All meanings by mnemonic, and the way from a decoded form to its micro-operations.
import type { Form } from '../decode/instruction.ts';
import { Builder } from '../uops/builder.ts';
import { arithmeticMeanings } from './arithmetic.ts';
import { bcdMeanings } from './bcd.ts';
import { bitMeanings } from './bit.ts';
import { controlMeanings } from './control.ts';
import { flagMeanings } from './flag.ts';
import { inputOutputMeanings } from './input-output.ts';
import { logicMeanings } from './logic.ts';
import type { Meaning } from './meaning.ts';
import { moveMeanings } from './move.ts';
import { multiplyMeanings } from './multiply.ts';
import { nopMeanings } from './nop.ts';
import { randomMeanings } from './random.ts';
import { shiftMeanings } from './shift.ts';
import { simdMeanings } from './simd/index.ts';
import { stackMeanings } from './stack.ts';
import { stringMeanings } from './string.ts';
import { systemMeanings } from './system/index.ts';
import { x87Meanings } from './x87.ts';

const families: readonly (readonly Meaning[])[] = [
  moveMeanings,
  stackMeanings,
  arithmeticMeanings,
  multiplyMeanings,
  bcdMeanings,
  logicMeanings,
  shiftMeanings,
  bitMeanings,
  controlMeanings,
  stringMeanings,
  inputOutputMeanings,
  flagMeanings,
  nopMeanings,
  randomMeanings,
  simdMeanings,
  systemMeanings,
  x87Meanings,
];

/** Every mnemonic that the opcode tables may name, with its meaning. Throws when two families claim one. */
export const meanings: ReadonlyMap<string, Meaning> = collect();

function collect(): Map<string, Meaning> {
  const map = new Map<string, Meaning>();
  for (const family of families) {
    for (const meaning of family) {
      if (map.has(meaning.mnemonic)) throw new Error(`two meanings of ${meaning.mnemonic}`);
      map.set(meaning.mnemonic, meaning);
    }
  }
  return map;
}

/** Builds the micro-operations of a form. Throws an Error when its mnemonic has no meaning. */
export function buildMeaning(form: Form): Builder {
  const meaning = meanings.get(form.mnemonic);
  if (!meaning) throw new Error(`no meaning for ${form.mnemonic}`);
  const builder = new Builder(form);
  meaning.build(builder);
  return builder;
}
