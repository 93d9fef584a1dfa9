// SYSCALL, SYSRET, SYSENTER and SYSEXIT (control/syscall.ts says how ours behave): where a system uses them all the
// time (64-bit code to 64-bit code, 32-bit code to 32-bit code) in micro-operations, otherwise by the helpers.
import { MODE_FLAT_CS, MODE_FLAT_DS, MODE_FLAT_ES, MODE_FLAT_SS } from '../../decode/mode.ts';
import * as C from '../../state/control-bits.ts';
import { FLAG_IF, FLAG_RF, FLAG_TF, FLAG_VM, FLAGS_STATUS } from '../../state/cpu-state.ts';
import * as S from '../../state/layout.ts';
import type { Builder } from '../../uops/builder.ts';
import type { I32, I64 } from '../../uops/ir.ts';
import type { Meaning } from '../meaning.ts';
import { CODE_32, CODE_64, DATA_32, MODE_32_BITS, setFlatCode, setFlatData } from './flat-segments.ts';
import { systemCallHelper, systemEnterHelper, systemExitHelper, systemReturnHelper } from './helpers.ts';

const UD = 6;
const GP = 13;
const R11 = 11;
const USER = C.SEGMENT_DPL;
/** RFLAGS bits that SYSRET takes from R11: all but RF, VM and reserved ones. */
const SYSRET_FLAGS = 0x3c_7fd7;
/** Bits that FLAGS of the state may hold. */
const SYSTEM_FLAGS = 0x3f_7700 & ~FLAGS_STATUS;

function requireSystemCalls(b: Builder): void {
  b.faultIf(b.eqz(b.and(b.get(32, S.EFER), C.EFER_SCE)), UD);
}

/** FLAGS and the status flags from a value in RFLAGS format. */
function setAllFlags(b: Builder, value: I32): void {
  b.set(32, S.FLAGS, b.or(b.and(value, SYSTEM_FLAGS), 2));
  b.flagsSet(FLAGS_STATUS, value);
}

function systemCall(b: Builder): void {
  if (b.form.mode.bits !== 64) {
    b.call(systemCallHelper);
    b.endBlock();
    return;
  }
  requireSystemCalls(b);
  const flags = b.and(b.or(b.get(32, S.FLAGS), b.flagsGet(FLAGS_STATUS)), ~FLAG_RF);
  const selector = b.and(b.get(32, S.STAR + 4), 0xfffc);
  const kept = b.and(flags, b.not(b.get(32, S.SFMASK)));
  b.setGpr(64, S.RCX, b.rip('next'));
  b.setGpr(64, R11, b.extendU(flags));
  setAllFlags(b, kept);
  // A single step of the caller does not trap in the kernel whose mask clears TF.
  b.set(32, S.STEP_SUPPRESSED, b.or(b.get(32, S.STEP_SUPPRESSED), b.eqz(b.and(kept, FLAG_TF))));
  setFlatCode(b, selector, b.i32(CODE_64));
  setFlatData(b, S.SS, b.and(b.add(selector, 8), 0xffff), b.i32(DATA_32));
  b.set(32, S.CPL, b.i32(0));
  b.set(64, S.RIP, b.get(64, S.LSTAR));
  b.endBlock();
}

function systemReturn(b: Builder): void {
  const { mode, operandSize } = b.form;
  if (mode.bits !== 64 || operandSize !== 64) {
    b.call(systemReturnHelper, b.i32(operandSize));
    b.endBlock();
    return;
  }
  requireSystemCalls(b);
  b.requireCpl0();
  const target = b.gpr(64, S.RCX) as I64;
  b.faultIf(b.ne(b.shrS(b.shl(target, 16), 16), target), GP, 0);
  const star = b.shrU(b.get(32, S.STAR + 4), 16);
  setAllFlags(b, b.and(b.wrap(b.gpr(64, R11) as I64), SYSRET_FLAGS));
  setFlatCode(b, b.and(b.or(b.add(star, 16), 3), 0xffff), b.i32(CODE_64 | USER));
  setFlatData(b, S.SS, b.and(b.or(b.add(star, 8), 3), 0xffff), b.i32(DATA_32 | USER));
  b.set(32, S.CPL, b.i32(3));
  b.set(64, S.RIP, target);
  b.endBlock();
}

/** MODE after SYSENTER and SYSEXIT: DS and ES are as they were. */
function enterFlat32(b: Builder, cpl: number, eip: I32): void {
  const data = b.form.mode.key & (MODE_FLAT_DS | MODE_FLAT_ES);
  b.set(32, S.MODE, b.i32(MODE_32_BITS | MODE_FLAT_CS | MODE_FLAT_SS | data));
  b.set(32, S.CPL, b.i32(cpl));
  b.set(64, S.RIP, b.extendU(eip));
  b.endBlock();
}

/** The selector that SYSENTER_CS holds; #GP(0) for a null one. */
function systemEnterSelector(b: Builder): I32 {
  const selector = b.and(b.get(32, S.SYSENTER_CS), 0xfffc);
  b.faultIf(b.eqz(selector), GP, 0);
  return selector;
}

function requireLegacyMode(b: Builder): void {
  b.faultIf(b.and(b.get(32, S.EFER), C.EFER_LMA), UD);
}

function systemEnter(b: Builder): void {
  const { mode } = b.form;
  if (mode.protection !== 'protected' || mode.bits === 64) {
    b.call(systemEnterHelper);
    b.endBlock();
    return;
  }
  requireLegacyMode(b);
  const selector = systemEnterSelector(b);
  b.set(32, S.FLAGS, b.and(b.get(32, S.FLAGS), ~(FLAG_IF | FLAG_VM | FLAG_RF)));
  setFlatCode(b, selector, b.i32(CODE_32));
  setFlatData(b, S.SS, b.and(b.add(selector, 8), 0xffff), b.i32(DATA_32));
  b.set(64, S.GPR + 8 * S.RSP, b.extendU(b.get(32, S.SYSENTER_ESP)));
  enterFlat32(b, 0, b.get(32, S.SYSENTER_EIP));
}

function systemExit(b: Builder): void {
  const { mode } = b.form;
  if (mode.protection !== 'protected' || mode.bits === 64) {
    b.call(systemExitHelper);
    b.endBlock();
    return;
  }
  requireLegacyMode(b);
  b.requireCpl0();
  const selector = systemEnterSelector(b);
  const esp = b.gpr(32, S.RCX) as I32;
  const eip = b.gpr(32, S.RDX) as I32;
  setFlatCode(b, b.and(b.or(b.add(selector, 16), 3), 0xffff), b.i32(CODE_32 | USER));
  setFlatData(b, S.SS, b.and(b.or(b.add(selector, 24), 3), 0xffff), b.i32(DATA_32 | USER));
  b.set(64, S.GPR + 8 * S.RSP, b.extendU(esp));
  enterFlat32(b, 3, eip);
}

export const systemCallMeanings: readonly Meaning[] = [
  { mnemonic: 'SYSCALL', build: systemCall },
  { mnemonic: 'SYSRET', build: systemReturn },
  { mnemonic: 'SYSENTER', build: systemEnter },
  { mnemonic: 'SYSEXIT', build: systemExit },
];
