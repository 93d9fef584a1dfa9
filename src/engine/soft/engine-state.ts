// The soft engine's own variables in memory 0, behind the architectural state: what handlers and
// TypeScript tell each other, the TLB and the jump cache. None of it is saved or hashed.
//
//   ENGINE_STATE      variables below
//   TLB               four tables (user, supervisor, supervisor with EFLAGS.AC, none), TLB_ENTRIES each
//   JUMP_CACHE        linear address -> block
//   BLOCK_TABLE       place in memory 1 -> block
//   DESCRIPTORS       decoded code, to the end of the memory
import { ENGINE_STATE } from '../../x86/state/layout.ts';

let next = ENGINE_STATE;
function u32(): number {
  const offset = next;
  next += 4;
  return offset;
}
function i64(): number {
  next = (next + 7) & ~7;
  const offset = next;
  next += 8;
  return offset;
}

/** i32: instructions left before the run must be left; checked at taken branches and REP iterations. */
export const BUDGET = u32();
/** u32: why the wasm code returned, EXIT_*. */
export const EXIT = u32();
/** u32: non-zero once a fault, raised or thrown, waits for delivery. */
export const PENDING = u32();
/** u32: descriptor at which execution stopped (fault, stop, stale, repeat). */
export const EXIT_DESCRIPTOR = u32();
/** u32: descriptor of the branch that left with EXIT_LOOKUP and wants to be linked, or 0. */
export const LINK_FROM = u32();
/** u32: byte offset of the current TLB table. */
export const TLB_TABLE = u32();
/** u32: key of jump-cache entries that are good now (interp/jump-key.ts). */
export const JUMP_KEY = u32();
/** u32: vector and error code (-1 for none) of a fault raised by a handler. */
export const FAULT_VECTOR = u32();
export const FAULT_ERROR = u32();
/** i64: RIP of the first byte of the page (linear, CS.base taken away) in which the running block lies. */
export const RIP_BASE = i64();
/** i64: operand of slow memory accesses: the linear address. */
export const ACCESS_ADDRESS = i64();
/** 16 bytes: value of slow memory accesses. */
next = (next + 15) & ~15;
export const ACCESS_VALUE = next;
next += 16;

/** i64: accesses that the TLB answered inline, where they are counted (--stats). */
export const COUNT_TLB_HITS = i64();

/** u32: how a region was left in the middle (jit/region-tail.ts): offset, instructions to give back, flags. */
export const WHERE = u32();
/** u32: not 0 when that was because accesses that are looked up together lie in two pages (jit/region-windows.ts). */
export const SPREAD = u32();
/** i32: BUDGET at the last bail, and how often they came lately (interp/bail.ts). */
export const BAIL_BUDGET = u32();
export const BAIL_DEBT = u32();
/** u32: identifier of the region that left because its budget was used up: a sample of what runs. */
export const SAMPLED_REGION = u32();
/** u32: translations entered into the TLB. */
export const TLB_REFILLS = u32();
/** u32: an access of a region raises a page fault with the error code in the lower bits, at ACCESS_ADDRESS; or 0. */
export const PAGE_FAULT = u32();
export const PAGE_FAULT_FOUND = 0x8000_0000;
/** u32: byte offset of the current table of translations for fetching (EXECUTE_USER or EXECUTE_SUPERVISOR). */
export const EXECUTE_TABLE = u32();
/** i64: instructions retired by regions, and by cause how regions were left, where they are counted (--stats). */
export const COUNT_REGION_INSTRUCTIONS = i64();
export const COUNT_REGION_LEAVES = i64();
next += 8 * 7;

/** Values of EXIT. */
export const EXIT_LOOKUP = 0;
export const EXIT_FAULT = 1;
export const EXIT_END_BLOCK = 2;
export const EXIT_STOP = 3;
export const EXIT_REPEAT = 4;
/** A region leaves an instruction to the interpreter: RIP is its address, BUDGET is exact. */
export const EXIT_BAIL = 5;
/** A block that a translator wants to know of has run often enough. */
export const EXIT_HOT = 6;

// A TLB table is two arrays of TLB_ENTRIES entries, one for reads and, TLB_WRITES behind it, one for
// writes, so that a copy from page to page never fights over an entry. An entry is 16 bytes:
//   +0   i64 tag: linear address of the page, or TLB_INVALID
//   +8   i32 addend: linear address + addend = offset in memory 1 (modulo 2^32)
//   +12  u32 notes: TLB_LISTED, TLB_LISTED_GLOBAL: it is in a list of entries that were filled; TLB_GLOBAL: its translation is global
export const TLB_ENTRY_SHIFT = 4;
export const TLB_ENTRIES = 4096;
export const TLB_WRITES = TLB_ENTRIES << TLB_ENTRY_SHIFT;
export const TLB_TAG = 0;
export const TLB_ADDEND = 8;
export const TLB_NOTES = 12;
export const TLB_LISTED = 1;
export const TLB_LISTED_GLOBAL = 2;
export const TLB_GLOBAL = 4;
/** No page begins there; and no address whose bits 11..4 were masked out is this. */
export const TLB_INVALID = 0x800;
// Behind the arrays lie the page cells: entries of the same kind, each for accesses of regions that are likely to be to
// one page (jit/region-pages.ts), so that the translation used last is found without looking for it. What is in a cell is in
// the TLB, or was until another entry took its place; whoever empties TLB entries empties the cells.
export const PAGE_CELLS = 2 * TLB_WRITES;
/** Cells for reads, and as many for writes, PAGE_CELL_WRITES bytes behind them. */
export const PAGE_CELL_COUNT = 64;
export const PAGE_CELL_WRITES = PAGE_CELL_COUNT << TLB_ENTRY_SHIFT;
/**
 * u32 in each table, behind its cells: what may be in them. Bits 7..0: addresses whose bits 31..29 (63..61 of the upper half) are the
 * bit's number; PAGE_CELLS_LOCAL: translations that are not global. 0: all are empty.
 */
export const PAGE_CELLS_LOCAL = 0x100;
export const PAGE_CELLS_USED = PAGE_CELLS + 2 * PAGE_CELL_WRITES;
/** A power of two, so that the arrays of all tables are numbered alike. */
export const TLB_SIZE = 4 * TLB_WRITES;
next = (next + 63) & ~63;
export const TLB = next;
/** User, supervisor (SMAP in force), supervisor with user pages open. */
export const TLB_USER = TLB;
export const TLB_SUPERVISOR = TLB + TLB_SIZE;
export const TLB_SUPERVISOR_AC = TLB + 2 * TLB_SIZE;
/** A table that stays empty: every access takes the slow path. */
export const TLB_BYPASS = TLB + 3 * TLB_SIZE;
next += 4 * TLB_SIZE;

// Entries of the first three tables that were filled since they were last emptied, so that a flush touches no others: numbers
// (u16, (offset from TLB) >> TLB_ENTRY_SHIFT) of those that were filled with local and with global translations, none twice.
export const TLB_ENTRY_COUNT = (3 * TLB_SIZE) >> TLB_ENTRY_SHIFT;
/** u32 each: how many there are. */
export const TLB_FILLED_COUNT = next;
export const TLB_FILLED_GLOBAL_COUNT = next + 4;
next += 64;
export const TLB_FILLED = next;
next += 2 * TLB_ENTRY_COUNT;
export const TLB_FILLED_GLOBAL = next;
next += 2 * TLB_ENTRY_COUNT;
/** Of LARGE_NOTED_COUNT parts of large pages, by (address >> 21): i64 address of the part, plus the page's size as a power of two; or 0. */
export const LARGE_NOTED_COUNT = 256;
next = (next + 63) & ~63;
export const LARGE_NOTED = next;
next += 8 * LARGE_NOTED_COUNT;

// The jump cache (interp/jump-cache.ts): lines of JUMP_WAYS entries of 16 bytes. The line of an address is in its bits from
// JUMP_LINE_CODE on.
//   +0   i64 linear address
//   +8   u16 key with which the entry is good; 0: none
//   +10  u16 table slot of the region that has taken the block's place, or 0
//   +12  u32 first descriptor of the block there
export const JUMP_ENTRY_BYTES = 16;
export const JUMP_WAYS = 4;
export const JUMP_LINE_CODE = 5;
export const JUMP_LINE_BITS = 13;
export const JUMP_LINES = 1 << JUMP_LINE_BITS;
export const JUMP_LINEAR = 0;
export const JUMP_ENTRY_KEY = 8;
export const JUMP_SLOT = 10;
export const JUMP_DESCRIPTOR = 12;
next = (next + 63) & ~63;
export const JUMP_CACHE = next;
next += JUMP_LINES * JUMP_WAYS * JUMP_ENTRY_BYTES;
/** u32: keys in force by mode, of supervisor code, behind them those of user code (interp/jump-key.ts). */
export const JUMP_KEY_MODES = 1024;
export const JUMP_KEYS = next;
next += 2 * 4 * JUMP_KEY_MODES;

// The block table (interp/block-table.ts): buckets of eight entries of 8 bytes. The bucket of a place is in the upper bits of its product
// with BLOCK_FACTOR, 2^32 divided by the golden ratio.
export const BLOCK_BUCKET_BITS = 14;
export const BLOCK_BUCKETS = 1 << BLOCK_BUCKET_BITS;
export const BLOCK_BUCKET_BYTES = 64;
export const BLOCK_FACTOR = 0x9e37_79b1;
next = (next + 63) & ~63;
export const BLOCK_TABLE = next;
next += BLOCK_BUCKETS * BLOCK_BUCKET_BYTES;

// Translations for fetching, of user and of supervisor code (execute-table.ts). Each table is EXECUTE_ENTRIES entries of 16 bytes,
// indexed by linear page: +0 i64 linear address of the page (TLB_INVALID: none), +8 u32 page of memory 1, +12 u32: 1 if it is
// in the list of those that were filled. Behind them, at these offsets:
export const EXECUTE_ENTRIES = 4096;
/** u32: length of the list; u32: some page entered since the table was emptied is not global. */
export const EXECUTE_COUNT = EXECUTE_ENTRIES * 16;
export const EXECUTE_HOLDS_LOCAL = EXECUTE_COUNT + 4;
/** The list: numbers of entries (u16). */
export const EXECUTE_LIST = EXECUTE_COUNT + 64;
/** The set of all pages entered since the table was emptied (page-set.ts). */
export const EXECUTE_PAGES = EXECUTE_LIST + 2 * EXECUTE_ENTRIES;
// A set of pages: u32 generation at +0, then from PAGE_SET_SLOTS on slots of 16 bytes: i64 page, u32 generation in which it was added.
export const PAGE_SET_BITS = 14;
export const PAGE_SET_REACH = 16;
export const PAGE_SET_SLOTS = 16;
const PAGE_SET_SIZE = PAGE_SET_SLOTS + 16 * ((1 << PAGE_SET_BITS) + PAGE_SET_REACH);
export const EXECUTE_SIZE = (EXECUTE_PAGES + PAGE_SET_SIZE + 63) & ~63;
next = (next + 63) & ~63;
export const EXECUTE_USER = next;
export const EXECUTE_SUPERVISOR = next + EXECUTE_SIZE;
next += 2 * EXECUTE_SIZE;

/** u32 cells through which regions go to blocks of their own pages: a descriptor, or 0 while it is not linked. */
export const LINK_CELL_COUNT = 1 << 18;
export const LINK_CELLS = next;
next += 4 * LINK_CELL_COUNT;

/** u32 counters of accesses that their page did not answer, by a hash of their place (miss-counters.ts). */
export const MISS_COUNT_BITS = 15;
export const MISS_COUNTS = next;
next += 4 << MISS_COUNT_BITS;

/** Start of the area of descriptors and the headers of blocks (interp/descriptor.ts), 64-byte aligned. */
next = (next + 63) & ~63;
export const DESCRIPTORS = next;
