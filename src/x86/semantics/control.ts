// Near transfers of control (SDM 1, 5.1.7): JMP CALL RET, Jcc, JCXZ, LOOP LOOPE LOOPNE, BOUND. Far
// ones, INT n and IRET are in system/. The target is checked (CS's limit, or canonicality) before
// anything is written.
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_ZF, FLAGS_STATUS, type I32, type I64, type Int } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { checkRelativeTarget } from './operands.ts';

const BR = 5;

/** The target in a register or in memory, zero-extended. */
function indirectTarget(b: Builder): I64 {
  const target = b.toI64(b.readInt(0));
  b.checkJumpTarget(target);
  return target;
}

/**
 * Branches where `taken` holds (null: always). A target outside CS is the fault of this instruction; in 64-bit
 * mode, where that takes code at the very end of the canonical addresses, it may be that of the fetch.
 */
function branch(b: Builder, taken: I32 | null): void {
  if (b.form.mode.bits !== 64) checkRelativeTarget(b, taken);
  b.branch(taken);
}

function jump(b: Builder): void {
  if (b.operand(0).kind === 'rel') branch(b, null);
  else b.jumpChecked(indirectTarget(b));
}

function call(b: Builder): void {
  const bits = b.branchBits();
  const relative = b.operand(0).kind === 'rel';
  const target = relative ? null : indirectTarget(b);
  if (relative) checkRelativeTarget(b, null);
  const next = b.rip('next');
  b.push(bits, bits === 64 ? next : b.wrap(next));
  if (target) b.jumpChecked(target);
  else b.branch(null);
}

/** RET, and RET imm16, which drops that many bytes of arguments. */
function returnNear(b: Builder): void {
  const bits = b.branchBits();
  const pointer = b.stackPointer();
  const target = b.toI64(b.loadFrom(b.stackReference(pointer), bits) as Int);
  b.checkJumpTarget(target);
  const above = b.add(pointer, bits / 8);
  b.setStackPointer(b.form.operands.length ? b.add(above, b.immediate()) : above);
  b.jumpChecked(target);
}

/** JCXZ, JECXZ, JRCXZ by address size. */
function jumpIfCountZero(b: Builder): void {
  branch(b, b.eqz(b.gpr(b.form.addressSize, S.RCX)));
}

function loop(b: Builder, zero: 'any' | 'set' | 'clear'): void {
  const size = b.form.addressSize;
  const count = b.truncate(size, b.sub(b.gpr(size, S.RCX), 1));
  const more = b.ne(count, 0);
  const taken = zero === 'any' ? more : b.and(more, b.condition(zero === 'set' ? 4 : 5));
  checkRelativeTarget(b, taken);
  b.setGpr(size, S.RCX, count);
  b.branch(taken);
}

/** #BR unless lower <= index <= upper, all signed; the pair lies in memory, lower bound first. */
function checkBounds(b: Builder): void {
  const bits = b.bits(0) as 16 | 32;
  const place = b.reference(1);
  const signed = (value: Int): I32 => b.signExtend(bits, value as I32);
  const lower = signed(b.loadFrom(place, bits) as I32);
  const upper = signed(b.loadFrom(b.displaced(place, bits / 8), bits) as I32);
  const index = signed(b.readInt(0));
  b.faultIf(b.or(b.ltS(index, lower), b.gtS(index, upper)), BR);
}

export const controlMeanings: readonly Meaning[] = [
  { mnemonic: 'JMP', build: jump },
  { mnemonic: 'Jcc', reads: FLAGS_STATUS, build: (b) => branch(b, b.condition(b.form.condition)) },
  { mnemonic: 'CALL', build: call },
  { mnemonic: 'RET', build: returnNear },
  { mnemonic: 'JCXZ', build: jumpIfCountZero },
  { mnemonic: 'LOOP', build: (b) => loop(b, 'any') },
  { mnemonic: 'LOOPE', reads: FLAG_ZF, build: (b) => loop(b, 'set') },
  { mnemonic: 'LOOPNE', reads: FLAG_ZF, build: (b) => loop(b, 'clear') },
  { mnemonic: 'BOUND', build: checkBounds },
];
