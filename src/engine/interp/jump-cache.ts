// The jump cache: linear address -> block there, so that jumps whose target is not linked need not leave the wasm code.
// All that a jump needs is in an entry of 16 bytes: for which address and key (jump-key.ts) it is good, the block's first
// descriptor, and the slot of the region that has taken the block's place, if one has. So a jump from region to region touches
// neither descriptors nor headers. The look-up in wasm is in core-module.ts.
//
// Four entries are a line of 64 bytes, which belongs to 32 bytes of code: what lies together is likely to run together. A line has the
// block that was entered last first, and drops the last one, or the first that is out of date.
//
// A block is found at one address at a time, which its header tells (descriptor.ts); where it is mapped at several, the
// others are looked up by place (find-block.ts). So its entry is found when a region takes its place or leaves it.
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import * as D from './descriptor.ts';
import { TABLE_SIZE } from './handlers.ts';
import { JUMP_KEY_MODE } from './jump-key.ts';

/** Blocks lie from here on. */
export const FIRST_BLOCK = E.DESCRIPTORS;

const ENTRY = E.JUMP_ENTRY_BYTES;
const LINE = E.JUMP_WAYS * ENTRY;

export class JumpCache {
  readonly #state: CpuState;

  constructor(state: CpuState) {
    this.#state = state;
    this.clear();
  }

  clear(): void {
    const first = E.JUMP_CACHE >> 2;
    this.#state.u32.fill(0, first, first + ((E.JUMP_LINES * LINE) >> 2));
  }

  /** The descriptor of the block at a linear address, or 0. */
  find(linear: number, key: number): number {
    const line = lineOf(linear);
    for (let entry = line; entry < line + LINE; entry += ENTRY) {
      if (this.#keyOf(entry) === key && this.#linearOf(entry) === linear) return this.#descriptorOf(entry);
    }
    return 0;
  }

  /** The block at this descriptor is found at a linear address from now on, and at no other. */
  enter(linear: number, key: number, descriptor: number): void {
    const { u32, u16 } = this.#state;
    const former = this.#find(descriptor);
    if (former >= 0) u16[(former + E.JUMP_ENTRY_KEY) >> 1] = 0;
    const line = lineOf(linear);
    let last = line;
    const end = line + LINE - ENTRY;
    while (last < end && this.#isGood(last) && this.#linearOf(last) !== linear) last += ENTRY;
    u32.copyWithin((line + ENTRY) >> 2, line >> 2, last >> 2);
    const handler = u32[descriptor >> 2]!;
    this.#state.setNumber(line + E.JUMP_LINEAR, linear);
    u16[(line + E.JUMP_ENTRY_KEY) >> 1] = key;
    u16[(line + E.JUMP_SLOT) >> 1] = handler >= TABLE_SIZE ? handler : 0;
    u32[(line + E.JUMP_DESCRIPTOR) >> 2] = descriptor;
    this.#state.setNumber(descriptor - D.H_LINEAR, linear);
  }

  /** A region has taken the place of the block at this descriptor, or (0) none has any more. */
  setSlot(descriptor: number, slot: number): void {
    const entry = this.#find(descriptor);
    if (entry >= 0) this.#state.u16[(entry + E.JUMP_SLOT) >> 1] = slot;
  }

  /** The entry of a block, or -1. */
  #find(descriptor: number): number {
    const line = lineOf(this.#state.getNumber(descriptor - D.H_LINEAR));
    for (let entry = line; entry < line + LINE; entry += ENTRY) {
      if (this.#descriptorOf(entry) === descriptor && this.#keyOf(entry) !== 0) return entry;
    }
    return -1;
  }
  /** The entry's key is in force, for user or for supervisor code of the mode. */
  #isGood(entry: number): boolean {
    const { u32 } = this.#state;
    const key = this.#keyOf(entry);
    const keys = (E.JUMP_KEYS >> 2) + (u32[L.MODE >> 2]! & JUMP_KEY_MODE);
    return key === u32[keys] || key === u32[keys + E.JUMP_KEY_MODES];
  }
  #keyOf(entry: number): number {
    return this.#state.u16[(entry + E.JUMP_ENTRY_KEY) >> 1]!;
  }
  #linearOf(entry: number): number {
    return this.#state.getNumber(entry + E.JUMP_LINEAR);
  }
  #descriptorOf(entry: number): number {
    return this.#state.u32[(entry + E.JUMP_DESCRIPTOR) >> 2]!;
  }
}

/** The line of an address. */
function lineOf(linear: number): number {
  const number =
    ((linear | 0) >>> E.JUMP_LINE_CODE) ^ Math.floor(linear / 2 ** (E.JUMP_LINE_CODE + E.JUMP_LINE_BITS));
  return E.JUMP_CACHE + (number & (E.JUMP_LINES - 1)) * LINE;
}
