// The beginning of a boot of Debian's amd64 kernel on the interpreter and on the translator, which have to agree on
// registers every million instructions and on RAM every few. With DOPPEL_LOCKSTEP_ALL=1 whole boots of all three
// kernels to the shell and through a command to power-off, with the translator's usual thresholds and with low ones;
// tools/lockstep.ts does the same by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOOT_ENGINES } from '../../engines.ts';
import { noGuests } from '../../guest/session.ts';
import { bootLockstep } from './boot.ts';
import { debianPair } from './debian.ts';

const ALL = process.env.DOPPEL_LOCKSTEP_ALL === '1';
const MILLION = 1_000_000;

for (const engine of ALL ? BOOT_ENGINES : BOOT_ENGINES.slice(0, 1)) {
  for (const kernel of ALL ? (['amd64', '686', '686-pae'] as const) : (['amd64'] as const)) {
    test(`${engine} boots ${kernel} as the interpreter does`, { skip: noGuests() }, async (t) => {
      const { retired, ended, report } = await bootLockstep({
        make: debianPair(kernel, 'interp', engine),
        step: MILLION,
        ramEvery: ALL ? 10 : 50,
        until: ALL ? 20_000 * MILLION : 300 * MILLION,
        command: 'uname -a; poweroff',
        say: (line) => t.diagnostic(line),
      });
      assert.deepEqual(report, []);
      if (ALL) assert.ok(ended, `no end after ${retired} instructions`);
    });
  }
}
