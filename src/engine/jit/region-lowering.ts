// A region as a wasm function: its blocks in the form that structure.ts gives them, within the frame of
// region-frame.ts.
//
// Leaving. An edge that is taken often stores what has changed and goes on by itself: through a link cell
// to a block of its own pages, otherwise through the jump cache. All other ways out are rare and share the
// tail.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { Uop, Value } from '../../x86/uops/ir.ts';
import type { Routine } from '../../x86/uops/routine.ts';
import { D_HANDLER, D_LINK } from '../interp/descriptor.ts';
import * as E from '../soft/engine-state.ts';
import { FLAGS_DYNAMIC, FLAGS_IN_STATE } from '../soft/flag-kinds.ts';
import type { BlockEnd, Edge, Region, RegionBlock } from './region.ts';
import { isInLocal } from './region-flag-operands.ts';
import { RegionLoops } from './region-loops.ts';
import {
  hasPage,
  jumpBlocks,
  LEAVE_COLD,
  LEAVE_JUMP,
  LEAVE_LINK,
  linkedExits,
  type RegionModule,
  type RegionPlace,
} from './region-places.ts';
import { emitStructured, type StructureSink, type Ways } from './structure.ts';
import { findHash } from './switch-hash.ts';

/** Longest list of predicted targets that is compared one by one. */
const COMPARED_TARGETS = 3;
export class RegionLowering extends RegionLoops implements StructureSink {
  /** Local with the RIP to which a jump with shared predictions goes; -1 where there is none yet. */
  #sharedTarget = -1;
  /** Byte address of the next link cell. */
  #cell: number;
  /** Blocks that end in a computed jump -> byte address of the cell for where it went. */
  readonly #siteCells: ReadonlyMap<RegionBlock, number>;
  #ways!: Ways;
  /** The block being lowered. */
  #block!: RegionBlock;

  constructor(f: FunctionBuilder, module: RegionModule, region: Region, place: RegionPlace) {
    super(f, module, region, place);
    this.#cell = place.cells;
    const sites = place.cells + 4 * linkedExits(region).length;
    this.#siteCells = new Map(jumpBlocks(region).map((block, i) => [block, sites + 4 * i]));
  }

  protected override lowerBlocks(): void {
    emitStructured(this.flow, this);
  }

  // ---- control flow ----

  // StructureSink, with what region-loops.ts does of it
  block(index: number, ways: Ways): void {
    const saved = [this.#block, this.blockFacts, this.#ways] as const;
    this.#ways = ways;
    this.#emitBlock(index);
    [this.#block, this.blockFacts, this.#ways] = saved;
  }

  #emitBlock(index: number): void {
    const { f } = this;
    const block = this.region.blocks[index]!;
    const header = this.flow.isLoopHeader[index] !== 0;
    if (header || this.flow.isMerge[index]) {
      this.flags = this.facts.blocks[index]!.flagsLiveIn ? FLAGS_DYNAMIC : FLAGS_IN_STATE;
    }
    const shared = block.instructions.length === 0;
    this.#block = block;
    this.blockFacts = this.facts.blocks[index]!;
    const count = block.instructions.length;
    if (count > 0) {
      f.localGet(this.budget);
      f.i32Const(count);
      f.op('i32.sub');
      f.localSet(this.budget);
    }
    const { tail } = this;
    const entered = this.entered.get(index);
    if (entered) this.tail = entered.bail;
    for (let i = 0; i < count; i++) {
      if (entered && i > entered.flags.until) this.tail = tail;
      const { offset, instruction } = block.instructions[i]!;
      const facts = this.blockFacts.instructions[i]!;
      this.offset = offset;
      this.next = offset + instruction.length;
      this.remaining = count - i;
      this.flagsDead = !this.blockFacts.flagsLive[i]!;
      if (facts.interpreted) {
        this.bail();
        return;
      }
      if (facts.bulk >= 0) {
        this.lowerRepeatedString(facts, this.flow.longest[index]! - count);
        continue;
      }
      this.beginInstruction(facts);
      const last = facts.uops[facts.uops.length - 1];
      this.lowerList(facts.uops);
      const ends = block.end.kind === 'jump' && i === count - 1;
      if (last?.op === 'branch' || last?.op === 'jump' || ends) {
        this.endInstruction();
        return;
      }
      this.endInstruction();
    }
    this.tail = tail;
    this.remaining = 0;
    if (shared && block.end.kind === 'jump') {
      this.#jumpTo(block, this.#sharedTarget, block.end.predicted, header ? this.flow.longest[index]! : 0);
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
      this.countLeave(LEAVE_COLD);
      this.toTail(edge.offset, 0);
    } else {
      this.#exit(edge.offset);
    }
  }
  #goTo(block: number): void {
    const { f } = this;
    if (this.#ways.way(block) === 'place') {
      // A loop goes round with whatever flags its end leaves.
      if (this.flow.isLoopHeader[block]) this.makeDynamic();
      const { flags } = this;
      this.#ways.place(block);
      this.flags = flags;
      return;
    }
    if (this.#wantsKind(block)) {
      const { flags } = this;
      this.makeDynamic();
      this.flags = flags;
    }
    if (this.spent.has(block)) this.checkBudget(block);
    const entered = this.entered.get(block);
    if (entered && !entered.flags.agreeing.has(this.#block.index)) this.setEntered(entered);
    f.br(f.depth - this.labels.get(block)!);
  }
  /** Somebody at the block's beginning, or on the way to it, asks for the kind of the flags. */
  #wantsKind(block: number): boolean {
    return this.facts.blocks[block]!.flagsLiveIn || this.checksBudget(block);
  }

  /** Leaves for an offset that is often gone to. */
  #exit(offset: number): void {
    const { f } = this;
    this.storeFlags();
    this.storeRegisters(this.blockFacts.dirtyOut);
    this.storeBudget();
    if (!hasPage(this.region, offset)) {
      this.countLeave(LEAVE_JUMP);
      this.pushRipOf(offset);
      f.returnCall(this.core.jumpFlat);
      return;
    }
    this.countLeave(LEAVE_LINK);
    if (offset >> 12 !== 0) {
      f.i32Const(0);
      this.pushRipOf((offset >> 12) * 4096);
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
    f.returnCallIndirect(this.module.handlerType, this.module.table);
    f.end();
    f.release(descriptor);
    f.i32Const(cell - D_LINK);
    this.pushRipOf(offset);
    f.returnCall(this.core.branchFlat);
  }

  override lowerBranch(uop: Uop & { op: 'branch' }): void {
    const { f } = this;
    const { end } = this.#block;
    this.remaining = 0;
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
        ? this.labels.get(end.taken.block)
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
    if (edge.kind !== 'block') return false;
    return this.spent.has(edge.block) || (this.#wantsKind(edge.block) && !isInLocal(this.flags));
  }

  override lowerJump(target: Value): void {
    const { f } = this;
    const { end } = this.#block;
    this.remaining = 0;
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
      f.localGet(this.budget);
      f.i32Const(needed);
      f.op('i32.ge_s');
      f.if_(undefined, 'likely');
    }
    // The target relative to the entry's page.
    const relative = f.scratch(this.wide ? 'i64' : 'i32');
    f.localGet(rip);
    if (!this.wide) f.op('i32.wrap_i64');
    f.localGet(this.base);
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
    this.storeRegisters(this.blockFacts.dirtyOut);
    this.storeBudget();
    this.countLeave(LEAVE_JUMP);
    f.localGet(rip);
    f.returnCall(this.core.jumpFlat);
    f.release(relative);
  }
  /** Goes to the block if the relative target is its offset. */
  #compareTarget(relative: number, block: number): void {
    const { f } = this;
    const { offset } = this.region.blocks[block]!;
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
    const offsets = predicted.map((block) => this.region.blocks[block]!.offset);
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
  // ---- what else an engine is asked ----

  override lower(uop: Uop): void {
    if (uop.op !== 'faultIf') {
      super.lower(uop);
      return;
    }
    this.push(uop.condition);
    this.f.if_(undefined, 'unlikely');
    this.bail();
    this.f.end();
  }
  override lowerRip(which: 'current' | 'next'): void {
    this.pushRipOf(which === 'next' ? this.next : this.offset);
  }
  override routineFunction(routine: Routine): number {
    return this.module.routine(routine);
  }
  override lowerRepeat(): void {
    this.bail();
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
    this.bail();
  }
  override tlbHit(): void {}
  override slowAccessDone(): void {}
}
