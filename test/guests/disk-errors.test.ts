// A write that does not reach the medium is reported to the guest: the host has no room left, or cannot flush. Linux says so
// to the program that writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice, BlockError } from '../../src/backend/block/block-device.ts';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from '../guest/session.ts';

/** Seconds: generous, since the host may be shared, and Linux tries again several times. */
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 300;
const MIB = 2 ** 20;

test('Linux is told of writes that fail', { skip: noGuests() }, async () => {
  const disk = emptyMemoryDisk((16 * MIB) / 512);
  const state: { full: boolean; flush: BlockError | null } = { full: false, flush: null };
  const failing: BlockDevice = {
    ...disk,
    write: (offset, source, done) => {
      if (state.full && offset >= 8 * MIB) done('no-space');
      else disk.write(offset, source, done);
    },
    flush: (done) => done(state.flush),
  };
  const modules = await fetchKernelModules('amd64', ['ata_piix', 'sd_mod']);
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    storage: { disks: [failing] },
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
    state.full = false;
    state.flush = 'io';
    const flush = await write(9);
    assert.equal(flush.status, 1, flush.output);
    state.flush = null;
    assert.equal((await write(9)).status, 0, 'and again when the host is well');
  } finally {
    await guest.stop();
  }
});
