// `doppel quickstart` (what `npm start` runs): Debian's own kernel and busybox, fetched once with apt,
// booted to a root shell.

import { readFileSync } from 'node:fs';
import { buildBusyboxInitramfs } from '../backend/initramfs/busybox.ts';
import { DoppelError } from '../base/errors.ts';
import {
  architectureOf,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from '../host/node/debian-packages.ts';
import { parseRunOptions } from './options.ts';
import { run } from './run.ts';

export const QUICKSTART_HELP = `Usage: doppel quickstart [amd64 | 686 | 686-pae] [options of doppel run]

Boots Debian's kernel (linux-image-amd64, or the 32-bit ones) with a busybox userland to a root shell.
The packages are fetched with apt as an ordinary user and kept in the cache directory; nothing is
installed. \`poweroff\` in the guest ends it, Ctrl-A X leaves at once.
`;

const KERNELS: readonly string[] = ['amd64', '686', '686-pae'] satisfies DebianKernel[];
/**
 * Kernel output on the serial line. The kernel need not try whether its timer interrupts: while it does, it wants ten
 * ticks in ten ticks' time, which a busy host cannot promise.
 */
const COMMAND_LINE = 'console=ttyS0 quiet no_timer_check';
/** The shell is on the screen where there is one. */
const ON_SCREEN = 'console=tty0';

export async function quickstart(words: readonly string[]): Promise<number> {
  const [first, ...others] = words;
  const named = first !== undefined && !first.startsWith('-');
  if (named && !KERNELS.includes(first)) {
    throw new DoppelError(`There is no kernel '${first}': choose ${KERNELS.join(', ')}.`);
  }
  const flavour = (named ? first : 'amd64') as DebianKernel;
  const options = parseRunOptions(named ? others : words)!;
  if (options.kernel !== undefined || options.initrd !== undefined || options.modules.length > 0) {
    throw new DoppelError(
      'quickstart brings its own kernel and initrd, without modules; to give others, use `doppel run`.',
    );
  }
  const { kernel, busybox, name } = await fetchGuest(flavour);
  process.stderr.write(`doppel: booting ${name}; Ctrl-A X leaves\n`);
  const screen = options.display.kind === 'none' ? '' : ON_SCREEN;
  const append = [COMMAND_LINE, screen, options.append].filter((words) => words !== '').join(' ');
  return await run({ ...options, append }, () => ({
    kernel: readFileSync(kernel),
    kernelName: `vmlinuz-${flavour}`,
    modules: [{ bytes: buildBusyboxInitramfs(readFileSync(busybox)) }],
  }));
}

/** The files' places in the cache: a running guest needs neither of them in memory. */
async function fetchGuest(flavour: DebianKernel): Promise<{ kernel: string; busybox: string; name: string }> {
  const kernel = await fetchDebianKernel(flavour);
  const busybox = await fetchDebianBusybox(architectureOf(flavour));
  return { kernel: kernel.path, busybox: busybox.path, name: kernel.packageName };
}
