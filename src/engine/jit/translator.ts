// The translator: learns from samples which blocks are hot, forms regions around them (form-region.ts),
// has them compiled some at a time (compile.ts), and installs them as the handlers of their entry
// blocks. Keeps the books: what code a region was made from, so that it goes when that changes; how
// much code there is, so that the coldest makes room for new.
//
//   samples -> hot block -> formRegion -> queue -> compileRegions -> slots, descriptors
//
// Where the host lends a thread (region-service.ts), regions are compiled there. Slots and link cells are taken
// when they are sent off; samples ask for what has come back. When that happens the guest cannot see.
//
// A region that waits in the queue or is being compiled is out of date as soon as code of one of its pages changes; pages
// count generations for that. The bytes of a region are noted as code when it is formed.
import type { Clock } from '../../base/services.ts';
import { MODE_FLAT_CS, MODE_PROTECTED, modeFromKey } from '../../x86/decode/mode.ts';
import type { BlockTranslator, TranslatorHost } from '../interp/block-translator.ts';
import { HANDLER_STOP } from '../interp/core-module.ts';
import { TABLE_SIZE } from '../interp/handlers.ts';
import * as E from '../soft/engine-state.ts';
import { floatsArePlain } from './assumptions.ts';
import { type Candidate, CodePages } from './code-pages.ts';
import { FIRST_LIMITS, type FormLimits, formRegion, whyNotFormed } from './form-region.ts';
import { successors } from './graph.ts';
import { pageOf } from './guest-code.ts';
import { GuestView } from './guest-view.ts';
import { type HeldCode, heldCode, holds } from './held-code.ts';
import { packRegion } from './packed-region.ts';
import type { Region } from './region.ts';
import type { CompileOptions, RegionCompiler, RegionJob } from './region-compiler.ts';
import { regionForm } from './region-form.ts';
import type { RegionListing } from './region-listing.ts';
import { jumpSites, LEAVE_CAUSES, linkedExits } from './region-places.ts';
import type { RegionService, RegionServiceFactory } from './region-service.ts';
import { CellSpace, SlotSpace } from './region-space.ts';
import { heatAt, type RegionModule, type TranslatedRegion, warm } from './translated-region.ts';

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

const HOT_SAMPLES = 6;
const HOT_RUNS = 3_000;
const SAMPLE_INTERVAL = 20_000;
const LONGEST_INTERVAL = 2_000_000;
const BATCH = 8;
/** And at most, where very many wait for another thread. */
const MOST_TOGETHER = 32;
/** Samples after which hot blocks wait no longer for others. */
const PATIENCE = 16;
/** Samples after which a region is formed anew (times eight for every time before), and how often at most. */
const RENEWAL_HEAT = 250;
const MOST_RENEWALS = 1;
const CODE_BYTES = 24 * 2 ** 20;
/** Eviction goes on until this share of the bound is left. */
const AFTER_EVICTION = 0.9;

interface Queued extends HeldCode {
  readonly region: Region;
  readonly descriptor: number;
  /** Linear address of its entry when it was formed. */
  readonly linear: number;
  readonly candidate: Candidate;
  /** Of its pages when it was formed. */
  readonly generations: readonly number[];
}

/** Regions with what was taken for them. */
interface Batch {
  readonly queued: readonly Queued[];
  readonly jobs: readonly RegionJob[];
}

/** Batches that are with the other thread at a time: one that it works on, one so that it need not wait. */
const MOST_FLIGHTS = 2;

export class Translator implements BlockTranslator {
  readonly #host: TranslatorHost;
  readonly #compiler: RegionCompiler;
  readonly #options: TranslatorOptions;
  readonly #hotSamples: number;
  readonly #hotRuns: number;
  readonly #batch: number;
  readonly #leastInterval: number;
  readonly #longestInterval: number;
  readonly #codeBytes: number;
  readonly eager: boolean;
  sampleInterval: number;
  #slots: SlotSpace;
  #cells: CellSpace;
  readonly #pages = new CodePages();
  readonly #modules = new Set<RegionModule>();
  readonly #bySlot = new Map<number, TranslatedRegion>();
  readonly #byId = new Map<number, TranslatedRegion>();
  #queue: Queued[] = [];
  #service: RegionService | null = null;
  #closed = false;
  /** Batches that are being compiled elsewhere, by ticket. */
  readonly #flights = new Map<number, Batch>();
  #nextTicket = 1;
  /** Samples since the first in the queue came. */
  #waited = 0;
  #nextId = 1;
  #bytes = 0;
  /** Blocks that cannot become regions, by what stands at their beginning. */
  readonly #failures = new Map<string, number>();
  /** Since creation, for --stats. */
  readonly #counts = {
    formed: 0,
    compiled: 0,
    dropped: 0,
    needingHelp: 0,
    unhelpful: 0,
    evicted: 0,
    remapped: 0,
    outdated: 0,
    unformed: 0,
    restless: 0,
    renewed: 0,
    modules: 0,
    wasm: 0,
    instructions: 0,
    forming: 0,
    compiling: 0,
    compilingElsewhere: 0,
  };

  constructor(host: TranslatorHost, compiler: RegionCompiler, options: TranslatorOptions = {}) {
    this.#host = host;
    this.#compiler = compiler;
    this.#options = options;
    this.eager = options.eager ?? false;
    this.#hotSamples = options.hotSamples ?? HOT_SAMPLES;
    this.#batch = this.eager ? 1 : (options.batch ?? BATCH);
    this.#leastInterval = options.sampleInterval ?? SAMPLE_INTERVAL;
    this.sampleInterval = this.#leastInterval;
    this.#longestInterval = options.longestInterval ?? LONGEST_INTERVAL;
    this.#codeBytes = options.codeBytes ?? CODE_BYTES;
    this.#slots = new SlotSpace(host.handlers.table, TABLE_SIZE);
    this.#cells = this.#allCells();
    host.code.cutsAfter = (form) => !regionForm(form).allowed;
    this.#hotRuns = this.eager ? 0 : (options.hotRuns ?? HOT_RUNS);
    host.code.runsUntilHot = ({ key }) => (isTranslatable(key) ? this.#hotRuns : 0);
  }
  #allCells(): CellSpace {
    return new CellSpace(this.#host.state.u32, E.LINK_CELLS, E.LINK_CELL_COUNT);
  }

  // ---- BlockTranslator ----

  sample(descriptor: number, physical: number, linear: number, modeKey: number): void {
    this.#collect();
    const own = this.#bySlot.get(this.#host.state.u32[descriptor >> 2]!);
    if (own && this.#isMapped(own, linear)) {
      this.#foundRegion(own, linear);
      return;
    }
    if (own) {
      // Its further pages are elsewhere than they were: here it can never be entered.
      this.#drop(own);
      this.#counts.remapped++;
    }
    this.#waited++;
    this.#consider(descriptor, physical, linear, modeKey);
    this.#compileIfDue();
  }
  #consider(descriptor: number, physical: number, linear: number, modeKey: number): void {
    if (!isTranslatable(modeKey)) return;
    const candidate = this.#candidate(descriptor, physical);
    if (!candidate || candidate.state === 'failed') return;
    // Where a region is on its way, it is waited for.
    if (candidate.state === 'cold' && this.#awaits(physical)) {
      this.#sampleSoon();
      return;
    }
    // A sample stands for the instructions since the one before.
    candidate.heat += this.sampleInterval / this.#leastInterval;
    this.#sampleSoon();
    if (candidate.state === 'queued' || (candidate.heat < this.#hotSamples && !this.eager)) return;
    this.#form(descriptor, candidate, linear, modeKey);
  }
  #sampleSoon(): void {
    this.sampleInterval = this.#leastInterval;
  }
  /** What is known of a block at a physical address; null in a page that changes too often. */
  #candidate(descriptor: number, physical: number): Candidate | null {
    const page = Math.floor(physical / 4096);
    if (this.#pages.restless(page, this.#host.retired)) {
      this.#counts.restless++;
      return null;
    }
    const { candidates } = this.#pages.of(page);
    let candidate = candidates.get(descriptor);
    if (!candidate) {
      candidate = { heat: 0, state: 'cold', covered: false };
      candidates.set(descriptor, candidate);
    }
    return candidate;
  }
  /** Compiles what waits when it is many, or has waited long, or the other thread has nothing to do. */
  #compileIfDue(): void {
    const idle = this.#elsewhere && this.#flights.size === 0;
    if (idle || this.#queue.length >= this.#batch || this.#waited >= PATIENCE) this.#compileQueue();
  }
  /** Whether regions are compiled on another thread. */
  get #elsewhere(): boolean {
    return this.#options.service !== undefined && !this.eager && !this.#options.onListing;
  }
  /** Whether a region that waits or is being compiled holds the instruction at a physical address. */
  #awaits(physical: number): boolean {
    const offset = physical % 4096;
    const page = (physical - offset) / 4096;
    for (const one of this.#queue) if (holds(one, page, offset)) return true;
    for (const { queued } of this.#flights.values()) {
      for (const one of queued) if (holds(one, page, offset)) return true;
    }
    return false;
  }

  /** Whether a region that is installed holds the instruction at a physical address. */
  #isHeld(physical: number): boolean {
    const offset = physical % 4096;
    const page = (physical - offset) / 4096;
    for (const region of this.#pages.of(page).regions) if (holds(region, page, offset)) return true;
    return false;
  }

  /** Counted runs tell sooner than samples, and of every block. */
  hot(descriptor: number, physical: number, linear: number, modeKey: number): void {
    this.#collect();
    const { code, state } = this.#host;
    if (this.#bySlot.has(state.u32[descriptor >> 2]!)) return;
    const candidate = this.#candidate(descriptor, physical);
    const waits = candidate?.state === 'cold' && this.#isTakenCareOf(candidate, physical);
    // Asked again later, in case that no region comes of it.
    code.countOn(descriptor, waits ? this.#hotRuns : 4 * this.#hotRuns);
    if (!candidate) return;
    if (candidate.state === 'cold' && !waits) {
      candidate.heat = Math.max(candidate.heat, this.#hotSamples);
      this.#form(descriptor, candidate, linear, modeKey);
    }
    const { state: outcome } = candidate;
    if (outcome === 'failed') code.stopCounting(descriptor);
    this.#waited++;
    this.#compileIfDue();
  }
  /**
   * Whether a block that has become hot is in a region that is on its way, or in one that came lately, so that it may
   * have been reached outside until then only. All blocks of a loop get hot at the same time.
   */
  #isTakenCareOf(candidate: Candidate, physical: number): boolean {
    if (this.#awaits(physical)) return true;
    if (candidate.covered || !this.#isHeld(physical)) return false;
    candidate.covered = true;
    return true;
  }

  /**
   * A region that has less budget left than its longest path leaves, and the interpreter uses up the rest: where that
   * ends in code of the region, or of another one, regions are what runs here.
   */
  sampleRegion(id: number, physical: number): boolean {
    this.#collect();
    const offset = physical % 4096;
    const page = (physical - offset) / 4096;
    const record = this.#pages.of(page);
    if (record.exits.has(offset)) return false;
    for (const region of record.regions) {
      if (!holds(region, page, offset)) continue;
      const found = this.#byId.get(id) ?? region;
      this.#foundRegion(found, found.linear);
      return true;
    }
    return false;
  }
  /** `linear`: where its entry is now, or was when it was formed. */
  #foundRegion(region: TranslatedRegion, linear: number): void {
    region.heat += this.sampleInterval / this.#leastInterval;
    if (region.heat >= RENEWAL_HEAT * 8 ** region.renewals && region.renewals < MOST_RENEWALS) {
      this.#renew(region, linear);
    }
    this.sampleInterval = Math.min(2 * this.sampleInterval, this.#longestInterval);
    warm(region.module, this.#host.retired, 1);
    if (++this.#waited >= PATIENCE) this.#compileQueue();
  }

  /** The table of translations for fetching may know the entry's page only: it is told the region's others. */
  lookedUp(slot: number, linear: number): void {
    const region = this.#bySlot.get(slot);
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

  /** An instruction that needs help over and over is left out of regions; those that have it go. */
  bailed(physical: number): void {
    const offset = physical % 4096;
    const page = (physical - offset) / 4096;
    if (!this.#pages.bailed(page, offset, this.#host.retired)) return;
    this.#counts.needingHelp++;
    for (const region of [...this.#pages.of(page).regions]) {
      if (!holds(region, page, offset)) continue;
      this.#drop(region);
      this.#counts.unhelpful++;
    }
  }

  pageInvalidated(page: number): void {
    const record = this.#pages.changed(page, this.#host.retired);
    for (const region of [...record.regions]) {
      this.#drop(region);
      this.#counts.dropped++;
    }
  }

  flushed(): void {
    for (const { slot, cells, cellCount } of this.#bySlot.values()) {
      this.#slots.release(slot);
      this.#cells.release(cells, cellCount);
    }
    for (const { jobs } of this.#flights.values()) for (const { slot } of jobs) this.#slots.release(slot);
    this.#flights.clear();
    this.#counts.dropped += this.#bySlot.size;
    this.#bySlot.clear();
    this.#byId.clear();
    this.#modules.clear();
    this.#pages.forgetBlocks();
    this.#queue = [];
    this.#bytes = 0;
    this.sampleInterval = this.#leastInterval;
    const { table } = this.#host.handlers;
    if (this.#slots.table !== table) this.#slots = new SlotSpace(table, TABLE_SIZE);
    this.#cells = this.#allCells();
  }

  // ---- forming and compiling ----

  #form(descriptor: number, candidate: Candidate, linear: number, modeKey: number): void {
    const region = this.#formed(linear, modeKey, FIRST_LIMITS);
    if (!region) {
      candidate.state = 'failed';
      this.#counts.unformed++;
      return;
    }
    this.#enqueue(region, descriptor, candidate, linear);
  }
  #formed(linear: number, modeKey: number, limits?: Partial<FormLimits>): Region | null {
    const began = this.#now();
    const { retired, features } = this.#host;
    const view = new GuestView(this.#host, linear, modeKey, {
      mayTranslate: (page) => !this.#pages.restless(page, retired),
      needsHelp: (page, offset) => this.#pages.needsHelp(page, offset),
      observed: (page, offset) => this.#pages.known(page)?.observed.get(offset),
    });
    const formed = formRegion(linear & 0xfff, modeFromKey(modeKey), view, features, limits);
    const region = formed && { ...formed, plainFloats: floatsArePlain(this.#host.state) };
    this.#counts.forming += this.#now() - began;
    if (!region) {
      const why = whyNotFormed(linear & 0xfff, modeFromKey(modeKey), view, features);
      this.#failures.set(why, (this.#failures.get(why) ?? 0) + 1);
    }
    return region;
  }
  #enqueue(region: Region, descriptor: number, candidate: Candidate, linear: number): void {
    this.#counts.formed++;
    this.#note(region);
    candidate.state = 'queued';
    if (this.#queue.length === 0) this.#waited = 0;
    const generations = region.pages.map(({ frame }) => this.#pages.of(frame).generation);
    this.#queue.push({ region, descriptor, linear, candidate, generations, ...heldCode(region) });
  }

  /**
   * Forms a hot region again: by now more code of its neighbourhood has run, and it is known where its jumps lead. It is
   * replaced where that makes a difference.
   */
  #renew(region: TranslatedRegion, linear: number): void {
    // Another process may have other code there by now.
    if (this.#host.mmu.probeExecute(linear) !== region.pages[0]!.frame * 4096 + (linear & 0xfff)) return;
    region.renewals++;
    this.#harvest(region);
    const again = this.#formed(linear, region.modeKey);
    if (
      !again ||
      (heldCode(again).offsets.length === region.offsets.length && edgesOf(again) === region.edges)
    )
      return;
    this.#counts.renewed++;
    this.#enqueue(again, region.descriptor, { heat: region.heat, state: 'queued', covered: true }, linear);
  }
  /** Notes where jumps of the regions in the same pages went. */
  #harvest({ pages }: TranslatedRegion): void {
    const { i32 } = this.#host.state;
    for (const { frame } of pages) {
      for (const { sites, cells, cellCount, pages: itsPages } of this.#pages.of(frame).regions) {
        sites.forEach((site, i) => {
          const relative = i32[(cells >> 2) + cellCount - sites.length + i]!;
          const index = pageOf(site);
          const at = itsPages.find((page) => page.index === index)!.frame;
          if (relative !== 0) this.#pages.of(at).observed.set(site - 4096 * index, relative - 4096 * index);
        });
      }
    }
  }

  /** A change of the bytes that a region was made from shall be noticed. */
  #note(region: Region): void {
    const frames = new Map(region.pages.map(({ index, frame }) => [index, frame]));
    for (const { instructions } of region.blocks) {
      for (const { offset, instruction } of instructions) {
        const first = pageOf(offset);
        const from = offset - 4096 * first;
        const to = from + instruction.length;
        this.#host.code.note(frames.get(first)!, from, Math.min(to, 4096));
        if (to > 4096) this.#host.code.note(frames.get(first + 1)!, 0, to - 4096);
      }
    }
  }

  /** Compiles what waits and is still good, or sends it off to be compiled. */
  #compileQueue(): void {
    if (this.#queue.length === 0 || this.#flights.size >= MOST_FLIGHTS || this.#closed) return;
    const queue = this.#queue.filter((queued) => this.#isCurrent(queued));
    this.#counts.outdated += this.#queue.length - queue.length;
    this.#queue = [];
    const elsewhere = this.#elsewhere;
    // The longer the queue, the more go together: a module costs the host something by itself.
    const most = Math.max(this.#batch, Math.min(queue.length >> 2, MOST_TOGETHER));
    if (elsewhere && queue.length > most) {
      // More became hot than are compiled: the hottest come first.
      queue.sort((a, b) => b.candidate.heat - a.candidate.heat);
      this.#queue = queue.splice(most);
    }
    const batch = this.#prepare(queue);
    if (batch.jobs.length === 0) return;
    const began = this.#now();
    if (elsewhere) {
      this.#service ??= this.#options.service!(this.#host.features);
      this.#send(batch, this.#service);
    } else this.#compile(batch);
    this.#counts.compiling += this.#now() - began;
  }
  #compile(batch: Batch): void {
    const bytes = this.#compiler.compileRegions(batch.jobs, {
      ...this.#compileOptions(),
      ...(this.#options.onListing ? { onListing: this.#options.onListing } : {}),
    });
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    this.#install(batch, module, bytes.length);
  }
  #compileOptions(): CompileOptions {
    const { statePages, ramPages } = this.#host.handlers;
    const countsInstructions = this.#options.counts ?? false;
    return { statePages, ramPages, tableSize: TABLE_SIZE, countsInstructions };
  }

  /** Takes slots and cells for regions. */
  #prepare(queue: readonly Queued[]): Batch {
    if (this.#bySlot.size === 0 && this.#flights.size === 0) this.#cells = this.#allCells();
    const { code } = this.#host;
    const jobs: RegionJob[] = [];
    const made: Queued[] = [];
    for (const queued of queue) {
      const { region, descriptor, linear } = queued;
      const count = this.#compiler.linkCellCount(region);
      const slot = this.#takeSlot();
      const cells = this.#takeCells(count);
      if (slot < 0 || cells < 0) {
        // All others are gone, and what is free is in pieces: this one waits until it is hot again.
        if (slot >= 0) this.#slots.release(slot);
        if (cells > 0) this.#cells.release(cells, count);
        forget(queued.candidate);
        continue;
      }
      jobs.push({ region, slot, plain: code.plainHandler(descriptor), id: this.#nextId++, cells, linear });
      made.push(queued);
      this.#options.onRegion?.(region);
    }
    return { jobs, queued: made };
  }

  /** Sends a batch off; its regions are current, so the bytes that they were made from are still there. */
  #send(batch: Batch, service: RegionService): void {
    const ticket = this.#nextTicket++;
    const { u8 } = this.#host.memory;
    const jobs = batch.jobs.map(({ region, ...rest }) => {
      const frames = new Map(region.pages.map(({ index, frame }) => [index, frame]));
      const packed = packRegion(region, (at) => u8[frames.get(pageOf(at))! * 4096 + (at & 0xfff)]!);
      return { ...rest, ...packed };
    });
    this.#flights.set(ticket, batch);
    service.submit({ ticket, jobs, options: this.#compileOptions() });
  }
  /** Installs what has come back. */
  #collect(): void {
    if (this.#flights.size === 0 || !this.#service) return;
    for (let result = this.#service.poll(); result; result = this.#service.poll()) {
      this.#counts.compilingElsewhere += result.time;
      const batch = this.#flights.get(result.ticket);
      // Gone in a flush.
      if (!batch) continue;
      this.#flights.delete(result.ticket);
      const began = this.#now();
      this.#install(batch, result.module, result.bytes);
      this.#counts.compiling += this.#now() - began;
    }
  }

  /** Instantiates the module of a batch. Regions that are out of date by now lose their slots again. */
  #install({ jobs, queued }: Batch, compiled: WebAssembly.Module, bytes: number): void {
    const { code, handlers, state } = this.#host;
    const current = queued.map((one) => this.#isCurrent(one));
    if (current.includes(true)) new WebAssembly.Instance(compiled, { env: handlers.environment });
    const module: RegionModule = { bytes, regions: new Set(), heat: 0, stamp: this.#host.retired };
    jobs.forEach((job, i) => {
      const { descriptor, candidate, pages, offsets } = queued[i]!;
      const { id, slot, cells, region, linear } = job;
      const cellCount = this.#compiler.linkCellCount(region);
      const replaced = this.#bySlot.get(state.u32[descriptor >> 2]!);
      if (!current[i]) {
        this.#slots.release(slot);
        this.#cells.release(cells, cellCount);
        this.#counts.outdated++;
        return;
      }
      const translated = {
        ...{ id, slot, cells, cellCount, descriptor, pages, offsets, linear, module },
        modeKey: region.mode.key,
        sites: jumpSites(region),
        edges: edgesOf(region),
        heat: 0,
        renewals: replaced?.renewals ?? 0,
      };
      if (replaced) this.#drop(replaced);
      module.regions.add(translated);
      module.heat += candidate.heat;
      forget(candidate);
      this.#bySlot.set(slot, translated);
      this.#byId.set(id, translated);
      for (const { frame } of region.pages) this.#pages.of(frame).regions.add(translated);
      this.#noteExits(region);
      this.#counts.instructions += offsets.length;
      if (state.u32[descriptor >> 2] === HANDLER_STOP) throw new Error('a region of code that is gone');
      code.install(descriptor, slot);
    });
    this.#counts.compiled += module.regions.size;
    if (module.regions.size === 0) return;
    this.#modules.add(module);
    this.#bytes += bytes;
    this.#counts.modules++;
    this.#counts.wasm += bytes;
    if (this.#bytes > this.#codeBytes) this.#makeRoom(this.#codeBytes * AFTER_EVICTION, module);
  }

  /** No more regions; ends the other thread, if there is one. */
  close(): void {
    this.#closed = true;
    this.#service?.close();
    this.#service = null;
  }

  #noteExits(region: Region): void {
    const frames = new Map(region.pages.map(({ index, frame }) => [index, frame]));
    for (const offset of linkedExits(region))
      this.#pages.of(frames.get(offset >> 12)!).exits.add(offset & 0xfff);
  }
  #isCurrent({ pages, generations }: Queued): boolean {
    return pages.every(({ frame }, i) => this.#pages.of(frame).generation === generations[i]);
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

  // ---- dropping ----

  #drop(region: TranslatedRegion): void {
    const { code } = this.#host;
    code.uninstall(region.descriptor, region.slot);
    this.#slots.release(region.slot);
    this.#cells.release(region.cells, region.cellCount);
    this.#bySlot.delete(region.slot);
    this.#byId.delete(region.id);
    for (const { frame } of region.pages) this.#pages.of(frame).regions.delete(region);
    const { module } = region;
    module.regions.delete(region);
    if (module.regions.size === 0 && this.#modules.delete(module)) this.#bytes -= module.bytes;
  }
  #evict(module: RegionModule): void {
    for (const region of [...module.regions]) {
      this.#drop(region);
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

  // ---- statistics ----

  #now(): number {
    return this.#options.clock?.now() ?? 0;
  }
  #instructionsNow(): number {
    let count = 0;
    for (const { offsets } of this.#bySlot.values()) count += offsets.length;
    return count;
  }
  /** Counters since creation, by name. */
  statistics(): Map<string, number> {
    const { state } = this.#host;
    const counts = this.#counts;
    const inRegions = state.getNumber(E.COUNT_REGION_INSTRUCTIONS);
    const share = Math.round((1000 * inRegions) / Math.max(1, this.#host.retired)) / 10;
    return new Map<string, number>([
      ['regions formed', counts.formed],
      ['regions compiled', counts.compiled],
      ['regions formed anew', counts.renewed],
      ['regions dropped as their code changed', counts.dropped],
      ['regions dropped as they needed the interpreter', counts.unhelpful],
      ['instructions that need the interpreter', counts.needingHelp],
      ['regions dropped as their pages are mapped elsewhere', counts.remapped],
      ['regions evicted', counts.evicted],
      ['regions out of date before they were compiled', counts.outdated],
      ['regions now', this.#bySlot.size],
      ['blocks that cannot become regions', counts.unformed],
      ['samples in pages that change too often', counts.restless],
      ['instructions in regions', counts.instructions],
      ['instructions in regions now', this.#instructionsNow()],
      ['region modules', counts.modules],
      ['bytes of region wasm', counts.wasm],
      ['bytes of region wasm now', this.#bytes],
      ...[...this.#failures].map(([why, count]) => [`no region: ${why}`, count] as const),
      ...(this.#options.clock
        ? ([
            ['milliseconds of region forming', Math.round(counts.forming / 1e6)],
            ['milliseconds of region compiling', Math.round(counts.compiling / 1e6)],
            [
              'milliseconds of region compiling on another thread',
              Math.round(counts.compilingElsewhere / 1e6),
            ],
          ] as const)
        : []),
      ...(this.#options.counts
        ? [
            ['instructions retired by regions', inRegions] as const,
            ['instructions retired by regions, per cent', share] as const,
            ...LEAVE_CAUSES.map(
              (cause, i) =>
                [`exits from regions: ${cause}`, state.getNumber(E.COUNT_REGION_LEAVES + 8 * i)] as const,
            ),
          ]
        : []),
    ]);
  }
}

/** Flat protected-mode code of 32 or 64 bits. */
const isTranslatable = (modeKey: number): boolean =>
  (modeKey & MODE_FLAT_CS) !== 0 && (modeKey & MODE_PROTECTED) !== 0 && (modeKey & 3) !== 0;
/** Edges from block to block. */
const edgesOf = (region: Region): number =>
  region.blocks.reduce((sum, { end }) => sum + successors(end).length, 0);

function forget(candidate: Candidate): void {
  candidate.state = 'cold';
  candidate.heat = 0;
}
