// What of a page of memory 1 was decoded: its blocks, and from which of its bytes.
import { anyMarked, byteMarks, clearBytes, markBytes, noneMarked } from './byte-marks.ts';

/** A block, or its part in a page. */
export interface Extent {
  /** Descriptors from here to there (excluded). */
  readonly descriptor: number;
  readonly next: number;
  /** Bytes of the page, the last one excluded. */
  readonly first: number;
  readonly end: number;
  /** Of `blocks`; -1 for a block across two pages. */
  readonly key: number;
}

export class CodePage {
  /** (offset in page | mode key << 12, and 2^22 times the bytes to the segment's end where that is near) -> first descriptor. */
  readonly blocks = new Map<number, number>();
  /** All blocks that lie in the page, wholly or in part. */
  readonly #extents: Extent[] = [];
  /** The bytes that they were decoded from, and those that a translator has noted. */
  readonly #decoded = byteMarks();
  readonly #noted = byteMarks();
  /** Changes since a block was decoded last. */
  changes = 0;

  add(extent: Extent): void {
    const { key, descriptor, first, end } = extent;
    if (key !== -1) this.blocks.set(key, descriptor);
    this.#extents.push(extent);
    this.changes = 0;
    markBytes(this.#decoded, first, end);
  }
  /** Bytes (offsets, `end` excluded) that somebody wants to hear of when they change. */
  note(first: number, end: number): void {
    markBytes(this.#noted, first, end);
  }

  /** Whether one of these bytes (the last one included) was decoded; was noted. */
  isDecoded(first: number, last: number): boolean {
    return anyMarked(this.#decoded, first, last + 1);
  }
  isNoted(first: number, last: number): boolean {
    return anyMarked(this.#noted, first, last + 1);
  }
  /** Nothing was decoded or noted. */
  get isEmpty(): boolean {
    return this.#extents.length === 0 && noneMarked(this.#noted);
  }

  /** Takes the blocks out that hold one of these bytes (the last one included). */
  drop(first: number, last: number): Extent[] {
    const kept: Extent[] = [];
    const dropped: Extent[] = [];
    for (const extent of this.#extents) {
      (extent.first <= last && extent.end > first ? dropped : kept).push(extent);
    }
    for (const { key, descriptor, first, end } of dropped) {
      if (this.blocks.get(key) === descriptor) this.blocks.delete(key);
      clearBytes(this.#decoded, first, end);
    }
    // Blocks overlap: who jumps into one gets another.
    for (const { first, end } of kept) markBytes(this.#decoded, first, end);
    this.#extents.splice(0, this.#extents.length, ...kept);
    return dropped;
  }
  /** These bytes (`end` excluded) are noted no more. */
  forgetNotes(first: number, end: number): void {
    clearBytes(this.#noted, first, end);
  }
}
