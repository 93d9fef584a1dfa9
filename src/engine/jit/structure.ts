// Arranges the blocks of a region into WebAssembly's structured control flow: N. Ramsey, "Beyond
// Relooper: recursive translation of unstructured control flow to structured control flow" (ICFP 2022).
//
// A block is emitted where its immediate dominator has been emitted. A block that is the target of an
// edge back gets a wasm `loop` around itself and all it dominates. A block to which several edges lead
// forward (a merge) comes after the end of a wasm `block` that its dominator opens; one with a single
// such edge is emitted in the place of that edge.
//
// The blocks come in reverse postorder and their graph is reducible, as reducible() makes it.
import { dominators, successors } from './graph.ts';
import type { RegionBlock } from './region.ts';

/** Jumps with more predictions than this reach all of them by breaks, as br_table does. */
const MOST_INLINE_PREDICTIONS = 2;

/** By block index. */
export interface ControlFlow {
  readonly blocks: readonly RegionBlock[];
  /** Blocks that lead there, once for each edge. */
  readonly predecessors: readonly (readonly number[])[];
  /** Immediate dominator; -1 for the entry. */
  readonly dominator: Int32Array;
  /** Blocks of which it is the immediate dominator, ascending. */
  readonly children: readonly (readonly number[])[];
  /** Not 0: an edge leads back to it. */
  readonly isLoopHeader: Uint8Array;
  /** Not 0: it is reached by breaks, not in place. */
  readonly isMerge: Uint8Array;
  /**
   * The most instructions that can run from the block's beginning on before the next beginning of a loop
   * header, or an exit; at a header the iteration that begins there counts.
   */
  readonly longest: Int32Array;
}

/** The block of an edge leads back if its target is not greater than its source. */
export function analyse(blocks: readonly RegionBlock[]): ControlFlow {
  const size = blocks.length;
  const predecessors: number[][] = blocks.map(() => []);
  const children: number[][] = blocks.map(() => []);
  const isLoopHeader = new Uint8Array(size);
  const isMerge = new Uint8Array(size);
  const forward = new Int32Array(size);
  for (const { index, end } of blocks) {
    const tabled = end.kind === 'jump' && end.predicted.length > MOST_INLINE_PREDICTIONS;
    for (const to of successors(end)) {
      predecessors[to]!.push(index);
      if (to <= index) isLoopHeader[to] = 1;
      else if (++forward[to]! > 1 || tabled) isMerge[to] = 1;
    }
  }
  const dominator = dominators(predecessors);
  for (let i = 1; i < size; i++) children[dominator[i]!]!.push(i);

  const longest = new Int32Array(size);
  for (let i = size - 1; i >= 0; i--) {
    let after = 0;
    for (const to of successors(blocks[i]!.end)) {
      if (!isLoopHeader[to]) after = Math.max(after, longest[to]!);
    }
    longest[i] = blocks[i]!.instructions.length + after;
  }
  return { blocks, predecessors, dominator, children, isLoopHeader, isMerge, longest };
}

/** What the structure is emitted to. Each open is closed once, the innermost first. */
export interface StructureSink {
  /** `block`: a break to `target` from inside leads behind its end, where the target comes next. */
  openBlock(target: number): void;
  /** `loop`: a break to `header` from inside leads to its beginning, where the header comes next. */
  openLoop(header: number): void;
  close(): void;
  /**
   * Emits the instructions of a block and its end. For each of its edges to a block it asks
   * ways.way(target), and emits a break to the innermost open block or loop of that target, or calls
   * ways.place(target) in the edge's place, once. No path may go on after what it emits.
   */
  block(index: number, ways: Ways): void;
}

export interface Ways {
  /** How control gets to a successor of the block that is being emitted. */
  way(target: number): 'break' | 'place';
  /** Emits the target, and what only it leads to, right here. */
  place(target: number): void;
}

class Driver {
  readonly #flow: ControlFlow;
  readonly #sink: StructureSink;

  constructor(flow: ControlFlow, sink: StructureSink) {
    this.#flow = flow;
    this.#sink = sink;
  }

  /** A block and all it dominates. */
  tree(index: number): void {
    const { isLoopHeader, isMerge, children } = this.#flow;
    if (isLoopHeader[index]) this.#sink.openLoop(index);
    const merges = children[index]!.filter((child) => isMerge[child]);
    this.#within(index, merges, merges.length);
    if (isLoopHeader[index]) this.#sink.close();
  }

  /** The block inside the first `count` of its merges' blocks; the earliest in the order is the innermost. */
  #within(index: number, merges: readonly number[], count: number): void {
    const sink = this.#sink;
    for (let i = count - 1; i >= 0; i--) sink.openBlock(merges[i]!);
    sink.block(index, {
      way: (target) => (target <= index || this.#flow.isMerge[target] ? 'break' : 'place'),
      place: (target) => this.tree(target),
    });
    for (let i = 0; i < count; i++) {
      sink.close();
      this.tree(merges[i]!);
    }
  }
}

/** Emits all blocks, from the entry on. */
export function emitStructured(flow: ControlFlow, sink: StructureSink): void {
  new Driver(flow, sink).tree(0);
}
