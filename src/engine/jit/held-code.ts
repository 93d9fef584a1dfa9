// Which instructions a region holds, for the question whether it holds one at a guest-physical address: asked of
// every block that gets hot, of many regions.
import { MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
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

/**
 * Whether a region was made from one of these bytes of a guest-physical page (offsets, the last one included). It may say so of a region whose
 * instruction only ends shortly before them, since lengths are not known here.
 */
export function mayHoldBytes(
  { pages, offsets }: HeldCode,
  page: number,
  first: number,
  last: number,
): boolean {
  for (const { frame, index } of pages) {
    if (frame !== page) continue;
    const at = firstFrom(offsets, 4096 * index + first - (MAXIMUM_LENGTH - 1));
    if (at < offsets.length && offsets[at]! <= 4096 * index + last) return true;
  }
  return false;
}

function includes(ascending: Int32Array, value: number): boolean {
  return ascending[firstFrom(ascending, value)] === value;
}
/** Index of the first number that is not less than a value. */
function firstFrom(ascending: Int32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
