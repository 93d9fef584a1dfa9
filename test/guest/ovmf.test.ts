// OVMF (Debian package ovmf) as the machine's firmware: UEFI up to its shell, which answers on the serial line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JitVcpu } from '../../src/engine/jit/jit-vcpu.ts';
import { fetchDebianPackage, readDebianPackage } from '../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { noGuests } from './session.ts';

const WAIT = 240_000;

async function firmwareImage(): Promise<Uint8Array> {
  const file = fetchDebianPackage('ovmf', 'amd64');
  for await (const member of readDebianPackage(file, (path) => path.endsWith('/ovmf/OVMF.fd'))) {
    if (member.kind === 'file') return member.bytes;
  }
  assert.fail('the package has no OVMF.fd');
}

test('OVMF comes up to its shell and takes commands', { skip: noGuests() }, async () => {
  let text = '';
  let answered = 0;
  const machine = new Machine({
    memory: 256 << 20,
    boot: { firmware: await firmwareImage() },
    display: {},
    serial: {
      write: (byte) => {
        text += String.fromCharCode(byte);
        if (!text.endsWith('Shell>')) return;
        if (answered++ === 0) machine.serialInput(new TextEncoder().encode('echo 6*7 is not 43\r'));
        else machine.stop('answered');
      },
    },
    engine: (wires) => new JitVcpu(wires),
    host: nodeHost(),
  });
  const timer = setTimeout(() => machine.stop('timeout'), WAIT);
  const end = await machine.run();
  clearTimeout(timer);
  machine.close();
  assert.deepEqual(end, { reason: 'stopped', by: 'answered' }, text);
  assert.match(text, /UEFI Interactive Shell v2/);
  // The typed line comes back with a cursor movement between any two characters.
  assert.match(text, /^6\*7 is not 43/m);
});
