// Binary integer arithmetic (SDM 1, 5.1.2): ADD ADC SUB SBB CMP INC DEC NEG XADD CMPXCHG and
// CMPXCHG8B/16B. Multiplication and division are in multiply.ts. A locked instruction has the same
// meaning: the read-modify-write is one micro-operation pair, which an engine makes atomic.
import * as S from '../state/layout.ts';
import type { Builder } from '../uops/builder.ts';
import { FLAG_CF, FLAG_ZF, type I64, type Int } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { carryOf, source } from './operands.ts';

/** destination = destination + source (+ carry). */
function addition(b: Builder, withCarry: boolean): void {
  const bits = b.bits(0);
  const right = source(b, 1, bits);
  const { value, write } = b.modify(0);
  const sum = b.add(value, right);
  const result = withCarry ? b.add(sum, carryOf(b, bits)) : sum;
  write(result);
  b.flagsAdd(bits, value, right, result, false, withCarry);
}

/** destination = destination - source (- borrow). */
function subtraction(b: Builder, withBorrow: boolean): void {
  const bits = b.bits(0);
  const right = source(b, 1, bits);
  const { value, write } = b.modify(0);
  const difference = b.sub(value, right);
  const result = withBorrow ? b.sub(difference, carryOf(b, bits)) : difference;
  write(result);
  b.flagsSub(bits, value, right, result, false, withBorrow);
}

function compare(b: Builder): void {
  const bits = b.bits(0);
  const left = b.readInt(0);
  const right = source(b, 1, bits);
  b.flagsSub(bits, left, right, b.sub(left, right));
}

function increment(b: Builder): void {
  const { value, write } = b.modify(0);
  const one = b.constantLike(value, 1);
  const result = b.add(value, one);
  write(result);
  b.flagsAdd(b.bits(0), value, one, result, true);
}

function decrement(b: Builder): void {
  const { value, write } = b.modify(0);
  const one = b.constantLike(value, 1);
  const result = b.sub(value, one);
  write(result);
  b.flagsSub(b.bits(0), value, one, result, true);
}

function negate(b: Builder): void {
  const { value, write } = b.modify(0);
  const zero = b.constantLike(value, 0);
  const result = b.sub(zero, value);
  write(result);
  b.flagsSub(b.bits(0), zero, value, result);
}

/** The source register receives the old destination first, so that XADD r,r of one register leaves the sum. */
function exchangeAndAdd(b: Builder): void {
  const right = b.readInt(1);
  const { value, write } = b.modify(0);
  const sum = b.add(value, right);
  b.write(1, value);
  write(sum);
  b.flagsAdd(b.bits(0), value, right, sum);
}

/** Memory is written in either case, with its own value where the comparison fails; a register is not. */
function compareAndExchange(b: Builder): void {
  const bits = b.bits(0);
  const replacement = b.readInt(1);
  const { value, write } = b.modify(0);
  const accumulator = b.gpr(bits, S.RAX);
  const equal = b.eq(accumulator, value);
  const loadAccumulator = (): void => b.setGpr(bits, S.RAX, value);
  if (b.isMemory(0)) {
    write(b.select(equal, replacement, value));
    b.if(b.eqz(equal), loadAccumulator);
  } else {
    b.if(equal, () => write(replacement), loadAccumulator);
  }
  b.flagsSub(bits, accumulator, value, b.sub(accumulator, value));
}

/** Two halves of a pair of 32-bit registers as one 64-bit value. */
function pair(b: Builder, high: number, low: number): I64 {
  return b.or(b.shl(b.toI64(b.gpr(32, high)), 32), b.toI64(b.gpr(32, low)));
}

function compareAndExchange8(b: Builder): void {
  const reference = b.reference(0);
  const address = b.linear(reference, 8, 'write');
  const value = b.loadLinear(64, address, 'write', reference.stack) as I64;
  const equal = b.eq(pair(b, S.RDX, S.RAX), value);
  b.storeLinear(64, address, b.select(equal, pair(b, S.RCX, S.RBX), value), reference.stack);
  b.if(b.eqz(equal), () => {
    b.setGpr(32, S.RAX, b.wrap(value));
    b.setGpr(32, S.RDX, b.wrap(b.shrU(value, 32)));
  });
  b.flagsSet(FLAG_ZF, b.shl(equal, 6));
}

/** #GP(0) unless the operand is aligned to 16 bytes. */
function compareAndExchange16(b: Builder): void {
  const reference = b.reference(0);
  const address = b.linear(reference, 16, 'write');
  b.requireAligned(address);
  const highAddress = b.add(address, 8);
  const low = b.loadLinear(64, address, 'write', reference.stack) as I64;
  const high = b.loadLinear(64, highAddress, 'write', reference.stack) as I64;
  const get = (register: number): I64 => b.gpr(64, register) as I64;
  const equal = b.and(b.eq(get(S.RAX), low), b.eq(get(S.RDX), high));
  b.storeLinear(64, address, b.select(equal, get(S.RBX), low), reference.stack);
  b.storeLinear(64, highAddress, b.select(equal, get(S.RCX), high), reference.stack);
  const put = (register: number, value: Int): void => b.setGpr(64, register, value);
  b.if(b.eqz(equal), () => {
    put(S.RAX, low);
    put(S.RDX, high);
  });
  b.flagsSet(FLAG_ZF, b.shl(equal, 6));
}

export const arithmeticMeanings: readonly Meaning[] = [
  { mnemonic: 'ADD', build: (b) => addition(b, false) },
  { mnemonic: 'ADC', reads: FLAG_CF, build: (b) => addition(b, true) },
  { mnemonic: 'SUB', build: (b) => subtraction(b, false) },
  { mnemonic: 'SBB', reads: FLAG_CF, build: (b) => subtraction(b, true) },
  { mnemonic: 'CMP', build: compare },
  { mnemonic: 'INC', build: increment },
  { mnemonic: 'DEC', build: decrement },
  { mnemonic: 'NEG', build: negate },
  { mnemonic: 'XADD', build: exchangeAndAdd },
  { mnemonic: 'CMPXCHG', build: compareAndExchange },
  { mnemonic: 'CMPXCHG8B', build: compareAndExchange8 },
  { mnemonic: 'CMPXCHG16B', build: compareAndExchange16 },
];
