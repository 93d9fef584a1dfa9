// What is remembered of instructions, and for which others it is good.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instruction } from '../../x86/decode/instruction.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop } from '../../x86/uops/ir.ts';
import { variantsOf } from './instruction-facts.ts';
import { regionOf } from './testing-code.ts';

/** The instructions of a program, one to a line. */
function instructions(lines: readonly string[]): Instruction[] {
  const region = regionOf({ lines: ['entry:', ...lines, 'f4'] })!;
  return region.blocks.flatMap((block) => block.instructions.map(({ instruction }) => instruction));
}
const facts = (instruction: Instruction) => variantsOf(instruction, 'unit', false).whole;
const constants = (uops: readonly Uop[]) =>
  uops.flatMap((uop) => (uop.op === 'const' ? [Number(uop.value)] : []));

test('an instruction that was seen before is not worked out again; one with another field is', () => {
  // add eax, 5; add eax, 5; add eax, 6; add ecx, 5
  const [first, same, otherImmediate, otherRegister] = instructions([
    '83 c0 05',
    '83 c0 05',
    '83 c0 06',
    '83 c1 05',
  ]);
  assert.equal(facts(first!), facts(same!));
  assert.ok(constants(facts(first!).uops).includes(5));
  assert.ok(constants(facts(otherImmediate!).uops).includes(6));
  assert.equal(facts(first!).written, 1 << S.RAX);
  assert.equal(facts(otherRegister!).written, 1 << S.RCX);
});

test('addresses and segments tell accesses apart', () => {
  // mov eax, [rsi]; mov eax, [rsi+8]; mov eax, [rsi+rdi]; mov eax, fs:[rsi]
  const lines = ['8b 06', '8b 46 08', '8b 04 3e', '64 8b 06'];
  const texts = instructions(lines).map((one) =>
    JSON.stringify(facts(one).uops, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  );
  assert.equal(new Set(texts).size, lines.length);
});

test('where a branch leads does not matter', () => {
  // jz +0; jz +1; nop; nop
  const [one, other] = instructions(['74 00', '74 01', '90', '90']).filter(
    ({ form }) => form.mnemonic === 'Jcc',
  );
  assert.notEqual(one!.imm, other!.imm);
  assert.equal(facts(one!), facts(other!));
});

test('flags that nobody sees are not set, and what only they need is not computed', () => {
  // cmp eax, 7; shl eax, 3
  for (const one of instructions(['83 f8 07', 'c1 e0 03'])) {
    const { seen, unseen } = variantsOf(one, 'unit', false);
    const sets = (uops: readonly Uop[]) => uops.some(({ op }) => op === 'flagsArith' || op === 'flagsSet');
    assert.ok(sets(seen.uops));
    assert.ok(!sets(unseen.uops));
    assert.ok(unseen.uops.length < seen.uops.length);
    assert.equal(unseen.uses.length <= seen.uses.length, true);
  }
});

test('what was forgotten is worked out again, the same', () => {
  const [instruction] = instructions(['83 c0 05']);
  const before = facts(instruction!);
  // Each with another immediate; enough to fill what is remembered twice.
  for (let i = 0; i < 6000; i++) facts({ ...instruction!, imm: BigInt(i + 1000) });
  const after = facts(instruction!);
  assert.notEqual(after, before);
  assert.deepEqual(after, before);
});
