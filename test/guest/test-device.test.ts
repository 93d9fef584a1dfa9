// pc-testdev from inside: a bare program (bare/test-device.s) uses it as test suites for hypervisors do. The same program
// says the same under QEMU:
//   qemu-system-x86_64 -kernel test-device.elf -device pc-testdev -device isa-debug-exit,iobase=0xf4 -serial stdio
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Machine, nodeHost } from '../../src/index.ts';
import { type EngineName, makeEngine } from '../engines.ts';
import { buildBare, noCompiler } from './build.ts';

async function run(kernel: Uint8Array, engine: EngineName): Promise<{ output: string; status: number }> {
  let output = '';
  const machine = new Machine({
    memory: 16 << 20,
    boot: { kernel, commandLine: '', modules: [] },
    serial: { write: (byte) => (output += String.fromCharCode(byte)) },
    debugExitPort: 0xf4,
    debugDevices: ['pc-testdev'],
    time: 'deterministic',
    engine: (wires) => makeEngine(engine, wires),
    host: nodeHost(),
  });
  const end = await machine.run();
  machine.close();
  assert.equal(end.reason, 'debug-exit', output);
  return { output, status: end.reason === 'debug-exit' ? end.status : -1 };
}

test('a program that uses pc-testdev finds what it expects, on every engine', {
  skip: noCompiler(),
}, async () => {
  const kernel = buildBare('test-device.s', 'kernel');
  for (const engine of ['reference', 'interp', 'jit'] as const) {
    const { output, status } = await run(kernel, engine);
    assert.doesNotMatch(output, /WRONG/, engine);
    assert.match(output, /line 10: again until it is low/);
    assert.equal(status, 1);
  }
});
