// Writes decoded instructions as descriptors (descriptor.ts) into the vCPU's memory, one block behind the other.
import type { DecodedInstruction } from '../../x86/decode/instruction.ts';
import type { Mode } from '../../x86/decode/mode.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { HANDLER_GOTO_FLAT, HANDLER_GOTO_SEGMENTED } from './core-module.ts';
import * as D from './descriptor.ts';
import type { HandlerTable } from './handlers.ts';
import { FIRST_BLOCK } from './jump-cache.ts';

export class BlockWriter {
  readonly #state: CpuState;
  readonly #end: number;
  #next = FIRST_BLOCK;
  /** Has the handlers of all forms that are written. */
  table: HandlerTable;

  constructor(state: CpuState, table: HandlerTable) {
    this.#state = state;
    this.#end = state.buffer.byteLength;
    this.table = table;
  }

  /** Byte offset behind the last block. */
  get next(): number {
    return this.#next;
  }
  /** Whether there is no room for the longest block. */
  get full(): boolean {
    return this.#next + D.BLOCK_ALIGNMENT + (D.MAXIMUM_BLOCK + 2) * D.DESCRIPTOR_SIZE > this.#end;
  }
  /** Begins anew: what was written is used no more. */
  rewind(): void {
    this.#next = FIRST_BLOCK;
  }

  /**
   * Writes the first `count` instructions of a run, from offset `start` of their page on, and `goto` where the last does not
   * end the block; `place` is its place in memory 1, `secondPage` the page there on which its one instruction ends, or -1. Answers the
   * first descriptor; the last one ends at `next`. `wraps`: the segment ends near, so that what comes next may be at EIP 0.
   */
  write(
    run: readonly DecodedInstruction[],
    count: number,
    start: number,
    ends: boolean,
    mode: Mode,
    place: number,
    secondPage: number,
    wraps: boolean,
  ): number {
    const free = (this.#next + D.BLOCK_ALIGNMENT - 1) & -D.BLOCK_ALIGNMENT;
    const descriptor = free + D.HEADER_SIZE;
    const { u32 } = this.#state;
    u32[(descriptor - D.H_PLACE) >> 2] =
      secondPage < D.SECOND_PAGES ? Math.min(place, D.NO_PLACE) : D.NO_PLACE;
    u32[(descriptor - D.H_MODE) >> 2] = mode.key | (Math.max(secondPage, 0) << D.H_SECOND_SHIFT);
    let end = descriptor;
    let at = start;
    for (let order = 0; order < count; order++) {
      const instruction = run[order]!;
      this.#writeDescriptor(end, instruction, at, order);
      at += instruction.length;
      end += D.DESCRIPTOR_SIZE;
    }
    if (!ends) {
      this.#writeGoto(end, at, count, mode.flatCs && !wraps);
      end += D.DESCRIPTOR_SIZE;
    }
    this.#next = end;
    return descriptor;
  }

  /** Neighbouring fields are written together. */
  #writeDescriptor(at: number, i: DecodedInstruction, start: number, order: number): void {
    const { u32, i32, u16 } = this.#state;
    const compiled = this.table.get(i.form)!;
    const { places } = compiled;
    u32[(at + D.D_HANDLER) >> 2] = compiled.handler;
    const scale = places.scale ? i.scale << D.SCALE_SHIFT : 0;
    u32[(at + D.D_START) >> 2] = start | (i.length << 16) | ((order | scale) << 24);
    u32[(at + D.D_R0) >> 2] = i.r0 | (i.r1 << 16);
    u32[(at + D.D_BASE) >> 2] = i.base | (i.index << 16);
    if (places.branches) {
      const target = start + i.length + i.immLow;
      u32[(at + D.D_LINK) >> 2] = 0;
      i32[(at + D.D_TARGET) >> 2] = target;
      i32[(at + D.D_TARGET + 4) >> 2] = target < 0 ? -1 : 0;
      return;
    }
    i32[(at + D.D_IMMEDIATE) >> 2] = places.r2 ? i.r2 : i.immLow;
    i32[(at + D.D_DISPLACEMENT) >> 2] = places.displacement ? i.disp : i.immHigh;
    if (places.segment !== 0) u16[(at + places.segment) >> 1] = i.seg;
    if (places.immediate2) u16[(at + D.D_IMMEDIATE2) >> 1] = i.imm2;
  }
  #writeGoto(at: number, next: number, order: number, flat: boolean): void {
    const { u32 } = this.#state;
    u32[(at + D.D_HANDLER) >> 2] = flat ? HANDLER_GOTO_FLAT : HANDLER_GOTO_SEGMENTED;
    u32[(at + D.D_START) >> 2] = next | (order << 24);
    u32[(at + D.D_LINK) >> 2] = 0;
    u32[(at + D.D_TARGET) >> 2] = next;
    u32[(at + D.D_TARGET + 4) >> 2] = 0;
  }
}
