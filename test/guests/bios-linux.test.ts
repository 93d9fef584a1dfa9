// Debian's 32-bit kernel, loaded from a CD under Doppel's own BIOS and under SeaBIOS, and told to ask the BIOS for everything: the MP table and
// the PCI BIOS by its 32-bit entry instead of ACPI and ports, a VBE mode set by the kernel's real-mode code with a console
// on it, and EDD.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { Boot } from '../../src/machine/vm/machine-options.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { noGuests } from '../guest/session.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from './packages.ts';

/** Milliseconds: generous, since the host may be shared. */
const WAIT = 300_000;
interface Firmware {
  readonly name: string;
  /** 800 x 600, 32 bits: 200h and the number that the firmware's VBE has for it. */
  readonly video: number;
  /** What Linux says of it. */
  readonly lines: readonly RegExp[];
}
const FIRMWARE: readonly Firmware[] = [
  {
    name: 'own BIOS',
    video: 0x342,
    lines: [
      /PCI: PCI BIOS revision 2\.10 entry at 0xfc260/,
      /MPTABLE: OEM ID: DOPPEL/,
      /vesafb: scrolling: ypan using protected mode interface/,
    ],
  },
  {
    name: 'SeaBIOS',
    video: 0x343,
    lines: [/PCI: PCI BIOS revision 2\.10 entry/, /MPTABLE: OEM ID: BOCHSCPU/],
  },
];
const REPORT = [
  'dmesg | grep -E "BIOS32|PCI BIOS|MPTABLE|vesafb|EDD|DMI:|Console: switching"',
  'readlink /sys/firmware/edd/int13_dev80/pci_dev; cat /sys/firmware/edd/int13_dev80/sectors',
  'cat /proc/bus/pci/devices | cut -c1-14',
];

const skip = noGuests() || missing([...CD_PACKAGES, 'seabios'], CD_TOOLS);

for (const { name, video, lines } of FIRMWARE)
  test(`Linux asks the BIOS: ${name}`, { skip }, async (t) => {
    const modules = await fetchKernelModules('686', ['edd']);
    const kernel = await fetchDebianKernel('686');
    const busybox = await fetchDebianBusybox('i386');
    const script = `#!/bin/sh\n${modules.load}\n${REPORT.join('\n')}\necho the end\n`;
    const initrd = buildBusyboxInitramfs(busybox.bytes, [
      ...modules.files,
      { kind: 'file', path: 'etc/rc', mode: 0o755, bytes: new TextEncoder().encode(script) },
    ]);
    const append = `console=tty0 console=ttyS0 no_timer_check acpi=off pci=bios edd=on vga=${video} video=vesafb:ypan`;
    const cd = await makeCd(
      `DEFAULT linux\nLABEL linux\n  KERNEL /vmlinuz\n  INITRD /initrd\n  APPEND ${append}\n`,
      [
        { path: 'vmlinuz', bytes: kernel.bytes },
        { path: 'initrd', bytes: initrd },
      ],
    );
    const roms = await packageFiles(['seabios'], /\/(bios-256k|vgabios-stdvga)\.bin$/);
    const own = name === 'own BIOS';
    const boot: Boot = own
      ? { media: ['cdrom'] }
      : { firmware: roms.get('bios-256k.bin')!, mediaOrder: ['cdrom'] };
    let output = '';
    let ended = (): void => {};
    const told = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const disk = new Uint8Array(4 << 20);
    disk.set([0x55, 0xaa], 510);
    const machine = new Machine({
      memory: 256 << 20,
      boot,
      storage: { cdrom: imageDisk(cd, { readOnly: true }), disks: [imageDisk(disk)] },
      display: own ? {} : { rom: roms.get('vgabios-stdvga.bin')! },
      serial: {
        write: (byte) => {
          output += String.fromCharCode(byte);
          if (byte === 10 && output.includes('the end\r\n')) ended();
        },
      },
      engine: (wires) => new JitVcpu(wires),
      host: nodeHost(),
    });
    const run = machine.run();
    t.after(async () => {
      machine.stop();
      await run;
      machine.close();
    });
    const timeout = new Promise((_, reject) =>
      setTimeout(() => reject(new Error(output.slice(-3000))), WAIT).unref(),
    );
    await Promise.race([told, timeout]);
    for (const line of [
      ...lines,
      /DMI: Doppel PC/,
      /vesafb: mode is 800x600x32/,
      /Console: switching to colour frame buffer device 100x37/,
      /BIOS EDD facility .* 1 devices found/,
      /\/0000:00:01\.1\r?\n8192\r?\n/,
      /^0009\t80867010/m,
    ]) {
      assert.match(output, line);
    }
    const frame = machine.screen!.frame();
    assert.deepEqual([frame.width, frame.height], [800, 600]);
    assert.ok(frame.pixels.some((pixel) => pixel !== 0));
  });
