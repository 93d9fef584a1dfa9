// A region on its way: formed, but not installed yet. What is kept of it while it waits (compile-queue.ts), and what
// has been taken for it when it is compiled together with others (installed-regions.ts).
import type { Candidate } from './code-pages.ts';
import type { HeldCode } from './held-code.ts';
import type { Region } from './region.ts';
import type { RegionJob } from './region-compiler.ts';

export interface FormedRegion extends HeldCode {
  readonly region: Region;
  /** First descriptor of the block that it shall be the handler of. */
  readonly descriptor: number;
  /** Linear address of its entry when it was formed. */
  readonly linear: number;
  readonly candidate: Candidate;
  /** Of its pages when it was formed (CodePages.generations). */
  readonly generations: readonly number[];
  /** It holds a loop whole: regions of parts of that loop are not needed any more. */
  readonly whole?: boolean;
}

/** Regions for one module, and at the same indices how each is compiled: to which slot, with which cells. */
export interface RegionBatch {
  readonly formed: readonly FormedRegion[];
  readonly jobs: readonly RegionJob[];
}
