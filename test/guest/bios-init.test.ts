// Soft resets under our BIOS: an INIT of the processor alone, after which a program goes on where it wants, or the machine starts anew.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageDisk } from '../../src/backend/block/memory-disk.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineOptions } from '../../src/machine/vm/machine-options.ts';
import { assemble } from './bios-calls.ts';
import { noCompiler } from './build.ts';

const skip = noCompiler();

function build(program: Uint8Array, options: Partial<MachineOptions> = {}) {
  const disk = new Uint8Array(1 << 20);
  disk.set(program);
  const told: string[] = [];
  const machine = new Machine({
    memory: 4 << 20,
    boot: { media: ['disk'] },
    storage: { disks: [imageDisk(disk)] },
    serial: { write() {} },
    debugConsole: { write: (byte) => told.push(String.fromCharCode(byte)) },
    debugExitPort: 0x501,
    time: 'deterministic',
    host: nodeHost(),
    ...options,
  });
  setTimeout(() => machine.stop('timeout'), 60_000).unref();
  return { machine, told };
}

test('programs come back from protected mode by the shutdown status; devices keep their state', {
  skip,
}, async () => {
  const { machine, told } = build(assemble(join(import.meta.dirname, 'programs/bios/init.s')));
  const end = await machine.run();
  machine.close();
  assert.equal(end.reason, 'debug-exit', told.join(''));
  assert.equal(told.join(''), 'KARTI5BC');
});

/** mov al, '.'; out e9h, al; ...; then hlt for ever. */
const boots = (code: readonly number[]): Uint8Array => {
  const sector = new Uint8Array(512);
  sector.set([0xb0, 0x2e, 0xe6, 0xe9, ...code, 0xf4, 0xeb, 0xfd]);
  sector.set([0x55, 0xaa], 510);
  return sector;
};
const BY_KEYBOARD_CONTROLLER = [0xb0, 0xfe, 0xe6, 0x64];

test('without a status everything is reset, and boots again', async () => {
  const { machine, told } = build(boots(BY_KEYBOARD_CONTROLLER), {
    debugConsole: {
      write: (byte) => {
        told.push(String.fromCharCode(byte));
        if (told.length === 3) machine.stop('three times');
      },
    },
  });
  assert.equal((await machine.run()).reason, 'stopped');
  machine.close();
});

test('with `reboot: end` it ends the machine there', async () => {
  const { machine, told } = build(boots(BY_KEYBOARD_CONTROLLER), { reboot: 'end' });
  assert.deepEqual(await machine.run(), { reason: 'reset' });
  assert.equal(told.join(''), '.');
  machine.close();
});
