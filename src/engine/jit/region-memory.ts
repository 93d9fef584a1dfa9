// Memory accesses of a region. The access's page (region-pages.ts), which is two locals or a cell, knows the translation
// that was used last by it (docs/decisions/0009-pages-of-regions.md); core function translate is behind it. An access that
// faults, reaches a device or code, or crosses into another page is left to the interpreter.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import { KIND_CELL, KIND_MISSES, KIND_STACK, KIND_WRITE, KIND_X87 } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { stateLoad, storeOp } from '../soft/lower-memory.ts';
import { missKey } from '../soft/miss-counters.ts';
import { emitEntryOffset } from '../soft/tlb-offset.ts';
import { checksX87 } from './assumptions.ts';
import type { InstructionFacts } from './instruction-facts.ts';
import type { Region } from './region.ts';
import { RegionFrame } from './region-frame.ts';
import { type Page, RegionPages } from './region-pages.ts';
import type { RegionModule, RegionPlace } from './region-places.ts';
import { offsetOf } from './region-values.ts';
import type { Window, WindowAccess } from './region-windows.ts';

/** Index of the guest's memory in modules of regions. */
const RAM = 0;

type Access = Uop & { op: 'load' | 'store' };
const isWrite = (uop: Access): boolean => uop.op === 'store' || uop.intent === 'write';

/** A place in the guest's memory: what a local holds, and a constant distance. */
interface Place {
  readonly local: number;
  readonly offset: number;
}

export abstract class RegionMemory extends RegionFrame {
  protected readonly pages: RegionPages;
  #instruction!: InstructionFacts;
  /** Address value of a load with write intent -> its place in the guest's memory. */
  readonly #hostAddresses = new Map<number, Place>();
  /** Locals that are free when the present instruction has been lowered. */
  readonly #used: number[] = [];

  constructor(f: FunctionBuilder, module: RegionModule, region: Region, place: RegionPlace) {
    super(f, module, region, place);
    this.pages = new RegionPages(region, this.flow, this.facts, this.wide);
    for (const page of this.pages.locals) {
      page.tag = f.local('i64');
      page.addend = f.local('i32');
    }
    this.marksBudget = this.pages.changesInLoops;
  }

  /** An instruction begins: nothing is known about addresses. */
  protected override beginInstruction(facts: InstructionFacts): void {
    for (const local of this.#used) this.f.release(local);
    this.#used.length = 0;
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
  #pushPlace(uop: Access, address: number): void {
    const bytes = uop.bits / 8;
    // 16 bytes often are not aligned.
    const aligned = bytes < 16 ? bytes : 1;
    this.#pushPlaceInPage(uop, address, address, aligned, aligned < bytes ? bytes : 0);
  }
  /**
   * Likewise of the byte whose address is in the local `from`, aligned to `aligned` bytes, in the page of the access. Where
   * `whole` is not 0, it is made sure that so many bytes are in that page.
   */
  #pushPlaceInPage(uop: Access, address: number, from: number, aligned: number, whole: number): void {
    const { f } = this;
    const page = this.pages.of(this.#instruction, uop);
    // In loops the locals change outside only: fewer values meet.
    const looping = page.addend >= 0 && this.pages.isLooping(this.#instruction);
    const addend = page.addend < 0 || looping ? f.scratch('i32') : page.addend;
    if (page.scattered) this.#lookUp(page, address, addend);
    else {
      if (page.addend < 0) this.#loadCell(page, 'i32.load', E.TLB_ADDEND);
      else if (looping) f.localGet(page.addend);
      if (page.addend < 0 || looping) f.localSet(addend);
      this.#pushTag(page);
    }
    if (this.wide) {
      f.localGet(from);
      f.i64Const(aligned - 1 - 4096);
      f.op('i64.and');
    } else {
      f.localGet(from);
      f.i32Const(aligned - 1 - 4096);
      f.op('i32.and');
      f.op('i64.extend_i32_u');
    }
    f.op('i64.ne');
    if (whole > 0) {
      this.#pushEndsBeyond(from, whole);
      f.op('i32.or');
    }
    f.if_(undefined, 'unlikely');
    this.#pushAddress64(address);
    f.localGet(this.tlb);
    const write = isWrite(uop) ? KIND_WRITE : 0;
    const x87 = checksX87(this.#instruction.uops) ? KIND_X87 : 0;
    const key = missKey(this.place.id) << KIND_MISSES;
    const cell = page.cell << KIND_CELL;
    f.i32Const(key | cell | (uop.bits / 8) | write | (uop.stack ? KIND_STACK : 0) | x87);
    f.i32Const(this.where(this.offset, this.remaining));
    f.call(this.core.translate);
    f.localTee(addend);
    f.i32Const(1);
    f.op('i32.eq');
    f.brIf(f.depth - this.tail, 'unlikely');
    if (page.tag >= 0) {
      if (looping) f.localGet(this.budget);
      this.#pushAddress64(address);
      f.i64Const(-4096n);
      f.op('i64.and');
      if (looping) {
        // It need not be another one: accesses that are not aligned come here, too.
        f.localGet(page.tag);
        f.op('i64.ne');
        f.i32Const(31);
        f.op('i32.shl');
        f.op('i32.or');
        f.localSet(this.budget);
      } else f.localSet(page.tag);
    }
    f.end();
    this.#pushAddress32(from);
    f.localGet(addend);
    f.op('i32.add');
    if (page.addend < 0 || looping) f.release(addend);
  }
  /** Pushes the tag of the TLB's entry for an address; its addend goes into a local. */
  #lookUp({ writes }: Page, address: number, addend: number): void {
    const { f } = this;
    const array = writes ? E.TLB_WRITES : 0;
    const entry = f.scratch('i32');
    this.#pushAddress32(address);
    emitEntryOffset(f);
    f.localGet(this.tlb);
    f.op('i32.add');
    f.localTee(entry);
    f.load('i32.load', array + E.TLB_ADDEND);
    f.localSet(addend);
    f.localGet(entry);
    f.load('i64.load', array + E.TLB_TAG);
    f.release(entry);
  }
  /** Pushes whether so many bytes from an address reach into the next page. */
  #pushEndsBeyond(address: number, bytes: number): void {
    const { f } = this;
    this.#pushAddress32(address);
    f.i32Const(4095);
    f.op('i32.and');
    f.i32Const(4096 - bytes);
    f.op('i32.gt_u');
  }

  /** The place of an access: its own, or that of its window. */
  #placeOf(uop: Access): Place {
    const access = this.#instruction.inWindows?.get(uop);
    if (access) return this.#placeInWindow(uop, access);
    const address = this.#addressOf(uop.address);
    this.#pushPlace(uop, address.local);
    address.release();
    const local = this.f.scratch('i32');
    this.f.localSet(local);
    this.#used.push(local);
    return { local, offset: 0 };
  }
  #placeInWindow(uop: Access, { window, first, offset }: WindowAccess): Place {
    if (first) {
      const address = this.#addressOf(uop.address);
      this.#openWindow(uop, address.local, window);
      address.release();
    } else this.forgo(uop.address);
    if (--window.left === 0) this.#used.push(window.local);
    return { local: window.local, offset };
  }
  /** Looks the page of a window up, for its first access. */
  #openWindow(uop: Access, address: number, window: Window): void {
    const { f } = this;
    window.local = f.scratch('i32');
    if (window.length * 8 === uop.bits) {
      this.#pushPlace(uop, address);
      f.localSet(window.local);
      return;
    }
    const type = this.wide ? 'i64' : 'i32';
    const from = window.low === 0 ? address : f.scratch(type);
    if (from !== address) {
      f.localGet(address);
      if (this.wide) f.i64Const(window.low);
      else f.i32Const(window.low);
      f.op(`${type}.add`);
      f.localSet(from);
    }
    this.#pushEndsBeyond(from, window.length);
    f.if_(undefined, 'unlikely');
    f.i32Const(0);
    f.i32Const(1);
    f.store('i32.store', E.SPREAD);
    this.bail();
    f.end();
    this.#pushPlaceInPage(uop, address, from, 1, 0);
    f.localSet(window.local);
    if (from !== address) f.release(from);
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
    this.#load(this.pages.locals);
  }
  /** Those that a loop accesses. */
  protected loadPagesOf(header: number): void {
    this.#load(this.pages.ofLoop.get(header) ?? []);
  }
  #load(pages: readonly Page[]): void {
    const { f } = this;
    for (const page of pages) {
      this.#loadCell(page, 'i64.load', E.TLB_TAG);
      f.localSet(page.tag);
      this.#loadCell(page, 'i32.load', E.TLB_ADDEND);
      f.localSet(page.addend);
    }
  }

  #lowerLoad(uop: Uop & { op: 'load' }): void {
    const place = this.#pushPlaceOf(uop, uop.intent === 'write');
    this.f.load(stateLoad(uop.bits), place, RAM);
    this.define(uop.result);
  }
  /** Pushes an access's place but for an offset, which it answers; it is remembered where the same is accessed again. */
  #pushPlaceOf(uop: Access, again: boolean): number {
    const { f } = this;
    if (!again && !this.#instruction.inWindows?.get(uop)) {
      const address = this.#addressOf(uop.address);
      this.#pushPlace(uop, address.local);
      address.release();
      return 0;
    }
    const place = this.#placeOf(uop);
    if (again) this.#hostAddresses.set(uop.address.id, place);
    f.localGet(place.local);
    return place.offset;
  }

  #lowerStore(uop: Uop & { op: 'store' }): void {
    const { f } = this;
    const known = this.#hostAddresses.get(uop.address.id);
    let offset: number;
    if (known) {
      // The load with write intent before it has found the place.
      this.forgo(uop.address);
      f.localGet(known.local);
      offset = known.offset;
    } else offset = this.#pushPlaceOf(uop, false);
    this.push(uop.value);
    f.store(storeOp(uop.bits, uop.value.type), offset, RAM);
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
