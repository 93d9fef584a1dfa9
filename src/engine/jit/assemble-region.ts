// The last step of forming a region: the instructions that were taken in (form-region.ts) are cut into
// blocks with edges between them.
import type { Mode } from '../../x86/decode/mode.ts';
import type { Activation } from './activation.ts';
import { type CodeInstruction, type GuestCode, pageOf } from './guest-code.ts';
import { reducible } from './reducible.ts';
import type { BlockEnd, Edge, Region, RegionBlock, RegionPage } from './region.ts';

/** Places that a RET's target is compared with, at most. */
const MAXIMUM_RETURN_SITES = 6;

class Assembly {
  readonly #code: GuestCode;
  readonly #indices = new Map<Activation, Map<number, number>>();
  /** The first instruction of each block, and whose it is. */
  readonly #starts: { readonly activation: Activation; readonly offset: number }[] = [];

  constructor(code: GuestCode, activations: readonly Activation[]) {
    this.#code = code;
    for (const { returnsTo } of activations) {
      for (const site of returnsTo) site.activation.leaders.add(site.offset);
    }
    for (const activation of activations) this.#number(activation);
  }

  blocks(): RegionBlock[] {
    return this.#starts.map(({ activation, offset }, index) => this.#block(activation, offset, index));
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
    if (form.jump) return { kind: 'jump', predicted: this.#predicted(activation, place) };
    if (form.branch === 'conditional') {
      const taken = this.#edge(activation, target, !this.#code.view.ran(target));
      return { kind: 'branch', taken, next: this.#edge(activation, next, activation.cold.has(next)) };
    }
    if (form.branch === 'always') {
      const cold = !this.#code.view.ran(target);
      const callee = activation.calls.get(offset);
      if (form.call && !callee) return { kind: 'goto', to: { kind: 'exit', offset: target, cold } };
      return { kind: 'goto', to: this.#edge(callee ?? activation, target, cold) };
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

  #predicted(activation: Activation, { form, offset }: CodeInstruction): number[] {
    if (!form.returns) {
      const targets = activation.switches.get(offset) ?? [];
      return targets.map((to) => this.#index(activation, to)).filter((block) => block !== undefined);
    }
    const blocks = new Map<number, number>();
    for (const site of activation.returnsTo) {
      const block = this.#index(site.activation, site.offset);
      if (block !== undefined && !blocks.has(site.offset)) blocks.set(site.offset, block);
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

/** Makes the region of what was taken in; null when that is nothing. The first activation's first leader is the entry. */
export function assembleRegion(
  entry: number,
  mode: Mode,
  code: GuestCode,
  activations: readonly Activation[],
): Region | null {
  if (!activations[0]?.instructions.has(entry)) return null;
  const blocks = reducible(new Assembly(code, activations).blocks());
  return { mode, entry, pages: pagesOf(blocks, code), blocks };
}
