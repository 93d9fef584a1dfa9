// Cpu: all that a helper may touch. An engine builds one for its vCPU and passes it to every helper.
import type { Linear } from '../../base/addresses.ts';
import type { GuestBus } from '../../base/guest-bus.ts';
import type { Entropy } from '../../base/services.ts';
import type { CpuFeatures } from '../cpuid/features.ts';
import type { LinearMemory } from '../paging/linear-memory.ts';
import type { PhysicalMemory } from '../paging/physical-memory.ts';
import type { CpuState } from '../state/cpu-state.ts';

/** The local APIC as its own processor sees it (MSRs of x2APIC mode, TPR through CR8). */
export interface LocalApicPort {
  /** Priority class 0..15 (CR8). */
  readTaskPriority(): number;
  writeTaskPriority(value: number): void;
  /** IA32_APIC_BASE was written; the value has been checked. */
  setBase(value: bigint): void;
  /** MSRs 800h..8FFh; undefined where x2APIC has no such register (the CPU raises #GP). */
  readMsr(index: number): bigint | undefined;
  writeMsr(index: number, value: bigint): boolean;
  /** TSC-deadline MSR 6E0h, in TSC ticks. */
  readTscDeadline(): bigint;
  writeTscDeadline(value: bigint): void;
  /** TSC_OFFSET has changed: a deadline in ticks of the TSC is at another time now. */
  timeStampChanged(): void;
}

/** What an engine offers for translations that changed. Helpers call these; they may be no-ops. */
export interface TranslationControl {
  /** Forgets all translations: global pages only where `global` says so. */
  flushAll(global: 'keepGlobal' | 'dropGlobal'): void;
  flushPage(linear: Linear): void;
}

export interface Cpu {
  readonly state: CpuState;
  readonly memory: LinearMemory;
  /** Guest-physical memory: PAE's page-directory pointers are read by physical address. */
  readonly physical: PhysicalMemory;
  readonly bus: GuestBus;
  readonly apic: LocalApicPort;
  readonly translations: TranslationControl;
  readonly features: CpuFeatures;
  readonly entropy: Entropy;
  /**
   * The engine's quick way through a gate of the IDT for the usual case. False, with nothing changed, where it is another.
   * `errorCode` -1: none is pushed; `software`: the gate's DPL is checked.
   */
  readonly enterGate?: (vector: number, errorCode: number, software: boolean) => boolean;
  /** Time stamp counter before TSC_OFFSET is added. */
  timeStamp(): number;
  /** INTA: the vector of the highest pending external interrupt, or -1. Used by interrupt delivery only. */
  acknowledgeInterrupt(): number;
}
