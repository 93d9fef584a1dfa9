// The instructions of WebAssembly without immediates, and those whose immediates are indices.
// Source: WebAssembly Core Specification 3.0, section 5.4 (Binary Format: Instructions).
// The SIMD instructions are in opcodes-simd.ts, those that access memory in opcodes-memory.ts; all three
// give their names as unions of string literals, so that a misspelt instruction does not compile.
//
// An opcode is one number: a plain byte below 0x100, or PREFIX * 0x1000 + sub-opcode, so 0xfc_003 is the
// byte 0xfc followed by 3 in LEB128.
//
// Not modelled: exceptions, GC, typed function references, relaxed SIMD.

import { SIMD_GROUPS, SIMD_LANE_OPS } from './opcodes-simd.ts';

/** Opcodes of instructions without immediates, by stack type ("parameters -> results"). */
const SCALAR_GROUPS = {
  /** Those whose stack type depends on the context. */
  parametric: { unreachable: 0x00, nop: 0x01, return: 0x0f, drop: 0x1a, select: 0x1b, 'ref.is_null': 0xd1 },
  'i32 -> i32': {
    'i32.eqz': 0x45,
    'i32.clz': 0x67,
    'i32.ctz': 0x68,
    'i32.popcnt': 0x69,
    'i32.extend8_s': 0xc0,
    'i32.extend16_s': 0xc1,
  },
  'i32 i32 -> i32': {
    'i32.eq': 0x46,
    'i32.ne': 0x47,
    'i32.lt_s': 0x48,
    'i32.lt_u': 0x49,
    'i32.gt_s': 0x4a,
    'i32.gt_u': 0x4b,
    'i32.le_s': 0x4c,
    'i32.le_u': 0x4d,
    'i32.ge_s': 0x4e,
    'i32.ge_u': 0x4f,
    'i32.add': 0x6a,
    'i32.sub': 0x6b,
    'i32.mul': 0x6c,
    'i32.div_s': 0x6d,
    'i32.div_u': 0x6e,
    'i32.rem_s': 0x6f,
    'i32.rem_u': 0x70,
    'i32.and': 0x71,
    'i32.or': 0x72,
    'i32.xor': 0x73,
    'i32.shl': 0x74,
    'i32.shr_s': 0x75,
    'i32.shr_u': 0x76,
    'i32.rotl': 0x77,
    'i32.rotr': 0x78,
  },
  'i64 -> i32': { 'i64.eqz': 0x50, 'i32.wrap_i64': 0xa7 },
  'i64 i64 -> i32': {
    'i64.eq': 0x51,
    'i64.ne': 0x52,
    'i64.lt_s': 0x53,
    'i64.lt_u': 0x54,
    'i64.gt_s': 0x55,
    'i64.gt_u': 0x56,
    'i64.le_s': 0x57,
    'i64.le_u': 0x58,
    'i64.ge_s': 0x59,
    'i64.ge_u': 0x5a,
  },
  'i64 -> i64': {
    'i64.clz': 0x79,
    'i64.ctz': 0x7a,
    'i64.popcnt': 0x7b,
    'i64.extend8_s': 0xc2,
    'i64.extend16_s': 0xc3,
    'i64.extend32_s': 0xc4,
  },
  'i64 i64 -> i64': {
    'i64.add': 0x7c,
    'i64.sub': 0x7d,
    'i64.mul': 0x7e,
    'i64.div_s': 0x7f,
    'i64.div_u': 0x80,
    'i64.rem_s': 0x81,
    'i64.rem_u': 0x82,
    'i64.and': 0x83,
    'i64.or': 0x84,
    'i64.xor': 0x85,
    'i64.shl': 0x86,
    'i64.shr_s': 0x87,
    'i64.shr_u': 0x88,
    'i64.rotl': 0x89,
    'i64.rotr': 0x8a,
  },
  'f32 f32 -> i32': {
    'f32.eq': 0x5b,
    'f32.ne': 0x5c,
    'f32.lt': 0x5d,
    'f32.gt': 0x5e,
    'f32.le': 0x5f,
    'f32.ge': 0x60,
  },
  'f64 f64 -> i32': {
    'f64.eq': 0x61,
    'f64.ne': 0x62,
    'f64.lt': 0x63,
    'f64.gt': 0x64,
    'f64.le': 0x65,
    'f64.ge': 0x66,
  },
  'f32 -> f32': {
    'f32.abs': 0x8b,
    'f32.neg': 0x8c,
    'f32.ceil': 0x8d,
    'f32.floor': 0x8e,
    'f32.trunc': 0x8f,
    'f32.nearest': 0x90,
    'f32.sqrt': 0x91,
  },
  'f32 f32 -> f32': {
    'f32.add': 0x92,
    'f32.sub': 0x93,
    'f32.mul': 0x94,
    'f32.div': 0x95,
    'f32.min': 0x96,
    'f32.max': 0x97,
    'f32.copysign': 0x98,
  },
  'f64 -> f64': {
    'f64.abs': 0x99,
    'f64.neg': 0x9a,
    'f64.ceil': 0x9b,
    'f64.floor': 0x9c,
    'f64.trunc': 0x9d,
    'f64.nearest': 0x9e,
    'f64.sqrt': 0x9f,
  },
  'f64 f64 -> f64': {
    'f64.add': 0xa0,
    'f64.sub': 0xa1,
    'f64.mul': 0xa2,
    'f64.div': 0xa3,
    'f64.min': 0xa4,
    'f64.max': 0xa5,
    'f64.copysign': 0xa6,
  },
  'f32 -> i32': {
    'i32.trunc_f32_s': 0xa8,
    'i32.trunc_f32_u': 0xa9,
    'i32.reinterpret_f32': 0xbc,
    'i32.trunc_sat_f32_s': 0xfc_000,
    'i32.trunc_sat_f32_u': 0xfc_001,
  },
  'f64 -> i32': {
    'i32.trunc_f64_s': 0xaa,
    'i32.trunc_f64_u': 0xab,
    'i32.trunc_sat_f64_s': 0xfc_002,
    'i32.trunc_sat_f64_u': 0xfc_003,
  },
  'i32 -> i64': { 'i64.extend_i32_s': 0xac, 'i64.extend_i32_u': 0xad },
  'f32 -> i64': {
    'i64.trunc_f32_s': 0xae,
    'i64.trunc_f32_u': 0xaf,
    'i64.trunc_sat_f32_s': 0xfc_004,
    'i64.trunc_sat_f32_u': 0xfc_005,
  },
  'f64 -> i64': {
    'i64.trunc_f64_s': 0xb0,
    'i64.trunc_f64_u': 0xb1,
    'i64.reinterpret_f64': 0xbd,
    'i64.trunc_sat_f64_s': 0xfc_006,
    'i64.trunc_sat_f64_u': 0xfc_007,
  },
  'i32 -> f32': { 'f32.convert_i32_s': 0xb2, 'f32.convert_i32_u': 0xb3, 'f32.reinterpret_i32': 0xbe },
  'i64 -> f32': { 'f32.convert_i64_s': 0xb4, 'f32.convert_i64_u': 0xb5 },
  'f64 -> f32': { 'f32.demote_f64': 0xb6 },
  'i32 -> f64': { 'f64.convert_i32_s': 0xb7, 'f64.convert_i32_u': 0xb8 },
  'i64 -> f64': { 'f64.convert_i64_s': 0xb9, 'f64.convert_i64_u': 0xba, 'f64.reinterpret_i64': 0xbf },
  'f32 -> f64': { 'f64.promote_f32': 0xbb },
} as const;

/** Opcodes of all instructions without immediates, by stack type ("parameters -> results", or "parametric"). */
export const PLAIN_GROUPS = [SCALAR_GROUPS, SIMD_GROUPS] as const;

type NamesIn<Groups> = { [Type in keyof Groups]: keyof Groups[Type] }[keyof Groups];

/** The name of an instruction without immediates. */
export type WasmOp = NamesIn<typeof SCALAR_GROUPS> | NamesIn<typeof SIMD_GROUPS>;

/** The name of an instruction whose immediate is a lane index. */
export type WasmLaneOp = keyof typeof SIMD_LANE_OPS;

/** What an index immediate counts; `depth` is a branch target. */
export type IndexSpace =
  | 'local'
  | 'global'
  | 'function'
  | 'table'
  | 'memory'
  | 'type'
  | 'data'
  | 'element'
  | 'depth';

interface IndexOp {
  readonly code: number;
  /** In the order of the binary format; memory.init and table.init have the other order in the text format. */
  readonly indices: readonly IndexSpace[];
}

/** Instructions whose immediates are all indices. */
export const INDEX_OPS = {
  br: { code: 0x0c, indices: ['depth'] },
  br_if: { code: 0x0d, indices: ['depth'] },
  call: { code: 0x10, indices: ['function'] },
  call_indirect: { code: 0x11, indices: ['type', 'table'] },
  return_call: { code: 0x12, indices: ['function'] },
  return_call_indirect: { code: 0x13, indices: ['type', 'table'] },
  'local.get': { code: 0x20, indices: ['local'] },
  'local.set': { code: 0x21, indices: ['local'] },
  'local.tee': { code: 0x22, indices: ['local'] },
  'global.get': { code: 0x23, indices: ['global'] },
  'global.set': { code: 0x24, indices: ['global'] },
  'table.get': { code: 0x25, indices: ['table'] },
  'table.set': { code: 0x26, indices: ['table'] },
  'memory.size': { code: 0x3f, indices: ['memory'] },
  'memory.grow': { code: 0x40, indices: ['memory'] },
  'ref.func': { code: 0xd2, indices: ['function'] },
  'memory.init': { code: 0xfc_008, indices: ['data', 'memory'] },
  'data.drop': { code: 0xfc_009, indices: ['data'] },
  'memory.copy': { code: 0xfc_00a, indices: ['memory', 'memory'] },
  'memory.fill': { code: 0xfc_00b, indices: ['memory'] },
  'table.init': { code: 0xfc_00c, indices: ['element', 'table'] },
  'elem.drop': { code: 0xfc_00d, indices: ['element'] },
  'table.copy': { code: 0xfc_00e, indices: ['table', 'table'] },
  'table.grow': { code: 0xfc_00f, indices: ['table'] },
  'table.size': { code: 0xfc_010, indices: ['table'] },
  'table.fill': { code: 0xfc_011, indices: ['table'] },
} as const satisfies Record<string, IndexOp>;

/** The name of an instruction whose immediates are all indices. */
export type WasmIndexOp = keyof typeof INDEX_OPS;

/** Opcodes of the instructions that the function builder and the disassembler treat one by one. */
export const SPECIAL_CODES = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br_table: 0x0e,
  'i32.const': 0x41,
  'i64.const': 0x42,
  'f32.const': 0x43,
  'f64.const': 0x44,
  'ref.null': 0xd0,
  'v128.const': 0xfd_00c,
  'i8x16.shuffle': 0xfd_00d,
  'atomic.fence': 0xfe_003,
} as const;

/** Opcode of every instruction without immediates. */
export const PLAIN_CODES: ReadonlyMap<string, number> = new Map(
  PLAIN_GROUPS.flatMap((groups) =>
    Object.values(groups).flatMap((ops) => Object.entries(ops) as [string, number][]),
  ),
);

/** Opcode of every instruction whose immediate is a lane index. */
export const LANE_CODES: ReadonlyMap<string, number> = new Map(
  Object.entries(SIMD_LANE_OPS).map(([name, { code }]) => [name, code] as const),
);
