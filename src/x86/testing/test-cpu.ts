// A processor of bare parts for tests: state after reset, flat RAM, an APIC that only remembers its task
// priority, time that stands still.
import { cpuFeatures } from '../cpuid/features.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { PagedMemory } from '../paging/paged-memory.ts';
import { CpuState } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { resetState } from '../state/reset.ts';
import { FlatMemory } from './flat-memory.ts';

export interface TestCpu {
  readonly cpu: Cpu;
  readonly state: CpuState;
  readonly memory: PagedMemory;
  readonly ram: FlatMemory;
  /** What a test may set and look at. */
  readonly knobs: { time: bigint; taskPriority: number; apicBase: bigint };
}

export function makeTestCpu(ramBytes = 0x10_0000): TestCpu {
  const state = new CpuState(new ArrayBuffer(L.ENGINE_STATE));
  resetState(state);
  const ram = new FlatMemory(ramBytes);
  const memory = new PagedMemory(state, ram);
  const knobs = { time: 1000n, taskPriority: 0, apicBase: 0n };
  const cpu: Cpu = {
    state,
    memory,
    physical: ram,
    bus: {
      mmioRead: () => 0xffff_ffff,
      mmioWrite: () => {},
      portRead: () => 0xff,
      portWrite: () => {},
    },
    apic: {
      readTaskPriority: () => knobs.taskPriority,
      writeTaskPriority: (value) => {
        knobs.taskPriority = value;
      },
      setBase: (value) => {
        knobs.apicBase = value;
      },
      readMsr: (index) => (index === 0x802 ? 0n : undefined),
      writeMsr: (index) => index === 0x80b,
      readTscDeadline: () => 0n,
      writeTscDeadline: () => {},
      timeStampChanged: () => {},
    },
    translations: memory,
    features: cpuFeatures(),
    entropy: { fill: (bytes) => bytes.fill(0) },
    timeStamp: () => Number(knobs.time),
    acknowledgeInterrupt: () => -1,
  };
  return { cpu, state, memory, ram, knobs };
}

/** Descriptor bytes: base, limit (already in units of the granularity), rights as in layout.ts. */
export function writeDescriptor(
  ram: FlatMemory,
  at: number,
  base: number,
  limit: number,
  attributes: number,
): void {
  ram.write32(at, (((base & 0xffff) << 16) | (limit & 0xffff)) >>> 0);
  const high =
    (base & 0xff00_0000) | ((base >>> 16) & 0xff) | ((attributes & 0xf0ff) << 8) | (limit & 0xf_0000);
  ram.write32(at + 4, high >>> 0);
}

/** A gate: selector, offset, type 4..15, DPL; `extra` is the IST or the count of parameters. */
export function writeGate(
  ram: FlatMemory,
  at: number,
  selector: number,
  offset: number,
  type: number,
  dpl = 0,
  extra = 0,
): void {
  ram.write32(at, ((selector << 16) | (offset & 0xffff)) >>> 0);
  ram.write32(at + 4, ((offset & 0xffff_0000) | 0x8000 | (dpl << 13) | (type << 8) | extra) >>> 0);
}

/** Fills a segment register as a test wants it. */
export function setTestSegment(
  state: CpuState,
  number: number,
  selector: number,
  base: number,
  limit: number,
  attributes: number,
): void {
  const segment = state.segments[number]!;
  segment.selector = selector;
  segment.base = base;
  segment.limit = limit;
  segment.attributes = attributes;
}

export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
/** Selectors of the GDT that protectedMode makes. */
export const KERNEL_CODE = 0x08;
export const KERNEL_DATA = 0x10;
export const USER_CODE = 0x1b;
export const USER_DATA = 0x23;
export const TSS_SELECTOR = 0x28;
export const LDT_SELECTOR = 0x30;
/** From here on tests put descriptors of their own. */
export const FREE_SELECTOR = 0x40;

/** Flat 32-bit protected mode at CPL 0 (or long mode), a GDT, an empty IDT and a TSS with SS0:ESP0. */
export function protectedMode(test: TestCpu, mode: '32-bit' | '64-bit' = '32-bit'): void {
  const { state, ram } = test;
  const long = mode === '64-bit';
  const code = long ? 0xa09b : 0xc09b;
  writeDescriptor(ram, GDT + 0x08, 0, 0xf_ffff, code);
  writeDescriptor(ram, GDT + 0x10, 0, 0xf_ffff, 0xc093);
  writeDescriptor(ram, GDT + 0x18, 0, 0xf_ffff, code | 0x60);
  writeDescriptor(ram, GDT + 0x20, 0, 0xf_ffff, 0xc0f3);
  writeDescriptor(ram, GDT + 0x28, TSS, 0x67, 0x008b);
  state.setNumber(L.GDTR_BASE, GDT);
  state.set32(L.GDTR_LIMIT, 0xff);
  state.setNumber(L.IDTR_BASE, IDT);
  state.set32(L.IDTR_LIMIT, long ? 0xfff : 0x7ff);
  if (long) {
    ram.write32(TSS + 4, 0x9000);
  } else {
    ram.write32(TSS + 4, 0x9000);
    ram.write16(TSS + 8, KERNEL_DATA);
  }
  state.cpl = 0;
  state.cr0 = 0x11;
  if (long) {
    identityMap(ram);
    state.cr4 |= 0x20;
    state.efer = 0xd01;
    state.cr0 = 0x8001_0011;
    state.set64(L.CR3, 0x10000n);
  }
  setTestSegment(state, L.CS, KERNEL_CODE, 0, 0xffff_ffff, code);
  for (const n of [L.ES, L.SS, L.DS, L.FS, L.GS]) {
    setTestSegment(state, n, KERNEL_DATA, 0, 0xffff_ffff, 0xc093);
  }
  setTestSegment(state, L.TR, TSS_SELECTOR, TSS, 0x67, 0x8b);
  state.setGprNumber(L.RSP, 0x8000);
  state.rip = 0x5000;
  updateDerivedState(state);
}

/** The same at CPL 3. */
export function userMode(test: TestCpu, mode: '32-bit' | '64-bit' = '32-bit'): void {
  protectedMode(test, mode);
  const { state } = test;
  setTestSegment(state, L.CS, USER_CODE, 0, 0xffff_ffff, (mode === '64-bit' ? 0xa09b : 0xc09b) | 0x60);
  for (const n of [L.ES, L.SS, L.DS, L.FS, L.GS]) {
    setTestSegment(state, n, USER_DATA, 0, 0xffff_ffff, 0xc0f3);
  }
  state.cpl = 3;
  state.setGprNumber(L.RSP, 0x7000);
  updateDerivedState(state);
}

/** 4-level tables at 10000h: the first GiB identical, as 2 MiB user pages. */
function identityMap(ram: FlatMemory): void {
  ram.write32(0x10000, 0x11007);
  ram.write32(0x11000, 0x12007);
  for (let i = 0; i < 512; i++) ram.write32(0x12000 + 8 * i, ((i << 21) | 0x87) >>> 0);
}
