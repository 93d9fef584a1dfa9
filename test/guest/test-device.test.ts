// pc-testdev from inside: a bare program (bare/test-device.s) uses it as test suites for hypervisors do. The same program
// says the same under QEMU:
//   qemu-system-x86_64 -kernel test-device.elf -device pc-testdev -device isa-debug-exit,iobase=0xf4 -serial stdio
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Machine, nodeHost } from '../../src/index.ts';
import { type EngineName, makeEngine } from '../engines.ts';
import { noCompiler } from './build.ts';

function buildBare(source: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-bare-'));
  try {
    const output = join(folder, 'kernel');
    const linker = '-Wl,-N,-Ttext=0x100000,--build-id=none,--no-warn-rwx-segments';
    const file = join(import.meta.dirname, 'bare', source);
    const flags = ['-m32', '-nostdlib', '-static', '-no-pie', linker];
    const result = spawnSync('gcc', [...flags, '-o', output, file], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`gcc: ${result.stderr || result.error?.message}`);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
  const kernel = buildBare('test-device.s');
  for (const engine of ['reference', 'interp', 'jit'] as const) {
    const { output, status } = await run(kernel, engine);
    assert.doesNotMatch(output, /WRONG/, engine);
    assert.match(output, /line 10: again until it is low/);
    assert.equal(status, 1);
  }
});
