// The regions that are installed, each as the handler of its entry block, and the books about them: by slot, by
// identifier, by page (code-pages.ts) and by module. How much code there is, so that the coldest makes room for new.
//
//   place(): slots and cells are taken ... compiled ... install(): slots into descriptors ... drop()
//
// A module is one allocation of the host's: it is evicted as a whole, the coldest first, where its code is more than the
// bound or slots or cells are used up.

import type { TranslatorHost } from '../interp/block-translator.ts';
import { HANDLER_STOP } from '../interp/core-module.ts';
import { TABLE_SIZE } from '../interp/handlers.ts';
import * as E from '../soft/engine-state.ts';
import { missKey } from '../soft/miss-counters.ts';
import { type CodePages, forget } from './code-pages.ts';
import { type EntryLoop, entryLoop } from './entry-loop.ts';
import { FIRST_LIMITS } from './form-region.ts';
import { edgeCount } from './graph.ts';
import { holds } from './held-code.ts';
import type { FormedRegion, RegionBatch } from './region-batch.ts';
import type { RegionCompiler, RegionJob } from './region-compiler.ts';
import { jumpSites } from './region-places.ts';
import { CellSpace, SlotSpace } from './region-space.ts';
import { clearMisses } from './scattered.ts';
import { heatAt, type RegionModule, type TranslatedRegion } from './translated-region.ts';
import type { TranslatorCounts } from './translator-statistics.ts';

/** Eviction goes on until this share of the bound is left. */
const AFTER_EVICTION = 0.9;

/** Of TranslatorHost, what installing takes. */
export interface InstallationHost {
  readonly state: Pick<TranslatorHost['state'], 'u32' | 'i32'>;
  readonly code: {
    readonly blockHandlers: Pick<
      TranslatorHost['code']['blockHandlers'],
      'plainHandler' | 'install' | 'uninstall'
    >;
  };
  readonly handlers: Pick<TranslatorHost['handlers'], 'table' | 'environment'>;
  readonly retired: number;
}

export class InstalledRegions {
  readonly #host: InstallationHost;
  readonly #pages: CodePages;
  readonly #counts: TranslatorCounts;
  readonly #compiler: Pick<RegionCompiler, 'linkCellCount'>;
  readonly #codeBytes: number;
  #slots: SlotSpace;
  #cells: CellSpace;
  readonly #modules = new Set<RegionModule>();
  readonly #bySlot = new Map<number, TranslatedRegion>();
  readonly #byId = new Map<number, TranslatedRegion>();
  #nextId = 1;
  #bytes = 0;

  /** `codeBytes`: bound of the wasm of all modules. */
  constructor(
    host: InstallationHost,
    compiler: Pick<RegionCompiler, 'linkCellCount'>,
    pages: CodePages,
    counts: TranslatorCounts,
    codeBytes: number,
  ) {
    this.#host = host;
    this.#pages = pages;
    this.#counts = counts;
    this.#compiler = compiler;
    this.#codeBytes = codeBytes;
    this.#slots = new SlotSpace(host.handlers.table, TABLE_SIZE);
    this.#cells = this.#allCells();
  }
  #allCells(): CellSpace {
    return new CellSpace(this.#host.state.u32, E.LINK_CELLS, E.LINK_CELL_COUNT);
  }

  // ---- asking ----

  bySlot(slot: number): TranslatedRegion | undefined {
    return this.#bySlot.get(slot);
  }
  byId(id: number): TranslatedRegion | undefined {
    return this.#byId.get(id);
  }
  /** The region whose slot a block's first descriptor has, if it has one's. */
  ofBlock(descriptor: number): TranslatedRegion | undefined {
    return this.#bySlot.get(this.#host.state.u32[descriptor >> 2]!);
  }
  /** A region that holds the instruction at an offset of a guest-physical page. */
  holding(page: number, offset: number): TranslatedRegion | undefined {
    for (const region of this.#pages.of(page).regions) if (holds(region, page, offset)) return region;
    return undefined;
  }
  get size(): number {
    return this.#bySlot.size;
  }
  /** Of the wasm of all modules. */
  get bytes(): number {
    return this.#bytes;
  }
  /** In all regions together. */
  get instructions(): number {
    let count = 0;
    for (const { offsets } of this.#bySlot.values()) count += offsets.length;
    return count;
  }

  // ---- installing ----

  /** Takes slots and cells for regions that are to be compiled; those for which there is no room are left out. */
  place(regions: readonly FormedRegion[]): RegionBatch {
    const { blockHandlers } = this.#host.code;
    const jobs: RegionJob[] = [];
    const formed: FormedRegion[] = [];
    for (const one of regions) {
      const { region, descriptor, linear } = one;
      const count = this.#compiler.linkCellCount(region);
      const slot = this.#takeSlot();
      const cells = this.#takeCells(count);
      if (slot < 0 || cells < 0) {
        // All others are gone, and what is free is in pieces: this one waits until it is hot again.
        if (slot >= 0) this.#slots.release(slot);
        if (cells > 0) this.#cells.release(cells, count);
        forget(one.candidate);
        continue;
      }
      const plain = blockHandlers.plainHandler(descriptor);
      jobs.push({ region, slot, plain, id: this.#nextId++, cells, linear });
      formed.push(one);
    }
    return { jobs, formed };
  }
  /** When no batch is under way: cells are in one piece again if no region is left. */
  joinCells(): void {
    if (this.#bySlot.size === 0) this.#cells = this.#allCells();
  }
  #takeSlot(): number {
    let slot = this.#slots.take();
    while (slot < 0 && this.#evictColdest()) slot = this.#slots.take();
    return slot;
  }
  #takeCells(count: number): number {
    let cells = this.#cells.take(count);
    while (cells < 0 && this.#evictColdest()) cells = this.#cells.take(count);
    return cells;
  }

  /** Instantiates the module of a batch (of so many bytes). Regions that are out of date by now lose their slots again. */
  install({ jobs, formed }: RegionBatch, compiled: WebAssembly.Module, bytes: number): void {
    const { handlers, retired } = this.#host;
    const current = formed.map((one) => this.#pages.isCurrent(one));
    if (current.includes(true)) new WebAssembly.Instance(compiled, { env: handlers.environment });
    const module: RegionModule = { bytes, regions: new Set(), heat: 0, stamp: retired };
    jobs.forEach((job, i) => {
      if (current[i]) this.#installOne(job, formed[i]!, module);
      else {
        this.#slots.release(job.slot);
        this.#cells.release(job.cells, this.#compiler.linkCellCount(job.region));
        this.#counts.outdated++;
      }
    });
    this.#counts.compiled += module.regions.size;
    if (module.regions.size === 0) return;
    this.#modules.add(module);
    this.#bytes += bytes;
    this.#counts.modules++;
    this.#counts.wasm += bytes;
    if (this.#bytes > this.#codeBytes) this.#makeRoom(this.#codeBytes * AFTER_EVICTION, module);
  }
  #installOne(job: RegionJob, formed: FormedRegion, module: RegionModule): void {
    const { code, state } = this.#host;
    const { descriptor, candidate, pages, offsets } = formed;
    const { id, slot, cells, region, linear } = job;
    const replaced = this.ofBlock(descriptor);
    const loop = entryLoop(region);
    const translated: TranslatedRegion = {
      ...{ id, slot, cells, descriptor, pages, offsets, linear, module },
      cellCount: this.#compiler.linkCellCount(region),
      modeKey: region.mode.key,
      sites: jumpSites(region),
      edges: edgeCount(region.blocks),
      partial: loop.instructions > 0 || offsets.length >= FIRST_LIMITS.instructions,
      whole: formed.whole ?? false,
      heat: 0,
      renewals: replaced?.renewals ?? 0,
      growths: replaced?.growths ?? 0,
      missKey: missKey(id),
      scattered: region.scattered?.length ?? 0,
    };
    clearMisses(translated, state.u32);
    if (replaced) this.drop(replaced);
    module.regions.add(translated);
    module.heat += candidate.heat;
    forget(candidate);
    this.#bySlot.set(slot, translated);
    this.#byId.set(id, translated);
    this.#pages.add(translated, region);
    this.#counts.instructions += offsets.length;
    if (state.u32[descriptor >> 2] === HANDLER_STOP) throw new Error('a region of code that is gone');
    code.blockHandlers.install(descriptor, slot);
    if (formed.whole) this.#dropPartsOf(translated, loop);
  }
  /**
   * Regions that begin within a whole loop, and are parts of it or lead past its beginning, go, so that it is entered: it stays
   * there. Loops within stay.
   */
  #dropPartsOf(whole: TranslatedRegion, { places, headers }: EntryLoop): void {
    for (const { index, frame } of whole.pages) {
      for (const part of [...this.#pages.of(frame).regions]) {
        if (part === whole || part.modeKey !== whole.modeKey) continue;
        if (!part.partial && !holds(part, whole.pages[0]!.frame, whole.linear & 0xfff)) continue;
        const entry = 4096 * index + (part.linear & 0xfff);
        if (part.pages[0]!.frame !== frame || !places.has(entry) || headers.has(entry)) continue;
        this.drop(part);
        this.#counts.swallowed++;
      }
    }
  }

  // ---- dropping ----

  /** Takes a region's slot out of its block's descriptor; slot and cells can be taken again. */
  drop(region: TranslatedRegion): void {
    this.#host.code.blockHandlers.uninstall(region.descriptor, region.slot);
    this.#slots.release(region.slot);
    this.#cells.release(region.cells, region.cellCount);
    this.#bySlot.delete(region.slot);
    this.#byId.delete(region.id);
    this.#pages.remove(region);
    const { module } = region;
    module.regions.delete(region);
    if (module.regions.size === 0 && this.#modules.delete(module)) this.#bytes -= module.bytes;
  }
  /**
   * All blocks are gone, so there is nothing to take slots out of; the function table may be another by now. `underWay`
   * are batches that have been placed and will not be installed.
   */
  flushed(underWay: Iterable<RegionBatch>): void {
    for (const { slot, cells, cellCount } of this.#bySlot.values()) {
      this.#slots.release(slot);
      this.#cells.release(cells, cellCount);
    }
    for (const { jobs } of underWay) for (const { slot } of jobs) this.#slots.release(slot);
    this.#bySlot.clear();
    this.#byId.clear();
    this.#modules.clear();
    this.#bytes = 0;
    const { table } = this.#host.handlers;
    if (this.#slots.table !== table) this.#slots = new SlotSpace(table, TABLE_SIZE);
    this.#cells = this.#allCells();
  }
  #evict(module: RegionModule): void {
    for (const region of [...module.regions]) {
      this.drop(region);
      this.#counts.evicted++;
    }
  }
  #evictColdest(): boolean {
    const [coldest] = this.#byHeat();
    if (coldest) this.#evict(coldest);
    return coldest !== undefined;
  }
  #byHeat(): RegionModule[] {
    const { retired } = this.#host;
    return [...this.#modules].sort((a, b) => heatAt(a, retired) - heatAt(b, retired));
  }
  /** Evicts the coldest modules until `bytes` are left; the newest stays. */
  #makeRoom(bytes: number, newest: RegionModule): void {
    for (const module of this.#byHeat()) {
      if (this.#bytes <= bytes) return;
      if (module !== newest) this.#evict(module);
    }
  }
}
