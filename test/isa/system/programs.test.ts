// The programs in programs/: bare-metal kernels that try system behaviour case by case and write what they saw.
// Compared with reviewed output; DOPPEL_ACCEPT=1 writes it anew, to be reviewed again. DOPPEL_SYSTEM_ALL=1 runs them
// on the reference engine as well.
//
// Addresses inside the image depend on the compiler, so that they are taken out before the comparison.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ReferenceVcpu } from '../../../src/engine/reference/reference-vcpu.ts';
import { nodeHost } from '../../../src/host/node/platform.ts';
import { Machine } from '../../../src/machine/vm/machine.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const FLAGS =
  '-O1 -nostdlib -static -ffreestanding -fno-stack-protector -fno-pie -no-pie -fno-asynchronous-unwind-tables ' +
  '-fcf-protection=none -fno-builtin -mgeneral-regs-only -w -Wa,-W -Wl,-T,link.ld -Wl,--build-id=none';
type Engine = 'interpreter' | 'reference';
/** The reference engine takes a minute, so it runs only when asked to. */
const ENGINES: readonly Engine[] = process.env.DOPPEL_SYSTEM_ALL
  ? ['interpreter', 'reference']
  : ['interpreter'];
const TARGETS = { protected: '-m32', long: '-m64 -mno-red-zone -mcmodel=small' } as const;

function missingTools(): string | false {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'built with gcc for x86-64 Linux';
  for (const tool of ['gcc', 'objcopy']) {
    if (spawnSync(tool, ['--version']).error !== undefined) return `no ${tool} on this host`;
  }
  return false;
}

/** Compiles and links a program as a 32-bit ELF file with a Multiboot header. */
function build(program: keyof typeof TARGETS): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-system-'));
  try {
    const linked = join(directory, 'linked.elf');
    const image = join(directory, 'image.elf');
    const compile = [...TARGETS[program].split(' '), ...FLAGS.split(' '), '-o', linked, `${program}.c`];
    for (const [tool, ...words] of [
      ['gcc', ...compile],
      ['objcopy', '-O', 'elf32-i386', linked, image],
    ] as const) {
      const { status, stderr } = spawnSync(tool, words, { cwd: PROGRAMS, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${tool}: ${stderr}`);
    }
    return new Uint8Array(readFileSync(image));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What the program wrote to port E9h until it wrote to the debug-exit port. */
async function runProgram(kernel: Uint8Array, engine: Engine): Promise<string> {
  let output = '';
  const machine = new Machine({
    memory: 64 * 2 ** 20,
    boot: { kernel, kernelName: 'program', commandLine: '', modules: [] },
    serial: { write: () => {} },
    debugConsole: {
      write: (byte) => {
        output += String.fromCharCode(byte);
      },
    },
    debugExitPort: 0xf4,
    time: 'deterministic',
    rtcStart: 0,
    reboot: 'end',
    host: nodeHost(),
    ...(engine === 'reference' ? { engine: (wires) => new ReferenceVcpu(wires) } : {}),
  });
  const end = await machine.run();
  assert.equal(end.reason, 'debug-exit', `${JSON.stringify(end)} after\n${output.slice(-400)}`);
  return output;
}

/** Takes out addresses of the image, and differences between them. */
function normalize(output: string): string {
  return output
    .split('\n')
    .map((line) =>
      line.replace(/=(0{8})?(ffffffff)?([0-9a-f]{8})(?![0-9a-f])/g, (text, _zeros, _ones, low: string) => {
        const value = Number.parseInt(low, 16);
        const image =
          (value >= 0x10_0000 && value < 0x20_0000) || (value >= 0xffff_0000 && value < 0xffff_fff0);
        return image ? '=image' : text.replace(/=0*(?=[0-9a-f])/, '=');
      }),
    )
    .join('\n');
}

for (const program of ['protected', 'long'] as const) {
  const expected = join(PROGRAMS, `${program}.expected`);
  for (const engine of ENGINES) {
    test(`system behaviour from inside: ${program} mode, ${engine}`, { skip: missingTools() }, async () => {
      const output = normalize(await runProgram(build(program), engine));
      if (process.env.DOPPEL_ACCEPT) writeFileSync(expected, output);
      assert.deepEqual(output.split('\n'), readFileSync(expected, 'utf8').split('\n'));
    });
  }
}
