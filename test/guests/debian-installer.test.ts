// Debian's own installers (debian-installer-12-netboot-amd64 and -i386) from a CD, under Doppel's BIOS: ISOLINUX loads kernel
// and initrd, and the installer comes to its first question, the language; the keyboard answers it. The text frontend once
// on the VGA's text screen and once as Debian's own menu starts it, on a framebuffer; the graphical frontend is an X server
// with GTK. What stands in pictures is read by OCR.
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import type { KeyCode } from '../../src/backend/input/keys.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { hostClock, nodeHost } from '../../src/host/node/platform.ts';
import { regionServiceOfHost } from '../../src/host/node/region-service.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles } from './packages.ts';
import { READING_TOOLS, waitForPictureText } from './picture-text.ts';

/** Milliseconds: a quiet host takes one minute. */
const WAIT = 900_000;
/** With less than 750 MiB the installer does without languages. */
const MEMORY = 2 ** 30;

interface Installer {
  readonly name: string;
  readonly architecture: 'amd64' | 'i386';
  readonly frontend: 'text' | 'gtk';
  /** Of the kernel's command line. */
  readonly words: string;
  /** Lines from English, which is chosen, down to French. */
  readonly toFrench: number;
  /** Waits for words on the screen. */
  readonly says: (machine: Machine, wanted: RegExp, milliseconds: number) => Promise<string>;
}

/** What Debian's own boot menu gives the kernel. */
const AS_DEBIAN_DOES = 'vga=788 --- quiet';

const installers: readonly Installer[] = [
  {
    name: 'amd64, text on a text screen',
    architecture: 'amd64',
    frontend: 'text',
    words: 'vga=normal nomodeset fb=false --- quiet',
    toFrench: 2,
    says: waitForScreenText,
  },
  {
    name: 'i386, text on a framebuffer',
    architecture: 'i386',
    frontend: 'text',
    words: AS_DEBIAN_DOES,
    toFrench: 4,
    says: waitForPictureText,
  },
  ...(['amd64', 'i386'] as const).map(
    (architecture): Installer => ({
      name: `${architecture}, graphical`,
      architecture,
      frontend: 'gtk',
      words: AS_DEBIAN_DOES,
      toFrench: 4,
      says: waitForPictureText,
    }),
  ),
];

for (const { name, architecture, frontend, words, toFrench, says } of installers) {
  const packageName = `debian-installer-12-netboot-${architecture}`;
  const tools = [...CD_TOOLS, ...(says === waitForPictureText ? READING_TOOLS : [])];
  const skip = missing([...CD_PACKAGES, packageName], tools);
  test(`the installer asks for the language: ${name}`, { skip }, async (t) => {
    const folder = `images/12/${architecture}/${frontend}/debian-installer/${architecture}`;
    const files = await packageFiles([packageName], new RegExp(`/${folder}/(linux|initrd\\.gz)$`));
    const cd = await makeCd(
      `DEFAULT install\nLABEL install\n  KERNEL /linux\n  APPEND initrd=/initrd.gz ${words}\n`,
      [...files].map(([path, bytes]) => ({ path, bytes })),
    );
    const service = regionServiceOfHost();
    const machine = new Machine({
      memory: MEMORY,
      boot: { media: ['cdrom'] },
      storage: { cdrom: imageDisk(cd, { readOnly: true }) },
      display: {},
      serial: { write() {} },
      engine: (wires) => new JitVcpu(wires, { clock: hostClock, ...(service && { service }) }),
      host: nodeHost(),
      reboot: 'end',
    });
    const ended = machine.run();
    t.after(async () => {
      machine.stop();
      await ended;
      machine.close();
    });
    const press = (code: KeyCode) =>
      machine.pressKeys([
        { code, pressed: true },
        { code, pressed: false },
      ]);
    await says(machine, /Select a language[\s\S]*Finnish[\s\S]*French/, WAIT);
    for (let i = 0; i < toFrench; i++) await press('ArrowDown');
    await press('Enter');
    await says(machine, /Choix de votre situation/, WAIT);
  });
}
