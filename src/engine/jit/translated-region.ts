// What the translator keeps of a region once it is compiled, and of the module in which it is.
import type { HeldCode } from './held-code.ts';

/** A WebAssembly module of some regions: compiled together, evicted together. */
export interface RegionModule {
  /** Of wasm. */
  readonly bytes: number;
  readonly regions: Set<TranslatedRegion>;
  /** Samples that found its regions, as of `stamp`; decays. */
  heat: number;
  stamp: number;
}

export interface TranslatedRegion extends HeldCode {
  readonly id: number;
  readonly slot: number;
  /** Byte offset in memory 0 of its link cells, and how many there are. */
  readonly cells: number;
  readonly cellCount: number;
  /** First descriptor of the block that it is the handler of. */
  readonly descriptor: number;
  /** Linear address of its entry when it was formed, and the key of its mode. */
  readonly linear: number;
  readonly modeKey: number;
  /** Offsets of the jumps whose targets are in its last cells, in their order. */
  readonly sites: readonly number[];
  /** How many of its edges lead from block to block. */
  readonly edges: number;
  /**
   * It may be a part of a longer loop: a way leads back to its entry (entry-loop.ts), or it has as many instructions as
   * regions have at first.
   */
  readonly partial: boolean;
  /** It was formed as a whole loop (region-former.ts). */
  readonly whole: boolean;
  /** Samples that found it, weighted, and how often it was formed anew because of them. */
  heat: number;
  renewals: number;
  /** How often more of its loop was taken in, as places to which it leaves got hot. */
  growths: number;
  /** Key of its counters of misses, and how many of its instructions are looked up in the TLB at once (scattered.ts). */
  readonly missKey: number;
  readonly scattered: number;
  readonly module: RegionModule;
}

/** Heat halves in so many instructions. */
const HALF_LIFE = 2e9;

/** Heat of a module after `retired` instructions. */
export function heatAt(module: RegionModule, retired: number): number {
  return module.heat * 0.5 ** ((retired - module.stamp) / HALF_LIFE);
}
export function warm(module: RegionModule, retired: number, by: number): void {
  module.heat = heatAt(module, retired) + by;
  module.stamp = retired;
}
