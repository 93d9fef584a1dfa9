// Linux's own drivers (libata with ata_piix, sd, sr, floppy) on the machine's drives: what they read is what is on the
// media, what they have flushed is there, and the tray and write protection do what the guest is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk, imageDisk } from '../../src/backend/block/memory-disk.ts';
import { contents } from '../../src/backend/block/testing.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { content, md5 } from './media-content.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;
const SEED = 12345;

test('Linux reads and writes a disk, a CD and a floppy', { skip: noGuests() }, async () => {
  const modules = await fetchKernelModules('amd64', ['ata_piix', 'sd_mod', 'sr_mod', 'floppy']);
  const first = content(8 << 20, SEED);
  const disc = content(2048 * 1500, SEED);
  const floppy = content(1440 * 1024, SEED);
  const second = emptyMemoryDisk(2 ** 29);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    storage: {
      disks: [imageDisk(first), second],
      cdrom: imageDisk(disc, { readOnly: true }),
      floppies: [imageDisk(floppy, { readOnly: true })],
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
    // sd gives names in the order in which its probes, which run side by side, come to an end.
    const disk = async (unit: number): Promise<string> =>
      `/dev/${(await run(`ls /sys/bus/scsi/devices/0:0:${unit}:0/block`)).trim()}`;
    const [ata0, ata1] = [await disk(0), await disk(1)];
    assert.match(await run(`md5sum ${ata0}`), new RegExp(md5(first)));
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(disc)));
    assert.match(await run('md5sum /dev/fd0'), new RegExp(md5(floppy)));
    // Beyond what 28 bits can address, by DMA, and flushed.
    await run(`dd if=${ata0} of=${ata1} bs=64k count=16 seek=4194000 conv=fsync`);
    assert.deepEqual(contents(second, 4194000 * 65536, 1 << 20), first.subarray(0, 1 << 20));
    assert.equal(await run('dmesg | grep -iE "ata.*(error|exception|timeout)"', 1), '');
    await run('echo 1 > /proc/sys/dev/cdrom/autoeject; dd if=/dev/sr0 of=/dev/null count=1');
    assert.equal(guest.machine.board.cdrom?.trayOpen, true);
    // The tray is pulled in by whoever opens the device, who can read at once.
    await run('echo 0 > /proc/sys/dev/cdrom/autoeject');
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(disc)));
    await run('echo 1 > /proc/sys/dev/cdrom/autoeject; dd if=/dev/sr0 of=/dev/null count=1');
    await run('echo 0 > /proc/sys/dev/cdrom/autoeject; echo 0 > /proc/sys/dev/cdrom/autoclose');
    await run('dd if=/dev/sr0 of=/dev/null count=1', 1);
    guest.machine.board.cdrom?.insert(imageDisk(first.subarray(0, 2048 * 10), { readOnly: true }));
    assert.match(await run('md5sum /dev/sr0'), new RegExp(md5(first.subarray(0, 2048 * 10))));
  } finally {
    await guest.stop();
  }
});
