// The status flags in a region. An operation leaves its operands in locals and says nothing more; which
// operation it was is known while the code is written (a *kind*, soft/flag-kinds.ts), except where paths
// with different ones meet: there a local holds the kind. So a comparison and its branch become one wasm
// comparison, and flags that nobody reads cost at most two moves, mostly none.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import { FLAG_CF, FLAG_OF, FLAGS_STATUS, type Uop, type Value } from '../../x86/uops/ir.ts';
import { someUop } from '../interp/some-uop.ts';
import type { CoreFunctions } from '../soft/core-functions.ts';
import * as K from '../soft/flag-kinds.ts';
import {
  type FlagSource,
  lowerCondition,
  lowerFlagsGet,
  lowerFlagsSet,
  lowerKnownCondition,
  pushCarryVector,
} from '../soft/lower-flags.ts';
import { flagOperands } from './flag-sources.ts';
import { RegionValues } from './region-values.ts';
import { registerAt } from './registers.ts';

const CARRY_AND_OVERFLOW = FLAG_CF | FLAG_OF;

const FLAG_OPERATIONS = new Set<Uop['op']>(['flagsArith', 'flagsSet', 'flagsGet', 'condition']);

/** Kinds whose flags are stored inline where a region is left often. */
const SUMS = new Set([K.OPERATION_ADD, K.OPERATION_SUB, K.OPERATION_SUM, K.OPERATION_DIFFERENCE]);

/** The kind is in its local: it is known there alone, or has a step. */
export function isInLocal(flags: number): boolean {
  return isDynamic(flags) || (flags & K.FLAGS_STEP) !== 0;
}
/** What the kind is before a step is not known here. */
function isDynamic(flags: number): boolean {
  return (flags & K.FLAGS_BASE) === K.FLAGS_DYNAMIC;
}

/** True when the list, or one inside it, has to do with flags. */
function concernsFlags(uops: readonly Uop[]): boolean {
  return someUop(uops, (uop) => FLAG_OPERATIONS.has(uop.op));
}

/** Calls a helper, perhaps on some condition: a rare path. */
function callsHelper(uops: readonly Uop[]): boolean {
  return someUop(uops, ({ op }) => op === 'call');
}

export abstract class RegionFlags extends RegionValues {
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
    const source = this.#source()!;
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

  // ---- setting ----

  #setOperand(local: number, value: Value): void {
    const constant = this.wide ? this.constantOf(value) : undefined;
    if (typeof constant === 'number') {
      this.forgo(value);
      this.f.i64Const(BigInt.asUintN(32, BigInt(constant)));
    } else if (this.wide) this.pushAs('i64', value);
    else this.pushLow(value);
    this.f.localSet(local);
  }
  #setArithmetic(uop: Uop & { op: 'flagsArith' }): void {
    if (this.flagsDead) {
      for (const value of [uop.a, uop.b, uop.result]) this.forgo(value);
      return;
    }
    this.settle(0, true);
    if (uop.keepCarry) {
      this.#setStep(uop);
      return;
    }
    const { kind, a, b, r } = flagOperands(uop, this.isShared(uop.result));
    const operands = [a, b, r];
    for (const value of [uop.a, uop.b, uop.result]) if (value && !operands.includes(value)) this.forgo(value);
    this.#setOperand(this.operandA, a);
    if (b) this.#setOperand(this.operandB, b);
    if (r) this.#setOperand(this.operandR, r);
    this.flags = kind;
  }
  /** INC and DEC. */
  #setStep(uop: Uop & { op: 'flagsArith' }): void {
    const { f } = this;
    const { kind, bits, carryIn } = uop;
    if (carryIn || kind === 'logic' || !this.#isOne(uop.b!)) {
      throw new Error('only INC and DEC keep the carry');
    }
    this.#setOperand(this.step, uop.result);
    this.forgo(uop.a);
    this.forgo(uop.b);
    const before = this.flags & ~K.FLAGS_STEP;
    const step = K.stepKind(kind, bits);
    if (isDynamic(before)) {
      f.localGet(this.kind);
      f.i32Const(K.FLAGS_BASE | K.FLAGS_OVERRIDE);
      f.op('i32.and');
      f.i32Const(step);
      f.op('i32.or');
    } else f.i32Const(before | step);
    f.localSet(this.kind);
    this.flags = before | step;
  }
  #isOne(value: Value): boolean {
    const constant = this.constantOf(value);
    return constant === 1 || constant === 1n;
  }
  #setFlags(uop: Uop & { op: 'flagsSet' }): void {
    if (this.flagsDead || uop.mask === 0) {
      this.forgo(uop.value);
      return;
    }
    this.settle(0, true);
    if (uop.mask === CARRY_AND_OVERFLOW || uop.mask === FLAG_CF) {
      this.#setOverride(uop);
      return;
    }
    this.keep(uop.value);
    if ((uop.mask & FLAGS_STATUS) === FLAGS_STATUS) this.flags = K.FLAGS_IN_STATE;
    else this.flagsToState();
    lowerFlagsSet(this, uop.mask, uop.value);
  }

  /** CF, or CF and OF, with the other flags as they are. */
  #setOverride(uop: Uop & { op: 'flagsSet' }): void {
    const { f } = this;
    let code = uop.origin?.direction === 'right' ? K.OVERRIDE_RIGHT : K.OVERRIDE_LEFT;
    if (!uop.origin && uop.mask === FLAG_CF) code = K.OVERRIDE_CARRY;
    this.#makeOverridable(code);
    if (uop.origin) {
      this.forgo(uop.value);
      this.push(uop.origin.result);
    } else if (uop.mask === FLAG_CF) {
      this.push(uop.value);
    } else {
      // Bit 31 is CF xor OF.
      const value = this.localOf(uop.value);
      f.localGet(value.local);
      f.i32Const(1);
      f.op('i32.and');
      f.localGet(value.local);
      f.i32Const(11);
      f.op('i32.shr_u');
      f.localGet(value.local);
      f.op('i32.xor');
      f.i32Const(31);
      f.op('i32.shl');
      f.op('i32.or');
      value.release();
    }
    f.localSet(this.override_);
    if (isDynamic(this.flags) && (this.flags & K.FLAGS_OVERRIDE) !== code) {
      f.localGet(this.kind);
      if (code !== K.OVERRIDE_RIGHT) {
        f.i32Const(K.FLAGS_BASE);
        f.op('i32.and');
      }
      f.i32Const(code);
      f.op('i32.or');
      f.localSet(this.kind);
    }
    this.flags = (this.flags & K.FLAGS_BASE) | code;
  }
  /**
   * An override of that kind is about to be set: makes sure that no step is under it, and that OF does not come from the
   * present one where the new one holds CF alone.
   */
  #makeOverridable(code: number): void {
    const { f, flags } = this;
    const override = flags & K.FLAGS_OVERRIDE;
    const carry = code === K.OVERRIDE_CARRY;
    if (flags & K.FLAGS_STEP || (carry && override >= K.OVERRIDE_LEFT)) {
      this.flagsToState();
      return;
    }
    // What has an override here has no step.
    if (override !== 0 || !isDynamic(flags)) return;
    f.localGet(this.kind);
    f.i32Const(carry ? K.FLAGS_STEP | K.OVERRIDE_LEFT : K.FLAGS_STEP);
    f.op('i32.and');
    f.if_(undefined, 'unlikely');
    f.localGet(this.kind);
    this.callMaterialize();
    f.i32Const(K.FLAGS_IN_STATE);
    f.localSet(this.kind);
    f.end();
  }

  // ---- reading ----

  /** Operands of the last step, which tell everything but CF. */
  #stepSource(): FlagSource {
    const { f } = this;
    const { direction, bits } = K.stepOf(this.flags);
    const type = bits === 64 ? 'i64' : 'i32';
    const one = () => (bits === 64 ? f.i64Const(1) : f.i32Const(1));
    const result = () => {
      f.localGet(this.step);
      if (this.wide && bits !== 64) f.op('i32.wrap_i64');
    };
    const a = () => {
      result();
      one();
      f.op(direction === 'add' ? `${type}.sub` : `${type}.add`);
    };
    const order = direction === 'sub';
    return { kind: direction, bits, a, b: one, result, carryFromOperands: false, orderFromOperands: order };
  }
  /** Operands of the last operation, where the kind is known and has no override. */
  #source(): FlagSource | null {
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

  /** Pushes CF as 0 or 1. */
  #pushCarry(): void {
    const { f } = this;
    if (this.flags & K.FLAGS_STEP) {
      this.#pushCarryBeforeStep();
      return;
    }
    const { flags } = this;
    if (flags & K.FLAGS_OVERRIDE) {
      f.localGet(this.override_);
      if ((flags & K.FLAGS_OVERRIDE) === K.OVERRIDE_RIGHT) {
        f.i32Const(31);
        f.op('i32.shr_u');
      } else {
        f.i32Const(1);
        f.op('i32.and');
      }
      return;
    }
    const source = this.#source();
    if (!source) {
      this.flagsToState();
      lowerFlagsGet(this, FLAG_CF);
      return;
    }
    const { bits } = source;
    const type = bits === 64 ? 'i64' : 'i32';
    switch (K.operationOf(flags)) {
      case K.OPERATION_LOGIC:
        f.i32Const(0);
        return;
      case K.OPERATION_SUB:
      case K.OPERATION_DIFFERENCE:
        source.a();
        source.b();
        f.op(`${type}.lt_u`);
        return;
      case K.OPERATION_SUM:
        source.result();
        source.b();
        f.op(`${type}.lt_u`);
        return;
      case K.OPERATION_SHL:
      case K.OPERATION_SHR:
      case K.OPERATION_SAR:
        this.#pushShiftedOut(K.operationOf(flags), bits);
        return;
      case K.OPERATION_IMUL:
      case K.OPERATION_MUL:
        this.flagsToState();
        lowerFlagsGet(this, FLAG_CF);
        return;
      case K.OPERATION_ADD:
        source.result();
        if (bits >= 32) {
          source.a();
          f.op(`${type}.lt_u`);
        } else {
          // Operands have no more bits than the operation.
          f.i32Const(bits);
          f.op('i32.shr_u');
          f.i32Const(1);
          f.op('i32.and');
        }
        return;
      default: {
        // The carry vector's top bit.
        const kind = K.operationOf(flags) === K.OPERATION_ADC ? 'add' : 'sub';
        pushCarryVector(f, kind, type, source.a, source.b, source.result);
        if (bits === 64) {
          f.i64Const(63);
          f.op('i64.shr_u');
          f.op('i32.wrap_i64');
        } else {
          f.i32Const(bits - 1);
          f.op('i32.shr_u');
          f.i32Const(1);
          f.op('i32.and');
        }
      }
    }
  }

  #pushCarryBeforeStep(): void {
    const { flags } = this;
    const before = flags & ~K.FLAGS_STEP;
    if (isDynamic(before) && !(before & K.FLAGS_OVERRIDE)) this.flagsToState();
    if (this.flags === K.FLAGS_IN_STATE || before === K.FLAGS_IN_STATE) {
      lowerFlagsGet(this, FLAG_CF);
      return;
    }
    const operation = K.operationOf(before);
    if (!(before & K.FLAGS_OVERRIDE) && (operation === K.OPERATION_IMUL || operation === K.OPERATION_MUL)) {
      this.flagsToState();
      lowerFlagsGet(this, FLAG_CF);
      return;
    }
    this.flags = before;
    this.#pushCarry();
    this.flags = flags;
  }

  /** Pushes the bit that left the operand of a shift last. */
  #pushShiftedOut(operation: number, bits: number): void {
    const { f } = this;
    const type = bits === 64 ? 'i64' : 'i32';
    const narrow = this.wide && bits !== 64;
    const one = () => (bits === 64 ? f.i64Const(1) : f.i32Const(1));
    f.localGet(this.operandA);
    if (narrow) f.op('i32.wrap_i64');
    if (operation === K.OPERATION_SAR && bits < 32) f.op(bits === 8 ? 'i32.extend8_s' : 'i32.extend16_s');
    f.localGet(this.operandB);
    if (narrow) f.op('i32.wrap_i64');
    one();
    f.op(`${type}.sub`);
    f.op(
      `${type}.${operation === K.OPERATION_SHL ? 'shl' : operation === K.OPERATION_SHR ? 'shr_u' : 'shr_s'}`,
    );
    if (operation === K.OPERATION_SHL) {
      if (bits === 64) f.i64Const(63);
      else f.i32Const(bits - 1);
      f.op(`${type}.shr_u`);
    }
    one();
    f.op(`${type}.and`);
    if (bits === 64) f.op('i32.wrap_i64');
  }

  protected pushFlags(uop: Uop & { op: 'condition' | 'flagsGet' }): void {
    const { f } = this;
    if (uop.op === 'flagsGet') {
      if (uop.mask === FLAG_CF) {
        this.#pushCarry();
        return;
      }
      this.flagsToState();
      lowerFlagsGet(this, uop.mask);
      return;
    }
    const { code } = uop;
    const { flags } = this;
    const override = flags & K.FLAGS_OVERRIDE;
    const overridden = override !== 0;
    if (code >> 1 === 1) {
      this.#pushCarry();
      if (code & 1) f.op('i32.eqz');
      return;
    }
    if (flags & K.FLAGS_STEP) {
      if (lowerKnownCondition(this, code, this.#stepSource())) return;
      this.flagsToState();
      lowerCondition(this, code);
      return;
    }
    if (code >> 1 === 0 && override >= K.OVERRIDE_LEFT) {
      f.localGet(this.override_);
      f.i32Const(31);
      f.op('i32.shr_u');
      f.localGet(this.override_);
      if (override === K.OVERRIDE_RIGHT) {
        f.i32Const(30);
        f.op('i32.shr_u');
      }
      f.op('i32.xor');
      f.i32Const(1);
      f.op('i32.and');
      if (code & 1) f.op('i32.eqz');
      return;
    }
    // Zero and sign do not depend on what is overridden.
    const plain = code >> 1 === 2 || code >> 1 === 4;
    if (overridden && plain) this.flags = flags & ~K.FLAGS_OVERRIDE;
    const source = this.#source();
    this.flags = flags;
    if (source && (plain || !overridden)) {
      const difference = K.operationOf(flags) === K.OPERATION_DIFFERENCE;
      if (source.kind === 'sub' && source.carryFromOperands && code >> 1 === 2 && !difference) {
        // Operands have no more bits than the operation.
        source.a();
        source.b();
        f.op(`${source.bits === 64 ? 'i64' : 'i32'}.${code & 1 ? 'ne' : 'eq'}`);
        return;
      }
      if (source.kind === 'logic' && code >> 1 === 3) {
        // Below or equal without a carry: equal.
        lowerKnownCondition(this, 4 | (code & 1), source);
        return;
      }
      if (source.kind === 'logic' && code >> 1 === 0) {
        f.i32Const(code & 1);
        return;
      }
      if (lowerKnownCondition(this, code, source)) return;
    }
    this.flagsToState();
    lowerCondition(this, code);
  }

  override lower(uop: Uop): void {
    switch (uop.op) {
      case 'flagsArith':
        this.#setArithmetic(uop);
        return;
      case 'flagsSet':
        this.#setFlags(uop);
        return;
      case 'if':
        this.#lowerIf(uop);
        return;
      case 'loop':
        this.settle(writtenRegisters(uop.body), concernsFlags(uop.body));
        this.loopDepth++;
        super.lower(uop);
        this.loopDepth--;
        return;
      default:
        super.lower(uop);
    }
  }
  #lowerIf(uop: Uop & { op: 'if' }): void {
    const { f } = this;
    const lists = [uop.then, uop.else] as const;
    const concerned = lists.some(concernsFlags);
    this.settle(writtenRegisters(uop.then) | writtenRegisters(uop.else), concerned);
    const before = this.flags;
    const alternatives = concerned && !this.flagsDead;
    // Where nothing is to be done otherwise, the kind is noted before the paths part.
    if (alternatives && uop.else.length === 0 && !isInLocal(before)) {
      f.i32Const(before);
      f.localSet(this.kind);
    }
    this.push(uop.condition);
    f.if_(undefined, callsHelper(uop.else) ? 'likely' : callsHelper(uop.then) ? 'unlikely' : undefined);
    this.lowerList(uop.then);
    if (alternatives) this.makeDynamic();
    if (uop.else.length > 0) {
      f.else_();
      this.flags = before;
      this.lowerList(uop.else);
      if (alternatives) this.makeDynamic();
    }
    f.end();
    this.flags = alternatives ? K.FLAGS_DYNAMIC : before;
  }
}

/** Registers that the list, or one inside it, writes. */
function writtenRegisters(uops: readonly Uop[]): number {
  let set = 0;
  for (const uop of uops) {
    if (uop.op === 'set' && uop.location.kind === 'state') {
      const register = registerAt(uop.location.offset);
      if (register >= 0) set |= 1 << register;
    } else if (uop.op === 'if') set |= writtenRegisters(uop.then) | writtenRegisters(uop.else);
    else if (uop.op === 'loop') set |= writtenRegisters(uop.body);
  }
  return set;
}
