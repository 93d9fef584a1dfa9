// Forms the regions that the translator wishes, of the code as the vCPU sees it now (form-region.ts, guest-view.ts), and
// has them wait to be compiled (compile-queue.ts). The bytes that a region was made from are noted as code, so that a
// change of them is noticed.
import type { Clock } from '../../base/services.ts';
import { modeFromKey } from '../../x86/decode/mode.ts';
import type { TranslatorHost } from '../interp/block-translator.ts';
import { floatsArePlain } from './assumptions.ts';
import { type Candidate, type CodePages, forget } from './code-pages.ts';
import type { CompileQueue } from './compile-queue.ts';
import { entryLoop } from './entry-loop.ts';
import {
  DEFAULT_LIMITS,
  FIRST_LIMITS,
  type FormLimits,
  formedLoopHeader,
  formRegion,
  LOOP_LIMITS,
  whyNotFormed,
} from './form-region.ts';
import { edgeCount } from './graph.ts';
import { pageOf } from './guest-code.ts';
import { GuestView } from './guest-view.ts';
import { eachHeldByteRun, heldCode } from './held-code.ts';
import { framesOf, type Region } from './region.ts';
import type { TranslatedRegion } from './translated-region.ts';
import type { TranslatorCounts } from './translator-statistics.ts';

/** How often more of its loop is taken into a region. */
const MOST_GROWTHS = 4;
/** Pages around a place, by distance. */
const NEAR = [0, -1, 1, -2, 2, -3, 3];

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
    if (this.#formLoopThrough(candidate, linear, modeKey)) return;
    const region = this.#formed(linear, modeKey, FIRST_LIMITS);
    if (!region) {
      candidate.state = 'failed';
      this.#counts.unformed++;
      return;
    }
    this.#enqueue(region, descriptor, candidate, linear);
  }
  /**
   * Where a hot block is what a region leaves to, and leads back there: forms the loop as a whole, from where
   * it begins, unless that has been done. False where it is not so.
   */
  #formLoopThrough(candidate: Candidate, linear: number, modeKey: number): boolean {
    const physical = this.#host.mmu.probeExecute(linear);
    const part = this.#pages.partThatLeavesTo(pageOf(physical), physical & 0xfff);
    if (!part || part.growths >= MOST_GROWTHS || part.modeKey !== modeKey) return false;
    part.growths++;
    const found = this.#formLoop(linear, part, 0);
    if (found) forget(candidate);
    return found;
  }
  /**
   * Forms the loop through a place and the entry of a region as a whole, if it has more instructions than `least`. True as
   * well where it is there.
   */
  #formLoop(linear: number, part: TranslatedRegion, least: number): boolean {
    const { mmu, code, features } = this.#host;
    const { modeKey, heat } = part;
    const view = this.#view(linear, modeKey, LOOP_LIMITS);
    const frame = part.pages[0]!.frame;
    const index = NEAR.find((near) => view.page(near)?.frame === frame);
    if (index === undefined) return false;
    const through = 4096 * index + (part.linear & 0xfff);
    const header = formedLoopHeader(linear & 0xfff, through, modeFromKey(modeKey), view, features);
    if (header === null) return false;
    const from = linear - (linear & 0xfff) + header;
    const at = mmu.probeExecute(from);
    const descriptor = code.descriptorAt(pageOf(at), at & 0xfff, modeKey);
    const region = descriptor === undefined ? null : this.#formed(from, modeKey, LOOP_LIMITS);
    if (!region) return false;
    const { places, instructions } = entryLoop(region);
    const size = heldCode(region).offsets.length;
    if (!places.has(linear - (from - (from & 0xfff))) || 2 * instructions < size || size <= least)
      return false;
    const there = this.#pages.regionFrom(descriptor!, pageOf(at));
    if (there && isLike(region, there)) return true;
    this.#counts.renewed++;
    const whole = size > DEFAULT_LIMITS.instructions;
    this.#enqueue(region, descriptor!, { heat, state: 'queued', covered: true }, from, whole);
    return true;
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
    if (region.partial && this.#formLoop(linear, region, DEFAULT_LIMITS.instructions)) return;
    const again = this.#formed(linear, region.modeKey, region.whole ? LOOP_LIMITS : {});
    if (!again || isLike(again, region)) return;
    this.#counts.renewed++;
    const candidate: Candidate = { heat: region.heat, state: 'queued', covered: true };
    this.#enqueue(again, region.descriptor, candidate, linear, region.whole);
  }

  #view(linear: number, modeKey: number, limits?: Partial<FormLimits>): GuestView {
    const { retired } = this.#host;
    return new GuestView(this.#host, linear, modeKey, {
      mayTranslate: (page) => !this.#pages.restless(page, retired),
      needsHelp: (page, offset) => this.#pages.needsHelp(page, offset),
      beginsLoop: (page, offset) => limits !== LOOP_LIMITS && this.#pages.beginsLoop(page, offset, modeKey),
      observed: (page, offset) => this.#pages.known(page)?.observed.get(offset),
    });
  }
  #formed(linear: number, modeKey: number, limits?: Partial<FormLimits>): Region | null {
    const began = this.#now();
    const { features } = this.#host;
    const view = this.#view(linear, modeKey, limits);
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
  #enqueue(region: Region, descriptor: number, candidate: Candidate, linear: number, whole = false): void {
    this.#counts.formed++;
    eachHeldByteRun(region, (page, first, end) => this.#host.code.note(page, first, end));
    candidate.state = 'queued';
    const generations = this.#pages.generations(region.pages);
    this.#queue.add({ region, descriptor, linear, candidate, generations, whole, ...heldCode(region) });
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
