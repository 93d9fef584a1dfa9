// What the processor and the board ask of each other, as each wants to be asked.
import type { BackdoorRegisters } from '../../devices/input/vmware-pointer.ts';
import type { LocalApic } from '../../devices/intc/local-apic.ts';
import type { LocalApicPort } from '../../x86/helpers/cpu.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';

/** The registers by which VMware's backdoor is asked; writing one clears its upper half, as 32-bit code does. */
export function backdoorRegisters(state: () => CpuState): BackdoorRegisters {
  return {
    get eax() {
      return state().gpr32(L.RAX);
    },
    get ebx() {
      return state().gpr32(L.RBX);
    },
    set ebx(value) {
      state().setGpr32(L.RBX, value);
    },
    get ecx() {
      return state().gpr32(L.RCX);
    },
    set ecx(value) {
      state().setGpr32(L.RCX, value);
    },
    get edx() {
      return state().gpr32(L.RDX);
    },
    set edx(value) {
      state().setGpr32(L.RDX, value);
    },
  };
}

/** The local APIC as the processor's own port: MSRs and CR8. */
export function apicPort(apic: LocalApic): LocalApicPort {
  const deadline = 0x6e0;
  return {
    readTaskPriority: () => apic.taskPriorityClass,
    writeTaskPriority: (value) => {
      apic.taskPriorityClass = value;
    },
    setBase: (value) => apic.setBase(Number(value & 0xffff_ffffn)),
    readMsr: (index) => apic.readMsr(index),
    writeMsr: (index, value) => apic.writeMsr(index, value),
    readTscDeadline: () => apic.readMsr(deadline) ?? 0n,
    writeTscDeadline: (value) => void apic.writeMsr(deadline, value),
    timeStampChanged: () => apic.timeStampCounterChanged(),
  };
}
