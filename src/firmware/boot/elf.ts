// ELF executables (System V ABI, "Object Files", and its i386 and AMD64 supplements): as much as a
// loader needs. Little-endian i386 and x86-64 files, 32 or 64 bits wide; program headers only.
import { DoppelError } from '../../base/errors.ts';
import { type FileReader, fileReader } from './bytes.ts';
import type { LoadSegment } from './request.ts';

const MAGIC = 0x464c_457f; // 0x7F "ELF"
const EI_CLASS = 4;
const EI_DATA = 5;
const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EM_386 = 3;
const EM_X86_64 = 62;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** Kernels have about five; files with more are made to waste time. */
const MOST_HEADERS = 256;
const MOST_NOTE_BYTES = 65536;

export interface ElfNote {
  /** Without its NUL. */
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface ElfFile {
  /** The entry point as a physical address: translated through the segment that contains it. */
  readonly entry: number;
  /** PT_LOAD segments at their physical addresses, empty ones left out. */
  readonly segments: readonly LoadSegment[];
  readonly notes: readonly ElfNote[];
}

export function isElf(file: Uint8Array): boolean {
  return file.length >= 4 && fileReader(file, 'the kernel').u32(0) === MAGIC;
}

/** Where the fields are in either class. */
const FIELDS = {
  32: {
    entry: 24,
    phoff: 28,
    phentsize: 42,
    phnum: 44,
    offset: 4,
    vaddr: 8,
    paddr: 12,
    filesz: 16,
    memsz: 20,
    align: 28,
    size: 32,
  },
  64: {
    entry: 24,
    phoff: 32,
    phentsize: 54,
    phnum: 56,
    offset: 8,
    vaddr: 16,
    paddr: 24,
    filesz: 32,
    memsz: 40,
    align: 48,
    size: 56,
  },
} as const;

interface ProgramHeader {
  readonly type: number;
  readonly virtualAddress: number;
  readonly physicalAddress: number;
  readonly memorySize: number;
  readonly alignment: number;
  readonly bytes: Uint8Array;
}

/** Reads an ELF executable. Throws DoppelError where it is truncated, malformed or for another processor. */
export function parseElf(kernel: Uint8Array): ElfFile {
  const file = fileReader(kernel, 'the ELF kernel');
  const elfClass = file.u8(EI_CLASS);
  const machine = file.u16(18);
  const type = file.u16(16);
  if (elfClass !== ELFCLASS32 && elfClass !== ELFCLASS64)
    throw new DoppelError('the ELF kernel is malformed');
  if (file.u8(EI_DATA) !== ELFDATA2LSB || (machine !== EM_386 && machine !== EM_X86_64)) {
    throw new DoppelError(
      `the kernel is an ELF file for another processor (machine ${machine}), not for x86`,
    );
  }
  if (type !== ET_EXEC && type !== ET_DYN) {
    throw new DoppelError('the kernel is an ELF file, but not an executable one');
  }
  const headers = readProgramHeaders(file, elfClass === ELFCLASS64 ? 64 : 32);
  const loads = headers.filter((header) => header.type === PT_LOAD && header.memorySize > 0);
  if (loads.length === 0) throw new DoppelError('the ELF kernel has nothing to load');
  const entry = elfClass === ELFCLASS64 ? file.u64(FIELDS[64].entry) : file.u32(FIELDS[32].entry);
  return {
    entry: physicalEntry(entry, loads),
    segments: loads.map(({ physicalAddress, memorySize, bytes }) => ({
      address: physicalAddress,
      bytes,
      memorySize,
    })),
    notes: headers.filter((header) => header.type === PT_NOTE).flatMap(readNotes),
  };
}

function readProgramHeaders(file: FileReader, width: 32 | 64): ProgramHeader[] {
  const fields = FIELDS[width];
  const word = width === 64 ? file.u64 : file.u32;
  const entrySize = file.u16(fields.phentsize);
  const count = file.u16(fields.phnum);
  if (count > MOST_HEADERS || (count > 0 && entrySize < fields.size))
    throw new DoppelError('the ELF kernel is malformed');
  return Array.from({ length: count }, (_, i) => {
    const at = word(fields.phoff) + i * entrySize;
    const type = file.u32(at);
    const fileSize = word(at + fields.filesz);
    const memorySize = word(at + fields.memsz);
    const used = type === PT_LOAD || type === PT_NOTE;
    if (type === PT_LOAD && memorySize < fileSize) throw new DoppelError('the ELF kernel is malformed');
    return {
      type,
      virtualAddress: word(at + fields.vaddr),
      physicalAddress: word(at + fields.paddr),
      memorySize,
      alignment: word(at + fields.align),
      bytes: used ? file.slice(word(at + fields.offset), fileSize) : new Uint8Array(0),
    };
  });
}

/** Kernels that run at high virtual addresses name a virtual entry point, which is not mapped yet. */
function physicalEntry(entry: number, loads: readonly ProgramHeader[]): number {
  const home = loads.find((s) => entry >= s.virtualAddress && entry < s.virtualAddress + s.memorySize);
  return home === undefined ? entry : entry - home.virtualAddress + home.physicalAddress;
}

/** Notes: three words (name size, description size, type), name, description, each padded. */
function readNotes(header: ProgramHeader): ElfNote[] {
  const file = fileReader(header.bytes.subarray(0, MOST_NOTE_BYTES), "the ELF kernel's note segment");
  const alignment = header.alignment === 8 ? 8 : 4;
  const align = (offset: number) => Math.ceil(offset / alignment) * alignment;
  const notes: ElfNote[] = [];
  let at = 0;
  while (at + 12 <= file.size) {
    const nameSize = file.u32(at);
    const descriptionAt = align(at + 12 + nameSize);
    const descriptionSize = file.u32(at + 4);
    notes.push({
      name: new TextDecoder().decode(file.slice(at + 12, nameSize)).replace(/\0+$/, ''),
      type: file.u32(at + 8),
      description: file.slice(descriptionAt, descriptionSize),
    });
    at = align(descriptionAt + descriptionSize);
  }
  return notes;
}
