// StackCursor: pushes and pops of far transfers, interrupts and returns. It works on a stack segment
// and pointer of its own (the current one, or one just taken from a TSS), so that SS:rSP of the state
// change only when everything has succeeded. Bytes below the old stack pointer may have been written
// when a later push faults, as on the processor itself.
//
// Limits as in SDM 3A 5.3; a violation is #SS with the code given to `begin`.
import { GuestFault, SS } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import type { Privilege } from '../paging/linear-memory.ts';
import * as C from '../state/control-bits.ts';
import type { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { is64Bit, isCanonical } from '../state/predicates.ts';
import type { Descriptor } from './descriptor.ts';

const TWO32 = 0x1_0000_0000;

/** Whether `bytes` bytes at `offset` lie inside a segment with these rights and this limit. */
export function insideLimit(attributes: number, limit: number, offset: number, bytes: number): boolean {
  const last = offset + bytes - 1;
  if ((attributes & (C.SEGMENT_CODE | C.SEGMENT_EXPAND_DOWN)) === C.SEGMENT_EXPAND_DOWN) {
    return offset > limit && last <= ((attributes & C.SEGMENT_BIG) !== 0 ? 0xffff_ffff : 0xffff);
  }
  return last <= limit;
}

export class StackCursor {
  /** Stack pointer: an offset in the segment, or a linear address when `size` is 64. */
  pointer = 0;
  /** Width of the stack pointer in bits. */
  size: 16 | 32 | 64 = 16;
  #cpu!: Cpu;
  #base = 0;
  #limit = 0;
  #attributes = 0;
  #privilege: Privilege = 'current';
  #faultCode = 0;
  /** Upper half of the last 64-bit value popped. */
  poppedHigh = 0;

  /** The current stack, with the privilege of the running code. */
  beginCurrent(cpu: Cpu, faultCode = 0): void {
    const state = cpu.state;
    const ss = state.segments[L.SS]!;
    this.#cpu = cpu;
    this.#privilege = 'current';
    this.#faultCode = faultCode;
    this.#base = ss.base;
    this.#limit = ss.limit;
    this.#attributes = ss.attributes;
    if (is64Bit(state)) {
      this.size = 64;
      this.pointer = state.gprNumber(L.RSP);
    } else if ((ss.attributes & C.SEGMENT_BIG) !== 0) {
      this.size = 32;
      this.pointer = state.gpr32(L.RSP);
    } else {
      this.size = 16;
      this.pointer = state.gpr16(L.RSP);
    }
  }

  /** A new stack in a segment of protected mode. */
  beginSegment(cpu: Cpu, descriptor: Descriptor, pointer: number, newCpl: number, faultCode: number): void {
    this.#cpu = cpu;
    this.#privilege = newCpl === 3 ? 'user' : 'supervisor';
    this.#faultCode = faultCode;
    this.#base = descriptor.base;
    this.#limit = descriptor.limit;
    this.#attributes = descriptor.attributes;
    this.size = (descriptor.attributes & C.SEGMENT_BIG) !== 0 ? 32 : 16;
    this.pointer = this.size === 32 ? pointer >>> 0 : pointer & 0xffff;
  }

  /** A 64-bit stack. */
  beginFlat(cpu: Cpu, pointer: number, newCpl: number, faultCode: number): void {
    this.#cpu = cpu;
    this.#privilege = newCpl === 3 ? 'user' : 'supervisor';
    this.#faultCode = faultCode;
    this.size = 64;
    this.pointer = pointer;
  }

  #wrap(pointer: number): number {
    if (this.size === 64) return pointer;
    return this.size === 32 ? pointer >>> 0 : pointer & 0xffff;
  }

  #linear(bytes: number): number {
    const pointer = this.pointer;
    if (this.size === 64) {
      if (!isCanonical(pointer) || !isCanonical(pointer + bytes - 1))
        throw new GuestFault(SS, this.#faultCode);
      return pointer;
    }
    if (!insideLimit(this.#attributes, this.#limit, pointer, bytes))
      throw new GuestFault(SS, this.#faultCode);
    return (this.#base + pointer) >>> 0;
  }

  push16(value: number): void {
    this.pointer = this.#wrap(this.pointer - 2);
    this.#cpu.memory.write16(this.#linear(2), value & 0xffff, this.#privilege);
  }
  push32(value: number): void {
    this.pointer = this.#wrap(this.pointer - 4);
    this.#cpu.memory.write32(this.#linear(4), value >>> 0, this.#privilege);
  }
  /** Pushes 64 bits given as halves. */
  push64(low: number, high: number): void {
    this.pointer = this.#wrap(this.pointer - 8);
    const linear = this.#linear(8);
    this.#cpu.memory.writePair(linear, low >>> 0, high >>> 0, this.#privilege);
  }
  /** Pushes a value of `bits`; a 64-bit one is a signed number (an address or a small value). */
  push(bits: 16 | 32 | 64, value: number): void {
    if (bits === 16) this.push16(value);
    else if (bits === 32) this.push32(value);
    else this.push64(value >>> 0, Math.floor(value / TWO32) >>> 0);
  }

  pop16(): number {
    const value = this.#cpu.memory.read16(this.#linear(2), this.#privilege);
    this.pointer = this.#wrap(this.pointer + 2);
    return value;
  }
  pop32(): number {
    const value = this.#cpu.memory.read32(this.#linear(4), this.#privilege);
    this.pointer = this.#wrap(this.pointer + 4);
    return value;
  }
  /** Low half of a 64-bit value; the upper one is left in `poppedHigh`. */
  pop64(): number {
    const linear = this.#linear(8);
    const low = this.#cpu.memory.readPair(linear, this.#privilege);
    this.poppedHigh = this.#cpu.memory.pairHigh;
    this.pointer = this.#wrap(this.pointer + 8);
    return low;
  }
  /** Pops a value of `bits`, as a signed number where it has 64. */
  pop(bits: 16 | 32 | 64): number {
    if (bits === 16) return this.pop16();
    if (bits === 32) return this.pop32();
    const low = this.pop64();
    return (this.poppedHigh | 0) * TWO32 + low;
  }
  /** Moves the pointer up without reading. */
  skip(bytes: number): void {
    this.pointer = this.#wrap(this.pointer + bytes);
  }

  /** Writes the pointer into rSP: only as many bits as the stack is wide. */
  commit(state: CpuState): void {
    writeStackPointer(state, this.size, this.pointer);
  }
}

/** Writes SP, ESP (clearing the upper half) or RSP. */
export function writeStackPointer(state: CpuState, size: 16 | 32 | 64, pointer: number): void {
  if (size === 64) state.setGprNumber(L.RSP, pointer);
  else if (size === 32) state.setGpr32(L.RSP, pointer);
  else state.setGpr16(L.RSP, pointer);
}
