// A write that does not reach the medium is reported to the guest: the host has no room left, or cannot flush; and a read that
// the host cannot do. Linux says so to the program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice, BlockError } from '../../src/backend/block/block-device.ts';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import type { StorageBus } from '../../src/machine/pc/storage.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from '../guest/session.ts';

/** Seconds: generous, since the host may be shared, and Linux tries again several times. */
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 300;
const MIB = 2 ** 20;

async function toldOfErrors(bus: StorageBus, driver: string): Promise<void> {
  const disk = emptyMemoryDisk((16 * MIB) / 512);
  const state: { full: boolean; bad: boolean; flush: BlockError | null } = {
    full: false,
    bad: false,
    flush: null,
  };
  const isBad = (offset: number, length: number) =>
    state.bad && offset < 13 * MIB && offset + length > 12 * MIB;
  const failing: BlockDevice = {
    ...disk,
    read: (offset, target, done) => {
      if (isBad(offset, target.length)) done('io');
      else disk.read(offset, target, done);
    },
    // What goes to the guest's memory in one piece.
    readNow: (offset, targets) => {
      const length = targets.reduce((sum, target) => sum + target.length, 0);
      return isBad(offset, length) ? 'io' : disk.readNow!(offset, targets);
    },
    write: (offset, source, done) => {
      if (state.full && offset >= 8 * MIB) done('no-space');
      else disk.write(offset, source, done);
    },
    flush: (done) => done(state.flush),
  };
  const modules = await fetchKernelModules('amd64', [driver, 'sd_mod']);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    storage: { disks: [{ medium: failing, bus }] },
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = (command: string) => guest.command(command, COMMAND_SECONDS);
    assert.doesNotMatch((await run(modules.load)).output, /fails/);
    const write = (from: number) =>
      run(`dd if=/dev/zero of=/dev/sda bs=1M count=1 seek=${from} conv=notrunc,fsync`);
    assert.equal((await write(9)).status, 0);
    state.full = true;
    assert.equal((await write(2)).status, 0, 'where there is room');
    const full = await write(9);
    assert.equal(full.status, 1);
    assert.match(full.output, /I\/O error|Input\/output error/);
    const read = (from: number) => run(`dd if=/dev/sda of=/dev/null bs=1M count=1 skip=${from} iflag=direct`);
    state.bad = true;
    const bad = await read(12);
    assert.equal(bad.status, 1, bad.output);
    if (bus === 'ahci') {
      // It gives queuing up after some errors. What the log said of them made sense to it.
      assert.match((await run('dmesg | grep FPDMA')).output, /WRITE FPDMA QUEUED/);
      assert.equal((await run('dmesg | grep -E "HSM violation|hard resetting"')).output, '');
    }
    assert.equal((await read(13)).status, 0, 'where the medium is well');
    state.full = false;
    state.flush = 'io';
    const flush = await write(9);
    assert.equal(flush.status, 1, flush.output);
    state.flush = null;
    assert.equal((await write(9)).status, 0, 'and again when the host is well');
  } finally {
    await guest.stop();
  }
}

test('Linux is told of writes that fail on IDE', { skip: noGuests() }, () => toldOfErrors('ide', 'ata_piix'));
test('Linux is told of writes that fail on AHCI, queued ones', { skip: noGuests() }, () =>
  toldOfErrors('ahci', 'ahci'),
);
