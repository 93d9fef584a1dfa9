// A bare processor with flat RAM for programs given as bytes: the reference engine, an interrupt line
// that a test can raise, no devices. Descriptor tables come from x86/testing.
import { ReferenceVcpu } from '../../../src/engine/reference/reference-vcpu.ts';
import { cpuFeatures } from '../../../src/x86/cpuid/features.ts';
import { PagedMemory } from '../../../src/x86/paging/paged-memory.ts';
import { FlatMemory } from '../../../src/x86/testing/flat-memory.ts';
import { makeTestCpu, type TestCpu } from '../../../src/x86/testing/test-cpu.ts';

export interface BareMachine extends TestCpu {
  readonly vcpu: ReferenceVcpu;
  /** Vectors that wait for an open interrupt window, first one first. */
  readonly vectors: number[];
  /** Puts code or data into RAM; text is hexadecimal bytes, white space ignored. */
  put(address: number, hex: string): void;
}

export function bareMachine(): BareMachine {
  const ram = new FlatMemory(0x20_0000);
  const vectors: number[] = [];
  const parts = makeTestCpu(0);
  const vcpu = new ReferenceVcpu({
    memory: ram,
    bus: parts.cpu.bus,
    apic: parts.cpu.apic,
    features: cpuFeatures(),
    entropy: parts.cpu.entropy,
    timeStamp: () => vcpu.retired,
    interrupts: { pending: () => vectors.length > 0, acknowledge: () => vectors.shift() ?? -1 },
  });
  return {
    cpu: vcpu.cpu,
    state: vcpu.state,
    memory: new PagedMemory(vcpu.state, ram),
    ram,
    knobs: parts.knobs,
    vcpu,
    vectors,
    put(address, hex) {
      const bytes = hex.replace(/\s+/g, '').match(/../g) ?? [];
      bytes.forEach((byte, i) => {
        ram.write8(address + i, Number.parseInt(byte, 16));
      });
    },
  };
}
