// Bodies of the core functions that only compute: the high half of a product, and the status flags
// between their two-word form (x86/state/layout.ts) and RFLAGS.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import {
  FLAGS_OVERRIDE,
  OPERATION_ADC,
  OPERATION_ADD,
  OPERATION_DEC,
  OPERATION_INC,
  OPERATION_LOGIC,
  OPERATION_SBB,
  OPERATION_SUB,
} from '../soft/flag-kinds.ts';
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
 * (kind i32, a i64, b i64, r i64, override i32): computes the flags that a region left in its locals
 * (soft/flag-kinds.ts) and stores them. Operands need not be truncated to the operation's width.
 */
export function emitMaterializeFlags(f: FunctionBuilder): void {
  const [kind, a, b, r, override] = [0, 1, 2, 3, 4];
  const operation = f.local('i32');
  const bits = f.local('i64');
  const vector = f.local('i64');
  const aux = f.local('i32');
  f.localGet(kind);
  f.i32Const(31);
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
  const carry = f.local('i32');
  when([OPERATION_INC, OPERATION_DEC], () => {
    f.localGet(b);
    f.op('i32.wrap_i64');
    f.i32Const(31);
    f.op('i32.shl');
    f.localSet(carry);
    f.i64Const(1);
    f.localSet(b);
  });
  when([OPERATION_ADD, OPERATION_INC], () => {
    f.localGet(a);
    f.localGet(b);
    f.op('i64.add');
    f.localSet(r);
  });
  when([OPERATION_SUB, OPERATION_DEC], () => {
    f.localGet(a);
    f.localGet(b);
    f.op('i64.sub');
    f.localSet(r);
  });
  when([OPERATION_LOGIC], () => {
    f.localGet(a);
    f.localSet(r);
  });
  const get = (local: number) => () => f.localGet(local);
  when([OPERATION_ADD, OPERATION_ADC, OPERATION_INC], () => {
    pushCarryVector(f, 'add', 'i64', get(a), get(b), get(r));
    f.localSet(vector);
  });
  when([OPERATION_SUB, OPERATION_SBB, OPERATION_DEC], () => {
    pushCarryVector(f, 'sub', 'i64', get(a), get(b), get(r));
    f.localSet(vector);
  });
  // FLAG_RESULT: the result, sign-extended.
  f.i32Const(0);
  f.localGet(r);
  for (const shift of ['i64.shl', 'i64.shr_s'] as const) {
    f.i64Const(64);
    f.localGet(bits);
    f.op('i64.sub');
    f.op(shift);
  }
  f.store('i64.store', S.FLAG_RESULT);
  // FLAG_AUX: the upper two carries, and AF.
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
  f.localSet(aux);
  when([OPERATION_INC, OPERATION_DEC], () => {
    pushWithCarry(f, aux, carry);
    f.localSet(aux);
  });
  f.i32Const(0);
  f.localGet(aux);
  f.store('i32.store', S.FLAG_AUX);
  f.end();
  // CF and OF (bits 0 and 11 of the override) in place of those.
  f.localGet(kind);
  f.i32Const(FLAGS_OVERRIDE);
  f.op('i32.and');
  f.if_();
  f.i32Const(0);
  f.i32Const(0);
  f.load('i32.load', S.FLAG_AUX);
  f.i32Const(0x3fffffff);
  f.op('i32.and');
  f.localGet(override);
  f.i32Const(31);
  f.op('i32.shl');
  f.op('i32.or');
  f.localGet(override);
  f.localGet(override);
  f.i32Const(11);
  f.op('i32.shr_u');
  f.op('i32.xor');
  f.i32Const(1);
  f.op('i32.and');
  f.i32Const(30);
  f.op('i32.shl');
  f.op('i32.or');
  f.store('i32.store', S.FLAG_AUX);
  f.end();
}
