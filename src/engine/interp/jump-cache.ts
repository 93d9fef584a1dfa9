// The jump cache: linear address -> first descriptor of the block there, so that jumps whose target is not linked
// need not leave the wasm code. The table in memory 0 holds descriptors only, sixteen to a line of the processor's
// cache; for which address and key (jump-key.ts) a block holds, its header tells (descriptor.ts), which lies in the line
// that is needed next anyway. So a block is found at one address at a time; where it is mapped at several, the
// others are looked up (code-cache.ts).
//
// What is displaced moves to the other of its pair: two functions that call each other from places that fall together
// would have to be looked up at every call. The look-up in wasm is in core-module.ts.
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from '../soft/engine-state.ts';
import * as D from './descriptor.ts';

/** What empty entries hold: the header before it has key 0, which no code has. */
export const NO_BLOCK = E.DESCRIPTORS + D.HEADER_SIZE;
/** Blocks lie from here on. */
export const FIRST_BLOCK = E.DESCRIPTORS + D.BLOCK_ALIGNMENT;

export class JumpCache {
  readonly #state: CpuState;

  constructor(state: CpuState) {
    this.#state = state;
    this.clear();
  }

  clear(): void {
    const first = E.JUMP_CACHE >> 2;
    this.#state.u32.fill(NO_BLOCK, first, first + E.JUMP_ENTRIES);
  }

  /** The descriptor of the block at a linear address, or 0. */
  find(linear: number, key: number): number {
    const { u32 } = this.#state;
    const entry = entryOf(linear);
    const first = u32[entry >> 2]!;
    if (this.#holds(first, linear, key)) return first;
    const second = u32[(entry ^ E.JUMP_OTHER) >> 2]!;
    return this.#holds(second, linear, key) ? second : 0;
  }

  /** The block at this descriptor is found at a linear address from now on. */
  enter(linear: number, key: number, descriptor: number): void {
    const { u32 } = this.#state;
    const entry = entryOf(linear);
    const displaced = u32[entry >> 2]!;
    if (
      displaced !== descriptor &&
      u32[(displaced - D.H_KEY) >> 2] === key &&
      !this.#holds(displaced, linear, key)
    ) {
      u32[(entry ^ E.JUMP_OTHER) >> 2] = displaced;
    }
    u32[entry >> 2] = descriptor;
    this.#state.setNumber(descriptor - D.H_LINEAR, linear);
    u32[(descriptor - D.H_KEY) >> 2] = key;
  }

  #holds(descriptor: number, linear: number, key: number): boolean {
    const { u32 } = this.#state;
    return (
      u32[(descriptor - D.H_KEY) >> 2] === key && this.#state.getNumber(descriptor - D.H_LINEAR) === linear
    );
  }
}

/** The place of an address in the table. */
function entryOf(linear: number): number {
  return E.JUMP_CACHE + (((linear ^ Math.floor(linear / 8192)) & (E.JUMP_ENTRIES - 1)) << 2);
}
