// A disk with Debian 12 for amd64 on it, as an administrator would make one: debootstrap fills a directory, mke2fs makes a
// file system of it, and GRUB goes before the first partition. systemd, a console and a serial line to log in on, no network.
// Kept in the cache.
//
//   sector 0           GRUB's boot.img in the first 440 bytes, the partition table behind it
//   sectors 1 to 2047  GRUB's core.img
//   from sector 2048   partition 1: ext4 with all of Debian; GRUB reads its modules and grub.cfg there
//
// debootstrap runs the packages' scripts in the new system, so root must make it.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../../src/host/node/cache.ts';

/** Of the image: counts up when what this file makes changes. */
const VERSION = 1;
const SUITE = 'bookworm';
const PACKAGES = [
  ...['systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'kmod', 'initramfs-tools', 'zstd'],
  ...['linux-image-cloud-amd64', 'grub-common', 'grub-pc-bin'],
];
const UUID = '6d9f1c52-7a0b-4f0e-9a43-d0bbe1d15c01';
export const HOST_NAME = 'debian';
export const ROOT_PASSWORD = 'doppel';

const SECTOR = 512;
const PARTITION_SECTOR = 2048;
const PARTITION_BYTES = 640 * 2 ** 20;

/** Administrators' tools are not in everybody's PATH. */
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

const imagePath = (): string => join(cacheDirectory('disks'), `debian-12-amd64-${VERSION}.img`);

/** Why there can be no Debian disk here; false where there is one, or one can be made. */
export function noDebianDisk(): string | false {
  if (existsSync(imagePath())) return false;
  const has = (tool: string) =>
    spawnSync(tool, ['--version'], { stdio: 'ignore', env: ENVIRONMENT }).error === undefined;
  const lacking = ['debootstrap', 'mke2fs'].filter((tool) => !has(tool));
  if (lacking.length > 0) return `this host has no ${lacking.join(', ')}`;
  return process.getuid?.() === 0 ? false : 'only root can make a Debian disk: debootstrap needs chroot';
}

/**
 * The path of the image, which nobody may write to; makes it if it is not in the cache (1 to 5 minutes, 100 MiB of packages,
 * 350 MiB on the host's disk). Throws Error with what a tool has said.
 */
export function debianDisk(): string {
  const image = imagePath();
  if (existsSync(image)) return image;
  const folder = mkdtempSync(join(tmpdir(), 'doppel-debian-'));
  try {
    const root = join(folder, 'root');
    console.log('making a Debian disk with debootstrap: this takes a few minutes');
    run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, root, ...mirror()]);
    configure(root);
    const { boot, core } = installGrub(root);
    const fileSystem = join(folder, 'fs.img');
    run('mke2fs', [
      ...['-q', '-F', '-t', 'ext4', '-U', UUID, '-d', root, fileSystem],
      `${PARTITION_BYTES / 1024}k`,
    ]);
    const part = join(cacheDirectory('disks'), `${process.pid}.part`);
    // Holes stay holes.
    writeFileSync(part, new Uint8Array(0));
    run('dd', [
      ...[`if=${fileSystem}`, `of=${part}`, 'bs=1M', `seek=${(PARTITION_SECTOR * SECTOR) / 2 ** 20}`],
      ...['conv=sparse,notrunc', 'status=none'],
    ]);
    run('truncate', ['-s', `${PARTITION_SECTOR * SECTOR + PARTITION_BYTES}`, part]);
    const file = openSync(part, 'r+');
    try {
      writeSync(file, bootSector(boot), 0, SECTOR, 0);
      writeSync(file, core, 0, core.length, SECTOR);
    } finally {
      closeSync(file);
    }
    renameSync(part, image);
    return image;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, words: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, words, {
    encoding: 'utf8',
    env: { ...ENVIRONMENT, DEBIAN_FRONTEND: 'noninteractive' },
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stdout.slice(-1500)}${stderr}`);
  return stdout;
}

/** The archive that the host's own apt uses for this suite, as words for debootstrap; its default where there is none. */
function mirror(): string[] {
  const format = '$(CODENAME) $(COMPONENT) $(REPO_URI)';
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
    encoding: 'utf8',
  });
  const line = (stdout ?? '').split('\n').find((text) => text.startsWith(`${SUITE} main http`));
  return line === undefined ? [] : [line.split(' ')[2]!];
}

/** What an installer asks for. */
function configure(root: string): void {
  writeFileSync(join(root, 'etc/hostname'), `${HOST_NAME}\n`);
  writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost ${HOST_NAME}\n`);
  writeFileSync(join(root, 'etc/fstab'), `UUID=${UUID} / ext4 errors=remount-ro 0 1\n`);
  run('chroot', [root, 'sh', '-c', `echo root:${ROOT_PASSWORD} | chpasswd`]);
  for (const folder of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
    for (const name of readdirSync(join(root, folder))) {
      rmSync(join(root, folder, name), { recursive: true, force: true });
    }
  }
}

/** GRUB's files in /boot/grub, and what goes before the partition. */
function installGrub(root: string): { readonly boot: Uint8Array; readonly core: Uint8Array } {
  const version = readdirSync(join(root, 'boot'))
    .find((name) => name.startsWith('vmlinuz-'))!
    .slice('vmlinuz-'.length);
  mkdirSync(join(root, 'boot/grub'), { recursive: true });
  run('cp', ['-r', join(root, 'usr/lib/grub/i386-pc'), join(root, 'boot/grub')]);
  writeFileSync(
    join(root, 'boot/grub/grub.cfg'),
    `set timeout=1
menuentry 'Debian GNU/Linux' {
  linux /boot/vmlinuz-${version} root=UUID=${UUID} ro quiet no_timer_check console=ttyS0 console=tty0
  initrd /boot/initrd.img-${version}
}
`,
  );
  const core = '/boot/grub/i386-pc/core.img';
  const words = ['-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-o', core];
  run('chroot', [root, 'grub-mkimage', ...words, 'biosdisk', 'part_msdos', 'ext2']);
  return {
    boot: readFileSync(join(root, 'boot/grub/i386-pc/boot.img')),
    // It is made to lie in the sectors from 1 on, where it is put.
    core: readFileSync(join(root, core)),
  };
}

/** GRUB's first 440 bytes with a table of one partition. */
function bootSector(boot: Uint8Array): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  sector.set(boot.subarray(0, 440));
  const view = new DataView(sector.buffer);
  view.setUint32(440, 0xd0bbe1, true);
  // Active; cylinders, heads and sectors that say nothing; Linux.
  sector.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], 446);
  view.setUint32(454, PARTITION_SECTOR, true);
  view.setUint32(458, PARTITION_BYTES / SECTOR, true);
  view.setUint16(510, 0xaa55, true);
  return sector;
}
