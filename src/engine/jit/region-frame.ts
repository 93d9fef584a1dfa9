// The frame of a region's function, (descriptor i32) -> (), in the table beside the interpreter's handlers:
//
//   budget, RIP base, TLB table and the registers it touches into locals
//   block $tail
//     ...the blocks...
//   end
//   $tail: everything back into the state, for whoever left in the middle
//
// Rare ways out share the tail: they leave in WHERE (region-places.ts) the place, how many instructions of
// the block were not executed after all, and which kind of flags is in the locals.
import type { FunctionBuilder } from '../../wasm/function.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { FLAGS_BASE, FLAGS_DYNAMIC } from '../soft/flag-kinds.ts';
import { emitExecuteEntry } from '../soft/tlb-offset.ts';
import { MXCSR_ASSUMED, MXCSR_PLAIN } from './assumptions.ts';
import type { Region } from './region.ts';
import { analyseRegion, type BlockFacts, type RegionFacts } from './region-analysis.ts';
import { isInLocal } from './region-flag-operands.ts';
import { RegionFlags } from './region-flags.ts';
import {
  FAR,
  hasPage,
  LEAVE_BAIL,
  type RegionModule,
  type RegionPlace,
  WHERE_COUNT,
  WHERE_FLAGS,
  WHERE_FLAGS_MASK,
  WHERE_OFFSET,
  WHERE_PAGE,
} from './region-places.ts';
import { forEachRegister, registerOffset } from './registers.ts';
import { analyse, type ControlFlow } from './structure.ts';

const DESCRIPTOR = 0;

export abstract class RegionFrame extends RegionFlags {
  protected readonly module: RegionModule;
  protected readonly region: Region;
  protected readonly place: RegionPlace;
  protected readonly flow: ControlFlow;
  protected readonly facts: RegionFacts;
  /** Locals: the budget, the RIP of the entry's page, the byte address of the TLB's table. */
  protected readonly budget: number;
  protected readonly base: number;
  protected readonly tlb: number;
  /** Bit 31 of the budget says in loops that pages have changed. */
  protected marksBudget = false;
  /** Budget at the entry, where instructions are counted; otherwise -1. */
  readonly #granted: number;
  readonly #far: number;
  #usesFar = false;
  /** Depth of the tail's block. */
  protected tail = 0;
  // The block and instruction being lowered.
  protected blockFacts!: BlockFacts;
  protected offset = 0;
  protected next = 0;
  /** Instructions of the block that have not been executed yet, the present one included. */
  protected remaining = 0;

  constructor(f: FunctionBuilder, module: RegionModule, region: Region, place: RegionPlace) {
    const wide = region.mode.bits === 64;
    super(f, module.core, wide);
    this.module = module;
    this.region = region;
    this.place = place;
    this.flow = analyse(region.blocks);
    this.facts = analyseRegion(region, this.flow);
    this.budget = f.local('i32');
    this.#granted = module.counts ? f.local('i32') : -1;
    this.base = f.local(wide ? 'i64' : 'i32');
    this.tlb = f.local('i32');
    this.#far = f.local('i32');
    forEachRegister(this.facts.touched, (register) => {
      this.registerLocals.set(register, f.local(register >= 16 ? 'v128' : wide ? 'i64' : 'i32'));
    });
  }

  /** Loads into locals what they keep of the TLB's table. */
  protected abstract loadPages(): void;
  /** The blocks, as structured control flow. */
  protected abstract lowerBlocks(): void;

  lowerRegion(): void {
    const { f } = this;
    this.#enter();
    f.block();
    this.tail = f.depth;
    this.lowerBlocks();
    f.end();
    this.#leaveAtTail();
  }

  #enter(): void {
    const { f } = this;
    const plain = () => {
      f.localGet(DESCRIPTOR);
      f.i32Const(this.place.plain);
      f.returnCallIndirect(this.module.handlerType, this.module.table);
    };
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.localTee(this.budget);
    f.i32Const(this.flow.longest[0]!);
    f.op('i32.lt_s');
    f.if_(undefined, 'unlikely');
    f.i32Const(0);
    f.i32Const(this.place.id);
    f.store('i32.store', E.SAMPLED_REGION);
    plain();
    f.end();
    f.i32Const(0);
    f.load(this.wide ? 'i64.load' : 'i32.load', E.RIP_BASE);
    f.localSet(this.base);
    this.#checkPages(plain);
    this.#checkFloats(plain);
    f.i32Const(0);
    f.load('i32.load', E.TLB_TABLE);
    f.localSet(this.tlb);
    this.loadPages();
    if (this.#granted >= 0) {
      f.localGet(this.budget);
      f.localSet(this.#granted);
    }
    this.#loadRegisters(plain);
  }
  /** Outside 64-bit mode the upper halves of the general registers must be zero, as they are unless 64-bit code has left something there. */
  #loadRegisters(plain: () => void): void {
    const { f } = this;
    const { touched } = this.facts;
    const checked = this.wide || (touched & 0xffff) === 0 ? -1 : f.scratch('i64');
    let first = true;
    forEachRegister(touched, (register) => {
      f.i32Const(0);
      f.load(register >= 16 ? 'v128.load' : 'i64.load', registerOffset(register));
      if (register < 16 && !this.wide) {
        const whole = f.scratch('i64');
        f.localTee(whole);
        if (!first) {
          f.localGet(checked);
          f.op('i64.or');
        }
        first = false;
        f.localSet(checked);
        f.localGet(whole);
        f.op('i32.wrap_i64');
        f.release(whole);
      }
      f.localSet(this.registerLocals.get(register)!);
    });
    if (checked < 0) return;
    f.localGet(checked);
    f.i64Const(32);
    f.op('i64.shr_u');
    f.op('i32.wrap_i64');
    f.if_(undefined, 'unlikely');
    plain();
    f.end();
    f.release(checked);
  }

  #checkFloats(plain: () => void): void {
    const { f } = this;
    const { assumesSse, assumesPlainFloats } = this.facts;
    if (!assumesSse && !assumesPlainFloats) return;
    f.i32Const(0);
    f.load('i32.load', S.SSE_TRAP);
    if (assumesPlainFloats) {
      f.i32Const(0);
      f.load('i32.load', S.MXCSR);
      f.i32Const(MXCSR_ASSUMED);
      f.op('i32.and');
      f.i32Const(MXCSR_PLAIN);
      f.op('i32.xor');
      f.op('i32.or');
    }
    f.if_(undefined, 'unlikely');
    plain();
    f.end();
  }
  /** Every further page must be where it was when the region was made. */
  #checkPages(plain: () => void): void {
    const { f } = this;
    if (this.region.pages.length === 1) return;
    const entry = f.scratch('i32');
    const address = f.scratch('i64');
    let first = true;
    const pushPage = (index: number): void => {
      // Flat code: RIP is the linear address.
      f.localGet(this.base);
      if (!this.wide) f.op('i64.extend_i32_u');
      f.i64Const(index * 4096);
      f.op('i64.add');
      if (!this.wide) {
        f.i64Const(0xffff_ffffn);
        f.op('i64.and');
      }
    };
    for (const page of this.region.pages.slice(1)) {
      pushPage(page.index);
      f.localTee(address);
      emitExecuteEntry(f);
      f.localTee(entry);
      f.load('i64.load', 0);
      f.localGet(address);
      f.op('i64.ne');
      f.localGet(entry);
      f.load('i32.load', 8);
      f.i32Const(page.frame);
      f.op('i32.ne');
      f.op('i32.or');
      if (!first) f.op('i32.or');
      first = false;
    }
    f.if_(undefined, 'unlikely');
    // The table may not know them yet.
    first = true;
    for (const page of this.region.pages.slice(1)) {
      pushPage(page.index);
      f.call(this.core.fetchPage);
      f.i32Const(page.frame);
      f.op('i32.ne');
      if (!first) f.op('i32.or');
      first = false;
    }
    f.if_(undefined, 'unlikely');
    plain();
    f.end();
    f.end();
    f.release(entry);
    f.release(address);
  }

  #leaveAtTail(): void {
    const { f } = this;
    const where = f.scratch('i32');
    const kind = f.scratch('i32');
    const rip = f.scratch('i64');
    f.i32Const(0);
    f.load('i32.load', E.WHERE);
    f.localTee(where);
    f.i32Const(WHERE_FLAGS);
    f.op('i32.shr_u');
    f.i32Const(WHERE_FLAGS_MASK);
    f.op('i32.and');
    f.localTee(kind);
    f.i32Const(FLAGS_BASE);
    f.op('i32.and');
    f.i32Const(FLAGS_DYNAMIC);
    f.op('i32.eq');
    f.if_();
    f.localGet(this.kind);
    f.localSet(kind);
    f.end();
    f.localGet(kind);
    this.callMaterialize();
    this.storeRegisters(this.facts.written);
    f.localGet(where);
    f.i32Const(WHERE_COUNT);
    f.op('i32.and');
    f.localGet(this.budget);
    f.op('i32.add');
    f.localSet(this.budget);
    this.storeBudget();
    this.#pushRip(() => this.#pushOffset(where));
    f.localSet(rip);
    f.localGet(where);
    f.i32Const(WHERE_COUNT);
    f.op('i32.and');
    f.if_();
    this.countLeave(LEAVE_BAIL);
    f.i32Const(0);
    f.localGet(rip);
    f.store('i64.store', S.RIP);
    f.returnCall(this.core.bail);
    f.end();
    f.localGet(rip);
    f.returnCall(this.core.jumpFlat);
  }
  /** Pushes the offset that WHERE names, i32. */
  #pushOffset(where: number): void {
    const { f } = this;
    f.localGet(where);
    f.i32Const(WHERE_OFFSET);
    f.op('i32.shr_u');
    f.i32Const(0xfff);
    f.op('i32.and');
    const { pages } = this.region;
    for (let i = 1; i < pages.length; i++) {
      f.i32Const(pages[i]!.index * 4096);
      f.i32Const(0);
      f.localGet(where);
      f.i32Const(WHERE_PAGE);
      f.op('i32.shr_u');
      f.i32Const(i);
      f.op('i32.eq');
      f.op('select');
      f.op('i32.add');
    }
    if (!this.#usesFar) return;
    const near = f.scratch('i32');
    f.localSet(near);
    f.localGet(this.#far);
    f.localGet(near);
    f.localGet(where);
    f.i32Const(WHERE_PAGE);
    f.op('i32.shr_u');
    f.i32Const(FAR);
    f.op('i32.eq');
    f.op('select');
    f.release(near);
  }
  /** Pushes the RIP of an offset (i32, pushed by the callback) as jumpFlat wants it. */
  #pushRip(pushOffset: () => void): void {
    const { f } = this;
    f.localGet(this.base);
    pushOffset();
    if (this.wide) {
      f.op('i64.extend_i32_s');
      f.op('i64.add');
    } else {
      f.op('i32.add');
      f.op('i64.extend_i32_u');
    }
  }
  protected pushRipOf(offset: number): void {
    const { f } = this;
    f.localGet(this.base);
    if (this.wide) {
      if (offset !== 0) {
        f.i64Const(offset);
        f.op('i64.add');
      }
    } else {
      if (offset !== 0) {
        f.i32Const(offset | 0);
        f.op('i32.add');
      }
      f.op('i64.extend_i32_u');
    }
  }
  /** Stores the registers of a set into the state. */
  protected storeRegisters(set: number): void {
    const { f } = this;
    forEachRegister(set, (register) => {
      f.i32Const(0);
      f.localGet(this.registerLocals.get(register)!);
      if (register < 16 && !this.wide) f.op('i64.extend_i32_u');
      f.store(register >= 16 ? 'v128.store' : 'i64.store', registerOffset(register));
    });
  }
  /** Loads registers that a core function has changed in the state. */
  protected loadRegisters(set: number): void {
    const { f } = this;
    forEachRegister(set, (register) => {
      f.i32Const(0);
      f.load(register >= 16 ? 'v128.load' : this.wide ? 'i64.load' : 'i32.load', registerOffset(register));
      f.localSet(this.registerLocals.get(register)!);
    });
  }
  protected storeBudget(): void {
    const { f } = this;
    if (this.marksBudget) {
      this.pushBudget();
      f.localSet(this.budget);
    }
    f.i32Const(0);
    f.localGet(this.budget);
    f.store('i32.store', E.BUDGET);
    if (this.#granted < 0) return;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i64.load', E.COUNT_REGION_INSTRUCTIONS);
    f.localGet(this.#granted);
    f.localGet(this.budget);
    f.op('i32.sub');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    f.store('i64.store', E.COUNT_REGION_INSTRUCTIONS);
  }
  /** Pushes the budget, without the bit that says that pages have changed (region-loops.ts). */
  protected pushBudget(): void {
    const { f } = this;
    f.localGet(this.budget);
    if (!this.marksBudget) return;
    f.i32Const(0x7fff_ffff);
    f.op('i32.and');
  }
  /** Counts a way out, where they are counted. */
  protected countLeave(cause: number): void {
    if (!this.module.counts) return;
    const { f } = this;
    const address = E.COUNT_REGION_LEAVES + 8 * cause;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i64.load', address);
    f.i64Const(1);
    f.op('i64.add');
    f.store('i64.store', address);
  }

  /**
   * The word that tells the tail about a place; in another page than the region's own, `far` is set besides. A count
   * other than 0 leaves the instruction there to the interpreter.
   */
  protected where(offset: number, count: number): number {
    const page = this.region.pages.findIndex(({ index }) => index === offset >> 12);
    return (
      ((page < 0 ? FAR : page) << WHERE_PAGE) |
      ((offset & 0xfff) << WHERE_OFFSET) |
      ((isInLocal(this.flags) ? FLAGS_DYNAMIC : this.flags) << WHERE_FLAGS) |
      count
    );
  }
  protected toTail(offset: number, count: number): void {
    const { f } = this;
    if (!hasPage(this.region, offset)) {
      this.#usesFar = true;
      f.i32Const(offset | 0);
      f.localSet(this.#far);
    }
    f.i32Const(0);
    f.i32Const(this.where(offset, count));
    f.store('i32.store', E.WHERE);
    f.br(f.depth - this.tail);
  }
  /** Leaves the present instruction to the interpreter. */
  protected bail(): void {
    this.toTail(this.offset, this.remaining);
  }
}
