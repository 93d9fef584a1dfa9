// U-Boot for PCs (Debian package u-boot-qemu) as the machine's firmware: neither a BIOS nor UEFI, with drivers of its own for the
// serial line, PCI, IDE drives and the network card.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk, imageDisk } from '../../src/backend/block/memory-disk.ts';
import { loopbackNetwork } from '../../src/backend/net/loopback.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession } from '../guest/session.ts';
import { missing, packageMembers } from './packages.ts';

/** Seconds: generous, since the host may be shared, and U-Boot asks the network for two minutes if it takes no notice of the key. */
const WAIT = 300;
const PACKAGES = ['u-boot-qemu'];
const SECTORS = 32_768;

test('U-Boot: drives and the network card', { skip: missing(PACKAGES) }, async (t) => {
  const [rom] = await packageMembers(PACKAGES, /\/qemu-x86\/u-boot\.rom$/);
  const guest = await GuestSession.start(
    (serial) =>
      new Machine({
        memory: 256 << 20,
        boot: { firmware: rom!.bytes },
        storage: {
          disks: [emptyMemoryDisk(SECTORS, { name: 'disk' })],
          cdrom: imageDisk(new Uint8Array(1 << 20), { readOnly: true }),
        },
        network: [{ model: 'e1000', backend: loopbackNetwork() }],
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
  const start = await guest.waitFor(/Hit any key to stop autoboot: /, WAIT);
  assert.match(start, /DRAM: +256 MiB/);
  assert.match(start, /eth0: e1000#0/);
  guest.type('\n');
  await guest.waitFor('=> ', WAIT);
  guest.type('ide reset\n');
  const drives = await guest.waitFor(/Device 3: [^\n]*\n/, WAIT);
  assert.match(drives, new RegExp(`Capacity: 16\\.0 MB = 0\\.0 GB \\(${SECTORS} x 512\\)`));
  assert.match(drives, /Device 2:[^\n]*\n *Type: Removable CD ROM/);
});
