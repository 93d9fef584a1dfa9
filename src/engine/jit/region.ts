// A region: guest code that the translator turns into one WebAssembly function. It is a graph of basic
// blocks with one entry, formed from what really ran (form-region.ts), arranged into structured control
// flow (structure.ts) and lowered (region-lowering.ts).
//
// Places in it are *offsets*: signed distances in bytes from the first byte of the page in which the
// entry lies, in linear addresses. So RIP of a place = RIP_BASE at the entry + offset, wherever the
// guest has mapped the page, and the page of an offset is offset >> 12: 0 the entry's, 1 the next.
import type { Instruction } from '../../x86/decode/instruction.ts';
import type { Mode } from '../../x86/decode/mode.ts';

export interface Region {
  /** Mode that the code was decoded for; flat CS, 32 or 64 bits. */
  readonly mode: Mode;
  /** Offset of the entry, 0..4095: that of blocks[0]. */
  readonly entry: number;
  /** Every page of which the region holds code, the entry's first. */
  readonly pages: readonly RegionPage[];
  /** The blocks; blocks[0] is the entry. */
  readonly blocks: readonly RegionBlock[];
  /** MXCSR was, when the region was formed, as most programs that calculate have it (assumptions.ts). */
  readonly plainFloats?: boolean;
  /** Offsets of instructions whose accesses, and those near to them, were found in two pages often (region-windows.ts). */
  readonly apart?: readonly number[];
  /** Offsets of instructions that were found to access another page nearly each time (scattered.ts). */
  readonly scattered?: readonly number[];
}

export interface RegionPage {
  /** Page of the offsets that lie in it (offset >> 12). */
  readonly index: number;
  /** Guest-physical page number that it was mapped to. */
  readonly frame: number;
}

/** Guest-physical page numbers of a region's pages, by their index. */
export function framesOf({ pages }: Region): Map<number, number> {
  return new Map(pages.map(({ index, frame }) => [index, frame]));
}

export interface RegionInstruction {
  readonly offset: number;
  readonly instruction: Instruction;
}

/**
 * Instructions that run one after the other, and where they lead. Only the last may be a branch, call or jump.
 * Several blocks may begin at one offset: copies of a callee, one for each call that is followed.
 */
export interface RegionBlock {
  readonly index: number;
  readonly offset: number;
  readonly instructions: readonly RegionInstruction[];
  readonly end: BlockEnd;
}

export type BlockEnd =
  /** The code goes on there: the block was cut, or its last instruction is an unconditional relative JMP or CALL. */
  | { readonly kind: 'goto'; readonly to: Edge }
  /** The last instruction branches relatively on a condition (Jcc, JRCXZ, LOOP). */
  | { readonly kind: 'branch'; readonly taken: Edge; readonly next: Edge }
  /**
   * The last instruction jumps to a computed address (RET, JMP r/m, CALL r/m; also SYSCALL, IRET and the like, which
   * never stay): compared with the offsets of
   * these blocks, in this order, before the region is left for wherever it is. Several jumps may share
   * their list: they end with 'goto' then, to a block without instructions that ends with 'jump', and the
   * address is that of the jump which led there.
   */
  | { readonly kind: 'jump'; readonly predicted: readonly number[] }
  /** The interpreter goes on at the offset: what comes there is not for a region (a helper's instruction, REP). */
  | { readonly kind: 'interpret'; readonly offset: number };

/** To another block of the region, or out of it. `cold`: it has never been taken so far as is known. */
export type Edge =
  | { readonly kind: 'block'; readonly block: number }
  | { readonly kind: 'exit'; readonly offset: number; readonly cold: boolean };
