// IRET (SDM 2A "IRET/IRETD/IRETQ"; 3A 6.12 to 6.14, 8.3, 21.2): returns in real mode, virtual-8086 mode,
// protected mode to the same or an outer level, to a virtual-8086 program, to the previous task, and
// in long mode, where SS:RSP is popped always in 64-bit code. NMIs are unblocked when it succeeds.
import { ARMED_EXECUTE, breakpointsArmed } from '../control/debug-registers.ts';
import type { Cpu } from '../helpers/cpu.ts';
import {
  markAccessed,
  setNullSegment,
  setRealModeSegment,
  setSegment,
  setVirtual8086Segment,
} from '../segmentation/descriptor.ts';
import {
  checkReturnCode,
  checkReturnStack,
  dropInaccessibleSegments,
  returnCode,
  returnStack,
} from '../segmentation/return.ts';
import { StackCursor, writeStackPointer } from '../segmentation/stack.ts';
import * as C from '../state/control-bits.ts';
import {
  type CpuState,
  FLAG_AC,
  FLAG_DF,
  FLAG_ID,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
  FLAGS_STATUS,
} from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { ioPrivilege, is64Bit, isCanonical, isLongMode, isVirtual8086 } from '../state/predicates.ts';
import { returnToPreviousTask } from '../task/switch.ts';
import { generalProtection } from './fault.ts';

const stack = new StackCursor();

/** IRET with the given operand size. Sets CS:RIP, RFLAGS and whatever else the return restores. */
export function interruptReturn(cpu: Cpu, operandSize: 16 | 32 | 64): void {
  const state = cpu.state;
  if ((state.cr0 & C.CR0_PE) === 0) returnRealMode(cpu, operandSize);
  else if (isVirtual8086(state)) returnVirtual8086(cpu, operandSize);
  else if ((state.get32(L.FLAGS) & FLAG_NT) !== 0) {
    if (isLongMode(state)) generalProtection();
    returnToPreviousTask(cpu);
  } else returnProtected(cpu, operandSize);
  state.set32(L.NMI_BLOCKED, 0);
}

/** RF matters, and is taken, only where an instruction breakpoint is armed: it lasts for one instruction. */
function setFlags(state: CpuState, value: number, mask: number): void {
  if ((breakpointsArmed(state) & ARMED_EXECUTE) === 0) value &= ~FLAG_RF;
  state.rflags = (state.rflags & ~mask) | (value & mask);
}

function returnRealMode(cpu: Cpu, operandSize: 16 | 32 | 64): void {
  const state = cpu.state;
  const bits = operandSize === 16 ? 16 : 32;
  stack.beginCurrent(cpu);
  const ip = stack.pop(bits);
  const cs = stack.pop(bits) & 0xffff;
  const flags = stack.pop(bits);
  if (ip > state.segments[L.CS]!.limit) generalProtection();
  stack.commit(state);
  setRealModeSegment(state, L.CS, cs);
  state.rip = ip;
  const mask = FLAGS_STATUS | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT;
  setFlags(state, flags, bits === 16 ? mask : mask | FLAG_RF | FLAG_AC | FLAG_ID);
  updateDerivedState(state);
}

/** SDM 3A 21.3.3: with IOPL 3 as in real mode; otherwise only with CR4.VME, 16 bits, and IF kept in VIF. */
function returnVirtual8086(cpu: Cpu, operandSize: 16 | 32 | 64): void {
  const state = cpu.state;
  const virtual = ioPrivilege(state) < 3;
  if (virtual && ((state.cr4 & C.CR4_VME) === 0 || operandSize !== 16)) generalProtection();
  const bits = operandSize === 16 ? 16 : 32;
  stack.beginCurrent(cpu);
  const ip = stack.pop(bits);
  const cs = stack.pop(bits) & 0xffff;
  let flags = stack.pop(bits);
  if (ip > state.segments[L.CS]!.limit) generalProtection();
  let mask = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
  if (virtual) {
    const opens = (flags & FLAG_IF) !== 0;
    if ((flags & FLAG_TF) !== 0 || (opens && (state.get32(L.FLAGS) & FLAG_VIP) !== 0)) generalProtection();
    flags = (flags & ~FLAG_VIF) | (opens ? FLAG_VIF : 0);
    mask |= FLAG_VIF;
  } else {
    mask |= FLAG_IF;
    if (bits === 32) mask |= FLAG_RF | FLAG_AC | FLAG_ID;
  }
  stack.commit(state);
  setRealModeSegment(state, L.CS, cs);
  state.rip = ip;
  setFlags(state, flags, mask);
  updateDerivedState(state);
}

function returnProtected(cpu: Cpu, bits: 16 | 32 | 64): void {
  const state = cpu.state;
  const cpl = state.cpl;
  const from64 = is64Bit(state);
  stack.beginCurrent(cpu);
  const ip = stack.pop(bits);
  const cs = stack.pop(bits) & 0xffff;
  const flags = stack.pop(bits);
  if ((flags & FLAG_VM) !== 0 && bits === 32 && cpl === 0 && !isLongMode(state)) {
    returnToVirtual8086(cpu, ip, cs, flags);
    return;
  }
  checkReturnCode(cpu, cs);
  const newCpl = cs & 3;
  const to64 = isLongMode(state) && (returnCode.attributes & C.SEGMENT_LONG) !== 0;
  const outer = newCpl !== cpl;
  let ss = 0;
  let rspLow = 0;
  let rspHigh = 0;
  if (outer || from64) {
    if (bits === 64) {
      rspLow = stack.pop64();
      rspHigh = stack.poppedHigh;
    } else {
      rspLow = stack.pop(bits);
    }
    ss = stack.pop(bits) & 0xffff;
    checkReturnStack(cpu, ss, newCpl, to64);
  }
  if (to64 ? !isCanonical(ip) : ip > returnCode.limit || ip < 0) generalProtection();
  markAccessed(cpu, returnCode);
  if ((outer || from64) && returnStack.attributes !== 0) markAccessed(cpu, returnStack);

  let mask = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
  if (bits !== 16) mask |= FLAG_RF | FLAG_AC | FLAG_ID;
  if (cpl <= ioPrivilege(state)) mask |= FLAG_IF;
  if (cpl === 0) mask |= FLAG_IOPL | (bits !== 16 ? FLAG_VIF | FLAG_VIP : 0);
  setFlags(state, flags, mask);
  setSegment(state, L.CS, cs, returnCode);
  state.rip = ip;
  state.cpl = newCpl;
  if (outer || from64) {
    if (returnStack.attributes !== 0) setSegment(state, L.SS, ss, returnStack);
    else setNullSegment(state, L.SS, ss, newCpl);
    const size = to64 ? 64 : (returnStack.attributes & C.SEGMENT_BIG) !== 0 ? 32 : 16;
    if (size === 64) {
      state.u32[(L.GPR >> 2) + 2 * L.RSP] = rspLow;
      state.u32[(L.GPR >> 2) + 2 * L.RSP + 1] = rspHigh;
    } else {
      writeStackPointer(state, size, rspLow);
    }
  } else {
    stack.commit(state);
  }
  if (outer) dropInaccessibleSegments(state);
  updateDerivedState(state);
}

function returnToVirtual8086(cpu: Cpu, ip: number, cs: number, flags: number): void {
  const state = cpu.state;
  const esp = stack.pop32();
  const selectors = V86_POPPED.map(() => stack.pop32() & 0xffff);
  if (ip > 0xffff) generalProtection();
  state.rflags = flags & 0x3f_7fd5;
  setVirtual8086Segment(state, L.CS, cs);
  V86_POPPED.forEach((number, i) => {
    setVirtual8086Segment(state, number, selectors[i]!);
  });
  state.setGpr32(L.RSP, esp);
  state.rip = ip;
  state.cpl = 3;
  updateDerivedState(state);
}

/** In the order in which they are popped after ESP. */
const V86_POPPED = [L.SS, L.ES, L.DS, L.FS, L.GS] as const;
