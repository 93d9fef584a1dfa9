// PVH: the x86/HVM direct boot ABI of Xen (docs/misc/pvh.pandoc and xen/include/public/arch-x86/hvm/
// start_info.h), which Linux, FreeBSD, NetBSD and others offer through an ELF note. The kernel is
// entered in flat 32-bit protected mode with EBX pointing to hvm_start_info.
//
//   information page:  start_info (56) | module list (32 each) | memory map (24 each)
import { DoppelError } from '../../base/errors.ts';
import { type BootState, encodeBootGdt, flatBootState } from './boot-state.ts';
import { ramWriter } from './bytes.ts';
import { type ElfFile, parseElf } from './elf.ts';
import type { BootRequest } from './request.ts';
import { checkEntry, loadSegments, placeModules } from './segments.ts';

const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const START_INFO_MAGIC = 0x336e_c578;
const START_INFO_VERSION = 1;
const START_INFO_SIZE = 56;
const MODULE_SIZE = 32;
const MEMORY_MAP_ENTRY_SIZE = 24;

/** The 32-bit physical entry point of the note, or undefined where there is no such note. */
export function pvhEntry(elf: ElfFile): number | undefined {
  const note = elf.notes.find(({ name, type }) => name === 'Xen' && type === XEN_ELFNOTE_PHYS32_ENTRY);
  if (note === undefined) return undefined;
  const { description } = note;
  if (description.length !== 4 && description.length !== 8) {
    throw new DoppelError("the kernel's PVH note is malformed");
  }
  // Eight bytes in 64-bit kernels; the ABI uses the low 32 bits.
  return new DataView(description.buffer, description.byteOffset).getUint32(0, true);
}

/** Loads an ELF kernel with a PVH note. Throws DoppelError where it has none or does not fit. */
export function loadPvh(request: BootRequest): BootState {
  const elf = parseElf(request.kernel);
  const entry = pvhEntry(elf);
  if (entry === undefined) throw new DoppelError('the ELF kernel has no PVH entry point');
  checkEntry(entry, elf.segments);
  const ram = ramWriter(request.ram);
  const { area, memoryMap } = request;
  const size =
    START_INFO_SIZE + request.modules.length * MODULE_SIZE + memoryMap.length * MEMORY_MAP_ENTRY_SIZE;
  if (size > 4096) throw new DoppelError('too many modules for PVH: their list has to fit into a page');
  const kernelEnd = loadSegments(request, ram, elf.segments);
  const placed = placeModules(request, ram, request.commandLine, kernelEnd);

  const info = area.information;
  const moduleList = info + START_INFO_SIZE;
  const mapList = moduleList + request.modules.length * MODULE_SIZE;
  ram.zero(info, 4096);
  ram.u32(info, START_INFO_MAGIC);
  ram.u32(info + 4, START_INFO_VERSION);
  ram.u32(info + 12, placed.modules.length);
  ram.u64(info + 16, placed.modules.length === 0 ? 0 : moduleList);
  ram.u64(info + 24, placed.commandLine);
  ram.u64(info + 32, request.rsdp ?? 0);
  ram.u64(info + 40, mapList);
  ram.u32(info + 48, memoryMap.length);
  placed.modules.forEach((module, i) => {
    ram.u64(moduleList + i * MODULE_SIZE, module.address);
    ram.u64(moduleList + i * MODULE_SIZE + 8, module.size);
    ram.u64(moduleList + i * MODULE_SIZE + 16, module.commandLine);
  });
  memoryMap.forEach((range, i) => {
    ram.u64(mapList + i * MEMORY_MAP_ENTRY_SIZE, range.base);
    ram.u64(mapList + i * MEMORY_MAP_ENTRY_SIZE + 8, range.size);
    ram.u32(mapList + i * MEMORY_MAP_ENTRY_SIZE + 16, range.type);
  });
  ram.bytes(area.gdt, encodeBootGdt('32-bit'));
  return flatBootState({ entry, gdt: area.gdt, registers: { rbx: BigInt(info) } });
}
