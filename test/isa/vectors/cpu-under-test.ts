// One test driver, many machines: what the driver of the vectors asks of an engine, and the engines
// that it knows.
import type { Vcpu } from '../../../src/engine/vcpu.ts';
import { GuestMemory } from '../../../src/memory/guest-memory.ts';
import { cpuFeatures } from '../../../src/x86/cpuid/features.ts';
import type { LocalApicPort } from '../../../src/x86/helpers/cpu.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { type EngineName, makeEngine } from '../../engines.ts';
import { REGISTERS, type Registers } from './moo.ts';

export interface CpuUnderTest {
  readonly name: string;
  /** RAM from physical address 0, at least 1 MiB + 64 KiB, zero at first. The driver writes the test there before each run. */
  readonly ram: Uint8Array;
  /** Runs in real mode from the given registers until HLT. */
  run(registers: Registers): Outcome;
}

export interface Outcome {
  readonly registers: Registers;
  /** 'Hlt', or why it ended otherwise. */
  readonly ended: string;
}

/** More than any string instruction of a vector repeats. */
const BUDGET = 200_000;
const RAM_SIZE = 2 << 20;

const NO_APIC: LocalApicPort = {
  readTaskPriority: () => 0,
  writeTaskPriority: () => {},
  setBase: () => {},
  readMsr: () => undefined,
  writeMsr: () => false,
  readTscDeadline: () => 0n,
  writeTscDeadline: () => {},
  timeStampChanged: () => {},
};

/** Everything an engine is built with, for a machine of RAM alone: ports and unmapped addresses read as ones. */
export function wires(memory: GuestMemory) {
  return {
    memory,
    bus: {
      mmioRead: () => 0xffff_ffff,
      mmioWrite: () => {},
      portRead: (_port: number, width: number) => 0xffff_ffff >>> (32 - 8 * width),
      portWrite: () => {},
    },
    apic: NO_APIC,
    features: cpuFeatures(),
    entropy: { fill: (bytes: Uint8Array) => void bytes.fill(0) },
    interrupts: { pending: () => false, acknowledge: () => -1 },
    timeStamp: () => 0,
  };
}

function engineUnderTest(name: string, memory: GuestMemory, vcpu: Vcpu): CpuUnderTest {
  return {
    name,
    ram: memory.ram,
    run(registers) {
      vcpu.reset();
      setRegisters(vcpu, registers);
      vcpu.stateChanged();
      vcpu.memoryChanged();
      const exit = vcpu.run(BUDGET);
      const ended = 'message' in exit ? exit.message : 'cause' in exit ? exit.cause : exit.reason;
      return { registers: getRegisters(vcpu), ended };
    },
  };
}

export function cpuUnderTest(engine: EngineName): CpuUnderTest {
  const memory = new GuestMemory(RAM_SIZE);
  return engineUnderTest(engine, memory, makeEngine(engine, wires(memory)));
}

const GENERAL = {
  ax: L.RAX,
  bx: L.RBX,
  cx: L.RCX,
  dx: L.RDX,
  sp: L.RSP,
  bp: L.RBP,
  si: L.RSI,
  di: L.RDI,
} as const;
const SEGMENTS = { cs: L.CS, ss: L.SS, ds: L.DS, es: L.ES } as const;

function setRegisters(vcpu: Vcpu, registers: Registers): void {
  const { state } = vcpu;
  state.set64(L.CR0, 0x10n);
  for (const name of REGISTERS) {
    const value = registers[name];
    if (name in GENERAL) state.setGpr(GENERAL[name as keyof typeof GENERAL], BigInt(value));
    else if (name in SEGMENTS) {
      const segment = state.segments[SEGMENTS[name as keyof typeof SEGMENTS]]!;
      segment.selector = value;
      segment.base = value << 4;
    }
  }
  state.rip = registers.ip;
  state.rflags = registers.flags;
}

/** Registers as they are, wider than 16 bits where something went wrong. */
function getRegisters(vcpu: Vcpu): Registers {
  const { state } = vcpu;
  const registers: Partial<Registers> = { ip: state.rip, flags: state.rflags };
  for (const [name, number] of Object.entries(GENERAL)) {
    registers[name as keyof typeof GENERAL] = Number(state.gpr(number));
  }
  for (const [name, number] of Object.entries(SEGMENTS)) {
    registers[name as keyof typeof SEGMENTS] = state.segments[number]!.selector;
  }
  return registers as Registers;
}
