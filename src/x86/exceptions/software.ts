// INT n, INT3, INTO and INT1 (SDM 2A "INT n"; 3A 21.3), with the redirection of virtual-8086 mode
// extensions (table 21-2): a clear bit in the TSS's interrupt redirection bitmap sends INT n to the
// 8086 program's own table. RIP in the state is that of the next instruction.
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import * as L from '../state/layout.ts';
import { ioPrivilege, isVirtual8086 } from '../state/predicates.ts';
import { isWideTss } from '../task/tss.ts';
import { enterHandler } from './deliver.ts';
import type { EventKind } from './event-kind.ts';
import { BP, DB, generalProtection, OF } from './fault.ts';
import { enterVirtual8086Table } from './real-mode.ts';

export function softwareInterrupt(cpu: Cpu, vector: number): void {
  const state = cpu.state;
  if (isVirtual8086(state)) {
    if ((state.cr4 & C.CR4_VME) !== 0 && !isRedirectedToMonitor(cpu, vector)) {
      enterVirtual8086Table(cpu, vector);
      state.set32(L.STEP_SUPPRESSED, 1);
      return;
    }
    if (ioPrivilege(state) < 3) generalProtection();
  }
  enter(cpu, vector, 'software');
}

function enter(cpu: Cpu, vector: number, kind: EventKind): void {
  enterHandler(cpu, vector, -1, kind);
  cpu.state.set32(L.STEP_SUPPRESSED, 1);
}

/** The bitmap's 32 bytes lie just below the I/O permission bitmap; beyond the limit every bit counts as set. */
function isRedirectedToMonitor(cpu: Cpu, vector: number): boolean {
  const tr = cpu.state.segments[L.TR]!;
  if (!isWideTss(tr.attributes) || tr.limit < 0x67) return true;
  const offset = cpu.memory.read16(tr.base + 0x66, 'supervisor') - 32 + (vector >> 3);
  if (offset < 0 || offset > tr.limit) return true;
  return ((cpu.memory.read8(tr.base + offset, 'supervisor') >> (vector & 7)) & 1) !== 0;
}

export function breakpointTrap(cpu: Cpu): void {
  enter(cpu, BP, 'softwareException');
}

export function overflowTrap(cpu: Cpu): void {
  enter(cpu, OF, 'softwareException');
}

/** INT1 (ICEBP): #DB without a cause in DR6, without a check of the gate's DPL. */
export function debugTrap(cpu: Cpu): void {
  enter(cpu, DB, 'privileged');
}
