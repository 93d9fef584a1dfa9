// What is known about a region before its code is written: what every instruction does (instruction-facts.ts), the
// registers that blocks touch, and after which instructions somebody may still see the flags.
import type { Form } from '../../x86/decode/instruction.ts';
import { assume } from './assumptions.ts';
import { type LoopFlags, loopFlags } from './flag-sources.ts';
import { successors } from './graph.ts';
import { type InstructionFacts, meaningOf, variantsOf } from './instruction-facts.ts';
import type { BlockEnd, Region } from './region.ts';
import { areFound, RegionWindows } from './region-windows.ts';
import type { ControlFlow } from './structure.ts';

export interface BlockFacts {
  readonly instructions: readonly InstructionFacts[];
  /** Per instruction: the flags after it may be seen. */
  readonly flagsLive: readonly boolean[];
  /** The flags at its beginning may be seen. */
  readonly flagsLiveIn: boolean;
  /** Registers that may differ from the state at its end. */
  readonly dirtyOut: number;
  /** Of a loop header whose flags need not be carried along. */
  readonly loopFlags: LoopFlags | null;
}
export interface RegionFacts {
  /** Its entry must make sure that the SSE unit may be used, and that MXCSR is plain. */
  readonly assumesSse: boolean;
  readonly assumesPlainFloats: boolean;
  readonly blocks: readonly BlockFacts[];
  readonly touched: number;
  readonly written: number;
}

/** The forms of its instructions, each once. */
export function formsOf(region: Region): Set<Form> {
  return new Set(
    region.blocks.flatMap((block) => block.instructions.map(({ instruction }) => instruction.form)),
  );
}

/** Whether the region may be left at a block's end. */
function mayLeave(end: BlockEnd): boolean {
  switch (end.kind) {
    case 'goto':
      return end.to.kind === 'exit';
    case 'branch':
      return end.taken.kind === 'exit' || end.next.kind === 'exit';
    default:
      return true;
  }
}

/** On the ways to headers of loops the region may be left because its budget is used up. */
export function analyseRegion(region: Region, flow: ControlFlow): RegionFacts {
  const isHeader = (block: number) => flow.isLoopHeader[block] !== 0;
  const wide = region.mode.bits === 64;
  const { blocks } = region;
  const meanings = [...formsOf(region)].map(meaningOf);
  const breaks = meanings.some((uops) => assume(uops, 'nothing').breaks);
  const what = breaks ? 'nothing' : region.plainFloats ? 'unit and MXCSR' : 'unit';
  const assumed = meanings.map((uops) => assume(uops, what));
  const variants = blocks.map((block) =>
    block.instructions.map(({ instruction }, i) => {
      const calls = wide && i === block.instructions.length - 1 && block.end.kind === 'goto';
      return variantsOf(instruction, what, calls && isInPages(region, block.end));
    }),
  );
  const facts = variants.map((list) => list.map(({ whole }) => whole));
  const windows = new RegionWindows(region, flow, facts);
  const seesFlags = facts.map((list, b) =>
    list.map((one, i) => {
      const inWindows = windows.of(b, i);
      return inWindows && areFound(one.uops, inWindows) ? one.seesFlagsOtherwise : one.seesFlags;
    }),
  );
  const liveBefore = (b: number, i: number, after: boolean): boolean => {
    const { interpreted, definesFlags } = facts[b]![i]!;
    return seesFlags[b]![i]! || interpreted || (after && !definesFlags);
  };
  const written = facts.map((list) => list.reduce((set, i) => set | i.written, 0));
  const liveIn: boolean[] = blocks.map(() => false);
  const liveOut: boolean[] = blocks.map(() => false);
  const dirtyIn = blocks.map(() => 0);
  const dirtyOut = blocks.map(() => 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = blocks.length - 1; b >= 0; b--) {
      const { end } = blocks[b]!;
      const out = mayLeave(end) || successors(end).some((to) => liveIn[to]! || isHeader(to));
      let live = out;
      for (let i = facts[b]!.length - 1; i >= 0; i--) live = liveBefore(b, i, live);
      if (out !== liveOut[b] || live !== liveIn[b]) changed = true;
      liveOut[b] = out;
      liveIn[b] = live;
    }
    for (let b = 0; b < blocks.length; b++) {
      const out = dirtyIn[b]! | written[b]!;
      if (out !== dirtyOut[b]) changed = true;
      dirtyOut[b] = out;
      for (const to of successors(blocks[b]!.end)) dirtyIn[to]! |= out;
    }
  }
  const flagsLive = facts.map((list, b) => {
    const alive: boolean[] = [];
    let live = liveOut[b]!;
    for (let i = list.length - 1; i >= 0; i--) {
      alive[i] = live || list[i]!.leaves;
      live = liveBefore(b, i, live);
    }
    return alive;
  });
  // Objects of their own: they stand for the places where the instructions are.
  const reducedFacts = variants.map((list, b) =>
    list.map((one, i) => {
      const inWindows = windows.of(b, i);
      return { ...(flagsLive[b]![i] ? one.seen : one.unseen), ...(inWindows && { inWindows }) };
    }),
  );
  return {
    touched: facts.flat().reduce((set, i) => set | i.touched, 0),
    written: written.reduce((all, set) => all | set, 0),
    assumesSse: assumed.some(({ unit }) => unit),
    assumesPlainFloats: assumed.some(({ plain }) => plain),
    blocks: blocks.map((_, b) => ({
      instructions: reducedFacts[b]!,
      flagsLive: flagsLive[b]!,
      flagsLiveIn: liveIn[b]!,
      dirtyOut: dirtyOut[b]!,
      loopFlags: liveIn[b] && isHeader(b) ? loopFlags(b, reducedFacts, flow.predecessors, isHeader) : null,
    })),
  };
}
/** Whether a relative CALL goes to the region's own pages: its target is mapped, so it is canonical. */
function isInPages(region: Region, end: BlockEnd): boolean {
  if (end.kind !== 'goto') return false;
  const { to } = end;
  const page = (to.kind === 'block' ? region.blocks[to.block]!.offset : to.offset) >> 12;
  return region.pages.some(({ index }) => index === page);
}
