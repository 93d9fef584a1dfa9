// The Linux/x86 boot protocol: Documentation/arch/x86/boot.rst ("The Real-Mode Kernel Header",
// "32-bit Boot Protocol", "64-bit Boot Protocol") and zero-page.rst of the Linux kernel.
//
//   bzImage:  boot sector | setup (real mode, not run here) | protected-mode kernel
//             0            0x200: jump, 0x202: "HdrS" ...     (setup_sects + 1) * 512
//
// The real-mode part only serves as the source of the setup header, which is copied into a fresh
// boot_params ("zero page") and completed there. The kernel is entered in protected mode at the start
// of its protected-mode part, or in long mode 0x200 bytes later.
// Not modelled: zImage and protocols before 2.02, the EFI handover, the real-mode entry, and placing
// anything above 4 GiB.
import type { GuestPhysical } from '../../base/addresses.ts';
import { DoppelError } from '../../base/errors.ts';
import { encodeE820, highestUsable } from '../tables/memory-map.ts';
import { type BootState, encodeBootGdt, flatBootState } from './boot-state.ts';
import { cString, type FileReader, fileReader, ramWriter } from './bytes.ts';
import { writeIdentityPageTables } from './page-tables.ts';
import { type BootRequest, checkKernelRange, moduleDoesNotFit } from './request.ts';

/** Offsets of the setup header's fields, the same in the file and in boot_params. */
const SETUP_SECTS = 0x1f1;
const SYSSIZE = 0x1f4;
const BOOT_FLAG = 0x1fe;
const JUMP = 0x200;
const HEADER = 0x202;
const VERSION = 0x206;
const TYPE_OF_LOADER = 0x210;
const LOADFLAGS = 0x211;
const CODE32_START = 0x214;
const RAMDISK_IMAGE = 0x218;
const RAMDISK_SIZE = 0x21c;
const CMD_LINE_PTR = 0x228;
const INITRD_ADDR_MAX = 0x22c;
const KERNEL_ALIGNMENT = 0x230;
const RELOCATABLE_KERNEL = 0x234;
const XLOADFLAGS = 0x236;
const CMDLINE_SIZE = 0x238;
const PREF_ADDRESS = 0x258;
const INIT_SIZE = 0x260;
/** Last byte a setup header may reach in boot_params: the EDD data follows. */
const HEADER_END_MAX = 0x290;

/** The fields of boot_params.screen_info that tell of a VGA in a text mode. */
const SCREEN_MODE = 0x06;
const SCREEN_COLUMNS = 0x07;
const SCREEN_LINES = 0x0e;
const SCREEN_IS_VGA = 0x0f;
const SCREEN_POINTS = 0x10;
/** Fields of boot_params outside the setup header. */
const ACPI_RSDP_ADDR = 0x070;
const ALT_MEM_K = 0x1e0;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_MAX_ENTRIES = 128;
const BOOT_PARAMS_SIZE = 4096;

const BOOT_FLAG_MAGIC = 0xaa55;
const HEADER_MAGIC = 0x5372_6448; // "HdrS"
const LOADED_HIGH = 1 << 0;
const XLF_KERNEL_64 = 1 << 0;
const LOADER_UNDEFINED = 0xff;
const ENTRY_64 = 0x200;
const ONE_MIB = 0x10_0000;

/** What the setup header says, with the defaults of older protocols filled in. */
export interface LinuxHeader {
  /** Protocol version, e.g. 0x020f for 2.15. */
  readonly version: number;
  /** The protected-mode kernel. */
  readonly code: Uint8Array;
  /** The setup header as it is to be copied to boot_params at 0x1F1. */
  readonly setupHeader: Uint8Array;
  /** Where the loader should put `code`. */
  readonly loadAddress: GuestPhysical;
  /** Bytes from `loadAddress` that the kernel needs before it looks at the memory map. */
  readonly initSize: number;
  /** Longest command line without its NUL. */
  readonly commandLineSize: number;
  /** Last byte an initrd may occupy. */
  readonly initrdAddressMax: GuestPhysical;
  /** The kernel has the 64-bit entry point. */
  readonly has64BitEntry: boolean;
}

/** True where the file has the marks of a Linux kernel with a setup header. */
export function isLinux(kernel: Uint8Array): boolean {
  if (kernel.length < 0x210) return false;
  const file = fileReader(kernel, 'the kernel');
  return file.u16(BOOT_FLAG) === BOOT_FLAG_MAGIC && file.u32(HEADER) === HEADER_MAGIC;
}

/** Reads the setup header. Throws DoppelError where the file is truncated or not a bzImage of protocol 2.02 or later. */
export function parseLinuxHeader(kernel: Uint8Array): LinuxHeader {
  const file = fileReader(kernel, 'the Linux kernel');
  const version = file.u16(VERSION);
  if (version < 0x0202 || (file.u8(LOADFLAGS) & LOADED_HIGH) === 0) {
    throw new DoppelError(
      'the kernel is a Linux zImage or older than boot protocol 2.02, which is not supported',
    );
  }
  const since = (needed: number, read: () => number, otherwise: number): number =>
    version >= needed ? read() : otherwise;
  const headerEnd = Math.min(HEADER + file.u8(JUMP + 1), HEADER_END_MAX);
  const codeOffset = ((file.u8(SETUP_SECTS) || 4) + 1) * 512;
  const codeSize = since(0x0204, () => file.u32(SYSSIZE), file.u16(SYSSIZE)) * 16;
  const code = readCode(file, codeOffset, codeSize);
  const relocatable = since(0x0205, () => file.u8(RELOCATABLE_KERNEL), 0) !== 0;
  const alignment = since(0x0205, () => file.u32(KERNEL_ALIGNMENT), 0);
  return {
    version,
    code,
    setupHeader: file.slice(SETUP_SECTS, headerEnd - SETUP_SECTS),
    // A relocatable kernel moves itself up to its preferred address if it is loaded below it, so there
    // is nothing to gain elsewhere; others unpack themselves from 1 MiB.
    loadAddress: relocatable
      ? since(0x020a, () => file.u64(PREF_ADDRESS), alignUp(ONE_MIB, alignment))
      : file.u32(CODE32_START),
    initSize: Math.max(
      code.length,
      since(0x020a, () => file.u32(INIT_SIZE), code.length),
    ),
    commandLineSize: since(0x0206, () => file.u32(CMDLINE_SIZE), 255),
    initrdAddressMax: since(0x0203, () => file.u32(INITRD_ADDR_MAX), 0x37ff_ffff),
    has64BitEntry: since(0x020c, () => file.u16(XLOADFLAGS) & XLF_KERNEL_64, 0) !== 0,
  };
}

/** syssize is in 16-byte paragraphs, so the file may end up to 15 bytes early. */
function readCode(file: FileReader, offset: number, size: number): Uint8Array {
  if (size === 0) throw new DoppelError('the Linux kernel has no protected-mode part');
  const available = file.size - offset;
  return file.slice(offset, available >= size - 15 ? Math.min(size, available) : size);
}

function alignUp(value: number, alignment: number): number {
  return alignment === 0 ? value : Math.ceil(value / alignment) * alignment;
}

/** Loads kernel, initrd and boot_params, and answers the processor's state at the chosen entry point. */
export function loadLinux(request: BootRequest): BootState {
  const header = parseLinuxHeader(request.kernel);
  const long = choosesLongMode(request, header);
  const load = header.loadAddress;
  checkKernelRange(request, load, header.initSize);
  const commandLine = checkCommandLine(request, header);
  const { area } = request;
  const ram = ramWriter(request.ram);
  const initrd = placeInitrd(request, header);

  ram.bytes(load, header.code);
  initrd.pieces.forEach(({ address, bytes }) => {
    ram.bytes(address, bytes);
  });
  ram.bytes(area.commandLine, commandLine);
  ram.bytes(area.gdt, encodeBootGdt(long ? '64-bit' : '32-bit'));
  if (long) writeIdentityPageTables(ram, area.pageTables);

  const params = area.information;
  ram.zero(params, BOOT_PARAMS_SIZE);
  ram.bytes(params + SETUP_SECTS, header.setupHeader);
  ram.u8(params + TYPE_OF_LOADER, LOADER_UNDEFINED);
  ram.u32(params + CODE32_START, load);
  ram.u32(params + RAMDISK_IMAGE, initrd.address);
  ram.u32(params + RAMDISK_SIZE, initrd.size);
  ram.u32(params + CMD_LINE_PTR, area.commandLine);
  ram.u64(params + ACPI_RSDP_ADDR, request.rsdp ?? 0);
  const { textMode } = request;
  if (textMode) {
    ram.u8(params + SCREEN_MODE, textMode.mode);
    ram.u8(params + SCREEN_COLUMNS, textMode.columns);
    ram.u8(params + SCREEN_LINES, textMode.rows);
    ram.u8(params + SCREEN_IS_VGA, 1);
    ram.u8(params + SCREEN_POINTS, textMode.characterHeight);
  }
  const entries = request.memoryMap.slice(0, E820_MAX_ENTRIES);
  ram.u8(params + E820_ENTRIES, entries.length);
  ram.bytes(params + E820_TABLE, encodeE820(entries));
  ram.u32(params + ALT_MEM_K, Math.max(0, (request.ram.length - ONE_MIB) / 1024));

  return flatBootState({
    entry: long ? load + ENTRY_64 : load,
    gdt: area.gdt,
    ...(long ? { pageTables: area.pageTables } : {}),
    registers: { rsi: BigInt(params) },
  });
}

function choosesLongMode(request: BootRequest, header: LinuxHeader): boolean {
  const entry = request.linuxEntry ?? 'auto';
  if (entry === '64-bit' && !header.has64BitEntry) {
    throw new DoppelError('the Linux kernel has no 64-bit entry point');
  }
  return entry === 'auto' ? header.has64BitEntry : entry === '64-bit';
}

function checkCommandLine(request: BootRequest, header: LinuxHeader): Uint8Array {
  const bytes = cString(request.commandLine);
  const longest = Math.min(header.commandLineSize, request.area.commandLineSize - 1);
  if (bytes.length - 1 > longest) {
    throw new DoppelError(
      `the command line has ${bytes.length - 1} bytes, but this kernel takes at most ${longest}`,
    );
  }
  return bytes;
}

interface PlacedInitrd {
  /** 0 where there is none. */
  readonly address: GuestPhysical;
  readonly size: number;
  readonly pieces: readonly { readonly address: GuestPhysical; readonly bytes: Uint8Array }[];
}

/** As high as the kernel allows, as the protocol recommends; several modules are joined at 4-byte boundaries. */
function placeInitrd(request: BootRequest, header: LinuxHeader): PlacedInitrd {
  const size = request.modules.reduce((sum, { bytes }) => alignUp(sum, 4) + bytes.length, 0);
  if (size === 0) return { address: 0, size: 0, pieces: [] };
  const limit = Math.min(header.initrdAddressMax + 1, request.ram.length);
  const floor = header.loadAddress + header.initSize;
  const address = highestUsable(request.memoryMap, size, floor, limit, 4096);
  if (address === undefined) return moduleDoesNotFit(request, 'the initrd', size);
  let next = address;
  const pieces = request.modules.map(({ bytes }) => {
    const place = alignUp(next, 4);
    next = place + bytes.length;
    return { address: place, bytes };
  });
  return { address, size, pieces };
}
