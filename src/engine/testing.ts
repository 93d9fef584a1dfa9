// For tests of engines: a bare processor with some RAM and nothing else, in flat 32-bit protected mode.
import type { GuestBus } from '../base/guest-bus.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { cpuFeatures } from '../x86/cpuid/features.ts';
import type { LocalApicPort } from '../x86/helpers/cpu.ts';
import type { CpuState } from '../x86/state/cpu-state.ts';
import * as L from '../x86/state/layout.ts';
import type { InterpOptions } from './interp/interp-vcpu.ts';

export const noApic: LocalApicPort = {
  readTaskPriority: () => 0,
  writeTaskPriority: () => {},
  setBase: () => {},
  readMsr: () => undefined,
  writeMsr: () => false,
  readTscDeadline: () => 0n,
  writeTscDeadline: () => {},
  timeStampChanged: () => {},
};

export const emptyBus: GuestBus = {
  mmioRead: (_, width) => 0xffffffff >>> (32 - 8 * width),
  mmioWrite: () => {},
  portRead: (_, width) => 0xffffffff >>> (32 - 8 * width),
  portWrite: () => {},
};

/** Options of an engine around `memory`, without interrupts or devices. */
export function bareWires(memory = new GuestMemory(4 << 20), bus: GuestBus = emptyBus): InterpOptions {
  return {
    memory,
    bus,
    features: cpuFeatures(),
    entropy: { fill: (bytes) => bytes.fill(0x5a) },
    interrupts: { pending: () => false, acknowledge: () => -1 },
    apic: noApic,
    timeStamp: () => 0,
  };
}

/** Flat 32-bit protected mode, paging off, CPL 0, interrupts off, at `eip`. */
export function enterFlat32(state: CpuState, eip: number): void {
  state.cr0 = 0x11;
  for (const segment of state.segments.slice(0, 6)) {
    segment.selector = 0x10;
    segment.base = 0;
    segment.limit = 0xffff_ffff;
    segment.attributes = 0xc093;
  }
  const cs = state.segments[L.CS]!;
  cs.selector = 8;
  cs.attributes = 0xc09b;
  state.rflags = 2;
  state.rip = eip;
}
