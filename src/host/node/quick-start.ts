// The quick-start guest: Debian's own kernel with a busybox userland made on the spot.
import { buildBusyboxInitramfs } from '../../backend/initramfs/busybox.ts';
import type { CpioEntry } from '../../backend/initramfs/cpio.ts';
import {
  architectureOf,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
  type Progress,
  progressOnStandardError,
} from './debian-packages.ts';

/** What a direct kernel boot needs. */
export interface QuickStart {
  readonly kernel: Uint8Array;
  /** A cpio archive, not compressed: unpacking would cost the guest time. */
  readonly initrd: Uint8Array;
  readonly commandLine: string;
  /** The Debian package of the kernel and its version, for the user. */
  readonly description: string;
}

/** Fetches (or takes from the cache) what the guest consists of. Throws DoppelError with a sentence to act on. */
export async function prepareQuickStart(
  kernel: DebianKernel = 'amd64',
  extraFiles: readonly CpioEntry[] = [],
  progress: Progress = progressOnStandardError,
): Promise<QuickStart> {
  const image = await fetchDebianKernel(kernel, progress);
  const busybox = await fetchDebianBusybox(architectureOf(kernel), progress);
  return {
    kernel: image.bytes,
    initrd: buildBusyboxInitramfs(busybox.bytes, extraFiles),
    commandLine: 'console=ttyS0',
    description: `${image.packageName} ${image.version}`,
  };
}
