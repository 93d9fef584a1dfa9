// Lowering: micro-operations become WebAssembly. This class knows everything that both engines
// share: values in locals, state in memory 0, guest memory through the TLB in memory 1, flags. How
// fields are read and how an instruction is left differs between the interpreter (a descriptor, a
// tail call) and the translator (constants, structured control flow) and is left to subclasses.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { WasmOp } from '../../wasm/opcodes.ts';
import { CR4_SMAP } from '../../x86/state/control-bits.ts';
import * as S from '../../x86/state/layout.ts';
import type { BinaryOperator, Location, UnaryOperator, Uop, Value, ValueType } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import type { CoreFunctions, MemoryEmitter } from './core-functions.ts';
import * as E from './engine-state.ts';
import {
  type FlagSource,
  lowerCondition,
  lowerFlagsArith,
  lowerFlagsGet,
  lowerFlagsSet,
  lowerKnownCondition,
} from './lower-flags.ts';
import { displacement, lowerLinear, lowerLoad, lowerStore, stateLoad, storeOp } from './lower-memory.ts';

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

/** An operation whose only effect is its result. */
export type PureUop = Extract<Uop, { op: 'binary' | 'unary' | 'simd' | 'select' }>;

export abstract class Lowering implements MemoryEmitter {
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
  abstract lowerEndBlock(uop: Uop & { op: 'endBlock' }): void;
  /** The TLB table in force becomes that of supervisor code to which pages of user code are open, or not. */
  abstract lowerUserPages(uop: Uop & { op: 'userPages' }): void;
  abstract lowerCall(uop: Uop & { op: 'call' }): void;
  /** Function index of a routine in the module being built (interp/routines.ts imports it). */
  abstract routineFunction(routine: Routine): number;
  /** The TLB has answered an access inline: counts it where that is wanted. */
  abstract tlbHit(): void;
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
        this.pushAddress(uop.location);
        f.load(stateLoad(uop.bits), displacement(uop.location));
        this.define(uop.result);
        return;
      case 'set':
        this.pushAddress(uop.location);
        this.push(uop.value);
        f.store(storeOp(uop.bits, uop.value.type), displacement(uop.location));
        return;
      case 'linear':
        lowerLinear(this, uop);
        return;
      case 'load':
        lowerLoad(this, uop);
        return;
      case 'store':
        lowerStore(this, uop);
        return;
      case 'binary':
      case 'unary':
      case 'simd':
      case 'select':
        this.pushResult(uop);
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
          this.flagSource = null;
          this.lowerList(uop.else);
        }
        this.depth--;
        f.end();
        // Either path may have been taken, with flags of its own or those from before.
        this.flagSource = null;
        return;
      case 'loop':
        f.loop();
        this.depth++;
        this.flagSource = null;
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
      case 'routine':
        for (const argument of uop.args) this.push(argument);
        f.call(this.routineFunction(uop.routine));
        this.define(uop.result);
        return;
      case 'getIndexed':
        this.push(uop.index);
        f.load(stateLoad(uop.bits), uop.offset);
        this.define(uop.result);
        return;
      case 'setIndexed':
        this.push(uop.index);
        this.push(uop.value);
        f.store(storeOp(uop.bits, uop.value.type), uop.offset);
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
        this.lowerEndBlock(uop);
        return;
      case 'userPages':
        this.lowerUserPages(uop);
        return;
    }
  }

  /** Pushes what an operation without effects computes. */
  protected pushResult(uop: PureUop): void {
    const { f } = this;
    switch (uop.op) {
      case 'binary':
        this.push(uop.a);
        this.push(uop.b);
        if (uop.operator === 'mulhi_u') f.call(this.core.mulHighU);
        else if (uop.operator === 'mulhi_s') f.call(this.core.mulHighS);
        else f.op(binaryOp(uop.operator, uop.a.type));
        return;
      case 'unary':
        this.push(uop.a);
        f.op(unaryOp(uop.operator, uop.a.type));
        return;
      case 'simd':
        for (const argument of uop.args) this.push(argument);
        if (uop.lanes) f.shuffle([...uop.lanes]);
        else if (uop.lane !== undefined) f.lane(uop.name as never, uop.lane);
        else f.op(uop.name as WasmOp);
        return;
      case 'select':
        this.push(uop.a);
        this.push(uop.b);
        this.push(uop.condition);
        f.op('select');
    }
  }

  pushAddress(location: Location): void {
    if (location.kind === 'state') this.f.i32Const(0);
    else this.pushFieldAddress(location.field);
  }

  /** Pushes the TLB table of supervisor code, with pages of user code open to it or as CR4.SMAP says. */
  pushSupervisorTable(open: boolean): void {
    const { f } = this;
    f.i32Const(E.TLB_SUPERVISOR_AC);
    if (open) return;
    f.i32Const(E.TLB_SUPERVISOR);
    f.i32Const(0);
    f.load('i32.load', S.CR4);
    f.i32Const(CR4_SMAP);
    f.op('i32.and');
    f.op('i32.eqz');
    f.op('select');
  }

  pushPending(): void {
    this.f.i32Const(0);
    this.f.load('i32.load', E.PENDING);
  }
}
