// The control flow graph of a region's blocks: successors, reverse postorder, dominators.
//
// Dominators: K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
import type { BlockEnd, RegionBlock } from './region.ts';

/** The blocks that a block leads to, once for each edge, in the order of its end. */
export function successors(end: BlockEnd): readonly number[] {
  switch (end.kind) {
    case 'goto':
      return end.to.kind === 'block' ? [end.to.block] : [];
    case 'branch': {
      const { taken, next } = end;
      if (taken.kind !== 'block') return next.kind === 'block' ? [next.block] : [];
      return next.kind === 'block' ? [taken.block, next.block] : [taken.block];
    }
    case 'jump':
      return end.predicted;
    case 'interpret':
      return [];
  }
}

/** Edges from block to block. */
export function edgeCount(blocks: readonly RegionBlock[]): number {
  return blocks.reduce((sum, { end }) => sum + successors(end).length, 0);
}

/**
 * The blocks on ways from the entry back to it, by index: the loop that it is the header of, with those within. None where
 * no edge leads back to it.
 */
export function loopOfEntry(blocks: readonly RegionBlock[]): Set<number> {
  const sources: number[][] = blocks.map(() => []);
  blocks.forEach(({ end }, index) => {
    for (const to of successors(end)) sources[to]!.push(index);
  });
  return reaching(sources);
}
/** What leads to 0, directly or not, where each is led to by these. */
export function reaching(sources: readonly (readonly number[])[]): Set<number> {
  const found = new Set<number>();
  const waiting = [...(sources[0] ?? [])];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    waiting.push(...sources[one]!);
  }
  return found;
}

/** Indices of the blocks that are reachable from one of them, the first if not told otherwise, in reverse postorder. */
export function reversePostorder(blocks: readonly RegionBlock[], from = 0): number[] {
  const order: number[] = [];
  const seen = new Uint8Array(blocks.length);
  const visit = (index: number) => {
    seen[index] = 1;
    const { end } = blocks[index]!;
    // What is visited last comes first: the way past a branch, and the first target of a jump.
    const ways = end.kind === 'jump' ? end.predicted.toReversed() : successors(end);
    for (const to of ways) if (!seen[to]) visit(to);
    order.push(index);
  };
  visit(from);
  return order.reverse();
}

/**
 * Immediate dominators, by position in a reverse postorder: -1 for the entry, which is position 0.
 * `predecessors` holds positions.
 */
export function dominators(predecessors: readonly (readonly number[])[]): Int32Array {
  const dominator = new Int32Array(predecessors.length).fill(-1);
  dominator[0] = 0;
  const common = (left: number, right: number): number => {
    let a = left;
    let b = right;
    while (a !== b) {
      while (a > b) a = dominator[a]!;
      while (b > a) b = dominator[b]!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < predecessors.length; i++) {
      let best = -1;
      for (const from of predecessors[i]!) {
        if (dominator[from] !== -1) best = best === -1 ? from : common(best, from);
      }
      if (dominator[i] !== best) {
        dominator[i] = best;
        changed = true;
      }
    }
  }
  dominator[0] = -1;
  return dominator;
}

/** Whether the block at position `a` of the reverse postorder dominates that at `b`. */
export function dominates(dominator: Int32Array, a: number, b: number): boolean {
  let at = b;
  while (at > a) at = dominator[at]!;
  return at === a;
}
