// Which instructions a region holds, for the question whether it holds one at a guest-physical address: asked of
// every block that gets hot, of many regions.
import { pageOf } from './guest-code.ts';
import { framesOf, type Region, type RegionPage } from './region.ts';

export interface HeldCode {
  readonly pages: readonly RegionPage[];
  /** Offsets of the instructions as in region.ts, ascending; those of copies of a callee are there more than once. */
  readonly offsets: Int32Array;
}

/** What a region was made from. */
export function heldCode({ blocks, pages }: Region): HeldCode {
  let count = 0;
  for (const { instructions } of blocks) count += instructions.length;
  const offsets = new Int32Array(count);
  for (const { instructions } of blocks) for (const { offset } of instructions) offsets[--count] = offset;
  return { pages, offsets: offsets.sort() };
}

/**
 * Tells the bytes that a region was made from, an instruction (or its part in a page) at a time: guest-physical page
 * number, offset of the first byte in it, and of the one behind the last.
 */
export function eachHeldByteRun(
  region: Region,
  tell: (page: number, first: number, end: number) => void,
): void {
  const frames = framesOf(region);
  for (const { instructions } of region.blocks) {
    for (const { offset, instruction } of instructions) {
      const page = pageOf(offset);
      const from = offset - 4096 * page;
      const to = from + instruction.length;
      tell(frames.get(page)!, from, Math.min(to, 4096));
      if (to > 4096) tell(frames.get(page + 1)!, 0, to - 4096);
    }
  }
}

/** Whether a region was made from the instruction at an offset of a guest-physical page, among others. */
export function holds({ pages, offsets }: HeldCode, page: number, offset: number): boolean {
  for (const { frame, index } of pages) {
    if (frame === page && includes(offsets, 4096 * index + offset)) return true;
  }
  return false;
}

function includes(ascending: Int32Array, value: number): boolean {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === value;
}
