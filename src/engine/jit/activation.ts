// An activation: a function, or the copy of a callee, while a region is formed. Code that is reached by
// different followed CALLs is taken in once for each, so an instruction of a region is found by
// (activation, offset).
import type { CodeInstruction, CodeView } from './guest-code.ts';

export interface Activation {
  /** 0: that of the region's entry; else the CALLs that lead here from there. */
  readonly depth: number;
  readonly caller: Activation | null;
  /** Where the CALL leads; the region's entry at depth 0. */
  readonly start: number;
  /** Runs that control must have arrived at a place of it with, to be taken in there. */
  readonly least: number;
  /** The instructions that are in, by offset. */
  readonly instructions: Map<number, CodeInstruction>;
  /** Offsets at which a block begins, as far as formation knows. */
  readonly leaders: Set<number>;
  /** Offsets that have evidently never run. */
  readonly cold: Set<number>;
  /** Offset of a CALL -> what it leads to, where it is followed. */
  readonly calls: Map<number, Activation>;
  /** Where its RET may return to, most likely first. */
  readonly returnsTo: ReturnSite[];
  /** Offset of a computed JMP -> where it may lead. */
  readonly switches: Map<number, number[]>;
  /** Offset of a computed CALL -> the callees that it may lead to. */
  readonly tables: Map<number, readonly Activation[]>;
}

export interface ReturnSite {
  readonly activation: Activation;
  readonly offset: number;
}

/** Whether control arrived at an offset often enough for an activation to have it. */
export function isWarm({ least }: Activation, view: CodeView, offset: number): boolean {
  return view.runs(offset) >= least;
}

/** An activation of the code at `start`, called from another (null: the region's entry), with nothing in it yet. */
export function activationOf(caller: Activation | null, start: number, least: number): Activation {
  return {
    depth: caller ? caller.depth + 1 : 0,
    caller,
    start,
    least,
    instructions: new Map(),
    leaders: new Set(),
    cold: new Set(),
    calls: new Map(),
    returnsTo: [],
    switches: new Map(),
    tables: new Map(),
  };
}

/** The activation of the function at `start` that an activation lies in, itself included; null when there is none. */
export function activationWith(activation: Activation, start: number): Activation | null {
  for (let a: Activation | null = activation; a; a = a.caller) if (a.start === start) return a;
  return null;
}
