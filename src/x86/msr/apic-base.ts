// IA32_APIC_BASE (SDM 3A 10.4.4 and 10.12.1): where the local APIC lies, whether it is on, and in which mode.
//
//   39..12 base   11 EN   10 EXTD (x2APIC)   8 BSP
import { generalProtection } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { PHYSICAL_BITS } from '../paging/walk.ts';
import * as L from '../state/layout.ts';

const BSP = 1 << 8;
const EXTD = 1 << 10;
const EN = 1 << 11;
const HIGH_RESERVED = ~((1 << (PHYSICAL_BITS - 32)) - 1);

/** Checks and stores a new value and tells the APIC. Raises #GP(0) for reserved bits and forbidden transitions. */
export function writeApicBase(cpu: Cpu, low: number, high: number): void {
  const state = cpu.state;
  const old = state.get32(L.APIC_BASE);
  const reserved = 0xfff & ~(BSP | EN | (cpu.features.has('X2APIC') ? EXTD : 0));
  if ((low & reserved) !== 0 || (high & HIGH_RESERVED) !== 0) generalProtection();
  const mode = low & (EN | EXTD);
  const oldMode = old & (EN | EXTD);
  if (mode === EXTD) generalProtection();
  if (oldMode === (EN | EXTD) && mode === EN) generalProtection();
  if (oldMode === 0 && mode === (EN | EXTD)) generalProtection();
  const value = (BigInt(high) << 32n) | BigInt(((low & ~BSP) | (old & BSP)) >>> 0);
  state.set64(L.APIC_BASE, value);
  cpu.apic.setBase(value);
}
