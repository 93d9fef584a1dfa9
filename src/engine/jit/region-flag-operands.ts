// What is known of the status flags in a region, and how they come into the state. An operation leaves its operands
// in locals and says nothing more; which operation it was is known while the code is written (a *kind*,
// soft/flag-kinds.ts), except where paths with different ones meet: there a local holds the kind.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import * as K from '../soft/flag-kinds.ts';
import { type FlagSource, pushCarryVector } from '../soft/lower-flags.ts';
import { RegionValues } from './region-values.ts';

/** Kinds whose flags are stored inline where a region is left often. */
const SUMS = new Set([K.OPERATION_ADD, K.OPERATION_SUB, K.OPERATION_SUM, K.OPERATION_DIFFERENCE]);

/** The kind is in its local: it is known there alone, or has a step. */
export function isInLocal(flags: number): boolean {
  return isDynamic(flags) || (flags & K.FLAGS_STEP) !== 0;
}
/** What the kind is before a step is not known here. */
export function isDynamic(flags: number): boolean {
  return (flags & K.FLAGS_BASE) === K.FLAGS_DYNAMIC;
}

export abstract class RegionFlagOperands extends RegionValues {
  /** What is known about the flags here. */
  protected flags = K.FLAGS_IN_STATE;
  /** Nobody will see the flags that the present instruction sets. */
  protected flagsDead = false;
  /**
   * Operands of the last operation (type of general registers), the result of a step (likewise) and the override after it,
   * and the kind where it is dynamic or has a step.
   */
  protected readonly operandA: number;
  protected readonly operandB: number;
  protected readonly operandR: number;
  protected readonly operands: Readonly<Record<'a' | 'b' | 'r', number>>;
  protected readonly step: number;
  protected readonly override_: number;
  protected readonly kind: number;

  constructor(f: FunctionBuilder, core: CoreFunctions, wide: boolean) {
    super(f, core, wide);
    const type = wide ? 'i64' : 'i32';
    this.operandA = f.local(type);
    this.operandB = f.local(type);
    this.operandR = f.local(type);
    this.operands = { a: this.operandA, b: this.operandB, r: this.operandR };
    this.step = f.local(type);
    this.override_ = f.local('i32');
    this.kind = f.local('i32');
  }

  /** Makes the kind dynamic: for where paths meet. */
  protected makeDynamic(): void {
    if (!isInLocal(this.flags)) {
      this.f.i32Const(this.flags);
      this.f.localSet(this.kind);
    }
    this.flags = K.FLAGS_DYNAMIC;
  }

  /** Calls materializeFlags for a kind that is on the stack. */
  protected callMaterialize(): void {
    const { f } = this;
    for (const local of [this.operandA, this.operandB, this.operandR]) {
      f.localGet(local);
      if (!this.wide) f.op('i64.extend_i32_u');
    }
    f.localGet(this.override_);
    f.localGet(this.step);
    if (!this.wide) f.op('i64.extend_i32_u');
    f.call(this.core.materializeFlags);
  }
  /** Flags into the state; the region's own knowledge follows. */
  protected flagsToState(): void {
    const { f } = this;
    if (this.flags === K.FLAGS_IN_STATE) return;
    if (isDynamic(this.flags)) f.localGet(this.kind);
    else f.i32Const(this.flags);
    this.callMaterialize();
    this.flags = K.FLAGS_IN_STATE;
  }
  /** The same for a way out that is taken often: inline where that is short. */
  protected storeFlags(): void {
    const { f } = this;
    const { flags } = this;
    if (flags === K.FLAGS_IN_STATE) return;
    const known = !isInLocal(flags) && (flags & K.FLAGS_OVERRIDE) === 0;
    if (known && K.operationOf(flags) === K.OPERATION_LOGIC) {
      f.i32Const(0);
      this.#pushSignExtended(flags);
      f.store('i64.store', S.FLAG_RESULT);
      f.i32Const(0);
      f.i32Const(0);
      f.store('i32.store', S.FLAG_AUX);
      return;
    }
    if (isDynamic(flags)) {
      // Often nothing has set them yet.
      f.localGet(this.kind);
      f.if_();
      f.localGet(this.kind);
      this.callMaterialize();
      f.end();
      return;
    }
    if (known && SUMS.has(K.operationOf(flags))) {
      this.#storeSum(flags);
      return;
    }
    f.i32Const(flags);
    this.callMaterialize();
  }
  /** FLAG_RESULT and FLAG_AUX of an addition or subtraction, as materializeFlags (core-arithmetic.ts) computes them. */
  #storeSum(flags: number): void {
    const { f } = this;
    const bits = K.bitsOf(flags);
    const type = bits === 64 ? 'i64' : 'i32';
    const result = f.scratch(type);
    const vector = f.scratch(type);
    const source = this.source()!;
    source.result();
    f.localSet(result);
    f.i32Const(0);
    f.localGet(result);
    if (bits === 8) f.op('i32.extend8_s');
    if (bits === 16) f.op('i32.extend16_s');
    if (bits !== 64) f.op('i64.extend_i32_s');
    f.store('i64.store', S.FLAG_RESULT);
    const kind = source.kind === 'add' ? 'add' : 'sub';
    pushCarryVector(f, kind, type, source.a, source.b, () => f.localGet(result));
    f.localSet(vector);
    f.i32Const(0);
    f.localGet(vector);
    if (bits === 64) {
      f.i64Const(62);
      f.op('i64.shr_u');
      f.op('i32.wrap_i64');
    } else {
      f.i32Const(bits - 2);
      f.op('i32.shr_u');
    }
    f.i32Const(30);
    f.op('i32.shl');
    f.localGet(vector);
    if (bits === 64) f.op('i32.wrap_i64');
    f.i32Const(8);
    f.op('i32.and');
    f.op('i32.or');
    f.store('i32.store', S.FLAG_AUX);
    f.release(result);
    f.release(vector);
  }
  #pushSignExtended(flags: number): void {
    const { f } = this;
    const bits = K.bitsOf(flags);
    f.localGet(this.operandA);
    if (bits === 64) return;
    if (this.wide) {
      f.op(bits === 32 ? 'i64.extend32_s' : bits === 16 ? 'i64.extend16_s' : 'i64.extend8_s');
      return;
    }
    if (bits < 32) f.op(bits === 16 ? 'i32.extend16_s' : 'i32.extend8_s');
    f.op('i64.extend_i32_s');
  }

  /** Operands of the last operation, where the kind is known and has no override. */
  protected source(): FlagSource | null {
    const { flags, f } = this;
    if (flags === K.FLAGS_IN_STATE || flags >= K.FLAGS_DYNAMIC) return null;
    const operation = K.operationOf(flags);
    const bits = K.bitsOf(flags);
    const get = (local: number) => () => {
      f.localGet(local);
      if (this.wide && bits !== 64) f.op('i32.wrap_i64');
    };
    const a = get(this.operandA);
    const type = bits === 64 ? 'i64' : 'i32';
    const computed = (b: () => void, operator: 'add' | 'sub') => () => {
      a();
      b();
      f.op(`${type}.${operator}`);
    };
    const b = get(this.operandB);
    const before = (operator: 'add' | 'sub') => computed(b, operator);
    const r = get(this.operandR);
    const base = { bits, a, carryFromOperands: false, orderFromOperands: false };
    switch (operation) {
      case K.OPERATION_ADD:
        return { ...base, kind: 'add', b, result: computed(b, 'add') };
      case K.OPERATION_SUB:
        return {
          ...base,
          kind: 'sub',
          b,
          result: computed(b, 'sub'),
          carryFromOperands: true,
          orderFromOperands: true,
        };
      case K.OPERATION_SUM:
        return { ...base, kind: 'add', a: before('sub'), b, result: a };
      case K.OPERATION_DIFFERENCE:
        return {
          ...base,
          kind: 'sub',
          a: before('add'),
          b,
          result: a,
          carryFromOperands: true,
          orderFromOperands: true,
        };
      case K.OPERATION_LOGIC:
        return { ...base, kind: 'logic', b: a, result: a, orderFromOperands: true };
      default:
        return { ...base, kind: operation === K.OPERATION_ADC ? 'add' : 'sub', b, result: r };
    }
  }
}
