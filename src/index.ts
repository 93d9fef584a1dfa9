// Doppel as a library: a machine, what it boots, and what it needs of its host.
//
//   import { readFileSync } from 'node:fs';
//   import { Machine, nodeHost } from 'doppel';
//
//   const machine = new Machine({
//     memory: 256 * 2 ** 20,
//     boot: { kernel: readFileSync('vmlinuz'), commandLine: 'console=ttyS0', modules: [] },
//     serial: { write: (byte) => process.stdout.write(Uint8Array.of(byte)) },
//     host: nodeHost(),
//   });
//   const end = await machine.run();
//
// What the user can mend (a file that is no kernel, a size that cannot be had) is a DoppelError. Elsewhere than on
// Node give a MachineHost of your own instead of nodeHost(): four small interfaces.

export type { BlockDevice, BlockError } from './backend/block/block-device.ts';
export { emptyMemoryDisk, imageDisk, overlayDisk } from './backend/block/memory-disk.ts';
export type { ByteSink } from './backend/char.ts';
export type { Frame, Rectangle, ScreenHub, ScreenViewer, TextScreen } from './backend/display/screen.ts';
export { type FlashImage, memoryFlash } from './backend/flash/flash-image.ts';
export { buildBusyboxInitramfs } from './backend/initramfs/busybox.ts';
export { type CpioEntry, writeCpio } from './backend/initramfs/cpio.ts';
export { isKeyCode, KEY_CODES, type KeyCode } from './backend/input/keys.ts';
export type { Pointer, PointerReceiver } from './backend/input/pointer.ts';
export { type KeyEvent, keyEventsOf } from './backend/input/type-text.ts';
export { loopbackNetwork } from './backend/net/loopback.ts';
export { type PacketBackend, type PacketReceiver, unplugged } from './backend/net/packet-backend.ts';
export { DoppelError } from './base/errors.ts';
export type { Clock, Entropy, WallClock } from './base/services.ts';
export { type Action, ControlError, type ControlErrorCode } from './control/actions.ts';
export { type ControlHost, MachineControl, type MachineStatus } from './control/machine-control.ts';
export { screenText } from './control/screen-text.ts';
export { SerialLog } from './control/serial-log.ts';
/** The translator, for MachineOptions.engine: `engine: (wires) => new JitVcpu(wires)`. Without it the interpreter runs everything. */
export { JitVcpu } from './engine/jit/jit-vcpu.ts';
export type { Exit } from './engine/vcpu.ts';
export type { BootModule, LinuxEntry } from './firmware/boot/request.ts';
export {
  type ControlMachineOptions,
  controlMachine,
  screenshot,
  waitForScreenText,
} from './host/node/automation.ts';
export { ControlClient } from './host/node/control/client.ts';
export { ControlServer } from './host/node/control/server.ts';
export {
  type DebianArchitecture,
  type DebianFile,
  type DebianKernel,
  fetchDebianBusybox,
  fetchDebianKernel,
} from './host/node/debian-packages.ts';
export { createRawDisk, type FileDisk, openFileDisk } from './host/node/file-disk.ts';
export { type FlashFile, openFlashFile } from './host/node/flash-file.ts';
export { capturePcapFile, type PcapFile } from './host/node/pcap-file.ts';
export { nodeHost } from './host/node/platform.ts';
/** For JitVcpu's option `service`: translates in a thread beside the machine's, where the host has a processor for it. */
export { regionServiceOfHost } from './host/node/region-service.ts';
export { VncServer, type VncServerOptions } from './host/node/vnc/server.ts';
export type { DebugDevice } from './machine/pc/board.ts';
export type { NetworkCard, NetworkModel } from './machine/pc/network.ts';
export type { PluggedDisk, StorageBus, StorageOptions } from './machine/pc/storage.ts';
export { Machine } from './machine/vm/machine.ts';
export type {
  Boot,
  FirmwareBoot,
  KernelBoot,
  MachineEnd,
  MachineEvent,
  MachineHost,
  MachineOptions,
  MediaBoot,
} from './machine/vm/machine-options.ts';
export type { Scheduler } from './machine/vm/scheduler.ts';
