// The translator with a service that finishes when the test says so: what happens to the code meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import * as L from '../../x86/state/layout.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { compileRequest } from './compile-request.ts';
import { JitVcpu } from './jit-vcpu.ts';
import type { CompiledRegions, CompileRequest, RegionService } from './region-service.ts';

/** Compiles at once and answers when it may. */
class LateService implements RegionService {
  readonly #features: DecodeFeatures;
  readonly #results: CompiledRegions[] = [];
  finished = false;
  failure: Error | undefined;
  requests = 0;
  closed = false;

  constructor(features: DecodeFeatures) {
    this.#features = features;
  }
  submit(request: CompileRequest): void {
    this.requests++;
    const bytes = compileRequest(structuredClone(request), this.#features);
    const module = new WebAssembly.Module(bytes);
    this.#results.push({ ticket: request.ticket, module, bytes: bytes.length, time: 1000 });
  }
  poll(): CompiledRegions | null {
    if (this.failure) throw this.failure;
    return this.finished ? (this.#results.shift() ?? null) : null;
  }
  close(): void {
    this.closed = true;
  }
}

// mov ecx, 2000; loop: add eax, ecx; inc edx; dec ecx; jnz loop; jmp back
const LOOP = [0xb9, 0xd0, 7, 0, 0, 0x01, 0xc8, 0x42, 0x49, 0x75, 0xfa, 0xeb, 0xf3];
const AT = 0x1000;

function world(code: readonly number[]) {
  const memory = new GuestMemory(4 << 20);
  memory.u8.set(code, AT);
  const plainMemory = new GuestMemory(4 << 20);
  plainMemory.u8.set(code, AT);
  let service: LateService | undefined;
  const vcpu = new JitVcpu(bareWires(memory), {
    hotSamples: 1,
    sampleInterval: 200,
    batch: 1,
    service: (features) => {
      service = new LateService(features);
      return service;
    },
  });
  const plain = new InterpVcpu(bareWires(plainMemory));
  for (const one of [vcpu, plain]) {
    enterFlat32(one.state, AT);
    one.stateChanged();
  }
  return {
    ...{ memory, plainMemory, vcpu },
    service: () => service!,
    run: (count: number) => {
      vcpu.run(count);
      plain.run(count);
      const registers = ({ state }: InterpVcpu) =>
        [L.RAX, L.RCX, L.RDX].map((r) => state.gpr32(r)).concat(Number(state.rip), state.rflags);
      assert.deepEqual(registers(vcpu), registers(plain));
    },
    count: (name: string) => vcpu.statistics().get(name)!,
  };
}

test('the guest runs on while its regions are compiled, and in them once they are there', () => {
  const { run, service, count } = world(LOOP);
  run(5000);
  assert.equal(service().requests, 1, 'what is on its way is not formed again');
  assert.equal(count('regions now'), 0);
  service().finished = true;
  for (let i = 0; i < 10; i++) run(1000);
  assert.ok(count('regions now') > 0);
  assert.equal(count('regions out of date before they were compiled'), 0);
});

test('code that changes while it is compiled is not run as it was', () => {
  const { memory, plainMemory, run, service, count } = world(LOOP);
  run(5000);
  assert.equal(service().requests, 1);
  // inc edx becomes inc esi
  memory.write(AT + 7, Uint8Array.of(0x46));
  plainMemory.write(AT + 7, Uint8Array.of(0x46));
  service().finished = true;
  for (let i = 0; i < 10; i++) run(1000);
  assert.equal(count('regions out of date before they were compiled'), 1);
  assert.ok(count('regions now') > 0, 'the new code becomes a region');
});

test('code that goes as a whole while it is compiled', () => {
  const { vcpu, run, service, count } = world(LOOP);
  run(5000);
  vcpu.memoryChanged();
  run(100);
  assert.equal(service().requests, 1);
  service().finished = true;
  for (let i = 0; i < 10; i++) run(1000);
  assert.equal(service().requests, 2);
  assert.ok(count('regions now') > 0);
});

test('what goes wrong there is thrown here', () => {
  const { vcpu, run, service } = world(LOOP);
  run(5000);
  service().failure = new Error('no such meaning');
  assert.throws(() => vcpu.run(5000), /no such meaning/);
});

test('after close() the guest runs on as it is', () => {
  const { vcpu, run, service, count } = world(LOOP);
  run(5000);
  vcpu.close();
  assert.ok(service().closed);
  service().finished = true;
  run(5000);
  assert.equal(count('regions now'), 0);
});
