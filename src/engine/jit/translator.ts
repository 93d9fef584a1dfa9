// The translator: learns from samples and counted runs which blocks are hot, has regions formed around them
// (region-former.ts), compiled (compile-queue.ts) and installed as the handlers of their entry blocks
// (installed-regions.ts). Drops those whose code changes, and those that do not help.
//
//   samples -> hot block -> RegionFormer -> CompileQueue -> InstalledRegions: slots, descriptors
//
// What it knows of blocks that have no region is in code-pages.ts.
import { MODE_FLAT_CS, MODE_PROTECTED } from '../../x86/decode/mode.ts';
import type { BlockTranslator, TranslatorHost } from '../interp/block-translator.ts';
import { HANDLER_STOP } from '../interp/core-module.ts';
import * as E from '../soft/engine-state.ts';
import { type Candidate, CodePages } from './code-pages.ts';
import { CompileQueue } from './compile-queue.ts';
import { pageOf } from './guest-code.ts';
import { holds, mayHoldBytes } from './held-code.ts';
import { InstalledRegions } from './installed-regions.ts';
import type { RegionCompiler } from './region-compiler.ts';
import { regionForm } from './region-form.ts';
import { RegionFormer } from './region-former.ts';
import { type TranslatedRegion, warm } from './translated-region.ts';
import type { TranslatorOptions } from './translator-options.ts';
import { noCounts, regionRows, retiredRows, timeRows } from './translator-statistics.ts';

const HOT_SAMPLES = 6;
const HOT_RUNS = 3_000;
const SAMPLE_INTERVAL = 20_000;
const LONGEST_INTERVAL = 2_000_000;
/** Samples after which a region is formed anew (times eight for every time before), and how often at most. */
const RENEWAL_HEAT = 250;
const MOST_RENEWALS = 1;
const CODE_BYTES = 24 * 2 ** 20;

export class Translator implements BlockTranslator {
  readonly #host: TranslatorHost;
  readonly #options: TranslatorOptions;
  readonly #hotSamples: number;
  readonly #hotRuns: number;
  readonly #leastInterval: number;
  readonly #longestInterval: number;
  readonly eager: boolean;
  sampleInterval: number;
  readonly #pages = new CodePages();
  readonly #counts = noCounts();
  readonly #queue: CompileQueue;
  readonly #installed: InstalledRegions;
  readonly #former: RegionFormer;

  constructor(host: TranslatorHost, compiler: RegionCompiler, options: TranslatorOptions = {}) {
    this.#host = host;
    this.#options = options;
    this.eager = options.eager ?? false;
    this.#hotSamples = options.hotSamples ?? HOT_SAMPLES;
    this.#leastInterval = options.sampleInterval ?? SAMPLE_INTERVAL;
    this.sampleInterval = this.#leastInterval;
    this.#longestInterval = options.longestInterval ?? LONGEST_INTERVAL;
    const bound = options.codeBytes ?? CODE_BYTES;
    const pages = this.#pages;
    const counts = this.#counts;
    this.#installed = new InstalledRegions(host, compiler, pages, counts, bound);
    this.#queue = new CompileQueue(host, compiler, pages, this.#installed, counts, options);
    this.#former = new RegionFormer(host, pages, this.#queue, counts, options.clock);
    host.code.cutsAfter = (form) => !regionForm(form).allowed;
    this.#hotRuns = this.eager ? 0 : (options.hotRuns ?? HOT_RUNS);
    host.code.runsUntilHot = ({ key }) => (isTranslatable(key) ? this.#hotRuns : 0);
  }

  // ---- BlockTranslator ----

  sample(descriptor: number, physical: number, linear: number, modeKey: number): void {
    this.#queue.collect();
    const own = this.#installed.ofBlock(descriptor);
    if (own && this.#isMapped(own, linear)) {
      this.#foundRegion(own, linear);
      return;
    }
    if (own) {
      // Its further pages are elsewhere than they were: here it can never be entered.
      this.#installed.drop(own);
      this.#counts.remapped++;
    }
    this.#queue.foundBlock();
    this.#consider(descriptor, physical, linear, modeKey);
    this.#queue.compileIfDue();
  }
  #consider(descriptor: number, physical: number, linear: number, modeKey: number): void {
    if (!isTranslatable(modeKey)) return;
    const candidate = this.#candidate(descriptor, physical);
    if (!candidate || candidate.state === 'failed') return;
    // Where a region is on its way, it is waited for.
    if (candidate.state === 'cold' && this.#queue.awaits(pageOf(physical), physical % 4096)) {
      this.#sampleSoon();
      return;
    }
    // A sample stands for the instructions since the one before.
    candidate.heat += this.sampleInterval / this.#leastInterval;
    this.#sampleSoon();
    if (candidate.state === 'queued' || (candidate.heat < this.#hotSamples && !this.eager)) return;
    this.#former.form(descriptor, candidate, linear, modeKey);
  }
  #sampleSoon(): void {
    this.sampleInterval = this.#leastInterval;
  }
  /** What is known of a block at a physical address; null in a page that changes too often. */
  #candidate(descriptor: number, physical: number): Candidate | null {
    const page = pageOf(physical);
    if (this.#pages.restless(page, this.#host.retired)) {
      this.#counts.restless++;
      return null;
    }
    return this.#pages.candidate(page, descriptor);
  }

  /** Counted runs tell sooner than samples, and of every block. */
  hot(descriptor: number, physical: number, linear: number, modeKey: number): void {
    this.#queue.collect();
    const { code } = this.#host;
    if (this.#installed.ofBlock(descriptor)) return;
    const candidate = this.#candidate(descriptor, physical);
    const waits = candidate?.state === 'cold' && this.#isTakenCareOf(candidate, physical);
    // Asked again later, in case that no region comes of it.
    code.blockHandlers.countOn(descriptor, waits ? this.#hotRuns : 4 * this.#hotRuns);
    if (!candidate) return;
    if (candidate.state === 'cold' && !waits) {
      candidate.heat = Math.max(candidate.heat, this.#hotSamples);
      this.#former.form(descriptor, candidate, linear, modeKey);
    }
    const { state: outcome } = candidate;
    if (outcome === 'failed') code.blockHandlers.stopCounting(descriptor);
    this.#queue.foundBlock();
    this.#queue.compileIfDue();
  }
  /**
   * Whether a block that has become hot is in a region that is on its way, or in one that came lately, so that it may
   * have been reached outside until then only. All blocks of a loop get hot at the same time.
   */
  #isTakenCareOf(candidate: Candidate, physical: number): boolean {
    const page = pageOf(physical);
    const offset = physical % 4096;
    if (this.#queue.awaits(page, offset)) return true;
    if (candidate.covered || !this.#installed.holding(page, offset)) return false;
    candidate.covered = true;
    return true;
  }

  /**
   * A region that has less budget left than its longest path leaves, and the interpreter uses up the rest: where that
   * ends in code of the region, or of another one, regions are what runs here.
   */
  sampleRegion(id: number, physical: number): boolean {
    this.#queue.collect();
    const page = pageOf(physical);
    const offset = physical % 4096;
    if (this.#pages.of(page).exits.has(offset)) return false;
    const holding = this.#installed.holding(page, offset);
    if (!holding) return false;
    const found = this.#installed.byId(id) ?? holding;
    this.#foundRegion(found, found.linear);
    return true;
  }
  /** `linear`: where its entry is now, or was when it was formed. */
  #foundRegion(region: TranslatedRegion, linear: number): void {
    region.heat += this.sampleInterval / this.#leastInterval;
    if (region.heat >= RENEWAL_HEAT * 8 ** region.renewals && region.renewals < MOST_RENEWALS) {
      this.#former.formAgain(region, linear, region.heat * this.#leastInterval);
    }
    this.sampleInterval = Math.min(2 * this.sampleInterval, this.#longestInterval);
    warm(region.module, this.#host.retired, 1);
    this.#queue.foundRegion();
  }

  /** The table of translations for fetching may know the entry's page only: it is told the region's others. */
  lookedUp(slot: number, linear: number): void {
    const region = this.#installed.bySlot(slot);
    if (region) this.#isMapped(region, linear);
  }
  /** Whether the pages of a region lie where they did, with its entry at a linear address; so far as can be told. */
  #isMapped(region: TranslatedRegion, linear: number): boolean {
    const base = linear - (linear & 0xfff);
    let mapped = true;
    for (const { index, frame } of region.pages.slice(1)) {
      const physical = this.#host.mmu.probeExecute(base + 4096 * index);
      if (physical >= 0 && physical / 4096 !== frame) mapped = false;
    }
    return mapped;
  }

  /**
   * An instruction that needs help over and over is left out of regions; those that have it go. So do those whose accesses
   * lie in two pages again and again: what is formed then looks them up one by one.
   */
  bailed(physical: number): void {
    const page = pageOf(physical);
    const offset = physical % 4096;
    const { u32 } = this.#host.state;
    const spread = u32[E.SPREAD >> 2] !== 0;
    u32[E.SPREAD >> 2] = 0;
    if (!this.#pages.bailed(page, offset, this.#host.retired, spread)) return;
    if (spread) this.#counts.spread++;
    else this.#counts.needingHelp++;
    for (const region of [...this.#pages.of(page).regions]) {
      if (!holds(region, page, offset)) continue;
      this.#installed.drop(region);
      this.#counts.unhelpful++;
    }
  }

  codeChanged(page: number, first: number, last: number, noted: boolean): boolean {
    const { regions } = this.#pages.changed(page, this.#host.retired, noted);
    const { u32 } = this.#host.state;
    for (const region of [...regions]) {
      // The block that a region is entered by may have gone beyond it.
      const isEntered = u32[region.descriptor >> 2] !== HANDLER_STOP;
      if (isEntered && !(noted && mayHoldBytes(region, page, first, last))) continue;
      this.#installed.drop(region);
      this.#counts.dropped++;
    }
    if (regions.size > 0) return false;
    this.#pages.forgetWays(page);
    return true;
  }

  flushed(): void {
    this.#counts.dropped += this.#installed.size;
    this.#installed.flushed(this.#queue.flushed());
    this.#pages.forgetBlocks();
    this.sampleInterval = this.#leastInterval;
  }

  /** No more regions; ends the other thread, if there is one. */
  close(): void {
    this.#queue.close();
  }

  /** Counters since creation, by name. */
  statistics(): Map<string, number> {
    return new Map([
      ...regionRows(this.#counts, this.#installed),
      ...(this.#options.clock ? timeRows(this.#counts) : []),
      ...(this.#options.counts ? retiredRows(this.#host) : []),
    ]);
  }
}

/** Flat protected-mode code of 32 or 64 bits. */
const isTranslatable = (modeKey: number): boolean =>
  (modeKey & MODE_FLAT_CS) !== 0 && (modeKey & MODE_PROTECTED) !== 0 && (modeKey & 3) !== 0;
