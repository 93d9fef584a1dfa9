// Stretches of the boot of Debian's amd64 kernel: the interpreter and the reference engine agree on all
// registers and all of memory. In the normal run the beginning (real work: page tables, decompression); with
// DOPPEL_LOCKSTEP_ALL=1 the boots of all three kernels until they miss their root file system.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchDebianKernel } from '../../../src/host/node/debian-packages.ts';
import { noGuests } from '../../guest/session.ts';
import { lockstep } from './lockstep.ts';

const ALL = process.env.DOPPEL_LOCKSTEP_ALL === '1';
const MILLION = 1_000_000;

for (const kernel of ALL ? (['amd64', '686', '686-pae'] as const) : (['amd64'] as const)) {
  test(`engines agree in lockstep on ${kernel}`, { skip: noGuests() }, async (t) => {
    const starts = ALL
      ? Array.from({ length: 70 }, (_, i) => (10 + 100 * i) * MILLION)
      : [0, 20 * MILLION, 60 * MILLION];
    const problem = lockstep({
      kernel: (await fetchDebianKernel(kernel)).bytes,
      commandLine: 'console=ttyS0 nokaslr',
      memory: 128 << 20,
      starts,
      length: ALL ? 100_000 : 30_000,
      step: 5000,
      say: (line) => t.diagnostic(line),
    });
    assert.equal(problem, null);
  });
}
