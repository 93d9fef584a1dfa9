// The descriptor of a decoded instruction as the interpreter's handlers read it: 32 bytes in
// memory 0, one after the other in program order, so that the next instruction is at +32.
//
//   0        4       6      8    10   12     14      16                24      28    30      31
//   +--------+-------+------+----+----+------+-------+-----------------+-------+-----+-------+-------+
//   |handler | start | next | r0 | r1 | base | index |    immediate    | disp  | seg | scale | order |
//   +--------+-------+------+----+----+------+-------+-----------------+-------+-----+-------+-------+
//   | u32    | u16   | u16  |u16 |u16 | u16  | u16   | i64             | i32   | u16 | u8    | u8    |
//
// start, next: offsets of this and the next instruction in the page of the block's first byte.
// order: how many instructions of the block come before this one.
// In a relative branch the immediate and displacement hold instead: +16 u32 the descriptor of the
// target (0: not linked), +20 i64 the target's RIP relative to RIP_BASE.
// Before the first descriptor of a block lies its header, so that both are in one line of 64 bytes of the cache:
//
//  -32                -24    -20                  -8                  -4           0
//   +------------------+------+--------------------+-------------------+------------+
//   | linear address   | key  | unused             | i32 runs left     | handler    |  first descriptor...
//   +------------------+------+--------------------+-------------------+------------+
//
// linear address (i64), key: where the block was found last (jump-cache.ts); key 0: nowhere.
// runs left, handler: while the runs of a block are counted (core-module.ts, `count`), how many are left until it is
// reported, and the handler of its first instruction, of which `count` has taken the place.
//
// r2 (SHLD and SHRD by CL) lies in the immediate; imm2 (ENTER, far pointers) in the displacement.
export const DESCRIPTOR_SIZE = 32;
export const D_HANDLER = 0;
export const D_START = 4;
export const D_NEXT = 6;
export const D_R0 = 8;
export const D_R1 = 10;
export const D_BASE = 12;
export const D_INDEX = 14;
export const D_IMMEDIATE = 16;
export const D_R2 = 16;
export const D_LINK = 16;
export const D_TARGET = 20;
export const D_DISPLACEMENT = 24;
export const D_IMMEDIATE2 = 24;
export const D_SEGMENT = 28;
export const D_SCALE = 30;
export const D_ORDER = 31;
export const HEADER_SIZE = 32;
/** How far before the first descriptor its parts lie. */
export const H_LINEAR = 32;
export const H_KEY = 24;
export const H_RUNS_LEFT = 8;
export const H_HANDLER = 4;
/** Blocks are aligned to so many bytes. */
export const BLOCK_ALIGNMENT = 64;
/** Longest block in instructions. */
export const MAXIMUM_BLOCK = 32;
/** Most instructions in one handler. */
export const MAXIMUM_GROUP = 12;
