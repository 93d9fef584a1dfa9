// Lowering: micro-operations become WebAssembly. This class knows everything that both engines
// share: values in locals, state in memory 0, guest memory through the TLB in memory 1, flags. How
// fields are read and how an instruction is left differs between the interpreter (a descriptor, a
// tail call) and the translator (constants, structured control flow) and is left to subclasses.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { WasmOp } from '../../wasm/opcodes.ts';
import * as S from '../../x86/state/layout.ts';
import type { BinaryOperator, Location, UnaryOperator, Uop, Value, ValueType } from '../../x86/uops/ir.ts';
import { type CoreFunctions, KIND_STACK, KIND_WRITE, type ValueEmitter } from './core-functions.ts';
import * as E from './engine-state.ts';
import {
  type FlagSource,
  lowerCondition,
  lowerFlagsArith,
  lowerFlagsGet,
  lowerFlagsSet,
  lowerKnownCondition,
} from './lower-flags.ts';

const UNARY: Partial<Record<UnaryOperator, WasmOp>> = {
  wrap: 'i32.wrap_i64',
  extend_u: 'i64.extend_i32_u',
  extend_s: 'i64.extend_i32_s',
  extend32_s: 'i64.extend32_s',
  bits_to_f32: 'f32.reinterpret_i32',
  bits_to_f64: 'f64.reinterpret_i64',
  f32_to_bits: 'i32.reinterpret_f32',
  f64_to_bits: 'i64.reinterpret_f64',
  promote: 'f64.promote_f32',
  demote: 'f32.demote_f64',
  f64_from_i32_s: 'f64.convert_i32_s',
  f64_from_i64_s: 'f64.convert_i64_s',
  f32_from_i32_s: 'f32.convert_i32_s',
  f32_from_i64_s: 'f32.convert_i64_s',
  i32_from_f32_s: 'i32.trunc_sat_f32_s',
  i32_from_f64_s: 'i32.trunc_sat_f64_s',
  i64_from_f32_s: 'i64.trunc_sat_f32_s',
  i64_from_f64_s: 'i64.trunc_sat_f64_s',
};

function unaryOp(operator: UnaryOperator, type: ValueType): WasmOp {
  return UNARY[operator] ?? (`${type}.${operator.startsWith('f') ? operator.slice(1) : operator}` as WasmOp);
}
function binaryOp(operator: BinaryOperator, type: ValueType): WasmOp {
  return `${type}.${type.startsWith('f') ? operator.slice(1) : operator}` as WasmOp;
}

export abstract class Lowering implements ValueEmitter {
  readonly f: FunctionBuilder;
  readonly core: CoreFunctions;
  /** Labels between the function body's outermost block and here. */
  protected depth = 0;
  readonly #locals = new Map<number, number>();
  readonly #constants = new Map<number, Uop & { op: 'const' }>();
  readonly #variables = new Map<number, number>();

  constructor(f: FunctionBuilder, core: CoreFunctions) {
    this.f = f;
    this.core = core;
  }

  // ---- what engines do differently ----
  /** Pushes the descriptor pointer (i32) that slow paths use to find the instruction. */
  abstract pushDescriptor(): void;
  /** Pushes a numeric field: imm and disp as i64, the others as i32. */
  abstract pushField(field: string): void;
  /** Pushes the address of a state field found by a register field (i32), to which an offset is added in the access. */
  abstract pushFieldAddress(field: string): void;
  abstract lowerRip(which: 'current' | 'next'): void;
  abstract lowerBranch(uop: Uop & { op: 'branch' }): void;
  abstract lowerJump(target: Value): void;
  abstract lowerRepeat(): void;
  abstract lowerEndBlock(): void;
  abstract lowerCall(uop: Uop & { op: 'call' }): void;
  /** A slow access has been done, without a fault. */
  abstract slowAccessDone(): void;
  /** Leaves the function with a fault pending. */
  abstract leaveFaulted(): void;

  // ---- values ----
  /** The next micro-ops are another instruction's: their values have nothing to do with those so far. */
  protected forgetValues(): void {
    this.#locals.clear();
    this.#constants.clear();
    this.#variables.clear();
  }
  /** What the last instruction left in the flags, where the next one is lowered into the same function. */
  protected flagSource: FlagSource | null = null;
  /** The flags of the instruction being lowered are overwritten before they can be seen. */
  protected skipFlags = false;
  push(value: Value): void {
    const constant = this.#constants.get(value.id);
    if (constant) {
      const { f } = this;
      const v = constant.value;
      if (value.type === 'i32') f.i32Const(Number(v));
      else if (value.type === 'i64') f.i64Const(v as bigint);
      else if (value.type === 'f32') f.f32Const(Number(v));
      else if (value.type === 'f64') f.f64Const(Number(v));
      else f.v128Const(v as Uint8Array);
      return;
    }
    const local = this.#locals.get(value.id);
    if (local === undefined) throw new Error(`value ${value.id} is used before it is defined`);
    this.f.localGet(local);
  }
  /** Pushes an integer value converted to the type (zero-extended or cut off). */
  pushAs(type: 'i32' | 'i64', value: Value): void {
    this.push(value);
    if (value.type === 'i32' && type === 'i64') this.f.op('i64.extend_i32_u');
    if (value.type === 'i64' && type === 'i32') this.f.op('i32.wrap_i64');
  }
  /** Pops the top of the stack into the value's local. */
  define(value: Value): void {
    const local = this.f.local(value.type);
    this.#locals.set(value.id, local);
    this.f.localSet(local);
  }

  lowerList(uops: readonly Uop[]): void {
    for (const uop of uops) this.lower(uop);
  }

  lower(uop: Uop): void {
    const { f } = this;
    switch (uop.op) {
      case 'const':
        this.#constants.set(uop.result.id, uop);
        return;
      case 'field':
        this.pushField(uop.field);
        this.define(uop.result);
        return;
      case 'get':
        this.#pushAddress(uop.location);
        f.load(stateLoad(uop.bits), displacement(uop.location));
        this.define(uop.result);
        return;
      case 'set':
        this.#pushAddress(uop.location);
        this.push(uop.value);
        f.store(storeOp(uop.bits, uop.value.type), displacement(uop.location));
        return;
      case 'linear':
        this.#lowerLinear(uop);
        return;
      case 'load':
        this.#lowerLoad(uop);
        return;
      case 'store':
        this.#lowerStore(uop);
        return;
      case 'binary':
        this.push(uop.a);
        this.push(uop.b);
        if (uop.operator === 'mulhi_u') f.call(this.core.mulHighU);
        else if (uop.operator === 'mulhi_s') f.call(this.core.mulHighS);
        else f.op(binaryOp(uop.operator, uop.a.type));
        this.define(uop.result);
        return;
      case 'unary':
        this.push(uop.a);
        f.op(unaryOp(uop.operator, uop.a.type));
        this.define(uop.result);
        return;
      case 'simd':
        for (const argument of uop.args) this.push(argument);
        if (uop.lanes) f.shuffle([...uop.lanes]);
        else if (uop.lane !== undefined) f.lane(uop.name as never, uop.lane);
        else f.op(uop.name as WasmOp);
        this.define(uop.result);
        return;
      case 'select':
        this.push(uop.a);
        this.push(uop.b);
        this.push(uop.condition);
        f.op('select');
        this.define(uop.result);
        return;
      case 'variable': {
        const local = f.local(uop.type);
        this.#variables.set(uop.variable, local);
        this.push(uop.value);
        f.localSet(local);
        return;
      }
      case 'setVariable':
        this.push(uop.value);
        f.localSet(this.#variables.get(uop.variable)!);
        return;
      case 'getVariable':
        f.localGet(this.#variables.get(uop.variable)!);
        this.define(uop.result);
        return;
      case 'if':
        this.push(uop.condition);
        f.if_();
        this.depth++;
        this.flagSource = null;
        this.lowerList(uop.then);
        if (uop.else.length) {
          f.else_();
          this.lowerList(uop.else);
        }
        this.depth--;
        f.end();
        return;
      case 'loop':
        f.loop();
        this.depth++;
        this.lowerList(uop.body);
        this.push(uop.condition);
        f.brIf(0);
        this.depth--;
        f.end();
        return;
      case 'flagsArith':
        this.flagSource = lowerFlagsArith(this, uop, this.skipFlags);
        return;
      case 'flagsSet':
        lowerFlagsSet(this, uop.mask, uop.value);
        this.flagSource = null;
        return;
      case 'flagsGet':
        lowerFlagsGet(this, uop.mask);
        this.define(uop.result);
        return;
      case 'condition':
        if (!this.flagSource || !lowerKnownCondition(this, uop.code, this.flagSource)) {
          lowerCondition(this, uop.code);
        }
        this.define(uop.result);
        return;
      case 'faultIf':
        this.push(uop.condition);
        f.if_();
        this.pushDescriptor();
        this.push(uop.vector);
        if (uop.errorCode) this.push(uop.errorCode);
        else f.i32Const(-1);
        f.call(this.core.raise);
        this.leaveFaulted();
        f.end();
        return;
      case 'call':
        this.lowerCall(uop);
        return;
      case 'rip':
        this.lowerRip(uop.which);
        this.define(uop.result);
        return;
      case 'branch':
        this.lowerBranch(uop);
        return;
      case 'jump':
        this.lowerJump(uop.target);
        return;
      case 'repeat':
        this.lowerRepeat();
        return;
      case 'endBlock':
        this.lowerEndBlock();
        return;
    }
  }

  #pushAddress(location: Location): void {
    if (location.kind === 'state') this.f.i32Const(0);
    else this.pushFieldAddress(location.field);
  }

  // ---- guest memory ----

  /**
   * Pushes the condition that the access lies in one page whose translation the TLB has: the page of
   * its last byte must be the tagged one, so that an access over a page's end takes the slow path.
   * Leaves the address of the entry in the returned local.
   */
  #pushTlbHit(address: Value, bytes: number, array: number): number {
    const { f } = this;
    const entry = f.local('i32');
    this.pushAs('i32', address);
    f.i32Const(12 - E.TLB_ENTRY_SHIFT);
    f.op('i32.shr_u');
    f.i32Const((E.TLB_ENTRIES - 1) << E.TLB_ENTRY_SHIFT);
    f.op('i32.and');
    f.i32Const(0);
    f.load('i32.load', E.TLB_TABLE);
    f.op('i32.add');
    f.localTee(entry);
    f.load('i64.load', array + E.TLB_TAG);
    this.push(address);
    if (bytes > 1) {
      f.i64Const(bytes - 1);
      f.op('i64.add');
    }
    f.i64Const(-4096n);
    f.op('i64.and');
    f.op('i64.eq');
    return entry;
  }
  #pushRamAddress(address: Value, entry: number, array: number): void {
    const { f } = this;
    this.pushAs('i32', address);
    f.localGet(entry);
    f.load('i32.load', array + E.TLB_ADDEND);
    f.op('i32.add');
  }
  #lowerLoad(uop: Uop & { op: 'load' }): void {
    const { f } = this;
    const bytes = uop.bits / 8;
    const write = uop.intent === 'write';
    const array = write ? E.TLB_WRITES : 0;
    const entry = this.#pushTlbHit(uop.address, bytes, array);
    f.if_(uop.result.type);
    this.#pushRamAddress(uop.address, entry, array);
    f.load(stateLoad(uop.bits), 0, 1);
    f.else_();
    this.pushDescriptor();
    this.push(uop.address);
    f.i32Const(bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
    f.call(this.core.slowLoad);
    f.if_();
    this.leaveFaulted();
    f.end();
    this.slowAccessDone();
    f.i32Const(0);
    f.load(stateLoad(uop.bits), E.ACCESS_VALUE);
    f.end();
    this.define(uop.result);
  }
  #lowerStore(uop: Uop & { op: 'store' }): void {
    const { f } = this;
    const bytes = uop.bits / 8;
    const store = storeOp(uop.bits, uop.value.type);
    const entry = this.#pushTlbHit(uop.address, bytes, E.TLB_WRITES);
    f.if_();
    this.#pushRamAddress(uop.address, entry, E.TLB_WRITES);
    this.push(uop.value);
    f.store(store, 0, 1);
    f.else_();
    f.i32Const(0);
    this.push(uop.value);
    f.store(store, E.ACCESS_VALUE);
    this.pushDescriptor();
    this.push(uop.address);
    f.i32Const(bytes | KIND_WRITE | (uop.stack ? KIND_STACK : 0));
    f.call(this.core.slowStore);
    f.if_();
    this.leaveFaulted();
    f.end();
    this.slowAccessDone();
    f.end();
  }
  /** Segment check: one flag test and one comparison where the segment is an ordinary one. */
  #lowerLinear(uop: Uop & { op: 'linear' }): void {
    const { f } = this;
    const write = uop.access === 'write';
    const at = (field: number) => displacement(uop.segment) + field;
    this.#pushAddress(uop.segment);
    f.load('i32.load', at(S.SEGMENT_FAST));
    f.i32Const(write ? S.SEGMENT_FAST_WRITE : S.SEGMENT_FAST_READ);
    f.op('i32.and');
    f.if_('i32');
    this.push(uop.offset);
    if (uop.bytes > 1) {
      f.i64Const(uop.bytes - 1);
      f.op('i64.add');
    }
    this.#pushAddress(uop.segment);
    f.load('i64.load32_u', at(S.SEGMENT_LIMIT));
    f.op('i64.le_u');
    f.else_();
    f.i32Const(0);
    f.end();
    f.if_('i64');
    this.push(uop.offset);
    this.#pushAddress(uop.segment);
    f.load('i64.load', at(S.SEGMENT_BASE));
    f.op('i64.add');
    f.i64Const(0xffffffffn);
    f.op('i64.and');
    f.else_();
    this.pushDescriptor();
    this.push(uop.offset);
    this.#pushAddress(uop.segment);
    f.i32Const(displacement(uop.segment));
    f.op('i32.add');
    f.i32Const(uop.bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
    f.call(this.core.slowLinear);
    this.pushPending();
    f.if_();
    this.leaveFaulted();
    f.end();
    f.end();
    this.define(uop.result);
  }
  pushPending(): void {
    this.f.i32Const(0);
    this.f.load('i32.load', E.PENDING);
  }
}

function displacement(location: Location): number {
  return location.kind === 'state' ? location.offset : location.displacement;
}

type LoadName = 'i32.load8_u' | 'i32.load16_u' | 'i32.load' | 'i64.load' | 'v128.load';
function stateLoad(bits: number): LoadName {
  switch (bits) {
    case 8:
      return 'i32.load8_u';
    case 16:
      return 'i32.load16_u';
    case 32:
      return 'i32.load';
    case 64:
      return 'i64.load';
    default:
      return 'v128.load';
  }
}
type StoreName =
  | 'i32.store8'
  | 'i32.store16'
  | 'i32.store'
  | 'i64.store8'
  | 'i64.store16'
  | 'i64.store32'
  | 'i64.store'
  | 'v128.store';
function storeOp(bits: number, type: ValueType): StoreName {
  if (bits === 128) return 'v128.store';
  if (bits === 64) return 'i64.store';
  if (type === 'i64') return bits === 8 ? 'i64.store8' : bits === 16 ? 'i64.store16' : 'i64.store32';
  return bits === 8 ? 'i32.store8' : bits === 16 ? 'i32.store16' : 'i32.store';
}
