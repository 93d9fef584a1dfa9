// The userland of the quick-start guest: busybox, its applets as links, and an /init of our own that
// ends in a root shell on the serial console. `poweroff` turns the machine off through ACPI.
import { type CpioEntry, writeCpio } from './cpio.ts';

/**
 * /init prepares the system and becomes busybox's init, which ends in a shell. Kernels without devtmpfs
 * still have the three nodes of the archive.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev 2>/dev/null
/bin/busybox --install -s 2>/dev/null
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=vt100
hostname doppel
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs tmpfs /tmp
ln -sf /proc/self/fd /dev/fd 2>/dev/null
cat /etc/motd
[ -x /etc/rc ] && /etc/rc
exec /sbin/init
`;

/**
 * The shell is a session of its own with the console as controlling terminal (cttyhack), so that ^C and job
 * control work; when it ends, another begins. `poweroff` goes through init, which ends all processes first.
 */
const INITTAB = `::respawn:-/bin/cttyhack /bin/sh -l
::restart:/sbin/init
::shutdown:/bin/umount -a -r >/dev/null 2>&1
`;

const PROFILE = `export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root PS1='doppel:\\w# '
cd
`;

const WELCOME = `
Welcome to Doppel: Linux on a processor made of software.
Type "poweroff" to turn the machine off, or Ctrl-A X to leave at once.

`;

/** Where `busybox --install -s` puts links, and mount points. */
const DIRECTORIES = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'proc', 'sys', 'dev', 'etc', 'tmp', 'root', 'mnt'];

/**
 * An initramfs (cpio, not compressed) around `busybox`, a static executable for the guest. `extraFiles`
 * come last and may not replace what is here; an executable /etc/rc among them runs before the shell.
 */
export function buildBusyboxInitramfs(
  busybox: Uint8Array,
  extraFiles: readonly CpioEntry[] = [],
): Uint8Array {
  const text = (path: string, content: string, mode = 0o644): CpioEntry => ({
    kind: 'file',
    path,
    mode,
    bytes: new TextEncoder().encode(content),
  });
  const mine: CpioEntry[] = [
    ...DIRECTORIES.map((path): CpioEntry => ({ kind: 'directory', path })),
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/null', mode: 0o666, major: 1, minor: 3 },
    { kind: 'character-device', path: 'dev/ttyS0', major: 4, minor: 64 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, bytes: busybox },
    { kind: 'symlink', path: 'bin/sh', target: 'busybox' },
    text('init', INIT, 0o755),
    text('etc/inittab', INITTAB),
    text('etc/profile', PROFILE),
    text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n'),
    text('etc/group', 'root:x:0:\n'),
    text('etc/motd', WELCOME),
  ];
  return writeCpio([...mine, ...extraFiles.filter((extra) => !isOurDirectory(extra))]);
}

function isOurDirectory(entry: CpioEntry): boolean {
  return entry.kind === 'directory' && DIRECTORIES.includes(entry.path);
}
