// What is known about a region before its code is written: the micro-operations of every instruction,
// the registers that blocks touch, and after which instructions somebody may still see the flags.

import type { Form } from '../../x86/decode/instruction.ts';
import { buildMeaning } from '../../x86/semantics/index.ts';
import * as S from '../../x86/state/layout.ts';
import { FLAGS_STATUS, type Uop } from '../../x86/uops/ir.ts';
import { specialize } from '../../x86/uops/specialize.ts';
import { removeUnused, valueCount } from '../../x86/uops/uses.ts';
import { BULK_STORE, bulkKind } from '../interp/bulk-string.ts';
import { someUop } from '../interp/some-uop.ts';
import { assume } from './assumptions.ts';
import { type LoopFlags, loopFlags } from './flag-sources.ts';
import { successors } from './graph.ts';
import type { BlockEnd, Region } from './region.ts';
import { registerAt } from './registers.ts';

export interface InstructionFacts {
  readonly uops: readonly Uop[];
  /** Sets of registers (registers.ts) that it reads or writes, and that it writes. */
  readonly touched: number;
  readonly written: number;
  /** It sets all status flags whatever happens, and reads none of them. */
  readonly definesFlags: boolean;
  /** The flags before it may be seen: it reads some, keeps some, or may be left to the interpreter. */
  readonly seesFlags: boolean;
  /** The region may be left after it where nothing else leaves it, or in its midst: the flags it sets may be seen. */
  readonly leaves: boolean;
  /** It can only be interpreted. */
  readonly interpreted: boolean;
  /** Kind of a repeated string instruction that a core function does (interp/bulk-string.ts); -1 for all others. */
  readonly bulk: number;
}
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

/** Meanings of forms, which are the same objects again and again; bounded, since there are many thousands. */
const meanings = new Map<Form, readonly Uop[]>();
const MAXIMUM_MEANINGS = 4096;
export function meaningOf(form: Form): readonly Uop[] {
  let uops = meanings.get(form);
  if (!uops) {
    if (meanings.size >= MAXIMUM_MEANINGS) meanings.clear();
    uops = buildMeaning(form).uops;
    meanings.set(form, uops);
  }
  return uops;
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

interface Effects {
  touched: number;
  written: number;
  defines: boolean;
  sees: boolean;
  leaves: boolean;
  interpreted: boolean;
}

function scan(uops: readonly Uop[], wide: boolean, nested: boolean, inLoop: boolean, e: Effects): void {
  for (const uop of uops) {
    switch (uop.op) {
      case 'get':
      case 'set': {
        if (uop.location.kind !== 'state') throw new Error('a micro-operation was not specialized');
        const register = registerAt(uop.location.offset);
        if (register < 0) break;
        e.touched |= 1 << register;
        if (uop.op === 'set') e.written |= 1 << register;
        // Outside 64-bit mode the upper halves of general registers are zero while a region runs: what writes all 64
        // bits there writes 32, zero-extended.
        if (!wide && register < 16 && uop.bits === 64 && uop.op === 'get') e.interpreted = true;
        break;
      }
      case 'load':
      case 'store':
      case 'linear':
      case 'faultIf':
      case 'call':
        e.sees = true;
        break;
      case 'flagsArith':
        // INC and DEC need the flags before them only where somebody needs those after them.
        if (!uop.keepCarry && !nested && !e.sees) e.defines = true;
        if (inLoop || (!wide && uop.bits === 64)) e.interpreted = true;
        break;
      case 'flagsSet':
        if ((uop.mask & FLAGS_STATUS) !== FLAGS_STATUS) {
          if (!e.defines) e.sees = true;
        } else if (!nested && !e.sees) e.defines = true;
        if (inLoop) e.interpreted = true;
        break;
      case 'flagsGet':
      case 'condition':
        e.sees = true;
        if (inLoop) e.interpreted = true;
        break;
      case 'if':
        scan(uop.then, wide, true, inLoop, e);
        scan(uop.else, wide, true, inLoop, e);
        break;
      case 'loop':
        scan(uop.body, wide, true, true, e);
        break;
      case 'endBlock':
        e.sees = true;
        e.leaves = true;
        break;
      case 'repeat':
        e.interpreted = true;
        break;
    }
  }
}

/** What one instruction does, after specialization. */
export function instructionFacts(uops: readonly Uop[], wide: boolean): InstructionFacts {
  const e: Effects = {
    touched: 0,
    written: 0,
    defines: false,
    sees: false,
    leaves: false,
    interpreted: false,
  };
  scan(uops, wide, false, false, e);
  return {
    uops,
    touched: e.touched,
    written: e.written,
    definesFlags: e.defines || definesAfterAll(uops),
    seesFlags: e.sees,
    leaves: e.leaves,
    interpreted: e.interpreted,
    bulk: -1,
  };
}
/** REP MOVS or REP STOS: registers that it reads and writes. It may be left to the interpreter. */
function bulkFacts(bulk: number): InstructionFacts {
  const pointers = (1 << S.RCX) | (1 << S.RDI);
  const written = bulk & BULK_STORE ? pointers : pointers | (1 << S.RSI);
  return {
    uops: [],
    touched: bulk & BULK_STORE ? written | (1 << S.RAX) : written,
    written,
    definesFlags: false,
    seesFlags: true,
    leaves: false,
    interpreted: false,
    bulk,
  };
}
/** An operation at the top level sets all flags, whatever the micro-operations before it saw. */
function definesAfterAll(uops: readonly Uop[]): boolean {
  return uops.some(
    (uop) =>
      (uop.op === 'flagsArith' && !uop.keepCarry) ||
      (uop.op === 'flagsSet' && (uop.mask & FLAGS_STATUS) === FLAGS_STATUS),
  );
}

/** `isHeader` tells the blocks on the ways to which the region may be left because its budget is used up. */
export function analyseRegion(region: Region, isHeader: (block: number) => boolean): RegionFacts {
  const wide = region.mode.bits === 64;
  const { blocks } = region;
  const meanings = blocks.flatMap((block) =>
    block.instructions.map((one) => meaningOf(one.instruction.form)),
  );
  const breaks = meanings.some((uops) => assume(uops, 'nothing').breaks);
  const what = breaks ? 'nothing' : region.plainFloats ? 'unit and MXCSR' : 'unit';
  const assumed = meanings.map((uops) => assume(uops, what));
  const facts = blocks.map((block) =>
    block.instructions.map(({ instruction }, i) => {
      const bulk = bulkKind(instruction.form);
      if (bulk >= 0) return bulkFacts(bulk);
      const meaning = meaningOf(instruction.form);
      const { uops } = assume(meaning, what);
      const special = specialize(uops, instruction);
      const calls = wide && i === block.instructions.length - 1 && block.end.kind === 'goto';
      return instructionFacts(calls ? withoutTargetCheck(special, region, block.end) : special, wide);
    }),
  );
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
      for (let i = facts[b]!.length - 1; i >= 0; i--) live = liveBefore(facts[b]![i]!, live);
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
      live = liveBefore(list[i]!, live);
    }
    return alive;
  });
  const reducedFacts = facts.map((list, b) =>
    list.map((one, i) => ({
      ...one,
      uops: flagsLive[b]![i] ? withOrigins(one.uops) : withoutFlags(one.uops),
    })),
  );
  const predecessors: number[][] = blocks.map(() => []);
  for (const { index, end } of blocks) for (const to of successors(end)) predecessors[to]!.push(index);
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
      loopFlags: liveIn[b] && isHeader(b) ? loopFlags(b, reducedFacts, predecessors, isHeader) : null,
    })),
  };
}
/** A relative CALL of code in the region's own pages: its target is mapped, so it is canonical. */
function withoutTargetCheck(uops: Uop[], region: Region, end: BlockEnd & { kind: 'goto' }): readonly Uop[] {
  if (uops.at(-1)?.op !== 'branch') return uops;
  const { to } = end;
  const page = (to.kind === 'block' ? region.blocks[to.block]!.offset : to.offset) >> 12;
  if (!region.pages.some(({ index }) => index === page)) return uops;
  const rest = uops.filter((uop) => uop.op !== 'faultIf');
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
/** The micro-operations without those that set flags, and without what only those need. */
function withoutFlags(uops: readonly Uop[]): readonly Uop[] {
  if (!someUop(uops, ({ op }) => op === 'flagsArith' || op === 'flagsSet')) return uops;
  const rest = stripped(uops);
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
function stripped(uops: readonly Uop[]): Uop[] {
  const rest: Uop[] = [];
  for (const uop of uops) {
    if (uop.op === 'if') rest.push({ ...uop, then: stripped(uop.then), else: stripped(uop.else) });
    else if (uop.op === 'loop') rest.push({ ...uop, body: stripped(uop.body) });
    else if (uop.op !== 'flagsArith' && uop.op !== 'flagsSet') rest.push(uop);
  }
  return rest;
}
/** Flags that say what they come from without what else they would be computed from. */
function withOrigins(uops: readonly Uop[]): readonly Uop[] {
  if (!someUop(uops, hasOrigin)) return uops;
  const rest = reduced(uops);
  removeUnused(rest, EVERY_VARIABLE, valueCount(uops));
  return rest;
}
function hasOrigin(uop: Uop): boolean {
  return (uop.op === 'flagsArith' || uop.op === 'flagsSet') && uop.origin !== undefined;
}
function reduced(uops: readonly Uop[]): Uop[] {
  return uops.map((uop): Uop => {
    if (uop.op === 'if') return { ...uop, then: reduced(uop.then), else: reduced(uop.else) };
    if (uop.op === 'flagsArith' && uop.origin) return { ...uop, a: null, b: null };
    if (uop.op === 'flagsSet' && uop.origin) return { ...uop, value: uop.origin.result };
    return uop;
  });
}
/** More variables than any meaning has. */
const EVERY_VARIABLE: readonly boolean[] = new Array<boolean>(256).fill(true);

function liveBefore(facts: InstructionFacts, after: boolean): boolean {
  return facts.seesFlags || facts.interpreted || (after && !facts.definesFlags);
}
