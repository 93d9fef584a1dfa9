// What gates of 64 and of 32 bits have in common (core-gates.ts): pieces of code that look at the gate, at descriptors and at
// the stack, write the frame, and set registers. Each leaves the function with 0 where the case is no usual one; those that
// change anything come after all that look.
import type { FunctionBuilder } from '../../wasm/function.ts';
import { FLAG_IF, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VM, FLAGS_STATUS } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import { KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { emitEntryOffset } from '../soft/tlb-offset.ts';

/** Offset in the state of a field of a segment register. */
export const segmentField = (number: number, field: number): number =>
  S.SEGMENT + number * S.SEGMENT_SIZE + field;
/** And of the stack pointer. */
export const RSP = S.GPR + 8 * S.RSP;
const LOW32 = 0xffff_ffffn;
/** Of a selector: it names a descriptor of the LDT. */
const TABLE_INDICATOR = 4;

// Parameters of the function.
const VECTOR = 0;
const ERROR = 1;
const SOFTWARE = 2;

/** The pieces for one function, and its locals. */
export class GatePieces {
  readonly f: FunctionBuilder;
  readonly #flagsGet: number;
  readonly #fillTlb: number;
  /** Before the event. */
  readonly cpl: number;
  /** The TLB table of the processor's own accesses. */
  readonly table: number;
  /** Linear address that find() looks for, and its place in memory 1. */
  readonly address: number;
  readonly host: number;
  /** The gate's first 64 bits, and their upper half. */
  readonly gate: number;
  readonly high: number;
  /** Where it leads: selector and offset. */
  readonly selector: number;
  readonly target: number;
  /** The stack before the frame is on it, and after; the selector that goes with a stack of the 32-bit TSS. */
  readonly pointer: number;
  readonly bottom: number;
  readonly stackSelector: number;

  /** Function indices: flagsGet of the core functions, fillTlb. */
  constructor(f: FunctionBuilder, flagsGet: number, fillTlb: number) {
    this.f = f;
    this.#flagsGet = flagsGet;
    this.#fillTlb = fillTlb;
    this.cpl = f.local('i32');
    this.table = f.local('i32');
    this.address = f.local('i64');
    this.host = f.local('i32');
    this.gate = f.local('i64');
    this.high = f.local('i32');
    this.target = f.local('i64');
    this.pointer = f.local('i64');
    this.bottom = f.local('i64');
    this.selector = f.local('i32');
    this.stackSelector = f.local('i32');
  }

  get(offset: number): void {
    this.f.i32Const(0);
    this.f.load('i32.load', offset);
  }
  get64(offset: number): void {
    this.f.i32Const(0);
    this.f.load('i64.load', offset);
  }
  set(offset: number, push: () => void): void {
    this.f.i32Const(0);
    push();
    this.f.store('i32.store', offset);
  }
  set64(offset: number, push: () => void): void {
    this.f.i32Const(0);
    push();
    this.f.store('i64.store', offset);
  }
  /** Pops a condition under which this is no usual case. */
  refuse(): void {
    const { f } = this;
    f.if_(undefined, 'unlikely');
    f.i32Const(0);
    f.op('return');
    f.end();
  }
  /** Finds the place of address in memory 1, from where `bytes` lie in one page: host. */
  find(bytes: number, array: number, table = this.table): void {
    const { f } = this;
    f.localGet(this.address);
    f.op('i32.wrap_i64');
    f.i32Const(0xfff);
    f.op('i32.and');
    f.i32Const(4096 - bytes);
    f.op('i32.gt_u');
    this.refuse();
    f.localGet(table);
    f.localGet(this.address);
    f.op('i32.wrap_i64');
    emitEntryOffset(f);
    f.op('i32.add');
    f.localTee(this.host);
    f.load('i64.load', array + E.TLB_TAG);
    f.localGet(this.address);
    f.i64Const(-4096n);
    f.op('i64.and');
    f.op('i64.ne');
    f.if_(undefined, 'unlikely');
    f.localGet(this.address);
    f.i32Const(bytes | (array === 0 ? 0 : KIND_WRITE));
    f.localGet(table);
    f.call(this.#fillTlb);
    f.op('i32.eqz');
    f.if_(undefined, 'unlikely');
    // If this is a page fault, it is found again.
    this.set(E.PAGE_FAULT, () => f.i32Const(0));
    f.i32Const(0);
    f.op('return');
    f.end();
    f.end();
    f.localGet(this.host);
    f.load('i32.load', array + E.TLB_ADDEND);
    f.localGet(this.address);
    f.op('i32.wrap_i64');
    f.op('i32.add');
    f.localSet(this.host);
  }
  /** The gate of the vector, `bytes` long, into gate and high; its type and rights are looked at. host stays at it. */
  readGate(bytes: 8 | 16): void {
    const { f } = this;
    f.localGet(VECTOR);
    f.i32Const(bytes);
    f.op('i32.mul');
    f.i32Const(bytes - 1);
    f.op('i32.add');
    this.get(S.IDTR_LIMIT);
    f.op('i32.gt_u');
    this.refuse();
    this.get64(S.IDTR_BASE);
    f.localGet(VECTOR);
    f.i32Const(bytes);
    f.op('i32.mul');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    if (bytes === 8) this.cut();
    f.localSet(this.address);
    this.find(bytes, 0);
    f.localGet(this.host);
    f.load('i64.load', 0, 1);
    f.localTee(this.gate);
    f.i64Const(32);
    f.op('i64.shr_u');
    f.op('i32.wrap_i64');
    f.localTee(this.high);
    // Present, of type 14 or 15.
    f.i32Const(0x9e00);
    f.op('i32.and');
    f.i32Const(0x8e00);
    f.op('i32.ne');
    f.localGet(SOFTWARE);
    f.localGet(this.high);
    f.i32Const(13);
    f.op('i32.shr_u');
    f.i32Const(3);
    f.op('i32.and');
    f.localGet(this.cpl);
    f.op('i32.lt_u');
    f.op('i32.and');
    f.op('i32.or');
    this.refuse();
    f.localGet(this.gate);
    f.op('i32.wrap_i64');
    f.i32Const(16);
    f.op('i32.shr_u');
    f.localSet(this.selector);
  }
  /** i64 on the stack, cut to 32 bits. */
  cut(): void {
    this.f.i64Const(LOW32);
    this.f.op('i64.and');
  }
  /** The selector in a local must name this descriptor of the GDT. */
  requireDescriptor(selector: number, descriptor: bigint, wide: boolean): void {
    const { f } = this;
    f.localGet(selector);
    f.i32Const(0xfffc);
    f.op('i32.and');
    f.op('i32.eqz');
    f.localGet(selector);
    f.i32Const(TABLE_INDICATOR);
    f.op('i32.and');
    f.op('i32.or');
    f.localGet(selector);
    f.i32Const(7);
    f.op('i32.or');
    this.get(S.GDTR_LIMIT);
    f.op('i32.gt_u');
    f.op('i32.or');
    this.refuse();
    this.get64(S.GDTR_BASE);
    f.localGet(selector);
    f.i32Const(0xfff8);
    f.op('i32.and');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    if (!wide) this.cut();
    f.localSet(this.address);
    this.find(8, 0);
    f.localGet(this.host);
    f.load('i64.load', 0, 1);
    f.i64Const(descriptor);
    f.op('i64.ne');
    this.refuse();
  }
  /** bottom so many bytes below pointer, and eight or four more for an error code; host is its place. */
  makeRoom(push: () => void, unit: 4 | 8, table = this.table): void {
    const { f } = this;
    f.localGet(this.pointer);
    push();
    f.i32Const(unit);
    f.i32Const(0);
    f.localGet(ERROR);
    f.i32Const(0);
    f.op('i32.ge_s');
    f.op('select');
    f.op('i32.add');
    f.op('i64.extend_i32_u');
    f.op('i64.sub');
    f.localTee(this.bottom);
    f.localTee(this.address);
    // In one page, which also keeps it from reaching below address 0.
    f.localGet(this.pointer);
    f.i64Const(1);
    f.op('i64.sub');
    f.op('i64.xor');
    f.i64Const(12);
    f.op('i64.shr_u');
    f.i64Const(0);
    f.op('i64.ne');
    this.refuse();
    this.find(1, E.TLB_WRITES, table);
    f.localGet(ERROR);
    f.i32Const(0);
    f.op('i32.ge_s');
    f.if_();
    f.localGet(this.host);
    if (unit === 8) {
      f.localGet(ERROR);
      f.op('i64.extend_i32_u');
      f.store('i64.store', 0, 1);
    } else {
      f.localGet(ERROR);
      f.store('i32.store', 0, 1);
    }
    f.localGet(this.host);
    f.i32Const(unit);
    f.op('i32.add');
    f.localSet(this.host);
    f.end();
  }
  store(index: number, unit: 4 | 8, push: () => void): void {
    const { f } = this;
    f.localGet(this.host);
    push();
    f.store(unit === 8 ? 'i64.store' : 'i32.store', unit * index, 1);
  }
  pushSelector(number: number, unit: 4 | 8): void {
    this.f.i32Const(0);
    this.f.load(unit === 8 ? 'i64.load32_u' : 'i32.load', segmentField(number, S.SEGMENT_SELECTOR));
  }
  /** RFLAGS, i32. */
  pushFlags(): void {
    const { f } = this;
    this.get(S.FLAGS);
    f.i32Const(~FLAGS_STATUS);
    f.op('i32.and');
    f.i32Const(2);
    f.op('i32.or');
    f.call(this.#flagsGet);
    f.op('i32.or');
  }
  /** A flat segment register, or with a `limit` of 0 an unusable one. */
  setSegment(
    number: number,
    pushSelector: () => void,
    attributes: number,
    limit: number,
    fast: number,
  ): void {
    const { f } = this;
    this.set(segmentField(number, S.SEGMENT_SELECTOR), pushSelector);
    this.set(segmentField(number, S.SEGMENT_ATTRIBUTES), () => f.i32Const(attributes));
    this.set(segmentField(number, S.SEGMENT_LIMIT), () => f.i32Const(limit));
    this.set(segmentField(number, S.SEGMENT_FAST), () => f.i32Const(fast));
    this.set64(segmentField(number, S.SEGMENT_BASE), () => f.i64Const(0));
  }
  /** CS, RIP and the flags, for both kinds of gates. */
  commitCode(attributes: number): void {
    const { f } = this;
    const selector = () => {
      f.localGet(this.selector);
      f.i32Const(0xfffc);
      f.op('i32.and');
    };
    this.setSegment(S.CS, selector, attributes, -1, S.SEGMENT_FAST_READ);
    this.set64(S.RIP, () => f.localGet(this.target));
    this.set(S.FLAGS, () => {
      this.get(S.FLAGS);
      f.i32Const(~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM));
      f.i32Const(~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_IF));
      f.localGet(this.high);
      f.i32Const(0x100);
      f.op('i32.and');
      f.op('select');
      f.op('i32.and');
    });
    this.set(S.CPL, () => f.i32Const(0));
  }
}
