// Questions about the operating mode (SDM 3A 2.2), asked of the state.
import * as C from './control-bits.ts';
import { type CpuState, FLAG_VM } from './cpu-state.ts';
import * as L from './layout.ts';

/** CR0.PE and not virtual-8086. */
export function isProtected(state: CpuState): boolean {
  return (state.u32[L.CR0 >> 2]! & C.CR0_PE) !== 0 && (state.u32[L.FLAGS >> 2]! & FLAG_VM) === 0;
}

export function isVirtual8086(state: CpuState): boolean {
  return (state.u32[L.FLAGS >> 2]! & FLAG_VM) !== 0;
}

/** IA-32e mode: 64-bit or compatibility. */
export function isLongMode(state: CpuState): boolean {
  return (state.u32[L.EFER >> 2]! & C.EFER_LMA) !== 0;
}

/** 64-bit code is running. */
export function is64Bit(state: CpuState): boolean {
  return (state.u32[L.MODE >> 2]! & 3) === 2;
}

/** RFLAGS.IOPL, 0..3. */
export function ioPrivilege(state: CpuState): number {
  return (state.u32[L.FLAGS >> 2]! >>> 12) & 3;
}

/** Whether a Linear is canonical (48 bits). */
export function isCanonical(linear: number): boolean {
  return linear >= -0x8000_0000_0000 && linear < 0x8000_0000_0000;
}

/** Whether a 64-bit value given by its upper half is canonical. */
export function isCanonicalHigh(high: number): boolean {
  return (high << 16) >> 16 === (high | 0);
}
