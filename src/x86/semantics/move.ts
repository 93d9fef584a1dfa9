// Data transfer (SDM 1, 5.1.1): MOV, MOVZX MOVSX MOVSXD, XCHG, CMOVcc, SETcc, LEA, XLAT, CBW CWD,
// LAHF SAHF SALC. Moves of segment, control and debug registers are in system/.
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_AF, FLAG_CF, FLAG_PF, FLAG_SF, FLAG_ZF, FLAGS_STATUS, type I32, type I64 } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { source } from './operands.ts';

function move(b: Builder): void {
  b.write(0, source(b, 1, b.bits(0)));
}

function moveExtended(b: Builder, signed: boolean): void {
  const to = b.bits(0);
  const from = b.bits(1);
  const value = b.readInt(1);
  // An operand is zero-extended in its type already.
  if (signed) b.write(0, b.signExtendTo(to, from, value));
  else b.write(0, to === 64 ? b.toI64(value) : value);
}

function exchange(b: Builder): void {
  const memory = b.isMemory(1) ? 1 : 0;
  const other = 1 - memory;
  const { value, write } = b.modify(memory);
  const register = b.readInt(other);
  write(register);
  b.write(other, value);
}

/** A memory source is read whatever the condition, and a 32-bit destination is always zero-extended. */
function conditionalMove(b: Builder): void {
  const value = b.readInt(1);
  b.write(0, b.select(b.condition(b.form.condition), value, b.readInt(0)));
}

function setOnCondition(b: Builder): void {
  b.write(0, b.condition(b.form.condition));
}

function loadEffectiveAddress(b: Builder): void {
  const address = b.effectiveAddress(1);
  b.write(0, b.bits(0) === 64 ? address : b.wrap(address));
}

function translateByte(b: Builder): void {
  const size = b.form.addressSize;
  const table = b.toI64(b.gpr(size, S.RBX));
  const offset = b.truncate(size, b.add(table, b.toI64(b.gpr(8, S.RAX))));
  b.setGpr(8, S.RAX, b.loadFrom(b.implicitReference(offset), 8) as I32);
}

/** CBW, CWDE, CDQE: the accumulator's lower half sign-extended over all of it. */
function extendAccumulator(b: Builder): void {
  const size = b.form.operandSize;
  if (size === 64) b.setGpr(64, S.RAX, b.extendS(b.gpr(32, S.RAX) as I32));
  else if (size === 32) b.setGpr(32, S.RAX, b.signExtend(16, b.gpr(16, S.RAX) as I32));
  else b.setGpr(16, S.RAX, b.signExtend(8, b.gpr(8, S.RAX) as I32));
}

/** CWD, CDQ, CQO: rDX becomes the sign of rAX. */
function signToData(b: Builder): void {
  const size = b.form.operandSize;
  if (size === 64) b.setGpr(64, S.RDX, b.shrS(b.gpr(64, S.RAX) as I64, 63));
  else b.setGpr(size, S.RDX, b.shrS(b.signExtend(size, b.gpr(size, S.RAX) as I32), 31));
}

const FLAGS_OF_AH = FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF | FLAG_CF;
const AH = S.GPR + 8 * S.RAX + 1;

export const moveMeanings: readonly Meaning[] = [
  { mnemonic: 'MOV', build: move },
  // The non-temporal hint says nothing about the result.
  { mnemonic: 'MOVNTI', build: move },
  { mnemonic: 'MOVZX', build: (b) => moveExtended(b, false) },
  { mnemonic: 'MOVSX', build: (b) => moveExtended(b, true) },
  { mnemonic: 'MOVSXD', build: (b) => moveExtended(b, true) },
  { mnemonic: 'XCHG', build: exchange },
  { mnemonic: 'CMOVcc', reads: FLAGS_STATUS, build: conditionalMove },
  { mnemonic: 'SETcc', reads: FLAGS_STATUS, build: setOnCondition },
  { mnemonic: 'LEA', build: loadEffectiveAddress },
  { mnemonic: 'XLAT', build: translateByte },
  { mnemonic: 'CBW', build: extendAccumulator },
  { mnemonic: 'CWD', build: signToData },
  { mnemonic: 'LAHF', reads: FLAGS_OF_AH, build: (b) => b.set(8, AH, b.or(b.flagsGet(FLAGS_OF_AH), 2)) },
  { mnemonic: 'SAHF', build: (b) => b.flagsSet(FLAGS_OF_AH, b.get(8, AH)) },
  // Undocumented before AMD's manuals, present on every processor outside 64-bit mode.
  { mnemonic: 'SALC', reads: FLAG_CF, build: (b) => b.setGpr(8, S.RAX, b.neg(b.carry())) },
];
