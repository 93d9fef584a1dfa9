// Linux's own driver (libata with ahci) on the machine's AHCI adapter: queued reads and writes, flushes, a CD; interrupts
// as messages, and by the pin where the system wants no messages.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyMemoryDisk, imageDisk } from '../../src/backend/block/memory-disk.ts';
import { contents } from '../../src/backend/block/testing.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { controlMachine } from '../../src/host/node/automation.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { content, md5 } from './media-content.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;
const SEED = 54321;

test('Linux reads and writes disks and a CD on AHCI', { skip: noGuests() }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-ahci-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const modules = await fetchKernelModules('amd64', ['ahci', 'sd_mod', 'sr_mod']);
  const first = content(8 << 20, SEED);
  const disc = content(2048 * 1500, SEED);
  const second = emptyMemoryDisk(2 ** 29);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    storage: {
      disks: [
        { medium: imageDisk(first), bus: 'ahci' },
        { medium: second, bus: 'ahci' },
      ],
      cdrom: imageDisk(disc, { readOnly: true }),
      cdromBus: 'ahci',
    },
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string, status = 0): Promise<string> => {
      const answer = await guest.command(command, COMMAND_SECONDS);
      assert.equal(answer.status, status, `${command}: ${answer.output}`);
      return answer.output;
    };
    assert.doesNotMatch(await run(modules.load), /fails/);
    const disk = async (port: number): Promise<string> =>
      `/dev/${(await run(`ls /sys/bus/scsi/devices/${port}:0:0:0/block`)).trim()}`;
    const [ata0, ata1] = [await disk(0), await disk(1)];
    assert.match(await run('dmesg | grep NCQ'), /NCQ \(depth 32\)/);
    assert.equal((await run('cat /sys/bus/scsi/devices/0:0:0:0/queue_depth')).trim(), '32');
    assert.match(await run(`md5sum ${ata0}`), new RegExp(md5(first)));
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(disc)));
    // Several readers at once, so that there is a queue; beyond what 28 bits can address, flushed.
    const readers = `for i in 0 1 2 3 4 5; do dd if=${ata0} of=/tmp/part$i bs=64k skip=$((i*8)) count=32 iflag=direct 2>/dev/null & done; wait`;
    await run(readers);
    for (const i of [0, 5]) {
      const part = first.subarray(i * (512 << 10), i * (512 << 10) + (2 << 20));
      assert.match(await run(`md5sum /tmp/part${i}`), new RegExp(md5(part)));
    }
    await run(`dd if=${ata0} of=${ata1} bs=64k count=32 seek=4194000 conv=fsync`);
    assert.deepEqual(contents(second, 4194000 * 65536, 2 << 20), first.subarray(0, 2 << 20));
    assert.match(await run('cat /proc/interrupts'), /[1-9]\d* +PCI-MSI\S* +\S* *ahci/);
    // The same without messages: the driver takes the interrupt pin.
    const device = '0000:00:1f.0';
    const driver = '/sys/bus/pci/drivers/ahci';
    await run(`echo 0 > /sys/bus/pci/devices/${device}/msi_bus; echo ${device} > ${driver}/unbind`);
    await run(`echo ${device} > ${driver}/bind`);
    await run('for i in $(seq 60); do [ -b /dev/sr0 ] && break; sleep 1; done');
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(disc)));
    assert.match(await run('cat /proc/interrupts'), /[1-9]\d* +IO-APIC +\S+ +ahci/);
    assert.equal(await run('dmesg | grep -iE "ata[0-9.]*: .*(error|exception|timeout|failed)"', 1), '');
    assert.equal(guest.machine.board.cdrom?.trayOpen, false);
    await run('echo 1 > /proc/sys/dev/cdrom/autoeject; dd if=/dev/sr0 of=/dev/null count=1');
    assert.equal(guest.machine.board.cdrom?.trayOpen, true);
    await run('echo 0 > /proc/sys/dev/cdrom/autoeject; echo 0 > /proc/sys/dev/cdrom/autoclose');
    // The user changes the disc.
    const control = controlMachine(guest.machine);
    const file = join(folder, 'other.iso');
    writeFileSync(file, first.subarray(0, 2048 * 300));
    control.insert('cdrom', file);
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(first.subarray(0, 2048 * 300))));
    control.eject('cdrom');
    await run('dd if=/dev/sr0 of=/dev/null count=1', 1);
  } finally {
    await guest.stop();
  }
});
