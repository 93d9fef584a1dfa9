// CodeCache: guest code decoded into descriptors (block-writer.ts), found by page of memory 1, offset and mode. What is
// called physical here is a place in memory 1, which for RAM is the physical address.
//
// A block is a straight run of instructions: it goes on past conditional branches (not taken) and
// ends at an unconditional one, at the end of its page, or after MAXIMUM_BLOCK instructions, where a
// `goto` descriptor continues. An instruction that lies across two pages is a block of its own, valid
// only while the second page is where it was.
//
// When bytes of a page change that were decoded, all blocks of the page are dropped (decision D7):
// their descriptors become `stop` (block-handlers.ts), so that even the running block leaves before its next instruction.
// Of a page that changes in a few places again and again, only the blocks that hold those go: GRUB writes the registers of each
// BIOS call into its code. That is not done at once, since what was decoded may be a former use of the page, and nothing else would end it.
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { decode, MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
import type { DecodedInstruction, Form } from '../../x86/decode/instruction.ts';
import { type Mode, modeFromKey } from '../../x86/decode/mode.ts';
import { GP, GuestFault } from '../../x86/exceptions/fault.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { BlockHandlers } from './block-handlers.ts';
import { BlockWriter } from './block-writer.ts';
import { CodePage, type Extent } from './code-page.ts';
import { MAXIMUM_BLOCK } from './descriptor.ts';
import type { HandlerTable } from './handlers.ts';

/** More bytes at once are no patch, but a new use of a page. */
const LONGEST_PATCH = 256;
/** From so many patches of a page on its other blocks stay. */
const PATCHES = 4;
/** So many in turn, though nothing was decoded meanwhile, and the page is taken to be filled with something else. */
const MOST_IN_TURN = 8;

interface CrossingBlock {
  readonly descriptor: number;
  readonly firstPage: number;
  readonly secondPage: number;
  /** Of its one instruction, in bytes. */
  readonly length: number;
}

/** Page number of a place in memory 1, a small integer; what lies nowhere has numbers of up to 43 bits (GuestMemory.place). */
const pageOf = (physical: number) =>
  physical < 2 ** 42 ? (physical / 4096) | 0 : Math.floor(physical / 4096);
/** Bytes of an instruction that begins here may lie on the next page. */
const mayCross = (physical: number) => (physical & 0xfff) > 4096 - MAXIMUM_LENGTH;
const crossingKey = (physical: number, modeKey: number) => physical * 1024 + modeKey;

/** #GP(0) for an instruction that goes over the end of CS. */
function checkLimit(length: number, limit: number): void {
  if (length > limit) throw new GuestFault(GP, 0);
}

/** What is read where there is no memory. */
const ONES = new Uint8Array(4096).fill(0xff);

/** Where a block that needs a second page gets it: the physical address of a linear one, raising #PF. */
export type SecondPage = () => number;

export class CodeCache {
  readonly #memory: GuestMemory;
  #handlers: HandlerTable;
  readonly #features: DecodeFeatures;
  readonly #pages = new Map<number, CodePage>();
  /** Page -> patches of its code until now, where there were any. */
  readonly #patches = new Map<number, number>();
  readonly #crossing = new Map<number, CrossingBlock>();
  /** The instructions of the block that is being decoded. */
  readonly #run: DecodedInstruction[] = [];
  readonly #writer: BlockWriter;
  /** What runs in place of a block's own handlers. */
  readonly blockHandlers: BlockHandlers;
  /**
   * Called when bytes of a page that were decoded or noted have changed (offsets, the last one included), and the blocks that held them
   * are gone. `noted`: some of them were noted. Answers whether nothing of the page need be noted any more.
   */
  onInvalidate: (page: number, first: number, last: number, noted: boolean) => boolean = () => true;
  /** Called when a page begins to hold code, and when all descriptors are about to be used again. */
  onProtect: (page: number) => void = () => {};
  onDrop: () => void = () => {};
  /** For tools: sees the bytes of every instruction that is decoded. */
  onDecoded: ((bytes: Uint8Array, mode: Mode) => void) | null = null;
  /** A translator's wish: blocks end after instructions of these forms, which it leaves to the interpreter, so that what follows can be its. */
  cutsAfter: ((form: Form) => boolean) | null = null;
  /** A translator's wish: runs of a block of this mode after which it is told (0: never), see HANDLER_COUNT. */
  runsUntilHot: ((mode: Mode) => number) | null = null;
  /** For --stats. */
  blocks = 0;
  instructions = 0;
  invalidations = 0;
  flushes = 0;

  constructor(state: CpuState, memory: GuestMemory, handlers: HandlerTable, features: DecodeFeatures) {
    this.#memory = memory;
    this.#handlers = handlers;
    this.#features = features;
    this.#writer = new BlockWriter(state, handlers);
    this.blockHandlers = new BlockHandlers(state, handlers);
    memory.onCodeWrite((page, first, last) => this.#written(page, first, last));
  }

  /** Whether the block of the last find() may be cached by linear address: the segment does not end near it. */
  cacheable = true;
  /** Whether it lies in one page besides: only such blocks may be linked and translated. */
  linkable = true;

  /**
   * The first descriptor of the block at a physical address, decoded now if need be.
   * `limit` is how many bytes from here the code segment holds (at least 1).
   */
  find(physical: number, modeKey: number, limit: number, second: SecondPage): number {
    const page = pageOf(physical);
    // Segments of different limits share their blocks, but not where a segment ends inside the page.
    const near = limit < 4096;
    const inPage = (physical & 0xfff) | (modeKey << 12);
    const key = near ? inPage + limit * 2 ** 22 : inPage;
    const found = this.#pages.get(page)?.blocks.get(key);
    if (found !== undefined) {
      this.cacheable = !near;
      this.linkable = !near;
      return found;
    }
    const crossing = mayCross(physical) ? this.#crossing.get(crossingKey(physical, modeKey)) : undefined;
    if (crossing) {
      checkLimit(4097 - (physical & 0xfff), limit);
      this.linkable = false;
      if (pageOf(second()) === crossing.secondPage) {
        // The second page was looked up for fetching: what forgets that renews the key of the cache.
        this.cacheable = limit >= 4096;
        checkLimit(crossing.length, limit);
        return crossing.descriptor;
      }
    }
    return this.#decode(physical, modeFromKey(modeKey), key, limit, second);
  }

  // ---- for a translator ----

  /** Bytes of a page (offsets, `end` excluded) are as good as decoded: a change is told (onInvalidate). */
  note(page: number, first: number, end: number): void {
    this.#page(page).note(first, end);
  }
  /** Offsets of the blocks of a page that were decoded for a mode, ascending. */
  leaders(page: number, modeKey: number): number[] {
    const offsets: number[] = [];
    for (const key of this.#pages.get(page)?.blocks.keys() ?? []) {
      if (key < 2 ** 22 && key >>> 12 === modeKey) offsets.push(key & 0xfff);
    }
    return offsets.sort((a, b) => a - b);
  }

  /** First descriptor of the block at an offset of a page that was decoded for a mode; undefined where there is none. */
  descriptorAt(page: number, offset: number, modeKey: number): number | undefined {
    return this.#pages.get(page)?.blocks.get(offset | (modeKey << 12));
  }
  /**
   * How often control arrived at a block of its own at an offset of a page, about: 0 where none was decoded for the mode,
   * at least 1 else. Runs in regions are not counted.
   */
  runs(page: number, offset: number, modeKey: number): number {
    const descriptor = this.descriptorAt(page, offset, modeKey);
    if (descriptor === undefined) return 0;
    const limit = this.runsUntilHot?.(modeFromKey(modeKey)) ?? 0;
    if (limit === 0) return 1;
    return this.blockHandlers.runs(descriptor, limit);
  }

  /** Goes on with another, empty table of handlers. */
  useHandlers(handlers: HandlerTable): void {
    this.#handlers = handlers;
    this.#writer.table = handlers;
    this.blockHandlers.table = handlers;
    this.flush();
  }

  /** Forgets everything. */
  flush(): void {
    for (const page of this.#pages.keys()) this.#memory.codePages[page] = 0;
    this.#pages.clear();
    this.#crossing.clear();
    this.#patches.clear();
    this.blockHandlers.forget();
    this.#writer.rewind();
    this.flushes++;
    this.onDrop();
  }

  #decode(physical: number, mode: Mode, key: number, limit: number, second: SecondPage): number {
    if (this.#writer.full) this.flush();
    const page = pageOf(physical);
    const start = physical & 0xfff;
    const { bytes, first } = this.#pageBytes(page);
    const handlers = this.#handlers;
    const run = this.#run;
    let count = 0;
    let at = start;
    let ends = false;
    let fresh = false;
    const last = Math.min(4096, start + limit);
    while (count < MAXIMUM_BLOCK && at < last) {
      const instruction = decode(bytes, 4096 - at, mode, this.#features, first + at);
      if (instruction === null) break;
      const { form, length } = instruction;
      this.onDecoded?.(bytes.subarray(first + at, first + Math.min(at + MAXIMUM_LENGTH, 4096)), mode);
      if (at + length > last) {
        if (count > 0) break;
        checkLimit(length, limit);
      }
      run[count++] = instruction;
      at += length;
      // Handlers are compiled a block at a time; whether a form ends the block is known from its meaning.
      const compiled = handlers.get(form);
      if (compiled === undefined) {
        fresh = true;
        ends = handlers.endsBlock(form);
        if (ends || this.cutsAfter?.(form)) break;
      } else {
        ends = compiled.endsBlock;
        compiled.cutsAfter ??= this.cutsAfter?.(form) ?? false;
        if (ends || compiled.cutsAfter) break;
      }
    }
    if (count === 0) return this.#decodeCrossing(physical, mode, limit, second);
    if (fresh) {
      handlers.compile(
        run.slice(0, count).map((instruction) => instruction.form),
        this.#features,
      );
    }
    const descriptor = this.#write(count, start, ends, mode, physical, -1, limit < 4096);
    this.#record(page, key, descriptor, start, at);
    this.cacheable = limit >= 4096;
    this.linkable = this.cacheable;
    if (this.cacheable) this.#count(descriptor, mode);
    return descriptor;
  }

  #count(descriptor: number, mode: Mode): void {
    const runs = this.runsUntilHot?.(mode) ?? 0;
    if (runs > 0) this.blockHandlers.countRuns(descriptor, runs);
  }
  /** Where the bytes of a page are, from index `first` on; ones where there is no memory. */
  #pageBytes(page: number): { bytes: Uint8Array; first: number } {
    if (page < this.#memory.pageCount) return { bytes: this.#memory.u8, first: page * 4096 };
    return { bytes: ONES, first: 0 };
  }

  #decodeCrossing(physical: number, mode: Mode, limit: number, second: SecondPage): number {
    const start = physical & 0xfff;
    const inPage = 4096 - start;
    checkLimit(inPage + 1, limit);
    const secondPage = pageOf(second());
    const bytes = new Uint8Array(MAXIMUM_LENGTH);
    const one = this.#pageBytes(pageOf(physical));
    bytes.set(one.bytes.subarray(one.first + start, one.first + 4096));
    const two = this.#pageBytes(secondPage);
    bytes.set(two.bytes.subarray(two.first, two.first + MAXIMUM_LENGTH - inPage), inPage);
    const instruction = decode(bytes, MAXIMUM_LENGTH, mode, this.#features);
    if (instruction === null) throw new Error('15 bytes did not make an instruction');
    const { length } = instruction;
    checkLimit(length, limit);
    this.#handlers.compile([instruction.form], this.#features);
    const endsBlock = this.#handlers.endsBlock(instruction.form);
    this.#run[0] = instruction;
    const descriptor = this.#write(1, start, endsBlock, mode, physical, secondPage, false);
    const firstPage = pageOf(physical);
    this.#crossing.set(crossingKey(physical, mode.key), { descriptor, firstPage, secondPage, length });
    this.#record(firstPage, -1, descriptor, start, 4096);
    this.#record(secondPage, -1, descriptor, 0, start + length - 4096);
    this.cacheable = limit >= 4096;
    this.linkable = false;
    return descriptor;
  }

  /** Writes the block of the first `count` instructions in #run: its first descriptor. */
  #write(
    count: number,
    start: number,
    ends: boolean,
    mode: Mode,
    place: number,
    secondPage: number,
    wraps: boolean,
  ): number {
    this.blocks++;
    this.instructions += count;
    return this.#writer.write(this.#run, count, start, ends, mode, place, secondPage, wraps);
  }

  /** Enters a block into its page (key -1: only for invalidation) with the bytes it was decoded from. */
  #record(page: number, key: number, descriptor: number, first: number, end: number): void {
    this.#page(page).add({ key, descriptor, next: this.#writer.next, first, end });
  }
  /** The record of a page, which holds code from now on. */
  #page(page: number): CodePage {
    let code = this.#pages.get(page);
    if (!code) {
      code = new CodePage();
      this.#pages.set(page, code);
      if (page < this.#memory.codePages.length) this.#memory.codePages[page] = 1;
      this.onProtect(page);
    }
    return code;
  }
  #written(page: number, first: number, last: number): void {
    const code = this.#pages.get(page);
    if (!code) return;
    const noted = code.isNoted(first, last);
    if (!noted && !code.isDecoded(first, last)) return;
    this.invalidations++;
    // Jump cache entries for what is gone find a `stop` and lead back to find().
    if (this.#isPatched(page, code, last + 1 - first)) {
      this.#stop(code.drop(first, last));
      const allNotes = this.onInvalidate(page, first, last, noted);
      code.forgetNotes(allNotes ? 0 : first, allNotes ? 4096 : last + 1);
      if (!code.isEmpty) return;
    } else {
      this.#stop(code.drop(0, 4095));
      this.onInvalidate(page, 0, 4095, true);
    }
    this.#pages.delete(page);
    this.#memory.codePages[page] = 0;
  }
  /** Whether the change of so many bytes is one of many small ones. */
  #isPatched(page: number, code: CodePage, bytes: number): boolean {
    if (bytes > LONGEST_PATCH || ++code.changes > MOST_IN_TURN) {
      this.#patches.delete(page);
      return false;
    }
    const patches = (this.#patches.get(page) ?? 0) + 1;
    this.#patches.set(page, patches);
    return patches >= PATCHES;
  }
  #stop(dropped: readonly Extent[]): void {
    for (const { descriptor, next, key } of dropped) {
      this.blockHandlers.stop(descriptor, next);
      if (key === -1) this.#dropCrossing(descriptor);
    }
  }
  #dropCrossing(descriptor: number): void {
    for (const [key, crossing] of this.#crossing) {
      if (crossing.descriptor === descriptor) this.#crossing.delete(key);
    }
  }
}
