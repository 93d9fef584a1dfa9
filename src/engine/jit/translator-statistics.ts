// What the translator counts, and the names under which --stats shows it.
import type { TranslatorHost } from '../interp/block-translator.ts';
import * as E from '../soft/engine-state.ts';
import { LEAVE_CAUSES } from './region-places.ts';

/** Since the translator was made. */
export interface TranslatorCounts {
  formed: number;
  compiled: number;
  /** Formed once more, as it became known where their jumps go. */
  renewed: number;
  /** Of parts of a loop, gone as another region holds it whole. */
  swallowed: number;
  /** Regions that went: as their code changed, as they had to be left too often, as their pages were moved, to make room. */
  dropped: number;
  unhelpful: number;
  remapped: number;
  evicted: number;
  /** Instructions that are left out of regions. */
  needingHelp: number;
  /** Instructions whose accesses, or those after them, are looked up one by one. */
  spread: number;
  /** Regions whose code changed before they were installed. */
  outdated: number;
  /** Hot blocks that cannot become regions, and how many for each reason. */
  unformed: number;
  readonly failures: Map<string, number>;
  /** Samples in pages that change too often. */
  restless: number;
  /** Instructions in regions, those that are in several as often. */
  instructions: number;
  modules: number;
  /** Bytes. */
  wasm: number;
  /** Nanoseconds. */
  forming: number;
  compiling: number;
  compilingElsewhere: number;
}

export function noCounts(): TranslatorCounts {
  return {
    ...{
      formed: 0,
      compiled: 0,
      renewed: 0,
      swallowed: 0,
      dropped: 0,
      unhelpful: 0,
      remapped: 0,
      evicted: 0,
    },
    ...{ needingHelp: 0, spread: 0, outdated: 0, unformed: 0, failures: new Map(), restless: 0 },
    ...{ instructions: 0, modules: 0, wasm: 0, forming: 0, compiling: 0, compilingElsewhere: 0 },
  };
}

/** What is installed now (installed-regions.ts). */
export interface InstalledNow {
  readonly size: number;
  /** In the regions, and bytes of wasm. */
  readonly instructions: number;
  readonly bytes: number;
}

type Row = readonly [name: string, count: number];

/** Counters of regions by name. */
export function regionRows(counts: TranslatorCounts, now: InstalledNow): Row[] {
  return [
    ['regions formed', counts.formed],
    ['regions compiled', counts.compiled],
    ['regions formed anew', counts.renewed],
    ['regions dropped as another holds their loop', counts.swallowed],
    ['regions dropped as their code changed', counts.dropped],
    ['regions dropped as they needed the interpreter', counts.unhelpful],
    ['instructions that need the interpreter', counts.needingHelp],
    ['instructions whose accesses lie in two pages', counts.spread],
    ['regions dropped as their pages are mapped elsewhere', counts.remapped],
    ['regions evicted', counts.evicted],
    ['regions out of date before they were compiled', counts.outdated],
    ['regions now', now.size],
    ['blocks that cannot become regions', counts.unformed],
    ['samples in pages that change too often', counts.restless],
    ['instructions in regions', counts.instructions],
    ['instructions in regions now', now.instructions],
    ['region modules', counts.modules],
    ['bytes of region wasm', counts.wasm],
    ['bytes of region wasm now', now.bytes],
    ...[...counts.failures].map(([why, count]) => [`no region: ${why}`, count] as const),
  ];
}

/** What the work took, where there is a clock. */
export function timeRows({ forming, compiling, compilingElsewhere }: TranslatorCounts): Row[] {
  return [
    ['milliseconds of region forming', Math.round(forming / 1e6)],
    ['milliseconds of region compiling', Math.round(compiling / 1e6)],
    ['milliseconds of region compiling on another thread', Math.round(compilingElsewhere / 1e6)],
  ];
}

/** What regions count themselves, where they were compiled to. */
export function retiredRows({ state, retired }: Pick<TranslatorHost, 'state' | 'retired'>): Row[] {
  const inRegions = state.getNumber(E.COUNT_REGION_INSTRUCTIONS);
  const share = Math.round((1000 * inRegions) / Math.max(1, retired)) / 10;
  return [
    ['instructions retired by regions', inRegions],
    ['instructions retired by regions, per cent', share],
    ...LEAVE_CAUSES.map(
      (cause, i) => [`exits from regions: ${cause}`, state.getNumber(E.COUNT_REGION_LEAVES + 8 * i)] as const,
    ),
  ];
}
