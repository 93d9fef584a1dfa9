// Memory accesses of a region. The access's page (region-pages.ts), which is two locals or a cell, knows the translation
// that was used last by it (docs/decisions/0009-pages-of-regions.md); region-translate.ts is behind it. An access that
// faults, reaches a device or code, or crosses into another page is left to the interpreter.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import { KIND_CELL, KIND_STACK, KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { stateLoad, storeOp } from '../soft/lower-memory.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import type { Region } from './region.ts';
import { RegionFrame } from './region-frame.ts';
import { type Page, RegionPages } from './region-pages.ts';
import type { RegionModule, RegionPlace } from './region-places.ts';
import { offsetOf } from './region-values.ts';

/** Index of the guest's memory in modules of regions. */
const RAM = 0;

export abstract class RegionMemory extends RegionFrame {
  protected readonly pages: RegionPages;
  #instruction!: InstructionFacts;
  /** Address value of a load with write intent -> local with its place in the guest's memory. */
  readonly #hostAddresses = new Map<number, number>();

  constructor(f: FunctionBuilder, module: RegionModule, region: Region, place: RegionPlace) {
    super(f, module, region, place);
    this.pages = new RegionPages(this.flow, this.facts, this.wide);
    for (const page of this.pages.locals) {
      page.tag = f.local('i64');
      page.addend = f.local('i32');
    }
  }

  /** An instruction begins: nothing is known about addresses. */
  protected override beginInstruction(facts: InstructionFacts): void {
    for (const host of this.#hostAddresses.values()) this.f.release(host);
    this.#hostAddresses.clear();
    this.#instruction = facts;
    super.beginInstruction(facts);
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
   * Pushes the offset in the guest's memory of an access. Its page answers, unless another one is accessed than last
   * time by it, or the access is not aligned (so that none reaches into the next page). Then the page becomes what is
   * accessed; the offset is the address and the page's addend in any case.
   */
  #pushPlace(uop: Uop & { op: 'load' | 'store' }, address: number, write: boolean): void {
    const { f } = this;
    const bytes = uop.bits / 8;
    const page = this.pages.of(this.#instruction, uop);
    // 16 bytes often are not aligned.
    const aligned = bytes < 16 ? bytes : 1;
    const addend = page.addend < 0 ? f.scratch('i32') : page.addend;
    if (page.addend < 0) {
      this.#loadCell(page, 'i32.load', E.TLB_ADDEND);
      f.localSet(addend);
    }
    this.#pushTag(page);
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
    if (aligned < bytes) {
      this.#pushAddress32(address);
      f.i32Const(4095);
      f.op('i32.and');
      f.i32Const(4096 - bytes);
      f.op('i32.gt_u');
      f.op('i32.or');
    }
    f.if_(undefined, 'unlikely');
    this.#pushAddress64(address);
    f.localGet(this.tlb);
    f.i32Const((page.cell << KIND_CELL) | bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
    f.i32Const(this.where(this.offset, this.remaining));
    f.call(this.module.translate);
    f.localTee(addend);
    f.i32Const(1);
    f.op('i32.eq');
    f.brIf(f.depth - this.tail, 'unlikely');
    if (page.tag >= 0) {
      this.#pushAddress64(address);
      f.i64Const(-4096n);
      f.op('i64.and');
      f.localSet(page.tag);
    }
    f.end();
    this.#pushAddress32(address);
    f.localGet(addend);
    f.op('i32.add');
    if (page.addend < 0) f.release(addend);
  }
  #pushTag(page: Page): void {
    if (page.tag >= 0) this.f.localGet(page.tag);
    else this.#loadCell(page, 'i64.load', E.TLB_TAG);
  }
  #loadCell({ cell, writes }: Page, op: 'i32.load' | 'i64.load', word: number): void {
    this.f.localGet(this.tlb);
    this.f.load(op, E.PAGE_CELLS + (cell << E.TLB_ENTRY_SHIFT) + (writes ? E.PAGE_CELL_WRITES : 0) + word);
  }
  /** The pages that are kept in locals, from their cells: at the entry, and when another TLB table has come into force. */
  protected override loadPages(): void {
    const { f } = this;
    for (const page of this.pages.locals) {
      this.#loadCell(page, 'i64.load', E.TLB_TAG);
      f.localSet(page.tag);
      this.#loadCell(page, 'i32.load', E.TLB_ADDEND);
      f.localSet(page.addend);
    }
  }

  #lowerLoad(uop: Uop & { op: 'load' }): void {
    const { f } = this;
    const modify = uop.intent === 'write';
    const address = this.#addressOf(uop.address);
    this.#pushPlace(uop, address.local, modify);
    if (modify) {
      const place = f.scratch('i32');
      this.#hostAddresses.set(uop.address.id, place);
      f.localTee(place);
    }
    f.load(stateLoad(uop.bits), 0, RAM);
    address.release();
    this.define(uop.result);
  }

  #lowerStore(uop: Uop & { op: 'store' }): void {
    const { f } = this;
    const store = storeOp(uop.bits, uop.value.type);
    const place = this.#hostAddresses.get(uop.address.id);
    if (place !== undefined) {
      // The load with write intent before it has found the place.
      this.forgo(uop.address);
      f.localGet(place);
    } else {
      const address = this.#addressOf(uop.address);
      this.#pushPlace(uop, address.local, true);
      address.release();
    }
    this.push(uop.value);
    f.store(store, 0, RAM);
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
