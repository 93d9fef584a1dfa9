// Loading CR3 and the PDPTEs of PAE paging (SDM 3A 4.4.1 and 4.5; 2B "MOV - Move to/from Control
// Registers"). Shared by MOV CR, task switches and the paging switches of CR0 and CR4.
import type { Cpu } from '../helpers/cpu.ts';
import { PHYSICAL_BITS } from '../paging/walk.ts';
import * as C from '../state/control-bits.ts';
import * as L from '../state/layout.ts';

const HIGH_RESERVED = ~((1 << (PHYSICAL_BITS - 32)) - 1);
/** Bits 2:1 and 8:5 of a PDPTE are reserved. */
const LOW_RESERVED = 0x1e6;

const pointers = new Uint32Array(8);

/** Whether PAE paging outside long mode is in use for these register values. */
export function usesPdptes(cr0: number, cr4: number, efer: number): boolean {
  return (cr0 & C.CR0_PG) !== 0 && (cr4 & C.CR4_PAE) !== 0 && (efer & C.EFER_LMA) === 0;
}

/**
 * Reads the four PDPTEs at a page-directory-pointer table (CR3 bits 31:5) into the processor. False,
 * with nothing changed, when one that is present has reserved bits set: the caller raises #GP(0).
 */
export function loadPdptes(cpu: Cpu, cr3: number): boolean {
  const base = (cr3 & 0xffff_ffe0) >>> 0;
  for (let i = 0; i < 8; i++) pointers[i] = cpu.physical.read32(base + 4 * i);
  for (let i = 0; i < 8; i += 2) {
    const low = pointers[i]!;
    if ((low & 1) !== 0 && ((low & LOW_RESERVED) !== 0 || (pointers[i + 1]! & HIGH_RESERVED) !== 0))
      return false;
  }
  cpu.state.u32.set(pointers, L.PDPTE >> 2);
  return true;
}
