// The last step of forming a region: the instructions that were taken in (form-region.ts) are cut into
// blocks with edges between them.
import type { Mode } from '../../x86/decode/mode.ts';
import { type Activation, isWarm } from './activation.ts';
import { type CodeInstruction, type GuestCode, pageOf } from './guest-code.ts';
import { reducible } from './reducible.ts';
import type { BlockEnd, Edge, Region, RegionBlock, RegionPage } from './region.ts';

/** Places that a RET's target is compared with, at most. */
const MAXIMUM_RETURN_SITES = 6;

/** Blocks without instructions to which several computed jumps of an activation lead, which might go to the same places. */
interface Dispatch {
  /** Shared by its RETs; -1: each has its own list. */
  returns: number;
  /** Shared by its computed JMPs. */
  switches: number;
}

class Assembly {
  readonly #code: GuestCode;
  readonly #dispatches = new Map<Activation, Dispatch>();
  readonly #shared: RegionBlock[] = [];
  readonly #indices = new Map<Activation, Map<number, number>>();
  /** The first instruction of each block, and whose it is. */
  readonly #starts: { readonly activation: Activation; readonly offset: number }[] = [];

  constructor(code: GuestCode, activations: readonly Activation[], dispatches: boolean) {
    this.#code = code;
    for (const { returnsTo } of activations) {
      for (const site of returnsTo) site.activation.leaders.add(site.offset);
    }
    for (const activation of activations) this.#number(activation);
    for (const activation of dispatches ? activations : []) this.#share(activation);
  }

  blocks(): RegionBlock[] {
    const blocks = this.#starts.map(({ activation, offset }, index) =>
      this.#block(activation, offset, index),
    );
    return [...blocks, ...this.#shared];
  }

  indicesOf(activation: Activation): number[] {
    return [...this.#indices.get(activation)!.values()];
  }

  /** Lets jumps with several likely targets in common share their list. */
  #share(activation: Activation): void {
    const places = [...activation.instructions.values()];
    const returns = places.filter(({ form }) => form.returns);
    const share = (jumps: number, first: number, predicted: readonly number[]): number => {
      if (jumps < 2 || predicted.length < 2) return -1;
      const index = this.#starts.length + this.#shared.length;
      this.#shared.push({ index, offset: first, instructions: [], end: { kind: 'jump', predicted } });
      return index;
    };
    const { switches } = activation;
    const targets = new Set([...switches.values()].flat());
    this.#dispatches.set(activation, {
      returns: share(returns.length, returns[0]?.offset ?? 0, this.#returnSites(activation)),
      switches: share(switches.size, [...switches.keys()][0] ?? 0, this.#targets(activation, [...targets])),
    });
  }

  /** Gives numbers to the blocks of an activation. */
  #number(activation: Activation): void {
    const { instructions, leaders, switches } = activation;
    for (const targets of switches.values()) for (const target of targets) leaders.add(target);
    for (const { form, target, next } of instructions.values()) {
      if (form.branch === 'none' || form.call) continue;
      leaders.add(target);
      if (form.branch === 'conditional') leaders.add(next);
    }
    const indices = new Map<number, number>();
    this.#indices.set(activation, indices);
    for (const offset of leaders) {
      if (!instructions.has(offset)) continue;
      indices.set(offset, this.#starts.length);
      this.#starts.push({ activation, offset });
    }
  }

  #index(activation: Activation, offset: number): number | undefined {
    return this.#indices.get(activation)?.get(offset);
  }

  #block(activation: Activation, offset: number, index: number): RegionBlock {
    const instructions: CodeInstruction[] = [];
    let place = activation.instructions.get(offset)!;
    for (;;) {
      instructions.push(place);
      const end = this.#end(activation, place);
      if (end) return { index, offset, instructions, end };
      place = activation.instructions.get(place.next)!;
    }
  }

  /** How the block ends, if it ends with this instruction. */
  #end(activation: Activation, place: CodeInstruction): BlockEnd | null {
    const { form, next, target, offset } = place;
    if (form.jump) return this.#jump(activation, place);
    if (form.ends) return { kind: 'jump', predicted: [] };
    if (form.branch === 'conditional') {
      const taken = this.#edge(activation, target, !isWarm(activation, this.#code.view, target));
      return { kind: 'branch', taken, next: this.#edge(activation, next, activation.cold.has(next)) };
    }
    if (form.branch === 'always') {
      const callee = activation.calls.get(offset);
      if (form.call && !callee) return { kind: 'goto', to: { kind: 'exit', offset: target, cold: false } };
      return { kind: 'goto', to: this.#edge(callee ?? activation, target, false) };
    }
    const following = this.#index(activation, next);
    if (following !== undefined) return { kind: 'goto', to: { kind: 'block', block: following } };
    if (activation.instructions.has(next)) return null;
    const after = this.#code.at(next);
    const interpreted = after === 'no instruction' || (after !== 'no page' && !after.form.allowed);
    if (interpreted) return { kind: 'interpret', offset: next };
    return { kind: 'goto', to: { kind: 'exit', offset: next, cold: activation.cold.has(next) } };
  }

  #edge(activation: Activation, offset: number, cold: boolean): Edge {
    const block = this.#index(activation, offset);
    return block === undefined ? { kind: 'exit', offset, cold } : { kind: 'block', block };
  }

  #jump(activation: Activation, { form, offset }: CodeInstruction): BlockEnd {
    if (form.call) {
      const callees = activation.tables.get(offset) ?? [];
      const blocks = callees.map((callee) => this.#index(callee, callee.start));
      return { kind: 'jump', predicted: blocks.filter((block) => block !== undefined) };
    }
    const targets = activation.switches.get(offset);
    if (!form.returns && !targets) return { kind: 'jump', predicted: [] };
    const shared = this.#dispatches.get(activation)?.[form.returns ? 'returns' : 'switches'] ?? -1;
    if (shared >= 0) return { kind: 'goto', to: { kind: 'block', block: shared } };
    return {
      kind: 'jump',
      predicted: targets ? this.#targets(activation, targets) : this.#returnSites(activation),
    };
  }
  #targets(activation: Activation, targets: readonly number[]): number[] {
    return targets.map((to) => this.#index(activation, to)).filter((block) => block !== undefined);
  }
  #returnSites({ returnsTo }: Activation): number[] {
    const blocks = new Map<number, number>();
    for (const { activation, offset } of returnsTo) {
      const block = this.#index(activation, offset);
      if (block !== undefined && !blocks.has(offset)) blocks.set(offset, block);
    }
    return [...blocks.values()].slice(0, MAXIMUM_RETURN_SITES);
  }
}

/** The pages that hold code of the blocks, the entry's first. */
function pagesOf(blocks: readonly RegionBlock[], code: GuestCode): RegionPage[] {
  const indices = new Set([0]);
  for (const { instructions } of blocks) {
    for (const { offset, instruction } of instructions) {
      indices.add(pageOf(offset));
      indices.add(pageOf(offset + instruction.length - 1));
    }
  }
  return [...indices].map((index) => ({ index, frame: code.page(index)!.frame }));
}

/** What was taken in, cut into blocks, the entry's first; some may be out of reach. */
export interface AssembledBlocks {
  readonly blocks: readonly RegionBlock[];
  /** Indices of those of the entry's function that no CALL leads to; and of its callers', where its RETs were followed. */
  readonly own: ReadonlySet<number>;
  readonly callers: ReadonlySet<number>;
}

/** `dispatches`: see FormLimits. */
export function assembleBlocks(
  code: GuestCode,
  activations: readonly Activation[],
  dispatches: boolean,
): AssembledBlocks {
  const assembly = new Assembly(code, activations, dispatches);
  const [root, ...others] = activations;
  const callers = others.filter(({ caller }) => caller === null);
  return {
    blocks: assembly.blocks(),
    own: new Set(root ? assembly.indicesOf(root) : []),
    callers: new Set(callers.flatMap((activation) => assembly.indicesOf(activation))),
  };
}

/**
 * Makes the region of what was taken in; null when that is nothing. The first activation's first leader is
 * the entry. `dispatches`: computed jumps may share their predictions (FormLimits).
 */
export function assembleRegion(
  entry: number,
  mode: Mode,
  code: GuestCode,
  activations: readonly Activation[],
  dispatches: boolean,
): Region | null {
  if (!activations[0]?.instructions.has(entry)) return null;
  const blocks = reducible(new Assembly(code, activations, dispatches).blocks());
  return { mode, entry, pages: pagesOf(blocks, code), blocks };
}
