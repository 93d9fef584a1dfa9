// What the translator knows of each guest-physical page: which of its blocks are warm, which regions
// hold code of it, and how often its code has changed. Pages whose code changes often are left to the
// interpreter; that is forgiven slowly.
import { pageOf } from './guest-code.ts';
import { framesOf, type Region, type RegionPage } from './region.ts';
import { exitsInPages, linkedExits } from './region-places.ts';
import { scatteredIn } from './scattered.ts';
import type { TranslatedRegion } from './translated-region.ts';

/** A block that samples found, by its first descriptor. */
export interface Candidate {
  /** Samples so far, weighted by how far they were apart. */
  heat: number;
  /** It waits to be compiled, or cannot be translated while its page stays as it is. */
  state: 'cold' | 'queued' | 'failed';
  /** It has been hot before, when a region held it. */
  covered: boolean;
}

/** It has to become hot once more. */
export function forget(candidate: Candidate): void {
  candidate.state = 'cold';
  candidate.heat = 0;
}

/** How often regions bailed out at an instruction, since the count began at `since` (instructions retired). */
export interface Bails {
  count: number;
  since: number;
  /** So often that no region has it any more. */
  often: boolean;
}

export interface CodePageRecord {
  /** Counts changes of code: what was formed under another generation is out of date. */
  generation: number;
  /** Changes that count against the page, as of `stamp` (instructions retired). */
  changes: number;
  stamp: number;
  readonly candidates: Map<number, Candidate>;
  /** By offset in the page, SPREAD added for such bails: instructions at which regions have bailed out. */
  readonly bails: Map<number, Bails>;
  readonly regions: Set<TranslatedRegion>;
  /** Offsets in the page to which regions of it leave, also where they hold code there (a loop with two ways in, cut open). */
  readonly exits: Set<number>;
  /** Offset in the page to which a region that may be part of a loop leaves -> the latest such region. */
  readonly outOfParts: Map<number, TranslatedRegion>;
  /** Offset in the page of a computed jump -> where it was seen to go, in bytes from the page's first. */
  readonly observed: Map<number, number>;
  /** Offsets in the page of instructions that access another page nearly each time (scattered.ts). */
  readonly scattered: Set<number>;
}

/** Changes after which a page gets no regions, and instructions in which half of them are forgotten. */
const TOO_MANY_CHANGES = 7.5;
const FORGIVENESS = 100e6;
/** Bails that are counted before it is asked how far they are apart, and instructions between two that are too few. */
const BAILS = 32;
const APART = 500;
/** The same where it was because accesses that are looked up together lay in two pages: a remedy costs less. */
const SPREAD_APART = 500_000;
/** Added to the offset where it is counted that accesses lay in two pages. */
const SPREAD = 4096;
/** So that even a page that changed all the time is forgiven in a few FORGIVENESS. */
const MOST_CHANGES = 64;

export class CodePages {
  readonly #pages = new Map<number, CodePageRecord>();

  /** The record of a page, made where there is none. */
  of(page: number): CodePageRecord {
    let record = this.#pages.get(page);
    if (!record) {
      record = {
        generation: 0,
        changes: 0,
        stamp: 0,
        candidates: new Map(),
        bails: new Map(),
        regions: new Set(),
        exits: new Set(),
        outOfParts: new Map(),
        observed: new Map(),
        scattered: new Set(),
      };
      this.#pages.set(page, record);
    }
    return record;
  }
  known(page: number): CodePageRecord | undefined {
    return this.#pages.get(page);
  }
  /** What is known of the block with this first descriptor. */
  candidate(page: number, descriptor: number): Candidate {
    const { candidates } = this.of(page);
    let candidate = candidates.get(descriptor);
    if (!candidate) {
      candidate = { heat: 0, state: 'cold', covered: false };
      candidates.set(descriptor, candidate);
    }
    return candidate;
  }

  /** Generations of the pages of a region now: what it was formed under. */
  generations(pages: readonly RegionPage[]): number[] {
    return pages.map(({ frame }) => this.of(frame).generation);
  }
  /** Whether the code is as it was at those generations. */
  isCurrent(formed: {
    readonly pages: readonly RegionPage[];
    readonly generations: readonly number[];
  }): boolean {
    return formed.pages.every(({ frame }, i) => this.of(frame).generation === formed.generations[i]);
  }

  /** A region has been installed. */
  add(translated: TranslatedRegion, region: Region): void {
    for (const { frame } of region.pages) this.of(frame).regions.add(translated);
    const frames = framesOf(region);
    for (const offset of linkedExits(region)) this.of(frames.get(pageOf(offset))!).exits.add(offset & 0xfff);
    if (!translated.partial) return;
    for (const offset of exitsInPages(region)) {
      this.of(frames.get(pageOf(offset))!).outOfParts.set(offset & 0xfff, translated);
    }
  }
  remove(translated: TranslatedRegion): void {
    for (const { frame } of translated.pages) this.of(frame).regions.delete(translated);
  }
  /** The region, perhaps part of a loop, that may leave to an offset in a page; undefined where there is none any more. */
  partThatLeavesTo(page: number, offset: number): TranslatedRegion | undefined {
    const region = this.#pages.get(page)?.outOfParts.get(offset);
    return region && this.of(region.pages[0]!.frame).regions.has(region) ? region : undefined;
  }
  /** Whether a whole loop is translated that begins at an offset in a page. */
  beginsLoop(page: number, offset: number, modeKey: number): boolean {
    for (const region of this.#pages.get(page)?.regions ?? []) {
      const { whole, linear, pages } = region;
      if (whole && region.modeKey === modeKey && (linear & 0xfff) === offset && pages[0]!.frame === page)
        return true;
    }
    return false;
  }
  /** The region whose entry is the block with a first descriptor, which lies in a page. */
  regionFrom(descriptor: number, page: number): TranslatedRegion | undefined {
    for (const region of this.of(page).regions) if (region.descriptor === descriptor) return region;
    return undefined;
  }
  /** Notes where jumps of the regions in these pages went; `i32` is the memory that their cells are in. */
  observeJumps(pages: readonly RegionPage[], i32: Int32Array): void {
    for (const { frame } of pages) {
      for (const { sites, cells, cellCount, pages: itsPages } of this.of(frame).regions) {
        sites.forEach((site, i) => {
          const relative = i32[(cells >> 2) + cellCount - sites.length + i]!;
          const index = pageOf(site);
          const at = itsPages.find((page) => page.index === index)!.frame;
          if (relative !== 0) this.of(at).observed.set(site - 4096 * index, relative - 4096 * index);
        });
      }
    }
  }

  /** Notes which accesses of a region missed their pages often, in so many of its instructions; `u32` is memory 0. */
  observeMisses(region: TranslatedRegion, u32: Uint32Array, instructions: number): void {
    const frames = new Map(region.pages.map(({ index, frame }) => [index, frame]));
    for (const offset of scatteredIn(region, u32, instructions)) {
      this.of(frames.get(pageOf(offset))!).scattered.add(offset & 0xfff);
    }
  }

  /** Code of the page has changed: its blocks are nobody's candidates any more. `translated`: regions are made of it, or were to be. */
  changed(page: number, retired: number, translated: boolean): CodePageRecord {
    const record = this.of(page);
    record.generation++;
    record.candidates.clear();
    record.bails.clear();
    if (translated) {
      record.changes = Math.min(changesAt(record, retired) + 1, MOST_CHANGES);
      record.stamp = retired;
    }
    return record;
  }
  /** No region of the page is left: nor is what they have shown of their ways. */
  forgetWays(page: number): void {
    const record = this.of(page);
    record.exits.clear();
    record.outOfParts.clear();
    record.observed.clear();
    record.scattered.clear();
  }
  /**
   * A region has bailed out at an instruction. True when that has just become too much: many times in a short while,
   * so that it is no page fault or the like now and then. `spread`: because its accesses, or those after it, lay in two
   * pages; that is counted by itself.
   */
  bailed(page: number, offset: number, retired: number, spread = false): boolean {
    const { bails } = this.of(page);
    const key = spread ? offset + SPREAD : offset;
    let here = bails.get(key);
    if (!here) {
      here = { count: 0, since: retired, often: false };
      bails.set(key, here);
    }
    if (++here.count < BAILS || here.often) return false;
    here.often = retired - here.since < BAILS * (spread ? SPREAD_APART : APART);
    here.count = 0;
    here.since = retired;
    return here.often;
  }
  needsHelp(page: number, offset: number): boolean {
    return this.#pages.get(page)?.bails.get(offset)?.often === true;
  }
  /** Whether accesses at an instruction, and after it, are better looked up one by one. */
  isSpread(page: number, offset: number): boolean {
    return this.needsHelp(page, offset + SPREAD);
  }
  /** Whether the page changes too often to be translated. */
  restless(page: number, retired: number): boolean {
    const record = this.#pages.get(page);
    return record !== undefined && changesAt(record, retired) >= TOO_MANY_CHANGES;
  }
  /** All blocks and regions are gone. */
  forgetBlocks(): void {
    for (const record of this.#pages.values()) {
      record.generation++;
      record.candidates.clear();
      record.bails.clear();
      record.regions.clear();
      record.exits.clear();
      record.outOfParts.clear();
      record.observed.clear();
      record.scattered.clear();
    }
  }
}

function changesAt(record: CodePageRecord, retired: number): number {
  return record.changes * 0.5 ** ((retired - record.stamp) / FORGIVENESS);
}
