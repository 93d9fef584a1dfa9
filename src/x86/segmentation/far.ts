// Far JMP, CALL and RET (SDM 2A "CALL", "JMP", 2B "RET"; 3A 5.8): in real and virtual-8086 mode, to code
// segments, through call gates with and without a change of stack, and into other tasks.
//
// Offsets are numbers: 0..2^32-1, or a signed canonical address in 64-bit mode.
import { GP, generalProtection } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isCanonical, isLongMode, isProtected } from '../state/predicates.ts';
import { enterTask } from '../task/switch.ts';
import { innerStack, innerStackPointer, longModeStack } from '../task/tss.ts';
import { checkCodeOffset, checkDirectCode, commitCode, isCode64 } from './code.ts';
import {
  descriptorDpl,
  isCode,
  isNull,
  markAccessed,
  newDescriptor,
  requireDescriptor,
  selectorFault,
  setNullSegment,
  setRealModeSegment,
  setSegment,
  systemType,
  TYPE_CALL_GATE_16,
  TYPE_CALL_GATE_32,
  TYPE_TASK_GATE,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from './descriptor.ts';
import { checkGatePrivilege, gate, openCallGate } from './gate.ts';
import {
  checkReturnCode,
  checkReturnStack,
  dropInaccessibleSegments,
  returnCode,
  returnStack,
} from './return.ts';
import { StackCursor, writeStackPointer } from './stack.ts';

type Bits = 16 | 32 | 64;

const target = newDescriptor();
const stackSegment = newDescriptor();
const stack = new StackCursor();
const oldStack = new StackCursor();
const parameters = new Uint32Array(32);

export function farJump(cpu: Cpu, selector: number, offset: number): void {
  const state = cpu.state;
  if (!isProtected(state)) {
    if (offset > state.segments[L.CS]!.limit) generalProtection();
    commitRealMode(cpu, selector, offset);
    return;
  }
  if (isNull(selector)) generalProtection();
  requireDescriptor(cpu, selector, target);
  if (isCode(target.attributes)) {
    checkDirectCode(cpu, selector, target);
    checkCodeOffset(cpu, target, offset);
    markAccessed(cpu, target);
    commitCode(cpu, selector, target, offset, state.cpl);
    return;
  }
  switch (gateOrTask(cpu, selector)) {
    case 'call gate': {
      openCallGate(cpu, selector, target);
      const { attributes } = gate.code;
      const conforming = (attributes & C.SEGMENT_CONFORMING) !== 0;
      if (!conforming && descriptorDpl(attributes) !== state.cpl) selectorFault(GP, gate.selector);
      checkCodeOffset(cpu, gate.code, gate.offset);
      markAccessed(cpu, gate.code);
      commitCode(cpu, gate.selector, gate.code, gate.offset, state.cpl);
      return;
    }
    case 'task gate':
      enterTask(cpu, target.low >>> 16, 'jump');
      return;
    case 'task':
      enterTask(cpu, selector, 'jump');
  }
}

/** Pushes CS and the RIP of the state (that of the next instruction) and goes to the target. */
export function farCall(cpu: Cpu, selector: number, offset: number, bits: Bits): void {
  const state = cpu.state;
  if (!isProtected(state)) {
    stack.beginCurrent(cpu);
    pushReturnAddress(cpu, bits);
    if (offset > state.segments[L.CS]!.limit) generalProtection();
    stack.commit(state);
    commitRealMode(cpu, selector, offset);
    return;
  }
  if (isNull(selector)) generalProtection();
  requireDescriptor(cpu, selector, target);
  if (isCode(target.attributes)) {
    checkDirectCode(cpu, selector, target);
    stack.beginCurrent(cpu);
    pushReturnAddress(cpu, bits);
    checkCodeOffset(cpu, target, offset);
    markAccessed(cpu, target);
    stack.commit(state);
    commitCode(cpu, selector, target, offset, state.cpl);
    return;
  }
  switch (gateOrTask(cpu, selector)) {
    case 'call gate':
      callThroughGate(cpu, selector);
      return;
    case 'task gate':
      enterTask(cpu, target.low >>> 16, 'call');
      return;
    case 'task':
      enterTask(cpu, selector, 'call');
  }
}

/** What a system descriptor as a far target is; raises #GP(selector) for what cannot be one. */
function gateOrTask(cpu: Cpu, selector: number): 'call gate' | 'task gate' | 'task' {
  const type = systemType(target.attributes);
  const long = isLongMode(cpu.state);
  if (type === TYPE_CALL_GATE_32 || (type === TYPE_CALL_GATE_16 && !long)) return 'call gate';
  if (!long && type === TYPE_TASK_GATE) {
    checkGatePrivilege(cpu, selector, target);
    return 'task gate';
  }
  if (!long && (type === TYPE_TSS_16 || type === TYPE_TSS_32)) {
    checkGatePrivilege(cpu, selector, target);
    return 'task';
  }
  return selectorFault(GP, selector);
}

function commitRealMode(cpu: Cpu, selector: number, offset: number): void {
  setRealModeSegment(cpu.state, L.CS, selector & 0xffff);
  cpu.state.rip = offset;
  updateDerivedState(cpu.state);
}

function pushReturnAddress(cpu: Cpu, bits: Bits): void {
  stack.push(bits, cpu.state.segments[L.CS]!.selector);
  stack.push(bits, cpu.state.rip);
}

function callThroughGate(cpu: Cpu, selector: number): void {
  const state = cpu.state;
  openCallGate(cpu, selector, target);
  const { attributes } = gate.code;
  const dpl = descriptorDpl(attributes);
  const inner = (attributes & C.SEGMENT_CONFORMING) === 0 && dpl < state.cpl;
  if (!inner) {
    stack.beginCurrent(cpu);
    pushReturnAddress(cpu, gate.bits);
    checkCodeOffset(cpu, gate.code, gate.offset);
    markAccessed(cpu, gate.code);
    stack.commit(state);
    commitCode(cpu, gate.selector, gate.code, gate.offset, state.cpl);
    return;
  }
  const long = gate.bits === 64;
  if (long) {
    stack.beginFlat(cpu, longModeStack(cpu, dpl, 0, 0), dpl, 0);
    stack.push64(state.segments[L.SS]!.selector, 0);
    stack.push64(state.u32[(L.GPR >> 2) + 2 * L.RSP]!, state.u32[(L.GPR >> 2) + 2 * L.RSP + 1]!);
  } else {
    innerStack(cpu, dpl, stackSegment, 0);
    oldStack.beginCurrent(cpu);
    const pointer = oldStack.pointer;
    for (let i = 0; i < gate.parameters; i++) parameters[i] = oldStack.pop(gate.bits);
    stack.beginSegment(cpu, stackSegment, innerStackPointer.value, dpl, stackSegment.selector & 0xfffc);
    stack.push(gate.bits, state.segments[L.SS]!.selector);
    stack.push(gate.bits, pointer);
    for (let i = gate.parameters - 1; i >= 0; i--) stack.push(gate.bits, parameters[i]!);
  }
  pushReturnAddress(cpu, gate.bits);
  checkCodeOffset(cpu, gate.code, gate.offset);
  markAccessed(cpu, gate.code);
  if (long) {
    setNullSegment(state, L.SS, dpl, dpl);
  } else {
    markAccessed(cpu, stackSegment);
    setSegment(state, L.SS, (stackSegment.selector & ~3) | dpl, stackSegment);
  }
  stack.commit(state);
  commitCode(cpu, gate.selector, gate.code, gate.offset, dpl);
}

/** RETF, releasing `release` bytes of parameters from the stack (both stacks when the level changes). */
export function farReturn(cpu: Cpu, bits: Bits, release: number): void {
  const state = cpu.state;
  stack.beginCurrent(cpu);
  const offset = stack.pop(bits);
  const selector = stack.pop(bits) & 0xffff;
  if (!isProtected(state)) {
    if (offset > state.segments[L.CS]!.limit) generalProtection();
    stack.skip(release);
    stack.commit(state);
    commitRealMode(cpu, selector, offset);
    return;
  }
  checkReturnCode(cpu, selector);
  const newCpl = selector & 3;
  const to64 = isCode64(cpu, returnCode.attributes);
  if (newCpl === state.cpl) {
    if (to64 ? !isCanonical(offset) : offset > returnCode.limit || offset < 0) generalProtection();
    markAccessed(cpu, returnCode);
    stack.skip(release);
    stack.commit(state);
    commitCode(cpu, selector, returnCode, offset, newCpl);
    return;
  }
  stack.skip(release);
  let low: number;
  let high = 0;
  if (bits === 64) {
    low = stack.pop64();
    high = stack.poppedHigh;
  } else {
    low = stack.pop(bits);
  }
  const ss = stack.pop(bits) & 0xffff;
  checkReturnStack(cpu, ss, newCpl, to64);
  checkCodeOffset(cpu, returnCode, offset);
  markAccessed(cpu, returnCode);
  const usable = returnStack.attributes !== 0;
  if (usable) markAccessed(cpu, returnStack);
  if (usable) setSegment(state, L.SS, ss, returnStack);
  else setNullSegment(state, L.SS, ss, newCpl);
  setOuterStackPointer(cpu, to64, low, high, release);
  commitCode(cpu, selector, returnCode, offset, newCpl);
  dropInaccessibleSegments(state);
  updateDerivedState(state);
}

function setOuterStackPointer(cpu: Cpu, to64: boolean, low: number, high: number, release: number): void {
  const state = cpu.state;
  if (to64) {
    const at = (L.GPR >> 2) + 2 * L.RSP;
    const sum = low + release;
    state.u32[at] = sum;
    state.u32[at + 1] = high + (sum > 0xffff_ffff ? 1 : 0);
  } else if ((returnStack.attributes & C.SEGMENT_BIG) !== 0) {
    writeStackPointer(state, 32, low + release);
  } else {
    writeStackPointer(state, 16, low + release);
  }
}
