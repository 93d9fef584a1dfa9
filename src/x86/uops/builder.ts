// The builder through which a meaning appends micro-operations: operands, memory and the stack,
// expressed in the operations of operation-builder.ts.
//
// Conventions: operands of 8, 16 and 32 bits are i32 values, zero-extended; 64-bit ones i64; 128-bit
// ones v128. Results need not be truncated before they are written: only the low bits are stored.
import type { AddressShape, Form, Operand, SegmentUse } from '../decode/instruction.ts';
import * as S from '../state/layout.ts';
import type { AccessBits, I32, I64, Int, Location, Value } from './ir.ts';
import { type IntBits, OperationBuilder } from './operation-builder.ts';

/** Where a memory operand lies: its segment offset (not yet checked) and how its segment takes part. */
export interface MemoryReference {
  /** Offset in the segment, truncated to the address size (i64). */
  readonly offset: I64;
  readonly segment: SegmentUse;
  /** Location of the segment record's base of fields. */
  readonly record: Location;
  readonly stack: boolean;
}

export class Builder extends OperationBuilder {
  readonly form: Form;

  constructor(form: Form) {
    super();
    this.form = form;
  }

  // ---- operands ----

  operand(index: number): Operand {
    const operand = this.form.operands[index];
    if (!operand) throw new Error(`${this.form.mnemonic} has no operand ${index}`);
    return operand;
  }
  /** Width of an operand in bits, for those of integer width. */
  bits(index: number): IntBits {
    const operand = this.operand(index);
    const width = 'width' in operand ? operand.width : 0;
    if (width !== 8 && width !== 16 && width !== 32 && width !== 64) {
      throw new Error(`${this.form.mnemonic}: operand ${index} is not an integer`);
    }
    return width;
  }
  isMemory(index: number): boolean {
    return this.operand(index).kind === 'mem';
  }
  /** Reads an operand: see the head of this file for the type. `rel` operands are not read but branched by. */
  read(index: number): Value {
    const operand = this.operand(index);
    switch (operand.kind) {
      case 'mem':
        return this.loadFrom(this.reference(index), this.#memoryBits(index));
      case 'imm': {
        const value = this.immediate();
        return operand.width === 64 ? value : this.truncate(operand.width, this.wrap(value));
      }
      case 'imm2':
        return this.immediate2();
      case 'one':
        return this.i32(1);
      case 'segment':
        return this.getAt(16, { kind: 'field', field: operand.field, displacement: S.SEGMENT_SELECTOR });
      case 'gpr':
      case 'mm':
      case 'xmm':
        return this.getAt(operand.width, { kind: 'field', field: operand.field, displacement: 0 });
      default:
        throw new Error(`${this.form.mnemonic}: operand ${index} (${operand.kind}) cannot be read`);
    }
  }
  readInt(index: number): Int {
    return this.read(index) as Int;
  }
  /** Writes an operand. A 32-bit general register clears its upper half; an XMM register keeps the bits above `width`. */
  write(index: number, value: Value): void {
    const operand = this.operand(index);
    switch (operand.kind) {
      case 'mem':
        this.storeTo(this.reference(index), this.#memoryBits(index), value);
        return;
      case 'gpr':
        this.writeGpr(operand.width, { kind: 'field', field: operand.field, displacement: 0 }, value as Int);
        return;
      case 'mm':
      case 'xmm':
        this.setAt(operand.width, { kind: 'field', field: operand.field, displacement: 0 }, value);
        return;
      default:
        throw new Error(`${this.form.mnemonic}: operand ${index} (${operand.kind}) cannot be written`);
    }
  }
  /**
   * Reads an operand that will be written: for memory the load has write intent, and the returned
   * function stores to the same place, which cannot fault any more. Works for registers too.
   */
  modify(index: number): { value: Int; write: (value: Int) => void } {
    if (!this.isMemory(index)) {
      return { value: this.readInt(index), write: (value) => this.write(index, value) };
    }
    const bits = this.#memoryBits(index);
    const reference = this.reference(index);
    const address = this.linear(reference, bits / 8, 'write');
    const value = this.loadLinear(bits, address, 'write', reference.stack) as Int;
    return { value, write: (result) => this.storeLinear(bits, address, result, reference.stack) };
  }
  #memoryBits(index: number): AccessBits {
    const operand = this.operand(index);
    const width = operand.kind === 'mem' ? operand.width : 0;
    if (width === 0 || width === 80) throw new Error(`${this.form.mnemonic}: operand ${index} is an area`);
    return width;
  }
  writeGpr(bits: IntBits, location: Location, value: Int): void {
    if (bits === 64) this.setAt(64, location, this.toI64(value));
    else if (bits === 32) {
      this.setAt(64, location, value.type === 'i32' ? this.extendU(value as I32) : this.truncate(32, value));
    } else this.setAt(bits, location, value);
  }
  /** A general register by number (RAX, RCX...), for implicit operands. `bits` 8 is the low byte. */
  gpr(bits: IntBits, register: number): Int {
    return this.get(bits, S.GPR + 8 * register) as Int;
  }
  setGpr(bits: IntBits, register: number, value: Int): void {
    this.writeGpr(bits, { kind: 'state', offset: S.GPR + 8 * register }, value);
  }

  // ---- memory ----

  /** The effective address (offset in the segment, as LEA computes it) of a memory operand. */
  effectiveAddress(index: number): I64 {
    const operand = this.operand(index);
    if (operand.kind !== 'mem') throw new Error(`${this.form.mnemonic}: operand ${index} is not memory`);
    if (operand.shape === 'absolute') return this.immediate();
    const displacement = this.result('i64', (result) => ({ op: 'field', result, field: 'disp' }));
    const size = this.form.addressSize;
    if (operand.ripRelative) {
      const address = this.add(this.rip('next'), displacement);
      return size === 32 ? this.truncate(32, address) : address;
    }
    return size === 64
      ? this.#address64(operand.shape, displacement)
      : this.#address32(operand.shape, displacement, size);
  }
  #address64(shape: AddressShape, displacement: I64): I64 {
    if (shape === 'none') return displacement;
    let sum = this.add(
      this.getAt(64, { kind: 'field', field: 'base', displacement: 0 }) as I64,
      displacement,
    );
    if (shape === 'baseIndex') {
      const index = this.getAt(64, { kind: 'field', field: 'index', displacement: 0 }) as I64;
      const scale = this.result('i32', (result) => ({ op: 'field', result, field: 'scale' }));
      sum = this.add(sum, this.shl(index, this.extendU(scale)));
    }
    return sum;
  }
  #address32(shape: AddressShape, displacement: I64, size: 16 | 32): I64 {
    let sum = this.wrap(displacement);
    if (shape !== 'none') {
      sum = this.add(this.getAt(32, { kind: 'field', field: 'base', displacement: 0 }) as I32, sum);
      if (shape === 'baseIndex') {
        const index = this.getAt(32, { kind: 'field', field: 'index', displacement: 0 }) as I32;
        const scale = this.result('i32', (result) => ({ op: 'field', result, field: 'scale' }));
        sum = this.add(sum, this.shl(index, scale));
      }
    }
    return this.extendU(size === 16 ? this.and(sum, 0xffff) : sum);
  }
  /** A memory operand's place, for meanings that access it in pieces or twice. */
  reference(index: number): MemoryReference {
    const operand = this.operand(index);
    if (operand.kind !== 'mem') throw new Error(`${this.form.mnemonic}: operand ${index} is not memory`);
    return {
      offset: this.effectiveAddress(index),
      segment: operand.segment,
      record: { kind: 'field', field: 'seg', displacement: 0 },
      stack: operand.stack,
    };
  }
  /** The implicit DS:[...] (or override) operand of strings, XLAT and the like at the given offset. */
  implicitReference(offset: I64): MemoryReference {
    return {
      offset,
      segment: this.form.segment,
      record: { kind: 'field', field: 'seg', displacement: 0 },
      stack: this.form.segmentIsStack,
    };
  }
  /** A place in ES (string destinations) or another fixed segment. */
  segmentReference(segment: number, offset: I64): MemoryReference {
    const mode = this.form.mode;
    const flat = [mode.flatEs, mode.flatCs, mode.flatSs, mode.flatDs][segment] ?? false;
    return {
      offset,
      segment: flat ? 'flat' : mode.bits === 64 ? 'base' : 'checked',
      record: { kind: 'state', offset: S.SEGMENT + segment * S.SEGMENT_SIZE },
      stack: segment === S.SS,
    };
  }
  /** The same place, some bytes further (wrapping at the address size). */
  displaced(reference: MemoryReference, bytes: number): MemoryReference {
    const sum = this.add(reference.offset, bytes);
    const size = this.form.addressSize;
    return { ...reference, offset: size === 64 ? sum : this.and(sum, size === 32 ? 0xffffffffn : 0xffff) };
  }
  /** Linear address of `bytes` bytes at a place, after the segment's check. */
  linear(reference: MemoryReference, bytes: number, access: 'read' | 'write'): I64 {
    if (reference.segment === 'flat') return reference.offset;
    const { record } = reference;
    if (reference.segment === 'base') {
      const base: Location =
        record.kind === 'state'
          ? { kind: 'state', offset: record.offset + S.SEGMENT_BASE }
          : { ...record, displacement: record.displacement + S.SEGMENT_BASE };
      return this.add(reference.offset, this.getAt(64, base) as I64);
    }
    return this.result('i64', (result) => ({
      op: 'linear',
      result,
      offset: reference.offset,
      segment: record,
      bytes,
      access,
      stack: reference.stack,
    }));
  }
  loadLinear(bits: AccessBits, address: I64, intent: 'read' | 'write' = 'read', stack = false): Value {
    const type = bits === 128 ? 'v128' : bits === 64 ? 'i64' : 'i32';
    return this.result(type, (result) => ({ op: 'load', result, bits, address, intent, stack }));
  }
  storeLinear(bits: AccessBits, address: I64, value: Value, stack = false): void {
    if (bits === 64 && value.type === 'i32') throw new Error('a 64-bit store of an i32');
    this.emit({ op: 'store', bits, address, value, stack });
  }
  loadFrom(reference: MemoryReference, bits: AccessBits): Value {
    return this.loadLinear(bits, this.linear(reference, bits / 8, 'read'), 'read', reference.stack);
  }
  storeTo(reference: MemoryReference, bits: AccessBits, value: Value): void {
    this.storeLinear(bits, this.linear(reference, bits / 8, 'write'), value, reference.stack);
  }
  /** #GP(0) unless the linear address is a multiple of 16 (aligned SSE operands). */
  requireAligned(address: I64, bytes = 16): void {
    this.faultIf(this.ne(this.and(address, bytes - 1), 0), 13, 0);
  }

  // ---- the stack ----

  stackPointer(): I64 {
    return this.toI64(this.gpr(this.form.mode.stack, S.RSP));
  }
  setStackPointer(value: I64): void {
    this.setGpr(this.form.mode.stack, S.RSP, this.form.mode.stack === 64 ? value : this.wrap(value));
  }
  stackReference(offset: I64): MemoryReference {
    const size = this.form.mode.stack;
    const truncated = size === 64 ? offset : this.and(offset, size === 32 ? 0xffffffffn : 0xffff);
    return this.segmentReference(S.SS, truncated);
  }
  /** Stores below the stack pointer and then moves it: the pointer is unchanged when the store faults. */
  push(bits: 16 | 32 | 64, value: Int): void {
    const pointer = this.sub(this.stackPointer(), bits / 8);
    this.storeTo({ ...this.stackReference(pointer), stack: true }, bits, value);
    this.setStackPointer(pointer);
  }
  /** Loads from the top of the stack without moving the pointer; `depth` bytes further up. */
  peek(bits: 16 | 32 | 64, depth = 0): Int {
    const pointer = depth ? this.add(this.stackPointer(), depth) : this.stackPointer();
    return this.loadFrom({ ...this.stackReference(pointer), stack: true }, bits) as Int;
  }
  /** Moves the stack pointer up. */
  drop(bytes: number): void {
    this.setStackPointer(this.add(this.stackPointer(), bytes));
  }

  // ---- branches ----

  /** Near relative branch by field imm; `condition` null is always. Outside flat code the target is checked against CS's limit. */
  branch(condition: I32 | null): void {
    this.emit({ op: 'branch', condition, bits: this.branchBits() });
  }
  /** Operand size of near branches: 64 in 64-bit mode whatever the prefix says. */
  branchBits(): 16 | 32 | 64 {
    return this.form.mode.bits === 64 ? 64 : this.form.operandSize;
  }
  /**
   * Near jump to a computed offset of branchBits() width (zero-extended): checks canonicality or the limit
   * of CS (#GP(0)) and continues there. Call it before the instruction's other writes, then `jumpChecked`.
   */
  checkJumpTarget(target: I64): void {
    if (this.form.mode.bits === 64) {
      this.faultIf(this.ne(this.shrS(this.shl(target, 16), 16), target), 13, 0);
    } else if (!this.form.mode.flatCs) {
      const limit = this.extendU(this.get(32, S.SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEGMENT_LIMIT));
      this.faultIf(this.gtU(target, limit), 13, 0);
    }
  }
}
