// Forms a region (region.ts) around a hot place: follows the code from there, along what really ran,
// nearest first, until it has enough. Then assemble-region.ts cuts it into blocks.
//
// What ran is known by where control arrived (CodeView.ran): the target of a branch that was never
// taken is left out. The way past a conditional branch leaves no such trace; it is taken in, unless it
// soon reaches what cannot have run: an unconditional branch or call whose target never did, or UD2.
//
// A CALL of a short function is followed, and the callee's blocks are the region's own, once for each
// call: in that copy it is known where RET returns to. A CALL of a function that is being followed
// already (recursion) leads to the blocks that are there; its RET then may return to several places.
// Where computed jumps and calls lead is guessed (switch-targets.ts, call-targets.ts).
//
// Not modelled: code that is reached by falling through from one page into another which is not mapped
// next to it; such ways leave the region.
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { Mode } from '../../x86/decode/mode.ts';
import { type Activation, activationOf, activationWith, isWarm } from './activation.ts';
import { assembleBlocks, assembleRegion } from './assemble-region.ts';
import { calleeCandidates } from './call-targets.ts';
import { loopHeader } from './entry-loop.ts';
import { Functions } from './functions.ts';
import { type CodeInstruction, type CodeView, GuestCode, pageOf } from './guest-code.ts';
import type { Region } from './region.ts';
import { looksLikeSwitch, switchCandidates } from './switch-targets.ts';

export interface FormLimits {
  /** Most instructions; a copy of a callee counts. */
  readonly instructions: number;
  /** Most blocks, about. */
  readonly blocks: number;
  readonly pages: number;
  /** What ran less often than the entry by this factor is not taken in. */
  readonly coldness: number;
  /** Instructions of a callee at most, for calls from the entry's function, from its callees, and so on. */
  readonly callees: readonly number[];
  /** Targets of a computed JMP. */
  readonly switchTargets: number;
  /** Functions that a CALL through a table is taken to lead to. */
  readonly callTargets: number;
  /**
   * Computed jumps of a function that may go to the same places share one list of predictions: a block
   * without instructions that ends as 'jump', to which theirs lead with 'goto'; the address compared is that
   * of the jump before it. So the returns of a recursive function, and the many jumps of a threaded
   * interpreter, stay loops with one entry.
   */
  readonly dispatches: boolean;
}

export const DEFAULT_LIMITS: FormLimits = {
  instructions: 400,
  blocks: 100,
  pages: 4,
  coldness: 32,
  callees: [100, 60, 30],
  switchTargets: 24,
  callTargets: 16,
  dispatches: true,
};

/** For code of which it is not known yet whether it will run for long: the less, the sooner it may be translated. */
export const FIRST_LIMITS = { instructions: 200, callees: [30, 20] } as const satisfies Partial<FormLimits>;

/** For a loop that is longer than others: half of what stays in then has to be the loop. */
export const LOOP_LIMITS: Partial<FormLimits> = {
  instructions: 1400,
  blocks: 350,
  callees: [200, 100, 30],
  coldness: 400,
};

/** A place to go on from. */
interface Work {
  readonly activation: Activation;
  readonly offset: number;
  /** Instructions from the entry, about; those nearest come first. */
  readonly distance: number;
  /** Control is known to have been there. */
  readonly certain: boolean;
  /** Candidates for the targets of the computed JMP at the offset, instead of a place. */
  readonly candidates: number[] | null;
}

/** How much further off the way past a branch is that may never have been passed. */
const UNCERTAIN = 6;
/** Callers of the region's own function that come in by its RETs. */
const MOST_CALLERS = 2;
/** Distance between two targets of a switch, so that what belongs to the first comes before the second. */
const BETWEEN_TARGETS = 12;

/** How far the entry may lie behind the beginning of its function, for recursion to be seen. */
const MOST_FUNCTION_BYTES = 2048;

class Formation {
  readonly #code: GuestCode;
  readonly #limits: FormLimits;
  readonly #pages = new Set<number>();
  readonly #functions: Functions;
  #work: Work[] = [];
  #count = 0;
  /** Instructions still to come of callees that are being followed, about. */
  #promised = 0;
  #leaders = 0;
  readonly activations: Activation[] = [];

  constructor(code: GuestCode, limits: FormLimits) {
    this.#code = code;
    this.#limits = limits;
    const most = limits.instructions >> 1;
    this.#functions = new Functions(code, most, (offset) => this.#inReach(offset));
  }

  form(entry: number): void {
    const least = Math.max(1, this.#code.view.runs(entry) / this.#limits.coldness);
    const root = this.#activate(null, entry, least);
    this.#add(root, entry, 0, true);
    while (this.#work.length > 0 && this.#count < this.#limits.instructions) {
      const work = this.#nearest();
      if (work.candidates) this.#nextTarget(work, work.candidates);
      else this.#follow(work);
    }
  }

  #activate(caller: Activation | null, start: number, least: number): Activation {
    const activation = activationOf(caller, start, least);
    this.activations.push(activation);
    return activation;
  }

  #add(activation: Activation, offset: number, distance: number, certain: boolean): void {
    this.#work.push({ activation, offset, distance, certain, candidates: null });
  }

  #nearest(): Work {
    const work = this.#work;
    let best = 0;
    for (let i = 1; i < work.length; i++) if (work[i]!.distance < work[best]!.distance) best = i;
    const result = work[best]!;
    work[best] = work.at(-1)!;
    work.pop();
    return result;
  }

  /** Takes in the code from a place on, up to where it forks, joins what is in, or leaves. */
  #follow({ activation, offset, distance, certain }: Work): void {
    const { instructions, leaders } = activation;
    if (offset !== this.activations[0]!.start && this.#code.view.beginsLoop?.(offset)) return;
    if (!leaders.has(offset)) {
      if (this.#leaders >= this.#limits.blocks) return;
      leaders.add(offset);
      this.#leaders++;
    }
    /** What has been taken in without being known to have run. */
    let doubtful: CodeInstruction[] = [];
    const latest: CodeInstruction[] = [];
    let known = certain;
    let at = offset;
    let far = distance;
    for (;;) {
      if (instructions.has(at)) {
        leaders.add(at);
        return;
      }
      const place = this.#code.at(at);
      if (typeof place === 'string' || this.#count >= this.#limits.instructions) return;
      if (!known && this.#isWarm(activation, at)) {
        known = true;
        doubtful = [];
      }
      const { form } = place;
      const never = form.allowed
        ? form.branch === 'always' && this.#isCold(activation, place)
        : FAULTING.has(place.instruction.form.mnemonic);
      if (never && !known) {
        for (const { offset: out } of doubtful) instructions.delete(out);
        this.#count -= doubtful.length;
        activation.cold.add(offset);
        return;
      }
      if (!form.allowed || !this.#mayHold(place)) return;
      instructions.set(at, place);
      this.#count++;
      if (activation.depth > 0 && this.#promised > 0) this.#promised--;
      far++;
      if (!known) doubtful.push(place);
      if (form.ends) return;

      if (form.jump) {
        if (form.returns) this.#returnToCaller(activation, place, far);
        else if (!looksLikeSwitch(place, latest)) this.#goWhereObserved(activation, place, far);
        else if (form.call) this.#callThroughTable(activation, place, far);
        else this.#startSwitch(activation, place, far);
        return;
      }
      if (form.branch === 'always') {
        if (form.call) this.#call(activation, place, far);
        else if (this.#goesTo(activation, place.target)) this.#add(activation, place.target, far, true);
        return;
      }
      if (form.branch === 'conditional' && this.#goesTo(activation, place.target)) {
        this.#add(activation, place.target, far + 1, true);
        this.#add(activation, place.next, far + UNCERTAIN, false);
        return;
      }
      latest.push(place);
      at = place.next;
    }
  }

  #isWarm(activation: Activation, offset: number): boolean {
    return isWarm(activation, this.#code.view, offset);
  }
  /** Whether an unconditional branch or a call evidently hardly ran. */
  #isCold(activation: Activation, { form, target, next }: CodeInstruction): boolean {
    if (activation.instructions.has(target)) return false;
    if (!this.#isWarm(activation, target)) return true;
    return form.call && target !== next && !this.#isWarm(activation, next);
  }

  /** Whether the target of a branch is taken in: control has been there, or it is in already. */
  #goesTo(activation: Activation, target: number): boolean {
    return activation.instructions.has(target) || this.#isWarm(activation, target);
  }

  /** Whether there is room for the pages of an instruction. Takes them in if so. */
  #mayHold({ offset, next }: CodeInstruction): boolean {
    const first = pageOf(offset);
    const last = pageOf(next - 1);
    const fresh = (this.#pages.has(first) ? 0 : 1) + (last === first || this.#pages.has(last) ? 0 : 1);
    if (fresh === 0) return true;
    if (this.#pages.size + fresh > this.#limits.pages) return false;
    this.#pages.add(first);
    this.#pages.add(last);
    return true;
  }

  // ---- where computed jumps went before ----

  /** A jump or call through a pointer, as it went last. */
  #goWhereObserved(activation: Activation, jump: CodeInstruction, distance: number): void {
    const target = this.#code.view.observed?.(jump.offset);
    if (target === undefined) return;
    if (jump.form.call) {
      this.#callOneOf(activation, jump, distance, [target]);
    } else if (this.#inReach(target) && this.#isWarm(activation, target)) {
      activation.switches.set(jump.offset, [target]);
      this.#add(activation, target, distance + 1, true);
    }
  }
  /** The RET of the region's own function, to where it returned last: the caller's code there comes in. */
  #returnToCaller(activation: Activation, { offset }: CodeInstruction, distance: number): void {
    if (activation !== this.activations[0]) return;
    const target = this.#code.view.observed?.(offset);
    if (target === undefined || !this.#inReach(target) || !this.#isWarm(activation, target)) return;
    if (activation.returnsTo.some((site) => site.offset === target)) return;
    if (this.#callers >= MOST_CALLERS) return;
    this.#callers++;
    const caller = this.#activate(null, target, activation.least);
    activation.returnsTo.push({ activation: caller, offset: target });
    this.#add(caller, target, distance + 2, true);
  }
  #callers = 0;

  // ---- calls ----

  #call(activation: Activation, call: CodeInstruction, distance: number): void {
    const { target, next } = call;
    // CALL of the next instruction only asks where it is.
    if (target === next) {
      activation.calls.set(call.offset, activation);
      this.#add(activation, next, distance, true);
      return;
    }
    const again = this.#again(activation, target);
    if (!again && !this.#follows(activation, target)) return;
    const callee = again ?? this.#activate(activation, target, this.#leastIn(activation, call, target));
    activation.calls.set(call.offset, callee);
    if (!callee.instructions.has(target)) this.#add(callee, target, distance + 1, true);
    if (!this.#isWarm(activation, next)) return;
    callee.returnsTo.push({ activation, offset: next });
    this.#add(activation, next, distance + 2, true);
  }

  /** The activation that a call of `target` leads back to: that of a function that it is in, or of the region's entry. */
  #again(activation: Activation, target: number): Activation | null {
    const within = activationWith(activation, target) ?? this.#entryWithin(activation, target);
    // The caller of the region's own function, brought in by its RET, calls it again.
    const root = this.activations[0]!;
    return within ?? (root.start === target ? root : null);
  }

  /** A CALL through a table of functions: of those that ran around here, the short ones are followed. */
  #callThroughTable(activation: Activation, call: CodeInstruction, distance: number): void {
    const starts = calleeCandidates(activation, call, this.#code, this.#functions);
    this.#callOneOf(activation, call, distance, starts);
  }
  #callOneOf(
    activation: Activation,
    jump: CodeInstruction,
    distance: number,
    starts: Iterable<number>,
  ): void {
    const { next } = jump;
    if (!this.#isWarm(activation, next)) return;
    const callees: Activation[] = [];
    for (const start of starts) {
      if (callees.length >= this.#limits.callTargets) break;
      const again = this.#again(activation, start);
      if (!again && (!this.#inReach(start) || !this.#follows(activation, start))) continue;
      const callee = again ?? this.#activate(activation, start, this.#leastIn(activation, jump, start));
      callees.push(callee);
      callee.returnsTo.push({ activation, offset: next });
      if (!callee.instructions.has(start)) this.#add(callee, start, distance + 1, true);
    }
    if (callees.length === 0) return;
    activation.tables.set(jump.offset, callees);
    this.#add(activation, next, distance + 2, true);
  }

  /** Runs that places of a callee must have: what is warm in the caller, by the share of its calls that this one is. */
  #leastIn({ least }: Activation, { next }: CodeInstruction, callee: number): number {
    const { view } = this.#code;
    return least * Math.max(1, view.runs(callee) / Math.max(view.runs(next), least));
  }

  /** Whether a call is worth following: the callee is short, returns, and there is room for it, which is then taken. */
  #follows(caller: Activation, callee: number): boolean {
    const most = this.#limits.callees[caller.depth] ?? 0;
    if (most === 0 || !this.#isWarm(caller, callee)) return false;
    const measure = this.#functions.at(callee);
    const room = this.#limits.instructions - this.#count - this.#promised;
    if (!measure.returns || measure.code.size > Math.min(most, room)) return false;
    this.#promised += measure.code.size;
    return true;
  }

  /** The entry's activation, when the entry lies within the function at `start` that is called: recursion. */
  #entryWithin(caller: Activation, start: number): Activation | null {
    const root = this.activations[0]!;
    const near = start < root.start && root.start - start < MOST_FUNCTION_BYTES;
    if (caller !== root || !near || !this.#isWarm(caller, start)) return null;
    return this.#functions.at(start).code.has(root.start) ? root : null;
  }

  /** Whether the page of an offset is in, or may still come in. */
  #inReach(offset: number): boolean {
    return this.#pages.has(pageOf(offset)) || this.#pages.size < this.#limits.pages;
  }

  // ---- computed jumps ----

  #startSwitch(activation: Activation, jump: CodeInstruction, distance: number): void {
    const candidates = switchCandidates(jump, this.#code).reverse();
    activation.switches.set(jump.offset, []);
    const { offset } = jump;
    this.#work.push({ activation, offset, distance: distance + 1, certain: true, candidates });
  }

  /** Takes the next candidate that nothing else explains by now. */
  #nextTarget(work: Work, candidates: number[]): void {
    const { activation, offset, distance } = work;
    const targets = activation.switches.get(offset)!;
    if (targets.length >= this.#limits.switchTargets) return;
    for (let target = candidates.pop(); target !== undefined; target = candidates.pop()) {
      // Nothing need explain the region's entry.
      const explained = activation.instructions.has(target) && target !== this.activations[0]!.start;
      if (explained || !this.#inReach(target)) continue;
      targets.push(target);
      this.#add(activation, target, distance, true);
      this.#work.push({ ...work, distance: distance + BETWEEN_TARGETS });
      return;
    }
  }
}

/** Instructions that compilers put where control must never come. */
const FAULTING = new Set(['UD2', 'INVALID', 'INT3', 'HLT']);

/**
 * The region around the code at `entry`, an offset 0..4095 in the page of index 0, in a mode of 32 or 64
 * bits with flat CS. null when the instruction there is not for regions. Its graph is reducible, and its
 * blocks are numbered in reverse postorder.
 */
export function formRegion(
  entry: number,
  mode: Mode,
  view: CodeView,
  features: DecodeFeatures,
  limits: Partial<FormLimits> = {},
): Region | null {
  const code = new GuestCode(view, mode, features);
  const all = { ...DEFAULT_LIMITS, ...limits };
  const formation = new Formation(code, all);
  formation.form(entry);
  return assembleRegion(entry, mode, code, formation.activations, all.dispatches);
}

/**
 * Where the loop begins that goes through `entry` and through the block at the offset `through`: the offset of the block
 * that a region of it is best formed around (entry-loop.ts). null where no such loop is known.
 */
export function formedLoopHeader(
  entry: number,
  through: number,
  mode: Mode,
  view: CodeView,
  features: DecodeFeatures,
): number | null {
  const code = new GuestCode(view, mode, features);
  const all = { ...DEFAULT_LIMITS, ...LOOP_LIMITS };
  const formation = new Formation(code, all);
  formation.form(entry);
  if (!formation.activations[0]!.instructions.has(entry)) return null;
  return loopHeader(assembleBlocks(code, formation.activations, all.dispatches), through);
}

/** Why formRegion gives null: what stands at the entry. For --stats. */
export function whyNotFormed(entry: number, mode: Mode, view: CodeView, features: DecodeFeatures): string {
  const place = new GuestCode(view, mode, features).at(entry);
  if (typeof place === 'string') return place;
  const { form } = place.instruction;
  const help = view.needsHelp?.(entry) ? ', which needs the interpreter too often' : '';
  return `${form.repeat === 'none' ? '' : `${form.repeat} `}${form.mnemonic}${help}`;
}
