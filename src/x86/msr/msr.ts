// RDMSR and WRMSR: model-specific registers by their manual names (SDM 4; APM 2 appendix A). 64-bit values
// travel as two unsigned halves. An index that is not here is #GP(0), as are reserved bits.
//
// Writes to the registers that guests use on every context switch (FS, GS and kernel GS base) come
// first and touch no bigint. Machine-check banks: none. Performance counters: none.
import { generalProtection } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import * as C from '../state/control-bits.ts';
import type { CpuState } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isCanonicalHigh } from '../state/predicates.ts';
import { writeApicBase } from './apic-base.ts';
import { MTRR_CAPABILITIES, mtrrOffset, writeMtrr } from './mtrr.ts';
import { readTsc, writeTsc, writeTscAdjust } from './tsc.ts';

const base = (segment: number) => L.SEGMENT + segment * L.SEGMENT_SIZE + L.SEGMENT_BASE;

/** Registers that hold any canonical address. */
const ADDRESSES: ReadonlyMap<number, number> = new Map([
  [0xc000_0100, base(L.FS)],
  [0xc000_0101, base(L.GS)],
  [0xc000_0102, L.KERNEL_GS_BASE],
  [0xc000_0082, L.LSTAR],
  [0xc000_0083, L.CSTAR],
  [0x175, L.SYSENTER_ESP],
  [0x176, L.SYSENTER_EIP],
]);

/** Registers that hold any value of 64 bits (or 32, where the upper half is said to be reserved). */
const PLAIN: ReadonlyMap<number, number> = new Map([
  [0xc000_0081, L.STAR],
  [0xc000_0084, L.SFMASK],
  [0xc000_0103, L.TSC_AUX],
  [0x174, L.SYSENTER_CS],
  [0x1a0, L.MISC_ENABLE],
]);
const UPPER_RESERVED: ReadonlySet<number> = new Set([0xc000_0084, 0xc000_0103]);

/**
 * Registers of AMD's processors that guests probe: they read as zero and ignore writes. SYSCFG, HWCR,
 * TOP_MEM, NB_CFG, INT_PENDING, P-state and OS-visible workaround registers, configuration "chicken"
 * registers, microcode level, DEBUGCTL and the last-branch records, MCG_CAP and MCG_STATUS; the four performance counters
 * with their event selects, which Xen clears without asking, and which never count here.
 */
const ZERO: ReadonlySet<number> = new Set([
  0x8b, 0x179, 0x17a, 0x1d9, 0x1db, 0x1dc, 0x1dd, 0x1de,
  0xc001_0000, 0xc001_0001, 0xc001_0002, 0xc001_0003, 0xc001_0004, 0xc001_0005, 0xc001_0006, 0xc001_0007,
  0xc001_0010, 0xc001_0015, 0xc001_001a, 0xc001_001d, 0xc001_001f, 0xc001_0020, 0xc001_0055,
  0xc001_0058, 0xc001_0061, 0xc001_0062, 0xc001_0063, 0xc001_0114, 0xc001_0117,
  0xc001_0140, 0xc001_0141, 0xc001_1004, 0xc001_1005, 0xc001_100d,
  0xc001_1020, 0xc001_1021, 0xc001_1022, 0xc001_1023, 0xc001_1029, 0xc001_102a, 0xc001_102c,
]); // biome-ignore format: a list, several a line

/** Upper half of the value that readMsr returned last. */
export const msrHigh = { value: 0 };

/** Reads a register: returns the lower half, and leaves the upper one in msrHigh. Raises #GP(0). */
export function readMsr(cpu: Cpu, index: number): number {
  const state = cpu.state;
  const offset = ADDRESSES.get(index) ?? PLAIN.get(index) ?? fixedOffset(cpu, index);
  if (offset >= 0) {
    msrHigh.value = state.u32[(offset >> 2) + 1]!;
    return state.u32[offset >> 2]!;
  }
  if (ZERO.has(index)) return halves(0n);
  if (index >= 0x800 && index <= 0x8ff) return halves(readX2Apic(cpu, index));
  switch (index) {
    case 0x10:
      return halves(readTsc(cpu));
    case 0xfe:
      return halves(MTRR_CAPABILITIES);
    case 0x6e0:
      if (!cpu.features.has('TSC_DEADLINE')) generalProtection();
      return halves(cpu.apic.readTscDeadline());
    default:
      return generalProtection();
  }
}

/** Writes a register given as two halves. Raises #GP(0) before anything has changed. */
export function writeMsr(cpu: Cpu, index: number, low: number, high: number): void {
  const state = cpu.state;
  const address = ADDRESSES.get(index);
  if (address !== undefined) {
    if (!isCanonicalHigh(high)) generalProtection();
    setHalves(state, address, low, high);
    return;
  }
  const plain = PLAIN.get(index);
  if (plain !== undefined) {
    if (high !== 0 && UPPER_RESERVED.has(index)) generalProtection();
    setHalves(state, plain, low, high);
    return;
  }
  if (ZERO.has(index)) return;
  const value = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  if (index >= 0x800 && index <= 0x8ff) {
    if (!inX2ApicMode(state) || !cpu.apic.writeMsr(index, value)) generalProtection();
    return;
  }
  if (writeMtrr(state, index, low, high)) return;
  switch (index) {
    case 0x10:
      writeTsc(cpu, value);
      return;
    case 0x1b:
      writeApicBase(cpu, low >>> 0, high >>> 0);
      return;
    case 0x3b:
      if (!cpu.features.has('TSC_ADJUST')) generalProtection();
      writeTscAdjust(cpu, value);
      return;
    case 0x277:
      writePat(state, low, high);
      return;
    case 0x6e0:
      if (!cpu.features.has('TSC_DEADLINE')) generalProtection();
      cpu.apic.writeTscDeadline(value);
      return;
    case 0xc000_0080:
      writeEfer(cpu, low, high);
      return;
    default:
      generalProtection();
  }
}

function halves(value: bigint): number {
  msrHigh.value = Number((value >> 32n) & 0xffff_ffffn);
  return Number(value & 0xffff_ffffn);
}

function setHalves(state: CpuState, offset: number, low: number, high: number): void {
  state.u32[offset >> 2] = low;
  state.u32[(offset >> 2) + 1] = high;
}

/** Offset of registers whose writes need checks, -1 where there is none. */
function fixedOffset(cpu: Cpu, index: number): number {
  switch (index) {
    case 0x1b:
      return L.APIC_BASE;
    case 0x3b:
      return cpu.features.has('TSC_ADJUST') ? L.TSC_ADJUST : -1;
    case 0x277:
      return L.PAT;
    case 0xc000_0080:
      return L.EFER;
    default:
      return mtrrOffset(index);
  }
}

function inX2ApicMode(state: CpuState): boolean {
  return (state.get32(L.APIC_BASE) & 0xc00) === 0xc00;
}

function readX2Apic(cpu: Cpu, index: number): bigint {
  const value = inX2ApicMode(cpu.state) ? cpu.apic.readMsr(index) : undefined;
  return value ?? generalProtection();
}

/** Memory types 0, 1, 4, 5, 6, 7 in each byte. */
function writePat(state: CpuState, low: number, high: number): void {
  for (const half of [low, high]) {
    for (let shift = 0; shift < 32; shift += 8) {
      const type = (half >>> shift) & 0xff;
      if (type > 7 || type === 2 || type === 3) generalProtection();
    }
  }
  setHalves(state, L.PAT, low, high);
}

/** LMA follows CR0.PG and cannot be written; LME cannot change while paging is on. */
function writeEfer(cpu: Cpu, low: number, high: number): void {
  const state = cpu.state;
  const { features } = cpu;
  const old = state.efer;
  let valid = C.EFER_SCE | C.EFER_LMA;
  if (features.has('LM')) valid |= C.EFER_LME;
  if (features.has('NX')) valid |= C.EFER_NXE;
  if (high !== 0 || (low & ~valid) !== 0) generalProtection();
  if (((low ^ old) & C.EFER_LME) !== 0 && (state.cr0 & C.CR0_PG) !== 0) generalProtection();
  state.efer = (low & ~C.EFER_LMA) | (old & C.EFER_LMA);
  if (((low ^ old) & C.EFER_NXE) !== 0) cpu.translations.flushAll('dropGlobal');
  updateDerivedState(state);
}
