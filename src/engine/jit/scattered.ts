// Accesses that go to another page nearly each time: through pointers, to tables by a hash. The page that was accessed last
// (region-pages.ts) does not answer them, so each costs a call of `translate`, which counts it (soft/miss-counters.ts). A
// region that is formed anew looks such accesses up in the TLB at once.
import { missCounter } from '../soft/miss-counters.ts';
import type { RegionPage } from './region.ts';

/** So many instructions of its region, or fewer, for each of its misses make an access scattered. */
const INSTRUCTIONS_PER_MISS = 64;

/** A region whose misses are counted. */
export interface CountedRegion {
  readonly pages: readonly RegionPage[];
  readonly offsets: Int32Array;
  readonly missKey: number;
}

/** Words of memory 0 with the counters of a region, for each of its instructions' offsets. */
function* counters({ pages, offsets, missKey }: CountedRegion): Generator<[offset: number, at: number]> {
  for (const offset of new Set(offsets)) {
    const page = pages.findIndex(({ index }) => index === offset >> 12);
    yield [offset, missCounter(missKey, page, offset & 0xfff)];
  }
}
/** Begins to count: `u32` is memory 0. */
export function clearMisses(region: CountedRegion, u32: Uint32Array): void {
  for (const [, at] of counters(region)) u32[at] = 0;
}
/** Offsets of the region's instructions that missed often in so many instructions of the region. */
export function scatteredIn(region: CountedRegion, u32: Uint32Array, instructions: number): number[] {
  const result: number[] = [];
  for (const [offset, at] of counters(region)) {
    if (u32[at]! * INSTRUCTIONS_PER_MISS >= instructions) result.push(offset);
  }
  return result;
}
