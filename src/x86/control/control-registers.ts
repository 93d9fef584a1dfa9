// MOV to CR0, CR3, CR4 and CR8, LMSW, CLTS and XSETBV: the checks of SDM 2B "MOV - Move to/from Control
// Registers" and 3A 2.5, 4.1.2 and 9.8.5 (entering and leaving long mode), and their effects on
// translations and derived state. Values arrive as two halves; CPL has been checked.
import { generalProtection } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { PHYSICAL_BITS } from '../paging/walk.ts';
import * as C from '../state/control-bits.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { is64Bit } from '../state/predicates.ts';
import { isWideTss } from '../task/tss.ts';
import { loadPdptes, usesPdptes } from './cr3.ts';

const CR0_BITS =
  C.CR0_PE |
  C.CR0_MP |
  C.CR0_EM |
  C.CR0_TS |
  C.CR0_ET |
  C.CR0_NE |
  C.CR0_WP |
  C.CR0_AM |
  C.CR0_NW |
  C.CR0_CD |
  C.CR0_PG;
/** A change of these makes translations stale. */
const CR0_TRANSLATION = C.CR0_PG | C.CR0_WP | C.CR0_PE;
const CR4_TRANSLATION = C.CR4_PSE | C.CR4_PAE | C.CR4_PGE | C.CR4_PCIDE | C.CR4_SMEP | C.CR4_SMAP;
/** A change of these reloads the PDPTEs. */
const CR4_PDPTE = C.CR4_PSE | C.CR4_PAE | C.CR4_PGE | C.CR4_SMEP;

export function writeCr0(cpu: Cpu, low: number, high: number): void {
  const state = cpu.state;
  const { cr4, efer } = state;
  const old = state.cr0;
  const value = (low & CR0_BITS) | C.CR0_ET;
  const paging = (value & C.CR0_PG) !== 0;
  if (high !== 0) generalProtection();
  if (paging && (value & C.CR0_PE) === 0) generalProtection();
  if ((value & C.CR0_NW) !== 0 && (value & C.CR0_CD) === 0) generalProtection();
  let newEfer = efer;
  if (paging && (old & C.CR0_PG) === 0) {
    if ((efer & C.EFER_LME) !== 0) {
      if ((cr4 & C.CR4_PAE) === 0) generalProtection();
      if ((state.segments[L.CS]!.attributes & C.SEGMENT_LONG) !== 0) generalProtection();
      if (!isWideTss(state.segments[L.TR]!.attributes)) generalProtection();
      newEfer |= C.EFER_LMA;
    }
  } else if (!paging && (old & C.CR0_PG) !== 0) {
    if (is64Bit(state) || (cr4 & C.CR4_PCIDE) !== 0) generalProtection();
    newEfer &= ~C.EFER_LMA;
  }
  const reload = ((value ^ old) & (C.CR0_PG | C.CR0_CD | C.CR0_NW)) !== 0;
  if (reload && usesPdptes(value, cr4, newEfer) && !loadPdptes(cpu, state.get32(L.CR3))) generalProtection();
  state.cr0 = value;
  state.efer = newEfer;
  if (((value ^ old) & CR0_TRANSLATION) !== 0) cpu.translations.flushAll('dropGlobal');
  updateDerivedState(state);
}

export function writeCr3(cpu: Cpu, low: number, high: number): void {
  const state = cpu.state;
  const { cr4, efer } = state;
  let upper = high;
  if ((efer & C.EFER_LMA) !== 0) {
    // Bit 63 with PCIDs: keep this PCID's translations. Ours have no PCID, so all of them go anyway.
    if ((cr4 & C.CR4_PCIDE) !== 0) upper &= 0x7fff_ffff;
    if (upper >>> (PHYSICAL_BITS - 32) !== 0) generalProtection();
  } else if (usesPdptes(state.cr0, cr4, efer) && !loadPdptes(cpu, low)) {
    generalProtection();
  }
  state.u32[L.CR3 >> 2] = low;
  state.u32[(L.CR3 >> 2) + 1] = (efer & C.EFER_LMA) !== 0 ? upper : 0;
  cpu.translations.flushAll('keepGlobal');
}

export function writeCr4(cpu: Cpu, low: number, high: number): void {
  const state = cpu.state;
  const { cr0, efer } = state;
  const old = state.cr4;
  const changed = low ^ old;
  if (high !== 0 || (low & ~cpu.features.cr4Bits) !== 0) generalProtection();
  const long = (efer & C.EFER_LMA) !== 0;
  if (long && (low & C.CR4_PAE) === 0) generalProtection();
  if ((changed & low & C.CR4_PCIDE) !== 0 && (!long || (state.get32(L.CR3) & 0xfff) !== 0))
    generalProtection();
  if ((changed & CR4_PDPTE) !== 0 && usesPdptes(cr0, low, efer) && !loadPdptes(cpu, state.get32(L.CR3))) {
    generalProtection();
  }
  state.cr4 = low;
  // I/O breakpoints may be armed now.
  if ((changed & C.CR4_DE) !== 0) state.u32[L.EVENT_WAITS >> 2]! |= 1;
  if ((changed & CR4_TRANSLATION) !== 0) cpu.translations.flushAll('dropGlobal');
  updateDerivedState(state);
}

/** CR8: the local APIC's task priority class. */
export function writeCr8(cpu: Cpu, low: number, high: number): void {
  if (high !== 0 || (low & ~15) !== 0) generalProtection();
  cpu.apic.writeTaskPriority(low & 15);
}

/** LMSW: PE, MP, EM and TS; PE can be set only. */
export function loadMachineStatus(cpu: Cpu, value: number): void {
  const cr0 = cpu.state.cr0;
  writeCr0(cpu, (cr0 & ~0xe) | (value & 0xf) | (cr0 & C.CR0_PE), 0);
}

/** XSETBV: XCR0 takes x87 (always) and SSE. CR4.OSXSAVE and CPL have been checked. */
export function writeXcr(cpu: Cpu, index: number, low: number, high: number): void {
  if (index !== 0 || high !== 0 || (low & ~3) !== 0 || (low & 1) === 0) generalProtection();
  cpu.state.set64(L.XCR0, BigInt(low));
}
