// OVMF (Debian package ovmf) as the machine's firmware, its variables in flash: UEFI up to its shell on the serial line,
// which keeps a variable over a reset and in the file.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { type FlashFile, openFlashFile } from '../../src/host/node/flash-file.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { GuestSession, noGuests } from './session.ts';
import { ovmf, uefiCommand, uefiShell } from './uefi.ts';

const VARIABLE = 'DoppelTest -guid 52a5cf4b-3d24-4a3c-9d7f-0d2a4c3a9a11';

test('a UEFI variable stays over a reset and in the file', { skip: noGuests() }, async (t) => {
  const { code, variables } = await ovmf();
  const folder = mkdtempSync(join(tmpdir(), 'doppel-uefi-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'vars.fd');
  writeFileSync(path, variables);

  const start = (flash: FlashFile) =>
    GuestSession.start(
      (write) =>
        new Machine({
          memory: 256 << 20,
          boot: { firmware: code },
          flash,
          display: {},
          serial: { write },
          engine: (wires) => new JitVcpu(wires),
          host: nodeHost(),
        }),
    );
  const first = openFlashFile(path);
  const session = await start(first);
  t.after(() => session.stop());
  await uefiShell(session);
  assert.match(session.output, /UEFI Interactive Shell v2/);
  assert.match(await uefiCommand(session, `setvar ${VARIABLE}`), /Unable to get/);
  await uefiCommand(session, `setvar ${VARIABLE} -nv -bs =0x1234`);
  session.type('reset\n');
  await uefiShell(session);
  assert.match(await uefiCommand(session, `setvar ${VARIABLE}`), /DoppelTest - 0002 Bytes\s+34 12/);
  await session.stop();
  session.machine.close();
  first.close();

  const second = openFlashFile(path);
  const again = await start(second);
  t.after(() => again.stop());
  await uefiShell(again);
  assert.match(await uefiCommand(again, `setvar ${VARIABLE}`), /DoppelTest - 0002 Bytes\s+34 12/);
  await again.stop();
  again.machine.close();
  second.close();
});
