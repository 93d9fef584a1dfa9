// Setting the status flags in a region, and the operations that ask for them. A comparison and its branch become one
// wasm comparison (region-flag-reads.ts), and flags that nobody reads cost at most two moves, mostly none.
import { FLAG_CF, FLAG_OF, FLAGS_STATUS, type Uop, type Value } from '../../x86/uops/ir.ts';
import { someUop } from '../interp/some-uop.ts';
import * as K from '../soft/flag-kinds.ts';
import { lowerFlagsSet } from '../soft/lower-flags.ts';
import { flagOperands } from './flag-sources.ts';
import { isDynamic, isInLocal } from './region-flag-operands.ts';
import { RegionFlagReads } from './region-flag-reads.ts';
import { registerAt } from './registers.ts';

const CARRY_AND_OVERFLOW = FLAG_CF | FLAG_OF;

const FLAG_OPERATIONS = new Set<Uop['op']>(['flagsArith', 'flagsSet', 'flagsGet', 'condition']);

/** True when the list, or one inside it, has to do with flags. */
function concernsFlags(uops: readonly Uop[]): boolean {
  return someUop(uops, (uop) => FLAG_OPERATIONS.has(uop.op));
}

/** Calls a helper, perhaps on some condition: a rare path. */
function callsHelper(uops: readonly Uop[]): boolean {
  return someUop(uops, ({ op }) => op === 'call');
}

export abstract class RegionFlags extends RegionFlagReads {
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

  // ---- operations ----

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
