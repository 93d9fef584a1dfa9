// The Xen hypervisor (Debian package xen-hypervisor-4.17-amd64), booted without firmware as a Multiboot kernel, with Debian's
// Linux as the system that it gives the machine to (domain 0). A hypervisor under a virtual machine: Xen takes the processor's
// tables, local APIC, I/O APIC and HPET for itself and runs Linux's kernel at CPL 3, on page tables that it checks entry by
// entry; Linux reaches ports, PCI and interrupts through it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { missing, packageMembers } from './packages.ts';

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 600;
const COMMAND_SECONDS = 120;
const PACKAGES = ['xen-hypervisor-4.17-amd64'];

test('Xen runs Linux as domain 0, with a disk', { skip: missing(PACKAGES) }, async (t) => {
  const [packed] = await packageMembers(PACKAGES, /^\/?boot\/xen-[\d.]+-amd64\.gz$/);
  const { bytes: linux } = await fetchDebianKernel('amd64');
  const { bytes: busybox } = await fetchDebianBusybox('amd64');
  const modules = await fetchKernelModules('amd64', ['ata_piix', 'sd_mod']);
  const content = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 11) ^ (i >> 8));
  // In a file, since Xen's serial driver has room for a short line only.
  const load = {
    kind: 'file',
    path: 'load',
    mode: 0o755,
    bytes: new TextEncoder().encode(`${modules.load}\n`),
  } as const;
  const guest = await GuestSession.start(
    (serial) =>
      new Machine({
        memory: 768 << 20,
        boot: {
          kernel: gunzipSync(packed!.bytes),
          // Xen takes the first word of each command line for a name.
          kernelName: 'xen',
          commandLine: 'console=com1 com1=115200,8n1 dom0_mem=512M',
          modules: [
            { bytes: linux, commandLine: 'vmlinuz console=hvc0 quiet' },
            { bytes: buildBusyboxInitramfs(busybox, [...modules.files, load]) },
          ],
        },
        storage: { disks: [imageDisk(content)] },
        serial: { write: serial },
        engine: (wires) => new JitVcpu(wires),
        host: nodeHost(),
        reboot: 'end',
      }),
  );
  t.after(async () => {
    await guest.stop();
    guest.machine.close();
  });
  await guest.waitFor('(XEN) Xen version 4.17', BOOT_SECONDS);
  await guest.waitFor('Platform timer is 100.000MHz HPET', BOOT_SECONDS);
  await guest.waitFor('Dom0 has maximum 1 VCPUs', BOOT_SECONDS);
  console.log('Xen starts Linux');
  await guest.waitFor(PROMPT, BOOT_SECONDS);
  console.log('a shell in domain 0');
  const run = async (command: string) => (await guest.command(command, COMMAND_SECONDS)).output;
  assert.equal((await run('cat /sys/hypervisor/type')).trim(), 'xen');
  assert.doesNotMatch(await run('sh /load'), /fails/);
  const md5 = createHash('md5').update(content).digest('hex');
  assert.match(await run('md5sum /dev/sda'), new RegExp(md5));
  guest.type('poweroff -f\n');
  assert.deepEqual(await guest.ended, { reason: 'power-off' });
});
