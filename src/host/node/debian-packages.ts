// Debian packages as a source of guests: the kernel, and busybox for its userland. Fetched by apt as an
// ordinary user (apt.ts), kept in <cache>/debian, and read straight from the .deb (deb(5)) by dpkg-deb.
// What has been fetched once is used again without a network; deleting the cache fetches anew.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DoppelError } from '../../base/errors.ts';
import { type Apt, type DebianArchitecture, openApt, type Progress } from './apt.ts';
import { cacheDirectory, writeWhole } from './cache.ts';
import { readTar, type TarMember } from './tar-stream.ts';

export type { DebianArchitecture, Progress } from './apt.ts';

/** Debian's kernels that run on a PC: linux-image-amd64, linux-image-686, linux-image-686-pae. */
export type DebianKernel = 'amd64' | '686' | '686-pae';

/** Which architecture's packages go with a kernel. */
export function architectureOf(kernel: DebianKernel): DebianArchitecture {
  return kernel === 'amd64' ? 'amd64' : 'i386';
}

export interface DebianFile {
  /** In the cache. */
  readonly path: string;
  /** The package it comes from, e.g. "linux-image-6.1.0-50-amd64". */
  readonly packageName: string;
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** Shows progress on standard error, where it does not mix with the guest's output. */
export const progressOnStandardError: Progress = (line) => {
  process.stderr.write(`doppel: ${line}\n`);
};

/** The kernel image that the flavour's metapackage depends on. Throws DoppelError with a sentence to act on. */
export async function fetchDebianKernel(
  kernel: DebianKernel,
  progress: Progress = progressOnStandardError,
): Promise<DebianFile> {
  const architecture = architectureOf(kernel);
  return await fetchFile({
    key: `vmlinuz-${kernel}`,
    architecture,
    resolve: (apt) => resolveKernelPackage(apt, `linux-image-${kernel}`, architecture),
    wanted: (path) => path.startsWith('boot/vmlinuz-'),
    progress,
  });
}

/** The static busybox executable. Throws DoppelError with a sentence to act on. */
export async function fetchDebianBusybox(
  architecture: DebianArchitecture,
  progress: Progress = progressOnStandardError,
): Promise<DebianFile> {
  return await fetchFile({
    key: `busybox-${architecture}`,
    architecture,
    resolve: () => 'busybox-static',
    wanted: (path) => path === 'bin/busybox' || path === 'usr/bin/busybox',
    progress,
  });
}

/** The metapackage names exactly one image among its dependencies. */
function resolveKernelPackage(apt: Apt, metapackage: string, architecture: DebianArchitecture): string {
  const fields = apt.show(metapackage);
  if (fields === undefined) throw noSuchPackage(metapackage, architecture);
  const dependency = (fields.get('Depends') ?? '')
    .split(/[,|]/)
    .map((item) => item.trim().split(/[\s(:]/, 1)[0]!)
    .find((name) => name.startsWith('linux-image-'));
  if (dependency === undefined) throw new DoppelError(`the package ${metapackage} names no kernel image`);
  return dependency;
}

function noSuchPackage(name: string, architecture: DebianArchitecture): DoppelError {
  return new DoppelError(
    `the Debian archive of this host has no package ${name} for ${architecture}; give the files instead ` +
      '(--kernel, --initrd)',
  );
}

interface FileWish {
  /** Name of the file in the cache. */
  readonly key: string;
  readonly architecture: DebianArchitecture;
  readonly resolve: (apt: Apt) => string;
  readonly wanted: (path: string) => boolean;
  readonly progress: Progress;
}

async function fetchFile(wish: FileWish): Promise<DebianFile> {
  const path = join(cacheDirectory('debian'), wish.key);
  const record = `${path}.json`;
  if (!existsSync(path) || !existsSync(record)) {
    const apt = openApt(wish.architecture, wish.progress);
    const packageName = wish.resolve(apt);
    const deb = fetchPackage(apt, packageName, wish.architecture, wish.progress);
    const version = apt.show(packageName)?.get('Version') ?? '';
    wish.progress(`unpacking ${basename(deb)}`);
    const member = await firstMember(deb, wish.wanted);
    if (member === undefined)
      throw new DoppelError(`the package ${packageName} does not contain ${wish.key}`);
    writeWhole(path, member.bytes);
    writeWhole(record, `${JSON.stringify({ packageName, version })}\n`);
  }
  const { packageName, version } = readRecord(record);
  return { path, packageName, version, bytes: readFileSync(path) };
}

function readRecord(path: string): { packageName: string; version: string } {
  const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const field = (name: string): string =>
    typeof record === 'object' && record !== null && name in record
      ? String((record as Record<string, unknown>)[name])
      : '';
  return { packageName: field('packageName'), version: field('version') };
}

/**
 * Fetches any package by name and answers the path of its .deb in the cache; one that is there already is
 * not fetched again. Throws DoppelError with a sentence to act on.
 */
export function fetchDebianPackage(
  packageName: string,
  architecture: DebianArchitecture,
  progress: Progress = progressOnStandardError,
): string {
  return fetchPackage(openApt(architecture, progress), packageName, architecture, progress);
}

function fetchPackage(
  apt: Apt,
  packageName: string,
  architecture: DebianArchitecture,
  progress: Progress,
): string {
  const fields = apt.show(packageName);
  if (fields === undefined) throw noSuchPackage(packageName, architecture);
  const directory = cacheDirectory('debian', 'packages');
  const file = join(directory, `${packageName}_${fields.get('Version') ?? ''}_${architecture}.deb`);
  if (existsSync(file)) return file;
  const size = Number(fields.get('Size') ?? 0) / 2 ** 20;
  progress(`${packageName} ${fields.get('Version') ?? ''}: ${size.toFixed(1)} MiB`);
  const temporary = mkdtempSync(join(directory, 'fetch-'));
  try {
    renameSync(apt.download(packageName, temporary), file);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return file;
}

/**
 * Reads members of a .deb whose path (without a leading slash) `wanted` accepts. Stops unpacking when the
 * caller stops. Throws DoppelError where the package is damaged.
 */
export async function* readDebianPackage(
  deb: string,
  wanted: (path: string) => boolean,
): AsyncGenerator<TarMember> {
  const child = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => {}); // No dpkg-deb: the stream ends, and readTar finds it truncated.
  try {
    yield* readTar(child.stdout, wanted);
  } finally {
    child.kill();
  }
}

async function firstMember(deb: string, wanted: (path: string) => boolean): Promise<TarMember | undefined> {
  for await (const member of readDebianPackage(deb, wanted)) {
    if (member.kind === 'file') return member;
  }
  return undefined;
}
