// Reading the status flags in a region: conditions become comparisons of the operands that the last operation has left
// where those tell them, and are asked of the state otherwise.
import { FLAG_CF, type Uop } from '../../x86/uops/ir.ts';
import * as K from '../soft/flag-kinds.ts';
import {
  type FlagSource,
  lowerCondition,
  lowerFlagsGet,
  lowerKnownCondition,
  pushCarryVector,
} from '../soft/lower-flags.ts';
import { isDynamic, RegionFlagOperands } from './region-flag-operands.ts';

export abstract class RegionFlagReads extends RegionFlagOperands {
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
    const source = this.source();
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
    const source = this.source();
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
}
