// REP MOVS and REP STOS many iterations at once, as functions of the core module. The architecture moves one element
// an iteration; where the next iterations are plain copies from page to page of RAM, upwards, and the TLB
// knows both pages, they are done together. The count of retired instructions moves as if they had been done singly.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { Form } from '../../x86/decode/instruction.ts';
import { FLAG_DF } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import { KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { emitEntryOffset } from '../soft/tlb-offset.ts';

/** Which instruction: log2 of the element's bytes in bits 1:0, then these. */
export const BULK_STORE = 4;
export const BULK_ADDRESS_32 = 8;
/** Fewer iterations than this are not worth the call for the interpreter. */
export const BULK_MINIMUM = 8;
/** Single iterations that the interpreter does before it asks again, where nothing could be done at once. */
export const BULK_PATIENCE = 16;

/** Results of bulkString besides a number of iterations: nothing can be done at once; the TLB lacks a page. */
const NONE = 0;
const LACKS_SOURCE = -1;
const LACKS_DESTINATION = -2;

/** From so many bytes on the host's own copying and filling is quicker than a loop. */
const LARGE = 128;

/** The kind of a form that bulkString does: REP MOVS or REP STOS in flat segments; -1 for all others. */
export function bulkKind({ mnemonic, repeat, segment, mode, addressSize, operands }: Form): number {
  const store = mnemonic === 'STOS';
  if (repeat === 'none' || (mnemonic !== 'MOVS' && !store) || addressSize === 16) return -1;
  if (!mode.flatEs || (!store && segment !== 'flat')) return -1;
  const operand = operands[0]!;
  const bits = 'width' in operand ? operand.width : 0;
  return Math.log2(bits / 8) | (store ? BULK_STORE : 0) | (addressSize === 32 ? BULK_ADDRESS_32 : 0);
}

const gpr = (register: number): number => S.GPR + 8 * register;

/** Emits code over the operands of one instruction: parameter 0 of the function is the kind. */
class Strings {
  readonly f: FunctionBuilder;
  constructor(f: FunctionBuilder) {
    this.f = f;
  }
  kindHas(bit: number): void {
    const { f } = this;
    f.localGet(0);
    f.i32Const(bit);
    f.op('i32.and');
  }
  /** Pushes a register, cut to the address size, i64. */
  pushRegister(register: number): void {
    const { f } = this;
    f.i32Const(0);
    f.load('i64.load', gpr(register));
    f.i64Const(0xffff_ffffn);
    f.i64Const(-1n);
    this.kindHas(BULK_ADDRESS_32);
    f.op('select');
    f.op('i64.and');
  }
  /** A register moves by a number (i64 local), within the address size. */
  advance(register: number, by: number, sign: 'add' | 'sub'): void {
    const { f } = this;
    f.i32Const(0);
    this.pushRegister(register);
    f.localGet(by);
    f.op(`i64.${sign}`);
    f.i64Const(0xffff_ffffn);
    f.i64Const(-1n);
    this.kindHas(BULK_ADDRESS_32);
    f.op('select');
    f.op('i64.and');
    f.store('i64.store', gpr(register));
  }
  /** Limits `n` (i32 local) to what is left of a page from an address on (i64 local), in elements. */
  limitToPage(n: number, address: number): void {
    const { f } = this;
    const room = f.scratch('i32');
    f.i32Const(4096);
    f.localGet(address);
    f.op('i32.wrap_i64');
    f.i32Const(0xfff);
    f.op('i32.and');
    f.op('i32.sub');
    this.pushShift();
    f.op('i32.shr_u');
    f.localSet(room);
    this.limit(n, room);
    f.release(room);
  }
  pushShift(): void {
    this.kindHas(3);
  }
  /** The lesser of two unsigned numbers into the first. */
  limit(n: number, most: number): void {
    const { f } = this;
    f.localGet(n);
    f.localGet(most);
    f.localGet(n);
    f.localGet(most);
    f.op('i32.lt_u');
    f.op('select');
    f.localSet(n);
  }
  /** Offset in RAM of an address that an array of the TLB knows into a local; returns `lacking` from the function otherwise. */
  find(address: number, array: number, into: number, lacking: number): void {
    const { f } = this;
    f.i32Const(0);
    f.load('i32.load', E.TLB_TABLE);
    f.localGet(address);
    f.op('i32.wrap_i64');
    emitEntryOffset(f);
    f.op('i32.add');
    f.localTee(into);
    f.load('i64.load', array + E.TLB_TAG);
    f.localGet(address);
    f.i64Const(-4096n);
    f.op('i64.and');
    f.op('i64.ne');
    f.if_(undefined, 'unlikely');
    f.i32Const(lacking);
    f.op('return');
    f.end();
    f.localGet(into);
    f.load('i32.load', array + E.TLB_ADDEND);
    f.localGet(address);
    f.op('i32.wrap_i64');
    f.op('i32.add');
    f.localSet(into);
  }
  /** A loop over pieces of 8, then 4, 2 and 1 bytes: `move` stores one piece at `to`, and `bytes` are left. */
  pieces(bytes: number, step: (size: 8 | 4 | 2 | 1) => void): void {
    const { f } = this;
    f.block();
    f.loop();
    f.localGet(bytes);
    f.i32Const(8);
    f.op('i32.lt_u');
    f.brIf(1);
    step(8);
    f.localGet(bytes);
    f.i32Const(8);
    f.op('i32.sub');
    f.localSet(bytes);
    f.br(0);
    f.end();
    f.end();
    for (const size of [4, 2, 1] as const) {
      f.localGet(bytes);
      f.i32Const(size);
      f.op('i32.and');
      f.if_();
      step(size);
      f.end();
    }
  }
}

const LOAD = { 8: 'i64.load', 4: 'i64.load32_u', 2: 'i64.load16_u', 1: 'i64.load8_u' } as const;
const STORE = { 8: 'i64.store', 4: 'i64.store32', 2: 'i64.store16', 1: 'i64.store8' } as const;

/**
 * The body of bulkString: (kind, keep, reserve) -> iterations done, in one page, or NONE, LACKS_SOURCE, LACKS_DESTINATION. It
 * leaves `keep` iterations to do, and `reserve` of the budget.
 */
export function emitBulkString(f: FunctionBuilder): void {
  const s = new Strings(f);
  const [keep, reserve] = [1, 2];
  const n = f.local('i32');
  const left = f.local('i64');
  const destination = f.local('i64');
  const source = f.local('i64');
  const to = f.local('i32');
  const from = f.local('i32');
  const bytes = f.local('i32');
  const none = (): void => {
    f.if_(undefined, 'unlikely');
    f.i32Const(NONE);
    f.op('return');
    f.end();
  };
  f.i32Const(0);
  f.load('i32.load', S.FLAGS);
  f.i32Const(FLAG_DF);
  f.op('i32.and');
  none();
  f.i32Const(0);
  f.load('i32.load', E.BUDGET);
  f.localGet(reserve);
  f.op('i32.sub');
  f.localTee(n);
  f.i32Const(0);
  f.op('i32.le_s');
  none();
  // A count of 2^63 or more is simply large.
  s.pushRegister(S.RCX);
  f.localTee(left);
  f.localGet(keep);
  f.op('i64.extend_i32_u');
  f.op('i64.le_u');
  none();
  f.localGet(left);
  f.localGet(keep);
  f.op('i64.extend_i32_u');
  f.op('i64.sub');
  f.localTee(left);
  f.localGet(n);
  f.op('i64.extend_i32_u');
  f.op('i64.lt_u');
  f.if_();
  f.localGet(left);
  f.op('i32.wrap_i64');
  f.localSet(n);
  f.end();
  s.pushRegister(S.RDI);
  f.localSet(destination);
  s.limitToPage(n, destination);
  s.kindHas(BULK_STORE);
  f.op('i32.eqz');
  f.if_();
  s.pushRegister(S.RSI);
  f.localSet(source);
  s.limitToPage(n, source);
  f.end();
  f.localGet(n);
  f.op('i32.eqz');
  none();
  // The source is read first: where it faults, nothing is known of the destination.
  s.kindHas(BULK_STORE);
  f.op('i32.eqz');
  f.if_();
  s.find(source, 0, from, LACKS_SOURCE);
  f.end();
  s.find(destination, E.TLB_WRITES, to, LACKS_DESTINATION);
  s.kindHas(BULK_STORE);
  f.if_();
  emitFill(s, n, to, bytes);
  f.else_();
  emitCopy(s, n, to, from, bytes, none);
  f.end();

  f.localGet(n);
  f.op('i64.extend_i32_u');
  f.localSet(left);
  s.advance(S.RCX, left, 'sub');
  f.localGet(left);
  s.pushShift();
  f.op('i64.extend_i32_u');
  f.op('i64.shl');
  f.localSet(left);
  s.advance(S.RDI, left, 'add');
  s.kindHas(BULK_STORE);
  f.op('i32.eqz');
  f.if_();
  s.advance(S.RSI, left, 'add');
  f.end();
  f.i32Const(0);
  f.i32Const(0);
  f.load('i32.load', E.BUDGET);
  f.localGet(n);
  f.op('i32.sub');
  f.store('i32.store', E.BUDGET);
  f.localGet(n);
}

function emitBytes(s: Strings, n: number, bytes: number): void {
  const { f } = s;
  f.localGet(n);
  s.pushShift();
  f.op('i32.shl');
  f.localSet(bytes);
}

function emitCopy(s: Strings, n: number, to: number, from: number, bytes: number, none: () => void): void {
  const { f } = s;
  // An upward copy onto its own continuation repeats what lies between: no further than that at once.
  f.localGet(to);
  f.localGet(from);
  f.op('i32.gt_u');
  f.if_();
  f.localGet(to);
  f.localGet(from);
  f.op('i32.sub');
  s.pushShift();
  f.op('i32.shr_u');
  f.localSet(bytes);
  s.limit(n, bytes);
  f.localGet(n);
  f.op('i32.eqz');
  none();
  f.end();
  emitBytes(s, n, bytes);
  f.localGet(bytes);
  f.i32Const(LARGE);
  f.op('i32.ge_u');
  f.if_();
  f.localGet(to);
  f.localGet(from);
  f.localGet(bytes);
  f.memoryCopy(1, 1);
  f.else_();
  s.pieces(bytes, (size) => {
    f.localGet(to);
    f.localGet(from);
    f.load(LOAD[size], 0, 1);
    f.store(STORE[size], 0, 1);
    for (const pointer of [to, from]) {
      f.localGet(pointer);
      f.i32Const(size);
      f.op('i32.add');
      f.localSet(pointer);
    }
  });
  f.end();
}

function emitFill(s: Strings, n: number, to: number, bytes: number): void {
  const { f } = s;
  const pattern = f.local('i64');
  // The accumulator's element, as often as it goes into 64 bits: RAX * (ones at the elements' lowest bits), RAX cut off.
  f.i32Const(0);
  f.load('i64.load', gpr(S.RAX));
  f.i64Const(-1n);
  f.i64Const(64);
  f.i64Const(8);
  s.pushShift();
  f.op('i64.extend_i32_u');
  f.op('i64.shl');
  f.op('i64.sub');
  f.op('i64.shr_u');
  f.op('i64.and');
  f.localSet(pattern);
  for (const [shift, ones] of [
    [0, 0x0101_0101_0101_0101n],
    [1, 0x0001_0001_0001_0001n],
    [2, 0x0000_0001_0000_0001n],
  ] as const) {
    s.pushShift();
    f.i32Const(shift);
    f.op('i32.eq');
    f.if_();
    f.localGet(pattern);
    f.i64Const(ones);
    f.op('i64.mul');
    f.localSet(pattern);
    f.end();
  }
  emitBytes(s, n, bytes);
  f.localGet(bytes);
  f.i32Const(LARGE);
  f.op('i32.ge_u');
  f.localGet(pattern);
  f.i64Const(8);
  f.op('i64.rotl');
  f.localGet(pattern);
  f.op('i64.eq');
  f.op('i32.and');
  f.if_();
  f.localGet(to);
  f.localGet(pattern);
  f.op('i32.wrap_i64');
  f.localGet(bytes);
  f.memoryFill(1);
  f.else_();
  s.pieces(bytes, (size) => {
    f.localGet(to);
    f.localGet(pattern);
    f.store(STORE[size], 0, 1);
    f.localGet(to);
    f.i32Const(size);
    f.op('i32.add');
    f.localSet(to);
  });
  f.end();
}

/**
 * The body of repeatString: (kind, reserve) -> 0 when the whole instruction has been done, 1 when the interpreter has to go on
 * with it. `bulk` is bulkString, `fill` enters the page of an address into the TLB: (address, kind) -> 0 where it cannot.
 */
export function emitRepeatString(f: FunctionBuilder, bulk: number, fill: number): void {
  const s = new Strings(f);
  const reserve = 1;
  const done = f.local('i32');
  // A count of zero counts one.
  s.pushRegister(S.RCX);
  f.op('i64.eqz');
  f.if_(undefined, 'unlikely');
  f.i32Const(0);
  f.i32Const(0);
  f.load('i32.load', E.BUDGET);
  f.i32Const(1);
  f.op('i32.sub');
  f.store('i32.store', E.BUDGET);
  f.i32Const(0);
  f.op('return');
  f.end();
  f.loop();
  f.localGet(0);
  f.i32Const(0);
  f.localGet(reserve);
  f.call(bulk);
  f.localTee(done);
  f.i32Const(0);
  f.op('i32.gt_s');
  f.if_();
  s.pushRegister(S.RCX);
  f.i64Const(0);
  f.op('i64.ne');
  f.brIf(1);
  f.i32Const(0);
  f.op('return');
  f.end();
  for (const [lacking, register, write] of [
    [LACKS_SOURCE, S.RSI, 0],
    [LACKS_DESTINATION, S.RDI, KIND_WRITE],
  ] as const) {
    f.localGet(done);
    f.i32Const(lacking);
    f.op('i32.eq');
    f.if_();
    s.pushRegister(register);
    f.i32Const(1);
    s.pushShift();
    f.op('i32.shl');
    f.i32Const(write);
    f.op('i32.or');
    f.call(fill);
    f.brIf(1);
    f.end();
  }
  f.end();
  f.i32Const(1);
}
