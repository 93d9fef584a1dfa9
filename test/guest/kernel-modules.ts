// Modules of Debian's kernels for the guests of tests: those named, and what they depend on, in the order in
// which they are to be loaded. A module says in its section .modinfo what it needs.
import type { CpioEntry } from '../../src/backend/initramfs/cpio.ts';
import {
  architectureOf,
  type DebianKernel,
  fetchDebianKernel,
  fetchDebianPackage,
  readDebianPackage,
} from '../../src/host/node/debian-packages.ts';

/** Where in the kernel's tree the modules are that guests of tests may ask for. */
const FOLDERS = [
  'drivers/acpi',
  'drivers/ata',
  'drivers/scsi',
  'drivers/cdrom',
  'drivers/block',
  'drivers/net/ethernet/8390',
  'drivers/net/ethernet/intel/e1000',
  'drivers/firmware',
  'drivers/input',
  'fs',
  'lib',
  'crypto',
  'block',
];

export interface KernelModules {
  /** For the initramfs: the modules under /modules. */
  readonly files: readonly CpioEntry[];
  /** A shell command that loads them all. */
  readonly load: string;
}

export async function fetchKernelModules(
  kernel: DebianKernel,
  names: readonly string[],
): Promise<KernelModules> {
  const { packageName } = await fetchDebianKernel(kernel);
  const modules = new Map<string, Uint8Array>();
  const pattern = new RegExp(`/kernel/(${FOLDERS.join('|')})/([^/]+/)*[^/]+\\.ko$`);
  const deb = fetchDebianPackage(packageName, architectureOf(kernel));
  for await (const member of readDebianPackage(deb, (path) => pattern.test(path))) {
    if (member.kind === 'file') modules.set(nameOf(member.path), member.bytes);
  }
  const order: string[] = [];
  const visit = (name: string): void => {
    const bytes = modules.get(name);
    if (order.includes(name) || bytes === undefined) return; // what is not there is built in
    for (const dependency of dependencies(bytes)) visit(dependency);
    order.push(name);
  };
  for (const name of names) {
    if (!modules.has(name)) throw new Error(`${packageName} has no module ${name}`);
    visit(name);
  }
  return {
    files: [
      { kind: 'directory', path: 'modules', mode: 0o755 },
      ...order.map(
        (name): CpioEntry => ({
          kind: 'file',
          path: `modules/${name}.ko`,
          mode: 0o644,
          bytes: modules.get(name)!,
        }),
      ),
    ],
    load: `for m in ${order.join(' ')}; do insmod /modules/$m.ko || echo $m fails; done`,
  };
}

/** File names may have hyphens where module names have underscores. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.ko'.length).replaceAll('-', '_');
}

function dependencies(module: Uint8Array): readonly string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.length);
  const at = bytes.indexOf('\0depends=');
  if (at < 0) return [];
  const text = bytes.toString('latin1', at + 9, bytes.indexOf(0, at + 9));
  return text === '' ? [] : text.split(',').map((name) => name.replaceAll('-', '_'));
}
