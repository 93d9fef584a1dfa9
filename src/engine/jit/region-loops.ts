// The loops of a region, and the blocks to whose ends it breaks. On every way to a loop's header the budget must be enough for
// the longest way round; otherwise the region is left there.
//
//   loop $again             only where pages are in locals
//     block $spent
//       ...is the budget enough? br_if $spent
//       block $bail         only where the loop does not carry its flags (flag-sources.ts)
//         loop
//           ...
//         end
//       end                 the header was left before it set flags: which are those, then to the tail
//     end
//     ...have pages changed, and is the budget enough? They are loaded anew; br_if $again
//   end                     the budget was not enough: to the tail
//
// An access in a loop that finds another page than the one in its locals (region-memory.ts) leaves these as they are and sets bit
// 31 of the budget, so that the next look at the budget finds too little. So no value of them meets another one within the
// loop, and they stay in registers. Whoever wants the budget itself takes pushBudget().
import * as E from '../soft/engine-state.ts';
import { FLAGS_DYNAMIC } from '../soft/flag-kinds.ts';
import { FLAG_OPERANDS, type LoopFlags } from './flag-sources.ts';
import { LEAVE_BUDGET } from './region-places.ts';
import { RegionSystem } from './region-system.ts';

/** A loop that does not carry its flags: locals with what they were on the way in, and the budget there. */
interface EnteredLoop {
  readonly flags: LoopFlags;
  /** Depth of the block for leaving the header before its flags are set. */
  bail: number;
  readonly budget: number;
  readonly kind: number;
  readonly operands: ReadonlyMap<(typeof FLAG_OPERANDS)[number], number>;
}

export abstract class RegionLoops extends RegionSystem {
  /** Depth of every open merge block and loop. */
  protected readonly labels = new Map<number, number>();
  readonly #opened: { readonly target: number; readonly loop: boolean }[] = [];
  /** Header of an open loop -> depth of the block around it: whose budget is too small for the way round leaves there. */
  protected readonly spent = new Map<number, number>();
  /** Header of an open loop -> depth of the loop around it that loads pages anew. */
  readonly #again = new Map<number, number>();
  /** Header of an open loop that does not carry its flags -> what they were on the way in. */
  protected readonly entered = new Map<number, EnteredLoop>();

  openBlock(target: number): void {
    this.f.block();
    this.#open(target, false);
  }
  openLoop(header: number): void {
    const { f } = this;
    if (this.checksBudget(header)) {
      if (this.marksBudget) {
        f.loop();
        this.#again.set(header, f.depth);
      }
      f.block();
      this.spent.set(header, f.depth);
      // Entering the region, there is enough for the first time round.
      if (header !== 0) this.checkBudget(header);
      this.#enterLoop(header);
    }
    f.loop();
    this.#open(header, true);
    this.#loopAround(header);
  }
  /**
   * A header before whose first operation that sets flags they are seen only where the region is left does not carry
   * them along: on the usual way round its registers and constants are their operands. Those of the way in are put
   * aside; there the budget is still the same.
   */
  #enterLoop(header: number): void {
    const { f } = this;
    const flags = this.facts.blocks[header]!.loopFlags;
    if (!flags) return;
    const type = this.wide ? 'i64' : 'i32';
    const operands = FLAG_OPERANDS.filter((name) => flags.sources[name]);
    const entered = {
      flags,
      bail: 0,
      budget: f.scratch('i32'),
      kind: f.scratch('i32'),
      operands: new Map(operands.map((name) => [name, f.scratch(type)])),
    };
    this.setEntered(entered);
    f.block();
    entered.bail = f.depth;
    this.entered.set(header, entered);
  }
  /** The loop is entered, or gone round, with the flags of the local kind. */
  protected setEntered({ budget, kind, operands }: EnteredLoop): void {
    const { f } = this;
    for (const [from, to] of [
      [this.budget, budget],
      [this.kind, kind],
      ...[...operands].map(([name, local]) => [this.operands[name], local]),
    ] as [number, number][]) {
      f.localGet(from);
      f.localSet(to);
    }
  }
  /** In the loop: the operands as they are after the usual way round. */
  #loopAround(header: number): void {
    const { f } = this;
    const entered = this.entered.get(header);
    if (!entered) return;
    for (const name of entered.operands.keys()) {
      const source = entered.flags.sources[name]!;
      if ('register' in source) f.localGet(this.registerLocals.get(source.register)!);
      else if (this.wide) f.i64Const(source.constant);
      else f.i32Const(source.constant);
      f.localSet(this.operands[name]);
    }
  }
  /** Outside the loop: where its header is left before its flags are set. */
  #leaveHeader(header: number): void {
    const { f } = this;
    const entered = this.entered.get(header);
    if (!entered) return;
    this.entered.delete(header);
    const { flags, budget, kind, operands } = entered;
    f.end();
    this.pushBudget();
    f.i32Const(this.region.blocks[header]!.instructions.length);
    f.op('i32.add');
    f.localGet(budget);
    f.op('i32.eq');
    f.if_();
    for (const [name, local] of operands) {
      f.localGet(local);
      f.localSet(this.operands[name]);
      f.release(local);
    }
    f.localGet(kind);
    f.localSet(this.kind);
    f.else_();
    f.i32Const(flags.sources.kind);
    f.localSet(this.kind);
    f.end();
    f.br(f.depth - this.tail);
    f.release(budget);
    f.release(kind);
  }
  #open(target: number, loop: boolean): void {
    this.#opened.push({ target, loop });
    this.labels.set(target, this.f.depth);
  }
  close(): void {
    const { f } = this;
    f.end();
    const { target, loop } = this.#opened.pop()!;
    this.labels.delete(target);
    if (!loop || !this.spent.delete(target)) return;
    this.#leaveHeader(target);
    f.end();
    if (this.marksBudget) this.#goOnWithPages(target);
    this.countLeave(LEAVE_BUDGET);
    f.i32Const(0);
    f.i32Const(this.place.id);
    f.store('i32.store', E.SAMPLED_REGION);
    this.flags = FLAGS_DYNAMIC;
    this.toTail(this.region.blocks[target]!.offset, 0);
    if (this.marksBudget) f.end();
  }
  /** Where the budget was not enough only because pages have changed: with the present ones, the loop goes on. */
  #goOnWithPages(header: number): void {
    const { f } = this;
    f.localGet(this.budget);
    f.i32Const(0);
    f.op('i32.lt_s');
    f.if_();
    this.pushBudget();
    f.localSet(this.budget);
    this.loadPagesOf(header);
    f.localGet(this.budget);
    f.i32Const(this.flow.longest[header]!);
    f.op('i32.ge_s');
    f.brIf(f.depth - this.#again.get(header)!, 'likely');
    f.end();
  }
  /** The region may be left before the block, on the ways to it: a loop header, but not the place that jumps share. */
  protected checksBudget(block: number): boolean {
    return this.flow.isLoopHeader[block] !== 0 && this.region.blocks[block]!.instructions.length > 0;
  }
  /** Leaves unless the budget is enough for one way round from the header, with the flags of the local kind. */
  protected checkBudget(header: number): void {
    const { f } = this;
    f.localGet(this.budget);
    f.i32Const(this.flow.longest[header]!);
    f.op('i32.lt_s');
    f.brIf(f.depth - this.spent.get(header)!, 'unlikely');
  }
}
