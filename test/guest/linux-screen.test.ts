// Debian's kernel with its console on the VGA's text screen: it finds the adapter and the keyboard; what
// is typed comes to the shell, and the screen scrolls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { noGuests } from './session.ts';

const BOOT_TIME = 120_000;
const WAIT = 30_000;

test('Linux on the text screen', { skip: noGuests() }, async (t) => {
  const kernel = await fetchDebianKernel('amd64');
  const busybox = await fetchDebianBusybox('amd64');
  const machine = new Machine({
    memory: 256 * 2 ** 20,
    boot: {
      kernel: kernel.bytes,
      commandLine: 'console=tty0 quiet',
      modules: [{ bytes: buildBusyboxInitramfs(busybox.bytes) }],
    },
    display: {},
    time: 'deterministic',
    serial: { write() {} },
    engine: (wires) => new JitVcpu(wires),
    host: nodeHost(),
  });
  const ended = machine.run();
  t.after(async () => {
    machine.stop();
    await ended;
    machine.close();
  });

  await waitForScreenText(machine, /^doppel:~#$/m, BOOT_TIME);
  await machine.type('clear; dmesg | grep -o "Console: .*" | tail -1; echo "It works: $((6*7)) [ok] {~}"\n');
  const says = await waitForScreenText(machine, /^It works: 42 \[ok\] \{~\}$/m, WAIT);
  assert.match(says, /Console: colour VGA\+ 80x25/);

  // More lines than the screen has: it scrolls, by the start address.
  await machine.type('clear; seq 1000\n');
  const scrolled = await waitForScreenText(machine, /^1000\ndoppel:~#$/m, WAIT);
  assert.match(scrolled, /^980\n981\n/m);

  await machine.type('clear; grep -h ^N: /proc/bus/input/devices\n');
  await waitForScreenText(machine, /^N: Name="AT Translated Set 2 keyboard"$/m, WAIT);
});
