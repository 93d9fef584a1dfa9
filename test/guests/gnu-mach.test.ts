// GNU Mach (Debian package gnumach-image-1.8-486), a kernel with drivers of its own for IDE, AHCI, diskettes, the PIT and the
// serial port: booted without firmware as a Multiboot kernel, and by ISOLINUX from a CD under Doppel's BIOS. A task of ours (its
// bootstrap module) then reads the disks by the kernel's device protocol.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { Boot } from '../../src/machine/vm/machine-options.ts';
import { buildBare, noCompiler } from '../guest/build.ts';
import { GuestSession } from '../guest/session.ts';
import { CD_PACKAGES, CD_TOOLS, makeCd, missing, packageFiles, packageMembers } from './packages.ts';

/** Seconds: generous, since the host may be shared. */
const WAIT = 300;
const PACKAGES = ['gnumach-image-1.8-486'];
const COMMAND_LINE = 'console=com0';
// biome-ignore lint/suspicious/noTemplateCurlyInString: what the kernel puts in.
const TASK = 'task ${host-port} ${device-port} $(task-create) $(task-resume)';

/** A disk of 64 MiB with one partition and this text in sector 1. */
function disk(text: string): Uint8Array {
  const bytes = new Uint8Array(64 << 20);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 1, 1, 0, 0x83, 0xfe, 0x3f, 7], 446);
  view.setUint32(446 + 8, 63, true);
  view.setUint32(446 + 12, 40_000, true);
  bytes.set([0x55, 0xaa], 510);
  bytes.set(new TextEncoder().encode(`${text}\n`), 512);
  return bytes;
}

async function kernel(): Promise<Uint8Array> {
  const [packed] = await packageMembers(PACKAGES, /^\/?boot\/gnumach-[\d.]+-486\.gz$/, 'i386');
  return gunzipSync(packed!.bytes);
}

const skip = noCompiler() || missing(PACKAGES, [], 'i386') || missing([...CD_PACKAGES], CD_TOOLS);

const WAYS: Readonly<Record<string, () => Promise<{ boot: Boot; cd?: Uint8Array }>>> = {
  'without firmware': async () => ({
    boot: {
      kernel: await kernel(),
      kernelName: 'gnumach',
      commandLine: COMMAND_LINE,
      modules: [{ bytes: buildBare('mach-task.s', 'task'), commandLine: TASK }],
    },
  }),
  'from a CD': async () => {
    const loader = await packageFiles(CD_PACKAGES, /\/modules\/bios\/(mboot|libcom32)\.c32$/);
    const cd = await makeCd(
      `DEFAULT mach\nLABEL mach\n  KERNEL mboot.c32\n  APPEND /gnumach ${COMMAND_LINE} --- /task ${TASK}\n`,
      [
        { path: 'gnumach', bytes: await kernel() },
        { path: 'task', bytes: buildBare('mach-task.s', 'task') },
        ...[...loader].map(([name, bytes]) => ({ path: `isolinux/${name}`, bytes })),
      ],
    );
    return { boot: { media: ['cdrom'] }, cd };
  },
};

for (const [way, make] of Object.entries(WAYS)) {
  test(`GNU Mach and a task of its, ${way}`, { skip }, async (t) => {
    const { boot, cd } = await make();
    const guest = await GuestSession.start(
      (serial) =>
        new Machine({
          memory: 128 << 20,
          boot,
          storage: {
            disks: [
              imageDisk(disk('a disk on IDE')),
              { medium: imageDisk(disk('a disk on AHCI')), bus: 'ahci' },
            ],
            cdrom: cd === undefined ? null : imageDisk(cd, { readOnly: true }),
            floppies: [imageDisk(new Uint8Array(1_474_560))],
          },
          display: {},
          serial: { write: serial },
          engine: (wires) => new JitVcpu(wires),
          host: nodeHost(),
        }),
    );
    t.after(async () => {
      await guest.stop();
      guest.machine.close();
    });
    const probed = (await guest.waitFor(/RTC time is \d{4}-\d\d-\d\d /, WAIT)).replaceAll('\r', '');
    for (const line of [
      /^GNU Mach 1\.8/m,
      /^AHCI SATA 00:1f\.0 BAR 0x[0-9a-f]+ IRQ \d+\nsd0: Doppel disk, 64MB/m,
      /^hd0: Doppel disk, 64MB .*, CHS=130\/16\/63, DMA/m,
      /^hd2: Doppel CD-ROM, ATAPI CDROM drive/m,
      /^Floppy drive\(s\): fd0 is 1\.44M\n(intnull\(6\)\n)?FDC 0 is a post-1991 82077/m,
      /^ sd0: sd0s1$/m,
      /^ hd0: .*hd0s1$/m,
    ]) {
      assert.match(probed, line);
    }
    if (way === 'from a CD') assert.match(probed, /PCI BIOS revision 2\.10 entry/);
    const said = (await guest.waitFor('the task has read the disks', WAIT)).replaceAll('\r', '');
    assert.match(said, /the task runs\na disk on IDE\na disk on AHCI\n/);
  });
}
