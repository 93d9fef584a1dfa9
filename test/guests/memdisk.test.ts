// MEMDISK (package syslinux-common), loaded by ISOLINUX from a CD, puts itself between the BIOS and a program that boots
// from a diskette in memory: GRUB's rescue diskette comes up from it, under Doppel's own BIOS and under SeaBIOS.
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { Boot } from '../../src/machine/vm/machine-options.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from './packages.ts';

/** Milliseconds: generous, since the host may be shared. */
const WAIT = 180_000;
const FLOPPY_BYTES = 1_474_560;
const PACKAGES = [...CD_PACKAGES, 'grub-rescue-pc', 'seabios'];

for (const firmware of ['own BIOS', 'SeaBIOS'] as const) {
  test(`MEMDISK boots a diskette image: ${firmware}`, { skip: missing(PACKAGES, CD_TOOLS) }, async (t) => {
    const files = await packageFiles(
      PACKAGES,
      /\/(syslinux\/memdisk|grub-rescue-floppy\.img|bios-256k\.bin|vgabios-stdvga\.bin)$/,
    );
    const floppy = new Uint8Array(FLOPPY_BYTES);
    floppy.set(files.get('grub-rescue-floppy.img')!);
    const cd = await makeCd('DEFAULT floppy\nLABEL floppy\n  KERNEL /memdisk\n  INITRD /floppy.img\n', [
      { path: 'memdisk', bytes: files.get('memdisk')! },
      { path: 'floppy.img', bytes: floppy },
    ]);
    const own = firmware === 'own BIOS';
    const boot: Boot = own
      ? { media: ['cdrom'] }
      : { firmware: files.get('bios-256k.bin')!, mediaOrder: ['cdrom'] };
    const machine = new Machine({
      memory: 64 << 20,
      boot,
      storage: { cdrom: imageDisk(cd, { readOnly: true }) },
      display: own ? {} : { rom: files.get('vgabios-stdvga.bin')! },
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
    await waitForScreenText(machine, /\*GNU\/Linux/, WAIT);
    await machine.type('c');
    await waitForScreenText(machine, 'grub>', WAIT);
    await machine.type('ls\n');
    await waitForScreenText(machine, /\(fd0\)/, WAIT);
  });
}
