// UEFI from a CD to a system and back: OVMF boots GRUB, GRUB Debian's kernel, which takes the firmware's ACPI tables, sees its
// fw_cfg, and keeps a variable in its flash; the power goes, and UEFI's shell finds the variable in the file.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import { openFlashFile } from '../../src/host/node/flash-file.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { GuestSession, PROMPT } from '../guest/session.ts';
import { ovmf, uefiCommand, uefiShell } from '../guest/uefi.ts';
import { CD_TOOLS, makeUefiCd, missing, UEFI_CD_PACKAGES } from './packages.ts';

/** Seconds: generous, since the host may be shared. */
const WAIT = 240;
const GUID = '52a5cf4b-3d24-4a3c-9d7f-0d2a4c3a9a11';
const PACKAGES = [...UEFI_CD_PACKAGES, 'ovmf'];

test('OVMF, GRUB and Linux from a CD', { skip: missing(PACKAGES, CD_TOOLS) }, async (t) => {
  const modules = await fetchKernelModules('amd64', ['qemu_fw_cfg', 'efivarfs']);
  const [kernel, busybox] = [await fetchDebianKernel('amd64'), await fetchDebianBusybox('amd64')];
  const cd = await makeUefiCd('linux /vmlinuz console=ttyS0 no_timer_check\ninitrd /initrd\nboot\n', [
    { path: 'vmlinuz', bytes: kernel.bytes },
    { path: 'initrd', bytes: buildBusyboxInitramfs(busybox.bytes, modules.files) },
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'doppel-uefi-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { code, variables } = await ovmf();
  const path = join(folder, 'vars.fd');
  writeFileSync(path, variables);

  const start = async (medium: Uint8Array | undefined) => {
    const flash = openFlashFile(path);
    const session = await GuestSession.start(
      (write) =>
        new Machine({
          memory: 512 << 20,
          boot: { firmware: code },
          flash,
          display: {},
          storage: medium ? { cdrom: imageDisk(medium, { readOnly: true }) } : {},
          serial: { write },
          engine: (wires) => new JitVcpu(wires),
          host: nodeHost(),
        }),
    );
    const close = async () => {
      await session.stop();
      session.machine.close();
      flash.close();
    };
    t.after(close);
    return { session, close };
  };

  const { session, close } = await start(cd);
  await session.waitFor(PROMPT, WAIT);
  assert.match(session.output, /efi: EFI v2/);
  assert.match(session.output, /ACPI: PM-Timer IO Port: 0xb008/);
  assert.doesNotMatch(session.output, /ACPI (Error|BIOS Error|Warning)|Unable to enable ACPI/);
  assert.doesNotMatch((await session.command(modules.load, WAIT)).output, /fails/);

  const fwCfg = await session.command(
    'cd /sys/firmware/qemu_fw_cfg/by_name; find . -type l; wc -c etc/e820/raw; cat ../rev',
    WAIT,
  );
  assert.equal(fwCfg.status, 0);
  for (const name of ['etc/acpi/tables', 'etc/e820', 'etc/smbios/smbios-tables', 'etc/table-loader']) {
    assert.match(fwCfg.output, new RegExp(`\\./${name}\r?\n`));
  }
  assert.match(fwCfg.output, /^20 etc\/e820\/raw\r?\n3\r?\n/m);
  const write =
    'mkdir /vars; mount -t efivarfs none /vars && ' +
    `printf '\\007\\000\\000\\000\\042\\063' > /vars/FromLinux-${GUID} && hexdump -C /vars/FromLinux-${GUID}`;
  const variable = await session.command(write, WAIT);
  assert.match(variable.output, /07 00 00 00 22 33/);
  session.type('poweroff\n');
  assert.deepEqual(await session.ended, { reason: 'power-off' });
  await close();

  const again = await start(undefined);
  await uefiShell(again.session);
  assert.match(await uefiCommand(again.session, `setvar FromLinux -guid ${GUID}`), /0002 Bytes\s+22 33/);
  await again.close();
});
