// The ACPI power button reaches Linux: its driver tells a press as the key KEY_POWER, once for each press.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { controlMachine } from '../../src/host/node/automation.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;

test('Linux is told of the power button', { skip: noGuests() }, async () => {
  const modules = await fetchKernelModules('amd64', ['button', 'evdev']);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string) => (await guest.command(command, COMMAND_SECONDS)).output;
    assert.doesNotMatch(await run(modules.load), /fails/);
    await run('until grep -q "Power Button" /proc/bus/input/devices; do sleep 1; done');
    await run('sed -n "/Power Button/,/^$/p" /proc/bus/input/devices | grep -o "event[0-9]*" > /tmp/e');
    guest.type(
      'dd if=/dev/input/$(cat /tmp/e) bs=24 count=8 2>/dev/null | hexdump -v -e \'24/1 "%02x" "\\n"\' & sleep 1; echo rea"dy"\n',
    );
    await guest.waitFor(/^ready\r?\n/m, COMMAND_SECONDS);
    // Each press is down, report, up, report.
    for (let press = 0; press < 2; press++) {
      await controlMachine(guest.machine).perform({ action: 'power' });
      for (const pattern of ['010074000100000', '000000000000000', '010074000000000', '000000000000000']) {
        const line = await guest.waitFor(/[0-9a-f]{48}\r*\n/, COMMAND_SECONDS);
        assert.equal(line.match(/[0-9a-f]{48}/)![0].slice(32, 47), pattern);
      }
    }
    assert.match(await run('grep -i acpi /proc/interrupts'), /acpi/);
  } finally {
    await guest.stop();
  }
});
