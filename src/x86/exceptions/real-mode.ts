// Interrupts in real mode (SDM 3A 21.1.4): the interrupt vector table of four-byte IP:CS entries at
// the IDTR's base; FLAGS, CS and IP are pushed as words. Also the way in which virtual-8086 mode
// extensions send INT n to the 8086 program's own table (SDM 3A 21.3.3.4).
import type { Cpu } from '../helpers/cpu.ts';
import { setRealModeSegment } from '../segmentation/descriptor.ts';
import { StackCursor } from '../segmentation/stack.ts';
import { FLAG_AC, FLAG_IF, FLAG_IOPL, FLAG_RF, FLAG_TF, FLAG_VIF } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { ioPrivilege } from '../state/predicates.ts';
import { generalProtection } from './fault.ts';

const stack = new StackCursor();

export function enterRealMode(cpu: Cpu, vector: number): void {
  const state = cpu.state;
  if (vector * 4 + 3 > state.get32(L.IDTR_LIMIT)) generalProtection();
  const entry = cpu.memory.read32(state.getNumber(L.IDTR_BASE) + vector * 4, 'supervisor');
  stack.beginCurrent(cpu);
  stack.push16(state.rflags);
  stack.push16(state.segments[L.CS]!.selector);
  stack.push16(state.rip);
  stack.commit(state);
  setRealModeSegment(state, L.CS, entry >>> 16);
  state.rip = entry & 0xffff;
  state.u32[L.FLAGS >> 2]! &= ~(FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
  updateDerivedState(state);
}

/** INT n of a virtual-8086 program through the table at linear 0 (CR4.VME, redirection bit clear). */
export function enterVirtual8086Table(cpu: Cpu, vector: number): void {
  const state = cpu.state;
  const virtual = ioPrivilege(state) < 3;
  const entry = cpu.memory.read32(vector * 4, 'current');
  let flags = state.rflags;
  // The program sees VIF as its IF, and IOPL 3.
  if (virtual) flags = (flags & ~FLAG_IF) | FLAG_IOPL | ((flags & FLAG_VIF) !== 0 ? FLAG_IF : 0);
  stack.beginCurrent(cpu);
  stack.push16(flags);
  stack.push16(state.segments[L.CS]!.selector);
  stack.push16(state.rip);
  stack.commit(state);
  setRealModeSegment(state, L.CS, entry >>> 16);
  state.rip = entry & 0xffff;
  state.u32[L.FLAGS >> 2]! &= ~(FLAG_TF | FLAG_RF | (virtual ? FLAG_VIF : FLAG_IF));
}
