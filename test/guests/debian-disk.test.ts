// Debian 12 on a disk made by debootstrap: Doppel's own BIOS starts GRUB, GRUB the kernel, and systemd comes up to a login
// on the screen and on the serial line. Root logs in, nothing has failed, and the machine is powered off through ACPI.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlayDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { openFileDisk } from '../../src/host/node/file-disk.ts';
import { hostClock, nodeHost } from '../../src/host/node/platform.ts';
import { regionServiceOfHost } from '../../src/host/node/region-service.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession } from '../guest/session.ts';
import { debianDisk, HOST_NAME, noDebianDisk, ROOT_PASSWORD } from './debian-disk.ts';

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 900;
const COMMAND_SECONDS = 120;
/** Milliseconds for all of it. */
const LIMIT = 3_600_000;
const LOGIN_PROMPT = new RegExp(`root@${HOST_NAME}:~# `);
/** Of dash. */
const PROMPT = /(^|[\r\n])# $/;

test('Debian on a disk boots to login under systemd, and is powered off', {
  skip: noDebianDisk(),
  timeout: LIMIT,
}, async (t) => {
  const image = openFileDisk(debianDisk(), { readOnly: true });
  t.after(() => image.close());
  const service = regionServiceOfHost();
  const guest = await GuestSession.start(
    (serial) =>
      new Machine({
        memory: 512 * 2 ** 20,
        boot: { media: ['disk'] },
        storage: { disks: [overlayDisk(image)] },
        display: {},
        serial: { write: serial },
        engine: (wires) => new JitVcpu(wires, { clock: hostClock, ...(service && { service }) }),
        host: nodeHost(),
        reboot: 'end',
      }),
  );
  t.after(async () => {
    await guest.stop();
    guest.machine.close();
  });
  const { machine } = guest;
  await waitForScreenText(machine, /GNU GRUB {2}version 2/, BOOT_SECONDS * 1000);
  await guest.waitFor(`${HOST_NAME} login: `, BOOT_SECONDS);
  console.log('the serial line asks who logs in');

  await waitForScreenText(machine, `${HOST_NAME} login:`, BOOT_SECONDS * 1000);
  await machine.type('root\n');
  await waitForScreenText(machine, 'Password:', COMMAND_SECONDS * 1000);
  await machine.type(`${ROOT_PASSWORD}\n`);
  await waitForScreenText(machine, `root@${HOST_NAME}:~#`, COMMAND_SECONDS * 1000);
  await machine.type('tty\n');
  await waitForScreenText(machine, '/dev/tty1', COMMAND_SECONDS * 1000);

  guest.type('root\n');
  await guest.waitFor('Password: ', COMMAND_SECONDS);
  guest.type(`${ROOT_PASSWORD}\n`);
  await guest.waitFor(LOGIN_PROMPT, COMMAND_SECONDS);
  // A shell that does not edit the line it is given.
  guest.type('exec dash\n');
  await guest.waitFor(PROMPT, COMMAND_SECONDS);
  const command = async (line: string): Promise<string> => {
    guest.type(`${line}; echo status=$?\n`);
    await guest.waitFor(/status=\$\?\r?\n/, COMMAND_SECONDS);
    const text = await guest.waitFor(/status=\d+\r?\n/, COMMAND_SECONDS);
    await guest.waitFor(PROMPT, COMMAND_SECONDS);
    assert.match(text, /status=0\r?\n$/, line);
    return text;
  };
  assert.match(await command('systemctl is-system-running --wait'), /running/);
  assert.match(await command('systemctl --no-pager --no-legend --failed | wc -l'), /^0\r?$/m);
  assert.match(
    await command('findmnt --noheadings --output SOURCE,FSTYPE,OPTIONS /'),
    /\/dev\/sda1 ext4 +rw/,
  );
  console.log((await command('systemd-analyze time')).split('\n')[0]!.trim());
  // Nothing in the kernel's log about drives that do not answer, or interrupts that nobody wants.
  assert.match(
    await command('dmesg | grep -ciE "ata.*(error|exception|timeout)|nobody cared|soft lockup" || true'),
    /^0\r?$/m,
  );

  guest.type('poweroff\n');
  assert.deepEqual(await guest.ended, { reason: 'power-off' });
});
