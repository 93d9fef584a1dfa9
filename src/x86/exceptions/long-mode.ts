// Interrupts in long mode (SDM 3A 6.14; APM 2 8.9): 16-byte gates, interrupt stack table, a stack
// aligned to 16 bytes, SS:RSP always pushed, five quadwords and the error code.
//
//   gate:  dword 0  31..16 selector   15..0 offset 15:0
//          dword 1  31..16 offset 31:16   15 P  14..13 DPL  11..8 type  2..0 IST
//          dword 2  offset 63:32          dword 3  reserved
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
  TYPE_INTERRUPT_GATE_32,
  TYPE_TRAP_GATE_32,
} from '../segmentation/descriptor.ts';
import { StackCursor } from '../segmentation/stack.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VM } from '../state/cpu-state.ts';
import { updateAfterTransfer } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isCanonical } from '../state/predicates.ts';
import { longModeStack } from '../task/tss.ts';
import type { EventKind } from './event-kind.ts';
import { GP, generalProtection, NP } from './fault.ts';

const TWO32 = 0x1_0000_0000;
const code = newDescriptor();
const stack = new StackCursor();

export function enterLongMode(cpu: Cpu, vector: number, errorCode: number, kind: EventKind): void {
  const state = cpu.state;
  const memory = cpu.memory;
  const software = kind === 'software' || kind === 'softwareException';
  const ext = software ? 0 : 1;
  const gateCode = vector * 8 + 2 + ext;
  if (vector * 16 + 15 > state.u32[L.IDTR_LIMIT >> 2]!) generalProtection(gateCode);
  const gate = state.getNumber(L.IDTR_BASE) + vector * 16;
  const low = memory.readPair(gate, 'supervisor');
  const high = memory.pairHigh;
  const type = (high >>> 8) & 0x1f;
  if (type !== TYPE_INTERRUPT_GATE_32 && type !== TYPE_TRAP_GATE_32) generalProtection(gateCode);
  const cpl = state.cpl;
  if (software && ((high >>> 13) & 3) < cpl) generalProtection(gateCode);
  if ((high & 0x8000) === 0) selectorFault(NP, vector * 8, 2 | ext);

  const selector = low >>> 16;
  if (isNull(selector)) generalProtection(ext);
  if (!readDescriptor(cpu, selector, code)) selectorFault(GP, selector, ext);
  const dpl = descriptorDpl(code.attributes);
  if (!isCode(code.attributes) || dpl > cpl) selectorFault(GP, selector, ext);
  if ((code.attributes & C.SEGMENT_PRESENT) === 0) selectorFault(NP, selector, ext);
  if ((code.attributes & (C.SEGMENT_LONG | C.SEGMENT_BIG)) !== C.SEGMENT_LONG)
    selectorFault(GP, selector, ext);
  const conforming = (code.attributes & C.SEGMENT_CONFORMING) !== 0;
  const newCpl = conforming ? cpl : dpl;
  const target =
    (memory.read32(gate + 8, 'supervisor') | 0) * TWO32 + (((high & 0xffff_0000) | (low & 0xffff)) >>> 0);

  const ist = high & 7;
  let pointer: number;
  if (ist !== 0 || newCpl !== cpl) pointer = longModeStack(cpu, newCpl, ist, ext);
  else pointer = state.gprNumber(L.RSP);
  if (!isCanonical(target)) generalProtection(ext);

  stack.beginFlat(cpu, pointer - (pointer & 15), newCpl, ext);
  const ss = state.segments[L.SS]!;
  stack.push64(ss.selector, 0);
  stack.push64(state.u32[(L.GPR >> 2) + 2 * L.RSP]!, state.u32[(L.GPR >> 2) + 2 * L.RSP + 1]!);
  stack.push64(state.rflags, 0);
  stack.push64(state.segments[L.CS]!.selector, 0);
  stack.push64(state.u32[L.RIP >> 2]!, state.u32[(L.RIP >> 2) + 1]!);
  if (errorCode >= 0) stack.push64(errorCode, 0);
  markAccessed(cpu, code);

  state.setGprNumber(L.RSP, stack.pointer);
  if (newCpl !== cpl) {
    setNullSegment(state, L.SS, newCpl, newCpl);
    state.cpl = newCpl;
  }
  setSegment(state, L.CS, (selector & ~3) | newCpl, code);
  state.rip = target;
  const interruptGate = type === TYPE_INTERRUPT_GATE_32 ? FLAG_IF : 0;
  state.u32[L.FLAGS >> 2]! &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | interruptGate);
  updateAfterTransfer(state);
}
