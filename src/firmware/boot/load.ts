// Direct kernel boot: recognises a kernel file by its content and loads it by the protocol it speaks.
import { DoppelError } from '../../base/errors.ts';
import type { BootState } from './boot-state.ts';
import { isElf, parseElf } from './elf.ts';
import { isLinux, loadLinux } from './linux.ts';
import { findMultibootHeader, loadMultiboot } from './multiboot.ts';
import { loadPvh, pvhEntry } from './pvh.ts';
import type { BootRequest } from './request.ts';

export type BootProtocol = 'linux' | 'pvh' | 'multiboot';

const LOADERS: Readonly<Record<BootProtocol, (request: BootRequest) => BootState>> = {
  linux: loadLinux,
  pvh: loadPvh,
  multiboot: loadMultiboot,
};

/** Things that people take for kernels: how the file begins, what it is, what to do. */
const LOOKALIKES: readonly (readonly [string, string])[] = [
  ['1f8b', 'is compressed with gzip: unpack it first'],
  ['fd377a585a00', 'is compressed with xz: unpack it first'],
  ['28b52ffd', 'is compressed with zstd: unpack it first'],
  ['425a68', 'is compressed with bzip2: unpack it first'],
  ['303730373031', 'is an initramfs (a cpio archive), not a kernel'],
  ['213c617263683e0a', 'is an archive (perhaps a .deb package), not a kernel'],
  ['4d5a', 'is a Windows or EFI program, not a kernel for direct boot'],
  ['2321', 'is a script, not a kernel'],
];

/** Which protocol the kernel speaks. Throws DoppelError with the reason where it is none of them. */
export function recogniseKernel(kernel: Uint8Array): BootProtocol {
  if (kernel.length === 0) throw new DoppelError('the kernel file is empty');
  if (isLinux(kernel)) return 'linux';
  const multiboot = findMultibootHeader(kernel) !== undefined;
  if (isElf(kernel)) {
    if (pvhEntry(parseElf(kernel)) !== undefined) return 'pvh';
    if (multiboot) return 'multiboot';
    throw new DoppelError('the kernel is an ELF file with neither a PVH entry point nor a Multiboot header');
  }
  if (multiboot) return 'multiboot';
  const start = Array.from(kernel.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const lookalike = LOOKALIKES.find(([magic]) => start.startsWith(magic));
  throw new DoppelError(
    `the kernel file ${lookalike?.[1] ?? 'is not a kernel: it is no bzImage, no ELF file, and has no Multiboot header'}`,
  );
}

/**
 * Loads the kernel, its modules and what it wants to know into guest RAM, and answers the state in which
 * the processor enters it. Throws DoppelError for anything the user can mend; RAM may be partly written then.
 */
export function loadKernel(request: BootRequest): BootState {
  return LOADERS[recogniseKernel(request.kernel)](request);
}
