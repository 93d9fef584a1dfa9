// SeaBIOS and GRUB from a disk, code of 16 bits that changes modes all the time: the interpreter beside the reference
// engine at the beginning, the translator beside the interpreter for longer.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { imageDisk } from '../../../src/backend/block/memory-disk.ts';
import { fetchDebianPackage, readDebianPackage } from '../../../src/host/node/debian-packages.ts';
import { nodeHost } from '../../../src/host/node/platform.ts';
import { Machine } from '../../../src/machine/vm/machine.ts';
import { type EngineName, makeEngine } from '../../engines.ts';
import { noGuests } from '../../guest/session.ts';
import { bootLockstep } from './boot.ts';

const MILLION = 1_000_000;
const images = new Map<string, Uint8Array>();

before(async () => {
  if (noGuests()) return;
  for (const [name, wanted] of [
    ['seabios', /\/(bios-256k|vgabios-stdvga)\.bin$/],
    ['grub-rescue-pc', /\/grub-rescue-cdrom\.iso$/],
  ] as const) {
    const file = fetchDebianPackage(name, 'amd64');
    for await (const member of readDebianPackage(file, (path) => wanted.test(path))) {
      if (member.kind === 'file') images.set(member.path.split('/').at(-1)!, member.bytes);
    }
  }
});

function machine(engine: EngineName, serial: (byte: number) => void): Machine {
  return new Machine({
    memory: 32 << 20,
    boot: { firmware: images.get('bios-256k.bin')!, mediaOrder: ['disk'] },
    storage: { disks: [imageDisk(images.get('grub-rescue-cdrom.iso')!, { name: 'grub' })] },
    display: { rom: images.get('vgabios-stdvga.bin')! },
    serial: { write: serial },
    time: 'deterministic',
    engine: (wires) => makeEngine(engine, wires),
    host: nodeHost(),
  });
}

for (const [one, other, step, until] of [
  ['reference', 'interp', 20_000, 2 * MILLION],
  ['interp', 'jit', 100_000, 30 * MILLION],
  ['interp', 'jit-soon', 500_000, 150 * MILLION],
] as const) {
  test(`${other} runs SeaBIOS and GRUB as ${one} does`, { skip: noGuests() }, async (t) => {
    const { retired, report } = await bootLockstep({
      make: async (serial) => [machine(one, serial), machine(other, () => {})],
      step,
      ramEvery: 20,
      until,
      command: '',
      say: (line) => t.diagnostic(line),
    });
    assert.deepEqual(report, []);
    assert.ok(retired >= until, `${retired} instructions`);
  });
}
