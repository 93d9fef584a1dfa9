// GRUB 0.97 (Debian package grub-legacy) from a diskette under Doppel's BIOS: its shell asks the BIOS for the geometry of a
// diskette and of a disk, and reads the disk's partition table.
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { missing, packageFiles } from './packages.ts';

/** Milliseconds: generous, since the host may be shared. */
const WAIT = 180_000;
const FLOPPY_BYTES = 1_474_560;
const PACKAGES = ['grub-legacy'];

/** 64 MiB with one partition of Linux's. */
function disk(): Uint8Array {
  const bytes = new Uint8Array(64 << 20);
  bytes.set([0, 1, 1, 0, 0x83, 0x0f, 0x3f, 0x7f], 446);
  const view = new DataView(bytes.buffer);
  view.setUint32(446 + 8, 63, true);
  view.setUint32(446 + 12, 128 * 16 * 63 - 63, true);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

test('GRUB 0.97 reads a disk', { skip: missing(PACKAGES) }, async (t) => {
  const files = await packageFiles(PACKAGES, /\/x86_64-pc\/(stage1|stage2)$/);
  const floppy = new Uint8Array(FLOPPY_BYTES);
  // The first stage finds the second in the sectors that follow.
  floppy.set(files.get('stage1')!);
  floppy.set(files.get('stage2')!, files.get('stage1')!.length);
  const machine = new Machine({
    memory: 64 << 20,
    boot: { media: ['floppy'] },
    storage: { floppies: [imageDisk(floppy)], disks: [imageDisk(disk())] },
    display: {},
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
  await waitForScreenText(machine, /GNU GRUB +version 0\.97 +\(639K lower \/ 64512K upper memory\)/, WAIT);
  await waitForScreenText(machine, 'grub>', WAIT);
  await machine.type('geometry (fd0)\n');
  await waitForScreenText(machine, 'drive 0x0: C/H/S = 80/2/18', WAIT);
  await machine.type('geometry (hd0)\n');
  await waitForScreenText(machine, /drive 0x80: .*The number of sectors = 131072/, WAIT);
  await waitForScreenText(machine, /Partition num: 0, .*partition type 0x83/, WAIT);
});
