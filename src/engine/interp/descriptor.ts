// The descriptor of a decoded instruction as the interpreter's handlers read it: 24 bytes in memory 0, one after the
// other in program order, so that the next instruction is at +24. Code that runs seldom waits for little else than
// them, so they are as small as goes.
//
//   0         4       6        7               8    10   12     14      16          20             24
//   +---------+-------+--------+---------------+----+----+------+-------+-----------+--------------+
//   | handler | start | length | order, scale  | r0 | r1 | base | index | immediate | displacement |
//   +---------+-------+--------+---------------+----+----+------+-------+-----------+--------------+
//   | u32     | u16   | u8     | u8            |u16 |u16 | u16  | u16   | i32       | i32          |
//
// start: offset of the instruction in the page of the block's first byte; length: in bytes (0 in a goto).
// order (bits 5..0): how many instructions of the block come before this one. scale: bits 7..6.
// Where there is no displacement the immediate has 64 bits. r2 (SHLD and SHRD by CL) lies in the immediate, the second
// immediate (ENTER, far pointers) in the index; the segment in the first of r0, r1, base and index that the form does not
// use (field-places.ts).
// A relative branch has at +12 the descriptor of its target (u32; 0: not linked) and at +16 the target's RIP relative to
// RIP_BASE (i64).
//
// Before the first descriptor of a block lies its header, so that both are in one line of 64 bytes of the cache:
//
//  -24                -16       -12                  -8        -4          0
//   +------------------+---------+--------------------+---------+-----------+------------+
//   | linear address   | place   | i32 runs left      | handler | mode      |  first descriptor...
//   +------------------+---------+--------------------+---------+-----------+------------+
//
// linear address (i64): where the block was found last (jump-cache.ts).
// place (u32): of its first byte in memory 1; all ones where that, or the rest of its instruction, is beyond 4 GiB.
// mode (u32): the key of the mode that it was decoded for in the lower ten bits; above them the page of memory 1 with the rest of
// its instruction, where that lies across two pages (its order in the page and its length tell).
// runs left: while the runs of a block are counted (core-module.ts, `count`), how many are left until it is reported.
// handler: that of its first instruction, of which `count` or a region has taken the place.
export const DESCRIPTOR_SIZE = 24;
export const D_HANDLER = 0;
export const D_START = 4;
export const D_LENGTH = 6;
export const D_ORDER = 7;
export const ORDER_MASK = 63;
export const SCALE_SHIFT = 6;
export const D_R0 = 8;
export const D_R1 = 10;
export const D_BASE = 12;
export const D_INDEX = 14;
export const D_IMMEDIATE2 = 14;
export const D_LINK = 12;
export const D_IMMEDIATE = 16;
export const D_R2 = 16;
export const D_TARGET = 16;
export const D_DISPLACEMENT = 20;
export const HEADER_SIZE = 24;
/** How far before the first descriptor its parts lie. */
export const H_LINEAR = 24;
export const H_PLACE = 16;
export const NO_PLACE = 0xffff_ffff;
export const H_RUNS_LEFT = 12;
export const H_HANDLER = 8;
export const H_MODE = 4;
export const H_SECOND_SHIFT = 10;
/** Pages of memory 1: what lies elsewhere has no place. */
export const SECOND_PAGES = 1 << 20;
/** Blocks are aligned to so many bytes. */
export const BLOCK_ALIGNMENT = 64;
/** Longest block in instructions. */
export const MAXIMUM_BLOCK = 32;
/** Most instructions in one handler. */
export const MAXIMUM_GROUP = 12;
