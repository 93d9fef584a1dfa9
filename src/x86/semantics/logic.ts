// Logical instructions (SDM 1, 5.1.4): AND OR XOR TEST NOT. AF is undefined and cleared.
import type { Builder } from '../uops/builder.ts';
import { FLAG_AF } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { source } from './operands.ts';

function logic(b: Builder, operator: 'and' | 'or' | 'xor'): void {
  const bits = b.bits(0);
  const right = source(b, 1, bits);
  const { value, write } = b.modify(0);
  const result = b[operator](value, right);
  write(result);
  b.flagsLogic(bits, result);
}

function test(b: Builder): void {
  const bits = b.bits(0);
  b.flagsLogic(bits, b.and(b.readInt(0), source(b, 1, bits)));
}

function not(b: Builder): void {
  const { value, write } = b.modify(0);
  write(b.xor(value, -1));
}

export const logicMeanings: readonly Meaning[] = [
  { mnemonic: 'AND', undefined: FLAG_AF, build: (b) => logic(b, 'and') },
  { mnemonic: 'OR', undefined: FLAG_AF, build: (b) => logic(b, 'or') },
  { mnemonic: 'XOR', undefined: FLAG_AF, build: (b) => logic(b, 'xor') },
  { mnemonic: 'TEST', undefined: FLAG_AF, build: test },
  { mnemonic: 'NOT', build: not },
];
