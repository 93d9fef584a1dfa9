// An installation, end to end: a machine starts from a CD, whose installer partitions an empty disk, makes a file system,
// copies a system, installs GRUB and restarts; the machine comes up from the disk. Then another machine is made around the
// same image file, and finds everything that the first one wrote. Under Doppel's own BIOS with the drives on IDE, and under
// SeaBIOS with the drives on AHCI.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { createRawDisk, openFileDisk } from '../../src/host/node/file-disk.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { BootOrder } from '../../src/machine/pc/own-bios.ts';
import type { StorageBus, StorageOptions } from '../../src/machine/pc/storage.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { checkPartition } from './host-tools.ts';
import { buildInstallationCd, INSTALLER_PACKAGES } from './installer.ts';
import { CD_TOOLS, missing, packageFiles } from './packages.ts';

/** Seconds: generous, since the host may be shared. An installation takes some 30 on a quiet one. */
const INSTALL_SECONDS = 600;
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 60;
const DISK_BYTES = 256 * 2 ** 20;

const skip = missing([...INSTALLER_PACKAGES, 'seabios'], CD_TOOLS);

describe('an installation', { skip }, () => {
  let folder: string;
  let cd: string;
  let roms: ReadonlyMap<string, Uint8Array>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doppel-install-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    cd = join(folder, 'install.iso');
    writeFileSync(cd, await buildInstallationCd());
    roms = await packageFiles(['seabios'], /\/(bios-256k|vgabios-stdvga)\.bin$/);
  });

  for (const [firmware, bus] of [
    ['own BIOS', 'ide'],
    ['SeaBIOS', 'ahci'],
  ] as const) {
    test(`from CD to disk: ${firmware}, ${bus}`, async (t) => {
      const image = join(folder, `${firmware}.img`);
      createRawDisk(image, DISK_BYTES);

      const machine = (storage: StorageOptions, order: BootOrder) => (serial: (byte: number) => void) => {
        const own = firmware === 'own BIOS';
        return new Machine({
          memory: 256 * 2 ** 20,
          boot: own ? { media: order } : { firmware: roms.get('bios-256k.bin')!, mediaOrder: order },
          storage,
          display: own ? {} : { rom: roms.get('vgabios-stdvga.bin')! },
          serial: { write: serial },
          engine: (wires) => new JitVcpu(wires),
          host: nodeHost(),
        });
      };

      // The first machine: CD first, until the installer opens the tray.
      await use(t, bus, image, cd, async (storage) => {
        const guest = await GuestSession.start(machine(storage, ['cdrom', 'disk']));
        t.after(() => guest.stop());
        await guest.waitFor('installer: installing GRUB', INSTALL_SECONDS);
        console.log('the disk is partitioned and the system copied');
        await guest.waitFor('Installation finished. No error reported.', INSTALL_SECONDS);
        await guest.waitFor(/installer: done, restarting\r?\n/, INSTALL_SECONDS);
        console.log('installed, restarting');
        const said = await guest.waitFor(/The system is up from the disk: .*start \d+\r?\n/, BOOT_SECONDS);
        console.log('up from the disk');
        assert.match(said, /\/dev\/sda1 \/ ext4 rw.*start 1\r?\n$/);
        await waitForScreenText(
          guest.machine,
          /The system is up from the disk: \/dev\/sda1 \/ ext4/,
          BOOT_SECONDS * 1000,
        );
        await guest.waitFor(PROMPT, BOOT_SECONDS);
        await run(guest, 'echo written by the first machine > /root/note');
        await turnOff(guest);
      });
      checkPartition(image, 2048 * 512);

      // Another one, with nothing but the image.
      await use(t, bus, image, undefined, async (storage) => {
        const guest = await GuestSession.start(machine(storage, ['disk']));
        t.after(() => guest.stop());
        await guest.waitFor(/up from the disk: .*start 2\r?\n/, BOOT_SECONDS);
        await guest.waitFor(PROMPT, BOOT_SECONDS);
        assert.match(await run(guest, 'cat /root/note'), /written by the first machine/);
        assert.match(await run(guest, 'grep -v -e /var/ /var/sums | md5sum -c'), /\.\/boot\/vmlinuz: OK/);
        await turnOff(guest);
      });
      checkPartition(image, 2048 * 512);
    });
  }
});

/** Has the image, and a CD, in drives while `body` runs. */
async function use(
  t: TestContext,
  bus: StorageBus,
  image: string,
  cd: string | undefined,
  body: (storage: StorageOptions) => Promise<void>,
): Promise<void> {
  const report = (message: string) => t.diagnostic(message);
  const disk = openFileDisk(image, { report });
  const disc = cd === undefined ? undefined : openFileDisk(cd, { readOnly: true, report });
  try {
    await body({ disks: [{ medium: disk, bus }], ...(disc && { cdrom: disc, cdromBus: bus }) });
  } finally {
    disk.close();
    disc?.close();
  }
}

async function run(guest: GuestSession, command: string): Promise<string> {
  const { output, status } = await guest.command(command, COMMAND_SECONDS);
  assert.equal(status, 0, `${command}: ${output}`);
  return output;
}

async function turnOff(guest: GuestSession): Promise<void> {
  guest.type('poweroff\n');
  assert.deepEqual(await guest.ended, { reason: 'power-off' });
  guest.machine.close();
}
