// The command lines of the emulators that are compared: the same kernel, initramfs and memory, the serial line on
// standard input and output.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GuestWidth } from '../programs/list.ts';

export type Peer = 'doppel' | 'qemu' | 'v86';
export const PEERS: readonly Peer[] = ['doppel', 'qemu', 'v86'];

/** MiB of guest RAM. */
export const MEMORY_MIB = 512;

export interface GuestFiles {
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
}

export interface EmulatorCommand {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** `accelerator` and `more` are for Doppel only; v86 runs 32-bit guests only. */
export function emulatorCommand(
  peer: Peer,
  width: GuestWidth,
  files: GuestFiles,
  accelerator: string,
  more: readonly string[] = [],
): EmulatorCommand {
  const guest = (dashes: string) => [
    `${dashes}kernel`,
    files.kernel,
    `${dashes}initrd`,
    files.initrd,
    `${dashes}append`,
    files.append,
  ];
  const own = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  switch (peer) {
    case 'doppel': {
      const words = ['run', ...guest('--'), '--accel', accelerator, '--memory', `${MEMORY_MIB}M`, ...more];
      return { program: process.execPath, arguments: [own('../../bin/doppel.js'), ...words] };
    }
    case 'qemu': {
      const machine = '-accel tcg,thread=single -machine pc -cpu Nehalem -nodefaults -no-user-config';
      const words = [...machine.split(' '), '-m', `${MEMORY_MIB}M`, '-display', 'none', '-serial', 'stdio'];
      return { program: qemuProgram(width), arguments: [...words, ...guest('-')] };
    }
    case 'v86': {
      const words = [files.kernel, files.initrd, files.append, String(MEMORY_MIB)];
      return { program: process.execPath, arguments: [own('./v86-linux.ts'), ...words] };
    }
  }
}

function qemuProgram(width: GuestWidth): string {
  return width === 64 ? 'qemu-system-x86_64' : 'qemu-system-i386';
}

/** SeaBIOS of Debian, which v86 boots with: its npm package has none. */
export const SEABIOS = '/usr/share/seabios';

/** Why a peer cannot run here, with advice; null where it can. */
export function missing(peer: Peer, width: GuestWidth): string | null {
  if (peer === 'qemu') {
    try {
      execFileSync(qemuProgram(width), ['--version']);
    } catch {
      return 'QEMU is missing (Debian: apt-get install qemu-system-x86)';
    }
  }
  if (peer === 'v86') {
    if (width === 64) return 'v86 runs 32-bit guests only';
    if (!existsSync(`${SEABIOS}/bios.bin`)) return 'v86 needs SeaBIOS (Debian: apt-get install seabios)';
  }
  return null;
}
