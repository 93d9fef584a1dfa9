// Bytes that have come from a socket, taken off in the pieces that the protocol speaks of.

/** What may wait unread; a client that sends more before we have taken it is not one of ours. */
const LIMIT = 1 << 20;

export class ByteQueue {
  #bytes = Buffer.alloc(0);
  #skip = 0;

  /** Adds what has come. False where too much waits. */
  push(chunk: Uint8Array): boolean {
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    if (skipped === chunk.length) return true;
    this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(skipped)]);
    return this.#bytes.length <= LIMIT;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The first bytes without taking them; undefined where there are fewer. */
  peek(count: number): Buffer | undefined {
    return this.#bytes.length < count ? undefined : this.#bytes.subarray(0, count);
  }

  take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  /** Takes `count` bytes that nobody wants, now or as they come. */
  skip(count: number): void {
    const now = Math.min(count, this.#bytes.length);
    this.#bytes = this.#bytes.subarray(now);
    this.#skip += count - now;
  }
}
