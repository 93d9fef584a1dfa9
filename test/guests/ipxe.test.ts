// iPXE (Debian's package) drives the network cards by itself, without interrupts: it finds each of them, gets an address by
// DHCP, and a script and more by TFTP; through the e1000 it boots Linux from there. From its CD, under Doppel's own BIOS.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { waitForScreenText } from '../../src/host/node/automation.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import type { NetworkModel } from '../../src/machine/pc/network.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { bootServer } from './boot-server.ts';
import { missing, packageFiles } from './packages.ts';

/** Milliseconds, seconds: generous, since the host may be shared. */
const FOUND_LIMIT = 120_000;
const BOOT_SECONDS = 400;

/** A machine that boots from iPXE's CD, with a boot server at the other end of its cable. */
async function start(t: TestContext, model: NetworkModel, bootScript: string) {
  const iso = (await packageFiles(['ipxe'], /\/ipxe\.iso$/)).get('ipxe.iso')!;
  const kernel = await fetchDebianKernel('amd64');
  const busybox = await fetchDebianBusybox('amd64');
  const initrd = buildBusyboxInitramfs(busybox.bytes);
  const files = new Map([
    ['boot.ipxe', new TextEncoder().encode(bootScript)],
    ['vmlinuz', kernel.bytes],
    ['initrd', initrd],
  ]);
  const server = bootServer({ bootFile: 'boot.ipxe', files });
  const guest = await GuestSession.start(
    (serial) =>
      new Machine({
        memory: 192 * 2 ** 20,
        boot: { media: ['cdrom'] },
        storage: { cdrom: imageDisk(iso.slice(), { readOnly: true, name: 'ipxe.iso' }) },
        display: {},
        network: [{ model, backend: server.network, mac: [0x52, 0x54, 0, 1, 2, 3] }],
        serial: { write: serial },
        engine: (wires) => new JitVcpu(wires),
        host: nodeHost(),
      }),
  );
  t.after(() => guest.stop());
  await waitForScreenText(guest.machine, /net0: 52:54:00:01:02:03/, FOUND_LIMIT);
  return {
    guest,
    initrd,
    /** A guest that gets no time asks again. */
    asked: () => [...new Set(server.log.map((line) => line.replace(/^\//, '')))],
  };
}

test('iPXE boots Linux through an 82540EM', { skip: missing(['ipxe']) }, async (t) => {
  const script = `#!ipxe
kernel vmlinuz console=ttyS0 quiet no_timer_check initrd=initrd
initrd initrd
boot
`;
  const { guest, asked } = await start(t, 'e1000', script);
  await guest.waitFor(PROMPT, BOOT_SECONDS);
  const { output } = await guest.command('cat /proc/cmdline', BOOT_SECONDS);
  assert.match(output, /^console=ttyS0/m);
  assert.deepEqual(asked(), ['discover', 'request', 'boot.ipxe', 'vmlinuz', 'initrd']);
});

test('iPXE gets a file through an RTL8029', { skip: missing(['ipxe']) }, async (t) => {
  const { guest, initrd, asked } = await start(t, 'ne2k_pci', '#!ipxe\nimgfetch initrd\nimgstat\nshell\n');
  await waitForScreenText(guest.machine, new RegExp(`initrd : ${initrd.length} bytes`), BOOT_SECONDS * 1000);
  assert.deepEqual(asked(), ['discover', 'request', 'boot.ipxe', 'initrd']);
});
