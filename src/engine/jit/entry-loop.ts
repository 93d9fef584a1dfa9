// The loop around a region's entry: what of a region runs again and again once it has been entered. A loop with more code
// than regions take in at first is cut, so that each turn goes through several regions; region-former.ts then makes one
// of them, from where the loop begins: a region that is entered in the middle of one cannot hold it whole.
import type { AssembledBlocks } from './assemble-region.ts';
import { dominates, dominators, loopOfEntry, reversePostorder, successors } from './graph.ts';
import type { Region, RegionBlock } from './region.ts';

export interface EntryLoop {
  /** Instructions in it; 0 where no way leads back to the entry. */
  readonly instructions: number;
  /** Offsets at which its blocks begin, as in region.ts. */
  readonly places: ReadonlySet<number>;
  /** Those of them at which a loop within begins, or the loop itself. */
  readonly headers: ReadonlySet<number>;
}

export function entryLoop({ blocks }: Region): EntryLoop {
  const loop = loopOfEntry(blocks);
  const places = new Set<number>();
  const headers = new Set<number>();
  let instructions = 0;
  for (const index of loop) {
    const { offset, instructions: held, end } = blocks[index]!;
    instructions += held.length;
    if (held.length > 0) places.add(offset);
    // Blocks are in reverse postorder: an edge that does not lead on leads to a header.
    for (const to of successors(end)) if (to <= index && loop.has(to)) headers.add(blocks[to]!.offset);
  }
  return { instructions, places, headers };
}

/** Places that are tried as a loop's beginning. */
const MOST_CANDIDATES = 12;

/**
 * The block, of the loop through the entry and the block at the offset `through`, that a region of it is best entered at: its
 * offset. That is where the fewest edges lead into the middle of loops within; of several the first in memory, where
 * compilers put a loop's beginning; and code that CALLs rather than what it calls, which the loop may not pass in every
 * turn. null where there is no such loop.
 */
export function loopHeader({ blocks, own, callers }: AssembledBlocks, through: number): number | null {
  const reachable = new Set(reversePostorder(blocks));
  const loop = new Set([...loopOfEntry(blocks)].filter((index) => reachable.has(index)));
  if (![...loop].some((index) => blocks[index]!.offset === through)) return null;
  const targets = new Set([0]);
  for (const index of loop) {
    const { offset, end } = blocks[index]!;
    for (const to of successors(end)) if (blocks[to]!.offset <= offset && loop.has(to)) targets.add(to);
  }
  const inCallers = [...targets].filter((index) => callers.has(index));
  const candidates = inCallers.length > 0 ? inCallers : [...targets].filter((index) => own.has(index));
  candidates.sort((a, b) => blocks[a]!.offset - blocks[b]!.offset);
  let best: { readonly offset: number; readonly cuts: number } | null = null;
  for (const index of candidates.slice(0, MOST_CANDIDATES)) {
    const cuts = cutsFrom(blocks, index);
    if (!best || cuts < best.cuts) best = { offset: blocks[index]!.offset, cuts };
  }
  return best?.offset ?? null;
}

/** Edges that a region which is entered at a block cannot have, since they lead into the middle of a loop (reducible.ts). */
function cutsFrom(blocks: readonly RegionBlock[], entry: number): number {
  const order = reversePostorder(blocks, entry);
  const position = new Int32Array(blocks.length).fill(-1);
  order.forEach((index, i) => {
    position[index] = i;
  });
  const sources: number[][] = order.map(() => []);
  order.forEach((index, i) => {
    for (const to of successors(blocks[index]!.end)) sources[position[to]!]!.push(i);
  });
  const dominator = dominators(sources);
  let cuts = 0;
  sources.forEach((all, to) => {
    for (const from of all) if (from >= to && !dominates(dominator, to, from)) cuts++;
  });
  return cuts;
}
