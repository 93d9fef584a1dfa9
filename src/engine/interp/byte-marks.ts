// Marks for the bytes of a page, a bit each.

/** Words of the marks of a page of 4 KiB. */
const WORDS = 128;

/** No byte is marked. */
export function byteMarks(): Uint32Array {
  return new Uint32Array(WORDS);
}

/** Marks the bytes `first` to `end`, which is excluded. */
export function markBytes(marks: Uint32Array, first: number, end: number): void {
  for (let at = first; at < end; ) {
    marks[at >> 5]! |= maskOf(at, end);
    at = (at | 31) + 1;
  }
}

/** Takes the marks of the bytes `first` to `end`, which is excluded, away. */
export function clearBytes(marks: Uint32Array, first: number, end: number): void {
  for (let at = first; at < end; ) {
    marks[at >> 5]! &= ~maskOf(at, end);
    at = (at | 31) + 1;
  }
}

/** Whether no byte is marked. */
export function noneMarked(marks: Uint32Array): boolean {
  for (const word of marks) if (word !== 0) return false;
  return true;
}

/** Whether one of the bytes `first` to `end`, which is excluded, is marked. */
export function anyMarked(marks: Uint32Array, first: number, end: number): boolean {
  for (let at = first; at < end; ) {
    if ((marks[at >> 5]! & maskOf(at, end)) !== 0) return true;
    at = (at | 31) + 1;
  }
  return false;
}

/** The bits of the bytes from `at` to `end` that are in the word of `at`. */
function maskOf(at: number, end: number): number {
  const count = Math.min(end - (at & ~31), 32);
  const upTo = count === 32 ? -1 : (1 << count) - 1;
  return upTo & (-1 << (at & 31));
}
