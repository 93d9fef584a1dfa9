// The host's processor as a runner of images: starts the program of native-program.ts once for a batch.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { IMAGE_SIZE, Image } from './image.ts';
import { nativeProgram } from './native-program.ts';

const TIMEOUT = 20_000;

export interface NativeRunner {
  /** Runs images one after the other; null for one that killed or hung the process. */
  run(images: readonly Image[]): (Image | null)[];
  close(): void;
}

/**
 * The host as an oracle, or a sentence that says why there is none. Our processor presents itself as one by AMD,
 * and does what these do where the manuals leave a choice; others are taken only if `anyMaker` says so.
 */
export function openNativeRunner(anyMaker = false): NativeRunner | string {
  if (process.arch !== 'x64' || process.platform !== 'linux') return 'the host is not an x86-64 Linux';
  if (!anyMaker && !/AMD|Hygon/.test(cpus()[0]?.model ?? '')) {
    return 'the processor of the host is not by AMD, so that it differs where the manuals leave a choice';
  }
  const folder = mkdtempSync(join(tmpdir(), 'doppel-fuzz-'));
  const program = join(folder, 'oracle');
  const close = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(program, nativeProgram());
  chmodSync(program, 0o755);
  process.once('exit', close);

  const attempt = (images: readonly Image[]): Image[] => {
    const input = new Uint8Array(images.length * IMAGE_SIZE);
    for (const [i, image] of images.entries()) input.set(image.bytes, i * IMAGE_SIZE);
    const { stdout } = spawnSync(program, {
      input,
      maxBuffer: input.length + IMAGE_SIZE,
      timeout: TIMEOUT,
      killSignal: 'SIGKILL',
    });
    const done = Math.floor((stdout?.length ?? 0) / IMAGE_SIZE);
    return Array.from({ length: done }, (_, i) => {
      return new Image(new Uint8Array(stdout.buffer, stdout.byteOffset + i * IMAGE_SIZE, IMAGE_SIZE));
    });
  };
  const run = (images: readonly Image[]): (Image | null)[] => {
    const results: (Image | null)[] = [];
    while (results.length < images.length) {
      results.push(...attempt(images.slice(results.length)));
      if (results.length < images.length) results.push(null);
    }
    return results;
  };
  const probe = attempt([new Image()]);
  if (probe.length === 0) {
    close();
    return 'a program of our own cannot be run here (temporary folder mounted noexec?)';
  }
  return { run, close };
}
