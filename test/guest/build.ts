// Compiles the test program (test/guest/programs) with the host's gcc, for x86-64 and i386. It needs neither a
// C library nor headers, so that plain Debian gcc does for both.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, 'programs');

/** Programs without an operating system, in assembly. */
const BARE = join(import.meta.dirname, 'bare');
const LINKED_AS = {
  kernel: '-Wl,-N,-Ttext=0x100000,--no-warn-rwx-segments',
  rom: '-Wl,-Ttext=0,-e,0,--oformat=binary',
  task: '-Wl,-z,noseparate-code',
} as const;

const COMMON =
  '-O1 -nostdlib -static -ffreestanding -fno-stack-protector -fno-pie -no-pie -fno-asynchronous-unwind-tables ' +
  '-fcf-protection=none -fno-strict-aliasing -ffp-contract=off -mno-red-zone -Wall -Wextra -Wl,--build-id=none ' +
  '-msse4.2 -maes -mpclmul -mpopcnt -mrdrnd';
const TARGETS = {
  amd64: '-m64',
  i386: '-m32 -march=pentium4 -mfpmath=387',
} as const;

export type ProgramTarget = keyof typeof TARGETS;

/** Why the program cannot be compiled here; false where it can. For the `skip` option of tests. */
export function noCompiler(): string | false {
  if (process.arch !== 'x64' || process.platform !== 'linux')
    return 'the test program is for Linux on x86-64';
  return spawnSync('gcc', ['--version']).error === undefined ? false : 'no gcc on this host';
}

/** The executable's bytes. Throws with gcc's complaint. */
export function buildProgram(target: ProgramTarget): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-program-'));
  try {
    const output = join(directory, 'program');
    const sources = readdirSync(SOURCES).filter((name) => name.endsWith('.c'));
    const result = spawnSync(
      'gcc',
      [...COMMON.split(' '), ...TARGETS[target].split(' '), '-o', output, ...sources],
      { cwd: SOURCES, encoding: 'utf8' },
    );
    if (result.status !== 0) throw new Error(`gcc: ${result.stderr || result.error?.message}`);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * A program without an operating system: an ELF file at 1 MiB, the bytes of a ROM, or a task of another
 * kernel than Linux as an ELF file. Throws with gcc's complaint.
 */
export function buildBare(source: string, form: keyof typeof LINKED_AS): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-bare-'));
  try {
    const output = join(directory, 'bare');
    const flags = ['-m32', '-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', LINKED_AS[form]];
    const result = spawnSync('gcc', [...flags, '-o', output, source], { cwd: BARE, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`gcc: ${result.stderr || result.error?.message}`);
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What one run of the program printed. */
export interface ProgramReport {
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
  /** "NAME WHY" each. */
  readonly failed: readonly string[];
  /** The last line was there. */
  readonly complete: boolean;
}

export function parseReport(output: string): ProgramReport {
  const lines = output.split(/\r?\n/);
  const after = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  return {
    passed: after('ok '),
    skipped: after('skip '),
    failed: after('not ok '),
    complete: lines.some((line) => /^done: \d+ failed$/.test(line)),
  };
}
