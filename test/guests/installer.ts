// A small operating system on an installation CD, as a distribution makes one: ISOLINUX starts Debian's kernel with an
// initramfs, whose script partitions the disk, makes a file system, copies the system from the CD, installs GRUB, and
// restarts. The tools are Debian's own (sfdisk, mke2fs, grub-install), run from the CD's file system.
//
//   on the CD        isolinux/  boot/{vmlinuz,initrd}  system/  tools/
//   on the disk      one partition, ext4: system/ and boot/{vmlinuz,initrd,grub/}
//
// What is installed says "up from the disk" on serial line and screen, keeps a count of its starts in /var/starts, and has
// a shell on the serial line.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildBusyboxInitramfs } from '../../src/backend/initramfs/busybox.ts';
import { type CpioEntry, writeCpio } from '../../src/backend/initramfs/cpio.ts';
import { fetchDebianBusybox, fetchDebianKernel } from '../../src/host/node/debian-packages.ts';
import type { TarMember } from '../../src/host/node/tar-stream.ts';
import { fetchKernelModules } from '../guest/kernel-modules.ts';
import { CD_PACKAGES, type CdFile, makeCd, packageMembers } from './packages.ts';

/** The tools that the installer runs, and the packages of their shared libraries. */
const TOOL_PACKAGES = [
  ...['fdisk', 'e2fsprogs', 'grub-common', 'grub2-common', 'grub-pc-bin'],
  ...[
    'libc6',
    'libfdisk1',
    'libsmartcols1',
    'libmount1',
    'libtinfo6',
    'libreadline8',
    'libblkid1',
    'libuuid1',
  ],
  ...['libext2fs2', 'libcom-err2', 'libss2', 'libdevmapper1.02.1', 'libselinux1', 'libpcre2-8-0', 'libudev1'],
  ...['libefiboot1', 'libefivar1', 'liblzma5'],
];
const TOOL_FILES = new RegExp(
  [
    '^(usr/)?lib(64)?/(x86_64-linux-gnu/)?(lib[^/]*\\.so[^/]*|ld-linux[^/]*)$',
    '^(usr/)?sbin/(sfdisk|mke2fs|e2fsck|grub-install)$',
    '^etc/mke2fs\\.conf$',
    '^usr/lib/grub/i386-pc/',
  ].join('|'),
);
const MODULES = ['ata_piix', 'ahci', 'sd_mod', 'sr_mod', 'isofs', 'crc32c_generic', 'ext4'];

/** Packages that `buildInstallationCd` needs. */
export const INSTALLER_PACKAGES = [...CD_PACKAGES, ...TOOL_PACKAGES];

const KERNEL_LINE = 'console=tty0 console=ttyS0 quiet no_timer_check';

/** What the installer runs before its shell; every step that fails leads to that shell. */
const INSTALL = (load: string) => `#!/bin/sh
say() { echo "installer: $*"; echo "installer: $*" > /dev/tty0; }
fail() { say "FAILED: $*"; exit 1; }
${load}
mkdir -p /cd
i=0; until mount -t iso9660 -o ro /dev/sr0 /cd 2>/dev/null; do i=$((i+1)); [ $i -lt 50 ] || fail no CD; sleep 0.2; done
tools=/cd/tools
for d in dev proc sys; do mount --bind /$d $tools/$d || fail bind $d; done
mount -t tmpfs tmpfs $tools/tmp
say partitioning /dev/sda
echo 'start=2048, type=83, bootable' | chroot $tools /usr/sbin/sfdisk -q /dev/sda || fail sfdisk
i=0; until [ -b /dev/sda1 ]; do i=$((i+1)); [ $i -lt 50 ] || fail no /dev/sda1; sleep 0.2; done
say making a file system
chroot $tools /usr/sbin/mke2fs -q -t ext4 -L doppel /dev/sda1 || fail mke2fs
mount -t ext4 /dev/sda1 $tools/target || fail mount
say copying the system
cp -a /cd/system/. $tools/target/ || fail cp
mkdir -p $tools/target/boot $tools/target/dev $tools/target/proc $tools/target/sys $tools/target/tmp $tools/target/mnt
cp /cd/boot/vmlinuz $tools/target/boot/vmlinuz && cp /cd/boot/system.img $tools/target/boot/initrd || fail boot
say installing GRUB
chroot $tools /usr/sbin/grub-install --no-floppy --target=i386-pc --boot-directory=/target/boot /dev/sda || fail grub-install
cat > $tools/target/boot/grub/grub.cfg <<END
set timeout=1
menuentry "The installed system" {
  linux /boot/vmlinuz ${KERNEL_LINE}
  initrd /boot/initrd
}
END
(cd $tools/target && find . -type f ! -path './boot/grub/*' | sort | xargs md5sum) > /tmp/sums
cp /tmp/sums $tools/target/var/sums
umount $tools/target || fail umount
umount $tools/tmp; for d in dev proc sys; do umount $tools/$d; done
sync
say done, restarting
echo 1 > /proc/sys/dev/cdrom/autoeject
umount /cd || fail umount the CD
reboot -f
`;

/** /init of the installed system's initramfs. */
const SYSTEM_INIT = (load: string) => `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /root
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
export PATH=/bin
${load}
i=0; until disk=$(findfs LABEL=doppel); do i=$((i+1)); [ $i -lt 50 ] || exec sh; sleep 0.2; done
mount -t ext4 $disk /root || exec sh
mount --move /dev /root/dev
exec switch_root /root /sbin/init
`;

const SYSTEM_FILES: Readonly<Record<string, readonly [text: string, mode: number]>> = {
  'etc/inittab': [
    '::sysinit:/etc/rc\nttyS0::respawn:-/bin/cttyhack /bin/sh -l\n::shutdown:/bin/sync\n::shutdown:/bin/umount -a -r\n',
    0o644,
  ],
  'etc/rc': [
    `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
[ -e /bin/ls ] || /bin/busybox --install -s
echo start >> /var/starts
for to in /dev/ttyS0 /dev/tty0; do
  echo "The system is up from the disk: $(grep ' / ' /proc/mounts), start $(wc -l < /var/starts)" > $to
done
`,
    0o755,
  ],
  'etc/profile': ["export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root PS1='doppel:\\w# '\ncd /\n", 0o644],
  'etc/passwd': ['root:x:0:0:root:/root:/bin/sh\n', 0o644],
  'etc/group': ['root:x:0:\n', 0o644],
  'var/starts': ['', 0o644],
};

/** The CD's image. */
export async function buildInstallationCd(): Promise<Uint8Array> {
  const kernel = await fetchDebianKernel('amd64');
  const busybox = await fetchDebianBusybox('amd64');
  const modules = await fetchKernelModules('amd64', MODULES);
  const installer = buildBusyboxInitramfs(busybox.bytes, [
    ...modules.files,
    { kind: 'file', path: 'etc/rc', mode: 0o755, bytes: encode(INSTALL(modules.load)) },
  ]);
  const system: CpioEntry[] = [
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, bytes: busybox.bytes },
    { kind: 'symlink', path: 'bin/sh', target: 'busybox' },
    { kind: 'file', path: 'init', mode: 0o755, bytes: encode(SYSTEM_INIT(modules.load)) },
    ...modules.files,
  ];
  const files: CdFile[] = [
    { path: 'boot/vmlinuz', bytes: kernel.bytes },
    { path: 'boot/initrd', bytes: installer },
    { path: 'boot/system.img', bytes: writeCpio(system) },
  ];
  const configuration = `DEFAULT install\nLABEL install\n  KERNEL /boot/vmlinuz\n  INITRD /boot/initrd\n  APPEND ${KERNEL_LINE}\n`;
  const tree = mkdtempSync(join(tmpdir(), 'doppel-tree-'));
  try {
    for (const path of ['tools/dev', 'tools/proc', 'tools/sys', 'tools/tmp', 'tools/target']) {
      mkdirSync(join(tree, path), { recursive: true });
    }
    for (const member of await packageMembers(TOOL_PACKAGES, TOOL_FILES)) place(join(tree, 'tools'), member);
    writeTree(join(tree, 'system'), busybox.bytes);
    return await makeCd(configuration, files, tree);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A package's member in a file system whose /bin, /sbin, /lib and /lib64 are those of /usr, as Debian has it. */
function place(root: string, { path, mode, kind, target, bytes }: TarMember): void {
  const merged = path.replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/');
  const at = join(root, merged);
  mkdirSync(dirname(at), { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
    try {
      symlinkSync(`usr/${folder}`, join(root, folder));
    } catch {
      // there already
    }
  }
  if (kind === 'directory') mkdirSync(at, { recursive: true });
  else if (kind === 'symlink') symlinkSync(target, at);
  else if (kind === 'file') writeFileSync(at, bytes, { mode });
}

function writeTree(root: string, busybox: Uint8Array): void {
  for (const folder of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'var', 'root']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'bin/busybox'), busybox, { mode: 0o755 });
  symlinkSync('busybox', join(root, 'bin/sh'));
  symlinkSync('../bin/busybox', join(root, 'sbin/init'));
  symlinkSync('busybox', join(root, 'bin/cttyhack'));
  for (const [path, [text, mode]] of Object.entries(SYSTEM_FILES)) {
    writeFileSync(join(root, path), text, { mode });
  }
}
