// CodeCache: guest code decoded into descriptors, found by page of memory 1, offset and mode. What is called
// physical here is a place in memory 1, which for RAM is the physical address.
//
// A block is a straight run of instructions: it goes on past conditional branches (not taken) and
// ends at an unconditional one, at the end of its page, or after MAXIMUM_BLOCK instructions, where a
// `goto` descriptor continues. An instruction that lies across two pages is a block of its own, valid
// only while the second page is where it was.
//
// When bytes of a page change that were decoded, all blocks of the page are dropped (decision D7):
// their descriptors become `stop`, so that even the running block leaves before its next instruction.
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { DecodeFeatures } from '../../x86/cpuid/feature-names.ts';
import { decode, MAXIMUM_LENGTH } from '../../x86/decode/decode.ts';
import type { DecodedInstruction, Form } from '../../x86/decode/instruction.ts';
import { type Mode, modeFromKey } from '../../x86/decode/mode.ts';
import { GP, GuestFault } from '../../x86/exceptions/fault.ts';
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { HANDLER_COUNT, HANDLER_GOTO_FLAT, HANDLER_GOTO_SEGMENTED, HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { type HandlerTable, TABLE_SIZE } from './handlers.ts';
import { FIRST_BLOCK } from './jump-cache.ts';

interface CodePage {
  /** (offset in page | mode key << 12, and 2^22 times the bytes to the segment's end where that is near) -> first descriptor. */
  readonly blocks: Map<number, number>;
  /** Descriptor ranges: start, end, start, end... */
  readonly ranges: number[];
  /** One bit per 64 bytes that were decoded: low and high 32 chunks. */
  chunksLow: number;
  chunksHigh: number;
}

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

function isMarked(code: CodePage, chunk: number): boolean {
  return (chunk < 32 ? code.chunksLow & (1 << chunk) : code.chunksHigh & (1 << (chunk - 32))) !== 0;
}

/** Samples after which a block is hot, and how many hot blocks are compiled together. */
const HOT_SAMPLES = 3;
const HOT_BATCH = 8;
/** Samples of a hot block after which it waits no longer for others. */
const HOT_PATIENCE = 30;

/** What is read where there is no memory. */
const ONES = new Uint8Array(4096).fill(0xff);

/** Where a block that needs a second page gets it: the physical address of a linear one, raising #PF. */
export type SecondPage = () => number;

export class CodeCache {
  readonly #state: CpuState;
  readonly #memory: GuestMemory;
  #handlers: HandlerTable;
  readonly #features: DecodeFeatures;
  readonly #pages = new Map<number, CodePage>();
  readonly #crossing = new Map<number, CrossingBlock>();
  readonly #end: number;
  #next = FIRST_BLOCK;
  /** The instructions of the block that is being decoded. */
  readonly #run: DecodedInstruction[] = [];
  readonly #samples = new Map<number, number>();
  #hot: number[] = [];
  /** Descriptor of a block that was reported as hot -> runs until then. */
  readonly #reported = new Map<number, number>();
  /** Leader of a group -> handler of its instruction alone. */
  readonly #plain = new Map<number, number>();
  /** Called when code of a page has changed and its blocks are gone. */
  onInvalidate: (page: number) => void = () => {};
  /** Called when a region takes the place of the block at a descriptor, and with slot 0 when it has left it. */
  onSlot: (descriptor: number, slot: number) => void = () => {};
  /** Called when a block gets its own handler back in place of a slot, but its descriptor did not hold the slot. */
  onUninstall: (descriptor: number, slot: number, handler: number) => void = () => {};
  /** Called when a page begins to hold code, and when all descriptors are about to be used again. */
  onProtect: (page: number) => void = () => {};
  onDrop: () => void = () => {};
  /** Called when the descriptors of a range have become `stop` for good: nobody may give them handlers again. */
  onStale: (start: number, end: number) => void = () => {};
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
    this.#state = state;
    this.#memory = memory;
    this.#handlers = handlers;
    this.#features = features;
    this.#end = state.buffer.byteLength;
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

  // ---- translated blocks ----

  /** A block is run by the function at a table slot from now on, instead of by its handlers. */
  install(descriptor: number, slot: number): void {
    if (!this.#plain.has(descriptor)) this.#plain.set(descriptor, this.plainHandler(descriptor));
    this.#state.u32[descriptor >> 2] = slot;
    this.onSlot(descriptor, slot);
  }
  /** Takes that back. A descriptor that was used for other code since is left alone. */
  uninstall(descriptor: number, slot: number): void {
    const { u32 } = this.#state;
    const plain = this.#plain.get(descriptor);
    const now = u32[descriptor >> 2]!;
    if (plain === undefined || (now !== slot && now >= TABLE_SIZE)) return;
    this.#plain.delete(descriptor);
    this.onSlot(descriptor, 0);
    if (now === slot) u32[descriptor >> 2] = plain;
    // Else a stop is there for the moment.
    else this.onUninstall(descriptor, slot, plain);
  }
  /** Bytes of a page (offsets, `end` excluded) are as good as decoded: a change invalidates the page. */
  note(page: number, first: number, end: number): void {
    this.#mark(this.#page(page), first, end);
  }
  /** Whether offsets of a page (`end` excluded) are marked as decoded, every 64 bytes of them. */
  noted(page: number, first: number, end: number): boolean {
    const code = this.#pages.get(page);
    if (!code) return false;
    for (let chunk = first >> 6; chunk <= (end - 1) >> 6; chunk++) {
      if (!isMarked(code, chunk)) return false;
    }
    return true;
  }
  /** Offsets of the blocks of a page that were decoded for a mode, ascending. */
  leaders(page: number, modeKey: number): number[] {
    const offsets: number[] = [];
    for (const key of this.#pages.get(page)?.blocks.keys() ?? []) {
      if (key < 2 ** 22 && key >>> 12 === modeKey) offsets.push(key & 0xfff);
    }
    return offsets.sort((a, b) => a - b);
  }

  /**
   * How often control arrived at a block of its own at an offset of a page, about: 0 where none was decoded for the mode,
   * at least 1 else. Runs in regions are not counted.
   */
  runs(page: number, offset: number, modeKey: number): number {
    const descriptor = this.#pages.get(page)?.blocks.get(offset | (modeKey << 12));
    if (descriptor === undefined) return 0;
    const limit = this.runsUntilHot?.(modeFromKey(modeKey)) ?? 0;
    if (limit === 0) return 1;
    const reported = this.#reported.get(descriptor);
    if (reported !== undefined) return reported;
    return 1 + Math.min(limit, Math.max(0, limit - this.#state.i32[(descriptor - D.H_RUNS_LEFT) >> 2]!));
  }

  // ---- hot blocks ----

  /**
   * A sample found the block at this descriptor running. After some samples its instructions are put
   * into handlers that execute several of them (superinstructions), HOT_BATCH blocks to a module, or fewer when one of
   * them has waited long.
   */
  sample(descriptor: number): void {
    const count = (this.#samples.get(descriptor) ?? 0) + 1;
    this.#samples.set(descriptor, count);
    if (this.#handlers.crowded) return;
    if (count === HOT_SAMPLES) this.#hot.push(descriptor);
    const due = count === HOT_SAMPLES ? this.#hot.length >= HOT_BATCH : count === HOT_PATIENCE;
    if (due) this.#groupHotBlocks();
  }
  #groupHotBlocks(): void {
    const leaders: number[] = [];
    const sequences: Form[][] = [];
    for (const descriptor of this.#hot) {
      for (const [leader, forms] of this.#partition(descriptor)) {
        leaders.push(leader);
        sequences.push(forms);
      }
    }
    this.#hot = [];
    const { u32 } = this.#state;
    this.#handlers.groups(sequences).forEach((handler, i) => {
      const at = (leaders[i]! + D.D_HANDLER) >> 2;
      this.#plain.set(leaders[i]!, u32[at]!);
      u32[at] = handler;
    });
  }
  /** Cuts a block into groups of at least two instructions. */
  *#partition(descriptor: number): Generator<[number, Form[]]> {
    const { u32 } = this.#state;
    let group: Form[] = [];
    let leader = descriptor;
    for (let at = descriptor; ; at += D.DESCRIPTOR_SIZE) {
      const form = this.#handlers.formOf(u32[(at + D.D_HANDLER) >> 2]!);
      if (form) group.push(form);
      const more = form !== undefined && this.#handlers.mayBeFollowed(form);
      if (!more || group.length === D.MAXIMUM_GROUP) {
        if (group.length > 1) yield [leader, group];
        group = [];
        leader = at + D.DESCRIPTOR_SIZE;
      }
      if (form === undefined || this.#handlers.endsBlock(form)) return;
    }
  }
  /** The handler of the one instruction at a descriptor, also where it leads a group. */
  plainHandler(descriptor: number): number {
    const { u32 } = this.#state;
    const handler = u32[(descriptor + D.D_HANDLER) >> 2]!;
    if (handler === HANDLER_COUNT) return u32[(descriptor - D.H_HANDLER) >> 2]!;
    return this.#plain.get(descriptor) ?? handler;
  }

  /** Goes on with another, empty table of handlers. */
  useHandlers(handlers: HandlerTable): void {
    this.#handlers = handlers;
    this.flush();
  }

  /** Forgets everything. */
  flush(): void {
    for (const page of this.#pages.keys()) this.#memory.codePages[page] = 0;
    this.#pages.clear();
    this.#crossing.clear();
    this.#samples.clear();
    this.#reported.clear();
    this.#plain.clear();
    this.#hot = [];
    this.#next = FIRST_BLOCK;
    this.flushes++;
    this.onDrop();
  }

  #decode(physical: number, mode: Mode, key: number, limit: number, second: SecondPage): number {
    if (this.#next + D.BLOCK_ALIGNMENT + (D.MAXIMUM_BLOCK + 2) * D.DESCRIPTOR_SIZE > this.#end) this.flush();
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
    while (count < D.MAXIMUM_BLOCK && at < last) {
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
    const descriptor = this.#emit(count, start, ends, mode);
    this.#record(page, key, descriptor, start, at);
    this.cacheable = limit >= 4096;
    this.linkable = this.cacheable;
    if (this.cacheable) this.#count(descriptor, mode);
    return descriptor;
  }

  // ---- counting the runs of blocks ----

  #count(descriptor: number, mode: Mode): void {
    const runs = this.runsUntilHot?.(mode) ?? 0;
    if (runs > 0) this.countRuns(descriptor, runs);
  }
  /** A block that was reported as hot is asked about again after so many more runs. */
  countOn(descriptor: number, runs: number): void {
    this.#reported.set(descriptor, (this.#reported.get(descriptor) ?? 0) + runs);
    this.countRuns(descriptor, runs);
  }
  /** The block is reported (EXIT_HOT) after so many more runs, unless a region takes its place. */
  countRuns(descriptor: number, runs: number): void {
    const { u32 } = this.#state;
    const handler = u32[descriptor >> 2]!;
    if (handler >= TABLE_SIZE || handler === HANDLER_STOP) return;
    u32[(descriptor - D.H_RUNS_LEFT) >> 2] = runs;
    if (handler === HANDLER_COUNT) return;
    u32[(descriptor - D.H_HANDLER) >> 2] = handler;
    u32[descriptor >> 2] = HANDLER_COUNT;
  }
  /** Nobody wants to know any more. */
  stopCounting(descriptor: number): void {
    const { u32 } = this.#state;
    if (u32[descriptor >> 2] !== HANDLER_COUNT) return;
    u32[descriptor >> 2] = this.plainHandler(descriptor);
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
    const descriptor = this.#emit(1, start, endsBlock, mode);
    const firstPage = pageOf(physical);
    this.#crossing.set(crossingKey(physical, mode.key), { descriptor, firstPage, secondPage, length });
    this.#record(firstPage, -1, descriptor, start, 4096);
    this.#record(secondPage, -1, descriptor, 0, start + length - 4096);
    this.cacheable = limit >= 4096;
    this.linkable = false;
    return descriptor;
  }

  /** Writes the descriptors of the first `count` instructions in #run. */
  #emit(count: number, start: number, ends: boolean, mode: Mode): number {
    const free = (this.#next + D.BLOCK_ALIGNMENT - 1) & -D.BLOCK_ALIGNMENT;
    const descriptor = free + D.HEADER_SIZE;
    const run = this.#run;
    let end = descriptor;
    let at = start;
    for (let order = 0; order < count; order++) {
      const instruction = run[order]!;
      this.#writeDescriptor(end, instruction, at, order);
      at += instruction.length;
      end += D.DESCRIPTOR_SIZE;
    }
    if (!ends) {
      this.#writeGoto(end, at, count, mode);
      end += D.DESCRIPTOR_SIZE;
    }
    this.#next = end;
    this.blocks++;
    this.instructions += count;
    return descriptor;
  }

  /** Neighbouring fields are written together. */
  #writeDescriptor(at: number, i: DecodedInstruction, start: number, order: number): void {
    const { u32, i32, u16 } = this.#state;
    const compiled = this.#handlers.get(i.form)!;
    const { places } = compiled;
    u32[(at + D.D_HANDLER) >> 2] = compiled.handler;
    const scale = places.scale ? i.scale << D.SCALE_SHIFT : 0;
    u32[(at + D.D_START) >> 2] = start | (i.length << 16) | ((order | scale) << 24);
    u32[(at + D.D_R0) >> 2] = i.r0 | (i.r1 << 16);
    u32[(at + D.D_BASE) >> 2] = i.base | (i.index << 16);
    if (places.branches) {
      const target = start + i.length + i.immLow;
      u32[(at + D.D_LINK) >> 2] = 0;
      i32[(at + D.D_TARGET) >> 2] = target;
      i32[(at + D.D_TARGET + 4) >> 2] = target < 0 ? -1 : 0;
      return;
    }
    i32[(at + D.D_IMMEDIATE) >> 2] = places.r2 ? i.r2 : i.immLow;
    i32[(at + D.D_DISPLACEMENT) >> 2] = places.displacement ? i.disp : i.immHigh;
    if (places.segment !== 0) u16[(at + places.segment) >> 1] = i.seg;
    if (places.immediate2) u16[(at + D.D_IMMEDIATE2) >> 1] = i.imm2;
  }
  #writeGoto(at: number, next: number, order: number, mode: Mode): void {
    const { u32 } = this.#state;
    u32[(at + D.D_HANDLER) >> 2] = mode.flatCs ? HANDLER_GOTO_FLAT : HANDLER_GOTO_SEGMENTED;
    u32[(at + D.D_START) >> 2] = next | (order << 24);
    u32[(at + D.D_LINK) >> 2] = 0;
    u32[(at + D.D_TARGET) >> 2] = next;
    u32[(at + D.D_TARGET + 4) >> 2] = 0;
  }

  /** Enters a block into its page (key -1: only for invalidation) and marks the bytes it was decoded from. */
  #record(page: number, key: number, descriptor: number, first: number, end: number): void {
    const code = this.#page(page);
    if (key !== -1) code.blocks.set(key, descriptor);
    code.ranges.push(descriptor, this.#next);
    this.#mark(code, first, end);
  }
  /** The record of a page, which holds code from now on. */
  #page(page: number): CodePage {
    let code = this.#pages.get(page);
    if (!code) {
      code = { blocks: new Map(), ranges: [], chunksLow: 0, chunksHigh: 0 };
      this.#pages.set(page, code);
      if (page < this.#memory.codePages.length) this.#memory.codePages[page] = 1;
      this.onProtect(page);
    }
    return code;
  }
  #mark(code: CodePage, first: number, end: number): void {
    for (let chunk = first >> 6; chunk <= (end - 1) >> 6; chunk++) {
      if (chunk < 32) code.chunksLow |= 1 << chunk;
      else code.chunksHigh |= 1 << (chunk - 32);
    }
  }

  #written(page: number, first: number, last: number): void {
    const code = this.#pages.get(page);
    if (!code) return;
    let hit = false;
    for (let chunk = first >> 6; chunk <= last >> 6; chunk++) {
      if (isMarked(code, chunk)) hit = true;
    }
    if (!hit) return;
    this.invalidations++;
    this.#pages.delete(page);
    this.#memory.codePages[page] = 0;
    const { u32 } = this.#state;
    for (let i = 0; i < code.ranges.length; i += 2) {
      for (let at = code.ranges[i]!; at < code.ranges[i + 1]!; at += D.DESCRIPTOR_SIZE) {
        const handler = u32[(at + D.D_HANDLER) >> 2]!;
        u32[(at + D.D_HANDLER) >> 2] = HANDLER_STOP;
        // Only these can stand for others, or have been sampled.
        if (handler < TABLE_SIZE && handler !== HANDLER_STOP && !this.#handlers.isGroup(handler)) continue;
        this.#plain.delete(at);
        if (handler >= TABLE_SIZE) this.onSlot(at, 0);
      }
      this.#samples.delete(code.ranges[i]!);
      this.#reported.delete(code.ranges[i]!);
      this.onStale(code.ranges[i]!, code.ranges[i + 1]!);
    }
    for (const [key, crossing] of this.#crossing) {
      if (crossing.firstPage === page || crossing.secondPage === page) this.#crossing.delete(key);
    }
    // Jump cache entries for these blocks find a `stop` and lead back to find().
    this.onInvalidate(page);
  }
}
