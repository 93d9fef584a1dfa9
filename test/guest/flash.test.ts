// Firmware in flash that erases and programs the chip it came from and calls what it has written there (bare/flash.s), on
// every engine: code in flash is decoded and translated, and forgotten where the chip changes it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine, memoryFlash, nodeHost } from '../../src/index.ts';
import { makeEngine } from '../engines.ts';
import { buildBare, noCompiler } from './build.ts';

test('code in flash runs, and runs anew when it is programmed', { skip: noCompiler() }, async () => {
  const rom = buildBare('flash.s', 'rom');
  for (const engine of ['reference', 'interp', 'jit', 'jit-soon'] as const) {
    const flash = rom.slice();
    const machine = new Machine({
      memory: 16 << 20,
      boot: { firmware: new Uint8Array() },
      flash: memoryFlash(flash),
      serial: { write() {} },
      debugExitPort: 0xf4,
      time: 'deterministic',
      engine: (wires) => makeEngine(engine, wires),
      host: nodeHost(),
    });
    const end = await machine.run();
    machine.close();
    // Twice the number of the step that went wrong, and 1.
    assert.deepEqual(end, { reason: 'debug-exit', status: 1 }, engine);
    assert.deepEqual([...flash.subarray(0, 8)], [0xb8, 9, 0, 0, 0, 0xc3, 0xff, 0xff]);
  }
});
