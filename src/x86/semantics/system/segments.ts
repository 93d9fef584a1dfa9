// Segment registers and far transfers (SDM 2A and 2B): MOV and PUSH/POP of segment registers, LDS and its
// relatives, far JMP, CALL and RET, descriptor tables and LAR LSL VERR VERW ARPL. The checks are in
// x86/segmentation. POP and LES read their operands first, so that those faults come before the load's.
import type { Operand } from '../../decode/instruction.ts';
import * as C from '../../state/control-bits.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { F64, I32, I64, Int } from '../../uops/ir.ts';
import { FLAG_ZF } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import {
  accessRightsHelper,
  farCallHelper,
  farJumpHelper,
  farReturnHelper,
  loadLocalTableHelper,
  loadTaskRegisterHelper,
  segmentLimitHelper,
  verifySegmentHelper,
} from './helpers.ts';
import { loadSegmentRegister } from './load-segment.ts';

const segmentNumber = (operand: Operand): number => {
  if (operand.kind !== 'segment') throw new Error('not a segment register');
  return operand.number;
};

/** An integer as f64, signed. */
export function asNumber(b: Builder, value: I64): F64 {
  return b.unary('f64_from_i64_s', value) as F64;
}

function moveSegment(b: Builder): void {
  const to = b.operand(0);
  if (to.kind === 'segment') {
    if (to.number === S.CS) {
      b.fault(6);
      return;
    }
    loadSegmentRegister(b, to.number, b.and(b.toI32(b.readInt(1)), 0xffff), () => {}, true);
    return;
  }
  const selector = b.read(1) as I32;
  b.write(0, b.isMemory(0) || b.bits(0) < 64 ? selector : b.toI64(selector));
}

function pushSegment(b: Builder): void {
  const size = b.form.operandSize;
  const selector = b.read(0) as I32;
  b.push(size, size === 64 ? b.toI64(selector) : selector);
}

function popSegment(b: Builder): void {
  const size = b.form.operandSize;
  const number = segmentNumber(b.operand(0));
  const selector = b.and(b.toI32(b.peek(size)), 0xffff);
  loadSegmentRegister(b, number, selector, () => b.drop(size / 8), true);
}

/** Offset (operand size) and selector of a far pointer in memory. */
function farPointer(b: Builder, index: number): { offset: Int; selector: I32 } {
  const size = b.form.operandSize;
  const reference = b.reference(index);
  const offset = b.loadFrom(reference, size) as Int;
  const selector = b.loadFrom(b.displaced(reference, size / 8), 16) as I32;
  return { offset, selector };
}

function loadPointer(number: number): (b: Builder) => void {
  return (b) => {
    const { offset, selector } = farPointer(b, 1);
    loadSegmentRegister(b, number, selector, () => b.write(0, offset), false);
  };
}

function farTarget(b: Builder): { offset: F64; selector: I32 } {
  if (b.operand(0).kind === 'far') return { offset: asNumber(b, b.immediate()), selector: b.immediate2() };
  const { offset, selector } = farPointer(b, 0);
  return { offset: asNumber(b, b.toI64(offset)), selector };
}

function jumpFar(b: Builder): void {
  const { offset, selector } = farTarget(b);
  b.call(farJumpHelper, selector, offset);
  b.endBlock();
}

function callFar(b: Builder): void {
  const { offset, selector } = farTarget(b);
  b.call(farCallHelper, selector, offset, b.i32(b.form.operandSize));
  b.endBlock();
}

function returnFar(b: Builder): void {
  const release = b.form.operands.length > 0 ? b.toI32(b.readInt(0)) : b.i32(0);
  b.call(farReturnHelper, b.i32(b.form.operandSize), release);
  b.endBlock();
}

/** #GP(0) outside CPL 0 when CR4.UMIP is set. */
export function checkUserModePrevention(b: Builder): void {
  const prevented = b.and(b.get(32, S.CR4), C.CR4_UMIP);
  b.if(prevented, () => b.requireCpl0());
}

function storeTable(base: number, limit: number): (b: Builder) => void {
  return (b) => {
    checkUserModePrevention(b);
    const reference = b.reference(0);
    const wide = b.form.mode.bits === 64;
    const limitAddress = b.linear(reference, 2, 'write');
    const baseAddress = b.linear(b.displaced(reference, 2), wide ? 8 : 4, 'write');
    // Both places are checked before either is written.
    b.loadLinear(16, limitAddress, 'write', reference.stack);
    b.loadLinear(wide ? 64 : 32, baseAddress, 'write', reference.stack);
    b.storeLinear(16, limitAddress, b.get(32, limit), reference.stack);
    b.storeLinear(wide ? 64 : 32, baseAddress, wide ? b.get(64, base) : b.get(32, base), reference.stack);
  };
}

function loadTable(base: number, limit: number): (b: Builder) => void {
  return (b) => {
    b.requireCpl0();
    const reference = b.reference(0);
    const newLimit = b.loadFrom(reference, 16) as I32;
    let newBase: I64;
    if (b.form.mode.bits === 64) {
      newBase = b.loadFrom(b.displaced(reference, 2), 64) as I64;
      b.faultIf(b.ne(b.shrS(b.shl(newBase, 16), 16), newBase), 13, 0);
    } else {
      const low = b.loadFrom(b.displaced(reference, 2), 32) as I32;
      newBase = b.extendU(b.form.operandSize === 16 ? b.and(low, 0xff_ffff) : low);
    }
    b.set(64, base, newBase);
    b.set(32, limit, newLimit);
  };
}

/** SLDT, STR. */
function storeSelector(segment: number): (b: Builder) => void {
  return (b) => {
    checkUserModePrevention(b);
    const selector = b.get(32, S.SEGMENT + segment * S.SEGMENT_SIZE + S.SEGMENT_SELECTOR);
    b.write(0, b.isMemory(0) || b.bits(0) < 64 ? selector : b.toI64(selector));
  };
}

const selectorOperand = (b: Builder, index: number): I32 => b.and(b.toI32(b.readInt(index)), 0xffff);

function inspectRights(b: Builder): void {
  const rights = b.call(accessRightsHelper, selectorOperand(b, 1)) as I32;
  const valid = b.ne(rights, -1);
  b.if(valid, () => b.write(0, b.bits(0) === 64 ? b.extendU(rights) : rights));
  b.flagsSet(FLAG_ZF, b.shl(valid, 6));
}

function inspectLimit(b: Builder): void {
  const limit = b.call(segmentLimitHelper, selectorOperand(b, 1)) as I64;
  const valid = b.ne(limit, -1);
  b.if(valid, () => b.write(0, b.bits(0) === 64 ? limit : b.wrap(limit)));
  b.flagsSet(FLAG_ZF, b.shl(valid, 6));
}

function verify(write: number): (b: Builder) => void {
  return (b) => {
    const valid = b.call(verifySegmentHelper, selectorOperand(b, 0), b.i32(write)) as I32;
    b.flagsSet(FLAG_ZF, b.shl(valid, 6));
  };
}

function adjustRpl(b: Builder): void {
  const { value, write } = b.modify(0);
  const destination = b.toI32(value);
  const source = b.and(b.toI32(b.readInt(1)), 3);
  const lower = b.ltU(b.and(destination, 3), source);
  write(b.select(lower, b.or(b.and(destination, ~3), source), destination));
  b.flagsSet(FLAG_ZF, b.shl(lower, 6));
}

export const segmentMeanings: readonly Meaning[] = [
  { mnemonic: 'MOV_SEGMENT', build: moveSegment },
  { mnemonic: 'PUSH_SEGMENT', build: pushSegment },
  { mnemonic: 'POP_SEGMENT', build: popSegment },
  { mnemonic: 'LES', build: loadPointer(S.ES) },
  { mnemonic: 'LDS', build: loadPointer(S.DS) },
  { mnemonic: 'LSS', build: loadPointer(S.SS) },
  { mnemonic: 'LFS', build: loadPointer(S.FS) },
  { mnemonic: 'LGS', build: loadPointer(S.GS) },
  { mnemonic: 'JMPF', build: jumpFar },
  { mnemonic: 'CALLF', build: callFar },
  { mnemonic: 'RETF', build: returnFar },
  { mnemonic: 'SGDT', build: storeTable(S.GDTR_BASE, S.GDTR_LIMIT) },
  { mnemonic: 'SIDT', build: storeTable(S.IDTR_BASE, S.IDTR_LIMIT) },
  { mnemonic: 'LGDT', build: loadTable(S.GDTR_BASE, S.GDTR_LIMIT) },
  { mnemonic: 'LIDT', build: loadTable(S.IDTR_BASE, S.IDTR_LIMIT) },
  { mnemonic: 'SLDT', build: storeSelector(S.LDTR) },
  { mnemonic: 'STR', build: storeSelector(S.TR) },
  {
    mnemonic: 'LLDT',
    build: (b) => {
      b.requireCpl0();
      b.call(loadLocalTableHelper, selectorOperand(b, 0));
    },
  },
  {
    mnemonic: 'LTR',
    build: (b) => {
      b.requireCpl0();
      b.call(loadTaskRegisterHelper, selectorOperand(b, 0));
    },
  },
  { mnemonic: 'LAR', build: inspectRights },
  { mnemonic: 'LSL', build: inspectLimit },
  { mnemonic: 'VERR', build: verify(0) },
  { mnemonic: 'VERW', build: verify(1) },
  { mnemonic: 'ARPL', build: adjustRpl },
];
