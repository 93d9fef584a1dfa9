// GuestMemory: the guest-physical address space of one machine.
//
//   0 ............ RAM, as one WebAssembly memory (memory 1 of every engine; offset = address)
//   anywhere ..... plain memory and ROMs (behind RAM in the same memory), device regions, or nothing
//
//   memory 1:   RAM | guard, 64 KiB | plain memory: video memory, ROMs | guard, 64 KiB | marks of pages
//
// The marks lie there for engines' generated code (PageMarks).
//
// Engines read and write pages of memory 1 directly and come here for everything else. They know such a page by its place
// in memory 1, wherever and however often the guest sees it: a page that holds decoded code is marked there, and a write
// to such a page must go through here (or tell `codeWritten`), so that the engines forget what they decoded (decision D7).
import type { GuestPhysical } from '../base/addresses.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../base/addresses.ts';
import { DoppelError } from '../base/errors.ts';
import { type AccessWidth, pieceWidth } from '../base/guest-bus.ts';
import type { PhysicalMemory } from '../x86/paging/physical-memory.ts';
import {
  hasDevice,
  isReadable,
  isWritable,
  MAPPED_PAGES,
  MemoryMap,
  PAGE_DEVICE,
  PAGE_FLASH,
  PAGE_PLAIN,
  PAGE_RAM,
  PAGE_ROM,
  PAGE_SHADOWED,
  PAGE_UNMAPPED,
} from './memory-map.ts';
import { isPlainMemory, type MemoryTarget, type PlainMemory } from './plain-memory.ts';
import type { Region, Unmap } from './region.ts';

/** Called when the guest or a device writes to bytes of a page of memory 1 that is marked as code. */
export type CodeWriteListener = (page: number, firstByte: number, lastByte: number) => void;
/** Called when writes to pages of memory 1 (`end` excluded) must be seen again: no TLB may let them pass unmarked. */
export type TrackListener = (firstPage: number, end: number) => void;

/** RAM ends below the PCI hole: 3 GiB. */
export const MAXIMUM_RAM = 3 * 2 ** 30;
const WASM_PAGE = 65536;
/** Added to a physical address that memory 1 holds nothing for: beyond every place in memory 1. */
const NOWHERE = 2 ** 42;
/** Copied one by one. */
const FEW_BYTES = 64;

/** What becomes of writes to plain memory: they change it, vanish, or go to the RAM at the same address. */
export type WritesTo = 'memory' | 'nowhere' | 'ram';

/** Where in memory 1 lies what is known of pages: tables of a byte for each. */
export interface PageMarks {
  /** Of each of the MAPPED_PAGES guest-physical pages, PAGE_*. */
  readonly kinds: number;
  /** GuestMemory.codePages and dirtyPages. */
  readonly code: number;
  readonly dirty: number;
}

interface Allocation {
  readonly start: number;
  readonly end: number;
}

export class GuestMemory implements PhysicalMemory {
  /** Memory 1. The guards soak up accesses that straddle an end. */
  readonly memory: WebAssembly.Memory;
  /** RAM size in bytes, a multiple of the page size. */
  readonly size: number;
  /** Pages of memory 1 that a page of the guest's can be. */
  readonly pageCount: number;
  /** One byte a page of memory 1: 1 where decoded code lives. */
  readonly codePages: Uint8Array;
  /** One byte a page of memory 1: 1 where it was written since somebody put a 0 there (and had the TLBs track writes). */
  readonly dirtyPages: Uint8Array;
  readonly marks: PageMarks;
  u8: Uint8Array;
  view: DataView;
  readonly #map: MemoryMap<Region>;
  readonly #kinds: Uint8Array;
  readonly #moves: Int32Array;
  readonly #allocations = new Map<PlainMemory, Allocation>();
  #nextFree: number;
  #codeWriteListeners: CodeWriteListener[] = [];
  #trackListeners: TrackListener[] = [];
  #mapListeners: (() => void)[] = [];
  /** Pages of plain memory that were marked when trackWrites() took the marks away. */
  readonly #writtenBefore: number[] = [];

  /**
   * @param size RAM in bytes; a multiple of 64 KiB, at least 1 MiB and at most 3 GiB.
   * @param plain bytes that allocate() can hand out, rounded up to 64 KiB.
   */
  constructor(size: number, plain = 0) {
    if (!Number.isSafeInteger(size) || size < 1 << 20 || size > MAXIMUM_RAM || size % WASM_PAGE !== 0) {
      throw new DoppelError(
        `A memory of ${size} bytes cannot be had: give a size between 1 MiB and 3 GiB, in whole 64 KiB.`,
      );
    }
    this.size = size;
    const plainPages = Math.ceil(plain / WASM_PAGE);
    const markedPages = size / WASM_PAGE + 1 + (plainPages > 0 ? plainPages + 1 : 0);
    this.pageCount = (markedPages - 1) * (WASM_PAGE / PAGE_SIZE);
    const ofPages = this.pageCount + 16;
    const kinds = markedPages * WASM_PAGE;
    this.marks = { kinds, code: kinds + MAPPED_PAGES, dirty: kinds + MAPPED_PAGES + ofPages };
    const pages = Math.ceil((this.marks.dirty + ofPages) / WASM_PAGE);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      throw new DoppelError(
        `The host refuses ${Math.round(size / 2 ** 20)} MiB for the guest's memory; try a smaller --memory.`,
        { cause },
      );
    }
    this.u8 = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.#nextFree = size + WASM_PAGE;
    this.codePages = this.u8.subarray(this.marks.code, this.marks.code + ofPages);
    this.dirtyPages = this.u8.subarray(this.marks.dirty, this.marks.dirty + ofPages);
    this.#map = new MemoryMap(size / PAGE_SIZE, this.u8.subarray(kinds, kinds + MAPPED_PAGES));
    this.#map.onChange = () => {
      for (const listener of this.#mapListeners) listener();
    };
    this.#kinds = this.#map.kinds;
    this.#moves = this.#map.moves;
  }

  /** RAM as bytes, without what lies behind it. */
  get ram(): Uint8Array {
    return this.u8.subarray(0, this.size);
  }

  /** All of RAM becomes zero; pages that are zero already are not touched, so that the host need not back them. */
  clear(): void {
    const words = new Int32Array(this.memory.buffer, 0, this.size / 4);
    for (let page = 0; page < words.length; page += PAGE_SIZE / 4) {
      let word = page;
      while (word < page + PAGE_SIZE / 4 && words[word] === 0) word++;
      if (word < page + PAGE_SIZE / 4) words.fill(0, word, page + PAGE_SIZE / 4);
    }
  }

  /**
   * A piece of what the constructor was told to have ready: `size` zero bytes, whole pages. Not mapped anywhere yet.
   */
  allocate(name: string, size: number, kind: 'memory' | 'rom' = 'memory'): PlainMemory {
    const start = this.#nextFree;
    const end = start + size;
    if (size % PAGE_SIZE !== 0 || end > this.pageCount * PAGE_SIZE) {
      throw new Error(`there are no ${size} bytes for ${name}`);
    }
    this.#nextFree = end;
    const plain: PlainMemory = {
      name,
      writable: kind === 'memory',
      bytes: this.u8.subarray(start, end),
      written: (offset, count) => this.#willBeWritten(start + offset, count),
      takeWritten: (pages) => this.#takeWritten(start / PAGE_SIZE, end / PAGE_SIZE, pages),
    };
    this.#allocations.set(plain, { start, end });
    return plain;
  }
  #allocation(plain: PlainMemory): Allocation {
    const allocation = this.#allocations.get(plain);
    if (!allocation) throw new Error(`${plain.name} belongs to another memory`);
    return allocation;
  }

  // ---- the map: page-granular ----

  /** A range reads as ones, writes vanish, whatever RAM there is. */
  unmap(start: GuestPhysical, size: number): void {
    this.#map.set({ ...pagesOf(start, size), kind: PAGE_UNMAPPED, first: 0 });
  }
  /** A range is RAM, perhaps read-only. */
  mapRam(start: GuestPhysical, size: number, writes: 'memory' | 'nowhere'): void {
    if (start + size > this.size) throw new Error('there is no RAM there');
    const pages = pagesOf(start, size);
    this.#map.set({ ...pages, kind: writes === 'memory' ? PAGE_RAM : PAGE_ROM, first: pages.start });
  }
  /** Makes a range of RAM read-only. */
  protect(start: GuestPhysical, size: number): void {
    this.mapRam(start, size, 'nowhere');
  }
  /** A range shows plain memory from `offset`. */
  mapPlain(start: GuestPhysical, size: number, plain: PlainMemory, offset: number, writes: WritesTo): void {
    if (offset + size > plain.bytes.length) throw new Error(`${plain.name} is smaller`);
    if (writes === 'ram' && start + size > this.size) throw new Error('there is no RAM to write to');
    const first = pagesOf(this.#allocation(plain).start + offset, 0).start;
    const kind = writes === 'memory' ? PAGE_PLAIN : writes === 'ram' ? PAGE_SHADOWED : PAGE_ROM;
    this.#map.set({ ...pagesOf(start, size), kind, first });
  }
  /** Maps a device. It may not overlap another. */
  map(start: GuestPhysical, size: number, region: Region): void {
    this.#map.set({ ...this.#freePages(start, size, region), kind: PAGE_DEVICE, first: 0, target: region });
  }
  /** A range shows plain memory, all of it; what is written there is told to a device. It may not overlap another. */
  mapFlash(start: GuestPhysical, plain: PlainMemory, writes: Region): void {
    const pages = this.#freePages(start, plain.bytes.length, writes);
    const first = this.#allocation(plain).start / PAGE_SIZE;
    this.#map.set({ ...pages, kind: PAGE_FLASH, first, target: writes });
  }
  #freePages(start: GuestPhysical, size: number, region: Region) {
    const pages = pagesOf(start, size);
    for (let page = pages.start; page < pages.end; page++) {
      const other = this.#map.deviceAt(page);
      if (other && other.target !== region) throw new Error(`${region.name} overlaps ${other.target!.name}`);
    }
    return pages;
  }
  /**
   * Maps what the guest has placed (a PCI BAR), until that is taken back: in those pages of the range that are nothing
   * else, the range that was placed first before later ones.
   */
  overlay(start: GuestPhysical, size: number, target: MemoryTarget): Unmap {
    const pages = pagesOf(start, size);
    if (!isPlainMemory(target)) return this.#map.overlay({ ...pages, kind: PAGE_DEVICE, first: 0, target });
    const first = this.#allocation(target).start / PAGE_SIZE;
    const end = Math.min(pages.end, pages.start + target.bytes.length / PAGE_SIZE);
    const kind = target.writable ? PAGE_PLAIN : PAGE_ROM;
    return this.#map.overlay({ start: pages.start, end, kind, first });
  }
  /** Whether address line 20 counts (it does at first); while not, odd MiB show the even ones before them. */
  get a20(): boolean {
    return this.#map.a20;
  }
  set a20(open: boolean) {
    this.#map.a20 = open;
  }
  /** Called after the map of bytes has changed: translations to places in memory 1 are out of date. */
  onMapChange(listener: () => void): void {
    this.#mapListeners.push(listener);
  }

  /** PAGE_* of the page at a physical address. */
  kind(address: GuestPhysical): number {
    return address < MAPPED_PAGES * PAGE_SIZE ? this.#kinds[address >>> PAGE_SHIFT]! : PAGE_UNMAPPED;
  }
  /**
   * Offset in memory 1 of the byte that a read of an address gives. Where there is no memory, a number that is no
   * offset and that no other address has.
   */
  place(address: GuestPhysical): number {
    const kind = this.kind(address);
    if (kind === PAGE_RAM) return address;
    return isReadable(kind) ? this.#moved(address) : NOWHERE + address;
  }
  #moved(address: number): number {
    return address + this.#moves[address >>> PAGE_SHIFT]! * PAGE_SIZE;
  }

  // ---- devices (GuestBus) ----

  mmioRead(address: GuestPhysical, width: AccessWidth): number {
    const ones = 0xffffffff >>> (32 - 8 * width);
    if (this.kind(address) !== PAGE_DEVICE) return ones;
    const at = this.#moved(address);
    const range = this.#map.deviceAt(at >>> PAGE_SHIFT);
    return range ? range.target!.read(at - range.start * PAGE_SIZE, width) >>> 0 : ones;
  }
  mmioWrite(address: GuestPhysical, width: AccessWidth, value: number): void {
    const kind = this.kind(address);
    if (!hasDevice(kind)) return;
    const at = kind === PAGE_DEVICE ? this.#moved(address) : address;
    const range = this.#map.deviceAt(at >>> PAGE_SHIFT);
    if (range) range.target!.write(at - range.start * PAGE_SIZE, width, value >>> 0);
  }

  // ---- PhysicalMemory: any kind of page, accesses inside one page ----

  read8(address: GuestPhysical): number {
    const at = this.place(address);
    return at < NOWHERE ? this.u8[at]! : this.mmioRead(address, 1);
  }
  read16(address: GuestPhysical): number {
    const at = this.place(address);
    return at < NOWHERE ? this.view.getUint16(at, true) : this.#readPieces(address, 2);
  }
  read32(address: GuestPhysical): number {
    const at = this.place(address);
    return at < NOWHERE ? this.view.getUint32(at, true) : this.#readPieces(address, 4);
  }
  /** Devices see aligned accesses only. */
  #readPieces(address: GuestPhysical, bytes: number): number {
    let value = 0;
    for (let done = 0; done < bytes; ) {
      const width = pieceWidth(address + done, bytes - done);
      value |= this.mmioRead(address + done, width) << (8 * done);
      done += width;
    }
    return value >>> 0;
  }
  #writePieces(address: GuestPhysical, bytes: number, value: number): void {
    for (let done = 0; done < bytes; ) {
      const width = pieceWidth(address + done, bytes - done);
      this.mmioWrite(address + done, width, (value >>> (8 * done)) & (0xffffffff >>> (32 - 8 * width)));
      done += width;
    }
  }
  /**
   * Offset in memory 1 where `bytes` bytes from an address are about to be written: marks the page, tells the engines of
   * code. -1 where the write goes elsewhere or nowhere.
   */
  writeTo(address: GuestPhysical, bytes: number): number {
    const kind = this.kind(address);
    // What is shadowed lies in the RAM of the same address, but behind a closed A20 gate that is another's.
    const at =
      kind === PAGE_RAM ? address : kind === PAGE_SHADOWED ? this.#shadow(address) : this.#moved(address);
    if (!isWritable(kind) && kind !== PAGE_SHADOWED) return -1;
    this.touched(at, bytes);
    return at;
  }
  #shadow(address: number): number {
    return this.a20 ? address : (address & ~0x10_0000) >>> 0;
  }
  write8(address: GuestPhysical, value: number): void {
    const at = this.writeTo(address, 1);
    if (at >= 0) this.u8[at] = value;
    else this.mmioWrite(address, 1, value & 0xff);
  }
  write16(address: GuestPhysical, value: number): void {
    const at = this.writeTo(address, 2);
    if (at >= 0) this.view.setUint16(at, value, true);
    else this.#writePieces(address, 2, value);
  }
  write32(address: GuestPhysical, value: number): void {
    const at = this.writeTo(address, 4);
    if (at >= 0) this.view.setUint32(at, value, true);
    else this.#writePieces(address, 4, value);
  }

  // ---- marks ----

  /** Called with (page of memory 1, first and last byte in it) before bytes of a code page change. */
  onCodeWrite(listener: CodeWriteListener): void {
    this.#codeWriteListeners.push(listener);
  }
  /** A write of `bytes` bytes inside one page of memory 1 is about to happen: marks it dirty, tells the engines of code. */
  touched(offset: number, bytes: number): void {
    const page = offset >>> PAGE_SHIFT;
    this.dirtyPages[page] = 1;
    if (this.codePages[page]) {
      const first = offset & (PAGE_SIZE - 1);
      for (const listener of this.#codeWriteListeners) listener(page, first, first + bytes - 1);
    }
  }

  onTrack(listener: TrackListener): void {
    this.#trackListeners.push(listener);
  }
  /** Begins anew with what pagesWritten() tells. Those who look at plain memory miss nothing by it. */
  trackWrites(): void {
    const { dirtyPages } = this;
    const plain = this.size / PAGE_SIZE;
    for (let page = dirtyPages.indexOf(1, plain); page >= 0; page = dirtyPages.indexOf(1, page + 1)) {
      this.#writtenBefore.push(page);
    }
    dirtyPages.fill(0);
    for (const listener of this.#trackListeners) listener(0, this.pageCount);
  }
  /** Pages of RAM written since trackWrites(); undefined where they are more than `most`, or plain memory was written. */
  pagesWritten(most: number): readonly number[] | undefined {
    const pages: number[] = [];
    for (let page = this.dirtyPages.indexOf(1); page >= 0; page = this.dirtyPages.indexOf(1, page + 1)) {
      pages.push(page);
      if (pages.length > most || page >= this.size / PAGE_SIZE) return undefined;
    }
    return pages;
  }
  #takeWritten(first: number, end: number, pages: Uint8Array): boolean {
    const { dirtyPages } = this;
    for (const page of this.#writtenBefore.splice(0)) dirtyPages[page] = 1;
    let any = false;
    for (
      let page = dirtyPages.indexOf(1, first);
      page >= 0 && page < end;
      page = dirtyPages.indexOf(1, page + 1)
    ) {
      dirtyPages[page] = 0;
      pages[page - first] = 1;
      any = true;
    }
    if (any) for (const listener of this.#trackListeners) listener(first, end);
    return any;
  }

  // ---- DMA (DmaView) ----

  /** Copies guest memory out; what is no memory reads as ones. Whether all of it is. */
  read(address: GuestPhysical, target: Uint8Array): boolean {
    let all = true;
    for (let done = 0; done < target.length; ) {
      const at = address + done;
      const stretch = this.#ramFrom(at, target.length - done);
      const length = stretch || Math.min(target.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      const place = stretch > 0 ? at : at >= 0 ? this.place(at) : NOWHERE;
      if (place < NOWHERE) copy(this.u8, place, target, done, length);
      else {
        target.fill(0xff, done, done + length);
        all = false;
      }
      done += length;
    }
    return all;
  }
  /** Copies into memory; what cannot be written swallows its part. Whether all of it was written. */
  write(address: GuestPhysical, source: Uint8Array): boolean {
    let all = true;
    for (let done = 0; done < source.length; ) {
      const at = address + done;
      const stretch = this.#ramFrom(at, source.length - done);
      const length = stretch || Math.min(source.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      if (stretch > 0) this.#willBeWritten(at, length);
      const place = stretch > 0 ? at : at >= 0 ? this.writeTo(at, length) : -1;
      if (place >= 0) copy(source, done, this.u8, place, length);
      else all = false;
      done += length;
    }
    return all;
  }
  /** Bytes of RAM themselves, undefined where a range is something else. To be written to, they count as written. */
  lend(address: GuestPhysical, length: number, use: 'read' | 'write'): Uint8Array | undefined {
    if (this.#ramFrom(address, length) < length) return undefined;
    if (use === 'write') this.#willBeWritten(address, length);
    return this.u8.subarray(address, address + length);
  }
  /** How many bytes from an address are RAM, which lies in one piece: `most` at most. */
  #ramFrom(address: number, most: number): number {
    if (!(address >= 0 && address < this.size)) return 0;
    const end = Math.min(address + most, this.size);
    let page = address >>> PAGE_SHIFT;
    while (page * PAGE_SIZE < end && this.#kinds[page] === PAGE_RAM) page++;
    return Math.max(0, Math.min(end, page * PAGE_SIZE) - address);
  }
  /** Bytes of memory 1 are about to be written. */
  #willBeWritten(start: number, length: number): void {
    for (let done = 0; done < length; ) {
      const count = Math.min(length - done, PAGE_SIZE - ((start + done) % PAGE_SIZE));
      this.touched(start + done, count);
      done += count;
    }
  }
}

/** As `set` of a subarray does, without objects for what a chip reads and writes in a few bytes. */
function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  if (length > FEW_BYTES) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
}

function pagesOf(start: number, size: number): { readonly start: number; readonly end: number } {
  if (start % PAGE_SIZE || size % PAGE_SIZE) throw new Error('the memory map has page granularity');
  return { start: start / PAGE_SIZE, end: (start + size) / PAGE_SIZE };
}
