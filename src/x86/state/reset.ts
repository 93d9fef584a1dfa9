// Power-on state (SDM 3A 9.1.1, table 9-1) and the state after INIT.
import { ACTIVITY_RUNNING, ACTIVITY_WAIT_FOR_SIPI, type CpuState } from './cpu-state.ts';
import { updateDerivedState } from './derived.ts';
import * as L from './layout.ts';

/** Family 15, model 107, stepping 1: what CPUID leaf 1 says too (cpuid/leaves.ts). EDX holds it after reset. */
export const PROCESSOR_SIGNATURE = 0x0006_0fb1;

const REAL_DATA = 0x0093;
const REAL_CODE = 0x009b;
const PRESENT_LDT = 0x0082;
const BUSY_TSS_32 = 0x008b;

/** `power`: everything; `init`: an INIT IPI, which leaves x87, SSE, MTRRs, most MSRs and the APIC base alone. */
export type ResetKind = 'power' | 'init';

/**
 * Puts the processor into its state after reset. `bootstrap` false: an application processor, which
 * waits for a start-up IPI. The local APIC and translations are the caller's to reset.
 */
export function resetState(state: CpuState, bootstrap = true, kind: ResetKind = 'power'): void {
  if (kind === 'power') {
    state.u8.fill(0, 0, L.ENGINE_STATE);
    resetModelSpecific(state, bootstrap);
    resetFloatingPoint(state);
  } else {
    state.u8.fill(0, L.GPR, L.GPR + 16 * 8);
    state.u8.fill(0, L.SEGMENT, L.SEGMENT + 8 * L.SEGMENT_SIZE);
    for (const offset of [L.CR2, L.CR3, L.CR4, L.EFER]) state.set64(offset, 0n);
    for (let n = 0; n < 8; n++) state.set64(L.DR + 8 * n, 0n);
    for (const offset of [L.CPL, L.SHADOW, L.NMI_BLOCKED, L.DEBUG_PENDING]) state.set32(offset, 0);
  }
  // CD and NW survive INIT; ET is hard-wired.
  state.set64(L.CR0, kind === 'init' ? BigInt((state.cr0 & 0x6000_0000) | 0x10) : 0x6000_0010n);
  state.rflags = 2;
  state.rip = 0xfff0;
  state.setGpr32(L.RDX, PROCESSOR_SIGNATURE);
  for (const segment of state.segments) {
    segment.limit = 0xffff;
    segment.attributes = REAL_DATA;
  }
  const cs = state.segments[L.CS]!;
  cs.selector = 0xf000;
  cs.base = 0xffff_0000;
  cs.attributes = REAL_CODE;
  state.segments[L.LDTR]!.attributes = PRESENT_LDT;
  state.segments[L.TR]!.attributes = BUSY_TSS_32;
  state.setNumber(L.GDTR_BASE, 0);
  state.setNumber(L.IDTR_BASE, 0);
  state.set32(L.GDTR_LIMIT, 0xffff);
  state.set32(L.IDTR_LIMIT, 0xffff);
  state.set64(L.DR + 6 * 8, 0xffff_0ff0n);
  state.set64(L.DR + 7 * 8, 0x400n);
  state.set32(L.ACTIVITY, bootstrap ? ACTIVITY_RUNNING : ACTIVITY_WAIT_FOR_SIPI);
  updateDerivedState(state);
}

/** A start-up IPI: runs from vector * 4 KiB in real mode. */
export function startUp(state: CpuState, vector: number): void {
  const cs = state.segments[L.CS]!;
  cs.selector = (vector & 0xff) << 8;
  cs.base = (vector & 0xff) << 12;
  state.rip = 0;
  state.set32(L.ACTIVITY, ACTIVITY_RUNNING);
  updateDerivedState(state);
}

function resetModelSpecific(state: CpuState, bootstrap: boolean): void {
  state.set64(L.PAT, 0x0007_0406_0007_0406n);
  state.set64(L.APIC_BASE, bootstrap ? 0xfee0_0900n : 0xfee0_0800n);
  state.set64(L.MISC_ENABLE, 1n);
  state.set64(L.XCR0, 1n);
}

function resetFloatingPoint(state: CpuState): void {
  state.set32(L.FCW, 0x0040);
  state.set32(L.FSW, 0);
  // Power-up tags say "zero" (5555h): all eight registers count as not empty.
  state.set32(L.FTW, 0xff);
  state.set32(L.MXCSR, 0x1f80);
}
