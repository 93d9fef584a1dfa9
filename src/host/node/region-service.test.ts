// The worker thread: hot code in regions that it compiled, with a main thread that never turns its event loop; defects.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { InterpVcpu } from '../../engine/interp/interp-vcpu.ts';
import { JitVcpu } from '../../engine/jit/jit-vcpu.ts';
import { bareWires, enterFlat32 } from '../../engine/testing.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { DEFAULT_FEATURES } from '../../x86/cpuid/features.ts';
import * as L from '../../x86/state/layout.ts';
import { NodeRegionService } from './region-service.ts';

// mov ecx, 2000; loop: add eax, ecx; mov [0x8000+ecx*4], eax; dec ecx; jnz loop; jmp back
const LOOP = [
  0xb9, 0xd0, 7, 0, 0, 0x01, 0xc8, 0x89, 0x04, 0x8d, 0x00, 0x80, 0x00, 0x00, 0x49, 0x75, 0xf4, 0xeb, 0xed,
];
const LONGEST_WAIT = 30_000;

test('regions that the thread compiled run as the interpreter does', () => {
  const start = <V extends InterpVcpu>(make: (memory: GuestMemory) => V): V => {
    const memory = new GuestMemory(4 << 20);
    memory.u8.set(LOOP, 0x1000);
    const vcpu = make(memory);
    enterFlat32(vcpu.state, 0x1000);
    vcpu.stateChanged();
    return vcpu;
  };
  const vcpu = start(
    (memory) =>
      new JitVcpu(bareWires(memory), {
        hotSamples: 1,
        sampleInterval: 1000,
        service: (features) => new NodeRegionService(features),
      }),
  );
  const deadline = performance.now() + LONGEST_WAIT;
  while (vcpu.statistics().get('regions now') === 0 && performance.now() < deadline) vcpu.run(100_000);
  vcpu.run(1_000_000);
  vcpu.close();
  assert.ok(vcpu.statistics().get('regions now')! > 0);
  const plain = start((memory) => new InterpVcpu(bareWires(memory)));
  plain.run(vcpu.retired);
  for (const register of [L.RAX, L.RCX]) {
    assert.equal(vcpu.state.gpr32(register), plain.state.gpr32(register));
  }
  assert.equal(vcpu.state.rip, plain.state.rip);
});

/** Asks until it throws. */
async function failureOf(service: NodeRegionService): Promise<unknown> {
  const deadline = performance.now() + LONGEST_WAIT;
  while (performance.now() < deadline) {
    try {
      service.poll();
    } catch (error) {
      return error;
    }
    await delay(5);
  }
  return null;
}
const OPTIONS = { statePages: 1, ramPages: 1, tableSize: 1, countsInstructions: false };

test('a request that cannot be compiled is an error with its place', async () => {
  const service = new NodeRegionService(DEFAULT_FEATURES);
  const job = { words: new Int32Array(3), code: new Uint8Array(1), slot: 1, plain: 1, id: 1, cells: 0 };
  service.submit({ ticket: 1, jobs: [{ ...job, linear: 0 }], options: OPTIONS });
  const error = await failureOf(service);
  service.close();
  assert.match(
    String(error),
    /^Error: Regions could not be compiled: Error: .*packed region[\s\S]*unpackRegion/,
  );
});

test('a thread that ends is an error', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'doppel-'));
  const file = join(directory, 'broken.mjs');
  writeFileSync(file, 'throw new Error("broken at its start");');
  const service = new NodeRegionService(DEFAULT_FEATURES, pathToFileURL(file));
  const error = await failureOf(service);
  service.close();
  await rm(directory, { recursive: true });
  assert.match(String(error), /thread that compiles regions has ended: broken at its start/);
});
