// What every Debian kernel has to do in a guest: boot to a shell, run commands, pass the test program, power off.
// A file for each kernel calls this, so that they run beside each other.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import { architectureOf, fetchDebianBusybox } from '../../src/host/node/debian-packages.ts';
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
const BOOT = 400;
const COMMAND = 90;
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
      // Or the shell's line editor breaks what is typed into lines of 80.
      await guest.command('stty columns 400', COMMAND);
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

    test('computes on files as the host does', async () => {
      const sum = await guest.command('sha256sum /bin/busybox', COMMAND);
      const busybox = await fetchDebianBusybox(architectureOf(setup.kernel));
      assert.equal(sum.output.split(' ')[0], createHash('sha256').update(busybox.bytes).digest('hex'));
      const packed = await guest.command(
        'gzip -c /bin/busybox >/tmp/b.gz && gunzip -c /tmp/b.gz | cmp - /bin/busybox',
        COMMAND,
      );
      assert.deepEqual(packed, { output: '', status: 0 });
    });

    test('^C interrupts a program, the clock goes on', async () => {
      // What is typed before the shell has given the terminal to the program would be the shell's.
      guest.type("sh -c 'echo rea''dy; cat'\n");
      await guest.waitFor('ready', COMMAND);
      guest.type('mirror\n');
      await guest.waitFor(/mirror\r?\nmirror\r?\n/, COMMAND);
      guest.type('\x03');
      await guest.waitFor(PROMPT, COMMAND);
      const year = setup.time === 'deterministic' ? 2000 : new Date().getUTCFullYear();
      const { output } = await guest.command(
        'date -u +%Y; a=$(date +%s); sleep 2; echo $(($(date +%s) - a))',
        COMMAND,
      );
      const [now, passed] = output.trim().split(/\r?\n/);
      assert.equal(now, String(year));
      assert.ok(Number(passed) >= 2 && Number(passed) <= 4, output);
    });

    test('the kernel has nothing to complain about', async () => {
      const { output } = await guest.command(
        'dmesg | grep -E "BUG:|Oops|WARNING:|Call Trace|stall|Unknown NMI"',
        COMMAND,
      );
      assert.equal(output, '');
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
