// The jump cache: linear address -> block there, so that jumps whose target is not linked need not leave the wasm code.
// All that a jump needs is in one line of the processor's cache: for which address and key (jump-key.ts) an entry is good,
// the block's first descriptor, and the slot of the region that has taken the block's place, if one has. So a
// jump from region to region touches neither descriptors nor headers. The look-up in wasm is in core-module.ts.
//
// What is displaced moves to the other entry of its pair: two functions that call each other from places that fall together
// would have to be looked up at every call.
//
// A block is found at one address at a time, which its header tells (descriptor.ts); where it is mapped at several, the
// others are looked up (code-cache.ts). So its entry is found when a region takes its place or leaves it.
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from '../soft/engine-state.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';

/** Blocks lie from here on. */
export const FIRST_BLOCK = E.DESCRIPTORS;

const OTHER = 1 << E.JUMP_ENTRY_SHIFT;
const WORDS = 1 << (E.JUMP_ENTRY_SHIFT - 2);

export class JumpCache {
  readonly #state: CpuState;

  constructor(state: CpuState) {
    this.#state = state;
    this.clear();
  }

  clear(): void {
    const first = E.JUMP_CACHE >> 2;
    this.#state.u32.fill(0, first, first + E.JUMP_ENTRIES * WORDS);
  }

  /** The descriptor of the block at a linear address, or 0. */
  find(linear: number, key: number): number {
    const entry = entryOf(linear);
    if (this.#holds(entry, linear, key)) return this.#descriptor(entry);
    return this.#holds(entry ^ OTHER, linear, key) ? this.#descriptor(entry ^ OTHER) : 0;
  }

  /** The block at this descriptor is found at a linear address from now on, and at no other. */
  enter(linear: number, key: number, descriptor: number): void {
    const { u32 } = this.#state;
    this.#forget(descriptor);
    const entry = entryOf(linear);
    if (u32[(entry + E.JUMP_ENTRY_KEY) >> 2] === key && !this.#holds(entry, linear, key)) {
      u32.copyWithin((entry ^ OTHER) >> 2, entry >> 2, (entry >> 2) + WORDS);
    }
    const handler = u32[descriptor >> 2]!;
    this.#state.setNumber(entry + E.JUMP_LINEAR, linear);
    u32[(entry + E.JUMP_ENTRY_KEY) >> 2] = key;
    u32[(entry + E.JUMP_DESCRIPTOR) >> 2] = descriptor;
    u32[(entry + E.JUMP_SLOT) >> 2] = handler >= TABLE_SIZE ? handler : 0;
    this.#state.setNumber(descriptor - D.H_LINEAR, linear);
  }

  /** A region has taken the place of the block at this descriptor, or (0) none has any more. */
  setSlot(descriptor: number, slot: number): void {
    const { u32 } = this.#state;
    const entry = entryOf(this.#state.getNumber(descriptor - D.H_LINEAR));
    for (const at of [entry, entry ^ OTHER]) {
      if (this.#descriptor(at) === descriptor) u32[(at + E.JUMP_SLOT) >> 2] = slot;
    }
  }

  #forget(descriptor: number): void {
    const { u32 } = this.#state;
    const entry = entryOf(this.#state.getNumber(descriptor - D.H_LINEAR));
    for (const at of [entry, entry ^ OTHER]) {
      if (this.#descriptor(at) === descriptor) u32[(at + E.JUMP_ENTRY_KEY) >> 2] = 0;
    }
  }
  #descriptor(entry: number): number {
    return this.#state.u32[(entry + E.JUMP_DESCRIPTOR) >> 2]!;
  }
  #holds(entry: number, linear: number, key: number): boolean {
    return (
      this.#state.u32[(entry + E.JUMP_ENTRY_KEY) >> 2] === key &&
      this.#state.getNumber(entry + E.JUMP_LINEAR) === linear
    );
  }
}

/** The place of an address in the table. */
function entryOf(linear: number): number {
  return E.JUMP_CACHE + (((linear ^ Math.floor(linear / 8192)) & (E.JUMP_ENTRIES - 1)) << E.JUMP_ENTRY_SHIFT);
}
