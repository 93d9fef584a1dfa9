// Multiboot 1 (The Multiboot Specification, version 0.6.96): a header in the first 8 KiB of the kernel
// file says how to load it, either as ELF or from addresses of its own (the "a.out kludge"). The kernel
// is entered in flat 32-bit protected mode, EAX = 0x2BADB002, EBX = the information structure.
//
//   information page:  information (116) | module list (16 each) | memory map (24 each)
//
// Not modelled: video modes (a kernel that asks for one gets none), the symbol table, APM, the drives.
import { DoppelError } from '../../base/errors.ts';
import { endOfExtendedMemory } from '../tables/memory-map.ts';
import { type BootState, encodeBootGdt, flatBootState } from './boot-state.ts';
import { cString, type FileReader, fileReader, type RamWriter, ramWriter } from './bytes.ts';
import { isElf, parseElf } from './elf.ts';
import type { BootRequest, LoadSegment } from './request.ts';
import { checkEntry, loadSegments, type PlacedModules, placeModules } from './segments.ts';

const HEADER_MAGIC = 0x1bad_b002;
const BOOTLOADER_MAGIC = 0x2bad_b002;
const HEADER_SEARCH = 8192;
/** Bits 0 to 15 are demands: modules on pages, memory fields, video mode; any other cannot be met. */
const KNOWN_DEMANDS = 0b111;
const ADDRESSES_VALID = 1 << 16;

const INFO_MEMORY = 1 << 0;
const INFO_COMMAND_LINE = 1 << 2;
const INFO_MODULES = 1 << 3;
const INFO_MEMORY_MAP = 1 << 6;
const INFO_LOADER_NAME = 1 << 9;
const INFO_SIZE = 116;
const MODULE_SIZE = 16;
const MEMORY_MAP_ENTRY_SIZE = 24;
const LOADER_NAME = cString('Doppel');

/** Offset of the Multiboot header in the file, or undefined. */
export function findMultibootHeader(kernel: Uint8Array): number | undefined {
  const file = fileReader(kernel, 'the Multiboot kernel');
  const end = Math.min(kernel.length, HEADER_SEARCH);
  for (let at = 0; at + 12 <= end; at += 4) {
    const sum = file.u32(at) + file.u32(at + 4) + file.u32(at + 8);
    if (file.u32(at) === HEADER_MAGIC && sum % 2 ** 32 === 0) return at;
  }
  return undefined;
}

interface Loadable {
  readonly entry: number;
  readonly segments: readonly LoadSegment[];
}

/** The addresses of the header itself (specification, section 3.1.3). */
function parseKludge(file: FileReader, header: number): Loadable {
  const headerAddress = file.u32(header + 12);
  const loadAddress = file.u32(header + 16);
  const loadEnd = file.u32(header + 20);
  const bssEnd = file.u32(header + 24);
  const fileOffset = header - (headerAddress - loadAddress);
  const size = loadEnd === 0 ? file.size - fileOffset : loadEnd - loadAddress;
  const memorySize = bssEnd === 0 ? size : bssEnd - loadAddress;
  if (loadAddress > headerAddress || size <= 0 || memorySize < size) {
    throw new DoppelError("the Multiboot kernel's load addresses contradict each other");
  }
  return {
    entry: file.u32(header + 28),
    segments: [{ address: loadAddress, bytes: file.slice(fileOffset, size), memorySize }],
  };
}

/** Loads a Multiboot kernel. Throws DoppelError where there is no header, it cannot be met, or it does not fit. */
export function loadMultiboot(request: BootRequest): BootState {
  const { kernel, area } = request;
  const file = fileReader(kernel, 'the Multiboot kernel');
  const header = findMultibootHeader(kernel);
  if (header === undefined) throw new DoppelError('the kernel has no Multiboot header');
  const demands = file.u32(header + 4);
  if ((demands & 0xffff & ~KNOWN_DEMANDS) !== 0) {
    throw new DoppelError(
      `the Multiboot kernel demands features that do not exist here (flags 0x${demands.toString(16)})`,
    );
  }
  if ((demands & ADDRESSES_VALID) === 0 && !isElf(kernel)) {
    throw new DoppelError('the Multiboot kernel is neither ELF nor does its header say where to load it');
  }
  const { entry, segments } =
    (demands & ADDRESSES_VALID) !== 0 ? parseKludge(file, header) : parseElf(kernel);
  checkEntry(entry, segments);
  const ram = ramWriter(request.ram);
  const kernelEnd = loadSegments(request, ram, segments);
  const commandLine = [request.kernelName ?? '', request.commandLine].filter((part) => part !== '').join(' ');
  const placed = placeModules(request, ram, commandLine, kernelEnd);
  writeInformation(request, ram, placed);
  ram.bytes(area.gdt, encodeBootGdt('32-bit'));
  return flatBootState({
    entry,
    gdt: area.gdt,
    registers: { rax: BigInt(BOOTLOADER_MAGIC), rbx: BigInt(area.information) },
  });
}

function writeInformation(request: BootRequest, ram: RamWriter, placed: PlacedModules): void {
  const { area, memoryMap } = request;
  const info = area.information;
  const moduleList = info + INFO_SIZE;
  const mapList = moduleList + placed.modules.length * MODULE_SIZE;
  const name = mapList + memoryMap.length * MEMORY_MAP_ENTRY_SIZE;
  if (name + LOADER_NAME.length > info + 4096) {
    throw new DoppelError('too many modules for Multiboot: their list has to fit into a page');
  }
  const conventional = memoryMap.find(({ base }) => base === 0);
  ram.zero(info, 4096);
  ram.u32(info, INFO_MEMORY | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME);
  ram.u32(info + 4, Math.min(640, Math.floor((conventional?.size ?? 0) / 1024)));
  ram.u32(info + 8, (endOfExtendedMemory(memoryMap) - 0x10_0000) / 1024);
  ram.u32(info + 16, placed.commandLine);
  ram.u32(info + 20, placed.modules.length);
  ram.u32(info + 24, moduleList);
  ram.u32(info + 44, memoryMap.length * MEMORY_MAP_ENTRY_SIZE);
  ram.u32(info + 48, mapList);
  ram.u32(info + 64, name);
  placed.modules.forEach((module, i) => {
    ram.u32(moduleList + i * MODULE_SIZE, module.address);
    ram.u32(moduleList + i * MODULE_SIZE + 4, module.address + module.size);
    ram.u32(moduleList + i * MODULE_SIZE + 8, module.commandLine);
  });
  memoryMap.forEach((range, i) => {
    const entry = mapList + i * MEMORY_MAP_ENTRY_SIZE;
    ram.u32(entry, MEMORY_MAP_ENTRY_SIZE - 4);
    ram.u64(entry + 4, range.base);
    ram.u64(entry + 12, range.size);
    ram.u32(entry + 20, range.type);
  });
  ram.bytes(name, LOADER_NAME);
}
