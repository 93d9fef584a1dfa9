// Debian's 64-bit kernel as a plain ELF file (vmlinux), entered through PVH; and a reboot, which starts it again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const noXz = () =>
  spawnSync('xz', ['--version']).error === undefined ? false : 'no xz to unpack the kernel with';

/** The ELF kernel inside Debian's bzImage. */
async function vmlinux(): Promise<Uint8Array> {
  const { path } = await fetchDebianKernel('amd64');
  const directory = mkdtempSync(join(tmpdir(), 'doppel-vmlinux-'));
  try {
    const output = join(directory, 'vmlinux');
    const tool = join(import.meta.dirname, '../../tools/extract-vmlinux.ts');
    const { status, stderr } = spawnSync(process.execPath, [tool, path, output], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('an ELF kernel boots through PVH, and again after a reboot', {
  skip: noGuests() || noXz(),
}, async () => {
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    image: await vmlinux(),
    time: 'deterministic',
    reboot: 'restart',
  });
  try {
    await guest.waitFor(PROMPT, 300);
    guest.type('reboot -f\n');
    await guest.waitFor('Welcome', 300);
    await guest.waitFor(PROMPT, 60);
    assert.equal((await guest.command('uname -m', 60)).output.trim(), 'x86_64');
    guest.type('poweroff\n');
    assert.deepEqual(await guest.ended, { reason: 'power-off' });
  } finally {
    await guest.stop();
  }
});
