// Bodies of the core functions that only compute: the high half of a product, and the status flags
// between their two-word form (x86/state/layout.ts) and RFLAGS.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import * as K from '../soft/flag-kinds.ts';
import { pushCarryVector, pushWithCarry } from '../soft/lower-flags.ts';

const LOW32 = 0xffffffffn;

/** High half of an unsigned 64 x 64 product, from four 32 x 32 ones. */
export function emitMulHighUnsigned(f: FunctionBuilder): void {
  const [aLow, aHigh, bLow, bHigh, middle, second] = [
    f.local('i64'),
    f.local('i64'),
    f.local('i64'),
    f.local('i64'),
    f.local('i64'),
    f.local('i64'),
  ];
  const split = (from: number, low: number, high: number) => {
    f.localGet(from);
    f.i64Const(LOW32);
    f.op('i64.and');
    f.localSet(low);
    f.localGet(from);
    f.i64Const(32);
    f.op('i64.shr_u');
    f.localSet(high);
  };
  const product = (a: number, b: number) => {
    f.localGet(a);
    f.localGet(b);
    f.op('i64.mul');
  };
  const high = () => {
    f.i64Const(32);
    f.op('i64.shr_u');
  };
  split(0, aLow, aHigh);
  split(1, bLow, bHigh);
  product(aLow, bLow);
  high();
  product(aHigh, bLow);
  f.op('i64.add');
  f.localSet(middle);
  product(aLow, bHigh);
  f.localGet(middle);
  f.i64Const(LOW32);
  f.op('i64.and');
  f.op('i64.add');
  f.localSet(second);
  product(aHigh, bHigh);
  f.localGet(middle);
  high();
  f.op('i64.add');
  f.localGet(second);
  high();
  f.op('i64.add');
}

/** High half of a signed product: that of the unsigned one, less an operand where the other is negative. */
export function emitMulHighSigned(f: FunctionBuilder, mulHighU: number): void {
  f.localGet(0);
  f.localGet(1);
  f.call(mulHighU);
  for (const [sign, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    f.localGet(sign);
    f.i64Const(63);
    f.op('i64.shr_s');
    f.localGet(other);
    f.op('i64.and');
    f.op('i64.sub');
  }
}

/** All six status flags in RFLAGS format. */
export function emitFlagsGet(f: FunctionBuilder): void {
  const aux = f.local('i32');
  const result = f.local('i64');
  f.i32Const(0);
  f.load('i32.load', S.FLAG_AUX);
  f.localSet(aux);
  f.i32Const(0);
  f.load('i64.load', S.FLAG_RESULT);
  f.localSet(result);
  const bit = (shift: number, mask: number) => {
    f.localGet(aux);
    if (shift > 0) {
      f.i32Const(shift);
      f.op('i32.shr_u');
    } else if (shift < 0) {
      f.i32Const(-shift);
      f.op('i32.shl');
    }
    f.i32Const(mask);
    f.op('i32.and');
  };
  bit(31, 1); // CF
  f.localGet(result); // PF
  f.op('i32.wrap_i64');
  bit(8, 0xff);
  f.op('i32.xor');
  f.i32Const(0xff);
  f.op('i32.and');
  f.op('i32.popcnt');
  f.i32Const(1);
  f.op('i32.and');
  f.op('i32.eqz');
  f.i32Const(2);
  f.op('i32.shl');
  f.op('i32.or');
  bit(-1, 0x10); // AF
  f.op('i32.or');
  f.localGet(result); // ZF
  f.op('i64.eqz');
  f.i32Const(6);
  f.op('i32.shl');
  f.op('i32.or');
  f.localGet(result); // SF
  f.i64Const(63);
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  bit(0, 1);
  f.op('i32.xor');
  f.i32Const(7);
  f.op('i32.shl');
  f.op('i32.or');
  bit(20, 0x800); // OF = bit 31 xor bit 30
  bit(19, 0x800);
  f.op('i32.xor');
  f.op('i32.or');
}

/** All six status flags from a value in RFLAGS format. */
export function emitFlagsSetAll(f: FunctionBuilder): void {
  const flags = 0;
  const result = f.local('i32');
  const bit = (n: number) => {
    f.localGet(flags);
    f.i32Const(n);
    f.op('i32.shr_u');
    f.i32Const(1);
    f.op('i32.and');
  };
  const shifted = (n: number) => {
    f.i32Const(n);
    f.op('i32.shl');
  };
  // Result 0 where ZF, else 1: neither has a sign; result 0 has even parity, 1 odd.
  bit(6);
  f.op('i32.eqz');
  f.localSet(result);
  f.i32Const(0);
  f.localGet(result);
  f.op('i64.extend_i32_u');
  f.store('i64.store', S.FLAG_RESULT);
  f.i32Const(0);
  bit(0);
  shifted(31);
  bit(0);
  bit(11);
  f.op('i32.xor');
  shifted(30);
  f.op('i32.or');
  // parity delta: wanted even (PF) xor result's evenness (!result)
  bit(2);
  f.localGet(result);
  f.op('i32.eqz');
  f.op('i32.xor');
  shifted(8);
  f.op('i32.or');
  bit(4);
  shifted(3);
  f.op('i32.or');
  bit(7);
  f.op('i32.or');
  f.store('i32.store', S.FLAG_AUX);
}

/**
 * (kind i32, a i64, b i64, r i64, override i32, step i64): computes the flags that a region left in its locals
 * (soft/flag-kinds.ts) and stores them. Operands need not be truncated to the operation's width.
 */
export function emitMaterializeFlags(f: FunctionBuilder, mulHighU: number, mulHighS: number): void {
  const [kind, a, b, r, override, step] = [0, 1, 2, 3, 4, 5];
  const operation = f.local('i32');
  const bits = f.local('i64');
  const vector = f.local('i64');
  const aux = f.local('i32');
  f.localGet(kind);
  f.i32Const(K.FLAGS_BASE);
  f.op('i32.and');
  f.localTee(operation);
  f.if_();
  // Width and operation.
  f.i64Const(8);
  f.localGet(operation);
  f.i32Const(1);
  f.op('i32.sub');
  f.localTee(operation);
  f.i32Const(3);
  f.op('i32.and');
  f.op('i64.extend_i32_u');
  f.op('i64.shl');
  f.localSet(bits);
  f.localGet(operation);
  f.i32Const(2);
  f.op('i32.shr_u');
  f.localSet(operation);
  const when = (codes: readonly number[], emit: () => void): void => {
    codes.forEach((code, i) => {
      f.localGet(operation);
      f.i32Const(code);
      f.op('i32.eq');
      if (i > 0) f.op('i32.or');
    });
    f.if_();
    emit();
    f.end();
  };
  const get = (local: number) => () => f.localGet(local);
  const computed = (operator: 'i64.add' | 'i64.sub', left: number, to: number) => {
    f.localGet(left);
    f.localGet(b);
    f.op(operator);
    f.localSet(to);
  };
  when([K.OPERATION_SUM, K.OPERATION_DIFFERENCE, K.OPERATION_LOGIC], () => {
    f.localGet(a);
    f.localSet(r);
  });
  when([K.OPERATION_SUM], () => computed('i64.sub', r, a));
  when([K.OPERATION_DIFFERENCE], () => computed('i64.add', r, a));
  when([K.OPERATION_ADD], () => computed('i64.add', a, r));
  when([K.OPERATION_SUB], () => computed('i64.sub', a, r));
  when([K.OPERATION_ADD, K.OPERATION_ADC, K.OPERATION_SUM], () => {
    pushCarryVector(f, 'add', 'i64', get(a), get(b), get(r));
    f.localSet(vector);
  });
  when([K.OPERATION_SUB, K.OPERATION_SBB, K.OPERATION_DIFFERENCE], () => {
    pushCarryVector(f, 'sub', 'i64', get(a), get(b), get(r));
    f.localSet(vector);
  });
  f.localGet(operation);
  f.i32Const(K.OPERATION_SHL);
  f.op('i32.ge_s');
  f.if_();
  when([K.OPERATION_SHL], () => {
    pushLastStep(f, 'i64.shl', get(a), b);
    f.localSet(vector);
  });
  when([K.OPERATION_SHR, K.OPERATION_SAR], () => {
    // The upper two carries: CF, and CF xor OF.
    const last = f.local('i64');
    f.localGet(operation);
    f.i32Const(K.OPERATION_SAR);
    f.op('i32.eq');
    f.if_('i64');
    pushLastStep(f, 'i64.shr_s', () => pushExtended(f, a, bits, 'i64.shr_s'), b);
    f.localTee(last);
    f.else_();
    pushLastStep(f, 'i64.shr_u', () => pushExtended(f, a, bits, 'i64.shr_u'), b);
    f.localTee(last);
    f.localGet(last);
    f.localGet(bits);
    f.i64Const(1);
    f.op('i64.sub');
    f.op('i64.shr_u');
    f.op('i64.xor');
    f.end();
    f.i64Const(1);
    f.op('i64.and');
    f.localGet(last);
    f.i64Const(1);
    f.op('i64.and');
    f.i64Const(1);
    f.op('i64.shl');
    f.op('i64.or');
    f.localGet(bits);
    f.i64Const(2);
    f.op('i64.sub');
    f.op('i64.shl');
    f.localSet(vector);
  });
  when([K.OPERATION_IMUL, K.OPERATION_MUL], () => {
    // CF = OF: whether the upper half is more than the lower half's extension; a carry out of the top bit.
    const product = f.local('i64');
    const more = (high: () => void, extension: () => void) => {
      high();
      extension();
      f.op('i64.ne');
    };
    const narrow = (shift: 'i64.shr_s' | 'i64.shr_u') => {
      pushExtended(f, a, bits, shift);
      pushExtended(f, b, bits, shift);
      f.op('i64.mul');
      f.localSet(product);
      more(get(product), () => pushExtended(f, product, bits, shift));
    };
    const wide = (high: number, signed: boolean) => {
      more(
        () => {
          f.localGet(a);
          f.localGet(b);
          f.call(high);
        },
        () => {
          if (!signed) {
            f.i64Const(0);
            return;
          }
          f.localGet(r);
          f.i64Const(63);
          f.op('i64.shr_s');
        },
      );
    };
    f.localGet(operation);
    f.i32Const(K.OPERATION_IMUL);
    f.op('i32.eq');
    f.if_('i32');
    pushIsNarrow(f, bits);
    f.if_('i32');
    narrow('i64.shr_s');
    f.else_();
    wide(mulHighS, true);
    f.end();
    f.else_();
    pushIsNarrow(f, bits);
    f.if_('i32');
    narrow('i64.shr_u');
    f.else_();
    wide(mulHighU, false);
    f.end();
    f.end();
    f.op('i64.extend_i32_u');
    f.localGet(bits);
    f.i64Const(1);
    f.op('i64.sub');
    f.op('i64.shl');
    f.localSet(vector);
  });
  f.end();
  storeResult(f, r, bits);
  f.i32Const(0);
  pushAuxiliary(f, vector, bits);
  f.store('i32.store', S.FLAG_AUX);
  f.end();
  // CF and OF as the override says, in place of those.
  f.localGet(kind);
  f.i32Const(K.FLAGS_OVERRIDE);
  f.op('i32.and');
  f.localTee(operation);
  f.if_();
  f.i32Const(0);
  f.load('i32.load', S.FLAG_AUX);
  f.localSet(aux);
  f.localGet(operation);
  f.i32Const(K.OVERRIDE_RIGHT);
  f.op('i32.eq');
  f.if_('i32');
  f.localGet(override);
  f.i32Const(0xc0000000 | 0);
  f.op('i32.and');
  f.else_();
  f.localGet(override);
  f.i32Const(31);
  f.op('i32.shl');
  // Bit 30 is CF xor OF.
  f.localGet(override);
  f.i32Const(31);
  f.op('i32.shr_u');
  f.localGet(override);
  f.localGet(aux);
  f.i32Const(31);
  f.op('i32.shr_u');
  f.op('i32.xor');
  f.localGet(aux);
  f.i32Const(30);
  f.op('i32.shr_u');
  f.op('i32.xor');
  f.localGet(operation);
  f.i32Const(K.OVERRIDE_LEFT);
  f.op('i32.eq');
  f.op('select');
  f.i32Const(1);
  f.op('i32.and');
  f.i32Const(30);
  f.op('i32.shl');
  f.op('i32.or');
  f.end();
  f.localSet(override);
  f.i32Const(0);
  f.localGet(aux);
  f.i32Const(0x3fffffff);
  f.op('i32.and');
  f.localGet(override);
  f.op('i32.or');
  f.store('i32.store', S.FLAG_AUX);
  f.end();
  // All but CF as the step says.
  f.localGet(kind);
  f.i32Const(K.STEP_SHIFT);
  f.op('i32.shr_u');
  f.localTee(operation);
  f.if_();
  storeAfterStep(f, operation, step, { bits, vector, aux, before: a });
  f.end();
}

/** The flags after INC or DEC with the result `step`, of the kind that is 1 less than `code`; CF stays. Changes the other locals. */
function storeAfterStep(
  f: FunctionBuilder,
  code: number,
  step: number,
  { bits, vector, aux, before }: Readonly<Record<'bits' | 'vector' | 'aux' | 'before', number>>,
): void {
  const carry = f.local('i32');
  const get = (local: number) => () => f.localGet(local);
  const one = () => f.i64Const(1);
  f.i64Const(8);
  f.localGet(code);
  f.i32Const(1);
  f.op('i32.sub');
  f.localTee(code);
  f.i32Const(1);
  f.op('i32.shr_u');
  f.op('i64.extend_i32_u');
  f.op('i64.shl');
  f.localSet(bits);
  f.localGet(code);
  f.i32Const(1);
  f.op('i32.and');
  f.if_();
  for (const [direction, inverse] of [
    ['sub', 'i64.add'],
    ['add', 'i64.sub'],
  ] as const) {
    f.localGet(step);
    one();
    f.op(inverse);
    f.localSet(before);
    pushCarryVector(f, direction, 'i64', get(before), one, get(step));
    f.localSet(vector);
    if (direction === 'sub') f.else_();
  }
  f.end();
  f.i32Const(0);
  f.load('i32.load', S.FLAG_AUX);
  f.i32Const(0x80000000 | 0);
  f.op('i32.and');
  f.localSet(carry);
  storeResult(f, step, bits);
  pushAuxiliary(f, vector, bits);
  f.localSet(aux);
  f.i32Const(0);
  pushWithCarry(f, aux, carry);
  f.store('i32.store', S.FLAG_AUX);
}
/** FLAG_RESULT: the result, sign-extended. */
function storeResult(f: FunctionBuilder, result: number, bits: number): void {
  f.i32Const(0);
  pushExtended(f, result, bits, 'i64.shr_s');
  f.store('i64.store', S.FLAG_RESULT);
}
/** Pushes FLAG_AUX: the upper two carries of a vector, and AF. */
function pushAuxiliary(f: FunctionBuilder, vector: number, bits: number): void {
  f.localGet(vector);
  f.localGet(bits);
  f.i64Const(2);
  f.op('i64.sub');
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  f.i32Const(30);
  f.op('i32.shl');
  f.localGet(vector);
  f.op('i32.wrap_i64');
  f.i32Const(8);
  f.op('i32.and');
  f.op('i32.or');
}

/** Pushes the low `bits` (a local) of a local, extended as the shift to the right does. */
function pushExtended(
  f: FunctionBuilder,
  local: number,
  bits: number,
  shift: 'i64.shr_s' | 'i64.shr_u',
): void {
  f.localGet(local);
  for (const operator of ['i64.shl', shift] as const) {
    f.i64Const(64);
    f.localGet(bits);
    f.op('i64.sub');
    f.op(operator);
  }
}
/** Pushes what a shift by `count` (a local) has before its last single step. */
function pushLastStep(
  f: FunctionBuilder,
  shift: 'i64.shl' | 'i64.shr_s' | 'i64.shr_u',
  value: () => void,
  count: number,
): void {
  value();
  f.localGet(count);
  f.i64Const(1);
  f.op('i64.sub');
  f.op(shift);
}
function pushIsNarrow(f: FunctionBuilder, bits: number): void {
  f.localGet(bits);
  f.i64Const(64);
  f.op('i64.ne');
}
