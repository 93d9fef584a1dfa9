// The operations of a meaning, one method each: constants, state, arithmetic, variables, flags,
// control. Types are checked here as they are appended; what cannot be seen locally is left to
// verify.ts. Operands, memory and the stack are built on top of this, in builder.ts.
import type { RegisterField } from '../decode/instruction.ts';
import type { Helper } from '../helpers/helper.ts';
import * as S from '../state/layout.ts';
import type {
  AccessBits,
  BinaryOperator,
  F32,
  F64,
  FlagOrigin,
  I32,
  I64,
  Int,
  Location,
  RotationOrigin,
  UnaryOperator,
  Uop,
  V128,
  Value,
  ValueType,
} from './ir.ts';
import type { Routine } from './routine.ts';

/** A mutable variable of a meaning. */
export interface Variable<T extends ValueType = ValueType> {
  readonly variable: number;
  readonly type: T;
}

/** Widths of integer operands in bits. */
export type IntBits = 8 | 16 | 32 | 64;

const COMPARISONS = new Set<BinaryOperator>([
  'eq',
  'ne',
  'lt_u',
  'lt_s',
  'le_u',
  'le_s',
  'gt_u',
  'gt_s',
  'ge_u',
  'ge_s',
  'feq',
  'fne',
  'flt',
  'fle',
  'fgt',
  'fge',
]);

const UNARY_RESULT: Partial<Record<UnaryOperator, ValueType>> = {
  eqz: 'i32',
  wrap: 'i32',
  extend_u: 'i64',
  extend_s: 'i64',
  bits_to_f32: 'f32',
  bits_to_f64: 'f64',
  f32_to_bits: 'i32',
  f64_to_bits: 'i64',
  promote: 'f64',
  demote: 'f32',
  f64_from_i32_s: 'f64',
  f64_from_i64_s: 'f64',
  f32_from_i32_s: 'f32',
  f32_from_i64_s: 'f32',
  i32_from_f32_s: 'i32',
  i32_from_f64_s: 'i32',
  i64_from_f32_s: 'i64',
  i64_from_f64_s: 'i64',
};

export class OperationBuilder {
  /** The finished list; nested blocks are inside its `if` and `loop` operations. */
  readonly uops: Uop[] = [];
  valueCount = 0;
  variableCount = 0;
  readonly #blocks: Uop[][] = [this.uops];

  // ---- plain operations ----

  protected value<T extends ValueType>(type: T): Value<T> {
    return { id: this.valueCount++, type };
  }
  protected emit(uop: Uop): void {
    this.#blocks[this.#blocks.length - 1]!.push(uop);
  }
  protected result<T extends ValueType>(type: T, make: (result: Value<T>) => Uop): Value<T> {
    const result = this.value(type);
    this.emit(make(result));
    return result;
  }

  i32(value: number): I32 {
    return this.result('i32', (result) => ({ op: 'const', result, value: value | 0 }));
  }
  i64(value: number | bigint): I64 {
    return this.result('i64', (result) => ({
      op: 'const',
      result,
      value: BigInt.asIntN(64, BigInt(value)),
    }));
  }
  f32(value: number): F32 {
    return this.result('f32', (result) => ({ op: 'const', result, value }));
  }
  f64(value: number): F64 {
    return this.result('f64', (result) => ({ op: 'const', result, value }));
  }
  v128(bytes: Uint8Array): V128 {
    return this.result('v128', (result) => ({ op: 'const', result, value: bytes }));
  }
  /** A constant of the same type as the given value. */
  constantLike<T extends Int>(like: T, value: number | bigint): T {
    return (like.type === 'i64' ? this.i64(value) : this.i32(Number(BigInt.asIntN(32, BigInt(value))))) as T;
  }
  /** A constant of the type that operands of so many bits have. */
  constant(bits: IntBits, value: number | bigint): Int {
    return bits === 64 ? this.i64(value) : this.i32(Number(BigInt.asIntN(32, BigInt(value))));
  }

  immediate(): I64 {
    return this.result('i64', (result) => ({ op: 'field', result, field: 'imm' }));
  }
  immediate2(): I32 {
    return this.result('i32', (result) => ({ op: 'field', result, field: 'imm2' }));
  }
  /** The number in a register field itself: a byte offset, or i of ST(i). */
  registerField(field: RegisterField | 'base' | 'seg'): I32 {
    return this.result('i32', (result) => ({ op: 'field', result, field }));
  }

  /** Reads the state at a fixed offset: i32 for up to 32 bits (zero-extended), i64 for 64, v128 for 128. */
  get(bits: 8 | 16 | 32, offset: number): I32;
  get(bits: 64, offset: number): I64;
  get(bits: 128, offset: number): V128;
  get(bits: AccessBits, offset: number): Value;
  get(bits: AccessBits, offset: number): Value {
    return this.getAt(bits, { kind: 'state', offset });
  }
  getAt(bits: AccessBits, location: Location): Value {
    const type = bits === 128 ? 'v128' : bits === 64 ? 'i64' : 'i32';
    return this.result(type, (result) => ({ op: 'get', result, bits, location }));
  }
  set(bits: AccessBits, offset: number, value: Value): void {
    this.setAt(bits, { kind: 'state', offset }, value);
  }
  setAt(bits: AccessBits, location: Location, value: Value): void {
    if (bits === 64 && value.type === 'i32') throw new Error('a 64-bit state write of an i32');
    this.emit({ op: 'set', bits, location, value });
  }
  /** In routines: the state at `offset` plus `index` bytes. */
  getIndexed(bits: 16 | 32, offset: number, index: I32): I32;
  getIndexed(bits: 64, offset: number, index: I32): I64;
  getIndexed(bits: 16 | 32 | 64, offset: number, index: I32): Value {
    const type = bits === 64 ? 'i64' : 'i32';
    return this.result(type, (result) => ({ op: 'getIndexed', result, bits, offset, index }));
  }
  setIndexed(bits: 32 | 64, offset: number, index: I32, value: Value): void {
    if (bits === 64 && value.type === 'i32') throw new Error('a 64-bit state write of an i32');
    this.emit({ op: 'setIndexed', bits, offset, index, value });
  }

  binary(operator: BinaryOperator, a: Value, b: Value): Value {
    if (a.type !== b.type) throw new Error(`${operator}: ${a.type} and ${b.type}`);
    const type = COMPARISONS.has(operator) ? 'i32' : a.type;
    return this.result(type, (result) => ({ op: 'binary', operator, result, a, b }));
  }
  #int<T extends Int>(operator: BinaryOperator, a: T, b: T | number | bigint): T {
    return this.binary(operator, a, this.#lift(a, b)) as T;
  }
  #compare<T extends Int>(operator: BinaryOperator, a: T, b: T | number | bigint): I32 {
    return this.binary(operator, a, this.#lift(a, b)) as I32;
  }
  #lift<T extends Int>(like: T, b: T | number | bigint): T {
    return typeof b === 'object' ? b : this.constantLike(like, b);
  }
  // The second operand may be a number, which becomes a constant of the first one's type.
  add<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('add', a, b);
  }
  sub<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('sub', a, b);
  }
  mul<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('mul', a, b);
  }
  and<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('and', a, b);
  }
  or<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('or', a, b);
  }
  xor<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('xor', a, b);
  }
  shl<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('shl', a, b);
  }
  shrU<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('shr_u', a, b);
  }
  shrS<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('shr_s', a, b);
  }
  rotl<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('rotl', a, b);
  }
  rotr<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('rotr', a, b);
  }
  divU<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('div_u', a, b);
  }
  divS<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('div_s', a, b);
  }
  remU<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('rem_u', a, b);
  }
  remS<T extends Int>(a: T, b: T | number | bigint): T {
    return this.#int('rem_s', a, b);
  }
  mulHighU(a: I64, b: I64): I64 {
    return this.#int('mulhi_u', a, b);
  }
  mulHighS(a: I64, b: I64): I64 {
    return this.#int('mulhi_s', a, b);
  }
  eq<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('eq', a, b);
  }
  ne<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('ne', a, b);
  }
  ltU<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('lt_u', a, b);
  }
  ltS<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('lt_s', a, b);
  }
  leU<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('le_u', a, b);
  }
  leS<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('le_s', a, b);
  }
  gtU<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('gt_u', a, b);
  }
  gtS<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('gt_s', a, b);
  }
  geU<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('ge_u', a, b);
  }
  geS<T extends Int>(a: T, b: T | number | bigint): I32 {
    return this.#compare('ge_s', a, b);
  }

  unary(operator: UnaryOperator, a: Value): Value {
    return this.result(UNARY_RESULT[operator] ?? a.type, (result) => ({ op: 'unary', operator, result, a }));
  }
  eqz(a: Int): I32 {
    return this.unary('eqz', a) as I32;
  }
  clz<T extends Int>(a: T): T {
    return this.unary('clz', a) as T;
  }
  ctz<T extends Int>(a: T): T {
    return this.unary('ctz', a) as T;
  }
  popcnt<T extends Int>(a: T): T {
    return this.unary('popcnt', a) as T;
  }
  not<T extends Int>(a: T): T {
    return this.xor(a, -1);
  }
  neg<T extends Int>(a: T): T {
    return this.sub(this.constantLike(a, 0), a);
  }
  wrap(a: I64): I32 {
    return this.unary('wrap', a) as I32;
  }
  extendU(a: I32): I64 {
    return this.unary('extend_u', a) as I64;
  }
  extendS(a: I32): I64 {
    return this.unary('extend_s', a) as I64;
  }
  /** Any integer as i32 (low half) or i64 (zero-extended). */
  toI32(a: Int): I32 {
    return a.type === 'i64' ? this.wrap(a as I64) : (a as I32);
  }
  toI64(a: Int): I64 {
    return a.type === 'i64' ? (a as I64) : this.extendU(a as I32);
  }
  /** The low `bits` zero-extended in the value's own type. */
  truncate<T extends Int>(bits: IntBits, a: T): T {
    if (bits === 64 || (bits === 32 && a.type === 'i32')) return a;
    return this.and(a, bits === 32 ? 0xffffffffn : (1 << bits) - 1);
  }
  /** The low `bits` sign-extended in the value's own type. */
  signExtend<T extends Int>(bits: IntBits, a: T): T {
    if (bits === 64 || (bits === 32 && a.type === 'i32')) return a;
    return this.unary(bits === 8 ? 'extend8_s' : bits === 16 ? 'extend16_s' : 'extend32_s', a) as T;
  }
  /** The low `from` bits, zero-extended, as the type of `to`-bit operands. */
  zeroExtendTo(to: IntBits, from: IntBits, a: Int): Int {
    const low = this.truncate(from, a);
    return to === 64 ? this.toI64(low) : this.toI32(low);
  }
  /** The low `from` bits, sign-extended, as the type of `to`-bit operands (bits above `to` are not cleared). */
  signExtendTo(to: IntBits, from: IntBits, a: Int): Int {
    if (to === 64)
      return a.type === 'i64' ? this.signExtend(from, a) : this.extendS(this.signExtend(from, a as I32));
    return this.signExtend(from, this.toI32(a));
  }
  simd(
    name: string,
    args: readonly Value[],
    type: ValueType = 'v128',
    extra: { lane?: number; lanes?: readonly number[] } = {},
  ): Value {
    return this.result(type, (result) => ({ op: 'simd', name, result, args, ...extra }));
  }
  select<T extends Value>(condition: I32, a: T, b: T): T {
    if (a.type !== b.type) throw new Error(`select: ${a.type} and ${b.type}`);
    return this.result(a.type, (result) => ({ op: 'select', result, condition, a, b })) as Value as T;
  }

  variable<T extends ValueType>(initial: Value<T>): Variable<T> {
    const variable = this.variableCount++;
    this.emit({ op: 'variable', variable, type: initial.type, value: initial });
    return { variable, type: initial.type };
  }
  assign<T extends ValueType>(variable: Variable<T>, value: Value<T>): void {
    if (variable.type !== value.type) throw new Error(`assign: ${variable.type} and ${value.type}`);
    this.emit({ op: 'setVariable', variable: variable.variable, value });
  }
  current<T extends ValueType>(variable: Variable<T>): Value<T> {
    return this.result(variable.type, (result) => ({
      op: 'getVariable',
      result,
      variable: variable.variable,
    }));
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    const thenBlock = this.#block(then);
    const elseBlock = otherwise ? this.#block(otherwise) : [];
    this.emit({ op: 'if', condition, then: thenBlock, else: elseBlock });
  }
  /** Runs the body, again while the condition it returns is not zero. */
  loop(body: () => I32): void {
    let condition!: I32;
    const block = this.#block(() => {
      condition = body();
    });
    this.emit({ op: 'loop', body: block, condition });
  }
  #block(build: () => void): Uop[] {
    const block: Uop[] = [];
    this.#blocks.push(block);
    build();
    this.#blocks.pop();
    return block;
  }

  // ---- flags ----

  /** CF PF AF ZF SF OF of result = a + b (+ carry, where `carryIn` is true). */
  flagsAdd(bits: IntBits, a: Int, b: Int, result: Int, keepCarry = false, carryIn = false): void {
    this.emit({ op: 'flagsArith', kind: 'add', bits, result, a, b, keepCarry, carryIn });
  }
  /** Likewise of result = a - b (- borrow). */
  flagsSub(bits: IntBits, a: Int, b: Int, result: Int, keepCarry = false, carryIn = false): void {
    this.emit({ op: 'flagsArith', kind: 'sub', bits, result, a, b, keepCarry, carryIn });
  }
  /**
   * Flags whose carries are given as those of carries + carries, of an operation that is no sum: nobody may compute the
   * result again from them, as with a carry in.
   */
  flagsCarries(bits: IntBits, carries: Int, result: Int, origin: FlagOrigin): void {
    this.emit({
      op: 'flagsArith',
      kind: 'add',
      bits,
      result,
      a: carries,
      b: carries,
      keepCarry: false,
      carryIn: true,
      origin,
    });
  }
  /** CF = OF = AF = 0; PF ZF SF of the result. */
  flagsLogic(bits: IntBits, result: Int): void {
    this.emit({
      op: 'flagsArith',
      kind: 'logic',
      bits,
      result,
      a: null,
      b: null,
      keepCarry: false,
      carryIn: false,
    });
  }
  /** Sets those status flags that are in the mask from a value in RFLAGS format. */
  flagsSet(mask: number, value: I32, origin?: RotationOrigin): void {
    this.emit(origin ? { op: 'flagsSet', mask, value, origin } : { op: 'flagsSet', mask, value });
  }
  flagsGet(mask: number): I32 {
    return this.result('i32', (result) => ({ op: 'flagsGet', mask, result }));
  }
  /** CF as 0 or 1. */
  carry(): I32 {
    return this.condition(2);
  }
  condition(code: number): I32 {
    return this.result('i32', (result) => ({ op: 'condition', code, result }));
  }

  // ---- control ----

  faultIf(condition: I32, vector: number | I32, errorCode: number | I32 | null = null): void {
    const v = typeof vector === 'number' ? this.i32(vector) : vector;
    const e = typeof errorCode === 'number' ? this.i32(errorCode) : errorCode;
    this.emit({ op: 'faultIf', condition, vector: v, errorCode: e });
  }
  fault(vector: number, errorCode: number | null = null): void {
    this.faultIf(this.i32(1), vector, errorCode);
  }
  call(helper: Helper, ...args: Value[]): Value | null {
    helper.parameters.forEach((type, i) => {
      if (args[i]?.type !== type) throw new Error(`${helper.name}: argument ${i} must be ${type}`);
    });
    const result = helper.result ? this.value(helper.result) : null;
    this.emit({ op: 'call', helper, args, result });
    return result;
  }
  /** The result of a routine. One that writes the state must be followed at once by `if` on its result. */
  routine(routine: Routine, ...args: Value[]): Value {
    routine.parameters.forEach((type, i) => {
      if (args[i]?.type !== type) throw new Error(`${routine.name}: argument ${i} must be ${type}`);
    });
    return this.result(routine.result, (result) => ({ op: 'routine', routine, args, result }));
  }
  rip(which: 'current' | 'next'): I64 {
    return this.result('i64', (result) => ({ op: 'rip', which, result }));
  }
  jumpChecked(target: I64): void {
    this.emit({ op: 'jump', target });
  }
  repeatInstruction(): void {
    this.emit({ op: 'repeat' });
  }
  endBlock(): void {
    this.emit({ op: 'endBlock', stays: false });
  }
  /** The block ends because an event may be due before the next instruction; nothing else has changed. */
  endBlockForEvents(): void {
    this.emit({ op: 'endBlock', stays: true });
  }
  userPages(access: 'open' | 'closed'): void {
    this.emit({ op: 'userPages', open: access === 'open' });
  }
  /** #GP(0) unless CPL is 0. */
  requireCpl0(): void {
    this.faultIf(this.get(32, S.CPL), 13, 0);
  }
  /** #UD or #NM as CR0 and CR4 demand for the unit (the state keeps the answer ready). */
  requireUnit(unit: 'x87' | 'mmx' | 'sse'): void {
    const trap = this.get(32, unit === 'x87' ? S.X87_TRAP : unit === 'mmx' ? S.MMX_TRAP : S.SSE_TRAP);
    this.faultIf(trap, trap);
  }
}
