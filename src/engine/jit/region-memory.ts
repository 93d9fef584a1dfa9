// Memory accesses of a region. The page cell of the address's base register knows the page that was accessed
// last through it (docs/decisions/0007-regions.md); core function regionTranslate is behind it. An access that
// faults, reaches a device or code, or crosses into another page is left to the interpreter.
import type { ValueType as WasmType } from '../../wasm/types.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import { KIND_CELL, KIND_STACK, KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { stateLoad, storeOp } from '../soft/lower-memory.ts';
import { RegionFrame } from './region-frame.ts';
import { offsetOf } from './region-values.ts';

export abstract class RegionMemory extends RegionFrame {
  /** Address value of a load with write intent -> local with its offset in memory 1. */
  readonly #hostAddresses = new Map<number, number>();

  /** An instruction begins: nothing is known about addresses. */
  protected override beginInstruction(uops: readonly Uop[]): void {
    for (const host of this.#hostAddresses.values()) this.f.release(host);
    this.#hostAddresses.clear();
    super.beginInstruction(uops);
  }

  /** The linear address in a local of the general registers' type. */
  #addressOf(value: Value): { readonly local: number; readonly release: () => void } {
    const { f } = this;
    if (this.wide) return this.localOf(value);
    const local = f.scratch('i32');
    this.pushLow(value);
    f.localSet(local);
    return { local, release: () => f.release(local) };
  }
  #pushAddress32(local: number): void {
    this.f.localGet(local);
    if (this.wide) this.f.op('i32.wrap_i64');
  }
  #pushAddress64(local: number): void {
    this.f.localGet(local);
    if (!this.wide) this.f.op('i64.extend_i32_u');
  }
  /**
   * An access: `emit` is called twice, with the offset in memory 1 on the stack, for the usual way and for the other; it
   * leaves a value of `type` there, if that is not null. The page cell of the address's base register answers, unless
   * another page is accessed than last time through it, or the access is not aligned (so that none reaches into the
   * next page).
   */
  #access(
    uop: Uop & { op: 'load' | 'store' },
    address: number,
    write: boolean,
    type: WasmType | null,
    emit: () => void,
  ): void {
    const { f } = this;
    const bytes = uop.bits / 8;
    const number = this.#cellOf(uop.address);
    const cell = E.PAGE_CELLS + (number << E.TLB_ENTRY_SHIFT) + (write ? E.PAGE_CELL_WRITES : 0);
    // 16 bytes often are not aligned.
    const aligned = bytes < 16 ? bytes : 1;
    const tag = f.scratch('i64');
    f.block(type ?? undefined);
    f.block();
    f.localGet(this.tlb);
    f.load('i64.load', cell + E.TLB_TAG);
    f.localTee(tag);
    if (this.wide) {
      f.localGet(address);
      f.i64Const(aligned - 1 - 4096);
      f.op('i64.and');
    } else {
      f.localGet(address);
      f.i32Const(aligned - 1 - 4096);
      f.op('i32.and');
      f.op('i64.extend_i32_u');
    }
    f.op('i64.ne');
    f.brIf(0, 'unlikely');
    if (aligned < bytes) {
      this.#pushAddress32(address);
      f.i32Const(4095);
      f.op('i32.and');
      f.i32Const(4096 - bytes);
      f.op('i32.gt_u');
      f.brIf(0, 'unlikely');
    }
    this.#pushAddress32(address);
    f.localGet(this.tlb);
    f.load('i32.load', cell + E.TLB_ADDEND);
    f.op('i32.add');
    emit();
    f.br(1);
    f.end();
    const host = f.scratch('i32');
    this.#pushAddress64(address);
    f.i32Const((number << KIND_CELL) | bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
    f.i32Const(this.where(this.offset, this.remaining));
    f.localGet(tag);
    f.call(this.core.regionTranslate);
    f.localTee(host);
    f.i32Const(-1);
    f.op('i32.eq');
    f.brIf(f.depth - this.tail, 'unlikely');
    f.localGet(host);
    emit();
    f.end();
    f.release(host);
    f.release(tag);
  }
  /** Number of the page cell for an address: that of its base register, or one by the page of its displacement. */
  #cellOf(address: Value): number {
    const base = this.baseOf(address);
    if (base >= 0) return base;
    return 16 + ((this.displacementOf(address) >> 12) & 15);
  }

  #lowerLoad(uop: Uop & { op: 'load' }): void {
    const { f } = this;
    const modify = uop.intent === 'write';
    const address = this.#addressOf(uop.address);
    const load = () => f.load(stateLoad(uop.bits), 0, 1);
    if (modify) {
      const host = f.scratch('i32');
      this.#hostAddresses.set(uop.address.id, host);
      this.#access(uop, address.local, true, 'i32', () => {});
      f.localTee(host);
      load();
    } else {
      this.#access(uop, address.local, false, uop.result.type, load);
    }
    address.release();
    this.define(uop.result);
  }

  #lowerStore(uop: Uop & { op: 'store' }): void {
    const { f } = this;
    const store = storeOp(uop.bits, uop.value.type);
    const host = this.#hostAddresses.get(uop.address.id);
    if (host !== undefined) {
      // The load with write intent before it has found the place.
      this.forgo(uop.address);
      f.localGet(host);
      this.push(uop.value);
      f.store(store, 0, 1);
      return;
    }
    const address = this.#addressOf(uop.address);
    if (this.constantOf(uop.value) !== undefined) {
      this.keep(uop.value);
      this.#access(uop, address.local, true, null, () => {
        this.push(uop.value);
        f.store(store, 0, 1);
      });
    } else {
      const value = this.localOf(uop.value);
      this.#access(uop, address.local, true, null, () => {
        f.localGet(value.local);
        f.store(store, 0, 1);
      });
      value.release();
    }
    address.release();
  }

  /** Segments of the ordinary kind; the rest is the interpreter's. */
  #lowerLinear(uop: Uop & { op: 'linear' }): void {
    const { f } = this;
    const record = offsetOf(uop.segment);
    const offset = this.localOf(uop.offset);
    f.i32Const(0);
    f.load('i32.load', record + S.SEGMENT_FAST);
    f.i32Const(uop.access === 'write' ? S.SEGMENT_FAST_WRITE : S.SEGMENT_FAST_READ);
    f.op('i32.and');
    f.op('i32.eqz');
    f.localGet(offset.local);
    if (uop.bytes > 1) {
      f.i64Const(uop.bytes - 1);
      f.op('i64.add');
    }
    f.i32Const(0);
    f.load('i64.load32_u', record + S.SEGMENT_LIMIT);
    f.op('i64.gt_u');
    f.op('i32.or');
    f.if_(undefined, 'unlikely');
    this.bail();
    f.end();
    f.localGet(offset.local);
    f.i32Const(0);
    f.load('i64.load', record + S.SEGMENT_BASE);
    f.op('i64.add');
    f.i64Const(0xffff_ffffn);
    f.op('i64.and');
    offset.release();
    this.define(uop.result);
  }

  override lower(uop: Uop): void {
    switch (uop.op) {
      case 'load':
        this.#lowerLoad(uop);
        return;
      case 'store':
        this.#lowerStore(uop);
        return;
      case 'linear':
        this.#lowerLinear(uop);
        return;
      default:
        super.lower(uop);
    }
  }
}
