// Kernels that attack the machine (hostile.ts): nothing they do throws, stops the run from getting on, or takes memory
// without end. HOSTILE_SEED begins elsewhere, HOSTILE_COUNT runs more of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { hostileKernel } from './hostile.ts';

const FIRST_SEED = Number(process.env.HOSTILE_SEED ?? 1);
const COUNT = Number(process.env.HOSTILE_COUNT ?? 25);
const INSTRUCTIONS = 200_000;
const SLICE = 20_000;

/** Runs one; answers how many instructions it had before it ended or slept. */
function run(seed: number): number {
  const machine = new Machine({
    memory: 8 << 20,
    boot: { kernel: hostileKernel(seed), commandLine: '', modules: [] },
    serial: { write: () => {} },
    storage: { disks: [emptyMemoryDisk(4096), { medium: emptyMemoryDisk(4096), bus: 'ahci' }] },
    time: 'deterministic',
    host: nodeHost(),
  });
  const { vcpu } = machine;
  for (let slice = 0; slice < 1000 && vcpu.retired < INSTRUCTIONS; slice++) {
    const before = vcpu.retired;
    const exit = machine.step(SLICE);
    assert.ok(vcpu.retired <= before + SLICE, 'more instructions than allowed');
    if (exit.reason === 'Shutdown') break;
    if (exit.reason === 'Hlt' && machine.idle() > 0) break;
  }
  return vcpu.retired;
}

test(`${COUNT} hostile kernels`, () => {
  let total = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
    try {
      total += run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.ok(total > (COUNT * INSTRUCTIONS) / 4, `they hardly ran: ${total} instructions`);
  assert.ok(process.memoryUsage().rss < 2 ** 30, 'a gigabyte of host memory');
});
