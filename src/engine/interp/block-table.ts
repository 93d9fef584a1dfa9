// The block table: every block of flat code that may be cached by linear address, found by its place in memory 1 and its mode. It stands
// behind the jump cache (jump-cache.ts), and is looked up in wasm too (find-block.ts), so that only what was
// never decoded, or cannot be cached, leaves the wasm code. After a change of address spaces, and where a block is mapped at many
// addresses, its place is still what it was.
//
// A place leads to a bucket of eight entries, a line of the processor's cache. What is missing because a bucket was full is found by
// code-cache.ts and takes another's place. Entries of code that is gone lead to a `stop`, which is nobody's block.
//
//   +0   u32 place of the block's first byte in memory 1
//   +4   u32 its first descriptor, or 0; the header before it (descriptor.ts) has the mode
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as E from '../soft/engine-state.ts';
import { HANDLER_STOP } from './core-module.ts';
import * as D from './descriptor.ts';
import { JUMP_KEY_MODE } from './jump-key.ts';

const ENTRY_WORDS = 2;

export class BlockTable {
  readonly #state: Pick<CpuState, 'u32'>;
  /** Which entry of a full bucket has to go. */
  #victim = 0;

  constructor(state: Pick<CpuState, 'u32'>) {
    this.#state = state;
  }

  clear(): void {
    const first = E.BLOCK_TABLE >> 2;
    this.#state.u32.fill(0, first, first + ((E.BLOCK_BUCKETS * E.BLOCK_BUCKET_BYTES) >> 2));
  }

  /** Enters the block at this descriptor; what was in its place for its mode goes. */
  enter(descriptor: number): void {
    const { u32 } = this.#state;
    const place = u32[(descriptor - D.H_PLACE) >> 2]!;
    if (place === D.NO_PLACE) return;
    const mode = this.#mode(descriptor);
    const bucket = bucketOf(place) >> 2;
    const end = bucket + (E.BLOCK_BUCKET_BYTES >> 2);
    let at = -1;
    for (let entry = bucket; entry < end; entry += ENTRY_WORDS) {
      const other = u32[entry + 1]!;
      const same = u32[entry] === place && other !== 0 && this.#mode(other) === mode;
      if (same || (at < 0 && (other === 0 || u32[other >> 2] === HANDLER_STOP))) at = entry;
      if (same) break;
    }
    if (at < 0) {
      this.#victim = (this.#victim + ENTRY_WORDS) % (end - bucket);
      at = bucket + this.#victim;
    }
    u32[at] = place;
    u32[at + 1] = descriptor;
  }
  #mode(descriptor: number): number {
    return this.#state.u32[(descriptor - D.H_MODE) >> 2]! & JUMP_KEY_MODE;
  }
}

/** Byte offset of the bucket of a place. */
function bucketOf(place: number): number {
  return (
    E.BLOCK_TABLE + (Math.imul(place, E.BLOCK_FACTOR) >>> (32 - E.BLOCK_BUCKET_BITS)) * E.BLOCK_BUCKET_BYTES
  );
}
