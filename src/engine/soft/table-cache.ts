// Page tables found by earlier walks: for a stretch of 2 MiB (4 MiB without PAE) where its page table lies and
// which rights the levels above it leave. What processors call a paging-structure cache (SDM 3A 4.10.3): it is
// emptied by every flush, INVLPG and page fault, and holds tables in RAM only.
import type { GuestPhysical, Linear } from '../../base/addresses.ts';
import type { PageTranslation } from '../../x86/paging/walk.ts';

const ENTRIES = 256;
/** Both sizes of stretches begin at multiples of this. */
const STRETCH = 0x1f_ffff;

export class TableCache {
  readonly #stretches = new Float64Array(ENTRIES).fill(Number.NaN);
  readonly #tables = new Float64Array(ENTRIES);
  readonly #rights = new Uint8Array(ENTRIES);
  #empty = true;

  /** Puts the page table of an address into the translation; false where it is not known. */
  find(linear: Linear, translation: PageTranslation): boolean {
    const entry = (linear >>> 21) & (ENTRIES - 1);
    if (this.#stretches[entry] !== linear - (linear & STRETCH)) return false;
    translation.table = this.#tables[entry]!;
    translation.tableRights = this.#rights[entry]!;
    return true;
  }
  enter(linear: Linear, table: GuestPhysical, rights: number): void {
    const entry = (linear >>> 21) & (ENTRIES - 1);
    this.#stretches[entry] = linear - (linear & STRETCH);
    this.#tables[entry] = table;
    this.#rights[entry] = rights;
    this.#empty = false;
  }
  /** Forgets the table of one address. */
  forget(linear: Linear): void {
    this.#stretches[(linear >>> 21) & (ENTRIES - 1)] = Number.NaN;
  }
  clear(): void {
    if (this.#empty) return;
    this.#stretches.fill(Number.NaN);
    this.#empty = true;
  }
}
