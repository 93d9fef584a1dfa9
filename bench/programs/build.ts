// Compiles the benchmark programs with the host's gcc for x86-64 and i386; they need neither a C library nor
// headers. Start-up, system calls and output are the test programs' (test/guest/programs/system.c). What has been
// compiled once from the same text is kept in the cache.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import { cacheDirectory, writeWhole } from '../../src/host/node/cache.ts';
import type { GuestWidth, Program } from './list.ts';

const HERE = import.meta.dirname;
const SYSTEM = join(HERE, '../../test/guest/programs/system.c');
const HEADERS = ['program.h', 'stack-machine.h', '../../test/guest/programs/system.h'].map((name) =>
  join(HERE, name),
);
const COMMON =
  '-O2 -nostdlib -static -ffreestanding -fno-stack-protector -fno-pie -no-pie -fno-asynchronous-unwind-tables ' +
  '-fcf-protection=none -fno-strict-aliasing -ffp-contract=off -Wall -Wextra -Wl,--build-id=none';
const TARGETS: Record<GuestWidth, Record<Program['floating'], string>> = {
  64: { none: '-m64', x87: '-m64 -mfpmath=387', sse: '-m64' },
  32: {
    none: '-m32 -march=i686',
    x87: '-m32 -march=i686 -mfpmath=387',
    sse: '-m32 -march=i686 -msse2 -mfpmath=sse',
  },
};

/** Why programs cannot be compiled here, with advice; null where they can. */
export function noCompiler(): string | null {
  if (spawnSync('gcc', ['--version']).error === undefined) return null;
  return 'gcc is missing, which compiles the benchmark programs (Debian: apt-get install gcc)';
}

/** The executables as files of the guest, in /bench. Throws with gcc's complaint. */
export async function buildPrograms(programs: readonly Program[], width: GuestWidth): Promise<CpioEntry[]> {
  const directory = mkdtempSync(join(tmpdir(), 'doppel-bench-'));
  try {
    const compiler = execFileSync('gcc', ['--version'], { encoding: 'latin1' });
    const compile = async (name: string, flags: string, sources: readonly string[]): Promise<CpioEntry> => {
      const words = [...COMMON.split(' '), ...flags.split(' '), `-I${HERE}`];
      const texts = [...sources, ...HEADERS].map((path) => readFileSync(path, 'utf8'));
      const key = createHash('sha256').update([compiler, ...words.slice(0, -1), ...texts].join('\0'));
      const kept = join(cacheDirectory('bench'), key.digest('hex'));
      if (!existsSync(kept)) {
        const output = join(directory, name);
        await promisify(execFile)('gcc', [...words, '-o', output, ...sources]);
        writeWhole(kept, readFileSync(output));
      }
      return { kind: 'file', path: `bench/${name}`, mode: 0o755, bytes: readFileSync(kept) };
    };
    const jobs = programs.map((program) => () => {
      let source = join(HERE, `${program.name}.c`);
      if (program.source) {
        source = join(directory, `${program.name}.c`);
        writeFileSync(source, program.source());
      }
      const flags = TARGETS[width][program.floating];
      return compile(program.name, flags, [join(HERE, 'main.c'), source, SYSTEM]);
    });
    jobs.push(() => compile('nothing', TARGETS[width].none, [join(HERE, 'nothing.c')]));
    const files: CpioEntry[] = [{ kind: 'directory', path: 'bench' }];
    const worker = async () => {
      for (let job = jobs.shift(); job; job = jobs.shift()) files.push(await job());
    };
    await Promise.all([worker(), worker()]);
    return files;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
