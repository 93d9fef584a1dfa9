// What a boot protocol is given, and the checks that all of them share.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { isUsableRam, type MemoryMap } from '../tables/memory-map.ts';

/** Low memory that the loader may use for the structures it hands to the kernel; the board chooses it. */
export interface BootArea {
  /** Boot GDT, BOOT_GDT_SIZE bytes. */
  readonly gdt: GuestPhysical;
  /** One page: boot_params (Linux), hvm_start_info (PVH) or the Multiboot information, with their lists. */
  readonly information: GuestPhysical;
  /** Six pages, page-aligned: identity page tables of the first 4 GiB. */
  readonly pageTables: GuestPhysical;
  /** Command lines: the kernel's, then the modules'. */
  readonly commandLine: GuestPhysical;
  /** Bytes at `commandLine`. */
  readonly commandLineSize: number;
}

export const PAGE_TABLES_SIZE = 6 * 4096;

/** A file handed to the kernel: an initrd (Linux), a PVH or Multiboot module. */
export interface BootModule {
  readonly bytes: Uint8Array;
  /** PVH and Multiboot: the module's own string. Linux ignores it. */
  readonly commandLine?: string;
}

/** 'auto' is 64-bit where a Linux kernel offers it. Only Linux has both. */
export type LinuxEntry = 'auto' | '32-bit' | '64-bit';

/** A text mode of the VGA that the kernel finds set, with its cursor at the top left. */
export interface TextMode {
  /** The BIOS's number. */
  readonly mode: number;
  readonly columns: number;
  readonly rows: number;
  /** Scan lines of a character. */
  readonly characterHeight: number;
}

export interface BootRequest {
  /** The kernel file as it is on disk. */
  readonly kernel: Uint8Array;
  /** The kernel's file name: the first word of a Multiboot command line, as GRUB and QEMU have it. */
  readonly kernelName?: string;
  /** Without terminating NUL. */
  readonly commandLine: string;
  /** In order. Linux gets them joined as one initrd. */
  readonly modules: readonly BootModule[];
  readonly memoryMap: MemoryMap;
  /** Guest RAM from physical address 0 up to the PCI hole at most. */
  readonly ram: Uint8Array;
  readonly area: BootArea;
  /** Where the ACPI RSDP is, if the machine has one. */
  readonly rsdp?: GuestPhysical;
  readonly linuxEntry?: LinuxEntry;
  /** What the screen shows; unless given, there is none. Linux only. */
  readonly textMode?: TextMode;
}

/** A piece of the kernel: file bytes, then zeros up to `memorySize`. */
export interface LoadSegment {
  readonly address: GuestPhysical;
  readonly bytes: Uint8Array;
  /** Bytes in memory, at least `bytes.length`. */
  readonly memorySize: number;
}

/** For messages: "0x1000000". */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** For messages: bytes as "12.3 MiB". */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1).replace(/\.0$/, '')} MiB`;
}

/** Throws DoppelError unless the kernel may lie at [base, base + size): usable RAM, clear of the boot structures. */
export function checkKernelRange(request: BootRequest, base: GuestPhysical, size: number): void {
  if (!isUsableRam(request.memoryMap, base, size) || base + size > request.ram.length) {
    throw new DoppelError(
      `the kernel is too big for the machine's memory of ${mebibytes(request.ram.length)}: ` +
        `it needs ${mebibytes(size)} at address ${hex(base)} (try a larger --memory)`,
    );
  }
  const { area } = request;
  const structures = [
    [area.gdt, 4096],
    [area.information, 4096],
    [area.pageTables, PAGE_TABLES_SIZE],
    [area.commandLine, area.commandLineSize],
  ] as const;
  for (const [start, length] of structures) {
    if (base < start + length && start < base + size) {
      throw new DoppelError(
        `the kernel wants to be at ${hex(base)}-${hex(base + size)}, where the loader keeps its own structures`,
      );
    }
  }
}

/** Throws DoppelError where an initrd or module of `size` bytes has no place. */
export function moduleDoesNotFit(request: BootRequest, what: string, size: number): never {
  throw new DoppelError(
    `${what} of ${mebibytes(size)} does not fit into the memory of ${mebibytes(request.ram.length)} ` +
      'beside the kernel (try a larger --memory)',
  );
}
