// GuestMemory: the guest-physical address space of one machine.
//
//   0 ............ RAM, as one WebAssembly memory (memory 1 of every engine; offset = address)
//   anywhere ..... ROM (backed by the same memory, writes ignored), device regions, or nothing
//
// Engines read and write RAM pages directly and come here for everything else. A page that holds
// decoded code is marked; a write to such a page must go through here (or tell `codeWritten`), so
// that the engines forget what they decoded (decision D7).
import type { GuestPhysical } from '../base/addresses.ts';
import { PAGE_SHIFT, PAGE_SIZE } from '../base/addresses.ts';
import { DoppelError } from '../base/errors.ts';
import type { AccessWidth } from '../base/guest-bus.ts';
import type { PhysicalMemory } from '../x86/paging/physical-memory.ts';
import { isPlainMemory, type MemoryTarget } from './plain-memory.ts';
import type { Region, Unmap } from './region.ts';

/** What a page of the first 4 GiB is. */
export const PAGE_UNMAPPED = 0;
export const PAGE_RAM = 1;
export const PAGE_ROM = 2;
export const PAGE_DEVICE = 3;

/** Called when the guest or a device writes to bytes of a page that is marked as code. */
export type CodeWriteListener = (page: number, firstByte: number, lastByte: number) => void;

const PAGES = 1 << 20;
/** RAM ends below the PCI hole: 3 GiB. */
export const MAXIMUM_RAM = 3 * 2 ** 30;

interface MappedRegion {
  readonly start: number;
  readonly end: number;
  readonly region: Region;
}

export class GuestMemory implements PhysicalMemory {
  /** Memory 1. Exactly as large as RAM, plus one page at its end that soaks up accesses that straddle it. */
  readonly memory: WebAssembly.Memory;
  /** RAM size in bytes, a multiple of the page size. */
  readonly size: number;
  /** One byte a page of the first 4 GiB: PAGE_*. */
  readonly kinds = new Uint8Array(PAGES);
  /** One byte a page: 1 where decoded code lives. */
  readonly codePages: Uint8Array;
  /** One byte a RAM page: 1 where it was written since takeDirty (when tracking is on, engines see to that). */
  readonly dirtyPages: Uint8Array;
  u8: Uint8Array;
  view: DataView;
  readonly #regions: MappedRegion[] = [];
  /** What overlay() mapped, in the order in which it was placed. */
  #overlays: readonly MappedRegion[] = [];
  /** One byte a page: 1 where an overlay shows. */
  readonly #overlaid = new Uint8Array(PAGES);
  #codeWriteListeners: CodeWriteListener[] = [];

  /** @param size RAM in bytes; a multiple of 64 KiB, at least 1 MiB and at most 3 GiB. */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1 << 20 || size > MAXIMUM_RAM || size % 65536 !== 0) {
      throw new DoppelError(
        `A memory of ${size} bytes cannot be had: give a size between 1 MiB and 3 GiB, in whole 64 KiB.`,
      );
    }
    this.size = size;
    try {
      this.memory = new WebAssembly.Memory({ initial: size / 65536 + 1, maximum: size / 65536 + 1 });
    } catch (cause) {
      throw new DoppelError(
        `The host refuses ${Math.round(size / 2 ** 20)} MiB for the guest's memory; try a smaller --memory.`,
        { cause },
      );
    }
    this.u8 = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.codePages = new Uint8Array(size / PAGE_SIZE + 16);
    this.dirtyPages = new Uint8Array(size / PAGE_SIZE + 16);
    this.kinds.fill(PAGE_RAM, 0, size / PAGE_SIZE);
  }

  /** RAM as bytes, without the guard page. */
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

  // ---- the map ----

  /** Takes a range out of RAM: reads as ones, writes vanish. Page-granular. */
  unmap(start: GuestPhysical, size: number): void {
    this.#setKind(start, size, PAGE_UNMAPPED);
  }
  /** Makes a range of RAM read-only. Page-granular. */
  protect(start: GuestPhysical, size: number): void {
    this.#setKind(start, size, PAGE_ROM);
  }
  /** Maps a device. Ranges are page-granular and may not overlap another device's. */
  map(start: GuestPhysical, size: number, region: Region): void {
    const end = start + size;
    const other = this.#regions.find((r) => start < r.end && r.start < end);
    if (other) throw new Error(`${region.name} overlaps ${other.region.name}`);
    this.#regions.push({ start, end, region });
    this.#setKind(start, size, PAGE_DEVICE);
  }
  /**
   * Maps a device where the guest has placed it (a PCI BAR), until that is taken back: in those pages of the range that
   * are otherwise unmapped, the range that was placed first before later ones.
   */
  overlay(start: GuestPhysical, size: number, region: MemoryTarget): Unmap {
    checkGranularity(start, size);
    if (isPlainMemory(region)) throw new Error('plain memory cannot be mapped yet');
    const mapped = { start, end: start + size, region };
    this.#overlays = [...this.#overlays, mapped];
    this.#place(mapped, start, mapped.end);
    return () => {
      if (!this.#overlays.includes(mapped)) return;
      this.#overlays = this.#overlays.filter((other) => other !== mapped);
      for (let page = start / PAGE_SIZE; page < mapped.end / PAGE_SIZE; page++) {
        if (this.#overlaid[page] === 0) continue;
        this.#overlaid[page] = 0;
        this.kinds[page] = PAGE_UNMAPPED;
      }
      for (const other of this.#overlays) this.#place(other, start, mapped.end);
    };
  }
  #place(mapped: MappedRegion, start: number, end: number): void {
    const last = Math.min(end, mapped.end) / PAGE_SIZE;
    for (let page = Math.max(start, mapped.start) / PAGE_SIZE; page < last; page++) {
      if (this.kinds[page] !== PAGE_UNMAPPED) continue;
      this.kinds[page] = PAGE_DEVICE;
      this.#overlaid[page] = 1;
    }
  }
  #setKind(start: number, size: number, kind: number): void {
    checkGranularity(start, size);
    this.kinds.fill(kind, start / PAGE_SIZE, (start + size) / PAGE_SIZE);
  }
  /** PAGE_* of the page at a physical address. */
  kind(address: GuestPhysical): number {
    return address < PAGES * PAGE_SIZE ? this.kinds[address >>> PAGE_SHIFT]! : PAGE_UNMAPPED;
  }
  /** Whether code can be fetched straight from memory 1 at this address. */
  codeAllowed(address: GuestPhysical): boolean {
    return this.#readable(address);
  }
  #region(address: number): MappedRegion | undefined {
    const placed = this.#overlaid[address >>> PAGE_SHIFT] ? this.#overlays : this.#regions;
    for (const mapped of placed) if (address >= mapped.start && address < mapped.end) return mapped;
    return undefined;
  }

  // ---- devices (GuestBus) ----

  mmioRead(address: GuestPhysical, width: AccessWidth): number {
    const mapped = this.kind(address) === PAGE_DEVICE ? this.#region(address) : undefined;
    return mapped ? mapped.region.read(address - mapped.start, width) >>> 0 : 0xffffffff >>> (32 - 8 * width);
  }
  mmioWrite(address: GuestPhysical, width: AccessWidth, value: number): void {
    const mapped = this.kind(address) === PAGE_DEVICE ? this.#region(address) : undefined;
    mapped?.region.write(address - mapped.start, width, value >>> 0);
  }

  // ---- PhysicalMemory: any kind of page, accesses inside one page ----

  #readable(address: number): boolean {
    const kind = this.kind(address);
    return kind === PAGE_RAM || kind === PAGE_ROM;
  }
  read8(address: GuestPhysical): number {
    return this.#readable(address) ? this.u8[address]! : this.mmioRead(address, 1);
  }
  read16(address: GuestPhysical): number {
    if (this.#readable(address)) return this.view.getUint16(address, true);
    return this.mmioRead(address, 2);
  }
  read32(address: GuestPhysical): number {
    if (this.#readable(address)) return this.view.getUint32(address, true);
    return this.mmioRead(address, 4);
  }
  #writable(address: number, bytes: number): boolean {
    if (this.kind(address) !== PAGE_RAM) return false;
    this.touched(address, bytes);
    return true;
  }
  write8(address: GuestPhysical, value: number): void {
    if (this.#writable(address, 1)) this.u8[address] = value;
    else if (this.kind(address) !== PAGE_ROM) this.mmioWrite(address, 1, value & 0xff);
  }
  write16(address: GuestPhysical, value: number): void {
    if (this.#writable(address, 2)) this.view.setUint16(address, value, true);
    else if (this.kind(address) !== PAGE_ROM) this.mmioWrite(address, 2, value & 0xffff);
  }
  write32(address: GuestPhysical, value: number): void {
    if (this.#writable(address, 4)) this.view.setUint32(address, value, true);
    else if (this.kind(address) !== PAGE_ROM) this.mmioWrite(address, 4, value);
  }

  // ---- marks ----

  /** Called with (page number, first and last byte in it) before bytes of a code page change. */
  onCodeWrite(listener: CodeWriteListener): void {
    this.#codeWriteListeners.push(listener);
  }
  /** A write of `bytes` bytes inside one RAM page is about to happen: marks it dirty, tells the engines of code. */
  touched(address: GuestPhysical, bytes: number): void {
    const page = address >>> PAGE_SHIFT;
    this.dirtyPages[page] = 1;
    if (this.codePages[page]) {
      const first = address & (PAGE_SIZE - 1);
      for (const listener of this.#codeWriteListeners) listener(page, first, first + bytes - 1);
    }
  }

  // ---- DMA (DmaView) ----

  /** Copies guest memory out; what is not RAM or ROM reads as ones. */
  read(address: GuestPhysical, target: Uint8Array): void {
    for (let done = 0; done < target.length; ) {
      const at = address + done;
      const length = Math.min(target.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      if (at >= 0 && this.#readable(at)) target.set(this.u8.subarray(at, at + length), done);
      else target.fill(0xff, done, done + length);
      done += length;
    }
  }
  /** Copies into RAM; what is not RAM swallows its part. */
  write(address: GuestPhysical, source: Uint8Array): void {
    for (let done = 0; done < source.length; ) {
      const at = address + done;
      const length = Math.min(source.length - done, PAGE_SIZE - (at % PAGE_SIZE));
      if (at >= 0 && this.#writable(at, length)) this.u8.set(source.subarray(done, done + length), at);
      done += length;
    }
  }
}

function checkGranularity(start: number, size: number): void {
  if (start % PAGE_SIZE || size % PAGE_SIZE) throw new Error('the memory map has page granularity');
}
