// Debian's smartctl, in Linux with libata, reads and uses SMART of an IDE and an AHCI disk: health, attributes, self-tests, the
// log of an error that the host had.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import { FaultyDisk } from '../../src/backend/block/testing.ts';
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { missing, packageMembers } from './packages.ts';

/** smartctl and the libraries that it needs. */
const PACKAGES = ['smartmontools', 'libc6', 'libgcc-s1', 'libpcre2-8-0', 'libselinux1', 'libstdc++6'];
const LIBRARIES = 'ld-linux-x86-64|libc|libgcc_s|libm|libpcre2-8|libselinux|libstdc\\+\\+';
const FILES = new RegExp(`/(sbin/smartctl|(${LIBRARIES})\\.so\\.[\\d.]+)$`);

/** Seconds: generous, since the host may be shared. */
const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 200;

async function smartctlFiles(): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const member of await packageMembers(PACKAGES, FILES)) {
    const { path } = member;
    if (member.kind === 'file') entries.push({ kind: 'file', path, bytes: member.bytes, mode: 0o755 });
    else if (member.kind === 'symlink') entries.push({ kind: 'symlink', path, target: member.target });
  }
  return entries;
}

test('smartctl reads and tests disks on IDE and AHCI', { skip: missing(PACKAGES) }, async () => {
  const modules = await fetchKernelModules('amd64', ['ahci', 'ata_piix', 'sd_mod']);
  const disks = (['ide', 'ahci'] as const).map((bus) => ({
    medium: new FaultyDisk(emptyMemoryDisk(2048)),
    bus,
  }));
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    files: [...modules.files, ...(await smartctlFiles())],
    engine: (wires) => new JitVcpu(wires),
    storage: { disks },
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string, status = 0): Promise<string> => {
      const answer = await guest.command(command, COMMAND_SECONDS);
      assert.equal(answer.status, status, `${command}: ${answer.output}`);
      return answer.output;
    };
    assert.doesNotMatch(await run(modules.load), /fails/);
    for (const disk of ['/dev/sda', '/dev/sdb']) {
      const all = await run(`smartctl -a ${disk}`);
      assert.match(all, /test result: PASSED/);
      assert.match(all, /SMART support is: Enabled/);
      assert.match(all, /Power_Cycle_Count .* 1\s/);
      assert.match(all, /No Errors Logged/);
      assert.match(all, /No self-tests have been logged/);
      await run(`smartctl -t short ${disk}`);
      await run(`smartctl -t long -C ${disk}`);
      const tests = await run(`smartctl -l selftest ${disk}`);
      assert.match(tests, /# 1 +Extended captive +Completed without error/);
      assert.match(tests, /# 2 +Short offline +Completed without error/);
      await run(`smartctl -s off ${disk}`);
      assert.match(await run(`smartctl -i ${disk}`), /SMART support is: Disabled/);
      await run(`smartctl -s on ${disk}`);
      for (const { medium } of disks) medium.fail = 'io';
      await run(`dd if=${disk} of=/dev/null bs=4k skip=100 count=1 iflag=direct`, 1);
      for (const { medium } of disks) medium.fail = undefined;
      // Status bit 6: the log has errors.
      const errors = await run(`smartctl -A -l error ${disk}`, 64);
      assert.match(errors, /UNC .*LBA = 0x00000320 = 800/);
      assert.match(errors, /Reported_Uncorrect .* [1-9]\d*\s/);
    }
  } finally {
    await guest.stop();
  }
});
