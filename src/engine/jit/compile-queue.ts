// The regions that wait to be compiled, and those that are being compiled on another thread.
//
//   add() -> waiting -> place() -> compileRegions -> install()
//                          └─────> submit ... poll() -> install()      where the host lends a thread (region-service.ts)
//
// Some are compiled at a time: when they are many or have waited long, sooner when the other thread has nothing to do.
// Slots and link cells are taken when regions are sent off; collect() asks for what has come back. When that happens
// the guest cannot see.
//
// A region that waits or is being compiled is out of date as soon as code of one of its pages changes; it is dropped
// before it is compiled, or when it comes back.
import type { TranslatorHost } from '../interp/block-translator.ts';
import { TABLE_SIZE } from '../interp/handlers.ts';
import type { CodePages } from './code-pages.ts';
import { pageOf } from './guest-code.ts';
import { holds } from './held-code.ts';
import { packRegion } from './packed-region.ts';
import { framesOf } from './region.ts';
import type { FormedRegion, RegionBatch } from './region-batch.ts';
import type { CompileOptions, RegionCompiler } from './region-compiler.ts';
import type { RegionService } from './region-service.ts';
import type { TranslatorOptions } from './translator-options.ts';
import type { TranslatorCounts } from './translator-statistics.ts';

const BATCH = 8;
/** And at most, where very many wait for another thread. */
const MOST_TOGETHER = 32;
/** Samples after which hot blocks wait no longer for others. */
const PATIENCE = 16;
/** The same where the other thread has nothing to do; a module costs it, and the host's memory, something by itself. */
const IDLE_BATCH = 4;
const IDLE_PATIENCE = 6;
/** Batches that are with the other thread at a time: one that it works on, one so that it need not wait. */
const MOST_FLIGHTS = 2;

/** Where regions go (installed-regions.ts). */
export interface RegionInstaller {
  place(regions: readonly FormedRegion[]): RegionBatch;
  /** Told before a batch is placed when no other is under way. */
  joinCells(): void;
  install(batch: RegionBatch, compiled: WebAssembly.Module, bytes: number): void;
}

/** Of TranslatorHost, what compiling takes. */
export interface CompilingHost {
  readonly features: TranslatorHost['features'];
  readonly memory: Pick<TranslatorHost['memory'], 'u8'>;
  readonly handlers: Pick<TranslatorHost['handlers'], 'statePages' | 'ramPages'>;
}

export class CompileQueue {
  readonly #host: CompilingHost;
  readonly #compiler: RegionCompiler;
  readonly #pages: CodePages;
  readonly #installer: RegionInstaller;
  readonly #counts: TranslatorCounts;
  readonly #options: TranslatorOptions;
  readonly #batch: number;
  /** Regions are compiled on another thread. */
  readonly #elsewhere: boolean;
  #waiting: FormedRegion[] = [];
  /** Samples since the first of them came. */
  #waited = 0;
  #service: RegionService | null = null;
  /** Batches that are being compiled elsewhere, by ticket. */
  readonly #flights = new Map<number, RegionBatch>();
  #nextTicket = 1;
  #closed = false;

  constructor(
    host: CompilingHost,
    compiler: RegionCompiler,
    pages: CodePages,
    installer: RegionInstaller,
    counts: TranslatorCounts,
    options: TranslatorOptions,
  ) {
    this.#host = host;
    this.#compiler = compiler;
    this.#pages = pages;
    this.#installer = installer;
    this.#counts = counts;
    this.#options = options;
    this.#batch = options.eager ? 1 : (options.batch ?? BATCH);
    this.#elsewhere = options.service !== undefined && !options.eager && !options.onListing;
  }

  add(region: FormedRegion): void {
    if (this.#waiting.length === 0) this.#waited = 0;
    this.#waiting.push(region);
  }
  /** Whether a region that waits or is being compiled holds the instruction at an offset of a guest-physical page. */
  awaits(page: number, offset: number): boolean {
    for (const one of this.#waiting) if (holds(one, page, offset)) return true;
    for (const { formed } of this.#flights.values()) {
      for (const one of formed) if (holds(one, page, offset)) return true;
    }
    return false;
  }

  /** A sample found a region. What waits is compiled when it has waited long. */
  foundRegion(): void {
    this.#waited++;
    this.compileIfDue();
  }
  /** A sample found a block: what waits has waited longer; compileIfDue() is asked once it is known what becomes of it. */
  foundBlock(): void {
    this.#waited++;
  }
  /** Compiles what waits when it is many or has waited long; less is enough where the other thread has nothing to do. */
  compileIfDue(): void {
    const idle = this.#elsewhere && this.#flights.size === 0;
    const batch = idle ? Math.min(this.#batch, IDLE_BATCH) : this.#batch;
    const patience = idle ? IDLE_PATIENCE : PATIENCE;
    if (this.#waiting.length >= batch || this.#waited >= patience) this.#compileWaiting();
  }

  /** Compiles what waits and is still good, or sends it off to be compiled. */
  #compileWaiting(): void {
    if (this.#waiting.length === 0 || this.#flights.size >= MOST_FLIGHTS || this.#closed) return;
    const regions = this.#waiting.filter((one) => this.#pages.isCurrent(one));
    this.#counts.outdated += this.#waiting.length - regions.length;
    this.#waiting = [];
    // The longer the queue, the more go together: a module costs the host something by itself.
    const most = Math.max(this.#batch, Math.min(regions.length >> 2, MOST_TOGETHER));
    if (this.#elsewhere && regions.length > most) {
      // More became hot than are compiled: the hottest come first.
      regions.sort((a, b) => b.candidate.heat - a.candidate.heat);
      this.#waiting = regions.splice(most);
    }
    const batch = this.#place(regions);
    if (batch.jobs.length === 0) return;
    const began = this.#now();
    if (this.#elsewhere) this.#send(batch);
    else this.#compile(batch);
    this.#counts.compiling += this.#now() - began;
  }
  #place(regions: readonly FormedRegion[]): RegionBatch {
    if (this.#flights.size === 0) this.#installer.joinCells();
    const batch = this.#installer.place(regions);
    for (const { region } of batch.formed) this.#options.onRegion?.(region);
    return batch;
  }
  #compile(batch: RegionBatch): void {
    const bytes = this.#compiler.compileRegions(batch.jobs, {
      ...this.#compileOptions(),
      ...(this.#options.onListing ? { onListing: this.#options.onListing } : {}),
    });
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    this.#installer.install(batch, module, bytes.length);
  }
  #compileOptions(): CompileOptions {
    const { statePages, ramPages } = this.#host.handlers;
    const countsInstructions = this.#options.counts ?? false;
    return { statePages, ramPages, tableSize: TABLE_SIZE, countsInstructions };
  }

  /** Sends a batch off; its regions are current, so the bytes that they were made from are still there. */
  #send(batch: RegionBatch): void {
    this.#service ??= this.#options.service!(this.#host.features);
    const ticket = this.#nextTicket++;
    const { u8 } = this.#host.memory;
    const jobs = batch.jobs.map(({ region, ...rest }) => {
      const frames = framesOf(region);
      const packed = packRegion(region, (at) => u8[frames.get(pageOf(at))! * 4096 + (at & 0xfff)]!);
      return { ...rest, ...packed };
    });
    this.#flights.set(ticket, batch);
    this.#service.submit({ ticket, jobs, options: this.#compileOptions() });
  }
  /** Installs what has come back. Throws the error of a request that failed, or of a thread that ended. */
  collect(): void {
    if (this.#flights.size === 0 || !this.#service) return;
    for (let result = this.#service.poll(); result; result = this.#service.poll()) {
      this.#counts.compilingElsewhere += result.time;
      const batch = this.#flights.get(result.ticket);
      // Gone in a flush.
      if (!batch) continue;
      this.#flights.delete(result.ticket);
      const began = this.#now();
      this.#installer.install(batch, result.module, result.bytes);
      this.#counts.compiling += this.#now() - began;
    }
  }

  /** Nothing waits any more, and what is being compiled is not installed: answers those batches, which keep their slots. */
  flushed(): RegionBatch[] {
    const underWay = [...this.#flights.values()];
    this.#flights.clear();
    this.#waiting = [];
    return underWay;
  }
  /** No more regions; ends the other thread, if there is one. */
  close(): void {
    this.#closed = true;
    this.#service?.close();
    this.#service = null;
  }

  #now(): number {
    return this.#options.clock?.now() ?? 0;
  }
}
