// What can be set of the translator; all of it is optional, and only tests and tools set more than the last few.
import type { Clock } from '../../base/services.ts';
import type { Region } from './region.ts';
import type { RegionListing } from './region-listing.ts';
import type { RegionServiceFactory } from './region-service.ts';

export interface TranslatorOptions {
  /** Samples that make a block hot, where they are `sampleInterval` apart; where they are further apart fewer do. */
  readonly hotSamples?: number;
  /** Runs of a block after which it is hot; 0: only samples tell. */
  readonly hotRuns?: number;
  /** Instructions between two samples while they find blocks that have no region; more and more where they find regions. */
  readonly sampleInterval?: number;
  /** The most that becomes of it. */
  readonly longestInterval?: number;
  /** Regions that are compiled together, at most. */
  readonly batch?: number;
  /** Every block that is looked up becomes a region at once. For tests. */
  readonly eager?: boolean;
  /** Bound of the translated code, in bytes of wasm. */
  readonly codeBytes?: number;
  /** Regions count what they do, for --stats. */
  readonly counts?: boolean;
  /** For compile times in the statistics. */
  readonly clock?: Clock;
  /** For tools: sees every region before it is compiled. */
  readonly onRegion?: (region: Region) => void;
  /** Sees every region once it is compiled, as text to be (print-listing.ts): --trace jit. */
  readonly onListing?: (listing: RegionListing) => void;
  /** Compiles on another thread; not where `eager` or `onListing` is given. */
  readonly service?: RegionServiceFactory;
}
