// The seam between the translator, which decides what is translated when, and the compiler of regions
// (compile.ts), which knows how.
import type { Region } from './region.ts';
import type { RegionListing } from './region-listing.ts';

/** One region to be compiled. */
export interface RegionJob {
  readonly region: Region;
  /** Table slot that gets the region's function. */
  readonly slot: number;
  /** Table slot of the handler of the entry's first instruction alone, for when the region cannot be entered. */
  readonly plain: number;
  /** What the region writes to E.SAMPLED_REGION; not 0. */
  readonly id: number;
  /** Byte address of its first link cell; linkCellCount() of them follow one another. */
  readonly cells: number;
  /** Linear address at which its entry was when it was formed; for people. */
  readonly linear: number;
}

export interface CompileOptions {
  /** Sizes of the state's memory, of the guest's (in pages of 64 KiB) and of the function table, for the imports. */
  readonly statePages: number;
  readonly ramPages: number;
  readonly tableSize: number;
  /** Regions count their instructions and how they are left (--stats). */
  readonly countsInstructions: boolean;
  /** Sees every region as it has been compiled (--trace jit). */
  readonly onListing?: (listing: RegionListing) => void;
}

export interface RegionCompiler {
  /** Link cells that a region needs, 0 or more. */
  linkCellCount(region: Region): number;
  /** A module of the regions' functions, which puts them into their slots when it is instantiated. */
  compileRegions(jobs: readonly RegionJob[], options: CompileOptions): Uint8Array;
}
