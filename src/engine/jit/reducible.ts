// Makes the graph of a region's blocks fit for structured control flow: blocks that cannot be reached
// are dropped, the rest is numbered in reverse postorder, and edges that make the graph irreducible
// become exits. Those are the edges back to a block that does not dominate where they come from: ways
// round a loop which has another entry.
import { dominates, dominators, reversePostorder, successors } from './graph.ts';
import type { BlockEnd, Edge, RegionBlock } from './region.ts';

/** blocks[0] is the entry and stays the first. In the result an edge leads back if and only if its target is not greater than its source. */
export function reducible(blocks: readonly RegionBlock[]): RegionBlock[] {
  const order = reversePostorder(blocks);
  const position = new Int32Array(blocks.length).fill(-1);
  for (let i = 0; i < order.length; i++) position[order[i]!] = i;
  const predecessors: number[][] = order.map(() => []);
  for (let i = 0; i < order.length; i++) {
    for (const to of successors(blocks[order[i]!]!.end)) predecessors[position[to]!]!.push(i);
  }
  const dominator = dominators(predecessors);
  const keeps = (from: number, to: number) => to > from || dominates(dominator, to, from);

  const end = (from: number, old: BlockEnd): BlockEnd => {
    const edge = (to: Edge): Edge => {
      if (to.kind === 'exit') return to;
      const block = position[to.block]!;
      if (keeps(from, block)) return { kind: 'block', block };
      return { kind: 'exit', offset: blocks[to.block]!.offset, cold: false };
    };
    switch (old.kind) {
      case 'goto': {
        const to = edge(old.to);
        // A jump that leads to a shared list of predictions, without it, is a jump again.
        const shared = old.to.kind === 'block' && blocks[old.to.block]!.instructions.length === 0;
        return shared && to.kind === 'exit' ? { kind: 'jump', predicted: [] } : { kind: 'goto', to };
      }
      case 'branch':
        return { kind: 'branch', taken: edge(old.taken), next: edge(old.next) };
      case 'jump': {
        const predicted = old.predicted.map((block) => position[block]!);
        return { kind: 'jump', predicted: predicted.filter((block) => keeps(from, block)) };
      }
      case 'interpret':
        return old;
    }
  };
  return order.map((old, index) => {
    const block = blocks[old]!;
    return { ...block, index, end: end(index, block.end) };
  });
}
