// What every Debian kernel has to do in a guest: boot to a shell, run commands, pass the test program, power off.
// A file for each kernel calls this, so that they run beside each other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import { buildProgram, noCompiler, type ProgramTarget, parseReport } from './build.ts';
import { GuestSession, type GuestSetup, noGuests, PROMPT } from './session.ts';

export interface SystemTest extends GuestSetup {
  /** What `uname -m` says. */
  readonly machine: string;
  readonly programs: readonly ProgramTarget[];
  /** Tests of the program that this kernel may skip. */
  readonly maySkip?: readonly string[];
}

/** Host seconds: generous, since the machine may be shared. */
const BOOT = 240;
const COMMAND = 60;
const PROGRAM = 240;

export function testSystem(setup: SystemTest): void {
  describe(`Debian's ${setup.kernel} kernel`, { skip: noGuests() }, () => {
    let guest: GuestSession;

    before(async () => {
      const programs = noCompiler()
        ? []
        : setup.programs.map(
            (target): CpioEntry => ({
              kind: 'file',
              path: `bin/test-${target}`,
              mode: 0o755,
              bytes: buildProgram(target),
            }),
          );
      guest = await GuestSession.boot({ ...setup, files: programs });
    });
    after(async () => {
      await guest?.stop();
    });

    test('boots to a shell', async () => {
      await guest.waitFor(PROMPT, BOOT);
    });

    test('runs commands typed on the serial line', async () => {
      const { output, status } = await guest.command('uname -m', COMMAND);
      assert.equal(status, 0);
      assert.equal(output.trim(), setup.machine);
      const sum = await guest.command('seq 1 100 | awk "{ s += \\$1 } END { print s }"', COMMAND);
      assert.equal(sum.output.trim(), '5050');
      const failed = await guest.command('ls /nowhere', COMMAND);
      assert.equal(failed.status, 1);
    });

    for (const target of setup.programs) {
      test(`the ${target} test program passes`, { skip: noCompiler() }, async () => {
        const { output } = await guest.command(`test-${target}`, PROGRAM);
        const report = parseReport(output);
        const allowed = new Set(setup.maySkip);
        assert.deepEqual(report.failed, []);
        assert.ok(report.complete, output.slice(-500));
        assert.deepEqual(
          report.skipped.filter((line) => !allowed.has(line.split(' ')[0]!)),
          [],
        );
        assert.ok(report.passed.length > 70, `${report.passed.length} tests passed`);
      });
    }

    test('the kernel has nothing to complain about', async () => {
      const { output } = await guest.command(
        'dmesg | grep -iE "BUG|Oops|WARNING|traps?:|call trace|stall|unhandled" | head -20',
        COMMAND,
      );
      // The test program's own deadly signals are reported, which is as it should be.
      const complaints = output
        .split('\n')
        .filter((line) => /BUG|Oops|WARNING:|Call Trace|stall/i.test(line));
      assert.deepEqual(complaints, []);
    });

    test('powers off', async () => {
      guest.type('poweroff\n');
      const end = await Promise.race([
        guest.ended,
        new Promise<'timeout'>((resolve) => setTimeout(() => resolve('timeout'), COMMAND * 1000).unref()),
      ]);
      assert.deepEqual(end, { reason: 'power-off' });
    });
  });
}
