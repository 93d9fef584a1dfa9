// Linux restarts the machine in each of the ways that it knows, and comes up again from the CD each time: by the register
// that ACPI names, the keyboard controller, port CF9h, a triple fault, and a jump to the BIOS's entry without any reset.
// Under Doppel's own BIOS and under SeaBIOS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from './packages.ts';

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 60;
/** As Linux calls them in /sys/kernel/reboot/type; pci is port CF9h. */
const WAYS = ['acpi', 'kbd', 'pci', 'triple', 'bios'];

for (const firmware of ['own BIOS', 'SeaBIOS'] as const) {
  test(`Linux restarts: ${firmware}`, { skip: missing([...CD_PACKAGES, 'seabios'], CD_TOOLS) }, async (t) => {
    const own = firmware === 'own BIOS';
    const roms = await packageFiles(['seabios'], /\/(bios-256k|vgabios-stdvga)\.bin$/);
    const kernel = await fetchDebianKernel('amd64');
    const busybox = await fetchDebianBusybox('amd64');
    const cd = await makeCd(
      'DEFAULT linux\nLABEL linux\n  KERNEL /vmlinuz\n  INITRD /initrd\n  APPEND console=ttyS0 quiet no_timer_check\n',
      [
        { path: 'vmlinuz', bytes: kernel.bytes },
        { path: 'initrd', bytes: buildBusyboxInitramfs(busybox.bytes) },
      ],
    );
    const guest = await GuestSession.start(
      (serial) =>
        new Machine({
          memory: 128 * 2 ** 20,
          boot: own ? { media: ['cdrom'] } : { firmware: roms.get('bios-256k.bin')!, mediaOrder: ['cdrom'] },
          storage: { cdrom: imageDisk(cd, { readOnly: true }) },
          display: own ? {} : { rom: roms.get('vgabios-stdvga.bin')! },
          serial: { write: serial },
          engine: (wires) => new JitVcpu(wires),
          host: nodeHost(),
        }),
    );
    t.after(() => guest.stop());
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    for (const way of WAYS) {
      const chosen = await guest.command(
        `echo 1 > /sys/kernel/reboot/force; echo ${way} > /sys/kernel/reboot/type; cat /sys/kernel/reboot/type`,
        COMMAND_SECONDS,
      );
      assert.match(chosen.output, new RegExp(`^${way}`, 'm'));
      guest.type('reboot -f\n');
      await guest.waitFor('reboot: Restarting system', COMMAND_SECONDS);
      await guest.waitFor(PROMPT, BOOT_SECONDS);
      console.log(`up again after a restart by ${way}`);
    }
    guest.type('poweroff\n');
    assert.deepEqual(await guest.ended, { reason: 'power-off' });
    guest.machine.close();
  });
}
