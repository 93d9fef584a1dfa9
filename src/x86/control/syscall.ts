// SYSCALL, SYSRET, SYSENTER and SYSEXIT as AMD's processors have them (APM 3): SYSCALL also in compatibility
// and legacy protected mode; SYSENTER and SYSEXIT undefined in long mode. One deviation: SYSRET to a
// non-canonical RCX raises #GP(0) in the kernel, as Intel's do, not at the first fetch.
import { generalProtection, undefinedOpcode } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { setFlatSegment } from '../segmentation/descriptor.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_IF, FLAG_RF, FLAG_TF, FLAG_VM } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { is64Bit, isCanonical, isLongMode, isProtected } from '../state/predicates.ts';

/** Flat segments, accessed and present, without their DPL. */
const CODE_64 = 0xa09b;
const CODE_32 = 0xc09b;
const DATA_32 = 0xc093;
const USER = C.SEGMENT_DPL;
/** RFLAGS bits that SYSRET takes from R11: all but RF, VM and reserved ones. */
const SYSRET_FLAGS = 0x3c_7fd7;
const R11 = 11;

export function systemCall(cpu: Cpu): void {
  const state = cpu.state;
  const u32 = state.u32;
  if ((state.efer & C.EFER_SCE) === 0 || !isProtected(state)) undefinedOpcode();
  const selector = u32[(L.STAR >> 2) + 1]! & 0xfffc;
  if (isLongMode(state)) {
    const entry = (is64Bit(state) ? L.LSTAR : L.CSTAR) >> 2;
    state.setGprNumber(L.RCX, state.rip);
    state.setGpr32(R11, state.rflags & ~FLAG_RF);
    u32[L.RIP >> 2] = u32[entry]!;
    u32[(L.RIP >> 2) + 1] = u32[entry + 1]!;
    state.rflags = state.rflags & ~(u32[L.SFMASK >> 2]! | FLAG_RF);
    setFlatSegment(state, L.CS, selector, CODE_64);
  } else {
    state.setGpr32(L.RCX, state.rip);
    state.rip = u32[L.STAR >> 2]!;
    u32[L.FLAGS >> 2]! &= ~(FLAG_IF | FLAG_VM | FLAG_RF);
    setFlatSegment(state, L.CS, selector, CODE_32);
  }
  setFlatSegment(state, L.SS, (selector + 8) & 0xffff, DATA_32);
  state.cpl = 0;
  // A single step of the caller does not trap in the kernel whose mask clears TF.
  if ((u32[L.FLAGS >> 2]! & FLAG_TF) === 0) u32[L.STEP_SUPPRESSED >> 2] = 1;
  updateDerivedState(state);
}

/** SYSRET; `operandSize` 64 returns to 64-bit code, otherwise to 32-bit code. */
export function systemReturn(cpu: Cpu, operandSize: 16 | 32 | 64): void {
  const state = cpu.state;
  const u32 = state.u32;
  if ((state.efer & C.EFER_SCE) === 0 || !isProtected(state)) undefinedOpcode();
  if (state.cpl !== 0) generalProtection();
  const star = u32[(L.STAR >> 2) + 1]! >>> 16;
  const to64 = operandSize === 64;
  const target = to64 ? state.gprNumber(L.RCX) : state.gpr32(L.RCX);
  if (to64 && !isCanonical(target)) generalProtection();
  if (isLongMode(state)) state.rflags = (state.gpr32(R11) & SYSRET_FLAGS) | 2;
  else u32[L.FLAGS >> 2]! |= FLAG_IF;
  const selector = to64 ? star + 16 : star;
  setFlatSegment(state, L.CS, (selector | 3) & 0xffff, (to64 ? CODE_64 : CODE_32) | USER);
  setFlatSegment(state, L.SS, ((star + 8) | 3) & 0xffff, DATA_32 | USER);
  state.rip = target;
  state.cpl = 3;
  updateDerivedState(state);
}

export function systemEnter(cpu: Cpu): void {
  const state = cpu.state;
  if (isLongMode(state)) undefinedOpcode();
  const selector = state.get32(L.SYSENTER_CS) & 0xfffc;
  if ((state.cr0 & C.CR0_PE) === 0 || selector === 0) generalProtection();
  state.u32[L.FLAGS >> 2]! &= ~(FLAG_IF | FLAG_VM | FLAG_RF);
  setFlatSegment(state, L.CS, selector, CODE_32);
  setFlatSegment(state, L.SS, (selector + 8) & 0xffff, DATA_32);
  state.setGpr32(L.RSP, state.get32(L.SYSENTER_ESP));
  state.rip = state.get32(L.SYSENTER_EIP);
  state.cpl = 0;
  updateDerivedState(state);
}

export function systemExit(cpu: Cpu): void {
  const state = cpu.state;
  if (isLongMode(state)) undefinedOpcode();
  const selector = state.get32(L.SYSENTER_CS) & 0xfffc;
  if (!isProtected(state) || state.cpl !== 0 || selector === 0) generalProtection();
  setFlatSegment(state, L.CS, ((selector + 16) | 3) & 0xffff, CODE_32 | USER);
  setFlatSegment(state, L.SS, ((selector + 24) | 3) & 0xffff, DATA_32 | USER);
  state.setGpr32(L.RSP, state.gpr32(L.RCX));
  state.rip = state.gpr32(L.RDX);
  state.cpl = 3;
  updateDerivedState(state);
}
