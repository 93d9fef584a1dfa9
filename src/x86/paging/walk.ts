// The page walk (SDM 3A chapter 4; APM 2 chapter 5): no paging, 32-bit paging with 4 MiB pages
// (PSE, PSE-36), PAE paging with its four loaded PDPTEs, and 4-level paging with 2 MiB and 1 GiB
// pages. Rights: U/S, R/W with CR0.WP, NX, SMEP, SMAP. Reserved bits fault.
//
//                     4-level: PML4[47:39] -> PDPT[38:30] -> PD[29:21] -> PT[20:12]
//                     PAE:                    PDPTE[31:30] -> PD[29:21] -> PT[20:12]
//                     32-bit:                                 PD[31:22] -> PT[21:12]
//
// Accessed and dirty flags are set once the whole walk and its checks have succeeded; a walk that
// faults writes nothing. Knows no PCID: whoever caches translations tags them. No protection keys,
// no 5-level paging, no shadow stacks. Nothing here allocates: this is how a TLB is filled.
import type { GuestPhysical, Linear } from '../../base/addresses.ts';
import * as C from '../state/control-bits.ts';
import { type CpuState, FLAG_AC } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import type { PhysicalMemory } from './physical-memory.ts';

/** What an access wants to do. */
export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;
export const ACCESS_EXECUTE = 2;

/** As whom: code at CPL 0..2, code at CPL 3, or the processor itself at its tables (SMAP whatever RFLAGS.AC is). */
export const VIEW_SUPERVISOR = 0;
export const VIEW_USER = 1;
export const VIEW_IMPLICIT = 2;

/** Properties of a translation, combined over all levels. */
export const PAGE_USER = 1;
export const PAGE_WRITABLE = 2;
export const PAGE_NO_EXECUTE = 4;
export const PAGE_GLOBAL = 8;
/** The leaf's dirty flag is set (this walk's own effect included). */
export const PAGE_DIRTY = 16;
/** Part of a page larger than 4 KiB. */
export const PAGE_LARGE = 32;

/** Bits of a page fault's error code (SDM 3A figure 4-12). */
export const FAULT_PRESENT = 1;
export const FAULT_WRITE = 2;
export const FAULT_USER = 4;
export const FAULT_RESERVED = 8;
export const FAULT_FETCH = 16;

/** MAXPHYADDR: width of a guest-physical address in bits, as CPUID leaf 80000008h says. */
export const PHYSICAL_BITS = 40;
const TWO32 = 0x1_0000_0000;
/** Upper half of a 64-bit entry: address bits, and those that are reserved up to bit 51. */
const HIGH_ADDRESS = (1 << (PHYSICAL_BITS - 32)) - 1;
const HIGH_RESERVED = 0x000f_ffff & ~HIGH_ADDRESS;
/** In PAE paging bits 62:52 are reserved too. */
const HIGH_RESERVED_PAE = 0x7fff_ffff & ~HIGH_ADDRESS;

const ENTRY_PRESENT = 1;
const ENTRY_WRITABLE = 2;
const ENTRY_USER = 4;
const ENTRY_ACCESSED = 0x20;
const ENTRY_DIRTY = 0x40;
const ENTRY_LARGE = 0x80;
const ENTRY_GLOBAL = 0x100;

/** The answer of a walk, filled in place. */
export interface PageTranslation {
  /** Physical address of the 4 KiB frame that holds the linear address (also within a larger page). */
  frame: GuestPhysical;
  /** PAGE_ bits. */
  properties: number;
  /** 12, 21, 22 or 30; 12 without paging. */
  pageShift: number;
  /** When the walk failed: error code of the page fault. */
  errorCode: number;
}

export function newPageTranslation(): PageTranslation {
  return { frame: 0, properties: 0, pageShift: 12, errorCode: 0 };
}

// The entries met on the way down, leaf last: addresses and low halves.
const entryAddress = new Float64Array(4);
const entryLow = new Uint32Array(4);
let depth = 0;

/**
 * Translates a canonical linear address (0 .. 2^32-1 outside long mode). True when the access is
 * allowed: `result` then holds the translation, and accessed and dirty flags are set. False: `result.errorCode`
 * is that of the #PF to raise.
 */
export function translate(
  state: CpuState,
  physical: PhysicalMemory,
  linear: Linear,
  access: number,
  view: number,
  result: PageTranslation,
): boolean {
  if (!look(state, physical, linear, access, view, result)) return false;
  if (depth > 0) setFlags(physical, access, result);
  return true;
}

/**
 * Translates as translate() would, but writes no flags: true where every entry on the way has been accessed
 * already. False says nothing about faults.
 */
export function peek(
  state: CpuState,
  physical: PhysicalMemory,
  linear: Linear,
  access: number,
  view: number,
  result: PageTranslation,
): boolean {
  if (!look(state, physical, linear, access, view, result)) return false;
  for (let i = 0; i < depth; i++) if ((entryLow[i]! & ENTRY_ACCESSED) === 0) return false;
  return true;
}

/** The walk and its checks, without the flags. */
function look(
  state: CpuState,
  physical: PhysicalMemory,
  linear: Linear,
  access: number,
  view: number,
  result: PageTranslation,
): boolean {
  depth = 0;
  const cr0 = state.u32[L.CR0 >> 2]!;
  if ((cr0 & C.CR0_PG) === 0) {
    const low = linear >>> 0;
    result.frame = low - (low & 0xfff);
    result.properties = PAGE_USER | PAGE_WRITABLE | PAGE_DIRTY;
    result.pageShift = 12;
    return true;
  }
  const cr4 = state.u32[L.CR4 >> 2]!;
  let fault: number;
  if ((cr4 & C.CR4_PAE) === 0) fault = walk32(state, physical, linear >>> 0, cr4, result);
  else if ((state.u32[L.EFER >> 2]! & C.EFER_LMA) !== 0) fault = walk4Level(state, physical, linear, result);
  else fault = walkPae(state, physical, linear >>> 0, result);
  if (fault === 0 && !allowed(state, result.properties, access, view)) fault = FAULT_PRESENT;
  if (fault !== 0) {
    result.errorCode = (fault === NOT_PRESENT ? 0 : fault) | errorCodeOfAccess(state, access, view);
    return false;
  }
  if ((cr4 & C.CR4_PGE) === 0) result.properties &= ~PAGE_GLOBAL;
  return true;
}

/**
 * Whether the rights of a translation (PAGE_ bits) allow an access now; depends on CR0.WP, CR4.SMEP,
 * CR4.SMAP and RFLAGS.AC.
 */
export function allowed(state: CpuState, properties: number, access: number, view: number): boolean {
  if (view === VIEW_USER) {
    if ((properties & PAGE_USER) === 0) return false;
    if (access === ACCESS_WRITE) return (properties & PAGE_WRITABLE) !== 0;
    return access === ACCESS_READ || (properties & PAGE_NO_EXECUTE) === 0;
  }
  const cr4 = state.u32[L.CR4 >> 2]!;
  if (access === ACCESS_EXECUTE) {
    return (
      (properties & PAGE_NO_EXECUTE) === 0 && !((properties & PAGE_USER) !== 0 && (cr4 & C.CR4_SMEP) !== 0)
    );
  }
  if ((properties & PAGE_USER) !== 0 && (cr4 & C.CR4_SMAP) !== 0) {
    if (view === VIEW_IMPLICIT || (state.u32[L.FLAGS >> 2]! & FLAG_AC) === 0) return false;
  }
  return (
    access === ACCESS_READ || (properties & PAGE_WRITABLE) !== 0 || (state.u32[L.CR0 >> 2]! & C.CR0_WP) === 0
  );
}

/** W/R, U/S and I/D bits of the error code. I/D is reported only where NX or SMEP can be in use. */
function errorCodeOfAccess(state: CpuState, access: number, view: number): number {
  let code = access === ACCESS_WRITE ? FAULT_WRITE : 0;
  if (view === VIEW_USER) code |= FAULT_USER;
  if (access === ACCESS_EXECUTE) {
    const cr4 = state.u32[L.CR4 >> 2]!;
    const noExecute = (cr4 & C.CR4_PAE) !== 0 && (state.u32[L.EFER >> 2]! & C.EFER_NXE) !== 0;
    if (noExecute || (cr4 & C.CR4_SMEP) !== 0) code |= FAULT_FETCH;
  }
  return code;
}

function setFlags(physical: PhysicalMemory, access: number, result: PageTranslation): void {
  const leaf = depth - 1;
  for (let i = 0; i < leaf; i++) {
    const low = entryLow[i]!;
    if ((low & ENTRY_ACCESSED) === 0) physical.write32(entryAddress[i]!, (low | ENTRY_ACCESSED) >>> 0);
  }
  const low = entryLow[leaf]!;
  const wanted = access === ACCESS_WRITE ? ENTRY_ACCESSED | ENTRY_DIRTY : ENTRY_ACCESSED;
  if ((low & wanted) !== wanted) physical.write32(entryAddress[leaf]!, (low | wanted) >>> 0);
  if (((low | wanted) & ENTRY_DIRTY) !== 0) result.properties |= PAGE_DIRTY;
}

// The walks return 0 for success, NOT_PRESENT, or the P and RSVD bits of the error code.
const NOT_PRESENT = -1;
const RESERVED = FAULT_PRESENT | FAULT_RESERVED;

function enter(physical: PhysicalMemory, address: number): number {
  const low = physical.read32(address);
  entryAddress[depth] = address;
  entryLow[depth++] = low;
  return low;
}

function walk32(
  state: CpuState,
  physical: PhysicalMemory,
  linear: number,
  cr4: number,
  result: PageTranslation,
): number {
  const root = (state.u32[L.CR3 >> 2]! & 0xffff_f000) >>> 0;
  const directory = enter(physical, root + (linear >>> 22) * 4);
  if ((directory & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  if ((directory & ENTRY_LARGE) !== 0 && (cr4 & C.CR4_PSE) !== 0) {
    // PSE-36: bits 20:13 are address bits 39:32.
    if ((directory & (1 << 21)) !== 0) return RESERVED;
    const high = (directory >>> 13) & HIGH_ADDRESS;
    result.frame = high * TWO32 + (((directory & 0xffc0_0000) | (linear & 0x003f_f000)) >>> 0);
    result.pageShift = 22;
    result.properties = properties(directory, directory) | PAGE_LARGE;
    return 0;
  }
  const table = enter(physical, ((directory & 0xffff_f000) >>> 0) + ((linear >>> 12) & 0x3ff) * 4);
  if ((table & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  result.frame = (table & 0xffff_f000) >>> 0;
  result.pageShift = 12;
  result.properties = properties(table, directory & table);
  return 0;
}

/** PAGE_ bits from the leaf (for G) and the conjunction of all levels (for U/S and R/W). */
function properties(leaf: number, all: number): number {
  return (
    ((all & ENTRY_USER) !== 0 ? PAGE_USER : 0) |
    ((all & ENTRY_WRITABLE) !== 0 ? PAGE_WRITABLE : 0) |
    ((leaf & ENTRY_GLOBAL) !== 0 ? PAGE_GLOBAL : 0)
  );
}

function walkPae(state: CpuState, physical: PhysicalMemory, linear: number, result: PageTranslation): number {
  const pointer = (L.PDPTE >> 2) + 2 * (linear >>> 30);
  const low = state.u32[pointer]!;
  if ((low & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  const directory = (state.u32[pointer + 1]! & HIGH_ADDRESS) * TWO32 + ((low & 0xffff_f000) >>> 0);
  const highReserved = HIGH_RESERVED_PAE | noExecuteReserved(state);
  return walkDirectory(physical, directory, linear, ENTRY_USER | ENTRY_WRITABLE, 0, highReserved, result);
}

function noExecuteReserved(state: CpuState): number {
  return (state.u32[L.EFER >> 2]! & C.EFER_NXE) !== 0 ? 0 : 1 << 31;
}

function walk4Level(
  state: CpuState,
  physical: PhysicalMemory,
  linear: number,
  result: PageTranslation,
): number {
  const low = linear >>> 0;
  const high = Math.floor(linear / TWO32);
  const highReserved = HIGH_RESERVED | noExecuteReserved(state);
  const cr3 = L.CR3 >> 2;
  const root = (state.u32[cr3 + 1]! & HIGH_ADDRESS) * TWO32 + ((state.u32[cr3]! & 0xffff_f000) >>> 0);

  let address = root + ((high >> 7) & 0x1ff) * 8;
  let entry = enter(physical, address);
  if ((entry & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  let entryHigh = physical.read32(address + 4);
  if ((entryHigh & highReserved) !== 0 || (entry & ENTRY_LARGE) !== 0) return RESERVED;
  let all = entry;
  let noExecute = entryHigh;

  address =
    (entryHigh & HIGH_ADDRESS) * TWO32 +
    ((entry & 0xffff_f000) >>> 0) +
    (((high & 0x7f) << 2) | (low >>> 30)) * 8;
  entry = enter(physical, address);
  if ((entry & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  entryHigh = physical.read32(address + 4);
  if ((entryHigh & highReserved) !== 0) return RESERVED;
  all &= entry;
  noExecute |= entryHigh;
  if ((entry & ENTRY_LARGE) !== 0) {
    if ((entry & 0x3fff_e000) !== 0) return RESERVED;
    result.frame = (entryHigh & HIGH_ADDRESS) * TWO32 + (((entry & 0xc000_0000) | (low & 0x3fff_f000)) >>> 0);
    result.pageShift = 30;
    result.properties = properties(entry, all) | PAGE_LARGE | (noExecute >>> 31 ? PAGE_NO_EXECUTE : 0);
    return 0;
  }
  const directory = (entryHigh & HIGH_ADDRESS) * TWO32 + ((entry & 0xffff_f000) >>> 0);
  return walkDirectory(physical, directory, low, all, noExecute, highReserved, result);
}

/** The last two levels of PAE and 4-level paging. */
function walkDirectory(
  physical: PhysicalMemory,
  directory: number,
  low: number,
  all: number,
  noExecute: number,
  highReserved: number,
  result: PageTranslation,
): number {
  let address = directory + ((low >>> 21) & 0x1ff) * 8;
  let entry = enter(physical, address);
  if ((entry & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  let entryHigh = physical.read32(address + 4);
  if ((entryHigh & highReserved) !== 0) return RESERVED;
  all &= entry;
  noExecute |= entryHigh;
  if ((entry & ENTRY_LARGE) !== 0) {
    if ((entry & 0x001f_e000) !== 0) return RESERVED;
    result.frame = (entryHigh & HIGH_ADDRESS) * TWO32 + (((entry & 0xffe0_0000) | (low & 0x001f_f000)) >>> 0);
    result.pageShift = 21;
    result.properties = properties(entry, all) | PAGE_LARGE | (noExecute >>> 31 ? PAGE_NO_EXECUTE : 0);
    return 0;
  }
  const table = (entryHigh & HIGH_ADDRESS) * TWO32 + ((entry & 0xffff_f000) >>> 0);
  address = table + ((low >>> 12) & 0x1ff) * 8;
  entry = enter(physical, address);
  if ((entry & ENTRY_PRESENT) === 0) return NOT_PRESENT;
  entryHigh = physical.read32(address + 4);
  if ((entryHigh & highReserved) !== 0) return RESERVED;
  result.frame = (entryHigh & HIGH_ADDRESS) * TWO32 + ((entry & 0xffff_f000) >>> 0);
  result.pageShift = 12;
  result.properties = properties(entry, all & entry) | ((noExecute | entryHigh) >>> 31 ? PAGE_NO_EXECUTE : 0);
  return 0;
}
