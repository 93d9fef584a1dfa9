// MemoryMap: what each page of the first 4 GiB of guest-physical memory is, and where its bytes lie.
//
// Memory 1 of the engines holds all bytes that guests reach at full speed: RAM first, at its own addresses, then what is
// mapped elsewhere or several times (ROMs, video memory). Two tables say of each guest-physical page
//
//   kinds[page]    PAGE_*
//   moves[page]    pages from a physical page to its page of memory 1; 0 for RAM. Of device pages: to the page of
//                  the address that the device is asked for (only a closed A20 gate moves those)
//
// They follow from a list, upper lines before lower ones:
//
//   fixed ranges   by the board: chips, ROMs, holes; a later range over earlier ones, a range set again in its place
//   RAM            from 0
//   overlays       by the guest (PCI BARs): where nothing else is, the first before later ones
//
// and the A20 gate: while it is closed, address bit 20 counts as 0 (odd MiB show what the even ones before them are).
// Only as far as RAM goes: what lies above it is reached by programs that have long opened the gate.
import { PAGE_SIZE } from '../base/addresses.ts';

/** Neither memory nor a device: reads as ones. */
export const PAGE_UNMAPPED = 0;
export const PAGE_DEVICE = 1;
/** Bytes of memory 1 from here on. RAM lies at its own address. */
export const PAGE_RAM = 2;
/** Read and written like RAM, but somewhere else. */
export const PAGE_PLAIN = 3;
/** Writes vanish. */
export const PAGE_ROM = 4;
/** Reads as ROM; writes go to the RAM of the same address. */
export const PAGE_SHADOWED = 5;

/** Reads as ROM; writes go to a device (flash memory, whose commands they are). */
export const PAGE_FLASH = 6;
export type PageKind = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** A stretch of pages of one kind. */
export interface MappedRange<Target> {
  /** Page numbers; `end` is the first page after it. */
  readonly start: number;
  readonly end: number;
  readonly kind: PageKind;
  /** First page of memory 1 that it shows; without meaning for devices that do not show any, and holes. */
  readonly first: number;
  /** The device behind it. */
  readonly target?: Target;
}

/** Pages of 4 KiB below 4 GiB. */
export const MAPPED_PAGES = 1 << 20;
const PAGES_OF_MIB = 2 ** 20 / PAGE_SIZE;

export function isReadable(kind: number): boolean {
  return kind >= PAGE_RAM;
}
export function isWritable(kind: number): boolean {
  return kind === PAGE_RAM || kind === PAGE_PLAIN;
}

/** Pages that a device hears of: of every access, or of writes. */
export function hasDevice(kind: number): boolean {
  return kind === PAGE_DEVICE || kind === PAGE_FLASH;
}

export class MemoryMap<Target> {
  readonly kinds: Uint8Array;
  readonly moves = new Int32Array(MAPPED_PAGES);
  /** Called when pages that hold bytes have been mapped, moved or taken away. */
  onChange: () => void = () => {};
  readonly #ramPages: number;
  #fixed: readonly MappedRange<Target>[] = [];
  #overlays: readonly MappedRange<Target>[] = [];
  #lastFixed: MappedRange<Target> | undefined;
  #a20 = true;

  /** `kinds`: MAPPED_PAGES zero bytes. */
  constructor(ramPages: number, kinds: Uint8Array) {
    this.#ramPages = ramPages;
    this.kinds = kinds;
    this.#compute(0, ramPages);
  }

  /** Sets a range of the board's. The same range again takes its former place. */
  set(range: MappedRange<Target>): void {
    const place = this.#fixed.findIndex(({ start, end }) => start === range.start && end === range.end);
    const before = this.#fixed[place];
    if (before?.kind === range.kind && before.first === range.first && before.target === range.target) return;
    this.#fixed = place < 0 ? [...this.#fixed, range] : this.#fixed.with(place, range);
    this.#update(range.start, range.end);
  }

  /** Maps a range where the guest placed it, until the function that this returns is called. */
  overlay(range: MappedRange<Target>): () => void {
    this.#overlays = [...this.#overlays, range];
    this.#update(range.start, range.end);
    return () => {
      if (!this.#overlays.includes(range)) return;
      this.#overlays = this.#overlays.filter((other) => other !== range);
      this.#update(range.start, range.end);
    };
  }

  /** Whether address line 20 counts. */
  get a20(): boolean {
    return this.#a20;
  }
  set a20(open: boolean) {
    if (open === this.#a20) return;
    this.#a20 = open;
    this.#update(0, this.#ramPages);
  }

  /** The device range that shows a page (after its move), if any. */
  deviceAt(page: number): MappedRange<Target> | undefined {
    // Accesses come in runs. Fixed devices do not overlap.
    const known = this.#lastFixed;
    if (known && page >= known.start && page < known.end) return known;
    for (let i = this.#fixed.length - 1; i >= 0; i--) {
      const range = this.#fixed[i]!;
      if (page < range.start || page >= range.end || !hasDevice(range.kind)) continue;
      this.#lastFixed = range;
      return range;
    }
    for (const range of this.#overlays) {
      if (page >= range.start && page < range.end && range.kind === PAGE_DEVICE) return range;
    }
    return undefined;
  }

  #update(start: number, end: number): void {
    this.#lastFixed = undefined;
    const last = this.#a20 ? end : Math.max(end, Math.min(end + PAGES_OF_MIB, this.#ramPages));
    const held = this.#holdsBytes(start, last);
    this.#compute(start, end);
    if (!this.#a20) this.#closeA20(start, last);
    if (held || this.#holdsBytes(start, last)) this.onChange();
  }
  #holdsBytes(start: number, end: number): boolean {
    for (let page = start; page < end; page++) if (isReadable(this.kinds[page]!)) return true;
    return false;
  }

  #compute(start: number, end: number): void {
    this.kinds.fill(PAGE_UNMAPPED, start, end);
    this.moves.fill(0, start, end);
    if (start < this.#ramPages) this.kinds.fill(PAGE_RAM, start, Math.min(end, this.#ramPages));
    for (const range of this.#fixed) {
      const first = Math.max(start, range.start);
      const last = Math.min(end, range.end);
      if (first >= last) continue;
      this.kinds.fill(range.kind, first, last);
      this.moves.fill(moveOf(range), first, last);
    }
    for (const range of this.#overlays) {
      for (let page = Math.max(start, range.start); page < Math.min(end, range.end); page++) {
        if (this.kinds[page] !== PAGE_UNMAPPED || this.#isFixed(page)) continue;
        this.kinds[page] = range.kind;
        this.moves[page] = moveOf(range);
      }
    }
  }
  /** Whether the board wants a hole at a page. */
  #isFixed(page: number): boolean {
    return this.#fixed.some(({ start, end }) => page >= start && page < end);
  }

  #closeA20(start: number, end: number): void {
    for (let page = start; page < Math.min(end, this.#ramPages); page++) {
      if ((page & PAGES_OF_MIB) === 0) continue;
      const even = page - PAGES_OF_MIB;
      const kind = this.kinds[even]!;
      this.kinds[page] = kind === PAGE_RAM ? PAGE_PLAIN : kind;
      this.moves[page] = this.moves[even]! - PAGES_OF_MIB;
    }
  }
}

function moveOf(range: MappedRange<unknown>): number {
  return isReadable(range.kind) ? range.first - range.start : 0;
}
