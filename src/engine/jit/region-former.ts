// Forms the regions that the translator wishes, of the code as the vCPU sees it now (form-region.ts, guest-view.ts), and
// has them wait to be compiled (compile-queue.ts). The bytes that a region was made from are noted as code, so that a
// change of them is noticed.
import type { Clock } from '../../base/services.ts';
import { modeFromKey } from '../../x86/decode/mode.ts';
import type { TranslatorHost } from '../interp/block-translator.ts';
import { floatsArePlain } from './assumptions.ts';
import type { Candidate, CodePages } from './code-pages.ts';
import type { CompileQueue } from './compile-queue.ts';
import { FIRST_LIMITS, type FormLimits, formRegion, whyNotFormed } from './form-region.ts';
import { edgeCount } from './graph.ts';
import { pageOf } from './guest-code.ts';
import { GuestView } from './guest-view.ts';
import { eachHeldByteRun, heldCode } from './held-code.ts';
import { framesOf, type Region } from './region.ts';
import type { TranslatedRegion } from './translated-region.ts';
import type { TranslatorCounts } from './translator-statistics.ts';

export class RegionFormer {
  readonly #host: TranslatorHost;
  readonly #pages: CodePages;
  readonly #queue: CompileQueue;
  readonly #counts: TranslatorCounts;
  readonly #clock: Clock | undefined;

  constructor(
    host: TranslatorHost,
    pages: CodePages,
    queue: CompileQueue,
    counts: TranslatorCounts,
    clock: Clock | undefined,
  ) {
    this.#host = host;
    this.#pages = pages;
    this.#queue = queue;
    this.#counts = counts;
    this.#clock = clock;
  }

  /** Forms a region around a hot block; where there is none, its candidate is 'failed', else 'queued'. */
  form(descriptor: number, candidate: Candidate, linear: number, modeKey: number): void {
    const region = this.#formed(linear, modeKey, FIRST_LIMITS);
    if (!region) {
      candidate.state = 'failed';
      this.#counts.unformed++;
      return;
    }
    this.#enqueue(region, descriptor, candidate, linear);
  }
  /**
   * Forms a hot region again, whose entry is now at a linear address: by now more code of its neighbourhood has run, and
   * it is known where its jumps lead, and which of its accesses miss their pages. It is replaced where that makes a difference.
   * `instructions`: so many of it have run, about.
   */
  formAgain(region: TranslatedRegion, linear: number, instructions: number): void {
    // Another process may have other code there by now.
    if (this.#host.mmu.probeExecute(linear) !== region.pages[0]!.frame * 4096 + (linear & 0xfff)) return;
    region.renewals++;
    this.#pages.observeJumps(region.pages, this.#host.state.i32);
    this.#pages.observeMisses(region, this.#host.state.u32, instructions);
    const again = this.#formed(linear, region.modeKey);
    if (!again || isLike(again, region)) return;
    this.#counts.renewed++;
    this.#enqueue(again, region.descriptor, { heat: region.heat, state: 'queued', covered: true }, linear);
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
    const region = formed && {
      ...formed,
      plainFloats: floatsArePlain(this.#host.state),
      apart: this.#offsetsWhere(formed, (page, offset) => this.#pages.isSpread(page, offset)),
      scattered: this.#offsetsWhere(
        formed,
        (page, offset) => this.#pages.known(page)?.scattered.has(offset) === true,
      ),
    };
    this.#counts.forming += this.#now() - began;
    if (!region) {
      const { failures } = this.#counts;
      const why = whyNotFormed(linear & 0xfff, modeFromKey(modeKey), view, features);
      failures.set(why, (failures.get(why) ?? 0) + 1);
    }
    return region;
  }
  /** Offsets of instructions of which something is known, by their guest-physical page and offset in it. */
  #offsetsWhere(region: Region, known: (page: number, offset: number) => boolean): number[] {
    const frames = framesOf(region);
    const offsets = new Set<number>();
    for (const { instructions } of region.blocks) {
      for (const { offset } of instructions) {
        if (known(frames.get(pageOf(offset))!, offset & 0xfff)) offsets.add(offset);
      }
    }
    return [...offsets];
  }
  #enqueue(region: Region, descriptor: number, candidate: Candidate, linear: number): void {
    this.#counts.formed++;
    eachHeldByteRun(region, (page, first, end) => this.#host.code.note(page, first, end));
    candidate.state = 'queued';
    const generations = this.#pages.generations(region.pages);
    this.#queue.add({ region, descriptor, linear, candidate, generations, ...heldCode(region) });
  }
  #now(): number {
    return this.#clock?.now() ?? 0;
  }
}

/** As many instructions, and as many ways between them and accesses that miss: taken to be the same region. */
function isLike(region: Region, translated: TranslatedRegion): boolean {
  return (
    heldCode(region).offsets.length === translated.offsets.length &&
    edgeCount(region.blocks) === translated.edges &&
    (region.scattered?.length ?? 0) === translated.scattered
  );
}
