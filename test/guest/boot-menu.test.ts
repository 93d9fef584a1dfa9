// The BIOS's boot menu: F12 shows the drives, a digit boots one; without a key the usual order is taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockDevice } from '../../src/backend/block/block-device.ts';
import { emptyMemoryDisk } from '../../src/backend/block/memory-disk.ts';
import type { KeyCode } from '../../src/backend/input/keys.ts';
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import type { MachineEnd } from '../../src/machine/vm/machine-options.ts';

const DEBUG_EXIT = 0x501;
const LAST_LINE = 'the usual order\n';

/** A disk whose boot sector ends the machine with a status: (value << 1) | 1. */
function disk(name: string, value: number): BlockDevice {
  const medium = emptyMemoryDisk(2048, { name });
  const sector = new Uint8Array(512);
  // mov dx, DEBUG_EXIT; mov ax, value; out dx, ax; hlt
  sector.set([0xba, DEBUG_EXIT & 0xff, DEBUG_EXIT >> 8, 0xb8, value, 0, 0xef, 0xf4]);
  sector.set([0x55, 0xaa], 510);
  medium.write(0, sector, (error) => assert.equal(error, null));
  return medium;
}

/** Boots with a menu, pressing each key once the text before it has been said. */
async function boot(
  disks: readonly BlockDevice[],
  keys: readonly (readonly [said: string, key: KeyCode])[],
): Promise<{ end: MachineEnd; said: string }> {
  let said = '';
  let from = 0;
  const left = [...keys];
  const machine = new Machine({
    memory: 4 * 2 ** 20,
    boot: { media: ['disk'], bootMenu: 2000 },
    storage: { disks },
    serial: { write() {} },
    firmwareConsole: {
      write: (byte) => {
        said += String.fromCharCode(byte);
        const [next] = left;
        if (next === undefined || !said.slice(from).includes(next[0])) return;
        left.shift();
        from = said.length;
        machine.key(next[1], true);
        machine.key(next[1], false);
      },
    },
    debugExitPort: DEBUG_EXIT,
    time: 'deterministic',
    host: nodeHost(),
  });
  setTimeout(() => machine.stop('timeout'), 60_000).unref();
  const end = await machine.run();
  machine.close();
  return { end, said };
}

test('without a key, the usual order', async () => {
  const { end, said } = await boot([disk('one', 1), disk('two', 2)], []);
  assert.deepEqual(end, { reason: 'debug-exit', status: 3 });
  assert.match(said, /Press F12 for the boot menu\.\nBooting from hard disk 1 \(one\)/);
});

test('F12 and a digit', async () => {
  const keys = [
    ['F12 for', 'F12'],
    [LAST_LINE, 'Digit2'],
  ] as const;
  const { end, said } = await boot([disk('one', 1), disk('two', 2)], keys);
  assert.deepEqual(end, { reason: 'debug-exit', status: 5 });
  assert.match(said, /Boot from:\n {2}1 {2}hard disk 1 \(one\)\n {2}2 {2}hard disk 2 \(two\)\n/);
});

test('a drive that does not boot says why, and the menu comes again; Escape is the usual order', async () => {
  const keys = [
    ['F12 for', 'F12'],
    [LAST_LINE, 'Digit2'],
    [LAST_LINE, 'Escape'],
  ] as const;
  const empty = emptyMemoryDisk(2048, { name: 'empty' });
  const { end, said } = await boot([disk('one', 1), empty], keys);
  assert.deepEqual(end, { reason: 'debug-exit', status: 3 });
  assert.match(said, /hard disk 2 \(empty\): no boot sector\n\nBoot from:/);
});
