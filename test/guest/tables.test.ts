// What kernels are told by the tables in the BIOS's segment and by ACPI: Debian's kernel says which machine this is, has
// nothing to complain about, and without ACPI takes processors and interrupts from the MP table, so that a disk works.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchKernelModules } from './kernel-modules.ts';
import { GuestSession, noGuests, PROMPT } from './session.ts';

const BOOT_SECONDS = 300;
const COMMAND_SECONDS = 120;

test('Linux without ACPI: SMBIOS, the MP table, a disk with interrupts', { skip: noGuests() }, async () => {
  const modules = await fetchKernelModules('amd64', ['ata_piix', 'sd_mod']);
  const content = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 7) ^ (i >> 8));
  const guest = await GuestSession.boot({
    kernel: 'amd64',
    append: 'acpi=off',
    files: modules.files,
    engine: (wires) => new JitVcpu(wires),
    storage: { disks: [imageDisk(content)] },
  });
  try {
    await guest.waitFor(PROMPT, BOOT_SECONDS);
    const run = async (command: string) => (await guest.command(command, COMMAND_SECONDS)).output;
    const log = await run('dmesg | grep -E "DMI:|MPTABLE|IOAPIC|MP-table|PIIX"');
    assert.match(log, /DMI: Doppel PC, BIOS 1\.0 11\/23\/2026/);
    assert.match(log, /found SMP MP-table at \[mem 0x000f6/);
    assert.match(log, /MPTABLE: OEM ID: DOPPEL/);
    assert.match(log, /IOAPIC\[0\]: apic_id 0, .*address 0xfec00000, GSI 0-23/);
    assert.equal(await run('dmesg | grep -iE "mptable: bad|bios bug|firmware bug"'), '');
    assert.equal((await run('cat /sys/class/dmi/id/product_name')).trim(), 'PC');
    assert.doesNotMatch(await run(modules.load), /fails/);
    const md5 = createHash('md5').update(content).digest('hex');
    assert.match(await run('md5sum /dev/sda'), new RegExp(md5));
    // By the I/O APIC, not the PICs.
    assert.match(await run('grep -E "14:" /proc/interrupts'), /14: +[1-9]\d* +IO-APIC +14-edge +ata_piix/);
  } finally {
    await guest.stop();
  }
});
