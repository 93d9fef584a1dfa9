// The instructions that access memory: loads, stores, lanes of vectors, atomics.
// Source: WebAssembly Core Specification 3.0, section 5.4.7 and 5.4.8; threads proposal for the atomics.
//
// `code` is the opcode as in opcodes.ts; `natural` is the natural alignment, as the binary logarithm of
// bytes. The alignment that an instruction states is a hint between 0 and that; an atomic access states
// exactly that, and traps where the address is not so aligned.

interface MemoryOp {
  readonly code: number;
  readonly natural: number;
}

interface MemoryLaneOp extends MemoryOp {
  readonly lanes: number;
}

/** Address -> value. */
export const LOADS = {
  'i32.load': { code: 0x28, natural: 2 },
  'i64.load': { code: 0x29, natural: 3 },
  'f32.load': { code: 0x2a, natural: 2 },
  'f64.load': { code: 0x2b, natural: 3 },
  'i32.load8_s': { code: 0x2c, natural: 0 },
  'i32.load8_u': { code: 0x2d, natural: 0 },
  'i32.load16_s': { code: 0x2e, natural: 1 },
  'i32.load16_u': { code: 0x2f, natural: 1 },
  'i64.load8_s': { code: 0x30, natural: 0 },
  'i64.load8_u': { code: 0x31, natural: 0 },
  'i64.load16_s': { code: 0x32, natural: 1 },
  'i64.load16_u': { code: 0x33, natural: 1 },
  'i64.load32_s': { code: 0x34, natural: 2 },
  'i64.load32_u': { code: 0x35, natural: 2 },
  'v128.load': { code: 0xfd_000, natural: 4 },
  'v128.load8x8_s': { code: 0xfd_001, natural: 3 },
  'v128.load8x8_u': { code: 0xfd_002, natural: 3 },
  'v128.load16x4_s': { code: 0xfd_003, natural: 3 },
  'v128.load16x4_u': { code: 0xfd_004, natural: 3 },
  'v128.load32x2_s': { code: 0xfd_005, natural: 3 },
  'v128.load32x2_u': { code: 0xfd_006, natural: 3 },
  'v128.load8_splat': { code: 0xfd_007, natural: 0 },
  'v128.load16_splat': { code: 0xfd_008, natural: 1 },
  'v128.load32_splat': { code: 0xfd_009, natural: 2 },
  'v128.load64_splat': { code: 0xfd_00a, natural: 3 },
  'v128.load32_zero': { code: 0xfd_05c, natural: 2 },
  'v128.load64_zero': { code: 0xfd_05d, natural: 3 },
} as const satisfies Record<string, MemoryOp>;

/** Address, value -> nothing. */
export const STORES = {
  'i32.store': { code: 0x36, natural: 2 },
  'i64.store': { code: 0x37, natural: 3 },
  'f32.store': { code: 0x38, natural: 2 },
  'f64.store': { code: 0x39, natural: 3 },
  'i32.store8': { code: 0x3a, natural: 0 },
  'i32.store16': { code: 0x3b, natural: 1 },
  'i64.store8': { code: 0x3c, natural: 0 },
  'i64.store16': { code: 0x3d, natural: 1 },
  'i64.store32': { code: 0x3e, natural: 2 },
  'v128.store': { code: 0xfd_00b, natural: 4 },
} as const satisfies Record<string, MemoryOp>;

/** Address, vector -> vector (loads) or nothing (stores); the lane index is an immediate. */
export const MEMORY_LANE_OPS = {
  'v128.load8_lane': { code: 0xfd_054, natural: 0, lanes: 16 },
  'v128.load16_lane': { code: 0xfd_055, natural: 1, lanes: 8 },
  'v128.load32_lane': { code: 0xfd_056, natural: 2, lanes: 4 },
  'v128.load64_lane': { code: 0xfd_057, natural: 3, lanes: 2 },
  'v128.store8_lane': { code: 0xfd_058, natural: 0, lanes: 16 },
  'v128.store16_lane': { code: 0xfd_059, natural: 1, lanes: 8 },
  'v128.store32_lane': { code: 0xfd_05a, natural: 2, lanes: 4 },
  'v128.store64_lane': { code: 0xfd_05b, natural: 3, lanes: 2 },
} as const satisfies Record<string, MemoryLaneOp>;

/** Atomic accesses; wait and notify take operands after the address as the threads proposal says. */
export const ATOMICS = {
  'memory.atomic.notify': { code: 0xfe_000, natural: 2 },
  'memory.atomic.wait32': { code: 0xfe_001, natural: 2 },
  'memory.atomic.wait64': { code: 0xfe_002, natural: 3 },
  'i32.atomic.load': { code: 0xfe_010, natural: 2 },
  'i64.atomic.load': { code: 0xfe_011, natural: 3 },
  'i32.atomic.load8_u': { code: 0xfe_012, natural: 0 },
  'i32.atomic.load16_u': { code: 0xfe_013, natural: 1 },
  'i64.atomic.load8_u': { code: 0xfe_014, natural: 0 },
  'i64.atomic.load16_u': { code: 0xfe_015, natural: 1 },
  'i64.atomic.load32_u': { code: 0xfe_016, natural: 2 },
  'i32.atomic.store': { code: 0xfe_017, natural: 2 },
  'i64.atomic.store': { code: 0xfe_018, natural: 3 },
  'i32.atomic.store8': { code: 0xfe_019, natural: 0 },
  'i32.atomic.store16': { code: 0xfe_01a, natural: 1 },
  'i64.atomic.store8': { code: 0xfe_01b, natural: 0 },
  'i64.atomic.store16': { code: 0xfe_01c, natural: 1 },
  'i64.atomic.store32': { code: 0xfe_01d, natural: 2 },
  'i32.atomic.rmw.add': { code: 0xfe_01e, natural: 2 },
  'i64.atomic.rmw.add': { code: 0xfe_01f, natural: 3 },
  'i32.atomic.rmw8.add_u': { code: 0xfe_020, natural: 0 },
  'i32.atomic.rmw16.add_u': { code: 0xfe_021, natural: 1 },
  'i64.atomic.rmw8.add_u': { code: 0xfe_022, natural: 0 },
  'i64.atomic.rmw16.add_u': { code: 0xfe_023, natural: 1 },
  'i64.atomic.rmw32.add_u': { code: 0xfe_024, natural: 2 },
  'i32.atomic.rmw.sub': { code: 0xfe_025, natural: 2 },
  'i64.atomic.rmw.sub': { code: 0xfe_026, natural: 3 },
  'i32.atomic.rmw8.sub_u': { code: 0xfe_027, natural: 0 },
  'i32.atomic.rmw16.sub_u': { code: 0xfe_028, natural: 1 },
  'i64.atomic.rmw8.sub_u': { code: 0xfe_029, natural: 0 },
  'i64.atomic.rmw16.sub_u': { code: 0xfe_02a, natural: 1 },
  'i64.atomic.rmw32.sub_u': { code: 0xfe_02b, natural: 2 },
  'i32.atomic.rmw.and': { code: 0xfe_02c, natural: 2 },
  'i64.atomic.rmw.and': { code: 0xfe_02d, natural: 3 },
  'i32.atomic.rmw8.and_u': { code: 0xfe_02e, natural: 0 },
  'i32.atomic.rmw16.and_u': { code: 0xfe_02f, natural: 1 },
  'i64.atomic.rmw8.and_u': { code: 0xfe_030, natural: 0 },
  'i64.atomic.rmw16.and_u': { code: 0xfe_031, natural: 1 },
  'i64.atomic.rmw32.and_u': { code: 0xfe_032, natural: 2 },
  'i32.atomic.rmw.or': { code: 0xfe_033, natural: 2 },
  'i64.atomic.rmw.or': { code: 0xfe_034, natural: 3 },
  'i32.atomic.rmw8.or_u': { code: 0xfe_035, natural: 0 },
  'i32.atomic.rmw16.or_u': { code: 0xfe_036, natural: 1 },
  'i64.atomic.rmw8.or_u': { code: 0xfe_037, natural: 0 },
  'i64.atomic.rmw16.or_u': { code: 0xfe_038, natural: 1 },
  'i64.atomic.rmw32.or_u': { code: 0xfe_039, natural: 2 },
  'i32.atomic.rmw.xor': { code: 0xfe_03a, natural: 2 },
  'i64.atomic.rmw.xor': { code: 0xfe_03b, natural: 3 },
  'i32.atomic.rmw8.xor_u': { code: 0xfe_03c, natural: 0 },
  'i32.atomic.rmw16.xor_u': { code: 0xfe_03d, natural: 1 },
  'i64.atomic.rmw8.xor_u': { code: 0xfe_03e, natural: 0 },
  'i64.atomic.rmw16.xor_u': { code: 0xfe_03f, natural: 1 },
  'i64.atomic.rmw32.xor_u': { code: 0xfe_040, natural: 2 },
  'i32.atomic.rmw.xchg': { code: 0xfe_041, natural: 2 },
  'i64.atomic.rmw.xchg': { code: 0xfe_042, natural: 3 },
  'i32.atomic.rmw8.xchg_u': { code: 0xfe_043, natural: 0 },
  'i32.atomic.rmw16.xchg_u': { code: 0xfe_044, natural: 1 },
  'i64.atomic.rmw8.xchg_u': { code: 0xfe_045, natural: 0 },
  'i64.atomic.rmw16.xchg_u': { code: 0xfe_046, natural: 1 },
  'i64.atomic.rmw32.xchg_u': { code: 0xfe_047, natural: 2 },
  'i32.atomic.rmw.cmpxchg': { code: 0xfe_048, natural: 2 },
  'i64.atomic.rmw.cmpxchg': { code: 0xfe_049, natural: 3 },
  'i32.atomic.rmw8.cmpxchg_u': { code: 0xfe_04a, natural: 0 },
  'i32.atomic.rmw16.cmpxchg_u': { code: 0xfe_04b, natural: 1 },
  'i64.atomic.rmw8.cmpxchg_u': { code: 0xfe_04c, natural: 0 },
  'i64.atomic.rmw16.cmpxchg_u': { code: 0xfe_04d, natural: 1 },
  'i64.atomic.rmw32.cmpxchg_u': { code: 0xfe_04e, natural: 2 },
} as const satisfies Record<string, MemoryOp>;

/** The name of a load. */
export type WasmLoad = keyof typeof LOADS;

/** The name of a store. */
export type WasmStore = keyof typeof STORES;

/** The name of a load or store of one lane of a vector. */
export type WasmMemoryLaneOp = keyof typeof MEMORY_LANE_OPS;

/** The name of an atomic access of memory (atomic.fence, which accesses none, is apart). */
export type WasmAtomic = keyof typeof ATOMICS;
