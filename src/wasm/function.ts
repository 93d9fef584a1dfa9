// The builder of one function: it appends instructions to the function's body in binary form.
// Source: WebAssembly Core Specification 3.0, section 5.4 (Instructions) and 5.5.13 (Code Section).
//
// Protocol: ModuleBuilder.defineFunction makes it; append instructions in program order; close every
// block, loop and if with `end()`. The function's own block is closed by ModuleBuilder.build. Branch
// depths count from the innermost open block, and the depth of the function's own block equals
// `depth`.
//
// The builder checks what costs one comparison: indices, balance, alignments, ranges of constants. It
// does not check stack types; WebAssembly.validate does. A misuse throws RangeError, since it is a
// mistake in the program and nothing that a guest can cause.

import { ByteWriter } from './encoder.ts';
import type { IndexSpace, WasmIndexOp, WasmLaneOp, WasmOp } from './opcodes.ts';
import { INDEX_OPS, LANE_CODES, PLAIN_CODES, SPECIAL_CODES } from './opcodes.ts';
import type { WasmAtomic, WasmLoad, WasmMemoryLaneOp, WasmStore } from './opcodes-memory.ts';
import { ATOMICS, LOADS, MEMORY_LANE_OPS, STORES } from './opcodes-memory.ts';
import { SIMD_LANE_OPS } from './opcodes-simd.ts';
import type { BlockType, FunctionType, ValueType } from './types.ts';
import { EMPTY_BLOCK_TYPE, VALUE_TYPE_CODES } from './types.ts';

/** What a function builder asks of its module. */
export interface FunctionContext {
  /** How many entries an index space has at the moment. */
  count(space: Exclude<IndexSpace, 'local' | 'depth'>): number;
  /** Notes that a function is referred to by ref.func, which demands a declaration. */
  declareReference(functionIndex: number): void;
}

/** Which way a conditional branch is expected to go; the engine may place the code accordingly. */
export type BranchHint = 'unlikely' | 'likely';

/** A hinted br_if or if. */
export interface HintedBranch {
  /** Offset in bytes of the instruction in the function's instructions. */
  readonly offset: number;
  readonly hint: BranchHint;
}

type OpenBlock = 'block' | 'loop' | 'if' | 'else';

const OFFSET_LIMIT = Number.MAX_SAFE_INTEGER;

export class FunctionBuilder {
  /** The function's index in its module. */
  readonly index: number;
  readonly name: string;
  readonly type: FunctionType;
  readonly typeIndex: number;
  readonly #context: FunctionContext;
  readonly #code = new ByteWriter();
  readonly #locals: ValueType[] = [];
  readonly #free = new Map<ValueType, number[]>();
  readonly #open: OpenBlock[] = [];
  readonly #hints: HintedBranch[] = [];
  /** The memory that loads and stores access which name none. */
  readonly #memory: number;

  constructor(
    context: FunctionContext,
    index: number,
    name: string,
    typeIndex: number,
    type: FunctionType,
    memory = 0,
  ) {
    this.#context = context;
    this.index = index;
    this.name = name;
    this.typeIndex = typeIndex;
    this.type = type;
    this.#memory = memory;
  }

  // ---- What the function is made of ----

  /** Types of the locals after the parameters. */
  get locals(): readonly ValueType[] {
    return this.#locals;
  }

  /** The instructions so far, without the function's final end; valid until the next instruction. */
  get code(): Uint8Array {
    return this.#code.view();
  }

  /** Size of the instructions so far, in bytes. */
  get size(): number {
    return this.#code.length;
  }

  get branchHints(): readonly HintedBranch[] {
    return this.#hints;
  }

  /** How many blocks are open; also the branch depth that leaves the function. */
  get depth(): number {
    return this.#open.length;
  }

  /** The type of a parameter or local; throws RangeError for an unknown index. */
  localType(index: number): ValueType {
    const params = this.type.params.length;
    const type = index < params ? this.type.params[index] : this.#locals[index - params];
    if (type === undefined) throw new RangeError(`${this.name}: no local ${index}`);
    return type;
  }

  // ---- Locals ----

  /** A new local; the parameters are 0 .. n-1. Locals start as zero. */
  local(type: ValueType): number {
    return this.type.params.length + this.#locals.push(type) - 1;
  }

  /** A local for short use: one given back with `release`, or a new one. Its value is not defined. */
  scratch(type: ValueType): number {
    return this.#free.get(type)?.pop() ?? this.local(type);
  }

  /** Gives a local to later calls of `scratch`. */
  release(index: number): void {
    const type = this.localType(index);
    if (index < this.type.params.length) throw new RangeError(`${this.name}: ${index} is a parameter`);
    const free = this.#free.get(type);
    if (free === undefined) this.#free.set(type, [index]);
    else if (free.includes(index)) throw new RangeError(`${this.name}: local ${index} released twice`);
    else free.push(index);
  }

  localGet(index: number): void {
    this.#localOp(0x20, index);
  }

  localSet(index: number): void {
    this.#localOp(0x21, index);
  }

  localTee(index: number): void {
    this.#localOp(0x22, index);
  }

  #localOp(code: number, index: number): void {
    if (!(index >= 0 && index < this.type.params.length + this.#locals.length))
      throw new RangeError(`${this.name}: no local ${index}`);
    this.#code.byte(code);
    this.#code.u32(index);
  }

  // ---- Instructions without immediates, constants ----

  /** Any instruction without immediates. */
  op(name: WasmOp): void {
    const code = PLAIN_CODES.get(name);
    if (code === undefined) throw new RangeError(`${this.name}: no instruction ${name} without immediates`);
    this.#opcode(code);
  }

  /** An integer in -2^31 .. 2^32-1; the upper half stands for the same bits as a negative number. */
  i32Const(value: number): void {
    if (value !== (value | 0) && value !== value >>> 0) throw this.#notInteger(value, 32);
    this.#code.byte(SPECIAL_CODES['i32.const']);
    this.#code.s32(value);
  }

  /** A safe integer, or a bigint in -2^63 .. 2^64-1. */
  i64Const(value: bigint | number): void {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) throw this.#notInteger(value, 64);
      this.i64ConstHalves(value | 0, Math.floor(value / 0x1_0000_0000));
      return;
    }
    if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value)
      throw this.#notInteger(value, 64);
    this.i64ConstHalves(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** A 64-bit constant from its low and high 32 bits; the signedness of either is ignored. */
  i64ConstHalves(low: number, high: number): void {
    this.#code.byte(SPECIAL_CODES['i64.const']);
    this.#code.s64(low, high);
  }

  /** The nearest 32-bit float to the value. */
  f32Const(value: number): void {
    this.#code.byte(SPECIAL_CODES['f32.const']);
    this.#code.f32(value);
  }

  /** A 64-bit float; a NaN is the canonical one, use i64Const and f64.reinterpret_i64 for others. */
  f64Const(value: number): void {
    this.#code.byte(SPECIAL_CODES['f64.const']);
    this.#code.f64(value);
  }

  /** 16 bytes, lane 0 first. */
  v128Const(bytes: Uint8Array | readonly number[]): void {
    if (bytes.length !== 16) throw new RangeError(`${this.name}: v128.const takes 16 bytes`);
    this.#opcode(SPECIAL_CODES['v128.const']);
    this.#code.raw(bytes);
  }

  // ---- Vectors ----

  /** An instruction that extracts or replaces the lane with this index. */
  lane(op: WasmLaneOp, lane: number): void {
    this.#checkLane(op, lane, SIMD_LANE_OPS[op].lanes);
    this.#opcode(LANE_CODES.get(op)!);
    this.#code.byte(lane);
  }

  /** i8x16.shuffle: 16 lane numbers, 0 .. 15 from the first operand, 16 .. 31 from the second. */
  shuffle(lanes: readonly number[]): void {
    if (lanes.length !== 16) throw new RangeError(`${this.name}: i8x16.shuffle takes 16 lanes`);
    for (const lane of lanes) this.#checkLane('i8x16.shuffle', lane, 32);
    this.#opcode(SPECIAL_CODES['i8x16.shuffle']);
    this.#code.raw(lanes);
  }

  // ---- Memory ----

  /** A load, from the module's usual memory unless told. `offset` in bytes; `alignLog2` is a hint, 0 (any address) to the natural alignment. */
  load(op: WasmLoad, offset: number, memory = this.#memory, alignLog2 = 0): void {
    const { code, natural } = LOADS[op];
    if (alignLog2 > natural) throw new RangeError(`${this.name}: ${op} aligned to 2^${alignLog2}`);
    this.#memoryOp(code, offset, memory, alignLog2);
  }

  /** A store; the immediates are those of `load`. */
  store(op: WasmStore, offset: number, memory = this.#memory, alignLog2 = 0): void {
    const { code, natural } = STORES[op];
    if (alignLog2 > natural) throw new RangeError(`${this.name}: ${op} aligned to 2^${alignLog2}`);
    this.#memoryOp(code, offset, memory, alignLog2);
  }

  /** A load or store of one lane of a vector; the other immediates are those of `load`. */
  memoryLane(op: WasmMemoryLaneOp, lane: number, offset: number, memory = 0, alignLog2 = 0): void {
    const { code, natural, lanes } = MEMORY_LANE_OPS[op];
    if (alignLog2 > natural) throw new RangeError(`${this.name}: ${op} aligned to 2^${alignLog2}`);
    this.#checkLane(op, lane, lanes);
    this.#memoryOp(code, offset, memory, alignLog2);
    this.#code.byte(lane);
  }

  /** An atomic load, store, read-modify-write, wait or notify, with its natural alignment. */
  atomic(op: WasmAtomic, offset: number, memory = 0): void {
    const { code, natural } = ATOMICS[op];
    this.#memoryOp(code, offset, memory, natural);
  }

  atomicFence(): void {
    this.#opcode(SPECIAL_CODES['atomic.fence']);
    this.#code.byte(0);
  }

  /** memory.copy: destination and source are memories; operands are two addresses and a length. */
  memoryCopy(destination = 0, source = 0): void {
    this.indexed('memory.copy', destination, source);
  }

  memoryFill(memory = 0): void {
    this.indexed('memory.fill', memory);
  }

  /** Size in pages of 64 KiB. */
  memorySize(memory = 0): void {
    this.indexed('memory.size', memory);
  }

  memoryGrow(memory = 0): void {
    this.indexed('memory.grow', memory);
  }

  // ---- Globals, calls ----

  globalGet(index: number): void {
    this.indexed('global.get', index);
  }

  globalSet(index: number): void {
    this.indexed('global.set', index);
  }

  call(functionIndex: number): void {
    this.indexed('call', functionIndex);
  }

  callIndirect(typeIndex: number, table = 0): void {
    this.indexed('call_indirect', typeIndex, table);
  }

  returnCall(functionIndex: number): void {
    this.indexed('return_call', functionIndex);
  }

  returnCallIndirect(typeIndex: number, table = 0): void {
    this.indexed('return_call_indirect', typeIndex, table);
  }

  /** A null reference. */
  refNull(type: 'funcref' | 'externref'): void {
    this.#code.byte(SPECIAL_CODES['ref.null']);
    this.#code.byte(VALUE_TYPE_CODES[type]);
  }

  /** Any instruction whose immediates are indices, in the order of the binary format. */
  indexed(op: WasmIndexOp, ...indices: number[]): void {
    const row = INDEX_OPS[op];
    if (indices.length !== row.indices.length)
      throw new RangeError(`${this.name}: ${op} takes ${row.indices.length} indices`);
    for (let position = 0; position < indices.length; position++)
      this.#checkIndex(op, row.indices[position]!, indices[position]!);
    if (op === 'ref.func') this.#context.declareReference(indices[0]!);
    this.#opcode(row.code);
    for (const index of indices) this.#code.u32(index);
  }

  // ---- Control ----

  block(type?: BlockType): void {
    this.#begin('block', type);
  }

  loop(type?: BlockType): void {
    this.#begin('loop', type);
  }

  /** `hint` says whether the condition is expected to hold. */
  if_(type?: BlockType, hint?: BranchHint): void {
    this.#hint(hint);
    this.#begin('if', type);
  }

  else_(): void {
    if (this.#open.at(-1) !== 'if') throw new RangeError(`${this.name}: else without if`);
    this.#open[this.#open.length - 1] = 'else';
    this.#code.byte(SPECIAL_CODES.else);
  }

  /** Closes the innermost block, loop or if; not the function itself. */
  end(): void {
    if (this.#open.pop() === undefined) throw new RangeError(`${this.name}: end without a block`);
    this.#code.byte(SPECIAL_CODES.end);
  }

  br(depth: number): void {
    this.indexed('br', depth);
  }

  /** `hint` says whether the branch is expected to be taken. */
  brIf(depth: number, hint?: BranchHint): void {
    this.#hint(hint);
    this.indexed('br_if', depth);
  }

  brTable(depths: readonly number[], defaultDepth: number): void {
    for (const depth of depths) this.#checkIndex('br_table', 'depth', depth);
    this.#checkIndex('br_table', 'depth', defaultDepth);
    this.#code.byte(SPECIAL_CODES.br_table);
    this.#code.u32(depths.length);
    for (const depth of depths) this.#code.u32(depth);
    this.#code.u32(defaultDepth);
  }

  // ---- Writing ----

  #begin(kind: 'block' | 'loop' | 'if', type: BlockType): void {
    if (typeof type === 'number') this.#checkIndex(kind, 'type', type);
    this.#open.push(kind);
    this.#code.byte(SPECIAL_CODES[kind]);
    if (type === undefined) this.#code.byte(EMPTY_BLOCK_TYPE);
    else if (typeof type === 'number') this.#code.s32(type);
    else this.#code.byte(VALUE_TYPE_CODES[type]);
  }

  #hint(hint: BranchHint | undefined): void {
    if (hint !== undefined) this.#hints.push({ offset: this.#code.length, hint });
  }

  #opcode(code: number): void {
    if (code < 0x100) {
      this.#code.byte(code);
      return;
    }
    this.#code.byte(code >> 12);
    this.#code.u32(code & 0xfff);
  }

  #memoryOp(code: number, offset: number, memory: number, alignLog2: number): void {
    if (!(Number.isInteger(offset) && offset >= 0 && offset <= OFFSET_LIMIT))
      throw new RangeError(`${this.name}: ${offset} is no memory offset`);
    if (memory !== 0) this.#checkIndex('memory access', 'memory', memory);
    this.#opcode(code);
    if (memory === 0) {
      this.#code.byte(alignLog2);
    } else {
      this.#code.byte(alignLog2 | 0x40);
      this.#code.u32(memory);
    }
    this.#code.u64(offset);
  }

  #checkIndex(op: string, space: IndexSpace, index: number): void {
    const count =
      space === 'local'
        ? this.type.params.length + this.#locals.length
        : space === 'depth'
          ? this.#open.length + 1
          : this.#context.count(space);
    if (!(index >= 0 && index < count && Number.isInteger(index)))
      throw new RangeError(`${this.name}: ${op}: no ${space} ${index}`);
  }

  #checkLane(op: string, lane: number, lanes: number): void {
    if (!(Number.isInteger(lane) && lane >= 0 && lane < lanes))
      throw new RangeError(`${this.name}: ${op}: no lane ${lane}`);
  }

  #notInteger(value: number | bigint, width: number): RangeError {
    return new RangeError(`${this.name}: ${value} is no ${width}-bit integer`);
  }
}
