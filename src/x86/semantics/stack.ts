// The stack (SDM 1, 6.2; 2B PUSH, POP, PUSHA, POPA; 2A ENTER, LEAVE). Pushes of segment registers
// and flags are in system/. Nothing changes before all accesses are known to succeed.
import { enterNested } from '../helpers/enter.ts';
import * as S from '../state/layout.ts';
import type { Builder, MemoryReference } from '../uops/builder.ts';
import type { I64, Int } from '../uops/ir.ts';
import type { Meaning } from './meaning.ts';
import { source } from './operands.ts';

/** PUSH rSP pushes the value from before (SDM 2B; the 8086 differed). */
function push(b: Builder): void {
  const size = b.form.operandSize;
  b.push(size, source(b, 0, size));
}

function pop(b: Builder): void {
  const size = b.form.operandSize;
  if (b.isMemory(0)) {
    popToMemory(b, size);
    return;
  }
  const pointer = b.stackPointer();
  const value = b.loadFrom(b.stackReference(pointer), size);
  // POP rSP: the popped value wins over the increment.
  b.setStackPointer(b.add(pointer, size / 8));
  b.write(0, value);
}

/** An address with rSP as base is computed with the incremented pointer (SDM 2B, POP). */
function popToMemory(b: Builder, size: 16 | 32 | 64): void {
  const pointer = b.stackPointer();
  const value = b.loadFrom(b.stackReference(pointer), size);
  const reference = b.reference(0);
  const address = b.linear(addressedAfterPop(b, reference, size / 8), size / 8, 'write');
  b.storeLinear(size, address, value, reference.stack);
  b.setStackPointer(b.add(pointer, size / 8));
}

function addressedAfterPop(b: Builder, reference: MemoryReference, bytes: number): MemoryReference {
  const operand = b.operand(0);
  const hasBase = operand.kind === 'mem' && (operand.shape === 'base' || operand.shape === 'baseIndex');
  // 16-bit addresses have no such base.
  if (!hasBase || b.form.addressSize === 16) return reference;
  const isPointer = b.eq(b.registerField('base'), S.GPR + 8 * S.RSP);
  const moved = b.form.mode.stack === 16 ? carriedWithin16(b, bytes) : b.i64(bytes);
  const offset = b.add(reference.offset, b.select(isPointer, moved, b.i64(0)));
  return { ...reference, offset: b.truncate(b.form.addressSize, offset) };
}

/** How far ESP moves when SP is incremented without carry into its upper half. */
function carriedWithin16(b: Builder, bytes: number): I64 {
  const pointer = b.stackPointer();
  return b.sub(b.truncate(16, b.add(pointer, bytes)), pointer);
}

/** The order of PUSHA, which stores SP's old value between BX and BP. */
const PUSHED_BY_PUSHA = [S.RAX, S.RCX, S.RDX, S.RBX, S.RSP, S.RBP, S.RSI, S.RDI];

function pushAll(b: Builder): void {
  const size = b.form.operandSize as 16 | 32;
  const pointer = b.stackPointer();
  // All eight places are checked before the first is written.
  const addresses = PUSHED_BY_PUSHA.map((_, i) => {
    const address = b.linear(b.stackReference(b.sub(pointer, ((i + 1) * size) / 8)), size / 8, 'write');
    b.loadLinear(size, address, 'write', true);
    return address;
  });
  PUSHED_BY_PUSHA.forEach((register, i) => {
    b.storeLinear(size, addresses[i]!, b.gpr(size, register), true);
  });
  b.setStackPointer(b.sub(pointer, size));
}

function popAll(b: Builder): void {
  const size = b.form.operandSize as 16 | 32;
  const bytes = size / 8;
  // In the order of addresses, so that the first that faults is reported.
  const popped = PUSHED_BY_PUSHA.toReversed();
  const values = popped.map((register, i) => (register === S.RSP ? null : b.peek(size, i * bytes)));
  b.drop(size);
  popped.forEach((register, i) => {
    const value = values[i];
    if (value) b.setGpr(size, register, value);
  });
}

/** ENTER: a frame of imm16 bytes at nesting level imm8 modulo 32. */
function enter(b: Builder): void {
  const size = b.form.operandSize;
  const bytes = size / 8;
  const level = b.and(b.immediate2(), 31);
  const frame = b.sub(b.stackPointer(), bytes);
  const display = b.mul(b.extendU(level), bytes);
  const bottom = b.sub(b.sub(frame, display), b.and(b.immediate(), 0xffff));
  const place = b.linear(b.stackReference(frame), bytes, 'write');
  b.loadLinear(size, place, 'write', true);
  // The final stack pointer must be writable too (SDM 2A, ENTER: #PF, #SS).
  b.loadLinear(size, b.linear(b.stackReference(bottom), bytes, 'write'), 'write', true);
  b.if(level, () => {
    b.call(enterNested, level, frame, b.i32(size), b.i32(b.form.mode.stack));
  });
  b.storeLinear(size, place, b.gpr(size, S.RBP), true);
  b.setGpr(size, S.RBP, size === 64 ? frame : b.wrap(frame));
  b.setStackPointer(bottom);
}

/** LEAVE: rSP = rBP, and rBP comes from there. */
function leave(b: Builder): void {
  const size = b.form.operandSize;
  const frame = b.toI64(b.gpr(b.form.mode.stack, S.RBP));
  const value = b.loadFrom(b.stackReference(frame), size) as Int;
  b.setStackPointer(b.add(frame, size / 8));
  b.setGpr(size, S.RBP, value);
}

export const stackMeanings: readonly Meaning[] = [
  { mnemonic: 'PUSH', build: push },
  { mnemonic: 'POP', build: pop },
  { mnemonic: 'PUSHA', build: pushAll },
  { mnemonic: 'POPA', build: popAll },
  { mnemonic: 'ENTER', build: enter },
  { mnemonic: 'LEAVE', build: leave },
];
