// A region as a wasm function: (descriptor i32) -> (), in the table beside the interpreter's handlers.
//
//   budget, RIP base, TLB table and the registers it touches into locals
//   block $tail
//     ...the blocks, as structured control flow (structure.ts)...
//   end
//   $tail: everything back into the state, for whoever left in the middle
//
// Leaving. An edge that is taken often stores what has changed and goes on by itself: through a link cell
// to a block of its own pages, otherwise through the jump cache. All other ways out are rare and share the
// tail: they leave in WHERE the place, how many instructions of the block were not executed after all, and
// which kind of flags is in the locals:
//
//   31     29 28            17   16   15   10 9         0
//   +--------+-----------------+------+-------+----------+
//   |  page  | offset in page  | bail | flags |  count   |      page: index into region.pages, or FAR
//   +--------+-----------------+------+-------+----------+
//
// `bail` says that the interpreter must execute the instruction there: it faults, reaches a device or
// changes code, or its rare case needs a helper. Nothing of it has been done yet (decision D6).
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { ValueType as WasmType } from '../../wasm/types.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import { D_HANDLER, D_LINK } from '../interp/descriptor.ts';
import { type CoreFunctions, KIND_CELL, KIND_STACK, KIND_WRITE } from '../soft/core-functions.ts';
import * as E from '../soft/engine-state.ts';
import { FLAGS_DYNAMIC, FLAGS_IN_STATE } from '../soft/flag-kinds.ts';
import { stateLoad, storeOp } from '../soft/lower-memory.ts';
import { MXCSR_ASSUMED, MXCSR_PLAIN } from './assumptions.ts';
import type { BlockEnd, Edge, Region, RegionBlock } from './region.ts';
import { analyseRegion, type BlockFacts, type RegionFacts } from './region-analysis.ts';
import { RegionFlags } from './region-flags.ts';
import { offsetOf } from './region-values.ts';
import { forEachRegister, registerOffset } from './registers.ts';
import { analyse, type ControlFlow, emitStructured, type StructureSink, type Ways } from './structure.ts';
import { findHash } from './switch-hash.ts';

/** What a module of regions offers to each of them. */
export interface RegionModule {
  readonly core: CoreFunctions;
  /** Type index of a handler, (i32) -> (). */
  readonly handlerType: number;
  /** Table index of the handler table. */
  readonly table: number;
  /** Regions count their instructions and their ways out. */
  readonly counts: boolean;
  routine(routine: Routine): number;
}
/** Where a region's function goes, and what it goes back to. */
export interface RegionPlace {
  /** Identifier, not 0, for samples. */
  readonly id: number;
  /** Slot of the handler that runs the entry's block otherwise. */
  readonly plain: number;
  /** Byte address of its first link cell. */
  readonly cells: number;
}

/** Causes of leaving, as counted at COUNT_REGION_LEAVES. */
export const LEAVE_LINK = 0;
export const LEAVE_JUMP = 1;
export const LEAVE_COLD = 2;
export const LEAVE_BUDGET = 3;
export const LEAVE_BAIL = 4;
export const LEAVE_CAUSES = [
  'linked branch',
  'jump',
  'cold branch',
  'budget',
  'left to the interpreter',
] as const;

const DESCRIPTOR = 0;
export const FAR = 7;
export const WHERE_PAGE = 29;
export const WHERE_OFFSET = 17;
export const WHERE_BAIL = 1 << 16;
export const WHERE_FLAGS = 10;
export const WHERE_COUNT = 0x3ff;
/** Longest list of predicted targets that is compared one by one. */
const COMPARED_TARGETS = 3;

/** Cells that a region needs: link cells, one for every exit, taken often, to its own pages; then one for each jump site. */
export function linkCellCount(region: Region): number {
  return linkedExits(region).length + jumpSites(region).length;
}
/**
 * Offsets of the instructions that jump to a computed address and may leave the region by it. Where they went last
 * is in their cell, relative to the first byte of the entry's page (0: they have not left yet).
 */
export function jumpSites(region: Region): number[] {
  return jumpBlocks(region).map(({ offset, instructions }) => instructions.at(-1)?.offset ?? offset);
}
function jumpBlocks(region: Region): RegionBlock[] {
  return region.blocks.filter(({ end }) => end.kind === 'jump');
}
/** Offsets in its own pages to which a region leaves often. */
export function linkedExits(region: Region): number[] {
  return region.blocks.flatMap((block) => exitsOf(block.end, region));
}
function exitsOf(end: BlockEnd, region: Region): number[] {
  const linked = (edge: Edge) =>
    edge.kind === 'exit' && !edge.cold && hasPage(region, edge.offset) ? [edge.offset] : [];
  switch (end.kind) {
    case 'goto':
      return linked(end.to);
    case 'branch':
      return [...linked(end.taken), ...linked(end.next)];
    case 'interpret':
      return hasPage(region, end.offset) ? [end.offset] : [];
    case 'jump':
      return [];
  }
}
function hasPage(region: Region, offset: number): boolean {
  return region.pages.some((page) => page.index === offset >> 12);
}

export class RegionLowering extends RegionFlags implements StructureSink {
  readonly #module: RegionModule;
  readonly #region: Region;
  readonly #place: RegionPlace;
  readonly #flow: ControlFlow;
  readonly #facts: RegionFacts;
  readonly #budget: number;
  /** Budget at the entry, where instructions are counted; otherwise -1. */
  readonly #granted: number;
  readonly #base: number;
  readonly #tlb: number;
  readonly #far: number;
  #usesFar = false;
  /** Local with the RIP to which a jump with shared predictions goes; -1 where there is none yet. */
  #sharedTarget = -1;
  #cell: number;
  /** Blocks that end in a computed jump -> byte address of the cell for where it went. */
  readonly #siteCells: ReadonlyMap<RegionBlock, number>;
  /** Depth of the tail's block, and of every open merge block and loop. */
  #tail = 0;
  readonly #labels = new Map<number, number>();
  readonly #opened: number[] = [];
  #ways!: Ways;
  // The block and instruction being lowered.
  #block!: RegionBlock;
  #blockFacts!: BlockFacts;
  #offset = 0;
  #next = 0;
  /** Instructions of the block that have not been executed yet, the present one included. */
  #remaining = 0;
  /** Address value of a load with write intent -> local with its offset in memory 1. */
  readonly #hostAddresses = new Map<number, number>();

  constructor(f: FunctionBuilder, module: RegionModule, region: Region, place: RegionPlace) {
    const wide = region.mode.bits === 64;
    super(f, module.core, wide);
    this.#module = module;
    this.#region = region;
    this.#place = place;
    this.#flow = analyse(region.blocks);
    this.#facts = analyseRegion(region, (block) => this.#flow.isLoopHeader[block] !== 0);
    this.#cell = place.cells;
    const sites = place.cells + 4 * linkedExits(region).length;
    this.#siteCells = new Map(jumpBlocks(region).map((block, i) => [block, sites + 4 * i]));
    this.#budget = f.local('i32');
    this.#granted = module.counts ? f.local('i32') : -1;
    this.#base = f.local(wide ? 'i64' : 'i32');
    this.#tlb = f.local('i32');
    this.#far = f.local('i32');
    forEachRegister(this.#facts.touched, (register) => {
      this.registerLocals.set(register, f.local(register >= 16 ? 'v128' : wide ? 'i64' : 'i32'));
    });
  }

  lowerRegion(): void {
    const { f } = this;
    this.#enter();
    f.block();
    this.#tail = f.depth;
    emitStructured(this.#flow, this);
    f.end();
    this.#leaveAtTail();
  }

  // ---- entry and tail ----

  #enter(): void {
    const { f } = this;
    const plain = () => {
      f.localGet(DESCRIPTOR);
      f.i32Const(this.#place.plain);
      f.returnCallIndirect(this.#module.handlerType, this.#module.table);
    };
    f.i32Const(0);
    f.load('i32.load', E.BUDGET);
    f.localTee(this.#budget);
    f.i32Const(this.#flow.longest[0]!);
    f.op('i32.lt_s');
    f.if_(undefined, 'unlikely');
    f.i32Const(0);
    f.i32Const(this.#place.id);
    f.store('i32.store', E.SAMPLED_REGION);
    plain();
    f.end();
    f.i32Const(0);
    f.load(this.wide ? 'i64.load' : 'i32.load', E.RIP_BASE);
    f.localSet(this.#base);
    this.#checkPages(plain);
    this.#checkFloats(plain);
    f.i32Const(0);
    f.load('i32.load', E.TLB_TABLE);
    f.localSet(this.#tlb);
    if (this.#granted >= 0) {
      f.localGet(this.#budget);
      f.localSet(this.#granted);
    }
    this.#loadRegisters(plain);
  }
  /** Outside 64-bit mode the upper halves of the general registers must be zero, as they are unless 64-bit code has left something there. */
  #loadRegisters(plain: () => void): void {
    const { f } = this;
    const { touched } = this.#facts;
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
    const { assumesSse, assumesPlainFloats } = this.#facts;
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
    if (this.#region.pages.length === 1) return;
    const entry = f.scratch('i32');
    const address = f.scratch('i64');
    let first = true;
    for (const page of this.#region.pages.slice(1)) {
      // Flat code: RIP is the linear address.
      f.localGet(this.#base);
      if (!this.wide) f.op('i64.extend_i32_u');
      f.i64Const(page.index * 4096);
      f.op('i64.add');
      if (!this.wide) {
        f.i64Const(0xffff_ffffn);
        f.op('i64.and');
      }
      f.localTee(address);
      f.op('i32.wrap_i64');
      f.i32Const(8);
      f.op('i32.shr_u');
      f.i32Const((E.EXECUTE_ENTRIES - 1) << 4);
      f.op('i32.and');
      f.i32Const(0);
      f.load('i32.load', E.EXECUTE_TABLE);
      f.op('i32.add');
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
    plain();
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
    f.i32Const(63);
    f.op('i32.and');
    f.localTee(kind);
    f.i32Const(FLAGS_DYNAMIC);
    f.op('i32.eq');
    f.if_();
    f.localGet(this.kind);
    f.localSet(kind);
    f.end();
    f.localGet(kind);
    this.callMaterialize();
    this.#store(this.#facts.written);
    f.localGet(where);
    f.i32Const(WHERE_COUNT);
    f.op('i32.and');
    f.localGet(this.#budget);
    f.op('i32.add');
    f.localSet(this.#budget);
    this.#storeBudget();
    this.#pushRip(() => this.#pushOffset(where));
    f.localSet(rip);
    f.localGet(where);
    f.i32Const(WHERE_BAIL);
    f.op('i32.and');
    f.if_();
    this.#count(LEAVE_BAIL);
    f.i32Const(0);
    f.localGet(rip);
    f.store('i64.store', S.RIP);
    f.i32Const(0);
    f.i32Const(E.EXIT_BAIL);
    f.store('i32.store', E.EXIT);
    f.op('return');
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
    const { pages } = this.#region;
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
    f.localGet(this.#base);
    pushOffset();
    if (this.wide) {
      f.op('i64.extend_i32_s');
      f.op('i64.add');
    } else {
      f.op('i32.add');
      f.op('i64.extend_i32_u');
    }
  }
  #pushRipOf(offset: number): void {
    const { f } = this;
    f.localGet(this.#base);
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
  #store(set: number): void {
    const { f } = this;
    forEachRegister(set, (register) => {
      f.i32Const(0);
      f.localGet(this.registerLocals.get(register)!);
      if (register < 16 && !this.wide) f.op('i64.extend_i32_u');
      f.store(register >= 16 ? 'v128.store' : 'i64.store', registerOffset(register));
    });
  }
  #storeBudget(): void {
    const { f } = this;
    f.i32Const(0);
    f.localGet(this.#budget);
    f.store('i32.store', E.BUDGET);
    if (this.#granted < 0) return;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i64.load', E.COUNT_REGION_INSTRUCTIONS);
    f.localGet(this.#granted);
    f.localGet(this.#budget);
    f.op('i32.sub');
    f.op('i64.extend_i32_u');
    f.op('i64.add');
    f.store('i64.store', E.COUNT_REGION_INSTRUCTIONS);
  }
  /** Counts a way out, where they are counted. */
  #count(cause: number): void {
    if (!this.#module.counts) return;
    const { f } = this;
    const address = E.COUNT_REGION_LEAVES + 8 * cause;
    f.i32Const(0);
    f.i32Const(0);
    f.load('i64.load', address);
    f.i64Const(1);
    f.op('i64.add');
    f.store('i64.store', address);
  }

  /** The word that tells the tail about a place; in another page than the region's own, `far` is set besides. */
  #where(offset: number, count: number, bail: boolean): number {
    const page = this.#region.pages.findIndex(({ index }) => index === offset >> 12);
    return (
      ((page < 0 ? FAR : page) << WHERE_PAGE) |
      ((offset & 0xfff) << WHERE_OFFSET) |
      (bail ? WHERE_BAIL : 0) |
      (this.flags << WHERE_FLAGS) |
      count
    );
  }
  #toTail(offset: number, count: number, bail: boolean): void {
    const { f } = this;
    if (!hasPage(this.#region, offset)) {
      this.#usesFar = true;
      f.i32Const(offset | 0);
      f.localSet(this.#far);
    }
    f.i32Const(0);
    f.i32Const(this.#where(offset, count, bail));
    f.store('i32.store', E.WHERE);
    f.br(f.depth - this.#tail);
  }
  /** Leaves the present instruction to the interpreter. */
  #bail(): void {
    this.#toTail(this.#offset, this.#remaining, true);
  }

  // ---- control flow ----

  // StructureSink
  openBlock(target: number): void {
    this.f.block();
    this.#open(target);
  }
  openLoop(header: number): void {
    this.f.loop();
    this.#open(header);
  }
  #open(target: number): void {
    this.#opened.push(target);
    this.#labels.set(target, this.f.depth);
  }
  close(): void {
    this.f.end();
    this.#labels.delete(this.#opened.pop()!);
  }
  block(index: number, ways: Ways): void {
    const saved = [this.#block, this.#blockFacts, this.#ways] as const;
    this.#ways = ways;
    this.#emitBlock(index);
    [this.#block, this.#blockFacts, this.#ways] = saved;
  }

  #emitBlock(index: number): void {
    const { f } = this;
    const block = this.#region.blocks[index]!;
    const header = this.#flow.isLoopHeader[index] !== 0;
    if (header || this.#flow.isMerge[index]) {
      this.flags = this.#facts.blocks[index]!.flagsLiveIn ? FLAGS_DYNAMIC : FLAGS_IN_STATE;
    }
    const shared = block.instructions.length === 0;
    if (header && !shared) {
      f.localGet(this.#budget);
      f.i32Const(this.#flow.longest[index]!);
      f.op('i32.lt_s');
      f.if_(undefined, 'unlikely');
      this.#count(LEAVE_BUDGET);
      f.i32Const(0);
      f.i32Const(this.#place.id);
      f.store('i32.store', E.SAMPLED_REGION);
      this.#toTail(block.offset, 0, false);
      f.end();
    }
    this.#block = block;
    this.#blockFacts = this.#facts.blocks[index]!;
    const count = block.instructions.length;
    if (count > 0) {
      f.localGet(this.#budget);
      f.i32Const(count);
      f.op('i32.sub');
      f.localSet(this.#budget);
    }
    for (let i = 0; i < count; i++) {
      const { offset, instruction } = block.instructions[i]!;
      const facts = this.#blockFacts.instructions[i]!;
      this.#offset = offset;
      this.#next = offset + instruction.length;
      this.#remaining = count - i;
      this.flagsDead = !this.#blockFacts.flagsLive[i]!;
      if (facts.interpreted) {
        this.#bail();
        return;
      }
      for (const host of this.#hostAddresses.values()) f.release(host);
      this.#hostAddresses.clear();
      this.beginInstruction(facts.uops);
      const last = facts.uops[facts.uops.length - 1];
      this.lowerList(facts.uops);
      if (last?.op === 'branch' || last?.op === 'jump') {
        this.endInstruction();
        return;
      }
      this.endInstruction();
    }
    this.#remaining = 0;
    if (shared && block.end.kind === 'jump') {
      this.#jumpTo(block, this.#sharedTarget, block.end.predicted, header ? this.#flow.longest[index]! : 0);
    } else this.#emitEnd(block.end);
  }
  /** An end without a branching instruction. */
  #emitEnd(end: BlockEnd): void {
    if (end.kind === 'goto') this.#follow(end.to);
    else if (end.kind === 'interpret') this.#exit(end.offset);
    else throw new Error(`a block without a branch ends as ${end.kind}`);
  }

  /** Goes along an edge, from the end of the present block. */
  #follow(edge: Edge): void {
    if (edge.kind === 'block') {
      this.#goTo(edge.block);
    } else if (edge.cold) {
      this.#count(LEAVE_COLD);
      this.#toTail(edge.offset, 0, false);
    } else {
      this.#exit(edge.offset);
    }
  }
  #goTo(block: number): void {
    const { f } = this;
    if (this.#ways.way(block) === 'place') {
      // A loop goes round with whatever flags its end leaves.
      if (this.#flow.isLoopHeader[block]) this.makeDynamic();
      const { flags } = this;
      this.#ways.place(block);
      this.flags = flags;
      return;
    }
    const label = this.#labels.get(block)!;
    if (this.#facts.blocks[block]!.flagsLiveIn) {
      const { flags } = this;
      this.makeDynamic();
      this.flags = flags;
    }
    f.br(f.depth - label);
  }

  /** Leaves for an offset that is often gone to. */
  #exit(offset: number): void {
    const { f } = this;
    this.storeFlags();
    this.#store(this.#blockFacts.dirtyOut);
    this.#storeBudget();
    if (!hasPage(this.#region, offset)) {
      this.#count(LEAVE_JUMP);
      this.#pushRipOf(offset);
      f.returnCall(this.core.jumpFlat);
      return;
    }
    this.#count(LEAVE_LINK);
    if (offset >> 12 !== 0) {
      f.i32Const(0);
      this.#pushRipOf((offset >> 12) * 4096);
      f.store('i64.store', E.RIP_BASE);
    }
    const cell = this.#cell;
    this.#cell += 4;
    const descriptor = f.scratch('i32');
    f.i32Const(0);
    f.load('i32.load', cell);
    f.localTee(descriptor);
    f.if_(undefined, 'likely');
    f.localGet(descriptor);
    f.localGet(descriptor);
    f.load('i32.load', D_HANDLER);
    f.returnCallIndirect(this.#module.handlerType, this.#module.table);
    f.end();
    f.release(descriptor);
    f.i32Const(cell - D_LINK);
    this.#pushRipOf(offset);
    f.returnCall(this.core.branchFlat);
  }

  override lowerBranch(uop: Uop & { op: 'branch' }): void {
    const { f } = this;
    const { end } = this.#block;
    this.#remaining = 0;
    if (end.kind === 'goto') {
      if (uop.condition) this.forgo(uop.condition);
      this.#follow(end.to);
      return;
    }
    if (end.kind !== 'branch') throw new Error(`a branch ends its block as ${end.kind}`);
    if (!uop.condition) throw new Error('a branch without a condition has two ways');
    const hint = end.taken.kind === 'exit' && end.taken.cold ? 'unlikely' : undefined;
    const taken =
      end.taken.kind === 'block' && this.#ways.way(end.taken.block) === 'break'
        ? this.#labels.get(end.taken.block)
        : undefined;
    this.push(uop.condition);
    const { flags } = this;
    if (taken !== undefined && !this.#needsKind(end.taken)) {
      f.brIf(f.depth - taken);
    } else {
      f.if_(undefined, hint);
      this.#follow(end.taken);
      f.end();
    }
    this.flags = flags;
    this.#follow(end.next);
  }
  /** Going along the edge to an open label takes more than the branch itself. */
  #needsKind(edge: Edge): boolean {
    return (
      edge.kind === 'block' && this.#facts.blocks[edge.block]!.flagsLiveIn && this.flags !== FLAGS_DYNAMIC
    );
  }

  override lowerJump(target: Value): void {
    const { f } = this;
    const { end } = this.#block;
    this.#remaining = 0;
    // Several jumps share their predictions: a block without instructions.
    if (end.kind === 'goto') {
      if (this.#sharedTarget < 0) this.#sharedTarget = f.local('i64');
      this.push(target);
      f.localSet(this.#sharedTarget);
      this.#follow(end.to);
      return;
    }
    if (end.kind !== 'jump') throw new Error(`a jump ends its block as ${end.kind}`);
    const rip = f.scratch('i64');
    this.push(target);
    f.localSet(rip);
    this.#jumpTo(this.#block, rip, end.predicted, 0);
    f.release(rip);
  }
  /** Goes to the RIP in a local: within the region when it is predicted and the budget left is at least `needed`. */
  #jumpTo(block: RegionBlock, rip: number, predicted: readonly number[], needed: number): void {
    const { f } = this;
    const { flags } = this;
    if (needed > 0) {
      f.localGet(this.#budget);
      f.i32Const(needed);
      f.op('i32.ge_s');
      f.if_(undefined, 'likely');
    }
    // The target relative to the entry's page.
    const relative = f.scratch(this.wide ? 'i64' : 'i32');
    f.localGet(rip);
    if (!this.wide) f.op('i32.wrap_i64');
    f.localGet(this.#base);
    f.op(this.wide ? 'i64.sub' : 'i32.sub');
    f.localSet(relative);
    if (predicted.length <= COMPARED_TARGETS) {
      for (const block of predicted) {
        this.#compareTarget(relative, block);
        this.flags = flags;
      }
    } else {
      this.#dispatch(relative, predicted);
      this.flags = flags;
    }
    if (needed > 0) f.end();
    f.i32Const(0);
    f.localGet(relative);
    if (this.wide) f.op('i32.wrap_i64');
    f.store('i32.store', this.#siteCells.get(block)!);
    this.storeFlags();
    this.#store(this.#blockFacts.dirtyOut);
    this.#storeBudget();
    this.#count(LEAVE_JUMP);
    f.localGet(rip);
    f.returnCall(this.core.jumpFlat);
    f.release(relative);
  }
  /** Goes to the block if the relative target is its offset. */
  #compareTarget(relative: number, block: number): void {
    const { f } = this;
    const { offset } = this.#region.blocks[block]!;
    f.localGet(relative);
    if (this.wide) f.i64Const(offset);
    else f.i32Const(offset | 0);
    f.op(this.wide ? 'i64.eq' : 'i32.eq');
    f.if_();
    this.#goTo(block);
    f.end();
  }
  /** Many targets: a hash of the offset chooses the one that it can be. */
  #dispatch(relative: number, predicted: readonly number[]): void {
    const { f } = this;
    const offsets = predicted.map((block) => this.#region.blocks[block]!.offset);
    const { multiplier, shift, size, slots } = findHash(offsets);
    f.block();
    const none = f.depth;
    for (let i = predicted.length - 1; i >= 0; i--) f.block();
    const innermost = f.depth;
    f.localGet(relative);
    if (this.wide) f.op('i32.wrap_i64');
    f.i32Const(multiplier | 0);
    f.op('i32.mul');
    f.i32Const(shift);
    f.op('i32.shr_u');
    const depths = slots.map((slot) => (slot < 0 ? innermost - none : slot));
    f.brTable(depths.slice(0, size - 1), depths[size - 1]!);
    for (const block of predicted) {
      f.end();
      this.#compareTarget(relative, block);
      f.br(f.depth - none);
    }
    f.end();
  }

  // ---- memory ----

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
    f.localGet(this.#tlb);
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
    f.localGet(this.#tlb);
    f.load('i32.load', cell + E.TLB_ADDEND);
    f.op('i32.add');
    emit();
    f.br(1);
    f.end();
    const host = f.scratch('i32');
    this.#pushAddress64(address);
    f.i32Const((number << KIND_CELL) | bytes | (write ? KIND_WRITE : 0) | (uop.stack ? KIND_STACK : 0));
    f.i32Const(this.#where(this.#offset, this.#remaining, true));
    f.localGet(tag);
    f.call(this.core.regionTranslate);
    f.localTee(host);
    f.i32Const(-1);
    f.op('i32.eq');
    f.brIf(f.depth - this.#tail, 'unlikely');
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
    this.#bail();
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
      case 'faultIf':
        this.push(uop.condition);
        this.f.if_(undefined, 'unlikely');
        this.#bail();
        this.f.end();
        return;
      default:
        super.lower(uop);
    }
  }

  // ---- what else an engine is asked ----

  override lowerRip(which: 'current' | 'next'): void {
    this.#pushRipOf(which === 'next' ? this.#next : this.#offset);
  }
  override lowerCall(uop: Uop & { op: 'call' }): void {
    this.#bail();
    if (!uop.result) return;
    // Never reached, but later micro-operations use it.
    const { type } = uop.result;
    if (type === 'i64') this.f.i64Const(0);
    else if (type === 'i32') this.f.i32Const(0);
    else throw new Error(`helpers do not give a ${type}`);
    this.define(uop.result);
  }
  override routineFunction(routine: Routine): number {
    return this.#module.routine(routine);
  }
  override lowerRepeat(): void {
    this.#bail();
  }
  override lowerEndBlock(): void {
    this.#bail();
  }
  override pushDescriptor(): void {
    throw new Error('regions have no descriptors');
  }
  override pushField(field: string): void {
    throw new Error(`field ${field} was not specialized`);
  }
  override pushFieldAddress(field: string): void {
    throw new Error(`field ${field} was not specialized`);
  }
  override leaveFaulted(): void {
    this.#bail();
  }
  override tlbHit(): void {}
  override slowAccessDone(): void {}
}
