// Hot code that changes and is interrupted, in a Debian guest on each engine: the stress part of the test program
// (programs/stress-*.c), which program.test.ts runs on the host too. In the normal run both builds of it on the
// translator as a user gets it; with DOPPEL_STRESS_ALL=1 on the interpreter and on a translator that works early too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EngineName, makeEngine } from '../engines.ts';
import { buildProgram, noCompiler, parseReport } from './build.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const ALL = process.env.DOPPEL_STRESS_ALL === '1';
const ENGINES: readonly EngineName[] = ALL ? ['interp', 'jit-default', 'jit-low'] : ['jit-default'];
/** Host seconds: generous, since the machine may be shared. */
const PATIENCE = 400;

for (const engine of ENGINES) {
  test(`hot code that changes and is interrupted, on ${engine}`, {
    skip: noGuests() || noCompiler(),
  }, async (t) => {
    const guest = await GuestSession.boot({
      kernel: 'amd64',
      engine: (wires) => makeEngine(engine, wires),
      files: (['amd64', 'i386'] as const).map((target) => ({
        kind: 'file',
        path: `bin/test-${target}`,
        mode: 0o755,
        bytes: buildProgram(target),
      })),
    });
    try {
      await guest.waitFor(PROMPT, PATIENCE);
      for (const target of ['amd64', 'i386'] as const) {
        const started = performance.now();
        const { output } = await guest.command(`test-${target} stress`, PATIENCE);
        t.diagnostic(`${target}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
        const report = parseReport(output);
        assert.deepEqual(report.failed, []);
        assert.ok(report.complete, output.slice(-500));
        assert.deepEqual(report.skipped, []);
        assert.ok(report.passed.length >= 16, `${report.passed.length} tests passed`);
      }
    } finally {
      await guest.stop();
    }
  });
}
