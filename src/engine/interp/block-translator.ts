// What the interpreter's vCPU tells a translator (engine/jit), and what it lends to it. The vCPU works
// without one; with one, blocks that samples find hot get a region's slot as the handler of their first
// descriptor.
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import type { SoftMmu } from '../soft/mmu.ts';
import type { CodeCache } from './code-cache.ts';
import type { HandlerTable } from './handlers.ts';

export interface BlockTranslator {
  /** Instructions between two samples, as the translator wishes it now. */
  readonly sampleInterval: number;
  /** Every block that is looked up is a sample (for tests). */
  readonly eager: boolean;
  /**
   * A sample: the block with this first descriptor is about to run. It lies at a guest-physical and a linear
   * address; `modeKey` is that of its mode. Only cacheable blocks are told.
   */
  sample(descriptor: number, physical: number, linear: number, modeKey: number): void;
  /** A block has run as often as was asked for (CodeCache.runsUntilHot). */
  hot(descriptor: number, physical: number, linear: number, modeKey: number): void;
  /** A sample: the region with this identifier (E.SAMPLED_REGION) used up the budget. */
  sampleRegion(id: number, physical: number): boolean;
  /** A block whose handler is a region's slot was looked up: the jump cache knew it no longer. */
  lookedUp(slot: number, linear: number): void;
  /** A region left the instruction at this guest-physical address to the interpreter. */
  bailed(physical: number): void;
  /**
   * Code of a guest-physical page has changed (offsets, the last one included), and the blocks that held it are gone; `noted` where
   * some of it was noted. Answers whether nothing of the page need be noted any more (CodeCache.note).
   */
  codeChanged(page: number, first: number, last: number, noted: boolean): boolean;
  /** All blocks are gone, perhaps the function table too. */
  flushed(): void;
}

/** What a translator works with. */
export interface TranslatorHost {
  readonly state: CpuState;
  readonly memory: GuestMemory;
  readonly mmu: SoftMmu;
  readonly code: CodeCache;
  readonly features: DecodeFeatures;
  /** Changes when the vCPU begins a new table; flushed() is called then. */
  readonly handlers: HandlerTable;
  /** Instructions retired so far. */
  readonly retired: number;
}

export type TranslatorFactory = (host: TranslatorHost) => BlockTranslator;
