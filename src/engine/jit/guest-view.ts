// The guest's code around a block, for the formation of regions: pages as they are mapped now, and
// where control is known to have arrived.
import type { TranslatorHost } from '../interp/block-translator.ts';
import type { CodePage, CodeView } from './guest-code.ts';

const PAGE = 4096;
/** Linear addresses of 32-bit code end here; a region does not go over that. */
const END_32 = 2 ** 32;

/** What is known of guest-physical pages besides what they hold. */
export interface ViewGuide {
  mayTranslate(page: number): boolean;
  /** Whether the instruction at an offset in a page is left to the interpreter. */
  needsHelp(page: number, offset: number): boolean;
  /** Whether a whole loop that begins at an offset in a page is a region already. */
  beginsLoop(page: number, offset: number): boolean;
  /** Where the computed jump at an offset in a page was seen to go, from the page's first byte. */
  observed(page: number, offset: number): number | undefined;
}

export class GuestView implements CodeView {
  readonly #host: TranslatorHost;
  /** Linear address of the first byte of the entry's page. */
  readonly #base: number;
  readonly #modeKey: number;
  readonly #guide: ViewGuide;
  readonly #pages = new Map<number, CodePage | null>();
  readonly #leaders = new Map<number, readonly number[]>();

  /** `linear` is in the entry's page. */
  constructor(host: TranslatorHost, linear: number, modeKey: number, guide: ViewGuide) {
    this.#host = host;
    this.#base = Math.floor(linear / PAGE) * PAGE;
    this.#modeKey = modeKey;
    this.#guide = guide;
  }

  page(index: number): CodePage | null {
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = this.#look(index);
      this.#pages.set(index, page);
    }
    return page;
  }
  #look(index: number): CodePage | null {
    const linear = this.#base + index * PAGE;
    if ((this.#modeKey & 3) !== 2 && (linear < 0 || linear >= END_32)) return null;
    const physical = this.#host.mmu.probeExecute(linear);
    const { memory } = this.#host;
    const frame = physical / PAGE;
    if (physical < 0 || frame >= memory.pageCount) return null;
    if (!this.#guide.mayTranslate(frame)) return null;
    return { frame, bytes: memory.u8.subarray(physical, physical + PAGE) };
  }

  needsHelp(offset: number): boolean {
    const index = Math.floor(offset / PAGE);
    const page = this.page(index);
    return page !== null && this.#guide.needsHelp(page.frame, offset - index * PAGE);
  }

  beginsLoop(offset: number): boolean {
    const index = Math.floor(offset / PAGE);
    const page = this.page(index);
    return page !== null && this.#guide.beginsLoop(page.frame, offset - index * PAGE);
  }

  observed(offset: number): number | undefined {
    const index = Math.floor(offset / PAGE);
    const page = this.page(index);
    const target = page === null ? undefined : this.#guide.observed(page.frame, offset - index * PAGE);
    return target === undefined ? undefined : target + index * PAGE;
  }

  leaders(index: number): readonly number[] {
    let leaders = this.#leaders.get(index);
    if (!leaders) {
      const page = this.page(index);
      const first = index * PAGE;
      leaders = page ? this.#host.code.leaders(page.frame, this.#modeKey).map((at) => first + at) : [];
      this.#leaders.set(index, leaders);
    }
    return leaders;
  }
  runs(offset: number): number {
    const index = Math.floor(offset / PAGE);
    const page = this.page(index);
    return page ? this.#host.code.runs(page.frame, offset - index * PAGE, this.#modeKey) : 0;
  }
}
