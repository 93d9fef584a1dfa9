// Structured control flow by random graphs: what is emitted is interpreted as WebAssembly would run it,
// and must visit the blocks that a walk through the graph visits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dominates, dominators, reversePostorder, successors } from './graph.ts';
import { reducible } from './reducible.ts';
import type { BlockEnd, RegionBlock, RegionInstruction } from './region.ts';
import { analyse, type ControlFlow, emitStructured } from './structure.ts';

type Shape = readonly (readonly number[])[];

/** Blocks of a graph given by the successors of each; 3 and more, or an odd pair, become a computed jump. */
function blocksOf(shape: Shape): RegionBlock[] {
  const edge = (block: number) => ({ kind: 'block', block }) as const;
  return shape.map((to, index) => {
    const end: BlockEnd =
      to.length === 0
        ? { kind: 'interpret', offset: index }
        : to.length === 1
          ? { kind: 'goto', to: edge(to[0]!) }
          : to.length === 2
            ? { kind: 'branch', taken: edge(to[0]!), next: edge(to[1]!) }
            : { kind: 'jump', predicted: [...new Set(to)] };
    const instructions = Array.from(
      { length: 1 + (index % 3) },
      () => ({ offset: index }) as RegionInstruction,
    );
    return { index, offset: index, instructions, end };
  });
}

const shapes = fc.integer({ min: 1, max: 14 }).chain((size) =>
  fc.array(fc.array(fc.nat(size - 1), { maxLength: size > 4 ? 4 : 2 }), {
    minLength: size,
    maxLength: size,
  }),
);
const choices = fc.array(fc.nat(11), { minLength: 1, maxLength: 60 });

// ---- the emitted structure as a tree, and its interpreter ----

type Node =
  | { kind: 'block' | 'loop'; target: number; body: Node[] }
  | { kind: 'body'; index: number; ways: ReadonlyMap<number, Node[] | number> };

/** Builds the tree; a way is the nodes placed there, or how many open blocks and loops a break leaves. */
function emit(flow: ControlFlow): Node[] {
  const open: { nodes: Node[]; target: number }[] = [{ nodes: [], target: -1 }];
  const emitted = new Set<number>();
  const begin = (kind: 'block' | 'loop') => (target: number) => {
    const body: Node[] = [];
    open.at(-1)!.nodes.push({ kind, target, body });
    open.push({ nodes: body, target });
  };
  emitStructured(flow, {
    openBlock: begin('block'),
    openLoop: begin('loop'),
    close: () => void open.pop(),
    block: (index, ways) => {
      assert.ok(!emitted.has(index), `block ${index} twice`);
      emitted.add(index);
      const found = new Map<number, Node[] | number>();
      for (const to of new Set(successors(flow.blocks[index]!.end))) {
        if (ways.way(to) === 'break') {
          const label = open.findLastIndex(({ target }) => target === to);
          assert.ok(label > 0, `no label for ${to} at ${index}`);
          found.set(to, open.length - 1 - label);
        } else {
          const nodes: Node[] = [];
          open.push({ nodes, target: -2 });
          ways.place(to);
          open.pop();
          found.set(to, nodes);
        }
      }
      open.at(-1)!.nodes.push({ kind: 'body', index, ways: found });
    },
  });
  assert.equal(open.length, 1);
  assert.equal(emitted.size, flow.blocks.length);
  return open[0]!.nodes;
}

/** The way a block takes at its nth visit; -1 out of the region. */
function choose(block: RegionBlock, choice: number): number {
  const to = successors(block.end);
  const out = block.end.kind === 'jump' && choice % (to.length + 1) === to.length;
  return to.length === 0 || out ? -1 : to[choice % to.length]!;
}

function walk(blocks: readonly RegionBlock[], picks: readonly number[]): number[] {
  const visited: number[] = [];
  for (let at = 0; at !== -1 && visited.length < picks.length; ) {
    visited.push(at);
    at = choose(blocks[at]!, picks[visited.length - 1]!);
  }
  return visited;
}

/** Thrown when the walk is over. */
const OVER = new Error('over');

function interpret(flow: ControlFlow, nodes: readonly Node[], picks: readonly number[]): number[] {
  const visited: number[] = [];
  /** Runs a list; the number of blocks and loops that a break still has to leave, or -1 past the end. */
  const list = (of: readonly Node[]): number => {
    for (const node of of) {
      const left = one(node);
      if (left >= 0) return left;
    }
    return -1;
  };
  const one = (node: Node): number => {
    if (node.kind === 'body') {
      if (visited.length === picks.length) throw OVER;
      visited.push(node.index);
      const to = choose(flow.blocks[node.index]!, picks[visited.length - 1]!);
      if (to === -1) throw OVER;
      const way = node.ways.get(to)!;
      if (typeof way === 'number') return way;
      const left = list(way);
      // What is placed stands in an `if` of its own, which counts as one more to leave.
      assert.notEqual(left, -1, `went on after what was placed for ${to}`);
      return left - 1;
    }
    for (;;) {
      const left = list(node.body);
      if (left > 0) return left - 1;
      if (left === -1 || node.kind === 'block') return -1;
    }
  };
  try {
    list(nodes);
    assert.fail('went past the end');
  } catch (thrown) {
    if (thrown !== OVER) throw thrown;
  }
  return visited;
}

test('random graphs: the structured form visits the blocks that the graph does', () => {
  fc.assert(
    fc.property(shapes, choices, (shape, picks) => {
      const blocks = reducible(blocksOf(shape));
      const flow = analyse(blocks);
      assert.deepEqual(interpret(flow, emit(flow), picks), walk(blocks, picks));
    }),
    { numRuns: 2000 },
  );
});

/** Dominance by its definition: without `a`, `b` cannot be reached from the entry. */
function dominatesByDefinition(blocks: readonly RegionBlock[], a: number, b: number): boolean {
  if (a === b) return true;
  const seen = new Set([a]);
  const reach = (at: number): void => {
    if (seen.has(at)) return;
    seen.add(at);
    successors(blocks[at]!.end).forEach(reach);
  };
  reach(0);
  return !seen.has(b);
}

test('random graphs: dominators are what the definition says', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const all = blocksOf(shape);
      const order = reversePostorder(all);
      const position = new Map(order.map((block, i) => [block, i]));
      const predecessors = order.map((block) =>
        order.flatMap((from, i) =>
          successors(all[from]!.end)
            .filter((to) => to === block)
            .map(() => i),
        ),
      );
      const dominator = dominators(predecessors);
      for (const a of order) {
        for (const b of order) {
          const got = dominates(dominator, position.get(a)!, position.get(b)!);
          assert.equal(got, dominatesByDefinition(all, a, b), `${a} dominates ${b}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('random graphs: exactly the edges back to a block that does not dominate their source are cut', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const all = blocksOf(shape);
      const blocks = reducible(all);
      const order = reversePostorder(all);
      assert.deepEqual(
        blocks.map(({ offset }) => offset),
        order,
      );
      blocks.forEach((block, index) => {
        assert.equal(block.index, index);
        const before = successors(all[block.offset]!.end).map((to) => order.indexOf(to));
        const after = successors(block.end);
        const kept = before.filter(
          (to) => to > index || dominatesByDefinition(all, order[to]!, block.offset),
        );
        assert.deepEqual(after, kept);
        for (const to of after) if (to <= index) assert.ok(dominatesByDefinition(blocks, to, index));
      });
    }),
    { numRuns: 1000 },
  );
});

/** The longest way by trying all of them. */
function longestByDefinition(flow: ControlFlow, from: number): number {
  const after = successors(flow.blocks[from]!.end).map((to) =>
    flow.isLoopHeader[to] ? 0 : longestByDefinition(flow, to),
  );
  return flow.blocks[from]!.instructions.length + Math.max(0, ...after);
}

test('random graphs: the longest way to the next loop header or exit', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const flow = analyse(reducible(blocksOf(shape)));
      flow.blocks.forEach((_, i) => {
        assert.equal(flow.longest[i], longestByDefinition(flow, i));
      });
    }),
    { numRuns: 500 },
  );
});

test('a block that leads to itself', () => {
  const flow = analyse(reducible(blocksOf([[0]])));
  assert.equal(flow.isLoopHeader[0], 1);
  assert.equal(flow.longest[0], 1);
  assert.deepEqual(interpret(flow, emit(flow), [0, 0, 0]), [0, 0, 0]);
});

test('both ways of a branch lead to the same block: it is reached by breaks', () => {
  const flow = analyse(reducible(blocksOf([[1, 1], []])));
  assert.equal(flow.isMerge[1], 1);
  assert.deepEqual(interpret(flow, emit(flow), [1, 0]), [0, 1]);
});

test('all targets of a jump with many predictions are reached by breaks', () => {
  const flow = analyse(reducible(blocksOf([[1, 2, 3], [], [], []])));
  assert.deepEqual([...flow.isMerge], [0, 1, 1, 1]);
});
