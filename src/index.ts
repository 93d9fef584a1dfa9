// Doppel as a library: `import { Machine, nodeHost } from 'doppel'`.

export type { ByteSink } from './backend/char.ts';
export { buildBusyboxInitramfs } from './backend/initramfs/busybox.ts';
export { type CpioEntry, writeCpio } from './backend/initramfs/cpio.ts';
export { DoppelError } from './base/errors.ts';
export {
  type DebianArchitecture,
  type DebianFile,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from './host/node/debian-packages.ts';
export { nodeHost } from './host/node/platform.ts';
export {
  type KernelBoot,
  Machine,
  type MachineEnd,
  type MachineHost,
  type MachineOptions,
} from './machine/vm/machine.ts';
