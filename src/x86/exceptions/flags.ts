// PUSHF, POPF, CLI and STI where privilege matters (SDM 2A "CLI", 2B "POPF", "PUSHF", "STI"; 3A 21.3 and
// 21.4): virtual-8086 mode with and without its extensions, and protected-mode virtual interrupts.
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import {
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
import * as L from '../state/layout.ts';
import { ioPrivilege, isVirtual8086 } from '../state/predicates.ts';
import { generalProtection } from './fault.ts';

/** The value that PUSHF of 16 or 32 bits stores in virtual-8086 mode. */
export function pushedFlags(cpu: Cpu, operandSize: number): number {
  const state = cpu.state;
  const flags = state.rflags & ~(FLAG_VM | FLAG_RF);
  if (ioPrivilege(state) === 3) return flags;
  if ((state.cr4 & C.CR4_VME) === 0 || operandSize !== 16) generalProtection();
  return (flags & ~FLAG_IF) | FLAG_IOPL | ((flags & FLAG_VIF) !== 0 ? FLAG_IF : 0);
}

/** POPF in any mode: what of the value takes effect depends on CPL, IOPL and the mode. */
export function popFlags(cpu: Cpu, value: number, operandSize: number): void {
  const state = cpu.state;
  const old = state.rflags;
  let flags = value;
  let mask = FLAGS_STATUS | FLAG_TF | FLAG_DF | FLAG_NT;
  if (operandSize !== 16) mask |= FLAG_AC | FLAG_ID;
  if (isVirtual8086(state)) {
    if (ioPrivilege(state) === 3) {
      mask |= FLAG_IF;
    } else {
      if ((state.cr4 & C.CR4_VME) === 0 || operandSize !== 16) generalProtection();
      if ((flags & FLAG_TF) !== 0 || ((flags & FLAG_IF) !== 0 && (old & FLAG_VIP) !== 0)) generalProtection();
      flags = (flags & ~FLAG_VIF) | ((flags & FLAG_IF) !== 0 ? FLAG_VIF : 0);
      mask |= FLAG_VIF;
    }
  } else if ((state.cr0 & C.CR0_PE) === 0) {
    mask |= FLAG_IF | FLAG_IOPL;
  } else {
    if (state.cpl <= ioPrivilege(state)) mask |= FLAG_IF;
    if (state.cpl === 0) mask |= FLAG_IOPL;
  }
  state.rflags = ((old & ~mask) | (flags & mask)) & ~FLAG_RF;
}

/** CLI when CPL > IOPL: VIF with VME or PVI, otherwise #GP(0). */
export function clearVirtualInterrupt(cpu: Cpu): void {
  requireVirtualInterrupts(cpu);
  cpu.state.u32[L.FLAGS >> 2]! &= ~FLAG_VIF;
}

/** STI when CPL > IOPL; #GP(0) also when an interrupt is pending for the program (VIP). */
export function setVirtualInterrupt(cpu: Cpu): void {
  requireVirtualInterrupts(cpu);
  if ((cpu.state.get32(L.FLAGS) & FLAG_VIP) !== 0) generalProtection();
  cpu.state.u32[L.FLAGS >> 2]! |= FLAG_VIF;
}

function requireVirtualInterrupts(cpu: Cpu): void {
  const state = cpu.state;
  if (
    isVirtual8086(state) ? (state.cr4 & C.CR4_VME) === 0 : state.cpl !== 3 || (state.cr4 & C.CR4_PVI) === 0
  ) {
    generalProtection();
  }
}
