// What guests are made of here: files of Debian packages, and CDs made from them with the host's xorriso.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DoppelError } from '../../src/base/errors.ts';
import { hasApt } from '../../src/host/node/apt.ts';
import {
  type DebianArchitecture,
  fetchDebianPackage,
  readDebianPackage,
} from '../../src/host/node/debian-packages.ts';
import type { TarMember } from '../../src/host/node/tar-stream.ts';
import { fatImage } from './fat-image.ts';

/**
 * Why a test that needs these packages and tools of the host is skipped; false where everything is there. Fetches the
 * packages. For the option `skip`.
 */
export function missing(
  packages: readonly string[],
  tools: readonly string[] = [],
  architecture: DebianArchitecture = 'amd64',
): string | false {
  const lacking = tools.filter(
    (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined,
  );
  if (lacking.length > 0) return `this host has no ${lacking.join(', ')}`;
  if (!hasApt()) return 'no apt on this host to fetch Debian packages with';
  try {
    for (const name of packages) fetchPackage(name, architecture);
    return false;
  } catch (error) {
    if (error instanceof DoppelError) return error.message;
    throw error;
  }
}

const fetched = new Map<string, string>();

/** The package's file; apt is asked once. */
function fetchPackage(name: string, architecture: DebianArchitecture): string {
  const key = `${name}:${architecture}`;
  const file = fetched.get(key) ?? fetchDebianPackage(name, architecture);
  fetched.set(key, file);
  return file;
}

/** The members of packages whose path (without a leading slash) `wanted` accepts, those of later packages last. */
export async function packageMembers(
  packages: readonly string[],
  wanted: RegExp,
  architecture: DebianArchitecture = 'amd64',
): Promise<TarMember[]> {
  const members: TarMember[] = [];
  for (const name of packages) {
    const deb = fetchPackage(name, architecture);
    for await (const member of readDebianPackage(deb, (path) => wanted.test(path))) members.push(member);
  }
  return members;
}

/** Files of packages by the last part of their paths. */
export async function packageFiles(
  packages: readonly string[],
  wanted: RegExp,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const members = await packageMembers(packages, wanted);
  return new Map(
    members
      .filter(({ kind }) => kind === 'file')
      .map(({ path, bytes }) => [path.slice(path.lastIndexOf('/') + 1), bytes]),
  );
}

/** What a CD made by `makeCd` needs: see `missing`. */
export const CD_PACKAGES = ['isolinux', 'syslinux-common'];
export const CD_TOOLS = ['xorriso'];

/** What is put on a CD: a file by its path on it, such as "boot/vmlinuz". */
export interface CdFile {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/**
 * An ISO 9660 image with Rock Ridge names that boots ISOLINUX with this isolinux.cfg. `tree` is a directory of the host's
 * whose contents are put at the CD's root too.
 */
export async function makeCd(
  configuration: string,
  files: readonly CdFile[],
  tree?: string,
): Promise<Uint8Array> {
  const loader = await packageFiles(CD_PACKAGES, /\/(isolinux\.bin|modules\/bios\/ldlinux\.c32)$/);
  const all = [
    { path: 'isolinux/isolinux.bin', bytes: loader.get('isolinux.bin')! },
    { path: 'isolinux/ldlinux.c32', bytes: loader.get('ldlinux.c32')! },
    { path: 'isolinux/isolinux.cfg', bytes: configuration },
    ...files,
  ];
  const boot =
    '-b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table';
  return makeIso(all, boot.split(' '), tree);
}

/** What a CD made by `makeUefiCd` needs. */
export const UEFI_CD_PACKAGES = ['grub-efi-amd64-bin'];

/** An ISO 9660 image that boots GRUB on UEFI, with this grub.cfg. */
export async function makeUefiCd(configuration: string, files: readonly CdFile[]): Promise<Uint8Array> {
  const loader = (await packageFiles(UEFI_CD_PACKAGES, /\/monolithic\/gcdx64\.efi$/)).get('gcdx64.efi')!;
  const all = [
    { path: 'efi.img', bytes: fatImage('EFI/BOOT/BOOTX64.EFI', loader) },
    // By this file Debian's GRUB finds its CD.
    { path: '.disk/info', bytes: 'Doppel' },
    { path: 'boot/grub/grub.cfg', bytes: configuration },
    ...files,
  ];
  return makeIso(all, ['-e', 'efi.img', '-no-emul-boot']);
}

/** An ISO 9660 image with Rock Ridge names, made with these options of xorriso's about booting. */
function makeIso(files: readonly CdFile[], boot: readonly string[], tree?: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'doppel-cd-'));
  try {
    const root = join(folder, 'root');
    for (const { path, bytes } of files) writeInto(root, path, bytes);
    const image = join(folder, 'cd.iso');
    const result = spawnSync(
      'xorriso',
      [
        ...['-as', 'mkisofs', '-quiet', '-R', '-V', 'DOPPEL_TEST', '-o', image],
        ...boot,
        ...[root, ...(tree === undefined ? [] : [tree])],
      ],
      { encoding: 'utf8' },
    );
    if (result.status !== 0) throw new Error(`xorriso: ${result.stderr}`);
    return readFileSync(image);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeInto(root: string, path: string, bytes: Uint8Array | string): void {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, bytes);
}
