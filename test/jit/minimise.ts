// Cuts a region torture program down while it still fails: nodes go, loops and branches become their bodies, counts
// become small, interrupts and spoiled pages go.
import { childLists } from './assemble.ts';
import type { Node, RegionProgram } from './nodes.ts';
import { QUIET } from './surroundings.ts';

export type StillFails = (program: RegionProgram) => boolean;

/** All lists of nodes, the outer ones first. */
function lists(program: RegionProgram): Node[][] {
  const found: Node[][] = [];
  const visit = (list: Node[]) => {
    found.push(list);
    for (const node of list) for (const child of childLists(node)) visit(child);
  };
  for (const body of program.functions) visit(body);
  return found;
}

/** A smaller program that still fails; `attempts` bounds how often it is run. */
export function minimiseRegionProgram(
  program: RegionProgram,
  fails: StillFails,
  attempts = 3000,
): RegionProgram {
  let best = program;
  let left = attempts;
  /** Applies a change to a copy and keeps it where the program still fails. */
  const attempt = (change: (copy: RegionProgram) => void): boolean => {
    if (left-- <= 0) return false;
    const copy = structuredClone(best);
    change(copy);
    if (!fails(copy)) return false;
    best = copy;
    return true;
  };
  attempt((copy) => {
    copy.interrupts = [];
  });
  attempt((copy) => {
    copy.spoiled = 0;
  });
  for (const part of Object.keys(QUIET) as (keyof typeof QUIET)[]) {
    attempt((copy) => {
      copy.surroundings = { ...copy.surroundings, [part]: QUIET[part] };
    });
  }
  for (let progress = true; progress && left > 0; ) {
    progress = removeNodes(() => best, attempt);
    progress = simplify(() => best, attempt) || progress;
  }
  return best;
}

type Attempt = (change: (copy: RegionProgram) => void) => boolean;

/** Takes nodes out, long stretches first. */
function removeNodes(best: () => RegionProgram, attempt: Attempt): boolean {
  let any = false;
  for (let i = 0; i < lists(best()).length; i++) {
    for (let size = lists(best())[i]!.length; size > 0; size = Math.floor(size / 2)) {
      for (let at = 0; at < (lists(best())[i]?.length ?? 0); ) {
        if (attempt((copy) => lists(copy)[i]!.splice(at, size))) any = true;
        else at += size;
      }
    }
  }
  return any;
}

/** Puts bodies in place of what is around them; makes counts smaller. */
function simplify(best: () => RegionProgram, attempt: Attempt): boolean {
  let any = false;
  for (let i = 0; i < lists(best()).length; i++) {
    for (let at = 0; at < (lists(best())[i]?.length ?? 0); at++) {
      const node = lists(best())[i]![at]!;
      const children = childLists(node);
      for (let c = 0; c < children.length; c++) {
        const done = attempt((copy) => {
          const list = lists(copy)[i]!;
          list.splice(at, 1, ...childLists(list[at]!)[c]!);
        });
        if (done) {
          any = true;
          break;
        }
      }
      if (node.kind !== 'loop' && node.kind !== 'tangle') continue;
      for (const count of [1, 2, 3, 5, 10, 30]) {
        const smaller = (copy: RegionProgram) => {
          const found = lists(copy)[i]?.[at];
          if (found && (found.kind === 'loop' || found.kind === 'tangle')) found.count = count;
        };
        if (count < node.count && attempt(smaller)) {
          any = true;
          break;
        }
      }
    }
  }
  return any;
}
