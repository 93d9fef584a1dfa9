// Interrupts in protected and virtual-8086 mode (SDM 3A 6.12): interrupt, trap and task gates of the
// IDT; the frame on the same stack, on the stack of an inner level, or after the data segments of a
// virtual-8086 program.
//
//   gate:  dword 0  31..16 selector   15..0 offset 15:0
//          dword 1  31..16 offset 31:16   15 P  14..13 DPL  11..8 type (5 task, 6 7 16-bit, 14 15 32-bit)
import type { Cpu } from '../helpers/cpu.ts';
import {
  descriptorDpl,
  isCode,
  isNull,
  markAccessed,
  newDescriptor,
  readDescriptor,
  selectorFault,
  setNullSegment,
  setSegment,
  TYPE_INTERRUPT_GATE_16,
  TYPE_INTERRUPT_GATE_32,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE_16,
  TYPE_TRAP_GATE_32,
} from '../segmentation/descriptor.ts';
import { StackCursor } from '../segmentation/stack.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VM } from '../state/cpu-state.ts';
import { updateAfterTransfer, updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isVirtual8086 } from '../state/predicates.ts';
import { switchThroughGate } from '../task/switch.ts';
import { innerStack, innerStackPointer } from '../task/tss.ts';
import type { EventKind } from './event-kind.ts';
import { GP, generalProtection, NP } from './fault.ts';

const code = newDescriptor();
const stackSegment = newDescriptor();
const stack = new StackCursor();
/** In the order in which they are pushed (SDM 3A figure 21-4). */
const V86_DATA = [L.GS, L.FS, L.DS, L.ES] as const;

export function enterProtectedMode(cpu: Cpu, vector: number, errorCode: number, kind: EventKind): void {
  const state = cpu.state;
  const software = kind === 'software' || kind === 'softwareException';
  const ext = software ? 0 : 1;
  const gateCode = vector * 8 + 2 + ext;
  if (vector * 8 + 7 > state.u32[L.IDTR_LIMIT >> 2]!) generalProtection(gateCode);
  const gate = state.getNumber(L.IDTR_BASE) + vector * 8;
  const low = cpu.memory.readPair(gate, 'supervisor');
  const high = cpu.memory.pairHigh;
  const type = (high >>> 8) & 0x1f;
  if (!isInterruptGate(type)) generalProtection(gateCode);
  if (software && ((high >>> 13) & 3) < state.cpl) generalProtection(gateCode);
  if ((high & 0x8000) === 0) selectorFault(NP, vector * 8, 2 | ext);
  if (type === TYPE_TASK_GATE) {
    switchThroughGate(cpu, low >>> 16, errorCode, ext);
    return;
  }
  const wide = type >= TYPE_INTERRUPT_GATE_32;
  const target = (low & 0xffff) | (wide ? high & 0xffff_0000 : 0);
  const closesInterrupts = type === TYPE_INTERRUPT_GATE_16 || type === TYPE_INTERRUPT_GATE_32;
  enterCode(cpu, low >>> 16, target >>> 0, wide, closesInterrupts, errorCode, ext);
}

function isInterruptGate(type: number): boolean {
  return (
    type === TYPE_TASK_GATE ||
    type === TYPE_INTERRUPT_GATE_16 ||
    type === TYPE_TRAP_GATE_16 ||
    type === TYPE_INTERRUPT_GATE_32 ||
    type === TYPE_TRAP_GATE_32
  );
}

function enterCode(
  cpu: Cpu,
  selector: number,
  target: number,
  wide: boolean,
  closesInterrupts: boolean,
  errorCode: number,
  ext: number,
): void {
  const state = cpu.state;
  const cpl = state.cpl;
  const v86 = isVirtual8086(state);
  if (isNull(selector)) generalProtection(ext);
  if (!readDescriptor(cpu, selector, code)) selectorFault(GP, selector, ext);
  const dpl = descriptorDpl(code.attributes);
  if (!isCode(code.attributes) || dpl > cpl) selectorFault(GP, selector, ext);
  if ((code.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector, ext);
  const inner = (code.attributes & C.SEGMENT_CONFORMING) === 0 && dpl < cpl;
  if (v86 && (!inner || dpl !== 0)) selectorFault(GP, selector, ext);

  const newCpl = inner ? dpl : cpl;
  if (inner) {
    innerStack(cpu, dpl, stackSegment, ext);
    const faultCode = (stackSegment.selector & 0xfffc) | ext;
    stack.beginSegment(cpu, stackSegment, innerStackPointer.value, newCpl, faultCode);
  } else {
    stack.beginCurrent(cpu, ext);
  }
  const flags = state.rflags;
  const push = wide ? push32 : push16;
  if (inner) {
    if (v86) for (const n of V86_DATA) push(state.segments[n]!.selector);
    push(state.segments[L.SS]!.selector);
    push(state.gpr32(L.RSP));
  }
  push(flags);
  push(state.segments[L.CS]!.selector);
  push(state.rip);
  if (errorCode >= 0) push(errorCode);
  if (target > code.limit) generalProtection(ext);
  markAccessed(cpu, code);
  if (inner) markAccessed(cpu, stackSegment);

  if (inner) {
    if (v86) for (const n of V86_DATA) setNullSegment(state, n, 0);
    setSegment(state, L.SS, (stackSegment.selector & ~3) | newCpl, stackSegment);
    state.cpl = newCpl;
  }
  stack.commit(state);
  setSegment(state, L.CS, (selector & ~3) | newCpl, code);
  state.rip = target;
  state.u32[L.FLAGS >> 2]! &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | (closesInterrupts ? FLAG_IF : 0));
  if (v86) updateDerivedState(state);
  else updateAfterTransfer(state);
}

function push16(value: number): void {
  stack.push16(value);
}
function push32(value: number): void {
  stack.push32(value);
}
