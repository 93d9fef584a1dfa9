// What a Machine is made of and made for, and what it tells: options, what it boots, how a run ends.
import type { ByteSink } from '../../backend/char.ts';
import type { FlashImage } from '../../backend/flash/flash-image.ts';
import type { Clock, Entropy, WallClock } from '../../base/services.ts';
import type { InterpOptions } from '../../engine/interp/interp-vcpu.ts';
import type { Vcpu } from '../../engine/vcpu.ts';
import type { BootModule, LinuxEntry } from '../../firmware/boot/request.ts';
import type { DebugDevice } from '../pc/board.ts';
import type { DisplayOptions } from '../pc/display.ts';
import type { NetworkCard } from '../pc/network.ts';
import type { BootOrder } from '../pc/own-bios.ts';
import type { StorageOptions } from '../pc/storage.ts';
import type { Scheduler } from './scheduler.ts';

/** What a machine needs of its host (decision D10). */
export interface MachineHost {
  /** Monotonic, in nanoseconds. */
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly entropy: Entropy;
  readonly scheduler: Scheduler;
}

export interface KernelBoot {
  readonly kernel: Uint8Array;
  readonly kernelName?: string;
  readonly commandLine: string;
  /** Linux: joined as the initrd. PVH and Multiboot: modules. */
  readonly modules: readonly BootModule[];
  readonly linuxEntry?: LinuxEntry;
}

/**
 * Firmware that is run as it is: a ROM image of 64 KiB to 16 MiB, its last byte at the end of 4 GiB. Empty where the
 * machine's flash holds it.
 */
export interface FirmwareBoot {
  readonly firmware: Uint8Array;
  /** Kinds of media in the order in which they are tried; as the firmware likes, unless given. */
  readonly mediaOrder?: BootOrder;
  /** More exactly: OpenFirmware paths, see firmware-items.ts. */
  readonly bootOrder?: readonly string[];
  /** Milliseconds that the firmware waits for the key of its boot menu; no menu unless given. */
  readonly bootMenu?: number;
}

/** Doppel's own BIOS boots from the machine's media. */
export interface MediaBoot {
  /** Kinds of media in the order in which they are tried. */
  readonly media: BootOrder;
  /** Milliseconds that the BIOS waits for F12, the key of its boot menu; no menu unless given. */
  readonly bootMenu?: number;
}

/** What a machine does first. */
export type Boot = KernelBoot | FirmwareBoot | MediaBoot;

export interface MachineOptions {
  /** RAM in bytes: a multiple of 64 KiB, from 2 MiB to 3 GiB. */
  readonly memory: number;
  /** A function is asked again when the guest restarts, so that nobody need keep the kernel's files in memory. */
  readonly boot: Boot | (() => Boot);
  /** Where the guest's first serial line writes to. */
  readonly serial: ByteSink;
  /** COM2 to COM4, as many as are given. */
  readonly moreSerial?: readonly ByteSink[];
  /** The printer at the parallel port; no port unless given. */
  readonly printer?: ByteSink;
  /** Port 0xE9; ignored unless given. */
  readonly debugConsole?: ByteSink;
  /** Port 0x402, where firmware writes messages; ignored unless given. */
  readonly firmwareConsole?: ByteSink;
  readonly debugExitPort?: number;
  readonly debugDevices?: readonly DebugDevice[];
  /** Flash memory right below the firmware, where that keeps its variables; none unless given. */
  readonly flash?: FlashImage;
  /** Disks and other media. */
  readonly storage?: StorageOptions;
  /** Network cards, and where their cables lead to; none unless given. */
  readonly network?: readonly NetworkCard[];
  /** The display adapter; none unless given. */
  readonly display?: DisplayOptions;
  /** real: the guest's time is the host's. deterministic: it counts instructions (decision D4). */
  readonly time?: 'real' | 'deterministic';
  /** Milliseconds since 1970 that the RTC shows at the start; else the host's time (UTC), or 2000-01-01 in a deterministic run. */
  readonly rtcStart?: number | undefined;
  /** When the guest resets the machine: boot again (default) or end. */
  readonly reboot?: 'restart' | 'end';
  readonly host: MachineHost;
  /** Have statistics() tell the accesses that hit the TLB; costs about a fifth of the speed. */
  readonly countTlbHits?: boolean;
  /** Makes the engine; the interpreter unless given. */
  readonly engine?: (wires: InterpOptions) => MachineVcpu;
}

/** An engine as the machine knows it, with counters for --stats and something to close where it has them. */
export type MachineVcpu = Vcpu & { statistics?(): ReadonlyMap<string, number>; close?(): void };

/** How a run ended. */
export type MachineEnd =
  | { readonly reason: 'power-off' }
  | { readonly reason: 'reset' }
  /** HLT with interrupts off and no NMI to come. */
  | { readonly reason: 'halted' }
  | { readonly reason: 'debug-exit'; readonly status: number }
  | { readonly reason: 'triple-fault'; readonly cause: string; readonly registers: string }
  /** stop() was called; `by` is its argument. */
  | { readonly reason: 'stopped'; readonly by: string };

/** What happens to a machine while it runs, for those who watch it. */
export type MachineEvent =
  | { readonly event: 'restarted' | 'paused' | 'resumed' | 'suspended' | 'woken' }
  | { readonly event: 'ended'; readonly end: MachineEnd };
