// Boot loaders from Debian packages under Doppel's own BIOS, from CD, diskette and hard disk: what their screens say,
// and that they answer to keys.
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { noGuests } from './session.ts';

const MIB = 2 ** 20;
/** Milliseconds: generous, since the machine may be shared. */
const WAIT = 120_000;
const FLOPPY_BYTES = 1_474_560;

describe('boot media', { skip: noGuests() }, () => {
  const images = new Map<string, Uint8Array>();

  before(async () => {
    for (const [name, wanted] of [
      ['grub-rescue-pc', /\/grub-rescue-(cdrom\.iso|floppy\.img)$/],
      ['ipxe', /\/ipxe\.iso$/],
    ] as const) {
      for await (const member of readDebianPackage(fetchDebianPackage(name, 'amd64'), (path) =>
        wanted.test(path),
      )) {
        if (member.kind === 'file') images.set(member.path.split('/').at(-1)!, member.bytes);
      }
    }
  });

  function start(t: TestContext, storage: StorageOptions): Machine {
    const machine = new Machine({
      memory: 64 * MIB,
      boot: { media: ['floppy', 'cdrom', 'disk'] },
      storage,
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
    return machine;
  }
  const image = (name: string, size = 0) => {
    const bytes = images.get(name)!;
    const padded = new Uint8Array(Math.max(bytes.length, size));
    padded.set(bytes);
    return imageDisk(padded, { name });
  };

  const grub: readonly (readonly [string, () => StorageOptions, RegExp])[] = [
    ['a CD', () => ({ cdrom: image('grub-rescue-cdrom.iso') }), /\(cd\)/],
    ['a CD on AHCI', () => ({ cdrom: image('grub-rescue-cdrom.iso'), cdromBus: 'ahci' }), /\(cd\)/],
    ['a hard disk', () => ({ disks: [image('grub-rescue-cdrom.iso')] }), /\(hd0\)/],
    ['a diskette', () => ({ floppies: [image('grub-rescue-floppy.img', FLOPPY_BYTES)] }), /\(fd0\)/],
  ];
  for (const [from, storage, sees] of grub) {
    test(`GRUB from ${from} shows its menu and takes commands`, async (t) => {
      const machine = start(t, storage());
      await waitForScreenText(machine, /\*GNU\/Linux/, WAIT);
      await machine.type('c');
      await waitForScreenText(machine, 'grub>', WAIT);
      await machine.type('ls\n');
      await waitForScreenText(machine, sees, WAIT);
      await machine.type('lsmmap\n');
      await waitForScreenText(machine, /base_addr = 0x100000, length = 0x3f00000, available/, WAIT);
    });
  }

  test('GRUB from a hard disk on AHCI, and with its own driver for the adapter', async (t) => {
    const machine = start(t, { disks: [{ medium: image('grub-rescue-cdrom.iso'), bus: 'ahci' }] });
    await waitForScreenText(machine, /\*GNU\/Linux/, WAIT);
    await machine.type('c');
    await waitForScreenText(machine, 'grub>', WAIT);
    await machine.type('ls\n');
    await waitForScreenText(machine, /\(hd0\)/, WAIT);
    await machine.type('insmod ahci\n');
    await machine.type('ls (ahci0)/\n');
    await waitForScreenText(machine, /boot\.catalog/, WAIT);
  });

  test('ISOLINUX from a CD loads iPXE', async (t) => {
    const machine = start(t, { cdrom: image('ipxe.iso') });
    await waitForScreenText(machine, /iPXE initialising devices/, WAIT);
    const { lines } = machine.screen!.text()!;
    assert.ok(
      lines.some((line) => line.startsWith('ISOLINUX')),
      lines.join('\n'),
    );
  });
});
