// What stands in descriptors in place of an instruction's own handler, and how it goes away again:
//
//   a group's handler   executes several instructions of a hot block at once (a superinstruction)
//   HANDLER_COUNT       counts the runs of a block, until it is reported as hot
//   a slot              of a translator's region (engine/jit), which begins with the block
//   HANDLER_STOP        the code has changed: even the running block leaves before its next instruction
//
// A group or slot may take the place of another; the handler of the instruction alone is kept aside. That of a block that is
// counted, or whose place a region has taken, is in its header, where generated code finds it too (bail.ts).
import type { Form } from '../../x86/decode/instruction.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { HANDLER_COUNT, HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { type HandlerTable, TABLE_SIZE } from './handlers.ts';

/** Samples after which a block is hot, and how many hot blocks are compiled together. */
const HOT_SAMPLES = 3;
const HOT_BATCH = 8;
/** Samples of a hot block after which it waits no longer for others. */
const HOT_PATIENCE = 30;

/** Of HandlerTable, what groups take. */
type Groups = Pick<HandlerTable, 'crowded' | 'groups' | 'isGroup' | 'formOf' | 'mayBeFollowed' | 'endsBlock'>;

export class BlockHandlers {
  readonly #state: Pick<CpuState, 'u32' | 'i32'>;
  table: Groups;
  /** Leader of a group or block -> handler of its instruction alone. */
  readonly #plain = new Map<number, number>();
  readonly #samples = new Map<number, number>();
  #hot: number[] = [];
  /** Descriptor of a block that was reported as hot -> runs until then. */
  readonly #reported = new Map<number, number>();
  /** Called when a region takes the place of the block at a descriptor, and with slot 0 when it has left it. */
  onSlot: (descriptor: number, slot: number) => void = () => {};
  /** Called when a block gets its own handler back in place of a slot, but its descriptor did not hold the slot. */
  onUninstall: (descriptor: number, slot: number, handler: number) => void = () => {};
  /** Called when the descriptors of a range have become `stop` for good: nobody may give them handlers again. */
  onStale: (start: number, end: number) => void = () => {};

  constructor(state: Pick<CpuState, 'u32' | 'i32'>, table: Groups) {
    this.#state = state;
    this.table = table;
  }

  /** The handler of the one instruction at a descriptor, also where it leads a group. */
  plainHandler(descriptor: number): number {
    const { u32 } = this.#state;
    const handler = u32[(descriptor + D.D_HANDLER) >> 2]!;
    if (handler === HANDLER_COUNT) return u32[(descriptor - D.H_HANDLER) >> 2]!;
    return this.#plain.get(descriptor) ?? handler;
  }

  // ---- regions ----

  /** A block is run by the function at a table slot from now on, instead of by its handlers. */
  install(descriptor: number, slot: number): void {
    const plain = this.plainHandler(descriptor);
    this.#plain.set(descriptor, plain);
    this.#state.u32[(descriptor - D.H_HANDLER) >> 2] = plain;
    this.#state.u32[descriptor >> 2] = slot;
    this.onSlot(descriptor, slot);
  }
  /** Takes that back. A descriptor that was used for other code since is left alone. */
  uninstall(descriptor: number, slot: number): void {
    const { u32 } = this.#state;
    const plain = this.#plain.get(descriptor);
    const now = u32[descriptor >> 2]!;
    if (plain === undefined || (now !== slot && now >= TABLE_SIZE)) return;
    this.#plain.delete(descriptor);
    this.onSlot(descriptor, 0);
    if (now === slot) u32[descriptor >> 2] = plain;
    // Else a stop is there for the moment.
    else this.onUninstall(descriptor, slot, plain);
  }

  // ---- groups ----

  /**
   * A sample found the block at this descriptor running. After some samples its instructions are put
   * into handlers that execute several of them (superinstructions), HOT_BATCH blocks to a module, or fewer when one of
   * them has waited long.
   */
  sample(descriptor: number): void {
    const count = (this.#samples.get(descriptor) ?? 0) + 1;
    this.#samples.set(descriptor, count);
    if (this.table.crowded) return;
    if (count === HOT_SAMPLES) this.#hot.push(descriptor);
    const due = count === HOT_SAMPLES ? this.#hot.length >= HOT_BATCH : count === HOT_PATIENCE;
    if (due) this.#groupHotBlocks();
  }
  #groupHotBlocks(): void {
    const leaders: number[] = [];
    const sequences: Form[][] = [];
    for (const descriptor of this.#hot) {
      for (const [leader, forms] of this.#partition(descriptor)) {
        leaders.push(leader);
        sequences.push(forms);
      }
    }
    this.#hot = [];
    const { u32 } = this.#state;
    this.table.groups(sequences).forEach((handler, i) => {
      const at = (leaders[i]! + D.D_HANDLER) >> 2;
      this.#plain.set(leaders[i]!, u32[at]!);
      u32[at] = handler;
    });
  }
  /** Cuts a block into groups of at least two instructions. */
  *#partition(descriptor: number): Generator<[number, Form[]]> {
    const { u32 } = this.#state;
    let group: Form[] = [];
    let leader = descriptor;
    for (let at = descriptor; ; at += D.DESCRIPTOR_SIZE) {
      const form = this.table.formOf(u32[(at + D.D_HANDLER) >> 2]!);
      if (form) group.push(form);
      const more = form !== undefined && this.table.mayBeFollowed(form);
      if (!more || group.length === D.MAXIMUM_GROUP) {
        if (group.length > 1) yield [leader, group];
        group = [];
        leader = at + D.DESCRIPTOR_SIZE;
      }
      if (form === undefined || this.table.endsBlock(form)) return;
    }
  }

  // ---- counted runs ----

  /** A block that was reported as hot is asked about again after so many more runs. */
  countOn(descriptor: number, runs: number): void {
    this.#reported.set(descriptor, (this.#reported.get(descriptor) ?? 0) + runs);
    this.countRuns(descriptor, runs);
  }
  /** The block is reported (EXIT_HOT) after so many more runs, unless a region takes its place. */
  countRuns(descriptor: number, runs: number): void {
    const { u32 } = this.#state;
    const handler = u32[descriptor >> 2]!;
    if (handler >= TABLE_SIZE || handler === HANDLER_STOP) return;
    u32[(descriptor - D.H_RUNS_LEFT) >> 2] = runs;
    if (handler === HANDLER_COUNT) return;
    u32[(descriptor - D.H_HANDLER) >> 2] = handler;
    u32[descriptor >> 2] = HANDLER_COUNT;
  }
  /** Nobody wants to know any more. */
  stopCounting(descriptor: number): void {
    const { u32 } = this.#state;
    if (u32[descriptor >> 2] !== HANDLER_COUNT) return;
    u32[descriptor >> 2] = this.plainHandler(descriptor);
  }
  /** How often a block has run, about, which is counted until `limit`: 1 at least. */
  runs(descriptor: number, limit: number): number {
    const reported = this.#reported.get(descriptor);
    if (reported !== undefined) return reported;
    return 1 + Math.min(limit, Math.max(0, limit - this.#state.i32[(descriptor - D.H_RUNS_LEFT) >> 2]!));
  }

  // ---- code that is gone ----

  /** The descriptors of a block (from `start` to `end`) become `stop` for good. */
  stop(start: number, end: number): void {
    const { u32 } = this.#state;
    for (let at = start; at < end; at += D.DESCRIPTOR_SIZE) {
      const handler = u32[(at + D.D_HANDLER) >> 2]!;
      u32[(at + D.D_HANDLER) >> 2] = HANDLER_STOP;
      // Only these can stand for others, or have been sampled.
      if (handler < TABLE_SIZE && handler !== HANDLER_STOP && !this.table.isGroup(handler)) continue;
      this.#plain.delete(at);
      if (handler >= TABLE_SIZE) this.onSlot(at, 0);
    }
    this.#samples.delete(start);
    this.#reported.delete(start);
    this.onStale(start, end);
  }
  /** All descriptors are about to be used again. */
  forget(): void {
    this.#samples.clear();
    this.#reported.clear();
    this.#plain.clear();
    this.#hot = [];
  }
}
