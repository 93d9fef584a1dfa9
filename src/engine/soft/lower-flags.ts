// Status flags in WebAssembly, in the representation of x86/state/layout.ts: the last result,
// sign-extended, and a word with the carries. An arithmetic instruction stores both (a handful of
// register operations); a reader picks the one flag it needs.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import type { I32, Uop, Value } from '../../x86/uops/ir.ts';
import { FLAG_CF, FLAG_OF, FLAGS_STATUS } from '../../x86/uops/ir.ts';
import type { ValueEmitter } from './core-functions.ts';

const CARRIES = 0xc0000000 | 0;

/**
 * Pushes the vector of carries of r = a + b (+ carry), or of borrows of a - b (- borrow), in the type of the operands: bit n
 * is the one out of bit n.
 */
export function pushCarryVector(
  f: FunctionBuilder,
  kind: 'add' | 'sub',
  type: 'i32' | 'i64',
  a: () => void,
  b: () => void,
  r: () => void,
): void {
  const complement = (push: () => void) => {
    push();
    if (type === 'i64') f.i64Const(-1n);
    else f.i32Const(-1);
    f.op(`${type}.xor`);
  };
  // add: (a & b) | ((a | b) & ~r)      sub: (~a & b) | ((~a | b) & r)
  const pushA = kind === 'add' ? a : () => complement(a);
  pushA();
  b();
  f.op(`${type}.and`);
  pushA();
  b();
  f.op(`${type}.or`);
  if (kind === 'add') complement(r);
  else r();
  f.op(`${type}.and`);
  f.op(`${type}.or`);
}

/** Turns a carry vector in a local into the carries (31, 30) and AF (3) of FLAG_AUX, pushed. */
function pushAuxiliary(l: ValueEmitter, bits: number, vector: number): void {
  const { f } = l;
  if (bits === 32) {
    f.localGet(vector);
    f.i32Const(CARRIES | 8);
    f.op('i32.and');
    return;
  }
  f.localGet(vector);
  if (bits === 64) f.op('i32.wrap_i64');
  f.i32Const(8);
  f.op('i32.and');
  f.localGet(vector);
  if (bits === 64) {
    f.i64Const(32);
    f.op('i64.shr_u');
    f.op('i32.wrap_i64');
  } else {
    f.i32Const(32 - bits);
    f.op('i32.shl');
  }
  f.i32Const(CARRIES);
  f.op('i32.and');
  f.op('i32.or');
}

/**
 * Pushes FLAG_AUX of INC or DEC: AF and OF of the word in `aux`, CF as in bit 31 of `carry` (its other bits zero). Bit 30 is
 * CF xor OF, and OF is bit 31 xor bit 30 of what was computed.
 */
export function pushWithCarry(f: FunctionBuilder, aux: number, carry: number): void {
  f.localGet(aux);
  f.i32Const(8);
  f.op('i32.and');
  f.localGet(carry);
  f.op('i32.or');
  f.localGet(carry);
  f.localGet(aux);
  f.localGet(aux);
  f.i32Const(1);
  f.op('i32.shl');
  f.op('i32.xor');
  f.op('i32.xor');
  f.i32Const(1);
  f.op('i32.shr_u');
  f.i32Const(0x40000000);
  f.op('i32.and');
  f.op('i32.or');
}

/** Operands and result of the operation that set the flags, in locals of the function being built. */
export interface FlagSource {
  readonly kind: 'add' | 'sub' | 'logic';
  readonly bits: 8 | 16 | 32 | 64;
  /** CF is that of a - b: nothing was borrowed in (SBB), and CF was set at all (not by DEC). */
  readonly carryFromOperands: boolean;
  /** The result is a - b: nothing was borrowed in. */
  readonly orderFromOperands: boolean;
  /** Pushes an operand or the result as the type of the operation (i64 for 64 bits, else i32). */
  readonly a: () => void;
  readonly b: () => void;
  readonly result: () => void;
}

/** Stores the flags of an operation (unless nobody can see them); tells where its operands are. */
export function lowerFlagsArith(l: ValueEmitter, uop: Uop & { op: 'flagsArith' }, skip: boolean): FlagSource {
  const { f } = l;
  const { bits } = uop;
  const source = flagSource(l, uop);
  if (skip) return source;
  // FLAG_RESULT
  f.i32Const(0);
  if (bits === 64) {
    l.pushAs('i64', uop.result);
  } else {
    l.pushAs('i32', uop.result);
    if (bits === 8) f.op('i32.extend8_s');
    if (bits === 16) f.op('i32.extend16_s');
    f.op('i64.extend_i32_s');
  }
  f.store('i64.store', S.FLAG_RESULT);
  // FLAG_AUX
  if (uop.kind === 'logic') {
    f.i32Const(0);
    f.i32Const(0);
    f.store('i32.store', S.FLAG_AUX);
    return source;
  }
  const type = bits === 64 ? 'i64' : 'i32';
  const vector = f.local(type);
  const pushValue = (value: Value) => () => l.pushAs(type, value);
  pushCarryVector(f, uop.kind, type, pushValue(uop.a!), pushValue(uop.b!), pushValue(uop.result));
  f.localSet(vector);
  const aux = f.local('i32');
  pushAuxiliary(l, bits, vector);
  f.localSet(aux);
  f.i32Const(0);
  if (uop.keepCarry) {
    const carry = f.local('i32');
    f.i32Const(0);
    f.load('i32.load', S.FLAG_AUX);
    f.i32Const(0x80000000 | 0);
    f.op('i32.and');
    f.localSet(carry);
    pushWithCarry(f, aux, carry);
  } else {
    f.localGet(aux);
  }
  f.store('i32.store', S.FLAG_AUX);
  return source;
}

function flagSource(l: ValueEmitter, uop: Uop & { op: 'flagsArith' }): FlagSource {
  const type = uop.bits === 64 ? 'i64' : 'i32';
  const keep = (value: Value | null) => {
    if (value === null) return () => {};
    const local = l.f.local(type);
    l.pushAs(type, value);
    l.f.localSet(local);
    return () => l.f.localGet(local);
  };
  return {
    kind: uop.kind,
    bits: uop.bits,
    carryFromOperands: !uop.carryIn && !uop.keepCarry,
    orderFromOperands: !uop.carryIn,
    a: keep(uop.a),
    b: keep(uop.b),
    result: keep(uop.result),
  };
}

/**
 * Pushes a condition straight from the operands: a comparison and its branch become one wasm comparison.
 * False, with nothing pushed, where the stored flags have to be read.
 */
export function lowerKnownCondition(l: ValueEmitter, code: number, source: FlagSource): boolean {
  const { f } = l;
  const { kind, bits } = source;
  const type = bits === 64 ? 'i64' : 'i32';
  const signed = (push: () => void) => {
    push();
    if (bits === 8) f.op('i32.extend8_s');
    if (bits === 16) f.op('i32.extend16_s');
  };
  const zero = () => (type === 'i64' ? f.i64Const(0) : f.i32Const(0));
  switch (code >> 1) {
    case 2: // Z
      source.result();
      if (bits < 32) {
        f.i32Const((1 << bits) - 1);
        f.op('i32.and');
      }
      f.op(`${type}.eqz`);
      break;
    case 4: // S
      signed(source.result);
      zero();
      f.op(`${type}.lt_s`);
      break;
    case 1: // B
    case 3: // BE
      if (kind !== 'sub' || !source.carryFromOperands) return false;
      source.a();
      source.b();
      f.op(code >> 1 === 1 ? `${type}.lt_u` : `${type}.le_u`);
      break;
    case 6: // L
    case 7: // LE
      if (kind === 'add' || !source.orderFromOperands) return false;
      if (kind === 'sub') {
        signed(source.a);
        signed(source.b);
      } else {
        signed(source.result);
        zero();
      }
      f.op(code >> 1 === 6 ? `${type}.lt_s` : `${type}.le_s`);
      break;
    default:
      return false;
  }
  if (code & 1) f.op('i32.eqz');
  return true;
}

/** Sets flags from an RFLAGS-format value: CF and OF inline, anything else through the core. */
export function lowerFlagsSet(l: ValueEmitter, mask: number, value: I32): void {
  const { f } = l;
  if (mask === 0) return;
  if ((mask & FLAGS_STATUS) === FLAGS_STATUS) {
    l.push(value);
    f.call(l.core.flagsSetAll);
    return;
  }
  if ((mask & ~(FLAG_CF | FLAG_OF)) !== 0) {
    f.i32Const(mask & FLAGS_STATUS);
    l.push(value);
    f.call(l.core.flagsSet);
    return;
  }
  const aux = f.local('i32');
  const carry = f.local('i32');
  const overflow = f.local('i32');
  f.i32Const(0);
  f.load('i32.load', S.FLAG_AUX);
  f.localSet(aux);
  // carry and overflow as 0 or 1, new or old
  if (mask & FLAG_CF) {
    l.push(value);
    f.i32Const(1);
    f.op('i32.and');
  } else {
    f.localGet(aux);
    f.i32Const(31);
    f.op('i32.shr_u');
  }
  f.localSet(carry);
  if (mask & FLAG_OF) {
    l.push(value);
    f.i32Const(11);
    f.op('i32.shr_u');
  } else {
    f.localGet(aux);
    f.localGet(aux);
    f.i32Const(1);
    f.op('i32.shl');
    f.op('i32.xor');
    f.i32Const(31);
    f.op('i32.shr_u');
  }
  f.i32Const(1);
  f.op('i32.and');
  f.localSet(overflow);
  f.i32Const(0);
  f.localGet(aux);
  f.i32Const(~CARRIES);
  f.op('i32.and');
  f.localGet(carry);
  f.i32Const(31);
  f.op('i32.shl');
  f.op('i32.or');
  f.localGet(carry);
  f.localGet(overflow);
  f.op('i32.xor');
  f.i32Const(30);
  f.op('i32.shl');
  f.op('i32.or');
  f.store('i32.store', S.FLAG_AUX);
}

/** Pushes the flags of the mask in RFLAGS format. */
export function lowerFlagsGet(l: ValueEmitter, mask: number): void {
  const { f } = l;
  if (mask === FLAG_CF) {
    pushCarry(l);
    return;
  }
  f.call(l.core.flagsGet);
  f.i32Const(mask & FLAGS_STATUS);
  f.op('i32.and');
}

function pushAux(l: ValueEmitter): void {
  l.f.i32Const(0);
  l.f.load('i32.load', S.FLAG_AUX);
}
function pushResult(l: ValueEmitter): void {
  l.f.i32Const(0);
  l.f.load('i64.load', S.FLAG_RESULT);
}
function pushCarry(l: ValueEmitter): void {
  pushAux(l);
  l.f.i32Const(31);
  l.f.op('i32.shr_u');
}
function pushOverflow(l: ValueEmitter): void {
  const { f } = l;
  pushAux(l);
  pushAux(l);
  f.i32Const(1);
  f.op('i32.shl');
  f.op('i32.xor');
  f.i32Const(31);
  f.op('i32.shr_u');
}
function pushSign(l: ValueEmitter): void {
  const { f } = l;
  pushResult(l);
  f.i64Const(63);
  f.op('i64.shr_u');
  f.op('i32.wrap_i64');
  pushAux(l);
  f.i32Const(1);
  f.op('i32.and');
  f.op('i32.xor');
}
function pushZero(l: ValueEmitter): void {
  pushResult(l);
  l.f.op('i64.eqz');
}

/** Pushes a condition code (SDM 2, appendix B.1.4.7) as 0 or 1. */
export function lowerCondition(l: ValueEmitter, code: number): void {
  const { f } = l;
  switch (code >> 1) {
    case 0:
      pushOverflow(l);
      break;
    case 1:
      pushCarry(l);
      break;
    case 2:
      pushZero(l);
      break;
    case 3:
      pushCarry(l);
      pushZero(l);
      f.op('i32.or');
      break;
    case 4:
      pushSign(l);
      break;
    case 5:
      pushResult(l);
      f.op('i32.wrap_i64');
      pushAux(l);
      f.i32Const(8);
      f.op('i32.shr_u');
      f.op('i32.xor');
      f.i32Const(0xff);
      f.op('i32.and');
      f.op('i32.popcnt');
      f.i32Const(1);
      f.op('i32.and');
      f.op('i32.eqz');
      break;
    case 6:
      pushSign(l);
      pushOverflow(l);
      f.op('i32.xor');
      break;
    default:
      pushSign(l);
      pushOverflow(l);
      f.op('i32.xor');
      pushZero(l);
      f.op('i32.or');
      break;
  }
  if (code & 1) f.op('i32.eqz');
}
